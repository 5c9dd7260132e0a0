/* SPDX-License-Identifier: MIT */
/* The real vitrine-pv between a guest, a broker and a display server that are played here. */
#include <errno.h>
#include <limits.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <wayland-server.h>

#include "base/util.h"
#include "pvdispl/worker/flips.h"
#include "pvdispl/worker/sandbox.h"
#include "pvdispl/worker/scanout.h"
#include "pvdispl/worker/state_file.h"
#include "tests/loopback/worker_rig.h"
#include "vitrine-guest-v1-server-protocol.h"

#define DIRECTORY 10u /* page of the guest that holds one */
#define BUFFER 16u    /* first of the pages that are drawn to */
#define FB_PAGES 2u   /* RIG_WIDTH * RIG_HEIGHT * 4 */

static struct rig rig;

static int start(void **state)
{
	rig_start(&rig);
	rig_add_devices(&rig, false);
	return 0;
}

static int stop(void **state)
{
	if (rig.pages) {
		rig_stop(&rig);
	}
	return 0;
}

/* ---- what the tests wait for ---- */

static bool has_heads(struct rig *r)
{
	return r->server.heads[0].resource && r->server.heads[1].resource;
}

static bool is_faulted(struct rig *r)
{
	return r->faulted;
}

static bool is_closed(struct rig *r)
{
	return r->closed;
}

static bool has_commit(struct rig *r)
{
	return r->server.heads[0].n_feedbacks > 0;
}

static bool has_two_commits(struct rig *r)
{
	return r->server.heads[0].n_feedbacks > 1;
}

static bool has_pool(struct rig *r)
{
	return r->server.n_pools > 0;
}

static bool pool_is_released(struct rig *r)
{
	return r->server.pools[0].is_released;
}

static bool has_seat(struct rig *r)
{
	return r->server.keyboard && r->server.pointer && r->server.touch;
}

static bool event_is_notified(struct rig *r)
{
	return r->notified[11] > 0;
}

/* n display buffers with a framebuffer of a connector's size each: fb cookies 100, 101, ... */
static void make_framebuffers(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		rig_directory(&rig, DIRECTORY, 0, BUFFER + i * FB_PAGES, FB_PAGES);
		assert_int_equal(rig_do(&rig, 0, rig_create(10 + i, DIRECTORY, FB_PAGES)), 0);
		assert_int_equal(rig_do(&rig, 0, rig_attach(10 + i, 100 + i, RIG_WIDTH, RIG_HEIGHT)),
				 0);
	}
}

static void start_server(void)
{
	rig_server_start(&rig);
	rig_wait(&rig, has_heads);
}

static void show(unsigned k, uint64_t fb)
{
	assert_int_equal(rig_do(&rig, k, rig_config(fb, 0, 0, RIG_WIDTH, RIG_HEIGHT)), 0);
	rig_visible(&rig, k, true, 0);
}

/* ---- no server ---- */

static void a_guest_is_served_without_a_server(void **state)
{
	uint64_t asked_ns, told_ns;

	make_framebuffers(2);
	assert_int_equal(rig_do(&rig, 0, rig_config(100, 0, 0, RIG_WIDTH, RIG_HEIGHT)), 0);
	asked_ns = now_ns();
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 101)), 0);
	assert_int_equal(rig_events(&rig, 0), 0);
	assert_int_equal(rig_event(&rig, 0), 101);
	told_ns = now_ns() - asked_ns;
	assert_in_range(told_ns / NSEC_PER_MSEC, 300, 2900);
	rig_wait(&rig, event_is_notified);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100)), 0);
	assert_int_equal(rig_event(&rig, 0), 100);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 100)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10)), 0);
}

static void nonsense_is_answered(void **state)
{
	make_framebuffers(1);
	assert_int_equal(rig_do(&rig, 0, rig_simple(0x44, 1)), -EOPNOTSUPP);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 999)), -ENOENT);
	assert_int_equal(rig_do(&rig, 0, rig_config(999, 0, 0, 1, 1)), -ENOENT);
	assert_int_equal(rig_do(&rig, 0, rig_config(100, 5000, 0, 1, 1)), -EINVAL);
	assert_int_equal(rig_do(&rig, 0, rig_attach(999, 5, 1, 1)), -ENOENT);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, 1, 1)), -EEXIST);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 5, 64, 33)), -EINVAL);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10)), -EBUSY);
	assert_int_equal(rig_do(&rig, 1, rig_simple(DISPLIF_FB_DETACH, 100)), -EINVAL);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 100)), 0);
}

