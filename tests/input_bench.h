/* SPDX-License-Identifier: MIT */
/*
 * For tests of seat, focus and scene joined by input.c, over real scene, frame loop and renderer. The monitors flip only when
 * the test says so; the time is virtual. What guests are told is logged in words. Included once in a program.
 */
#ifndef TESTS_INPUT_BENCH_H
#define TESTS_INPUT_BENCH_H

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
#include "compositor/trusted/trusted.h"
#include "compositor/wayland/wayland.h"

#define KEYBOARD 0
#define MOUSE 1
#define PERIOD_NS (NSEC_PER_SEC / 60)

struct monitor {
	struct output_device base;
	uint8_t *pixels;
	bool plugged, flying, refuses;
};

struct bench {
	struct server server;
	struct server_options options;
	struct monitor monitors[2];
	struct scene_guest *a, *b;
	struct scene_head
		external; /* what workers offer for the pointer on their guests' own monitors */
	bool has_external;
	struct scene_guest *relative; /* takes motions alone; NULL: all take both */
	struct {
		const struct scene_head *head;
		double x, y;
	} told; /* where the pointer is; head NULL: over no guest */
	char log[4096];
};

static struct bench *bench; /* what the stand-ins below log to */

/* ---- what stands in for wayland/ and the rest ---- */

static inline void say(const char *fmt, ...) PRINTF(1, 2);

static inline void say(const char *fmt, ...)
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

static inline void on_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	assert_ptr_equal(data, &bench->server);
	say("%s:%u%c ", name_of(guest), code, pressed ? '+' : '-');
}

static inline void on_enter(void *data, struct seat_guest *guest, struct seat_head *head, double x,
			    double y)
{
	bench->told.head = (const struct scene_head *)head;
	bench->told.x = x;
	bench->told.y = y;
	if (head) {
		say("%s:in%u@%g,%g ", name_of(guest), ((struct scene_head *)head)->index, x, y);
	} else {
		say("%s:out ", name_of(guest));
	}
}

static inline void on_motion(void *data, struct seat_guest *guest, struct seat_head *head, double x,
			     double y)
{
	bench->told.x = x;
	bench->told.y = y;
	say("%s:to%g,%g ", name_of(guest), x, y);
}

static inline void on_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	say("%s:by%g,%g ", name_of(guest), dx, dy);
}

static inline void on_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	say("%s:button%c ", name_of(guest), pressed ? '+' : '-');
}

static inline void on_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
}

static inline void on_down(void *data, struct seat_guest *guest, struct seat_head *head,
			   int contact, double x, double y)
{
	say("%s:down ", name_of(guest));
}

static inline void on_touch_motion(void *data, struct seat_guest *guest, int contact, double x,
				   double y)
{
}

static inline void on_up(void *data, struct seat_guest *guest, int contact)
{
	say("%s:up ", name_of(guest));
}

static inline void on_frame(void *data, struct seat_guest *guest)
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

void wayland_input_read(struct wayland *wayland)
{
}

bool wayland_input_behind(const struct scene_guest *guest)
{
	return false;
}

void wayland_set_keyboard(struct wayland *wayland, struct scene_guest *guest)
{
	say("[%s] ", guest ? guest->mark.name : "-");
}

struct seat_head *wayland_external(const struct scene_guest *guest, int width, int height)
{
	bench->external.width = width;
	bench->external.height = height;
	return bench->has_external ? (struct seat_head *)&bench->external : NULL;
}

enum seat_pointer_kind wayland_guest_pointer_kind(const struct scene_guest *guest)
{
	return guest == bench->relative ? SEAT_POINTER_RELATIVE : SEAT_POINTER_BOTH;
}

void test_input_poll(struct test_input *test)
{
}

/* ---- monitors ---- */

static inline int monitor_acquire(struct output_device *device, struct target *target)
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

static inline int monitor_commit(struct output_device *device, const struct output_frame *frame)
{
	struct monitor *monitor = device->data;

	if (monitor->refuses) {
		return -EINVAL;
	}
	monitor->flying = true;
	return 0;
}

static inline void monitor_cancel(struct output_device *device)
{
}

