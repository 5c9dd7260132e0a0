/* SPDX-License-Identifier: MIT */
/* Dumb buffers: memory that any card can show and the CPU can write. */
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compositor/output/kms/kms.h"

static int map_buffer(struct kms *kms, struct kms_buffer *buffer)
{
	uint64_t offset;
	void *pixels;

	if (drmModeMapDumbBuffer(kms->fd, buffer->handle, &offset) != 0) {
		return -errno;
	}
	pixels = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, kms->fd,
		      (off_t)offset);
	if (pixels == MAP_FAILED) {
		return -errno;
	}
	buffer->pixels = pixels;
	return 0;
}

static int add_framebuffer(struct kms *kms, struct kms_buffer *buffer, uint32_t width,
			   uint32_t height)
{
	uint32_t handles[4] = {buffer->handle}, pitches[4] = {buffer->pitch}, offsets[4] = {0};

	if (drmModeAddFB2(kms->fd, width, height, DRM_FORMAT_XRGB8888, handles, pitches, offsets,
			  &buffer->fb, 0) != 0) {
		return -errno;
	}
	return 0;
}

/* A card that can't export is one whose pictures the CPU draws: no error. */
static void export_buffer(struct kms *kms, struct kms_buffer *buffer)
{
	static uint64_t exported;

	if (drmPrimeHandleToFD(kms->fd, buffer->handle, DRM_CLOEXEC | DRM_RDWR,
			       &buffer->dmabuf.fd) == 0) {
		buffer->dmabuf.stride = buffer->pitch;
		buffer->dmabuf_id = ++exported;
	}
}

int kms_buffer_init(struct kms *kms, struct kms_buffer *buffer, int width, int height)
{
	uint32_t w = (uint32_t)width, h = (uint32_t)height;
	int r;

	*buffer = (struct kms_buffer){0};
	pixman_region32_init(&buffer->stale);
	if (drmModeCreateDumbBuffer(kms->fd, w, h, 32, 0, &buffer->handle, &buffer->pitch,
				    &buffer->size) != 0) {
		return -errno;
	}
	/* The renderer writes what the mode says; the driver must have given that much. */
	if (buffer->pitch / 4 < w || buffer->size / buffer->pitch < h) {
		r = -EIO;
		goto out;
	}
	r = add_framebuffer(kms, buffer, w, h);
	if (r < 0) {
		goto out;
	}
	r = map_buffer(kms, buffer);
	if (r < 0) {
		goto out;
	}
	export_buffer(kms, buffer);
out:
	if (r < 0) {
		kms_buffer_finish(kms, buffer);
	}
	return r;
}

void kms_buffer_finish(struct kms *kms, struct kms_buffer *buffer)
{
	if (buffer->dmabuf_id) {
		close(buffer->dmabuf.fd);
	}
	if (buffer->pixels) {
		munmap(buffer->pixels, buffer->size);
	}
	if (buffer->fb) {
		drmModeRmFB(kms->fd, buffer->fb);
	}
	if (buffer->handle) {
		drmModeDestroyDumbBuffer(kms->fd, buffer->handle);
	}
	pixman_region32_fini(&buffer->stale);
	*buffer = (struct kms_buffer){0};
	pixman_region32_init(&buffer->stale);
}
