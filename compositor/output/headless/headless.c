/* SPDX-License-Identifier: MIT */
/*
 * Monitors that nobody sees: three buffers each, planes if their spec names some, and flips at their
 * refresh on whatever clock they are given.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "compositor/output/device.h"
#include "compositor/output/headless/headless_planes.h"
#include "compositor/output/headless/headless_memory.h"
#include "compositor/output/headless/headless_spec.h"

#define BUFFERS 3
#define FLIP_PRIORITY (-20) /* as early as any frame */

struct headless_backend;

struct headless_buffer {
	uint8_t *pixels;
	uint64_t committed; /* number of the commit that showed it last; 0: never */
};

struct headless_device {
	struct output_device base;
	struct headless_backend *backend;
	struct headless_buffer buffers[BUFFERS];
	struct headless_buffer *acquired, *flying, *front;
	bool is_flying;   /* a frame is, with or without a buffer of ours */
	uint64_t commits; /* of drawn frames */
	struct headless_shown flying_planes, front_planes;
	uint8_t *picture; /* of drawn buffer and planes; NULL: was never needed */
	headless_answer_fn answer;
	void *answer_data;
	uint64_t tests;
	uint64_t period_ns;
	uint64_t origin_ns; /* a vblank; the others are whole periods away */
	struct clock_timer *timer;
};

struct headless_backend {
	struct output_backend base;
	struct clock_source *clock;
	const struct output_listener *listener;
	void *data;
	struct headless_spec spec;
	struct headless_device *devices[HEADLESS_MAX_OUTPUTS];
};

static struct headless_device *to_headless(struct output_device *device)
{
	return (struct headless_device *)device;
}

static void fill_target(const struct headless_device *device, const struct headless_buffer *buffer,
			struct target *target)
{
	*target = (struct target){
		.pixels = buffer->pixels,
		.width = device->base.width,
		.height = device->base.height,
		.stride = device->base.width * 4,
		.age = buffer->committed ? (unsigned)(device->commits - buffer->committed + 1) : 0,
	};
}

static int headless_acquire(struct output_device *base, struct target *target)
{
	struct headless_device *device = to_headless(base);
	struct headless_buffer *best = NULL;

	if (device->is_flying) {
		return -EBUSY;
	}
	assert(!device->acquired);
	/* The youngest that is not on the glass has the least to be redrawn. */
	for (unsigned i = 0; i < BUFFERS; i++) {
		struct headless_buffer *buffer = &device->buffers[i];

		if (buffer != device->front && (!best || buffer->committed > best->committed)) {
			best = buffer;
		}
	}
	assert(best); /* there are more than the one on the glass */
	device->acquired = best;
	fill_target(device, best, target);
	return 0;
}

static int planes_answer(struct headless_device *device, const struct output_frame *frame)
{
	int ret = headless_planes_check(&device->base, frame);

	if (ret == 0 && frame->n_uses && device->answer) {
		ret = device->answer(device->answer_data, frame);
	}
	return ret;
}

static int headless_test(struct output_device *base, const struct output_frame *frame)
{
	struct headless_device *device = to_headless(base);

	device->tests++;
	return planes_answer(device, frame);
}

static int headless_commit(struct output_device *base, const struct output_frame *frame)
{
	struct headless_device *device = to_headless(base);
	uint64_t now = clock_now(device->backend->clock);
	int ret = planes_answer(device, frame);

	if (device->is_flying || frame->is_composed != (device->acquired != NULL)) {
		return device->is_flying ? -EBUSY : -EINVAL;
	}
	if (ret < 0) {
		return ret;
	}
	device->is_flying = true;
	device->flying = device->front;
	device->flying_planes = device->front_planes;
	headless_planes_apply(&device->flying_planes, frame);
	if (frame->is_composed) {
		device->flying = device->acquired;
		device->acquired = NULL;
		device->flying->committed = ++device->commits;
	}
	clock_timer_arm(device->timer,
			device->origin_ns + ((now - device->origin_ns) / device->period_ns + 1) *
						    device->period_ns);
	return 0;
}

static void headless_cancel(struct output_device *base)
{
	to_headless(base)->acquired = NULL;
}

static const struct output_device_ops headless_device_ops = {
	.acquire = headless_acquire,
	.commit = headless_commit,
	.test = headless_test,
	.cancel = headless_cancel,
};

static void handle_vblank(void *data, uint64_t now_ns)
{
	struct headless_device *device = data;
	/* The timer is late, never early: the vblank was a moment ago. */
	uint64_t vblank_ns = now_ns - (now_ns - device->origin_ns) % device->period_ns;

	device->front = device->flying;
	device->front_planes = device->flying_planes;
	device->flying = NULL;
	device->is_flying = false;
	device->backend->listener->flipped(device->backend->data, &device->base, vblank_ns);
}