static void a_directory_must_be_whole(void **state)
{
	/*
	 * A zero in it, too short, a reference that nobody granted, a chain that goes on for ever.
	 */
	rig_directory(&rig, DIRECTORY, 0, BUFFER, 3);
	assert_int_equal(rig_do(&rig, 0, rig_create(1, DIRECTORY, 4)), -EINVAL);
	rig_directory(&rig, DIRECTORY, 0, 1, DISPLIF_DIR_REFS);
	assert_int_equal(rig_do(&rig, 0, rig_create(1, DIRECTORY, DISPLIF_DIR_REFS + 1)), -EINVAL);
	assert_int_equal(rig_do(&rig, 0, rig_create(1, RIG_PAGES + 5, 4)), -EINVAL);
	rig_directory(&rig, DIRECTORY, DIRECTORY, 1, DISPLIF_DIR_REFS);
	rig.n_maps = 0;
	assert_int_equal(rig_do(&rig, 0, rig_create(1, DIRECTORY, DISPLIF_DIR_REFS + 1)), 0);
	assert_int_equal(rig.n_maps, 2);
}

static void more_than_allowed_is_refused_before_it_is_read(void **state)
{
	rig_directory(&rig, DIRECTORY, DIRECTORY, 1, DISPLIF_DIR_REFS);
	rig.n_maps = 0;
	assert_int_equal(rig_do(&rig, 0, rig_create(1, DIRECTORY, 1201)), -ENOSPC);
	assert_int_equal(rig.n_maps, 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rig_do(&rig, 0, rig_create(1 + i, DIRECTORY, 1)), 0);
	}
	assert_int_equal(rig_do(&rig, 0, rig_create(1, DIRECTORY, 1)), -EEXIST);
	assert_int_equal(rig_do(&rig, 0, rig_create(9, DIRECTORY, 1)), -ENOSPC);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 2)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_create(9, DIRECTORY, 1)), 0);
}

static void framebuffers_are_counted(void **state)
{
	rig_directory(&rig, DIRECTORY, 0, BUFFER, 1);
	assert_int_equal(rig_do(&rig, 0, rig_create(1, DIRECTORY, 1)), 0);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(rig_do(&rig, 0, rig_attach(1, 100 + i, 1, 1)), 0);
	}
	assert_int_equal(rig_do(&rig, 0, rig_attach(1, 200, 1, 1)), -ENOSPC);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 100)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_attach(1, 200, 1, 1)), 0);
}

static void an_edid_is_made_up(void **state)
{
	struct displif_request r = {.operation = DISPLIF_GET_EDID};
	struct displif_response response;
	uint8_t *edid = rig.pages + BUFFER * 4096;
	uint8_t sum = 0;

	rig_directory(&rig, DIRECTORY, 0, BUFFER, 8);
	r.op.get_edid.buffer_sz = DISPLIF_EDID_MAX;
	r.op.get_edid.gref_directory = DIRECTORY;
	rig_ask(&rig, 1, r);
	response = rig_answer(&rig, 1);
	assert_int_equal(response.status, 0);
	assert_int_equal(response.edid_sz, 128);
	for (unsigned i = 0; i < 128; i++) {
		sum = (uint8_t)(sum + edid[i]);
	}
	assert_int_equal(sum, 0);
	assert_int_equal(edid[56], RIG_WIDTH);
	assert_int_equal(edid[59], RIG_HEIGHT);
}

/* The broker kills a worker that floods it, which a guest must not be able to bring about. */
static void a_guest_that_wants_maps_without_end_waits(void **state)
{
	uint64_t start_ns = now_ns();

	rig_directory(&rig, DIRECTORY, 0, BUFFER, 1);
	rig.n_maps = 0;
	for (unsigned i = 0; i < 201; i++) {
		assert_int_equal(rig_do(&rig, 0, rig_create(1, DIRECTORY, 2)), -EINVAL);
	}
	assert_int_equal(rig.n_maps, 201);
	assert_true(now_ns() - start_ns >= 900 * NSEC_PER_MSEC);
}

static void a_jump_of_the_ring_is_a_fault(void **state)
{
	rig.rings[1]->req_prod += 33;
	rig_kick(&rig, 12);
	rig_wait(&rig, is_faulted);
	rig_send_device(&rig, WORKER_DISPLAY_CLOSED, WORKER_KIND_DISPLAY, RIG_DISPLAY);
	rig_wait(&rig, is_closed);
}

/* ---- with a server ---- */

