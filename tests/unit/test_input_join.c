/* SPDX-License-Identifier: MIT */
/*
 * Seat, focus and scene joined by input.c, over real scene, frame loop and renderer. The monitors
 * flip only when the test says so; the time is virtual. What guests are told is logged in words.
 */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/options.h"
#include "compositor/server.h"
#include "compositor/wayland/wayland.h"

#define KEYBOARD 0
#define MOUSE 1
#define PERIOD_NS (NSEC_PER_SEC / 60)

struct monitor {
	struct output_device base;
	uint8_t *pixels;
	bool plugged, flying;
};

struct bench {
	struct server server;
	struct server_options options;
	struct monitor monitors[2];
	struct scene_guest *a, *b;
	char log[4096];
};

static struct bench *bench; /* what the stand-ins below log to */

/* ---- what stands in for wayland/ and the rest ---- */

static void say(const char *fmt, ...) PRINTF(1, 2);

static void say(const char *fmt, ...)
{
	size_t used = strlen(bench->log);
	va_list args;

	va_start(args, fmt);
	vsnprintf(bench->log + used, sizeof(bench->log) - used, fmt, args);
	va_end(args);
}

static const char *name_of(struct seat_guest *guest)
{
	return ((struct scene_guest *)guest)->mark.name;
}

static void on_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	assert_ptr_equal(data, &bench->server);
	say("%s:%u%c ", name_of(guest), code, pressed ? '+' : '-');
}

static void on_enter(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		     double y)
{
	if (head) {
		say("%s:in%u@%g,%g ", name_of(guest), ((struct scene_head *)head)->index, x, y);
	} else {
		say("%s:out ", name_of(guest));
	}
}

static void on_motion(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		      double y)
{
	say("%s:to%g,%g ", name_of(guest), x, y);
}

static void on_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
}

static void on_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	say("%s:button%c ", name_of(guest), pressed ? '+' : '-');
}

static void on_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
}

static void on_down(void *data, struct seat_guest *guest, struct seat_head *head, int contact,
		    double x, double y)
{
	say("%s:down ", name_of(guest));
}

static void on_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
}

static void on_up(void *data, struct seat_guest *guest, int contact)
{
	say("%s:up ", name_of(guest));
}

static void on_frame(void *data, struct seat_guest *guest)
{
}

const struct seat_sink wayland_seat_sink = {
	.key = on_key,
	.pointer_enter = on_enter,
	.pointer_motion = on_motion,
	.pointer_relative = on_relative,
	.pointer_button = on_button,
	.pointer_axis = on_axis,
	.touch_down = on_down,
	.touch_motion = on_touch_motion,
	.touch_up = on_up,
	.frame = on_frame,
};

void wayland_set_keyboard(struct wayland *wayland, struct scene_guest *guest)
{
	say("[%s] ", guest ? guest->mark.name : "-");
}

void test_input_poll(struct test_input *test)
{
}

/* ---- monitors ---- */

static int monitor_acquire(struct output_device *device, struct target *target)
{
	struct monitor *monitor = device->data;

	if (monitor->flying) {
		return -EBUSY;
	}
	*target = (struct target){
		.pixels = monitor->pixels,
		.width = device->width,
		.height = device->height,
		.stride = device->width * 4,
	};
	return 0;
}

static int monitor_commit(struct output_device *device, const struct output_frame *frame)
{
	((struct monitor *)device->data)->flying = true;
	return 0;
}

static void monitor_cancel(struct output_device *device)
{
}

static const struct output_device_ops monitor_ops = {
	.acquire = monitor_acquire,
	.commit = monitor_commit,
	.cancel = monitor_cancel,
};

static void monitor_plug(unsigned i, int width, int height)
{
	struct monitor *monitor = &bench->monitors[i];

	monitor->base = (struct output_device){
		.ops = &monitor_ops,
		.width = width,
		.height = height,
		.refresh_mhz = 60000,
		.data = monitor,
	};
	snprintf(monitor->base.name, sizeof(monitor->base.name), "M-%u", i);
	monitor->pixels = xcalloc((size_t)width * (size_t)height, 4);
	monitor->plugged = true;
	monitor->flying = false;
	repaint_output_listener.added(bench->server.repaint, &monitor->base);
}

