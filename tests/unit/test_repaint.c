/* SPDX-License-Identifier: MIT */
/*
 * The frame loop with real scene, renderer and headless outputs, on a virtual clock: when frames
 * come and what they cost.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "compositor/server.h"
#include "tests/frame_bench.h"
#include "tests/scene_fixture.h"

/* ---- tests ---- */

static void frames_show_at_the_next_vblank(void **state)
{
	struct bench bench;
	struct test_buffer *buffer = test_buffer_create(640, 480, TEST_XR24, 0);
	struct scene_head *head;

	(void)state;
	bench_init(&bench, "800x600@60");
	assert_int_equal(repaint_output_number(bench.server.repaint, "HEADLESS-1"), 0);
	assert_int_equal(repaint_output_number(bench.server.repaint, "HEADLESS-2"), -1);
	assert_int_equal(input_log.changes, 1);
	head = add_guest(&bench, "work");
	run_for(&bench, NSEC_PER_SEC);
	test_buffer_fill(buffer, 0x112233);
	for (unsigned i = 0; i < 60; i++) {
		test_commit(head, buffer, i + 1);
		run_for(&bench, HZ_60_NS);
	}
	run_for(&bench, HZ_60_NS);
	assert_int_equal(bench.n_shown, 60);
	for (unsigned i = 1; i < 60; i++) {
		assert_int_equal(bench.shown_ns[i] - bench.shown_ns[i - 1], HZ_60_NS);
		assert_int_equal(bench.shown_sequence[i], bench.shown_sequence[i - 1] + 1);
		assert_int_equal(bench.shown_token[i], i + 1);
	}
	assert_int_equal(bench.n_discarded, 0);
	assert_ptr_equal(input_log.shows, head->guest);
	assert_int_equal(pixel_at(&bench, 0, head->dst.x, head->dst.y), 0x112233);
	bench_finish(&bench);
	buffer_drop(&buffer->base);
}

static void newest_commit_before_the_deadline_wins(void **state)
{
	struct bench bench;
	struct test_buffer *first = test_buffer_create(640, 480, TEST_XR24, 0);
	struct test_buffer *second = test_buffer_create(640, 480, TEST_XR24, 0);
	struct scene_head *head;
	uint64_t vblank_ns;

	(void)state;
	bench_init(&bench, "800x600@60");
	head = add_guest(&bench, "work");
	test_commit(head, first, 1);
	run_for(&bench, 10 * HZ_60_NS);
	vblank_ns = bench.shown_ns[0] + 20 * HZ_60_NS;
	clock_virtual_advance(bench.server.clock, vblank_ns + HZ_60_NS / 10);
	test_buffer_fill(first, 0xff0000);
	test_buffer_fill(second, 0x00ff00);
	test_commit(head, first, 2);
	/* The deadline is a margin of a millisecond before the vblank, not at the commit. */
	clock_virtual_advance(bench.server.clock, vblank_ns + HZ_60_NS - 2 * NSEC_PER_MSEC);
	test_commit(head, second, 3);
	run_for(&bench, 3 * HZ_60_NS);
	assert_int_equal(bench.n_discarded, 1);
	assert_int_equal(bench.n_shown, 2);
	assert_int_equal(bench.shown_token[1], 3);
	assert_int_equal(bench.shown_ns[1], vblank_ns + HZ_60_NS);
	assert_int_equal(pixel_at(&bench, 0, head->dst.x, head->dst.y), 0x00ff00);
	bench_finish(&bench);
	buffer_drop(&first->base);
	buffer_drop(&second->base);
}

static void idle_outputs_do_nothing(void **state)
{
	struct bench bench;
	struct scene_output *output;
	unsigned flips;

	(void)state;
	bench_init(&bench, "800x600@60,640x480@75");
	run_for(&bench, NSEC_PER_SEC);
	output = repaint_output(bench.server.repaint, 1);
	assert_int_equal(output->width, 640);
	assert_null(repaint_output(bench.server.repaint, 2));
	flips = input_log.flips;
	assert_true(flips >= 2);
	run_for(&bench, 100 * NSEC_PER_SEC);
	assert_int_equal(input_log.flips, flips);
	bench_finish(&bench);
	assert_int_equal(input_log.changes, 4);
}