static void the_server_gets_the_references(void **state)
{
	start_server();
	rig_directory(&rig, DIRECTORY, 0, BUFFER, FB_PAGES);
	assert_int_equal(rig_do(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES)), 0);
	assert_int_equal(rig.server.n_pools, 1);
	assert_int_equal(rig.server.pools[0].pages, FB_PAGES);
	assert_int_equal(rig.server.pools[0].refs[0], BUFFER);
	assert_int_equal(rig.server.pools[0].refs[1], BUFFER + 1);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)), 0);
	show(0, 100);
	rig_wait(&rig, has_commit);
	assert_int_equal(rig.server.buffer_width, RIG_WIDTH);
	assert_int_equal(rig.server.buffer_height, RIG_HEIGHT);
	assert_int_equal(rig.server.buffer_stride, RIG_WIDTH * 4);
	assert_int_equal(rig.server.heads[0].source_w, -1);
}

static void a_buffer_that_cannot_be_mapped_is_refused(void **state)
{
	start_server();
	rig.server.fails = EFAULT;
	rig_directory(&rig, DIRECTORY, 0, BUFFER, FB_PAGES);
	assert_int_equal(rig_do(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES)), -EFAULT);
	rig.server.fails = 0;
	assert_int_equal(rig_do(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES)), 0);
}

static void creating_waits_for_the_server_and_holds_nobody_else(void **state)
{
	start_server();
	rig.server.is_slow = true;
	rig_directory(&rig, DIRECTORY, 0, BUFFER, FB_PAGES);
	rig_ask(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES));
	rig_ask(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 55));
	rig_wait(&rig, has_pool);
	assert_int_equal(rig_do(&rig, 1, rig_config(0, 0, 0, 0, 0)), 0);
	assert_false(rig_has_answer(&rig, 0));
	rig_pool_ready(&rig, 0);
	assert_int_equal(rig_answer(&rig, 0).operation, DISPLIF_DBUF_CREATE);
	assert_int_equal(rig_answer(&rig, 0).status, -ENOENT);
}

static void a_server_that_dawdles_is_not_waited_for(void **state)
{
	start_server();
	rig.server.is_slow = true;
	rig_directory(&rig, DIRECTORY, 0, BUFFER, FB_PAGES);
	assert_int_equal(rig_do(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES)), 0);
	rig_pool_ready(&rig, 0);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10)), 0);
	assert_true(rig.server.pools[0].is_released);
}

static void a_guest_gets_its_pages_back_when_the_server_let_go(void **state)
{
	start_server();
	make_framebuffers(1);
	rig.server.is_slow = true;
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 100)), 0);
	rig_ask(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10));
	rig_wait(&rig, pool_is_released);
	rig_run_ms(&rig, 50);
	assert_false(rig_has_answer(&rig, 0));
	rig_pool_unmapped(&rig, 0);
	assert_int_equal(rig_answer(&rig, 0).status, 0);
}

static void a_flip_is_over_when_shown_and_the_old_buffer_is_free(void **state)
{
	struct wl_resource *old;

	start_server();
	make_framebuffers(2);
	show(0, 100);
	rig_wait(&rig, has_commit);
	rig_present(&rig, 0);
	old = rig.server.heads[0].buffer;
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 101)), 0);
	rig_wait(&rig, has_commit);
	assert_ptr_not_equal(rig.server.heads[0].buffer, old);
	rig_run_ms(&rig, 50);
	assert_int_equal(rig_events(&rig, 0), 0);
	rig_present(&rig, 0);
	rig_run_ms(&rig, 50);
	assert_int_equal(rig_events(&rig, 0), 0);
	wl_buffer_send_release(old);
	assert_int_equal(rig_event(&rig, 0), 101);
}

static void a_flood_of_flips_is_two_commits_and_one_event_each(void **state)
{
	struct wl_resource *even;

	start_server();
	make_framebuffers(2);
	show(0, 100);
	rig_wait(&rig, has_commit);
	rig_present(&rig, 0);
	even = rig.server.heads[0].buffer;
	rig_run_ms(&rig, 20);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100 + i % 2)), 0);
	}
	rig_wait(&rig, has_two_commits);
	assert_int_equal(rig.server.heads[0].n_commits, 3);
	/* The first shows the same buffer again and waits for none; the next replace it. */
	while (has_commit(&rig)) {
		rig_present(&rig, 0);
		rig_run_ms(&rig, 20);
	}
	assert_in_range(rig.server.heads[0].n_commits, 3, 4);
	assert_int_equal(rig_events(&rig, 0), 1);
	wl_buffer_send_release(even);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(rig_event(&rig, 0), 100 + i % 2);
	}
	rig_run_ms(&rig, 20);
	assert_int_equal(rig_events(&rig, 0), 0);
}

