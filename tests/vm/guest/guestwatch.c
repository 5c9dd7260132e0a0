/* SPDX-License-Identifier: MIT */
/*
 * guestwatch X Y W H: says when somebody else has drawn into a rectangle of the picture that is shown.
 *
 * Maps the framebuffer that the first display scans out, whoever made it, prints "armed", looks at the
 * rectangle until a pixel differs from what it was, and prints "drawn". Nothing tells of drawing into
 * memory, hence the looking.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define LOOK_US 2000

struct area {
	unsigned x, y, width, height;
};

struct screen {
	const uint8_t *pixels;
	uint32_t width, height, stride;
};

static void die(const char *what)
{
	printf("guestwatch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t framebuffer_shown(int drm)
{
	drmModeRes *resources = drmModeGetResources(drm);
	uint32_t id = 0;

	for (int i = 0; resources && i < resources->count_crtcs && !id; i++) {
		drmModeCrtc *crtc = drmModeGetCrtc(drm, resources->crtcs[i]);

		id = crtc ? crtc->buffer_id : 0;
		drmModeFreeCrtc(crtc);
	}
	drmModeFreeResources(resources);
	return id;
}

static void screen_map(int drm, struct screen *screen)
{
	drmModeFB2 *fb = drmModeGetFB2(drm, framebuffer_shown(drm));
	struct drm_mode_map_dumb map = {.handle = fb ? fb->handles[0] : 0};

	if (!fb || drmIoctl(drm, DRM_IOCTL_MODE_MAP_DUMB, &map) != 0) {
		die("the framebuffer that is shown");
	}
	*screen =
		(struct screen){.width = fb->width, .height = fb->height, .stride = fb->pitches[0]};
	screen->pixels = mmap(NULL, (size_t)screen->stride * fb->height, PROT_READ, MAP_SHARED, drm,
			      (off_t)map.offset);
	if (screen->pixels == MAP_FAILED) {
		die("mmap");
	}
	drmModeFreeFB2(fb);
}

static void area_copy(const struct screen *screen, const struct area *area, uint8_t *out)
{
	for (unsigned y = 0; y < area->height; y++) {
		memcpy(out + (size_t)y * area->width * 4,
		       screen->pixels + (size_t)(area->y + y) * screen->stride + area->x * 4,
		       (size_t)area->width * 4);
	}
}

static void watch(const struct screen *screen, const struct area *area)
{
	size_t size = (size_t)area->width * area->height * 4;
	uint8_t *before = malloc(size), *now = malloc(size);

	if (!before || !now) {
		die("memory");
	}
	area_copy(screen, area, before);
	printf("guestwatch: armed\n");
	do {
		usleep(LOOK_US);
		area_copy(screen, area, now);
	} while (memcmp(before, now, size) == 0);
	printf("guestwatch: drawn\n");
}

int main(int argc, char **argv)
{
	struct screen screen;
	struct area area;
	int drm = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (drm < 0 || argc != 5) {
		die(drm < 0 ? "/dev/dri/card0" : "usage: guestwatch X Y W H");
	}
	area = (struct area){(unsigned)atoi(argv[1]), (unsigned)atoi(argv[2]),
			     (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4])};
	screen_map(drm, &screen);
	if (area.x + area.width > screen.width || area.y + area.height > screen.height) {
		die("not inside the screen");
	}
	watch(&screen, &area);
	return 0;
}