/*
 * No intermediate copy: what is read of the guest is the damage in its pixels, what is written the
 * damage in the output's. Both buffers of the device were drawn once before the counting begins, so
 * that each frame also repairs the one before.
 */
static void bytes_moved_equal_the_damage(void **state)
{
	struct bench bench;
	struct test_buffer *buffer = test_buffer_create(640, 480, TEST_XR24, 0);
	struct scene_output *output;
	struct scene_head *head;
	pixman_region32_t damage;
	uint64_t read, written;

	(void)state;
	bench_init(&bench, "800x600@60");
	output = repaint_output(bench.server.repaint, 0);
	head = add_guest(&bench, "work");
	pixman_region32_init_rect(&damage, 10, 20, 30, 40);
	for (unsigned i = 0; i < 4; i++) {
		test_commit_damage(head, buffer, 1, i ? &damage : NULL);
		run_for(&bench, HZ_60_NS);
	}
	read = output->bytes_read;
	written = output->bytes_written;
	for (unsigned i = 0; i < 3; i++) {
		test_commit_damage(head, buffer, 1, &damage);
		run_for(&bench, HZ_60_NS);
	}
	assert_int_equal(output->bytes_read - read, 3 * 30 * 40 * 4);
	assert_int_equal(output->bytes_written - written, 3 * 30 * 40 * 4);
	/* The whole picture: as many bytes as it has, once. */
	read = output->bytes_read;
	written = output->bytes_written;
	test_commit(head, buffer, 1);
	run_for(&bench, HZ_60_NS);
	assert_int_equal(output->bytes_read - read, 640 * 480 * 4);
	assert_int_equal(output->bytes_written - written, 640 * 480 * 4);
	/* A change of the strip reads nothing of the guest but what repairs the older target. */
	for (unsigned i = 0; i < 2; i++) {
		test_commit_damage(head, buffer, 1, &damage);
		run_for(&bench, HZ_60_NS);
	}
	read = output->bytes_read;
	written = output->bytes_written;
	scene_set_keyboard(bench.server.scene, head->guest);
	run_for(&bench, 2 * HZ_60_NS);
	assert_int_equal(output->bytes_read - read, 30 * 40 * 4);
	assert_int_equal(output->bytes_written - written, (800 * STRIP_HEIGHT + 30 * 40) * 4);
	pixman_region32_fini(&damage);
	bench_finish(&bench);
	buffer_drop(&buffer->base);
}

static void front_buffer_drawing_is_seen(void **state)
{
	struct bench bench;
	struct test_buffer *buffer = test_buffer_create(640, 480, TEST_XR24, 0);
	struct scene_output *output;
	struct scene_head *head;
	uint64_t compared, written;
	unsigned flips;

	(void)state;
	bench_init(&bench, "800x600@60");
	output = repaint_output(bench.server.repaint, 0);
	head = add_guest(&bench, "work");
	test_commit(head, buffer, 1);
	run_for(&bench, NSEC_PER_SEC);
	assert_true(output->bytes_compared > 0);
	/* Nothing changes: four passes a second, and not one frame. */
	compared = output->bytes_compared;
	flips = input_log.flips;
	run_for(&bench, 2 * NSEC_PER_SEC);
	assert_int_equal(output->bytes_compared - compared, 8 * 640 * 480 * 4);
	assert_int_equal(input_log.flips, flips);
	/* Both targets get the whole picture of the first pass. */
	for (unsigned i = 0; i < 2; i++) {
		test_buffer_set(buffer, 100, 100, 0x123456 + i);
		run_for(&bench, NSEC_PER_SEC);
	}
	/* One pixel: seen within the pause, and only its band is drawn. */
	written = output->bytes_written;
	test_buffer_set(buffer, 100, 100, 0xabcdef);
	run_for(&bench, NSEC_PER_SEC / 4 + 2 * HZ_60_NS);
	assert_int_equal(pixel_at(&bench, 0, head->dst.x + 100, head->dst.y + 100), 0xabcdef);
	assert_int_equal(output->bytes_written - written, 640 * 16 * 4);
	/* While it draws on, each frame has the newest. */
	flips = input_log.flips;
	for (unsigned i = 0; i < 30; i++) {
		test_buffer_set(buffer, 5, 470, 0x10000 + i);
		run_for(&bench, HZ_60_NS);
	}
	assert_true(input_log.flips - flips >= 25);
	run_for(&bench, NSEC_PER_SEC);
	assert_int_equal(pixel_at(&bench, 0, head->dst.x + 5, head->dst.y + 470), 0x10000 + 29);
	bench_finish(&bench);
	buffer_drop(&buffer->base);
}