/* A picture that replaces one which was not shown yet is over at once: that must be no way to keep the server busy. */
static void no_guest_commits_faster_than_any_monitor_shows(void **state)
{
	uint64_t start_ns;

	start_server();
	make_framebuffers(1);
	show(0, 100);
	rig_wait(&rig, has_commit);
	rig_present(&rig, 0);
	start_ns = now_ns();
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100)), 0);
		rig_wait(&rig, has_commit);
		rig_present(&rig, 0);
		assert_int_equal(rig_event(&rig, 0), 100);
	}
	assert_in_range((now_ns() - start_ns) / NSEC_PER_MSEC, 95, 2500);
}

static void a_hidden_head_costs_the_server_nothing(void **state)
{
	unsigned n;

	start_server();
	make_framebuffers(2);
	show(0, 100);
	rig_wait(&rig, has_commit);
	rig_present(&rig, 0);
	rig_visible(&rig, 0, false, 50);
	rig_run_ms(&rig, 20);
	n = rig.server.heads[0].n_commits;
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100 + i % 2)), 0);
		assert_int_equal(rig_event(&rig, 0), 100 + i % 2);
	}
	assert_int_equal(rig.server.heads[0].n_commits, n);
	rig_visible(&rig, 0, true, 0);
	rig_wait(&rig, has_commit);
	assert_int_equal(rig.server.heads[0].n_commits, n + 1);
}

/* More flips than may wait: the ring is held up, and none is lost. */
/* A timer that waits for an earlier flip sees to the later ones, whenever they are due. */
static void flips_are_over_when_their_time_is(void **state)
{
	struct wl_resource *old;
	uint64_t start_ns;

	start_server();
	make_framebuffers(2);
	show(0, 100);
	rig_wait(&rig, has_commit);
	rig_present(&rig, 0);
	old = rig.server.heads[0].buffer;
	start_ns = now_ns();
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 101)), 0);
	rig_wait(&rig, has_commit);
	rig_present(&rig, 0);
	wl_buffer_send_release(old);
	assert_int_equal(rig_event(&rig, 0), 101);
	/* Half of the first one's patience later; and this one is shown too late. */
	old = rig.server.heads[0].buffer;
	rig_run_ms(&rig, SCANOUT_PATIENCE_MS / 2);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100)), 0);
	assert_int_equal(rig_event(&rig, 0), 100);
	assert_true(now_ns() - start_ns >= SCANOUT_PATIENCE_MS * NSEC_PER_MSEC * 3 / 2);
	rig_present(&rig, 0);
	wl_buffer_send_release(old);
	/* A shorter time than the one that is waited for. */
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 101)), 0);
	rig_wait(&rig, has_commit);
	assert_int_equal(rig_events(&rig, 0), 0);
	rig_visible(&rig, 0, false, 20);
	assert_int_equal(rig_event(&rig, 0), 101);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100)), 0);
	rig_run_ms(&rig, SCANOUT_PATIENCE_MS / 2);
	assert_int_equal(rig_events(&rig, 0), 1);
}

static void each_flip_of_a_hidden_head_gets_its_event(void **state)
{
	start_server();
	make_framebuffers(2);
	show(0, 100);
	rig_visible(&rig, 0, false, 10);
	for (unsigned i = 0; i < 60; i++) {
		assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100 + i % 3 / 2)), 0);
	}
	assert_in_range(rig_events(&rig, 0), 60 - FLIPS_MAX, 60);
	for (unsigned i = 0; i < 60; i++) {
		assert_int_equal(rig_event(&rig, 0), 100 + i % 3 / 2);
	}
	rig_run_ms(&rig, 30);
	assert_int_equal(rig_events(&rig, 0), 0);
}

/* As Xorg does: one framebuffer over two connectors. */
static void two_connectors_show_parts_of_one_framebuffer(void **state)
{
	start_server();
	rig_directory(&rig, DIRECTORY, 0, BUFFER, 2 * FB_PAGES);
	assert_int_equal(rig_do(&rig, 0, rig_create(10, DIRECTORY, 2 * FB_PAGES)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, 2 * RIG_WIDTH, RIG_HEIGHT)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_config(100, 0, 0, 2 * RIG_WIDTH, RIG_HEIGHT)), 0);
	assert_int_equal(rig_do(&rig, 1, rig_config(100, RIG_WIDTH, 0, 2 * RIG_WIDTH, RIG_HEIGHT)),
			 0);
	rig_visible(&rig, 0, true, 0);
	rig_visible(&rig, 1, true, 0);
	rig_wait(&rig, has_commit);
	rig_run_ms(&rig, 50);
	assert_int_equal(rig.server.heads[0].source_x, 0);
	assert_int_equal(rig.server.heads[0].source_w, RIG_WIDTH);
	assert_int_equal(rig.server.heads[1].source_x, RIG_WIDTH);
	assert_int_equal(rig.server.heads[1].source_w, RIG_WIDTH);
	assert_int_equal(rig.server.heads[1].source_h, RIG_HEIGHT);
}

