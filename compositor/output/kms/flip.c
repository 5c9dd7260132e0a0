/* SPDX-License-Identifier: MIT */
/* Flip events: which buffer is on the glass, since when, and whether those times can be believed. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "compositor/output/kms/kms.h"

/* Flips that are looked at to see whether they follow the monitor. */
#define PROBE_FLIPS 32
/* One or two follow a mode set. */
#define FAST_FLIPS 4

static uint64_t period_ns(const struct kms_output *output)
{
	return NSEC_PER_SEC * 1000 / (uint64_t)output->device.refresh_mhz;
}

/* The event's time, or now when that can't be: before the commit, in the future, or of another clock. */
static uint64_t believable(const struct kms_output *output, uint64_t time_ns)
{
	uint64_t now = now_ns();

	if (!output->kms->has_monotonic_times || time_ns > now ||
	    time_ns + period_ns(output) < output->committed_ns || time_ns < output->flipped_ns) {
		return now;
	}
	return time_ns;
}

/* Flips come again and again in less than half a period: nothing waits for the monitor here. */
static void probe_vblank(struct kms_output *output, uint64_t time_ns)
{
	if (!output->device.has_vblank || output->flips >= PROBE_FLIPS) {
		return;
	}
	if (output->flips++ > 0 && time_ns - output->flipped_ns < period_ns(output) / 2) {
		output->fast_flips++;
	}
	if (output->fast_flips == FAST_FLIPS) {
		log_info(LOG_HOST, "%s: flips do not wait for the monitor, pacing them ourselves",
			 output->device.name);
		output->device.has_vblank = false;
		output->device.vblank_ns = 0;
	}
}

/* The output that waits for this flip, NULL: nobody does any more. */
static struct kms_output *output_waiting(struct kms *kms, uint64_t flip_id)
{
	struct kms_output *output;

	list_for_each(output, &kms->outputs, link) {
		if (output->is_flying && output->flip_id == flip_id) {
			return output;
		}
	}
	return NULL;
}

static void handle_flip(struct kms *kms, const struct drm_event_vblank *event)
{
	struct kms_output *output = output_waiting(kms, event->user_data);
	uint64_t time_ns;

	if (!output) {
		return;
	}
	output->front = output->pending;
	output->is_flying = false;
	kms_planes_flipped(output);
	time_ns = believable(output, event->tv_sec * NSEC_PER_SEC + event->tv_usec * NSEC_PER_USEC);
	probe_vblank(output, time_ns);
	output->flipped_ns = time_ns;
	kms->listener->flipped(kms->data, &output->device, time_ns);
}

/* libdrm's own reader has room for one pointer of ours, and the flip's name is there. */
static void handle_events(struct kms *kms, const uint8_t *bytes, size_t size)
{
	struct drm_event_vblank event;

	for (size_t at = 0; size - at >= sizeof(event.base); at += event.base.length) {
		memcpy(&event.base, bytes + at, sizeof(event.base));
		if (event.base.length < sizeof(event.base) || event.base.length > size - at) {
			return;
		}
		if (event.base.type == DRM_EVENT_FLIP_COMPLETE &&
		    event.base.length >= sizeof(event)) {
			memcpy(&event, bytes + at, sizeof(event));
			handle_flip(kms, &event);
		}
	}
}

void kms_flip_dispatch(struct kms *kms)
{
	struct pollfd pollfd = {.fd = kms->fd, .events = POLLIN};
	uint8_t bytes[1024];
	ssize_t size;

	/* The fd may be a blocking one: read only what is there. */
	if (poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLIN)) {
		size = read(kms->fd, bytes, sizeof(bytes));
		if (size > 0) {
			handle_events(kms, bytes, (size_t)size);
		}
	}
}

void kms_flip_forget(struct kms_output *output)
{
	/* Rather the event was lost than the flip: then this one is on the glass. */
	if (output->is_flying) {
		output->front = output->pending;
		output->is_flying = false;
		kms_planes_flipped(output);
	}
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		output->buffers[i].serial = 0;
	}
}

/* Not from within the card's own event: what would be freed is still in use there. */
static int handle_gone(sd_event_source *source, void *data)
{
	kms_backend_remove_card(data);
	return 0;
}

static int handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct kms *kms = data;

	if (revents & EPOLLIN) {
		kms_flip_dispatch(kms);
	} else if (revents & (EPOLLHUP | EPOLLERR)) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		sd_event_source_set_enabled(kms->gone_source, SD_EVENT_ONESHOT);
	}
	return 0;
}

static int watch_gone(struct kms *kms)
{
	int r = sd_event_add_defer(kms->event, &kms->gone_source, handle_gone, kms);

	return r < 0 ? r : sd_event_source_set_enabled(kms->gone_source, SD_EVENT_OFF);
}

int kms_flip_watch(struct kms *kms)
{
	int r = sd_event_add_io(kms->event, &kms->drm_source, kms->fd, EPOLLIN, handle_readable,
				kms);

	if (r == 0) {
		r = sd_event_source_set_priority(kms->drm_source, KMS_PRIORITY);
	}
	return r < 0 ? r : watch_gone(kms);
}
