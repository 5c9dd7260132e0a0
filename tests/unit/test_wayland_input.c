/* SPDX-License-Identifier: MIT */
/*
 * Input from the seat's sink to the worker: what arrives, credit, and that nobody else learns of
 * it.
 */
#include <linux/input-event-codes.h>

#include "tests/wayland_world.h"

struct fixture {
	struct world *world;
	struct broker broker;
	struct guest_peer a, b;
	struct wl_surface *surface;
	struct vitrine_head_v1 *head;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	struct zwp_relative_pointer_manager_v1 *manager;
	struct zwp_relative_pointer_v1 *relative;
	struct scene_guest *guest; /* alpha */
	char log[8192];            /* what alpha's worker was told, in words */
	uint32_t serial;           /* the newest of alpha's */
};

static void say(struct fixture *f, const char *fmt, ...) PRINTF(2, 3);

static void say(struct fixture *f, const char *fmt, ...)
{
	size_t used = strlen(f->log);
	va_list args;

	va_start(args, fmt);
	vsnprintf(f->log + used, sizeof(f->log) - used, fmt, args);
	va_end(args);
}

/* Counted for this client alone: without holes, whatever happens to others. */
static void next_serial(struct fixture *f, uint32_t serial)
{
	assert_int_equal(serial, f->serial + 1);
	f->serial = serial;
}

/* ---- keyboard ---- */

static void on_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
		      uint32_t size)
{
	assert_int_equal(format, WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP);
	close(fd);
}

static void on_key_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			 struct wl_surface *surface, struct wl_array *keys)
{
	struct fixture *f = data;

	next_serial(f, serial);
	assert_ptr_equal(surface, f->surface);
	assert_int_equal(keys->size, 0);
	say(f, "+kbd ");
}

static void on_key_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			 struct wl_surface *surface)
{
	next_serial(data, serial);
	say(data, "-kbd ");
}

static void on_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
		   uint32_t key, uint32_t state)
{
	next_serial(data, serial);
	say(data, "key%u%c ", key, state ? '+' : '-');
}

static void on_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			 uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	next_serial(data, serial);
	assert_int_equal(depressed | latched | locked | group, 0);
}

static void on_repeat(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay)
{
	assert_int_equal(rate, 0);
}

static const struct wl_keyboard_listener keyboard_listener = {on_keymap, on_key_enter, on_key_leave,
							      on_key,    on_modifiers, on_repeat};

/* ---- pointer ---- */

static void on_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
		     struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	next_serial(data, serial);
	say(data, "enter%g,%g ", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void on_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
		     struct wl_surface *surface)
{
	next_serial(data, serial);
	say(data, "leave ");
}

static void on_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
		      wl_fixed_t y)
{
	say(data, "to%g,%g ", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void on_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
		      uint32_t button, uint32_t state)
{
	next_serial(data, serial);
	say(data, "button%u%c ", button, state ? '+' : '-');
}

static void on_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
		    wl_fixed_t value)
{
	say(data, "axis%g ", wl_fixed_to_double(value));
}

static void on_frame(void *data, struct wl_pointer *pointer)
{
	say(data, "frame ");
}

static void on_axis_source(void *data, struct wl_pointer *pointer, uint32_t source)
{
}

static void on_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis)
{
}

static void on_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t steps)
{
	fail(); /* of versions before 8 */
}

static void on_axis_value120(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t v120)
{
	say(data, "wheel%d ", v120);
}

static const struct wl_pointer_listener pointer_listener = {
	on_enter, on_leave,       on_motion,    on_button,        on_axis,
	on_frame, on_axis_source, on_axis_stop, on_axis_discrete, on_axis_value120,
};

static void on_relative(void *data, struct zwp_relative_pointer_v1 *relative, uint32_t utime_hi,
			uint32_t utime, wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t raw_dx,
			wl_fixed_t raw_dy)
{
	say(data, "by%g,%g ", wl_fixed_to_double(dx), wl_fixed_to_double(dy));
}

static const struct zwp_relative_pointer_v1_listener relative_listener = {on_relative};

/* ---- touch ---- */

static void on_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
		    struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	next_serial(data, serial);
	say(data, "down%d ", id);
}

static void on_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id)
{
	next_serial(data, serial);
	say(data, "up%d ", id);
}

static void on_touch_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id,
			    wl_fixed_t x, wl_fixed_t y)
{
	say(data, "move%d ", id);
}