static void monitor_unplug(unsigned i)
{
	struct monitor *monitor = &bench->monitors[i];

	repaint_output_listener.removed(bench->server.repaint, &monitor->base);
	monitor->plugged = false;
	free(monitor->pixels);
}

/* The loop's turns, without any flip. */
static void turn(void)
{
	while (sd_event_run(bench->server.event, 0) > 0) {
	}
}

static void pass(uint64_t ns)
{
	struct clock_source *clock = bench->server.clock;

	turn();
	clock_virtual_advance(clock, clock_now(clock) + ns);
	turn();
}

static void flip(unsigned i)
{
	if (bench->monitors[i].flying) {
		bench->monitors[i].flying = false;
		repaint_output_listener.flipped(bench->server.repaint, &bench->monitors[i].base,
						clock_now(bench->server.clock));
	}
	turn();
}

/* All monitors run for some frames. */
static void frames(unsigned n)
{
	while (n-- > 0) {
		pass(PERIOD_NS);
		for (unsigned i = 0; i < 2; i++) {
			if (bench->monitors[i].plugged) {
				flip(i);
			}
		}
	}
}

/* ---- guests ---- */

static struct scene_guest *guest_add(const char *name, unsigned n_heads)
{
	struct scene_guest *guest = scene_guest_add(bench->server.scene, name, NULL);

	assert_non_null(guest);
	input_guest_added(bench->server.input, guest);
	for (unsigned i = 0; i < n_heads; i++) {
		input_head_placed(bench->server.input, scene_head_add(guest, i, 320, 240, NULL));
	}
	turn();
	return guest;
}

static void head_remove(struct scene_guest *guest, unsigned index)
{
	input_head_removed(bench->server.input, guest->heads[index]);
	scene_head_remove(guest->heads[index]);
	turn();
}

static void guest_remove(struct scene_guest *guest)
{
	input_guest_removed(bench->server.input, guest);
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->heads[i]) {
			input_head_removed(bench->server.input, guest->heads[i]);
			scene_head_remove(guest->heads[i]);
		}
	}
	scene_guest_remove(guest);
	turn();
}

static void key(uint32_t code, bool pressed)
{
	seat_key(input_seat(bench->server.input), KEYBOARD, code, pressed,
		 clock_now(bench->server.clock));
}

static void tap(uint32_t code)
{
	key(code, true);
	key(code, false);
}

static void chord(uint32_t code)
{
	key(KEY_LEFTCTRL, true);
	key(KEY_LEFTALT, true);
	tap(code);
	key(KEY_LEFTALT, false);
	key(KEY_LEFTCTRL, false);
}

static void assert_log(const char *expected)
{
	assert_string_equal(bench->log, expected);
	bench->log[0] = '\0';
}

static void forget_log(void)
{
	bench->log[0] = '\0';
}

static struct scene_guest *owner(void)
{
	return input_owner(bench->server.input);
}

static struct scene_guest *shown_on(unsigned i)
{
	return scene_output_shows(repaint_output(bench->server.repaint, i));
}

/* ---- the bench ---- */

static void handle_wanted(void *data, struct scene_output *output)
{
	repaint_schedule(bench->server.repaint, output);
}

static void handle_placed(void *data, struct scene_head *head)
{
	input_head_placed(bench->server.input, head);
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .head_placed = handle_placed};

static int setup(void **state)
{
	char *argv[] = {"vitrined", NULL};
	struct server *server;

	bench = xcalloc(1, sizeof(*bench));
	server = &bench->server;
	assert_int_equal(options_parse(1, argv, &bench->options), OPTIONS_RUN);
	server->options = &bench->options;
	server->settings = settings_default();
	assert_true(sd_event_new(&server->event) >= 0);
	server->clock = clock_virtual_create(NSEC_PER_SEC);
	server->scene = scene_create(&events, server);
	assert_int_equal(renderer_pixman_create(&server->renderer, NULL), 0);
	assert_int_equal(repaint_create(&server->repaint, server), 0);
	assert_int_equal(input_create(&server->input, server), 0);
	seat_device_added(input_seat(server->input), KEYBOARD);
	seat_device_added(input_seat(server->input), MOUSE);
	monitor_plug(0, 640, 480);
	monitor_plug(1, 640, 480);
	frames(2);
	return 0;
}