static const struct output_device_ops monitor_ops = {
	.acquire = monitor_acquire,
	.commit = monitor_commit,
	.cancel = monitor_cancel,
};

static inline void monitor_plug(unsigned i, int width, int height)
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
	monitor->flying = monitor->refuses = false;
	repaint_output_listener.added(bench->server.repaint, &monitor->base);
}

static inline void monitor_unplug(unsigned i)
{
	struct monitor *monitor = &bench->monitors[i];

	repaint_output_listener.removed(bench->server.repaint, &monitor->base);
	monitor->plugged = false;
	free(monitor->pixels);
}

/* The loop's turns, without any flip. */
static inline void turn(void)
{
	while (sd_event_run(bench->server.event, 0) > 0) {
	}
}

static inline void pass(uint64_t ns)
{
	struct clock_source *clock = bench->server.clock;

	turn();
	clock_virtual_advance(clock, clock_now(clock) + ns);
	turn();
}

static inline void flip(unsigned i)
{
	if (bench->monitors[i].flying) {
		bench->monitors[i].flying = false;
		repaint_output_listener.flipped(bench->server.repaint, &bench->monitors[i].base,
						clock_now(bench->server.clock));
	}
	turn();
}

/* All monitors run for some frames. */
static inline void frames(unsigned n)
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

static inline struct scene_guest *guest_add(const char *name, unsigned n_heads)
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

static inline void head_remove(struct scene_guest *guest, unsigned index)
{
	input_head_removed(bench->server.input, guest->heads[index]);
	scene_head_remove(guest->heads[index]);
	turn();
}

static inline void guest_remove(struct scene_guest *guest)
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

static inline void key(uint32_t code, bool pressed)
{
	seat_key(input_seat(bench->server.input), KEYBOARD, code, pressed,
		 clock_now(bench->server.clock));
}

static inline void tap(uint32_t code)
{
	key(code, true);
	key(code, false);
}

static inline void chord(uint32_t code)
{
	key(KEY_LEFTCTRL, true);
	key(KEY_LEFTALT, true);
	tap(code);
	key(KEY_LEFTALT, false);
	key(KEY_LEFTCTRL, false);
}

static inline void assert_log(const char *expected)
{
	assert_string_equal(bench->log, expected);
	bench->log[0] = '\0';
}

static inline void forget_log(void)
{
	bench->log[0] = '\0';
}

static inline struct scene_guest *owner(void)
{
	return input_owner(bench->server.input);
}

static inline struct scene_guest *shown_on(unsigned i)
{
	return scene_output_shows(repaint_output(bench->server.repaint, i));
}

/* Whom its strip names as the keyboard's owner. */
static inline struct scene_guest *named_on(unsigned i)
{
	return scene_output_names_keyboard(repaint_output(bench->server.repaint, i));
}

/* ---- the bench ---- */

static inline void handle_wanted(void *data, struct scene_output *output)
{
	repaint_schedule(bench->server.repaint, output);
}

static inline void handle_placed(void *data, struct scene_head *head)
{
	input_head_placed(bench->server.input, head);
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .head_placed = handle_placed};

static inline int setup(void **state)
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
	assert_int_equal(trusted_create(&server->trusted, server), 0);
	assert_int_equal(menu_create(&server->menu, server), 0);
	seat_device_added(input_seat(server->input), KEYBOARD);
	seat_device_added(input_seat(server->input), MOUSE);
	monitor_plug(0, 640, 480);
	monitor_plug(1, 640, 480);
	frames(2);
	return 0;
}

/* Two guests, a in front with the input. */
static inline int setup_two(void **state)
{
	setup(state);
	bench->a = guest_add("a", 1);
	bench->b = guest_add("b", 1);
	frames(3);
	forget_log();
	return 0;
}

static inline int teardown(void **state)
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
	menu_destroy(bench->server.menu);
	trusted_destroy(bench->server.trusted);
	input_destroy(bench->server.input);
	renderer_destroy(bench->server.renderer);
	scene_destroy(bench->server.scene);
	clock_destroy(bench->server.clock);
	sd_event_unref(bench->server.event);
	free(bench->server.settings);
	free(bench);
	return 0;
}

#endif