static void on_touch_frame(void *data, struct wl_touch *touch)
{
	say(data, "tframe ");
}

static void on_cancel(void *data, struct wl_touch *touch)
{
	fail();
}

static void on_shape(void *data, struct wl_touch *touch, int32_t id, wl_fixed_t major,
		     wl_fixed_t minor)
{
}

static void on_orientation(void *data, struct wl_touch *touch, int32_t id, wl_fixed_t orientation)
{
}

static const struct wl_touch_listener touch_listener = {on_down,        on_up,     on_touch_motion,
							on_touch_frame, on_cancel, on_shape,
							on_orientation};

/* ---- the fixture ---- */

static void worker_make(struct fixture *f)
{
	worker_connect(&f->a);
	f->serial = 0;
	f->surface = wl_compositor_create_surface(f->a.compositor);
	f->head = vitrine_guest_v1_create_head(f->a.root, f->surface, 0, 64, 32);
	f->keyboard = wl_seat_get_keyboard(f->a.seat);
	wl_keyboard_add_listener(f->keyboard, &keyboard_listener, f);
	f->pointer = wl_seat_get_pointer(f->a.seat);
	wl_pointer_add_listener(f->pointer, &pointer_listener, f);
	f->touch = wl_seat_get_touch(f->a.seat);
	wl_touch_add_listener(f->touch, &touch_listener, f);
	f->manager = peer_bind(&f->a.peer, &zwp_relative_pointer_manager_v1_interface);
	f->relative = zwp_relative_pointer_manager_v1_get_relative_pointer(f->manager, f->pointer);
	zwp_relative_pointer_v1_add_listener(f->relative, &relative_listener, f);
	assert_true(guest_turn(&f->a));
}

static void worker_drop(struct fixture *f)
{
	zwp_relative_pointer_v1_destroy(f->relative);
	zwp_relative_pointer_manager_v1_destroy(f->manager);
	wl_touch_release(f->touch);
	wl_pointer_release(f->pointer);
	wl_keyboard_release(f->keyboard);
	vitrine_head_v1_destroy(f->head);
	wl_surface_destroy(f->surface);
	worker_disconnect(&f->a);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->world = world_create();
	broker_connect(f->world, &f->broker);
	guest_announce(f->world, &f->broker, &f->a, "alpha");
	guest_announce(f->world, &f->broker, &f->b, "beta");
	worker_make(f);
	worker_connect(&f->b);
	f->guest = scene_guest_find(f->world->server.scene, "alpha");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	worker_drop(f);
	worker_disconnect(&f->b);
	vitrine_broker_guest_v1_destroy(f->a.proxy);
	vitrine_broker_guest_v1_destroy(f->b.proxy);
	broker_disconnect(f->world, &f->broker);
	world_destroy(f->world);
	free(f);
	return 0;
}

static const struct seat_sink *const sink = &wayland_seat_sink;

static struct seat_guest *alpha(struct fixture *f)
{
	return (struct seat_guest *)f->guest;
}

static struct seat_head *head_0(struct fixture *f)
{
	return (struct seat_head *)f->guest->heads[0];
}

static void key(struct fixture *f, uint32_t code, bool pressed)
{
	sink->key(&f->world->server, alpha(f), code, pressed);
	sink->frame(&f->world->server, alpha(f));
}

static void assert_told(struct fixture *f, const char *expected)
{
	assert_true(guest_turn(&f->a));
	assert_string_equal(f->log, expected);
	f->log[0] = '\0';
}

static void acknowledge(struct fixture *f)
{
	assert_true(f->a.n_marks > 0);
	vitrine_guest_v1_acknowledge_input(f->a.root, f->a.marks[f->a.n_marks - 1]);
}

