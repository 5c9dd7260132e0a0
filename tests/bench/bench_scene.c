/* SPDX-License-Identifier: MIT */
/*
 * What a frame costs apart from its pixels. `bench_scene CASE FRAMES` runs frames inside of measured(), and nothing else
 * there: callgrind counts that function's instructions, the same on each run and machine of one build.
 *
 *   scene   commit, latch, layers, damage and presentation of a full-screen flip: logic only, nothing drawn
 *   rects   the same for a commit with 16 damaged rectangles
 *   pixel   the whole frame loop on the virtual clock with headless monitor and renderer, for one damaged pixel
 */
#include <stdio.h>
#include <string.h>

#include "compositor/server.h"
#include "tests/scene_fixture.h"

#define WIDTH 1920
#define HEIGHT 1080
#define REFRESH_MHZ 60000
#define PERIOD_NS (NSEC_PER_SEC / 60)
#define RECTS 16
#define BUFFERS 3
#define WARM_UP 8 /* frames until no buffer of the monitor is new */

/* The frame loop tells input of flips; here nobody listens. */
void input_output_presented(struct input *input, struct scene_output *output, uint64_t now_ns)
{
}

void input_outputs_changed(struct input *input)
{
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

struct bench {
	struct server server;
	struct scene_output *output; /* scene cases only; pixel has the backend's */
	struct scene_head *head;
	struct test_buffer *buffers[2];
	pixman_region32_t damage;
	bool is_partial;
	unsigned frame;
	unsigned presented;
};

static void handle_wanted(void *data, struct scene_output *output)
{
	struct bench *bench = data;

	if (bench->server.repaint) {
		repaint_schedule(bench->server.repaint, output);
	}
}

static void handle_done(void *data, struct scene_head *head, uint64_t token,
			const struct presented *how)
{
	struct bench *bench = data;

	bench->presented += how != NULL;
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .commit_done = handle_done};

static void commit(struct bench *bench)
{
	bench->frame++;
	test_commit_damage(bench->head, bench->buffers[bench->frame % 2], bench->frame,
			   bench->is_partial ? &bench->damage : NULL);
}

static void frame_scene(struct bench *bench)
{
	struct presented how = {.time_ns = bench->frame * PERIOD_NS, .refresh_ns = PERIOD_NS};
	struct frame frame;

	commit(bench);
	if (scene_output_latch(bench->output, BUFFERS, &frame)) {
		scene_output_committed(bench->output, true);
	}
	frame_finish(&frame);
	scene_output_presented(bench->output, &how);
}

static void frame_loop(struct bench *bench)
{
	struct clock_source *clock = bench->server.clock;

	commit(bench);
	clock_virtual_advance(clock, clock_now(clock) + PERIOD_NS);
}

typedef void (*frame_fn)(struct bench *bench);

__attribute__((noinline)) static void measured(struct bench *bench, frame_fn frame, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		frame(bench);
	}
}

static int loop_start(struct bench *bench)
{
	struct server *server = &bench->server;
	char spec[32];
	int ret = renderer_pixman_create(&server->renderer, NULL);

	snprintf(spec, sizeof(spec), "%dx%d@60", WIDTH, HEIGHT);
	server->clock = clock_virtual_create(NSEC_PER_SEC);
	if (ret == 0) {
		ret = repaint_create(&server->repaint, server);
	}
	if (ret == 0) {
		ret = headless_backend_create(&server->backend, server->clock, spec,
					      &repaint_output_listener, server->repaint);
	}
	return ret == 0 ? server->backend->ops->start(server->backend) : ret;
}

static void damage_fill(pixman_region32_t *damage, unsigned n, unsigned size)
{
	pixman_region32_init(damage);
	for (unsigned i = 0; i < n; i++) {
		pixman_region32_union_rect(damage, damage, (int)(i % 4 * 200), (int)(i / 4 * 200),
					   size, size);
	}
}

static void guest_start(struct bench *bench)
{
	struct scene_guest *guest = scene_guest_add(bench->server.scene, "work", NULL);
	struct rect area = {0, 0, WIDTH - 2 * FRAME_WIDTH, HEIGHT - STRIP_HEIGHT - 2 * FRAME_WIDTH};

	bench->head = scene_head_add(guest, 0, area.w, area.h, NULL);
	for (unsigned i = 0; i < 2; i++) {
		bench->buffers[i] = test_buffer_create(area.w, area.h, TEST_XR24, 0);
	}
	scene_set_front(bench->server.scene, guest);
	scene_set_keyboard(bench->server.scene, guest);
}

static int run(struct bench *bench, const char *name, unsigned n)
{
	frame_fn frame = frame_scene;
	bool is_loop = strcmp(name, "pixel") == 0;

	bench->server.scene = scene_create(&events, bench);
	if (is_loop) {
		frame = frame_loop;
		if (loop_start(bench) < 0) {
			fputs("bench_scene: cannot start the frame loop\n", stderr);
			return 1;
		}
	} else {
		bench->output = scene_output_add(bench->server.scene, "BENCH", WIDTH, HEIGHT,
						 REFRESH_MHZ, NULL);
	}
	damage_fill(&bench->damage, is_loop ? 1 : RECTS, is_loop ? 1 : 100);
	guest_start(bench);
	measured(bench, frame, WARM_UP);
	bench->is_partial = strcmp(name, "scene") != 0;
	measured(bench, frame, WARM_UP);
	bench->presented = 0;
	measured(bench, frame, n);
	/* The whole of it counts: the caller takes the difference of two runs. */
	printf("presented %u\n", bench->presented);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench bench = {0};
	uint64_t n;

	if (argc != 3 || parse_uint(argv[2], strlen(argv[2]), 1000000, &n) < 0) {
		fputs("usage: bench_scene scene|rects|pixel FRAMES\n", stderr);
		return 2;
	}
	/* What it made goes with the process: the end is no part of a frame. */
	return run(&bench, argv[1], (unsigned)n);
}