/*
 * What a guest draws after its flip and before the first look at its buffer must not be taken for
 * the picture on the glass.
 */
static void drawing_before_the_first_pass_is_seen(void **state)
{
	struct bench bench;
	struct test_buffer *buffer = test_buffer_create(640, 480, TEST_XR24, 0);
	struct scene_head *head;

	(void)state;
	bench_init(&bench, "800x600@60");
	head = add_guest(&bench, "work");
	test_commit(head, buffer, 1);
	run_for(&bench, 3 * HZ_60_NS);
	test_buffer_set(buffer, 7, 9, 0xabcdef);
	run_for(&bench, NSEC_PER_SEC / 5);
	assert_int_equal(pixel_at(&bench, 0, head->dst.x + 7, head->dst.y + 9), 0xabcdef);
	bench_finish(&bench);
	buffer_drop(&buffer->base);
}

static void a_head_without_picture_gets_a_card(void **state)
{
	struct bench bench;
	struct scene_head *head;
	uint32_t blank, card;

	(void)state;
	bench_init(&bench, "800x600@60");
	head = add_guest(&bench, "work");
	run_for(&bench, HZ_60_NS + 1);
	blank = pixel_at(&bench, 0, head->dst.x, head->dst.y);
	run_for(&bench, 10 * HZ_60_NS);
	card = pixel_at(&bench, 0, head->dst.x, head->dst.y);
	assert_int_not_equal(blank, card);
	bench_finish(&bench);
}

/* ---- on a real loop ---- */

static int handle_client(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	*(unsigned *)data = 0;
	return 0;
}

/* Something at the clients' priority that is always due. */
static int add_client(sd_event *event, sd_event_source **source, unsigned *waited, int fds[2])
{
	int ret = pipe(fds) < 0 || write(fds[1], "", 1) != 1 ? -errno : 0;

	if (ret == 0) {
		ret = sd_event_add_io(event, source, fds[0], EPOLLIN, handle_client, waited);
	}
	return ret < 0 ? ret : sd_event_source_set_priority(*source, PRIORITY_LAST);
}

/*
 * A large front buffer that is looked at without end does not keep the loop from other guests'
 * clients, nor they it from the front buffer.
 */
static void a_large_front_buffer_delays_nobody(void **state)
{
	struct bench bench;
	struct test_buffer *buffer = test_buffer_create(4096, 4096, TEST_XR24, 0);
	sd_event_source *client = NULL;
	struct scene_output *output;
	unsigned waited = 0;
	int fds[2];

	(void)state;
	bench_init_real(&bench, "64x64@60");
	output = repaint_output(bench.server.repaint, 0);
	assert_int_equal(add_client(bench.server.event, &client, &waited, fds), 0);
	test_commit(add_guest(&bench, "work"), buffer, 1);
	for (uint64_t end = now_ns() + 10 * NSEC_PER_SEC;
	     output->bytes_compared < buffer->size && now_ns() < end;) {
		uint64_t before = output->bytes_compared;

		assert_true(sd_event_run(bench.server.event, UINT64_MAX) >= 0);
		waited += output->bytes_compared > before;
		assert_in_range(waited, 0, 2);
	}
	assert_true(output->bytes_compared >= buffer->size);
	sd_event_source_disable_unref(client);
	close(fds[0]);
	close(fds[1]);
	bench_finish(&bench);
	buffer_drop(&buffer->base);
}

/* ---- a device that misbehaves ---- */

struct bad_device {
	struct output_device base;
	uint8_t pixels[64 * 64 * 4];
	int acquire_error, commit_error;
	unsigned acquires, commits, cancels, losses;
};

static int bad_acquire(struct output_device *base, struct target *target)
{
	struct bad_device *device = (struct bad_device *)base;

	device->acquires++;
	*target =
		(struct target){.pixels = device->pixels, .width = 64, .height = 64, .stride = 256};
	return device->acquire_error;
}