/* Two guests, a in front with the input. */
static int setup_two(void **state)
{
	setup(state);
	bench->a = guest_add("a", 1);
	bench->b = guest_add("b", 1);
	frames(3);
	forget_log();
	return 0;
}

static int teardown(void **state)
{
	struct scene_guest *guest;

	while ((guest = scene_guest_next(bench->server.scene, NULL))) {
		guest_remove(guest);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (bench->monitors[i].plugged) {
			monitor_unplug(i);
		}
	}
	turn();
	repaint_destroy(bench->server.repaint);
	input_destroy(bench->server.input);
	renderer_destroy(bench->server.renderer);
	scene_destroy(bench->server.scene);
	clock_destroy(bench->server.clock);
	sd_event_unref(bench->server.event);
	free(bench->server.settings);
	free(bench);
	return 0;
}

/* ---- tests ---- */

static void test_first_guest(void **state)
{
	struct scene_guest *a;

	tap(KEY_A);
	a = guest_add("a", 1);
	assert_ptr_equal(scene_front(bench->server.scene), a);
	/* Its frame is drawn and on its way, but not on the glass. */
	pass(PERIOD_NS);
	assert_true(bench->monitors[0].flying);
	assert_null(owner());
	tap(KEY_A);
	assert_log("");
	flip(0);
	assert_ptr_equal(owner(), a);
	assert_ptr_equal(shown_on(0), a);
	tap(KEY_B);
	assert_log("[a] a:48+ a:48- ");
}

static void test_second_guest_waits(void **state)
{
	struct scene_guest *a = guest_add("a", 1);

	frames(3);
	assert_ptr_equal(owner(), a);
	guest_add("b", 2);
	frames(3);
	assert_ptr_equal(owner(), a);
	assert_ptr_equal(scene_front(bench->server.scene), a);
}

static void test_switch_follows_the_frame(void **state)
{
	key(KEY_A, true);
	assert_log("a:30+ ");
	chord(KEY_TAB);
	/*
	 * At once: the old owner lets go of everything. The key that completes the chord came
	 * nowhere.
	 */
	assert_log("a:29+ a:56+ a:29- a:56- a:30- [-] ");
	assert_null(owner());
	tap(KEY_B);
	pass(PERIOD_NS);
	tap(KEY_B);
	assert_log("");
	flip(1); /* of no account: b is on the first monitor now */
	assert_null(owner());
	flip(0);
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(shown_on(0), bench->b);
	/* What was held across the switch belongs to nobody until it is up. */
	key(KEY_A, false);
	tap(KEY_B);
	assert_log("[b] b:48+ b:48- ");
}

static void test_switch_waits_for_all_monitors(void **state)
{
	struct scene_guest *c = guest_add("c", 2);

	chord(KEY_TAB);
	frames(3);
	chord(KEY_TAB);
	pass(PERIOD_NS);
	forget_log();
	flip(0);
	assert_null(owner());
	flip(1);
	assert_ptr_equal(owner(), c);
	assert_ptr_equal(shown_on(0), c);
	assert_ptr_equal(shown_on(1), c);
}

static void test_switch_alone(void **state)
{
	struct scene_guest *a = guest_add("a", 1);

	guest_add("headless", 0);
	frames(3);
	forget_log();
	chord(KEY_TAB);
	assert_ptr_equal(owner(), a);
	frames(2);
	assert_ptr_equal(owner(), a);
}

static void test_attention(void **state)
{
	chord(KEY_DELETE);
	assert_log("a:29+ a:56+ a:29- a:56- [-] ");
	assert_true(input_attention(bench->server.input));
	frames(3);
	assert_null(shown_on(0));
	assert_null(owner());
	tap(KEY_A);
	chord(KEY_TAB);
	chord(KEY_DELETE);
	assert_log("");
	assert_ptr_equal(scene_front(bench->server.scene), bench->a);
	tap(KEY_ESC);
	assert_false(input_attention(bench->server.input));
	tap(KEY_B);
	pass(PERIOD_NS);
	assert_null(owner());
	assert_log("");
	flip(0);
	assert_ptr_equal(owner(), bench->a);
	tap(KEY_B);
	assert_log("[a] a:48+ a:48- ");
}

