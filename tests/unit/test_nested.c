/* SPDX-License-Identifier: MIT */
/* Windows of a nested server against a desktop that does what no polite one does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/output/nested/nested.h"
#include "tests/unit/nested_desktop.h"
#include "xdg-shell-server-protocol.h"

#define TURNS 4 /* of both sides: a question, its answer, and what follows from it */

struct seen {
	struct output_device *devices[DESKTOP_WINDOWS];
	unsigned n_added, n_removed, n_flips, n_damaged;
	uint64_t flip_ns;
	char log[512]; /* of input */
};

struct bench {
	struct desktop desktop;
	sd_event *event;
	struct output_backend *backend;
	struct seen seen;
};

static void on_added(void *data, struct output_device *device)
{
	struct seen *seen = data;

	seen->devices[seen->n_added++] = device;
}

static void on_removed(void *data, struct output_device *device)
{
	((struct seen *)data)->n_removed++;
}

static void on_flipped(void *data, struct output_device *device, uint64_t time_ns)
{
	struct seen *seen = data;

	seen->n_flips++;
	seen->flip_ns = time_ns;
}

static void on_damaged(void *data, struct output_device *device)
{
	((struct seen *)data)->n_damaged++;
}

static const struct output_listener listener = {on_added, on_removed, on_flipped, on_damaged};

static void note(void *data, const char *fmt, ...) PRINTF(2, 3);

static void note(void *data, const char *fmt, ...)
{
	char *log = ((struct seen *)data)->log;
	size_t used = strlen(log);
	va_list args;

	va_start(args, fmt);
	vsnprintf(log + used, sizeof(((struct seen *)data)->log) - used, fmt, args);
	va_end(args);
}

static void on_key(void *data, uint32_t code, bool pressed)
{
	note(data, "key %u %d;", code, pressed);
}

static void on_keyboard_left(void *data)
{
	note(data, "keyboard left;");
}

static void on_pointer_at(void *data, const char *window, double x, double y)
{
	note(data, "at %s %.2f %.2f;", window, x, y);
}

static void on_pointer_left(void *data)
{
	note(data, "pointer left;");
}

static void on_button(void *data, uint32_t code, bool pressed)
{
	note(data, "button %u %d;", code, pressed);
}

static void on_scroll(void *data, bool is_horizontal, int v120)
{
	note(data, "scroll %d %d;", is_horizontal, v120);
}

static void on_touch_down(void *data, const char *window, int slot, double x, double y)
{
	note(data, "down %s %d %.2f %.2f;", window, slot, x, y);
}

static void on_touch_motion(void *data, const char *window, int slot, double x, double y)
{
	note(data, "move %s %d %.2f %.2f;", window, slot, x, y);
}

static void on_touch_up(void *data, int slot)
{
	note(data, "up %d;", slot);
}

static void on_touch_cancelled(void *data)
{
	note(data, "cancelled;");
}

static void on_touch_frame(void *data)
{
}

static const struct nested_input input = {
	.key = on_key,
	.keyboard_left = on_keyboard_left,
	.pointer_at = on_pointer_at,
	.pointer_left = on_pointer_left,
	.button = on_button,
	.scroll = on_scroll,
	.touch_down = on_touch_down,
	.touch_motion = on_touch_motion,
	.touch_up = on_touch_up,
	.touch_cancelled = on_touch_cancelled,
	.touch_frame = on_touch_frame,
};

static void turns(struct bench *bench)
{
	for (unsigned i = 0; i < TURNS; i++) {
		assert_true(sd_event_run(bench->event, 0) >= 0);
		desktop_turn(&bench->desktop);
	}
	assert_true(sd_event_run(bench->event, 0) >= 0);
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));

	*state = bench;
	desktop_start(&bench->desktop);
	assert_int_equal(sd_event_new(&bench->event), 0);
	assert_int_equal(nested_backend_create(&bench->backend, bench->event, bench->desktop.name,
					       "200x100,64x64", &listener, &bench->seen, &input,
					       &bench->seen),
			 0);
	desktop_join(&bench->desktop);
	assert_int_equal(bench->backend->ops->start(bench->backend), 0);
	turns(bench);
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	bench->backend->ops->destroy(bench->backend);
	desktop_finish(&bench->desktop);
	sd_event_unref(bench->event);
	free(bench);
	return 0;
}

