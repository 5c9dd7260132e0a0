/* SPDX-License-Identifier: MIT */
/*
 * guestdraw -n NONCE [-r RATE] [-f FRAMES] [-c] [MODE...]: pictures that the host can foretell.
 *
 * Every connected connector of the first display gets pictures of pseudo-random pixels, a function
 * of the nonce, the connector's place and the frame number alone (tests/vm/pictures.py computes the
 * same). The first pixels of a picture say what it is. MODE is "flip" (page flips, the default for
 * even places), "front" (drawing into the buffer that is shown, telling nobody; odd places) or
 * "none" (the connector stays dark).
 *   -r RATE    frames per second (10), made up for when a flip was late; 0: a flip as soon as the
 *              last one was shown
 *   -f FRAMES  hold at this frame number
 *   -c         cheap: draw a buffer in full once, afterwards only the pixels that number it
 * SIGUSR1 holds all connectors and prints "held", SIGUSR2 goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define MAGIC 0x564954
#define MAX_HEADS 4
#define BUFFERS 2
/* Frames that a head may be behind its rate and still make up for. */
#define MAX_OWED 8

struct buffer {
	uint32_t *pixels;
	uint32_t stride;
	uint32_t fb;
	bool drawn;
};

struct head {
	uint32_t crtc;
	uint32_t place;
	uint32_t width;
	uint32_t height;
	bool flips;
	bool pending;
	unsigned owed;
	uint32_t frame;
	int front;
	double shown_at;
	double longest;
	uint32_t failed;
	struct buffer buffers[BUFFERS];
};

static int drm;
static struct head heads[MAX_HEADS];
static int head_count;
static uint32_t nonce;
static uint32_t last_frame = UINT32_MAX;
static bool cheap;
static bool eager;
static bool hold;

static void die(const char *what)
{
	printf("guestdraw: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint32_t mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352d;
	x = (x ^ x >> 15) * 0x846ca68b;
	return x ^ x >> 16;
}

static void picture_draw(struct head *head, struct buffer *buffer, uint32_t frame)
{
	uint32_t seed = mix(mix(mix(nonce) ^ head->place) ^ frame);
	uint32_t stamp[4] = {MAGIC, nonce & 0xffffff, head->place, frame & 0xffffff};

	for (uint32_t y = 0; y < head->height && !(cheap && buffer->drawn); y++) {
		uint32_t state = mix(seed ^ y) | 1;
		uint32_t *row = (uint32_t *)((char *)buffer->pixels + y * buffer->stride);

		for (uint32_t x = 0; x < head->width; x++) {
			state ^= state << 13;
			state ^= state >> 17;
			state ^= state << 5;
			row[x] = state & 0xffffff;
		}
	}
	memcpy(buffer->pixels, stamp, sizeof(stamp));
	buffer->drawn = true;
}

static void buffer_create(struct head *head, struct buffer *buffer)
{
	struct drm_mode_create_dumb create = {.width = head->width,
					      .height = head->height,
					      .bpp = 32};
	struct drm_mode_map_dumb map = {0};

	if (drmIoctl(drm, DRM_IOCTL_MODE_CREATE_DUMB, &create) != 0) {
		die("create dumb buffer");
	}
	map.handle = create.handle;
	buffer->stride = create.pitch;
	if (drmModeAddFB(drm, head->width, head->height, 24, 32, create.pitch, create.handle,
			 &buffer->fb) != 0) {
		die("add framebuffer");
	}
	if (drmIoctl(drm, DRM_IOCTL_MODE_MAP_DUMB, &map) != 0) {
		die("map dumb buffer");
	}
	buffer->pixels = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, drm,
			      (off_t)map.offset);
	if (buffer->pixels == MAP_FAILED) {
		die("mmap");
	}
}

static uint32_t crtc_of(drmModeRes *resources, drmModeConnector *connector, uint32_t *used)
{
	for (int i = 0; i < connector->count_encoders; i++) {
		drmModeEncoder *encoder = drmModeGetEncoder(drm, connector->encoders[i]);
		uint32_t possible = encoder ? encoder->possible_crtcs & ~*used : 0;

		drmModeFreeEncoder(encoder);
		for (int crtc = 0; crtc < resources->count_crtcs; crtc++) {
			if (possible & 1U << crtc) {
				*used |= 1U << crtc;
				return resources->crtcs[crtc];
			}
		}
	}
	errno = ENODEV;
	die("no CRTC");
	return 0;
}

static void head_start(drmModeRes *resources, drmModeConnector *connector, bool flips,
		       uint32_t place, uint32_t *used)
{
	struct head *head = &heads[head_count++];
	uint32_t id = connector->connector_id;

	head->place = place;
	head->crtc = crtc_of(resources, connector, used);
	head->width = connector->modes[0].hdisplay;
	head->height = connector->modes[0].vdisplay;
	head->flips = flips;
	for (int i = 0; i < (flips ? BUFFERS : 1); i++) {
		buffer_create(head, &head->buffers[i]);
	}
	picture_draw(head, &head->buffers[0], 0);
	if (drmModeSetCrtc(drm, head->crtc, head->buffers[0].fb, 0, 0, &id, 1,
			   &connector->modes[0])) {
		die("set mode");
	}
	head->shown_at = seconds();
	printf("guestdraw: head %u is %ux%u by %s\n", head->place, head->width, head->height,
	       flips ? "flip" : "front");
}