static void a_guest_outlives_the_server(void **state)
{
	start_server();
	make_framebuffers(2);
	show(0, 100);
	rig_wait(&rig, has_commit);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 101)), 0);
	rig_server_stop(&rig);
	assert_int_equal(rig_event(&rig, 0), 101);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100)), 0);
	assert_int_equal(rig_event(&rig, 0), 100);

	start_server();
	rig_run_ms(&rig, 50);
	assert_int_equal(rig.server.n_pools, 2);
	assert_int_equal(rig.server.pools[1].refs[0], BUFFER + FB_PAGES);
	assert_int_equal(rig.server.heads[0].n_commits, 0);
	rig_visible(&rig, 0, true, 0);
	rig_wait(&rig, has_commit);
	rig_present(&rig, 0);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 101)), 0);
}

static void closing_waits_for_the_server_to_let_go(void **state)
{
	start_server();
	make_framebuffers(1);
	show(0, 100);
	rig_wait(&rig, has_commit);
	rig.server.is_slow = true;
	rig_send_device(&rig, WORKER_DISPLAY_CLOSED, WORKER_KIND_DISPLAY, RIG_DISPLAY);
	rig_wait(&rig, pool_is_released);
	rig_run_ms(&rig, 50);
	assert_false(rig.closed);
	rig_pool_unmapped(&rig, 0);
	rig_wait(&rig, is_closed);
}

/* ---- input ---- */

static union kbdif_event *kbd_event(unsigned i)
{
	return &rig.kbd->in[i % KBDIF_IN_EVENTS];
}

static bool kbd_is_notified(struct rig *r)
{
	return r->notified[RIG_KBD_PORT] > 0;
}

static bool is_acknowledged(struct rig *r)
{
	return r->server.acknowledged == 9;
}

static void what_happens_on_the_seat_is_in_the_ring(void **state)
{
	struct wl_resource *surface;
	struct wl_array none;

	wl_array_init(&none);
	start_server();
	make_framebuffers(1);
	show(0, 100);
	rig_wait(&rig, has_seat);
	surface = rig.server.heads[0].surface;
	wl_keyboard_send_enter(rig.server.keyboard, 1, surface, &none);
	wl_pointer_send_enter(rig.server.pointer, 2, surface, wl_fixed_from_int(1),
			      wl_fixed_from_int(2));
	wl_pointer_send_motion(rig.server.pointer, 0, wl_fixed_from_int(40), wl_fixed_from_int(20));
	wl_pointer_send_button(rig.server.pointer, 3, 0, BTN_LEFT, 1);
	wl_keyboard_send_key(rig.server.keyboard, 4, 0, KEY_A, 1);
	wl_touch_send_down(rig.server.touch, 5, 0, surface, 77, wl_fixed_from_int(3),
			   wl_fixed_from_int(4));
	wl_touch_send_frame(rig.server.touch);
	vitrine_guest_v1_send_mark_input(rig.server.guest, 9);
	rig_wait(&rig, is_acknowledged);
	rig_wait(&rig, kbd_is_notified);
	assert_int_equal(rig.kbd->in_prod, 6);
	assert_int_equal(kbd_event(1)->type, KBDIF_POS);
	assert_int_equal(kbd_event(1)->pos.abs_x, 40);
	assert_int_equal(kbd_event(1)->pos.abs_y, 20);
	assert_int_equal(kbd_event(2)->key.keycode, BTN_LEFT);
	assert_int_equal(kbd_event(3)->key.keycode, KEY_A);
	assert_int_equal(kbd_event(4)->mtouch.event_type, KBDIF_TOUCH_DOWN);
	assert_int_equal(kbd_event(4)->mtouch.contact_id, 0);
	assert_int_equal(kbd_event(4)->mtouch.abs_x, 3);
	assert_int_equal(kbd_event(5)->mtouch.event_type, KBDIF_TOUCH_SYN);
}

static bool has_external(struct rig *r)
{
	return has_seat(r) && r->server.external;
}