/* Both windows are there: monitors are as many as the desktop has configured. */
static struct output_device *show_windows(struct bench *bench)
{
	for (unsigned i = 0; i < DESKTOP_WINDOWS; i++) {
		assert_int_equal(bench->seen.n_added, i);
		desktop_configure(&bench->desktop, i);
		turns(bench);
	}
	assert_int_equal(bench->seen.n_added, DESKTOP_WINDOWS);
	return bench->seen.devices[0];
}

static int commit(struct bench *bench, struct output_device *device, struct target *target)
{
	pixman_region32_t damage;
	const struct output_frame frame = {.is_composed = true, .damage = &damage};
	int ret = device->ops->acquire(device, target);

	if (ret == 0) {
		pixman_region32_init_rect(&damage, 0, 0, 10, 10);
		ret = device->ops->commit(device, &frame);
		pixman_region32_fini(&damage);
		turns(bench);
	}
	return ret;
}

static void test_a_flip_is_what_the_desktop_presented(void **state)
{
	struct bench *bench = *state;
	struct output_device *device = show_windows(bench);
	struct target target;

	assert_string_equal(device->name, "NESTED-1");
	assert_int_equal(commit(bench, device, &target), 0);
	assert_int_equal(target.age, 0);
	assert_int_equal(bench->desktop.windows[0].damages, 1);
	assert_int_equal(device->ops->acquire(device, &target), -EBUSY);
	desktop_frame(&bench->desktop, 0);
	turns(bench);
	assert_int_equal(bench->seen.n_flips, 0); /* taken is not shown */
	desktop_presented(&bench->desktop, 0, 5000000123ull);
	turns(bench);
	assert_int_equal(bench->seen.n_flips, 1);
	assert_int_equal(bench->seen.flip_ns, 5000000123ull);
	assert_int_equal(device->ops->acquire(device, &target), 0);
	device->ops->cancel(device);
}

/* Then the desktop's next frame counts, and only once. */
static void test_a_discarded_frame(void **state)
{
	struct bench *bench = *state;
	struct output_device *device = show_windows(bench);
	struct target target;

	assert_int_equal(commit(bench, device, &target), 0);
	desktop_discarded(&bench->desktop, 0);
	turns(bench);
	assert_int_equal(bench->seen.n_flips, 0);
	desktop_frame(&bench->desktop, 0);
	turns(bench);
	assert_int_equal(bench->seen.n_flips, 1);
}

/* A frame that was given up is not told, whatever the desktop says later. */
static void test_a_lost_frame(void **state)
{
	struct bench *bench = *state;
	struct output_device *device = show_windows(bench);
	struct target target;

	assert_int_equal(commit(bench, device, &target), 0);
	device->ops->lost(device);
	desktop_presented(&bench->desktop, 0, 7);
	desktop_frame(&bench->desktop, 0);
	turns(bench);
	assert_int_equal(bench->seen.n_flips, 0);
	assert_int_equal(commit(bench, device, &target), 0);
}

/* A desktop that keeps all buffers gets no frame, and we are told when it gives one back. */
static void test_a_desktop_that_keeps_buffers(void **state)
{
	struct bench *bench = *state;
	struct output_device *device = show_windows(bench);
	struct wl_resource *kept = NULL;
	struct target target;
	unsigned n = 0;

	while (commit(bench, device, &target) == 0) {
		assert_true(++n <= 8);
		kept = kept ? kept : bench->desktop.windows[0].attached;
		desktop_presented(&bench->desktop, 0, n);
		turns(bench);
	}
	assert_true(n >= 3);
	assert_int_equal(bench->seen.n_damaged, 0);
	wl_buffer_send_release(kept);
	turns(bench);
	assert_int_equal(bench->seen.n_damaged, 1);
	assert_int_equal(commit(bench, device, &target), 0);
	assert_int_equal(target.age, n); /* the oldest picture */
}