static void test_all_kinds(void **state)
{
	struct fixture *f = *state;
	struct server *server = &f->world->server;

	wayland_set_keyboard(server->wayland, f->guest);
	key(f, KEY_A, true);
	key(f, KEY_A, false);
	assert_told(f, "+kbd key30+ key30- ");
	assert_int_equal(f->a.n_marks, 3);
	sink->pointer_enter(server, alpha(f), head_0(f), 3, 4.5);
	sink->pointer_motion(server, alpha(f), head_0(f), 5, 6);
	sink->pointer_button(server, alpha(f), BTN_LEFT, true);
	sink->pointer_button(server, alpha(f), BTN_LEFT, false);
	sink->pointer_relative(server, alpha(f), 1, -2);
	sink->pointer_axis(server, alpha(f), SEAT_AXIS_VERTICAL, 240);
	sink->frame(server, alpha(f));
	assert_told(f, "enter3,4.5 to5,6 button272+ button272- by1,-2 wheel240 axis30 frame ");
	assert_int_equal(f->a.n_marks, 4);
	sink->touch_down(server, alpha(f), head_0(f), 9, 1, 1);
	sink->touch_down(server, alpha(f), head_0(f), 4, 1, 1);
	sink->touch_motion(server, alpha(f), 9, 2, 2);
	sink->touch_up(server, alpha(f), 9);
	sink->frame(server, alpha(f));
	assert_told(f, "down0 down1 move0 up0 tframe ");
	sink->pointer_enter(server, alpha(f), NULL, 0, 0);
	sink->frame(server, alpha(f));
	wayland_set_keyboard(server->wayland, NULL);
	assert_told(f, "leave frame -kbd ");
}

static void on_size(void *data, struct vitrine_external_v1 *external, uint32_t width,
		    uint32_t height)
{
	say(data, "size%ux%u ", width, height);
}

static const struct vitrine_external_v1_listener external_listener = {on_size};

/* The pointer is over a surface that is no head: on a monitor that the guest drives by itself. */
static void test_a_monitor_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct server *server = &f->world->server;
	struct wl_surface *surface = wl_compositor_create_surface(f->a.compositor);
	struct vitrine_external_v1 *external;
	struct seat_head *head;

	assert_null(wayland_external(f->guest, 500, 400));
	external = vitrine_guest_v1_create_external(f->a.root, surface);
	vitrine_external_v1_add_listener(external, &external_listener, f);
	/* Whatever is committed there is shown nowhere. */
	wl_surface_commit(surface);
	assert_told(f, "");
	head = wayland_external(f->guest, 500, 400);
	assert_non_null(head);
	assert_ptr_equal(wayland_external(f->guest, 500, 400), head);
	sink->pointer_enter(server, alpha(f), head, 3, 4);
	sink->pointer_motion(server, alpha(f), head, 5, 6);
	sink->frame(server, alpha(f));
	assert_told(f, "size500x400 enter3,4 to5,6 frame ");
	sink->pointer_enter(server, alpha(f), head_0(f), 1, 1);
	sink->frame(server, alpha(f));
	assert_told(f, "leave enter1,1 frame ");
	assert_ptr_equal(wayland_external(f->guest, 50, 40), head);
	sink->pointer_enter(server, alpha(f), head, 3, 4);
	sink->frame(server, alpha(f));
	assert_told(f, "size50x40 leave enter3,4 frame ");
	/* It is taken back under the pointer, by its surface. */
	heads_removed = 0;
	wl_surface_destroy(surface);
	assert_true(guest_turn(&f->a));
	assert_int_equal(heads_removed, 1);
	assert_null(wayland_external(f->guest, 50, 40));
	vitrine_external_v1_destroy(external);
	assert_true(guest_turn(&f->a));
	assert_int_equal(heads_removed, 1);
	f->log[0] = '\0';
}

/* ---- nobody else learns of it ---- */