/* On a monitor of the guest's own: from edge to edge, whatever its screens here are like. */
static void positions_on_a_monitor_of_its_own_are_the_guests(void **state)
{
	struct wl_resource *surface;

	start_server();
	rig_wait(&rig, has_external);
	surface = rig.server.external_surface;
	vitrine_external_v1_send_size(rig.server.external, 1000, 500);
	wl_pointer_send_enter(rig.server.pointer, 2, surface, wl_fixed_from_int(500),
			      wl_fixed_from_int(250));
	vitrine_guest_v1_send_mark_input(rig.server.guest, 8);
	wl_pointer_send_motion(rig.server.pointer, 0, wl_fixed_from_int(1000),
			       wl_fixed_from_int(500));
	vitrine_guest_v1_send_mark_input(rig.server.guest, 9);
	rig_wait(&rig, is_acknowledged);
	rig_wait(&rig, kbd_is_notified);
	assert_int_equal(rig.kbd->in_prod, 2);
	assert_int_equal(kbd_event(0)->type, KBDIF_POS);
	assert_int_equal(kbd_event(0)->pos.abs_x, RIG_WIDTH / 2);
	assert_int_equal(kbd_event(0)->pos.abs_y, RIG_HEIGHT / 2);
	assert_int_equal(kbd_event(1)->pos.abs_x, RIG_WIDTH - 1);
	assert_int_equal(kbd_event(1)->pos.abs_y, RIG_HEIGHT - 1);
	/* It leaves: positions on no surface are nobody's. */
	wl_pointer_send_leave(rig.server.pointer, 3, surface);
	wl_pointer_send_motion(rig.server.pointer, 0, wl_fixed_from_int(5), wl_fixed_from_int(5));
	vitrine_guest_v1_send_mark_input(rig.server.guest, 10);
	rig_run_ms(&rig, 20);
	assert_int_equal(rig.kbd->in_prod, 2);
}

static bool has_eight_events(struct rig *r)
{
	return r->kbd->in_prod == 8;
}

static void a_server_that_dies_leaves_nothing_held(void **state)
{
	struct wl_resource *surface;

	start_server();
	make_framebuffers(1);
	show(0, 100);
	rig_wait(&rig, has_seat);
	surface = rig.server.heads[0].surface;
	wl_keyboard_send_key(rig.server.keyboard, 4, 0, KEY_A, 1);
	wl_pointer_send_button(rig.server.pointer, 3, 0, BTN_LEFT, 1);
	wl_touch_send_down(rig.server.touch, 5, 0, surface, 77, wl_fixed_from_int(3),
			   wl_fixed_from_int(4));
	wl_touch_send_frame(rig.server.touch);
	vitrine_guest_v1_send_mark_input(rig.server.guest, 9);
	rig_wait(&rig, is_acknowledged);
	assert_int_equal(rig.kbd->in_prod, 4);
	rig_server_stop(&rig);
	rig_wait(&rig, has_eight_events);
	assert_int_equal(kbd_event(4)->key.keycode, KEY_A);
	assert_int_equal(kbd_event(4)->key.pressed, 0);
	assert_int_equal(kbd_event(5)->key.keycode, BTN_LEFT);
	assert_int_equal(kbd_event(5)->key.pressed, 0);
	assert_int_equal(kbd_event(6)->mtouch.event_type, KBDIF_TOUCH_UP);
	assert_int_equal(kbd_event(7)->mtouch.event_type, KBDIF_TOUCH_SYN);
}

static bool is_acknowledged_again(struct rig *r)
{
	return r->server.acknowledged == 10;
}

static bool has_all_events(struct rig *r)
{
	return r->kbd->in_prod == 100;
}

/*
 * More than the ring holds: credit comes back all the same, and the rest when the guest has read.
 */
static void a_full_ring_goes_on_when_the_guest_reads(void **state)
{
	start_server();
	rig_wait(&rig, has_seat);
	for (unsigned i = 0; i < 100; i++) {
		wl_keyboard_send_key(rig.server.keyboard, i, 0, KEY_1 + i / 2, i % 2 == 0);
	}
	vitrine_guest_v1_send_mark_input(rig.server.guest, 10);
	rig_wait(&rig, is_acknowledged_again);
	rig_wait(&rig, kbd_is_notified);
	assert_int_equal(rig.kbd->in_prod, KBDIF_IN_EVENTS);
	rig.kbd->in_cons = KBDIF_IN_EVENTS;
	rig_kick(&rig, RIG_KBD_PORT);
	rig_wait(&rig, has_all_events);
	for (unsigned i = KBDIF_IN_EVENTS; i < 100; i++) {
		assert_int_equal(kbd_event(i)->key.keycode, KEY_1 + i / 2);
		assert_int_equal(kbd_event(i)->key.pressed, i % 2 == 0);
	}
	rig_run_ms(&rig, 20);
	assert_false(rig.masked[RIG_KBD_PORT]);
}

/* ---- others ---- */

/* ---- a worker that takes over ---- */

