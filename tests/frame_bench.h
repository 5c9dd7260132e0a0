/* SPDX-License-Identifier: MIT */
/*
 * For tests of the frame loop: a server of nothing but pictures, with real scene, renderer and headless outputs, on a
 * virtual clock or on the real one.
 */
#ifndef TESTS_FRAME_BENCH_H
#define TESTS_FRAME_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/server.h"
#include "tests/scene_fixture.h"

#define HZ_60_NS (NSEC_PER_SEC / 60)
#define LOG_SIZE 2048

/* ---- what the frame loop calls of input.c ---- */

static struct {
	unsigned flips, changes;
	struct scene_guest *shows; /* at the last flip */
} input_log;

void input_output_presented(struct input *input, struct scene_output *output, uint64_t now_ns)
{
	input_log.flips++;
	input_log.shows = scene_output_shows(output);
}

void input_outputs_changed(struct input *input)
{
	input_log.changes++;
}

void layouts_monitors_changed(struct layouts *layouts)
{
}

void lock_output_presented(struct lock *lock, struct scene_output *output)
{
}

void lock_outputs_changed(struct lock *lock)
{
}

/* ---- a server of nothing but pictures ---- */

struct bench {
	struct server server;
	uint64_t shown_ns[LOG_SIZE], shown_token[LOG_SIZE], shown_sequence[LOG_SIZE];
	unsigned n_shown, n_discarded;
	uint64_t at_flip_ns;
};

static void handle_wanted(void *data, struct scene_output *output)
{
	struct bench *bench = data;

	repaint_schedule(bench->server.repaint, output);
}

static void handle_done(void *data, struct scene_head *head, uint64_t token,
			const struct presented *how)
{
	struct bench *bench = data;

	if (!how) {
		bench->n_discarded++;
		return;
	}
	assert_true(bench->n_shown < LOG_SIZE);
	bench->shown_ns[bench->n_shown] = how->time_ns;
	bench->shown_sequence[bench->n_shown] = how->sequence;
	bench->shown_token[bench->n_shown++] = token;
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .commit_done = handle_done};

static inline void bench_start(struct bench *bench, const char *spec)
{
	struct server *server = &bench->server;

	memset(&input_log, 0, sizeof(input_log));
	server->scene = scene_create(&events, bench);
	assert_int_equal(renderer_pixman_create(&server->renderer, NULL), 0);
	assert_int_equal(repaint_create(&server->repaint, server), 0);
	assert_int_equal(headless_backend_create(&server->backend, server->clock, spec,
						 &repaint_output_listener, server->repaint),
			 0);
	assert_int_equal(server->backend->ops->start(server->backend), 0);
}

static inline void bench_init(struct bench *bench, const char *spec)
{
	memset(bench, 0, sizeof(*bench));
	bench->server.clock = clock_virtual_create(NSEC_PER_SEC);
	bench_start(bench, spec);
}

static inline void bench_init_real(struct bench *bench, const char *spec)
{
	memset(bench, 0, sizeof(*bench));
	assert_true(sd_event_new(&bench->server.event) >= 0);
	assert_int_equal(clock_real_create(&bench->server.clock, bench->server.event), 0);
	bench_start(bench, spec);
}

static inline void bench_finish(struct bench *bench)
{
	struct server *server = &bench->server;
	struct scene_guest *guest;

	while ((guest = scene_guest_next(server->scene, NULL))) {
		for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
			if (guest->heads[i]) {
				scene_head_remove(guest->heads[i]);
			}
		}
		scene_guest_remove(guest);
	}
	server->backend->ops->destroy(server->backend);
	repaint_destroy(server->repaint);
	scene_destroy(server->scene);
	renderer_destroy(server->renderer);
	clock_destroy(server->clock);
	sd_event_unref(server->event);
}

static inline void run_for(struct bench *bench, uint64_t ns)
{
	clock_virtual_advance(bench->server.clock, clock_now(bench->server.clock) + ns);
}

/* A guest in front with one head and no picture yet. */
static inline struct scene_head *add_guest(struct bench *bench, const char *name)
{
	struct scene_guest *guest = scene_guest_add(bench->server.scene, name, NULL);
	struct scene_head *head = scene_head_add(guest, 0, 640, 480, NULL);

	scene_set_front(bench->server.scene, guest);
	return head;
}

static inline uint32_t pixel_at(struct bench *bench, unsigned output, int x, int y)
{
	struct target picture;
	uint32_t pixel;

	headless_device_picture(repaint_device(bench->server.repaint, output), &picture);
	memcpy(&pixel, picture.pixels + (size_t)y * (size_t)picture.stride + (size_t)x * 4, 4);
	return pixel & 0xffffff;
}

#endif
