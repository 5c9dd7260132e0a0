/* SPDX-License-Identifier: MIT */
/* Which of a monitor's modes is shown, and its timing. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/output/kms/kms.h"

#define MAX_SIZE 16384
#define SAFE_WIDTH 1920
#define SAFE_HEIGHT 1080
/* Two rates that people call the same: 59.94 and 60. */
#define SAME_RATE_MHZ 100

/*
 * The preferred mode; of a monitor that prefers none (a forced connector, a virtual head without a window) the largest that
 * any monitor and driver can be trusted with; then whatever there is, interlaced last.
 */
static uint64_t mode_rank(const drmModeModeInfo *mode)
{
	uint64_t rank = (uint64_t)mode->hdisplay * mode->vdisplay * 1000 + mode->vrefresh;

	if (mode->flags & DRM_MODE_FLAG_INTERLACE) {
		return rank;
	}
	if (mode->type & DRM_MODE_TYPE_PREFERRED) {
		return rank | 1ull << 62;
	}
	if (mode->hdisplay <= SAFE_WIDTH && mode->vdisplay <= SAFE_HEIGHT) {
		return rank | 1ull << 61;
	}
	return rank | 1ull << 60;
}

static bool is_usable(const drmModeModeInfo *mode)
{
	return mode->hdisplay > 0 && mode->vdisplay > 0 && mode->hdisplay <= MAX_SIZE &&
	       mode->vdisplay <= MAX_SIZE;
}

const drmModeModeInfo *kms_mode_choose(const drmModeConnector *connector)
{
	const drmModeModeInfo *best = NULL;

	for (int i = 0; i < connector->count_modes; i++) {
		const drmModeModeInfo *mode = &connector->modes[i];

		if (is_usable(mode) && (!best || mode_rank(mode) > mode_rank(best))) {
			best = mode;
		}
	}
	return best;
}

int kms_mode_refresh_mhz(const drmModeModeInfo *mode)
{
	uint64_t mhz = 0;

	if (mode->htotal && mode->vtotal) {
		mhz = (uint64_t)mode->clock * 1000000 / mode->htotal / mode->vtotal;
	}
	if (mode->flags & DRM_MODE_FLAG_INTERLACE) {
		mhz *= 2;
	}
	if (mode->flags & DRM_MODE_FLAG_DBLSCAN) {
		mhz /= 2;
	}
	/* Virtual monitors come with timings that were never checked. */
	if (mhz < 1000 || mhz > 1000000) {
		mhz = mode->vrefresh >= 1 && mode->vrefresh <= 1000 ? mode->vrefresh * 1000ull :
								      60000;
	}
	return (int)mhz;
}

uint32_t kms_mode_vblank_ns(const drmModeModeInfo *mode)
{
	if (mode->clock == 0 || mode->vtotal <= mode->vdisplay) {
		return 0;
	}
	return (uint32_t)((uint64_t)(mode->vtotal - mode->vdisplay) * mode->htotal * 1000000 /
			  mode->clock);
}

bool kms_mode_same(const drmModeModeInfo *a, const drmModeModeInfo *b)
{
	return a->hdisplay == b->hdisplay && a->vdisplay == b->vdisplay && a->clock == b->clock &&
	       a->htotal == b->htotal && a->vtotal == b->vtotal && a->flags == b->flags;
}

/* ---- another one, by wish ---- */

/* How far a mode is from what is asked for, INT_MAX: it is another one. Without a rate the highest is the nearest. */
static int mode_distance(const drmModeModeInfo *mode, int width, int height, int refresh_mhz)
{
	int mhz = kms_mode_refresh_mhz(mode);

	if (!is_usable(mode) || mode->hdisplay != width || mode->vdisplay != height) {
		return INT_MAX;
	}
	if (refresh_mhz == 0) {
		return INT_MAX - 1 - mhz;
	}
	return abs(mhz - refresh_mhz) <= SAME_RATE_MHZ ? abs(mhz - refresh_mhz) : INT_MAX;
}

const drmModeModeInfo *kms_mode_find(const drmModeConnector *connector, int width, int height,
				     int refresh_mhz)
{
	const drmModeModeInfo *best = NULL;
	int best_distance = INT_MAX;

	for (int i = 0; i < connector->count_modes; i++) {
		int distance = mode_distance(&connector->modes[i], width, height, refresh_mhz);

		if (distance < best_distance) {
			best = &connector->modes[i];
			best_distance = distance;
		}
	}
	return best;
}

static const struct kms_wish *wish_of(const struct kms *kms, uint32_t connector_id)
{
	for (unsigned i = 0; i < KMS_MAX_CONNECTORS; i++) {
		if (kms->wishes[i].connector_id == connector_id) {
			return &kms->wishes[i];
		}
	}
	return NULL;
}

const drmModeModeInfo *kms_mode_wished(const struct kms *kms, const drmModeConnector *connector)
{
	const struct kms_wish *wish = wish_of(kms, connector->connector_id);
	const drmModeModeInfo *mode = NULL;

	if (wish) {
		mode = kms_mode_find(connector, wish->width, wish->height, wish->refresh_mhz);
	}
	/* Another monitor at the same connector may not have it. */
	return mode ? mode : kms_mode_choose(connector);
}

static int wish_set(struct kms *kms, uint32_t connector_id, int width, int height, int refresh_mhz)
{
	struct kms_wish *wish = (struct kms_wish *)wish_of(kms, connector_id);

	wish = wish ? wish : (struct kms_wish *)wish_of(kms, 0);
	if (!wish) {
		return -ENOSPC;
	}
	*wish = (struct kms_wish){width ? connector_id : 0, width, height, refresh_mhz};
	return 0;
}

int kms_mode_set(struct output_device *device, int width, int height, int refresh_mhz)
{
	struct kms_output *output = kms_output_of(device);
	struct kms *kms = output->kms;
	drmModeConnector *connector = drmModeGetConnectorCurrent(kms->fd, output->connector_id);
	const drmModeModeInfo *mode;
	int r = -ENOENT;

	if (!connector) {
		return -ENODEV;
	}
	mode = width ? kms_mode_find(connector, width, height, refresh_mhz) :
		       kms_mode_choose(connector);
	if (mode) {
		r = wish_set(kms, output->connector_id, width, height, refresh_mhz);
	}
	if (r == 0 && !kms_mode_same(mode, &output->mode)) {
		kms_hotplug_scan_later(kms);
	}
	drmModeFreeConnector(connector);
	return r;
}
