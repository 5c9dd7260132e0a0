/* SPDX-License-Identifier: MIT */
/*
 * What guests cost that do nothing. `bench_guests GUESTS SECONDS`: four monitors of 1920x1080, GUESTS guests of two heads each.
 * The one in front flips both of its heads at 60 Hz, a window's worth of damage each; the others have drawn one picture. Seconds of
 * the virtual clock pass inside of measured(), and nothing else there: callgrind counts that function's instructions.
 */
#include <stdio.h>
#include <string.h>

#include "compositor/server.h"
#include "tests/scene_fixture.h"

#define MONITORS "1920x1080,1920x1080,1920x1080,1920x1080"
#define WIDTH (1920 - 2 * FRAME_WIDTH)
#define HEIGHT (1080 - STRIP_HEIGHT - 2 * FRAME_WIDTH)
#define HEADS 2
#define PERIOD_NS (NSEC_PER_SEC / 60)

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
	struct scene_guest *active;
	struct test_buffer *still, *buffers[2];
	pixman_region32_t damage;
	unsigned presented;
};

static void handle_wanted(void *data, struct scene_output *output)
{
	repaint_schedule(((struct bench *)data)->server.repaint, output);
}

static void handle_done(void *data, struct scene_head *head, uint64_t token,
			const struct presented *how)
{
	((struct bench *)data)->presented += how != NULL;
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .commit_done = handle_done};

static int start(struct bench *bench)
{
	struct server *server = &bench->server;
	int ret = renderer_pixman_create(&server->renderer, NULL);

	server->scene = scene_create(&events, bench);
	server->clock = clock_virtual_create(NSEC_PER_SEC);
	if (ret == 0) {
		ret = repaint_create(&server->repaint, server);
	}
	if (ret == 0) {
		ret = headless_backend_create(&server->backend, server->clock, MONITORS,
					      &repaint_output_listener, server->repaint);
	}
	return ret == 0 ? server->backend->ops->start(server->backend) : ret;
}

static void guests_start(struct bench *bench, unsigned n)
{
	bench->still = test_buffer_create(WIDTH, HEIGHT, TEST_XR24, 0);
	for (unsigned i = 0; i < 2; i++) {
		bench->buffers[i] = test_buffer_create(WIDTH, HEIGHT, TEST_XR24, 0);
	}
	pixman_region32_init_rect(&bench->damage, 100, 100, 400, 300);
	for (unsigned i = 0; i < n; i++) {
		struct scene_guest *guest;
		char name[16];

		snprintf(name, sizeof(name), "guest%u", i);
		guest = scene_guest_add(bench->server.scene, name, NULL);
		for (unsigned k = 0; k < HEADS; k++) {
			test_commit(scene_head_add(guest, k, WIDTH, HEIGHT, NULL), bench->still, 0);
		}
		bench->active = guest;
	}
	scene_set_front(bench->server.scene, bench->active);
	scene_set_keyboard(bench->server.scene, bench->active);
}

static void frame(struct bench *bench, unsigned i)
{
	struct clock_source *clock = bench->server.clock;

	for (unsigned k = 0; k < HEADS; k++) {
		test_commit_damage(bench->active->heads[k], bench->buffers[i % 2], 1,
				   &bench->damage);
	}
	clock_virtual_advance(clock, clock_now(clock) + PERIOD_NS);
}

__attribute__((noinline)) static void measured(struct bench *bench, unsigned frames)
{
	for (unsigned i = 0; i < frames; i++) {
		frame(bench, i);
	}
}

int main(int argc, char **argv)
{
	struct bench bench = {.presented = 0};
	uint64_t guests, seconds;

	if (argc != 3 || parse_uint(argv[1], strlen(argv[1]), SCENE_MAX_GUESTS, &guests) < 0 ||
	    parse_uint(argv[2], strlen(argv[2]), 1000, &seconds) < 0 || guests == 0) {
		fputs("usage: bench_guests GUESTS SECONDS\n", stderr);
		return 2;
	}
	if (start(&bench) < 0) {
		fputs("bench_guests: cannot start the frame loop\n", stderr);
		return 1;
	}
	guests_start(&bench, (unsigned)guests);
	measured(&bench, 60); /* until samplers have backed off */
	bench.presented = 0;
	measured(&bench, 60 * (unsigned)seconds);
	/* The whole of it counts: the caller takes the difference of two runs. */
	printf("presented %u\n", bench.presented);
	return 0;
}
