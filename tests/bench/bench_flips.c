/* SPDX-License-Identifier: MIT */
/*
 * One Wayland client for two servers: `bench_flips desktop|guest SOCKET HZ FLIPS` flips a picture at
 * a rate that has nothing to do with the monitor's, so at any phase, and prints for each flip that
 * was shown how many nanoseconds it took to the time that the server says it was on the glass.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "tests/bench/flip_screen.h"

#define WIDTH 640
#define HEIGHT 480
#define WARM_UP 30 /* flips that do not count */

struct bench {
	struct flip_screen screen;
	uint64_t wanted, shown, ended; /* ended: shown or discarded */
	uint64_t flipped;
};

struct flip {
	struct bench *bench;
	uint64_t flipped_ns;
};

static void flip_end(struct flip *flip, struct wp_presentation_feedback *feedback)
{
	flip->bench->ended++;
	wp_presentation_feedback_destroy(feedback);
	free(flip);
}

static void handle_sync_output(void *data, struct wp_presentation_feedback *feedback,
			       struct wl_output *output)
{
}

static void handle_presented(void *data, struct wp_presentation_feedback *feedback,
			     uint32_t seconds_high, uint32_t seconds, uint32_t ns, uint32_t refresh,
			     uint32_t sequence_high, uint32_t sequence, uint32_t flags)
{
	struct flip *flip = data;
	uint64_t time_ns = ((uint64_t)seconds_high << 32 | seconds) * NSEC_PER_SEC + ns;

	if (flip->bench->ended >= WARM_UP) {
		printf("%lld\n", (long long)(time_ns - flip->flipped_ns));
	}
	flip->bench->shown++;
	flip_end(flip, feedback);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback)
{
	flip_end(data, feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

static uint64_t server_now_ns(const struct flip_screen *screen)
{
	struct timespec now;

	clock_gettime((clockid_t)screen->clock_id, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static void flip(struct bench *bench)
{
	struct flip_screen *screen = &bench->screen;
	struct flip_buffer *buffer = flip_screen_buffer(screen);
	struct flip *flip;

	if (!buffer) {
		return;
	}
	memset(buffer->pixels, (int)(bench->flipped & 0xff), FLIP_BUFFER_BYTES(screen));
	flip = xcalloc(1, sizeof(*flip));
	flip->bench = bench;
	wp_presentation_feedback_add_listener(wp_presentation_feedback(screen->presentation,
								       screen->surface),
					      &feedback_listener, flip);
	wl_surface_attach(screen->surface, buffer->proxy, 0, 0);
	wl_surface_damage_buffer(screen->surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(screen->surface);
	buffer->is_busy = true;
	bench->flipped++;
	flip->flipped_ns = server_now_ns(screen);
	wl_display_flush(screen->display);
}

static void run(struct bench *bench, uint64_t hz)
{
	struct itimerspec every = {.it_interval = {.tv_nsec = (long)(NSEC_PER_SEC / hz)},
				   .it_value = {.tv_nsec = 1}};
	int timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	uint64_t ticks;

	if (timer_fd < 0 || timerfd_settime(timer_fd, 0, &every, NULL) < 0) {
		flip_die("timer");
	}
	while (bench->ended < bench->wanted + WARM_UP) {
		flip_screen_wait(&bench->screen, timer_fd);
		if (read(timer_fd, &ticks, sizeof(ticks)) == sizeof(ticks)) {
			flip(bench);
		}
	}
	close(timer_fd);
}

int main(int argc, char **argv)
{
	struct bench bench = {0};
	uint64_t hz;

	if (argc != 5 || parse_uint(argv[3], strlen(argv[3]), 1000, &hz) < 0 || hz < 2 ||
	    parse_uint(argv[4], strlen(argv[4]), 1000000, &bench.wanted) < 0) {
		fputs("usage: bench_flips desktop|guest SOCKET HZ FLIPS\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], "guest") == 0) {
		flip_screen_open_guest(&bench.screen, argv[2], WIDTH, HEIGHT);
	} else {
		flip_screen_open_desktop(&bench.screen, argv[2], WIDTH, HEIGHT);
	}
	run(&bench, hz);
	return 0;
}