static void killed_worker_flips(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100 + i % 2)), 0);
	}
}

/* It has the buffers, the configuration and the events where the other one left them. */
static void an_attached_guest_goes_on(void **state)
{
	make_framebuffers(2);
	assert_int_equal(rig_do(&rig, 0, rig_config(100, 0, 0, RIG_WIDTH, RIG_HEIGHT)), 0);
	for (unsigned i = 0; i < 5; i++) {
		unsigned maps = rig.n_maps;

		killed_worker_flips(2);
		rig_replace(&rig);
		assert_int_equal(rig_event(&rig, 0), 101);
		assert_int_equal(rig_event(&rig, 0), 101);
		killed_worker_flips(1);
		assert_int_equal(rig_event(&rig, 0), 100);
		assert_int_equal(rig.n_maps, maps);
	}
	assert_int_equal(rig_events(&rig, 0), 0);
	assert_int_equal(rig_events(&rig, 1), 0);
	/* Strict as ever: what was asked now was not asked of the other one. */
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 5)), -ENOENT);
	assert_int_equal(rig_do(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES)), -EEXIST);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 100)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10)), 0);
	rig_replace(&rig);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 100)), -ENOENT);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 101)), 0);
}

static void its_picture_returns(void **state)
{
	start_server();
	make_framebuffers(2);
	show(0, 100);
	rig_wait(&rig, has_commit);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 101)), 0);
	rig_replace(&rig);
	rig_wait(&rig, has_heads);
	rig_visible(&rig, 0, true, 0);
	rig_wait(&rig, has_commit);
	assert_int_equal(rig.server.n_pools, 2);
	assert_int_equal(rig.server.pools[0].refs[0], BUFFER);
	assert_int_equal(rig.server.pools[1].refs[FB_PAGES - 1], BUFFER + 2 * FB_PAGES - 1);
	assert_int_equal(rig.server.buffer_width, RIG_WIDTH);
	assert_int_equal(rig_event(&rig, 0), 101);
	assert_int_equal(rig_events(&rig, 0), 0);
}

/* As if the worker had been killed in the middle of publishing its last answer. */
static void unpublish(void)
{
	struct displif_ring *ring = rig.rings[0];

	ring->rsp_prod--;
	rig.rsp_cons[0]--;
	memset(&ring->slots[ring->rsp_prod % DISPLIF_RING_SIZE], 0xaa, 20);
}

/* As if it had been killed just before that: all is stored but that there is an answer. */
static void unanswer(void)
{
	struct displif_ring *ring = rig.rings[0];
	uint32_t answered = ring->rsp_prod - 1;
	off_t at = offsetof(struct state_file, entries.displays[0].connectors[0].answered);

	unpublish();
	ring->slots[ring->rsp_prod % DISPLIF_RING_SIZE].request = rig.asked[0];
	assert_int_equal(pwrite(rig.state, &answered, sizeof(answered), at), sizeof(answered));
}

static void replace_and_hear(void (*undo)(void))
{
	uint16_t id = (uint16_t)(rig.next_id[0] - 1);
	struct displif_response response;

	undo();
	rig_replace(&rig);
	response = rig_answer(&rig, 0);
	assert_int_equal(response.id, id);
	assert_int_equal(response.operation, rig.asked[0].operation);
	assert_int_equal(response.status, 0);
}

/* Done, perhaps, and not answered: the guest gets its answer, and what is done is done once. */
static void the_request_that_was_not_answered_is(void **state)
{
	void (*const undos[])(void) = {unpublish, unanswer};

	for (unsigned i = 0; i < 2; i++) {
		rig_directory(&rig, DIRECTORY, 0, BUFFER, FB_PAGES);
		assert_int_equal(rig_do(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES)), 0);
		replace_and_hear(undos[i]);
		assert_int_equal(rig_do(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES)), -EEXIST);
		assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)), 0);
		replace_and_hear(undos[i]);
		assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)),
				 -EEXIST);
		assert_int_equal(rig_do(&rig, 0, rig_config(100, 0, 0, RIG_WIDTH, RIG_HEIGHT)), 0);
		replace_and_hear(undos[i]);
		killed_worker_flips(1);
		replace_and_hear(undos[i]);
		assert_int_equal(rig_event(&rig, 0), 100);
		killed_worker_flips(1);
		assert_int_equal(rig_event(&rig, 0), 100);
		replace_and_hear(undos[i]);
		rig_run_ms(&rig, 50);
		assert_int_equal(rig_events(&rig, 0), 0);
		assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 100)), 0);
		replace_and_hear(undos[i]);
		assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10)), 0);
		replace_and_hear(undos[i]);
		assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10)), -ENOENT);
	}
}

