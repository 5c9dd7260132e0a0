/* SPDX-License-Identifier: MIT */
/*
 * Memory for guests to draw into (be-alloc): a dumb buffer of the first card, which any card can scan out that imports
 * its dma-buf. It is zeroed by the kernel and never given to anybody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compositor/output/kms/kms.h"

#define MAX_SIDE 16384

struct kms_memory {
	struct list link; /* kms.memories, or of none when the card went */
	struct kms *kms;  /* NULL: it went */
	uint32_t handle;
	void *pixels;
	uint64_t size;
};

static struct kms_backend *backend_of(struct output_backend *base)
{
	return container_of(base, struct kms_backend, base);
}

static struct kms *first_card(struct kms_backend *backend)
{
	return list_empty(&backend->cards) ? NULL :
					     container_of(backend->cards.next, struct kms, link);
}

static int allocate(struct kms_memory *memory, uint32_t width, uint32_t height,
		    struct output_memory *out)
{
	struct kms *kms = memory->kms;

	if (drmModeCreateDumbBuffer(kms->fd, width, height, 32, 0, &memory->handle, &out->stride,
				    &memory->size) != 0) {
		return -errno;
	}
	/* What is said of it is true, whatever the driver answered. */
	if (out->stride / 4 < width || memory->size / out->stride < height) {
		return -EIO;
	}
	out->width = width;
	out->height = height;
	out->size = memory->size;
	return 0;
}

static int map(struct kms_memory *memory)
{
	uint64_t offset;
	void *pixels;

	if (drmModeMapDumbBuffer(memory->kms->fd, memory->handle, &offset) != 0) {
		return -errno;
	}
	pixels = mmap(NULL, memory->size, PROT_READ, MAP_SHARED, memory->kms->fd, (off_t)offset);
	if (pixels == MAP_FAILED) {
		return -errno;
	}
	memory->pixels = pixels;
	return 0;
}

static void memory_free(struct kms_memory *memory)
{
	if (memory->pixels) {
		munmap(memory->pixels, memory->size);
	}
	if (memory->kms && memory->handle) {
		drmModeDestroyDumbBuffer(memory->kms->fd, memory->handle);
	}
	list_remove(&memory->link);
	free(memory);
}

/* Fills out but for its fd. */
static int memory_make(struct kms_memory *memory, uint32_t width, uint32_t height,
		       struct output_memory *out)
{
	int r = allocate(memory, width, height, out);

	if (r == 0) {
		r = map(memory);
	}
	if (r == 0 && drmPrimeHandleToFD(memory->kms->fd, memory->handle, DRM_CLOEXEC | DRM_RDWR,
					 &out->fd) != 0) {
		r = -errno;
	}
	return r;
}

int kms_memory_create(struct output_backend *base, uint32_t width, uint32_t height,
		      struct output_memory *out)
{
	struct kms *kms = first_card(backend_of(base));
	struct kms_memory *memory;
	int r;

	if (!kms || !kms->can_import) {
		return -EOPNOTSUPP;
	}
	if (width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE) {
		return -EINVAL;
	}
	memory = calloc(1, sizeof(*memory));
	if (!memory) {
		return -ENOMEM;
	}
	memory->kms = kms;
	list_append(&kms->memories, &memory->link);
	*out = (struct output_memory){.fd = -1};
	r = memory_make(memory, width, height, out);
	if (r < 0) {
		memory_free(memory);
		return r;
	}
	out->pixels = memory->pixels;
	out->is_coherent = true;
	out->priv = memory;
	return 0;
}

void kms_memory_destroy(struct output_backend *base, struct output_memory *memory)
{
	memory_free(memory->priv);
	memory->priv = NULL;
	memory->pixels = NULL;
}

bool kms_memory_owns(const struct kms *kms, uint32_t handle)
{
	const struct kms_memory *memory;

	list_for_each(memory, &kms->memories, link) {
		if (memory->handle == handle) {
			return true;
		}
	}
	return false;
}

void kms_memory_orphan(struct kms *kms)
{
	struct kms_memory *memory, *tmp;

	/* Its pages live on in the dma-buf and the mapping. */
	list_for_each_safe(memory, tmp, &kms->memories, link) {
		memory->kms = NULL;
		list_remove(&memory->link);
	}
}