static int bad_commit(struct output_device *base, const struct output_frame *frame)
{
	struct bad_device *device = (struct bad_device *)base;

	device->commits++;
	return device->commit_error;
}

static void bad_cancel(struct output_device *base)
{
	((struct bad_device *)base)->cancels++;
}

static void bad_lost(struct output_device *base)
{
	((struct bad_device *)base)->losses++;
}

static const struct output_device_ops bad_ops = {
	.acquire = bad_acquire,
	.commit = bad_commit,
	.cancel = bad_cancel,
	.lost = bad_lost,
};

static void bad_init(struct bad_device *device, bool has_vblank)
{
	memset(device, 0, sizeof(*device));
	device->base.ops = &bad_ops;
	device->base.width = 64;
	device->base.height = 64;
	device->base.refresh_mhz = 60000;
	device->base.has_vblank = has_vblank;
	snprintf(device->base.name, sizeof(device->base.name), "BAD-1");
}

static void refusals_are_retried_once_a_period(void **state)
{
	struct bench bench;
	struct bad_device bad;
	struct scene_output *output;

	(void)state;
	bench_init(&bench, "800x600@60");
	bad_init(&bad, true);
	bad.commit_error = -EINVAL;
	repaint_output_listener.added(bench.server.repaint, &bad.base);
	output = repaint_output(bench.server.repaint, 1);
	run_for(&bench, NSEC_PER_SEC);
	assert_in_range(bad.commits, 50, 62);
	assert_int_equal(bad.cancels, bad.commits);
	bad.commit_error = 0;
	run_for(&bench, 2 * HZ_60_NS);
	assert_int_equal(output->frames, 0);
	repaint_output_listener.flipped(bench.server.repaint, &bad.base,
					clock_now(bench.server.clock));
	assert_int_equal(output->frames, 1);
	/* Busy: tried again when the flip comes, without waiting for the period to end. */
	bad.acquire_error = -EBUSY;
	bad.acquires = 0;
	scene_output_damage_all(output);
	run_for(&bench, 3 * HZ_60_NS);
	assert_in_range(bad.acquires, 1, 4);
	bad.acquire_error = 0;
	bad.commits = 0;
	repaint_output_listener.flipped(bench.server.repaint, &bad.base,
					clock_now(bench.server.clock));
	run_for(&bench, HZ_60_NS);
	assert_int_equal(bad.commits, 1);
	bad.acquires = 0;
	run_for(&bench, NSEC_PER_SEC / 2);
	assert_int_equal(bad.acquires, 0); /* nothing is tried while a flip is due */
	/* Its flip is lost with the session. */
	repaint_output_listener.damaged(bench.server.repaint, &bad.base);
	run_for(&bench, 2 * HZ_60_NS);
	assert_int_equal(bad.commits, 2);
	repaint_output_listener.removed(bench.server.repaint, &bad.base);
	assert_null(repaint_output(bench.server.repaint, 1));
	repaint_output_listener.flipped(bench.server.repaint, &bad.base, 1);
	run_for(&bench, NSEC_PER_SEC);
	assert_int_equal(bad.commits, 2);
	bench_finish(&bench);
}

/* While the session is away nothing is tried, whatever guests do; when it is back, all is drawn. */
static void an_absent_session_costs_nothing(void **state)
{
	struct bench bench;
	struct bad_device bad;
	struct scene_output *output;

	(void)state;
	bench_init(&bench, "800x600@60");
	bad_init(&bad, true);
	repaint_output_listener.added(bench.server.repaint, &bad.base);
	output = repaint_output(bench.server.repaint, 1);
	run_for(&bench, HZ_60_NS);
	repaint_output_listener.flipped(bench.server.repaint, &bad.base,
					clock_now(bench.server.clock));
	bad.acquire_error = -EACCES;
	bad.acquires = bad.commits = 0;
	for (unsigned i = 0; i < 100; i++) {
		scene_output_damage_all(output);
		run_for(&bench, HZ_60_NS);
	}
	assert_int_equal(bad.acquires, 1);
	bad.acquire_error = 0;
	repaint_output_listener.damaged(bench.server.repaint, &bad.base);
	run_for(&bench, 2 * HZ_60_NS);
	assert_int_equal(bad.commits, 1);
	repaint_output_listener.removed(bench.server.repaint, &bad.base);
	bench_finish(&bench);
}