static void test_a_closed_window_is_a_monitor_gone(void **state)
{
	struct bench *bench = *state;
	struct output_device *device = show_windows(bench);
	struct target target;

	assert_int_equal(commit(bench, device, &target), 0);
	xdg_toplevel_send_close(bench->desktop.windows[0].toplevel);
	turns(bench);
	assert_int_equal(bench->seen.n_removed, 1);
	assert_int_equal(commit(bench, bench->seen.devices[1], &target), 0);
}

static void test_input(void **state)
{
	struct bench *bench = *state;
	struct desktop *desktop = &bench->desktop;
	struct wl_array held;

	show_windows(bench);
	wl_array_init(&held);
	*(uint32_t *)wl_array_add(&held, sizeof(uint32_t)) = 42;
	wl_keyboard_send_enter(desktop->keyboard, 1, desktop->windows[0].surface, &held);
	wl_keyboard_send_key(desktop->keyboard, 2, 0, 30, 1);
	wl_keyboard_send_leave(desktop->keyboard, 3, desktop->windows[0].surface);
	turns(bench);
	assert_string_equal(bench->seen.log, "key 30 1;keyboard left;");
	wl_array_release(&held);
}

static void test_pointer(void **state)
{
	struct bench *bench = *state;
	struct desktop *desktop = &bench->desktop;
	struct wl_resource *surface;

	show_windows(bench);
	surface = desktop->windows[0].surface;
	wl_pointer_send_enter(desktop->pointer, 1, surface, wl_fixed_from_int(50),
			      wl_fixed_from_int(50));
	/* A grab outside of the window. */
	wl_pointer_send_motion(desktop->pointer, 0, wl_fixed_from_int(-9), wl_fixed_from_int(999));
	wl_pointer_send_button(desktop->pointer, 1, 0, 0x110, 1);
	/* 4.875 of 1/120 notches, twice: what is not whole is not lost. */
	wl_pointer_send_axis(desktop->pointer, 0, 0, wl_fixed_from_double(0.40625));
	wl_pointer_send_axis(desktop->pointer, 0, 0, wl_fixed_from_double(0.40625));
	wl_pointer_send_leave(desktop->pointer, 1, surface);
	wl_pointer_send_motion(desktop->pointer, 0, 0, 0);
	turns(bench);
	assert_string_equal(bench->seen.log,
			    "at NESTED-1 0.25 0.50;at NESTED-1 0.00 1.00;button 272 1;"
			    "scroll 0 4;scroll 0 5;pointer left;");
}

static void test_touch(void **state)
{
	struct bench *bench = *state;
	struct desktop *desktop = &bench->desktop;

	show_windows(bench);
	wl_touch_send_down(desktop->touch, 1, 0, desktop->windows[1].surface, 3,
			   wl_fixed_from_int(16), wl_fixed_from_int(32));
	wl_touch_send_motion(desktop->touch, 0, 3, wl_fixed_from_int(32), wl_fixed_from_int(32));
	/* Numbers that we have no place for, and contacts that never began. */
	wl_touch_send_down(desktop->touch, 1, 0, desktop->windows[1].surface, 1000, 0, 0);
	wl_touch_send_motion(desktop->touch, 0, -1, 0, 0);
	wl_touch_send_up(desktop->touch, 1, 0, 4);
	turns(bench);
	assert_string_equal(bench->seen.log, "down NESTED-2 3 0.25 0.50;move NESTED-2 3 0.50 0.50;");
	/* A window that goes takes its contacts along. */
	xdg_toplevel_send_close(desktop->windows[1].toplevel);
	turns(bench);
	assert_non_null(strstr(bench->seen.log, "up 3;"));
}

static void test_the_desktop_goes(void **state)
{
	struct bench *bench = *state;
	int code = 0;

	show_windows(bench);
	wl_display_destroy_clients(bench->desktop.display);
	for (unsigned i = 0; i < TURNS && sd_event_get_state(bench->event) != SD_EVENT_FINISHED;
	     i++) {
		assert_true(sd_event_run(bench->event, 0) >= 0);
	}
	assert_int_equal(sd_event_get_exit_code(bench->event, &code), 0);
	assert_int_equal(code, -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_flip_is_what_the_desktop_presented, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_discarded_frame, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_lost_frame, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_desktop_that_keeps_buffers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_closed_window_is_a_monitor_gone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_input, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pointer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_touch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_desktop_goes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