/* The number changes when the backend was replaced while a program still had the old device open. */
static int display_open(void)
{
	char path[32];
	int fd = -1;

	for (int number = 0; number < 8 && fd < 0; number++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", number);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (fd < 0) {
		die("/dev/dri");
	}
	return fd;
}

static void heads_start(char **modes, int mode_count)
{
	drmModeRes *resources = drmModeGetResources(drm);
	uint32_t used = 0;
	int place = 0;

	if (!resources) {
		die("no display resources");
	}
	for (int i = 0; i < resources->count_connectors && head_count < MAX_HEADS; i++) {
		drmModeConnector *connector = drmModeGetConnector(drm, resources->connectors[i]);
		if (!connector || connector->connection != DRM_MODE_CONNECTED) {
			continue;
		}
		if (place < mode_count && strcmp(modes[place], "none") == 0) {
			place++;
			continue;
		}
		head_start(resources, connector,
			   place < mode_count ? !strcmp(modes[place], "flip") : place % 2 == 0,
			   (uint32_t)place, &used);
		place++;
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(resources);
}

static void head_advance(struct head *head)
{
	struct buffer *back;

	if (hold || head->pending || head->frame >= last_frame || (head->owed == 0 && !eager)) {
		return;
	}
	head->owed -= head->owed > 0;
	if (!head->flips) {
		picture_draw(head, &head->buffers[0], ++head->frame);
		return;
	}
	back = &head->buffers[!head->front];
	picture_draw(head, back, head->frame + 1);
	if (drmModePageFlip(drm, head->crtc, back->fb, DRM_MODE_PAGE_FLIP_EVENT, head) != 0) {
		if (head->failed++ == 0) {
			printf("guestdraw: head %u: flip: %s\n", head->place, strerror(errno));
		}
		return;
	}
	head->pending = true;
	head->frame++;
	head->front = !head->front;
}

static void flip_done(int fd, unsigned sequence, unsigned s, unsigned us, void *data)
{
	struct head *head = data;
	double now = seconds();

	(void)fd;
	(void)sequence;
	(void)s;
	(void)us;
	head->pending = false;
	head->longest = now - head->shown_at > head->longest ? now - head->shown_at : head->longest;
	head->shown_at = now;
	head_advance(head);
}

static void print_state(const char *word)
{
	printf("guestdraw: %s", word);
	for (int i = 0; i < head_count; i++) {
		printf(" head %u frame %u longest %.0f ms failed %u", heads[i].place,
		       heads[i].frame, heads[i].longest * 1e3, heads[i].failed);
		heads[i].longest = 0;
	}
	printf("\n");
}

static bool at_rest(void)
{
	for (int i = 0; i < head_count; i++) {
		if (heads[i].pending || (!hold && heads[i].frame < last_frame)) {
			return false;
		}
	}
	return true;
}

static void signal_handle(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info)) {
		die("signalfd");
	}
	hold = info.ssi_signo == SIGUSR1;
	for (int i = 0; i < head_count; i++) {
		heads[i].shown_at = seconds();
		heads[i].owed = 0;
	}
	if (!hold) {
		last_frame = UINT32_MAX;
		printf("guestdraw: goes on\n");
	}
}

static void timer_handle(int fd)
{
	uint64_t ticks;
	static double reported;

	if (read(fd, &ticks, sizeof(ticks)) != sizeof(ticks)) {
		die("timerfd");
	}
	for (int i = 0; i < head_count; i++) {
		heads[i].owed = heads[i].owed + ticks > MAX_OWED ? MAX_OWED :
								   heads[i].owed + (unsigned)ticks;
		head_advance(&heads[i]);
	}
	if (seconds() - reported >= 1 && !at_rest()) {
		reported = seconds();
		print_state("now");
	}
}

static void loop(double rate)
{
	drmEventContext context = {.version = 2, .page_flip_handler = flip_done};
	double period = 1 / (rate > 0 ? rate : 10);
	long nanoseconds = (long)((period - (long)period) * 1e9);
	struct itimerspec every = {.it_interval = {(time_t)period, nanoseconds},
				   .it_value = {(time_t)period, nanoseconds}};
	struct pollfd fds[3] = {{.fd = drm, .events = POLLIN},
				{.events = POLLIN},
				{.events = POLLIN}};
	bool rested = false;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fds[1].fd = timerfd_create(CLOCK_MONOTONIC, 0);
	fds[2].fd = signalfd(-1, &signals, 0);
	timerfd_settime(fds[1].fd, 0, &every, NULL);
	for (;;) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR) {
			die("poll");
		}
		if (fds[2].revents) {
			signal_handle(fds[2].fd);
			rested = false;
		}
		if (fds[0].revents) {
			drmHandleEvent(drm, &context);
		}
		if (fds[1].revents) {
			timer_handle(fds[1].fd);
		}
		if (at_rest() && !rested) {
			print_state("held");
			rested = true;
		}
	}
}

int main(int argc, char **argv)
{
	double rate = 10;
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "n:r:f:c")) != -1) {
		switch (option) {
		case 'n':
			nonce = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'r':
			rate = atof(optarg);
			break;
		case 'f':
			last_frame = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'c':
			cheap = true;
			break;
		default:
			return 2;
		}
	}
	eager = rate == 0;
	drm = display_open();
	heads_start(argv + optind, argc - optind);
	if (head_count == 0) {
		printf("guestdraw: no connector is connected\n");
		return 1;
	}
	loop(rate);
}