/* No flip event: the frame is drawn again, and not taken for shown. */
static void a_lost_flip_is_not_made_up(void **state)
{
	struct bench bench;
	struct bad_device bad;
	struct scene_output *output;
	unsigned flips;

	(void)state;
	bench_init(&bench, "800x600@60");
	run_for(&bench, NSEC_PER_SEC);
	bad_init(&bad, true);
	repaint_output_listener.added(bench.server.repaint, &bad.base);
	output = repaint_output(bench.server.repaint, 1);
	run_for(&bench, NSEC_PER_SEC / 2);
	flips = input_log.flips;
	assert_int_equal(bad.commits, 1);
	/* Busy with it, as devices say: no reason to ask again and again. */
	bad.acquires = 0;
	run_for(&bench, NSEC_PER_SEC / 3);
	assert_int_equal(bad.acquires + bad.losses, 0);
	run_for(&bench, NSEC_PER_SEC / 3);
	assert_int_equal(bad.losses, 1);
	assert_int_equal(bad.commits, 2);
	assert_int_equal(input_log.flips, flips);
	assert_int_equal(output->frames, 0);
	repaint_output_listener.flipped(bench.server.repaint, &bad.base,
					clock_now(bench.server.clock));
	assert_int_equal(output->frames, 1);
	/* One that comes in time is none. */
	scene_output_damage_all(output);
	run_for(&bench, NSEC_PER_SEC * 9 / 10);
	assert_int_equal(bad.commits, 3);
	repaint_output_listener.flipped(bench.server.repaint, &bad.base,
					clock_now(bench.server.clock));
	scene_output_damage_all(output);
	run_for(&bench, NSEC_PER_SEC * 9 / 10);
	assert_int_equal(bad.losses, 1);
	/* Busy for ever without a flip of ours: as bad. */
	repaint_output_listener.damaged(bench.server.repaint, &bad.base);
	bad.acquire_error = -EBUSY;
	bad.acquires = 0;
	run_for(&bench, 5 * NSEC_PER_SEC + HZ_60_NS);
	assert_in_range(bad.acquires, 5, 6);
	assert_in_range(bad.losses, 5, 6);
	repaint_output_listener.removed(bench.server.repaint, &bad.base);
	bench_finish(&bench);
}

/* virtio and bochs say "flipped" at once: without a pace of our own the loop would spin. */
static void devices_without_vblank_are_paced(void **state)
{
	struct bench bench;
	struct bad_device bad;
	struct scene_output *output;
	unsigned before = 0;

	(void)state;
	bench_init(&bench, "800x600@60");
	bad_init(&bad, false);
	repaint_output_listener.added(bench.server.repaint, &bad.base);
	output = repaint_output(bench.server.repaint, 1);
	for (unsigned i = 0; i < 1000; i++) {
		scene_output_damage_all(output);
		run_for(&bench, NSEC_PER_MSEC);
		if (bad.commits != before) {
			before = bad.commits;
			repaint_output_listener.flipped(bench.server.repaint, &bad.base,
							clock_now(bench.server.clock));
		}
	}
	assert_in_range(bad.commits, 55, 61);
	repaint_output_listener.removed(bench.server.repaint, &bad.base);
	bench_finish(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_show_at_the_next_vblank),
		cmocka_unit_test(newest_commit_before_the_deadline_wins),
		cmocka_unit_test(idle_outputs_do_nothing),
		cmocka_unit_test(bytes_moved_equal_the_damage),
		cmocka_unit_test(front_buffer_drawing_is_seen),
		cmocka_unit_test(drawing_before_the_first_pass_is_seen),
		cmocka_unit_test(a_head_without_picture_gets_a_card),
		cmocka_unit_test(a_large_front_buffer_delays_nobody),
		cmocka_unit_test(refusals_are_retried_once_a_period),
		cmocka_unit_test(an_absent_session_costs_nothing),
		cmocka_unit_test(a_lost_flip_is_not_made_up),
		cmocka_unit_test(devices_without_vblank_are_paced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