static void test_attention_while_owner_leaves(void **state)
{
	chord(KEY_DELETE);
	frames(2);
	guest_remove(bench->a);
	frames(3);
	assert_null(owner());
	assert_true(input_attention(bench->server.input));
	forget_log();
	tap(KEY_ESC);
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	tap(KEY_B);
	assert_log("[b] b:48+ b:48- ");
}

static void test_late_frames(void **state)
{
	chord(KEY_TAB);
	pass(PERIOD_NS);
	forget_log();
	/* No flip for three periods: the host's card is to come, and nobody has the input. */
	pass(4 * PERIOD_NS);
	assert_null(owner());
	/* The frame that was under way shows b after all: that is enough. */
	flip(0);
	assert_ptr_equal(owner(), bench->b);
	frames(2);
	assert_ptr_equal(shown_on(0), bench->b);
}

static void test_late_frames_card(void **state)
{
	unsigned n = 0;

	/* The monitor is busy with a frame of before the switch, and slow. */
	scene_output_damage_all(repaint_output(bench->server.repaint, 0));
	pass(PERIOD_NS);
	assert_true(bench->monitors[0].flying);
	chord(KEY_TAB);
	pass(4 * PERIOD_NS);
	flip(0);
	assert_ptr_equal(shown_on(0), bench->a);
	pass(PERIOD_NS);
	flip(0);
	/* The card is on the glass, and goes again; then comes b's frame, however slowly. */
	assert_null(shown_on(0));
	assert_null(owner());
	while (!owner() && n++ < 4) {
		pass(5 * PERIOD_NS);
		flip(0);
	}
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(shown_on(0), bench->b);
}

static void test_owner_leaves(void **state)
{
	key(KEY_A, true);
	forget_log();
	guest_remove(bench->a);
	/* Nothing is sent to a guest that is gone. */
	assert_log("[-] ");
	frames(3);
	assert_ptr_equal(owner(), bench->b);
	assert_log("[b] ");
	guest_remove(bench->b);
	frames(2);
	assert_null(owner());
	assert_null(scene_front(bench->server.scene));
}

static void test_owner_loses_its_heads(void **state)
{
	seat_motion_absolute(input_seat(bench->server.input), MOUSE, 0, 0.5, 0.5, 0);
	key(KEY_A, true);
	forget_log();
	head_remove(bench->a, 0);
	assert_log("a:out a:30- [-] ");
	frames(3);
	assert_ptr_equal(owner(), bench->b);
	key(KEY_A, false);
}

static void test_monitors_go_and_come(void **state)
{
	monitor_unplug(1);
	frames(3);
	assert_ptr_equal(owner(), bench->a);
	key(KEY_A, true);
	monitor_unplug(0);
	turn();
	/* Shown nowhere: it lets go and has nothing. */
	assert_null(owner());
	assert_non_null(strstr(bench->log, "a:30- "));
	pass(10 * PERIOD_NS);
	assert_null(owner());
	monitor_plug(0, 800, 600);
	forget_log();
	tap(KEY_B);
	assert_log("");
	frames(4);
	assert_ptr_equal(owner(), bench->a);
	assert_ptr_equal(shown_on(0), bench->a);
	key(KEY_A, false);
}