/* The directory that was being read is read again. */
static void a_request_that_waited_is_done_anew(void **state)
{
	uint16_t id;

	rig_directory(&rig, DIRECTORY, 0, BUFFER, FB_PAGES);
	rig.is_deaf = true;
	id = rig_ask(&rig, 0, rig_create(10, DIRECTORY, FB_PAGES));
	rig_run_ms(&rig, 20);
	assert_false(rig_has_answer(&rig, 0));
	rig.is_deaf = false;
	rig_replace(&rig);
	assert_int_equal(rig_answer(&rig, 0).id, id);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)), 0);
}

/* Published and not notified: nothing else may happen in a guest that waits for that. */
static void a_guest_that_was_not_notified_is(void **state)
{
	rig.notified[10] = rig.notified[11] = 0;
	rig_replace(&rig);
	rig_run_ms(&rig, 20);
	assert_true(rig.notified[10] > 0 && rig.notified[11] > 0);
}

static void without_a_state_it_says_so(void **state)
{
	make_framebuffers(1);
	assert_int_equal(ftruncate(rig.state, 0), 0);
	rig.connected = false;
	assert_int_equal(ftruncate(rig.state, PV_STATE_SIZE), 0);
	rig_replace(&rig);
	assert_true(rig.stateless && !rig.connected && !rig.faulted);
}

/* A number of the worker's /proc/PID/status; ULONG_MAX when it is not there. */
static unsigned long status_field(const char *name)
{
	unsigned long value = ULONG_MAX;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)rig.pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) == 0) {
			value = strtoul(line + strlen(name), NULL, 10);
		}
	}
	fclose(file);
	return value;
}

/* The broker gives it a second, then it kills the worker, and with it the guest's other devices. */
static void closing_does_not_wait_for_ever(void **state)
{
	uint64_t start_ns;

	start_server();
	make_framebuffers(1);
	rig.server.is_slow = true;
	start_ns = now_ns();
	rig_send_device(&rig, WORKER_DISPLAY_CLOSED, WORKER_KIND_DISPLAY, RIG_DISPLAY);
	rig_wait(&rig, is_closed);
	assert_in_range((now_ns() - start_ns) / NSEC_PER_MSEC, 300, 999);
}

static void it_is_sandboxed_before_it_sees_a_guest(void **state)
{
	rig_start(&rig);
	assert_int_equal(status_field("NoNewPrivs:"), 1);
	assert_int_equal(status_field("Seccomp:"), SANDBOX_FILTERS ? 2 : 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_guest_is_served_without_a_server),
		TEST(nonsense_is_answered),
		TEST(a_directory_must_be_whole),
		TEST(more_than_allowed_is_refused_before_it_is_read),
		TEST(framebuffers_are_counted),
		TEST(an_edid_is_made_up),
		TEST(a_guest_that_wants_maps_without_end_waits),
		TEST(a_jump_of_the_ring_is_a_fault),
		TEST(the_server_gets_the_references),
		TEST(a_buffer_that_cannot_be_mapped_is_refused),
		TEST(creating_waits_for_the_server_and_holds_nobody_else),
		TEST(a_server_that_dawdles_is_not_waited_for),
		TEST(a_guest_gets_its_pages_back_when_the_server_let_go),
		TEST(a_flip_is_over_when_shown_and_the_old_buffer_is_free),
		TEST(a_flood_of_flips_is_two_commits_and_one_event_each),
		TEST(no_guest_commits_faster_than_any_monitor_shows),
		TEST(a_hidden_head_costs_the_server_nothing),
		TEST(flips_are_over_when_their_time_is),
		TEST(each_flip_of_a_hidden_head_gets_its_event),
		TEST(two_connectors_show_parts_of_one_framebuffer),
		TEST(a_guest_outlives_the_server),
		TEST(closing_waits_for_the_server_to_let_go),
		TEST(closing_does_not_wait_for_ever),
		TEST(what_happens_on_the_seat_is_in_the_ring),
		TEST(positions_on_a_monitor_of_its_own_are_the_guests),
		TEST(a_server_that_dies_leaves_nothing_held),
		TEST(a_full_ring_goes_on_when_the_guest_reads),
		TEST(an_attached_guest_goes_on),
		TEST(its_picture_returns),
		TEST(the_request_that_was_not_answered_is),
		TEST(a_request_that_waited_is_done_anew),
		TEST(a_guest_that_was_not_notified_is),
		TEST(without_a_state_it_says_so),
		cmocka_unit_test_teardown(it_is_sandboxed_before_it_sees_a_guest, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
