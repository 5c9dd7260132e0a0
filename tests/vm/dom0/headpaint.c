/* SPDX-License-Identifier: MIT */
/*
 * headpaint COLOUR...: show one plain colour (0xRRGGBB) on each connected monitor, say "painted",
 * and wait for the end of standard input. Proves the monitors and the screendump path without us.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <libdrm/drm.h>
#include <libdrm/drm_mode.h>

#define MAX_OBJECTS 16

static int drm;

static void request(unsigned long code, void *data, const char *what)
{
	if (ioctl(drm, code, data) != 0) {
		fprintf(stderr, "headpaint: %s: %s\n", what, strerror(errno));
		exit(1);
	}
}

static uint32_t framebuffer(uint32_t width, uint32_t height, uint32_t colour)
{
	struct drm_mode_create_dumb create = { .width = width, .height = height, .bpp = 32 };
	struct drm_mode_map_dumb map = { 0 };
	struct drm_mode_fb_cmd fb = { .width = width, .height = height, .bpp = 32, .depth = 24 };
	uint32_t *pixels;

	request(DRM_IOCTL_MODE_CREATE_DUMB, &create, "create dumb");
	map.handle = create.handle;
	fb.handle = create.handle;
	fb.pitch = create.pitch;
	request(DRM_IOCTL_MODE_MAP_DUMB, &map, "map dumb");
	request(DRM_IOCTL_MODE_ADDFB, &fb, "add framebuffer");
	pixels = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, drm, (off_t)map.offset);
	for (uint64_t i = 0; pixels != MAP_FAILED && i < create.size / 4; i++) {
		pixels[i] = colour;
	}
	return fb.fb_id;
}

static void paint(uint32_t connector_id, uint32_t crtc_id, uint32_t colour)
{
	static struct drm_mode_modeinfo modes[256];
	static uint32_t ids[3][64];
	static uint64_t values[64];
	struct drm_mode_get_connector connector = { .connector_id = connector_id,
		.modes_ptr = (uintptr_t)modes, .count_modes = 256,
		.encoders_ptr = (uintptr_t)ids[0], .count_encoders = 64,
		.props_ptr = (uintptr_t)ids[1], .prop_values_ptr = (uintptr_t)values, .count_props = 64 };
	struct drm_mode_crtc crtc = { .crtc_id = crtc_id, .mode_valid = 1, .count_connectors = 1,
		.set_connectors_ptr = (uintptr_t)&connector_id };

	request(DRM_IOCTL_MODE_GETCONNECTOR, &connector, "get connector");
	if (connector.count_modes == 0) {
		fprintf(stderr, "headpaint: connector %u has no mode\n", connector_id);
		exit(1);
	}
	crtc.mode = modes[0];
	for (uint32_t i = 0; i < connector.count_modes; i++) {
		if (modes[i].type & DRM_MODE_TYPE_PREFERRED) {
			crtc.mode = modes[i];
		}
	}
	crtc.fb_id = framebuffer(crtc.mode.hdisplay, crtc.mode.vdisplay, colour);
	request(DRM_IOCTL_MODE_SETCRTC, &crtc, "set mode");
	printf("connector %u shows %#08x at %ux%u\n", connector_id, colour, crtc.mode.hdisplay,
		crtc.mode.vdisplay);
}

int main(int argc, char **argv)
{
	uint32_t ids[4][MAX_OBJECTS];
	struct drm_mode_card_res resources = { .fb_id_ptr = (uintptr_t)ids[0], .count_fbs = 0,
		.crtc_id_ptr = (uintptr_t)ids[1], .count_crtcs = MAX_OBJECTS,
		.connector_id_ptr = (uintptr_t)ids[2], .count_connectors = MAX_OBJECTS,
		.encoder_id_ptr = (uintptr_t)ids[3], .count_encoders = MAX_OBJECTS };
	char byte;

	drm = open("/dev/dri/card0", O_RDWR);
	request(DRM_IOCTL_MODE_GETRESOURCES, &resources, "/dev/dri/card0");
	for (int i = 1; i < argc && i <= (int)resources.count_connectors; i++) {
		paint(ids[2][i - 1], ids[1][i - 1], (uint32_t)strtoul(argv[i], NULL, 0));
	}
	printf("painted\n");
	fflush(stdout);
	return read(0, &byte, 1) < 0;
}