static void test_pointer(void **state)
{
	struct seat *seat = input_seat(bench->server.input);
	struct rect dst = bench->a->heads[0]->dst;

	/* The middle of pixel 10, 20 of the guest: shown one to one. */
	assert_int_equal(dst.w, 320);
	seat_motion_absolute(seat, MOUSE, 0, (dst.x + 10.5) / 640, (dst.y + 20.5) / 480, 0);
	seat_motion_absolute(seat, MOUSE, 0, (dst.x + 319.5) / 640, (dst.y + 239.5) / 480, 0);
	assert_log("a:in0@10.5,20.5 a:to319.5,239.5 ");
	/* The strip is the host's. */
	seat_motion_absolute(seat, MOUSE, 0, 0.5, 2.0 / 480, 0);
	assert_log("a:out ");
	/* b is on the other monitor and does not own the pointer. */
	seat_motion_absolute(seat, MOUSE, 1, 0.5, 0.5, 0);
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	seat_button(seat, MOUSE, BTN_LEFT, false, 0);
	assert_log("");
	/* A drag goes on outside, clamped to the head. */
	seat_motion_absolute(seat, MOUSE, 0, (dst.x + 10.5) / 640, (dst.y + 20.5) / 480, 0);
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	seat_motion_absolute(seat, MOUSE, 0, 0, 0, 0);
	assert_log("a:in0@10.5,20.5 a:button+ a:to0,0 ");
	seat_button(seat, MOUSE, BTN_LEFT, false, 0);
}

/*
 * The owner's monitor goes and its picture moves to one whose glass still shows somebody else: until
 * the flip there, it has nothing.
 */
static void test_owner_moves_to_another_glass(void **state)
{
	struct seat *seat = input_seat(bench->server.input);

	assert_ptr_equal(shown_on(1), bench->b);
	key(KEY_A, true);
	forget_log();
	monitor_unplug(0);
	/* Even before the loop turns. */
	tap(KEY_B);
	assert_null(owner());
	turn();
	tap(KEY_B);
	seat_motion_absolute(seat, MOUSE, 1, 0.5, 0.5, 0);
	seat_touch_down(seat, MOUSE, 1, 0, 0.5, 0.5, 0);
	assert_log("a:30- [-] ");
	frames(3);
	assert_ptr_equal(shown_on(1), bench->a);
	assert_ptr_equal(owner(), bench->a);
	key(KEY_A, false);
}

/*
 * The owner makes a second head, which takes the place of somebody else's picture. Until it is on
 * the glass, a touch there is on that other guest's picture: nobody's.
 */
static void test_touch_is_on_what_the_glass_shows(void **state)
{
	struct seat *seat = input_seat(bench->server.input);

	input_head_placed(bench->server.input, scene_head_add(bench->a, 1, 320, 240, NULL));
	turn();
	assert_ptr_equal(bench->a->heads[1]->output, repaint_output(bench->server.repaint, 1));
	assert_ptr_equal(shown_on(1), bench->b);
	assert_ptr_equal(owner(), bench->a);
	forget_log();
	seat_touch_down(seat, MOUSE, 1, 0, 0.5, 0.5, 0);
	seat_motion_absolute(seat, MOUSE, 1, 0.5, 0.5, 0);
	assert_log("");
	seat_touch_up(seat, MOUSE, 0, 0);
	frames(2);
	/* The pointer is over it without having moved. */
	assert_log("a:in1@160,108 ");
	seat_touch_down(seat, MOUSE, 1, 0, 0.5, 0.5, 0);
	assert_log("a:down ");
	seat_touch_up(seat, MOUSE, 0, 0);
}

#define JOIN_TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOIN_TEST(test_first_guest, setup),
		JOIN_TEST(test_second_guest_waits, setup),
		JOIN_TEST(test_switch_follows_the_frame, setup_two),
		JOIN_TEST(test_switch_waits_for_all_monitors, setup_two),
		JOIN_TEST(test_switch_alone, setup),
		JOIN_TEST(test_attention, setup_two),
		JOIN_TEST(test_attention_while_owner_leaves, setup_two),
		JOIN_TEST(test_late_frames, setup_two),
		JOIN_TEST(test_late_frames_card, setup_two),
		JOIN_TEST(test_owner_leaves, setup_two),
		JOIN_TEST(test_owner_loses_its_heads, setup_two),
		JOIN_TEST(test_monitors_go_and_come, setup_two),
		JOIN_TEST(test_pointer, setup_two),
		JOIN_TEST(test_owner_moves_to_another_glass, setup_two),
		JOIN_TEST(test_touch_is_on_what_the_glass_shows, setup_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