static void device_destroy(struct headless_device *device)
{
	clock_timer_destroy(device->timer);
	for (unsigned i = 0; i < BUFFERS; i++) {
		free(device->buffers[i].pixels);
	}
	free(device->picture);
	free(device);
}

static struct headless_device *device_create(struct headless_backend *backend, unsigned index)
{
	const struct headless_mode *mode = &backend->spec.modes[index];
	struct headless_device *device = xcalloc(1, sizeof(*device));

	device->backend = backend;
	device->base.ops = &headless_device_ops;
	snprintf(device->base.name, sizeof(device->base.name), "HEADLESS-%u", index + 1);
	device->base.width = mode->width;
	device->base.height = mode->height;
	device->base.refresh_mhz = mode->refresh_hz * 1000;
	device->base.has_vblank = true;
	headless_planes_describe(mode, &device->base);
	device->period_ns = NSEC_PER_SEC / (uint64_t)mode->refresh_hz;
	device->origin_ns = clock_now(backend->clock);
	for (unsigned i = 0; i < BUFFERS; i++) {
		device->buffers[i].pixels = xcalloc((size_t)mode->width * (size_t)mode->height, 4);
	}
	device->timer = clock_timer_create(backend->clock, FLIP_PRIORITY, handle_vblank, device);
	if (!device->timer) {
		device_destroy(device);
		return NULL;
	}
	return device;
}

static int device_plug(struct headless_backend *backend, unsigned index)
{
	struct headless_device *device = device_create(backend, index);

	if (!device) {
		return -ENOMEM;
	}
	backend->devices[index] = device;
	backend->listener->added(backend->data, &device->base);
	return 0;
}

static void device_unplug(struct headless_backend *backend, unsigned index)
{
	struct headless_device *device = backend->devices[index];

	if (device) {
		backend->devices[index] = NULL;
		clock_timer_disarm(device->timer);
		backend->listener->removed(backend->data, &device->base);
		device_destroy(device);
	}
}

static int headless_start(struct output_backend *base)
{
	struct headless_backend *backend = (struct headless_backend *)base;
	int ret = 0;

	for (unsigned i = 0; i < backend->spec.n_modes && ret == 0; i++) {
		ret = device_plug(backend, i);
	}
	return ret;
}

int headless_backend_plug(struct output_backend *base, unsigned number, bool is_plugged)
{
	struct headless_backend *backend = (struct headless_backend *)base;
	unsigned index = number - 1;

	if (number == 0 || number > backend->spec.n_modes) {
		return -ENOENT;
	}
	if (is_plugged == (backend->devices[index] != NULL)) {
		return -EALREADY;
	}
	if (is_plugged) {
		return device_plug(backend, index);
	}
	device_unplug(backend, index);
	return 0;
}

static void headless_destroy(struct output_backend *base)
{
	struct headless_backend *backend = (struct headless_backend *)base;

	for (unsigned i = backend->spec.n_modes; i-- > 0;) {
		device_unplug(backend, i);
	}
	free(backend);
}

static const struct output_backend_ops headless_backend_ops = {
	.start = headless_start,
	.destroy = headless_destroy,
	.memory_create = headless_memory_create,
	.memory_destroy = headless_memory_destroy,
};

int headless_backend_create(struct output_backend **out, struct clock_source *clock,
			    const char *spec, const struct output_listener *listener, void *data)
{
	struct headless_backend *backend = xcalloc(1, sizeof(*backend));

	if (headless_spec_parse(spec, &backend->spec) < 0) {
		free(backend);
		return -EINVAL;
	}
	backend->base.ops = &headless_backend_ops;
	backend->clock = clock;
	backend->listener = listener;
	backend->data = data;
	*out = &backend->base;
	return 0;
}

void headless_device_picture(struct output_device *base, struct target *out)
{
	struct headless_device *device = to_headless(base);
	size_t size = (size_t)base->width * (size_t)base->height * 4;

	/* Before the first flip: a buffer that nothing was drawn into, dark. */
	fill_target(device, device->front ? device->front : &device->buffers[BUFFERS - 1], out);
	if (!device->front_planes.n_uses) {
		return;
	}
	if (!device->picture) {
		device->picture = xcalloc(size, 1);
	}
	memcpy(device->picture, out->pixels, size);
	out->pixels = device->picture;
	headless_planes_draw(base, &device->front_planes, out);
}

void headless_device_set_answer(struct output_device *base, headless_answer_fn answer, void *data)
{
	to_headless(base)->answer = answer;
	to_headless(base)->answer_data = data;
}

uint64_t headless_device_tests(const struct output_device *base)
{
	return ((const struct headless_device *)base)->tests;
}