static void on_sync(void *data, struct wl_callback *callback, uint32_t serial)
{
	*(uint32_t *)data = serial;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener sync_listener = {on_sync};

static uint32_t sync_serial(struct fixture *f, struct guest_peer *guest)
{
	struct wl_callback *callback = wl_display_sync(guest->peer.display);
	uint32_t serial = UINT32_MAX;

	wl_callback_add_listener(callback, &sync_listener, &serial);
	assert_true(peer_turn(f->world, &guest->peer));
	assert_int_not_equal(serial, UINT32_MAX);
	return serial;
}

static void test_neighbour_learns_nothing(void **state)
{
	struct fixture *f = *state;
	uint32_t before = sync_serial(f, &f->b),
		 display = wl_display_get_serial(f->world->server.wayland->display);
	char byte;

	wayland_set_keyboard(f->world->server.wayland, f->guest);
	scene_set_front(f->world->server.scene, f->guest);
	for (int i = 0; i < 20; i++) {
		key(f, KEY_A, i % 2 == 0);
	}
	sink->pointer_enter(&f->world->server, alpha(f), head_0(f), 1, 1);
	sink->pointer_button(&f->world->server, alpha(f), BTN_LEFT, true);
	sink->touch_down(&f->world->server, alpha(f), head_0(f), 0, 1, 1);
	sink->frame(&f->world->server, alpha(f));
	world_turn(f->world);
	assert_true(guest_turn(&f->a));
	acknowledge(f);
	assert_true(guest_turn(&f->a));
	/* Not one byte to the neighbour, and the serial that anybody may ask for stands still. */
	assert_int_equal(
		recv(wl_display_get_fd(f->b.peer.display), &byte, 1, MSG_PEEK | MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(sync_serial(f, &f->b), before);
	assert_int_equal(wl_display_get_serial(f->world->server.wayland->display), display);
}

/* ---- credit ---- */

/* Uses up what is left. */
static void exhaust(struct fixture *f)
{
	for (unsigned i = 0; i < CREDIT_GROUPS + 10; i++) {
		sink->pointer_relative(&f->world->server, alpha(f), 1, 0);
		sink->frame(&f->world->server, alpha(f));
	}
	assert_true(guest_turn(&f->a));
	f->log[0] = '\0';
}

static void test_credit_withheld(void **state)
{
	struct fixture *f = *state;
	struct clock_source *clock = f->world->server.clock;

	key(f, KEY_A, true);
	exhaust(f);
	assert_int_equal(f->a.n_marks, CREDIT_GROUPS);
	key(f, KEY_A, false);
	assert_told(f, "");
	clock_virtual_advance(clock, clock_now(clock) + NSEC_PER_SEC - 1);
	assert_true(guest_turn(&f->a));
	clock_virtual_advance(clock, clock_now(clock) + 1);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "no input for a second"));
	assert_true(guest_turn(&f->b));
	assert_string_equal(f->b.reason, "");
}

static void test_credit_returns(void **state)
{
	struct fixture *f = *state;
	struct clock_source *clock = f->world->server.clock;

	key(f, KEY_A, true);
	exhaust(f);
	key(f, KEY_A, false);
	key(f, KEY_B, true);
	assert_false(wayland_input_done(f->guest));
	acknowledge(f);
	/* In order, the motion merged; a group for each. */
	assert_told(f, "by11,0 frame key30- key48+ ");
	assert_int_equal(f->a.n_marks, CREDIT_GROUPS + 3);
	assert_false(wayland_input_done(f->guest));
	acknowledge(f);
	assert_true(guest_turn(&f->a));
	assert_true(wayland_input_done(f->guest));
	clock_virtual_advance(clock, clock_now(clock) + 5 * NSEC_PER_SEC);
	key(f, KEY_B, false);
	assert_told(f, "key48- ");
}

static void test_credit_forged(void **state)
{
	struct fixture *f = *state;

	key(f, KEY_A, true);
	assert_told(f, "key30+ ");
	vitrine_guest_v1_acknowledge_input(f->a.root, f->a.marks[0] + 1);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "never sent"));
	assert_true(guest_turn(&f->b));
}

/* ---- latency ---- */

static uint64_t stat_of(struct fixture *f, const char *key)
{
	char *text = NULL, *line;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	uint64_t value = UINT64_MAX;

	wayland_report(f->world->server.wayland, out);
	fclose(out);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ' ') {
			value = strtoull(line + strlen(key), NULL, 10);
		}
	}
	free(text);
	return value;
}

/* A key of device 5, reported before_ns ago. */
static void device_key(struct fixture *f, bool pressed, uint64_t before_ns)
{
	struct server *server = &f->world->server;

	wayland_input_read(server->wayland);
	event_ns = clock_now(server->clock) - before_ns;
	event_device = 5;
	key(f, KEY_A, pressed);
	event_ns = 0;
	event_device = SEAT_MAX_DEVICES;
}

static void acknowledge_at(struct fixture *f, uint64_t ns)
{
	vitrine_guest_v1_acknowledge_input_at(f->a.root, f->a.marks[f->a.n_marks - 1],
					      (uint32_t)(ns >> 32), (uint32_t)ns);
	assert_true(guest_turn(&f->a));
}

static void device_plug(unsigned number, const char *name)
{
	const struct device_identity identity = {.name = name, .path = "", .phys = ""};

	assert_int_equal(roster_add(roster, &identity), number);
}

