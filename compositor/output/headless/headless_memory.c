/* SPDX-License-Identifier: MIT */
#include "compositor/output/headless/headless_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u
#define MAX_SIDE 16384u

/* Nobody who has the fd can take the memory away from under the map. */
static int memory_open(uint64_t size)
{
	int fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0) {
		return -errno;
	}
	if (ftruncate(fd, (off_t)size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int ret = -errno;

		close_fd(&fd);
		return ret;
	}
	return fd;
}

int headless_memory_create(struct output_backend *backend, uint32_t width, uint32_t height,
			   struct output_memory *out)
{
	struct output_memory memory = {
		.width = width,
		.height = height,
		.stride = width * 4,
		.size = ((uint64_t)width * 4 * height + PAGE - 1) / PAGE * PAGE,
		.is_coherent = true,
	};
	void *pixels;

	if (width < 1 || width > MAX_SIDE || height < 1 || height > MAX_SIDE) {
		return -EINVAL;
	}
	memory.fd = memory_open(memory.size);
	if (memory.fd < 0) {
		return memory.fd;
	}
	pixels = mmap(NULL, memory.size, PROT_READ, MAP_SHARED, memory.fd, 0);
	if (pixels == MAP_FAILED) {
		int ret = -errno;

		close_fd(&memory.fd);
		return ret;
	}
	memory.pixels = pixels;
	*out = memory;
	return 0;
}

void headless_memory_destroy(struct output_backend *backend, struct output_memory *memory)
{
	munmap((void *)memory->pixels, memory->size);
	memory->pixels = NULL;
}