static void test_latency_by_guest_and_device(void **state)
{
	struct fixture *f = *state;
	struct clock_source *clock = f->world->server.clock;
	uint64_t sent_ns;

	for (unsigned i = 0; i <= 5; i++) {
		device_plug(i, i == 5 ? "Board" : "Other");
	}
	assert_int_equal(stat_of(f, "input.5.latency_p50_us"), UINT64_MAX);
	device_key(f, true, 2 * NSEC_PER_MSEC);
	assert_told(f, "key30+ ");
	sent_ns = clock_now(clock);
	clock_virtual_advance(clock, sent_ns + 100 * NSEC_PER_MSEC);
	acknowledge_at(f, sent_ns + NSEC_PER_MSEC);
	assert_in_range(stat_of(f, "input.5.latency_p50_us"), 3000, 3000 * 9 / 8);
	assert_in_range(stat_of(f, "guest.alpha.input_p50_us"), 3000, 3000 * 9 / 8);
	assert_int_equal(stat_of(f, "guest.beta.input_p50_us"), 0);
	assert_int_equal(stat_of(f, "input.4.latency_p50_us"), UINT64_MAX);
	/* A time from the other end of time is no time. */
	device_key(f, false, 2 * NSEC_PER_MSEC);
	assert_told(f, "key30- ");
	acknowledge_at(f, UINT64_MAX - 1);
	assert_in_range(stat_of(f, "input.5.latency_p99_us"), 3000, 3000 * 9 / 8);
	/* Another device has another's number: nothing is known of it. */
	roster_remove(roster, 5);
	assert_int_equal(stat_of(f, "input.5.latency_p50_us"), UINT64_MAX);
	device_plug(5, "Mouse");
	assert_int_equal(stat_of(f, "input.5.latency_p50_us"), UINT64_MAX);
	device_key(f, true, 7 * NSEC_PER_MSEC);
	assert_told(f, "key30+ ");
	acknowledge_at(f, clock_now(clock));
	assert_in_range(stat_of(f, "input.5.latency_p50_us"), 7000, 7000 * 9 / 8);
}

/* The key is with its worker before the server serves anybody else. */
static void test_written_at_once(void **state)
{
	struct fixture *f = *state;
	struct pollfd poll_fd = {.fd = wl_display_get_fd(f->a.peer.display), .events = POLLIN};

	assert_true(guest_turn(&f->a));
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	device_key(f, true, 0);
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	assert_told(f, "key30+ ");
}

/* What others ask for between the reading of a key and its writing is counted, what its own worker asks for is not. */
static void test_requests_between_are_counted(void **state)
{
	struct fixture *f = *state;
	struct wayland *wayland = f->world->server.wayland;

	for (unsigned i = 0; i < 50; i++) {
		sync_serial(f, &f->b);
	}
	device_key(f, true, 0);
	assert_told(f, "key30+ ");
	assert_int_equal(stat_of(f, "input.groups"), 1);
	assert_int_equal(stat_of(f, "input.requests_between_max"), 0);
	wayland_input_read(wayland);
	for (unsigned i = 0; i < 7; i++) {
		sync_serial(f, &f->b);
	}
	event_ns = 1;
	event_device = 5;
	key(f, KEY_A, false);
	assert_told(f, "key30- ");
	assert_int_equal(stat_of(f, "input.requests_between_max"), 7);
	/* Kept back for want of credit: its own worker's slowness, and its own requests. */
	exhaust(f);
	wayland_input_read(wayland);
	key(f, KEY_A, true);
	for (unsigned i = 0; i < 40; i++) {
		sync_serial(f, &f->a);
	}
	acknowledge(f);
	assert_true(guest_turn(&f->a));
	assert_int_equal(stat_of(f, "input.requests_between_max"), 7);
	event_ns = 0;
	event_device = SEAT_MAX_DEVICES;
}

/* A key that is notified at_ns after it was sent, while the neighbour asks for something every 10 us. Most of all so far. */
static uint64_t until_notified(struct fixture *f, bool pressed, uint64_t at_ns)
{
	struct clock_source *clock = f->world->server.clock;
	uint64_t sent_ns = clock_now(clock);

	device_key(f, pressed, 0);
	assert_true(guest_turn(&f->a));
	f->log[0] = '\0';
	for (unsigned i = 1; i <= 100; i++) {
		clock_virtual_advance(clock, sent_ns + i * 10 * NSEC_PER_USEC);
		sync_serial(f, &f->b);
	}
	acknowledge_at(f, sent_ns + at_ns);
	return stat_of(f, "input.requests_until_notified_max");
}

/* What was served before the guest was notified, not before its worker said so; never too few. */
static void test_requests_until_notified(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i <= 5; i++) {
		device_plug(i, "Board");
	}
	assert_in_range(until_notified(f, true, 0), 0, 8);
	assert_in_range(until_notified(f, false, 500 * NSEC_PER_USEC), 50, 60);
	assert_in_range(until_notified(f, true, NSEC_PER_SEC), 100, 110);
	assert_int_equal(stat_of(f, "input.requests_between_max"), 0);
}

/* ---- what its pointer takes ---- */

static void test_pointer_kind(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wayland_guest_pointer_kind(f->guest), SEAT_POINTER_BOTH);
	vitrine_guest_v1_set_pointer(f->a.root, VITRINE_GUEST_V1_POINTER_ABSOLUTE);
	assert_true(guest_turn(&f->a));
	assert_int_equal(wayland_guest_pointer_kind(f->guest), SEAT_POINTER_ABSOLUTE);
	vitrine_guest_v1_set_pointer(f->a.root, VITRINE_GUEST_V1_POINTER_RELATIVE);
	assert_true(guest_turn(&f->a));
	assert_int_equal(wayland_guest_pointer_kind(f->guest), SEAT_POINTER_RELATIVE);
	/* What is known of a guest outlives its worker. */
	worker_drop(f);
	worker_make(f);
	assert_int_equal(wayland_guest_pointer_kind(f->guest), SEAT_POINTER_RELATIVE);
}

static void pointer_is_forged(struct fixture *f, uint32_t kinds)
{
	vitrine_guest_v1_set_pointer(f->a.root, kinds);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "pointer"));
	assert_true(guest_turn(&f->b));
	assert_int_equal(wayland_guest_pointer_kind(f->guest), SEAT_POINTER_BOTH);
}

static void test_pointer_forged_none(void **state)
{
	pointer_is_forged(*state, 0);
}

static void test_pointer_forged_more(void **state)
{
	pointer_is_forged(*state, 4);
}

/* ---- the lights of its keyboard ---- */

static void test_leds_are_told(void **state)
{
	struct fixture *f = *state;

	vitrine_guest_v1_set_leds(f->a.root, VITRINE_GUEST_V1_LED_CAPS_LOCK |
						     VITRINE_GUEST_V1_LED_SCROLL_LOCK);
	assert_true(guest_turn(&f->a));
	assert_ptr_equal(lit_guest, f->guest);
	assert_int_equal(lit_leds, DEVICES_LED_CAPS_LOCK | DEVICES_LED_SCROLL_LOCK);
	vitrine_guest_v1_set_leds(f->a.root, 0);
	assert_true(guest_turn(&f->a));
	assert_int_equal(lit_leds, 0);
}

static void test_leds_forged(void **state)
{
	struct fixture *f = *state;

	lit_guest = NULL;
	vitrine_guest_v1_set_leds(f->a.root, 8);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "lights"));
	assert_null(lit_guest);
	assert_true(guest_turn(&f->b));
}

/* A worker that wants no input is not waited for. */
static void test_worker_without_input(void **state)
{
	struct fixture *f = *state;
	struct seat_guest *beta = (struct seat_guest *)scene_guest_find(f->world->server.scene,
									"beta");

	for (unsigned i = 0; i < 3 * CREDIT_GROUPS; i++) {
		sink->key(&f->world->server, beta, KEY_A, i % 2 == 0);
		sink->frame(&f->world->server, beta);
	}
	clock_virtual_advance(f->world->server.clock, START_NS + 5 * NSEC_PER_SEC);
	assert_true(guest_turn(&f->b));
	assert_int_equal(f->b.n_marks, 0);
}

/* ---- objects come and go ---- */

static void test_keyboard_before_worker(void **state)
{
	struct fixture *f = *state;

	wayland_set_keyboard(f->world->server.wayland, f->guest);
	assert_told(f, "+kbd ");
	worker_drop(f);
	key(f, KEY_A, true);
	worker_make(f);
	/*
	 * Told that it has the keyboard, not what was held; the release of what it never saw is not
	 * told either.
	 */
	key(f, KEY_A, false);
	key(f, KEY_B, true);
	assert_told(f, "+kbd key48+ ");
}

static void test_head_goes_under_input(void **state)
{
	struct fixture *f = *state;
	struct server *server = &f->world->server;

	sink->pointer_enter(server, alpha(f), head_0(f), 1, 1);
	sink->touch_down(server, alpha(f), head_0(f), 2, 1, 1);
	sink->frame(server, alpha(f));
	assert_told(f, "enter1,1 down0 frame tframe ");
	vitrine_head_v1_destroy(f->head);
	assert_told(f, "up0 leave frame tframe ");
	/* The seat's own releases find nothing left to do. */
	sink->touch_up(server, alpha(f), 2);
	sink->pointer_enter(server, alpha(f), NULL, 0, 0);
	sink->frame(server, alpha(f));
	assert_told(f, "");
	f->head = vitrine_guest_v1_create_head(f->a.root, f->surface, 0, 64, 32);
	assert_true(guest_turn(&f->a));
	sink->pointer_enter(server, alpha(f), head_0(f), 2, 2);
	sink->frame(server, alpha(f));
	assert_told(f, "enter2,2 frame ");
}

static void test_surface_goes_under_input(void **state)
{
	struct fixture *f = *state;
	struct server *server = &f->world->server;

	sink->pointer_enter(server, alpha(f), head_0(f), 1, 1);
	sink->touch_down(server, alpha(f), head_0(f), 2, 1, 1);
	wayland_set_keyboard(server->wayland, f->guest);
	sink->frame(server, alpha(f));
	assert_true(guest_turn(&f->a));
	f->log[0] = '\0';
	wl_surface_destroy(f->surface);
	assert_true(guest_turn(&f->a));
	sink->pointer_motion(server, alpha(f), head_0(f), 2, 2);
	sink->touch_up(server, alpha(f), 2);
	sink->pointer_enter(server, alpha(f), NULL, 0, 0);
	sink->frame(server, alpha(f));
	wayland_set_keyboard(server->wayland, NULL);
	assert_told(f, "up0 tframe ");
	f->surface = wl_compositor_create_surface(f->a.compositor);
}

static void test_root_goes_under_input(void **state)
{
	struct fixture *f = *state;

	sink->pointer_enter(&f->world->server, alpha(f), head_0(f), 1, 1);
	sink->frame(&f->world->server, alpha(f));
	assert_told(f, "enter1,1 frame ");
	vitrine_guest_v1_destroy(f->a.root);
	assert_true(guest_turn(&f->a));
	key(f, KEY_A, true);
	vitrine_head_v1_destroy(f->head);
	assert_told(f, "");
	f->a.root = peer_bind(&f->a.peer, &vitrine_guest_v1_interface);
	vitrine_guest_v1_add_listener(f->a.root, &root_listener, &f->a);
	f->head = vitrine_guest_v1_create_head(f->a.root, f->surface, 0, 64, 32);
	assert_true(guest_turn(&f->a));
	key(f, KEY_B, true);
	assert_told(f, "key48+ ");
}

static void test_second_keyboard(void **state)
{
	struct fixture *f = *state;
	struct wl_keyboard *second = wl_seat_get_keyboard(f->a.seat);

	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "second object"));
	wl_keyboard_release(second);
	assert_true(guest_turn(&f->b));
}

#define INPUT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		INPUT_TEST(test_all_kinds),
		INPUT_TEST(test_a_monitor_of_its_own),
		INPUT_TEST(test_neighbour_learns_nothing),
		INPUT_TEST(test_credit_withheld),
		INPUT_TEST(test_credit_returns),
		INPUT_TEST(test_credit_forged),
		INPUT_TEST(test_latency_by_guest_and_device),
		INPUT_TEST(test_written_at_once),
		INPUT_TEST(test_requests_between_are_counted),
		INPUT_TEST(test_requests_until_notified),
		INPUT_TEST(test_pointer_kind),
		INPUT_TEST(test_pointer_forged_none),
		INPUT_TEST(test_pointer_forged_more),
		INPUT_TEST(test_leds_are_told),
		INPUT_TEST(test_leds_forged),
		INPUT_TEST(test_worker_without_input),
		INPUT_TEST(test_keyboard_before_worker),
		INPUT_TEST(test_head_goes_under_input),
		INPUT_TEST(test_surface_goes_under_input),
		INPUT_TEST(test_root_goes_under_input),
		INPUT_TEST(test_second_keyboard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
