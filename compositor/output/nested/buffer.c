/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compositor/output/nested/nested_priv.h"

static void on_release(void *data, struct wl_buffer *proxy)
{
	struct nested_buffer *buffer = data;
	struct nested_window *window = buffer->window;
	struct nested *nested = window->nested;

	buffer->is_busy = false;
	if (window->is_starved) {
		window->is_starved = false;
		nested->listener->damaged(nested->data, &window->base);
	}
}

static const struct wl_buffer_listener buffer_listener = {.release = on_release};

int nested_buffer_init(struct nested_buffer *buffer, struct nested_window *window)
{
	int width = window->base.width, height = window->base.height, stride = width * 4;
	size_t size = (size_t)stride * (size_t)height;
	int fd = memfd_create("vitrine-window", MFD_CLOEXEC);
	struct wl_shm_pool *pool;
	void *pixels;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0) {
		goto fail;
	}
	pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED) {
		goto fail;
	}
	pool = wl_shm_create_pool(window->nested->shm, fd, (int32_t)size);
	buffer->proxy = wl_shm_pool_create_buffer(pool, 0, width, height, stride,
						  WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	wl_buffer_add_listener(buffer->proxy, &buffer_listener, buffer);
	buffer->window = window;
	buffer->pixels = pixels;
	return 0;
fail:
	if (fd >= 0) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return -errno;
}

void nested_buffer_finish(struct nested_buffer *buffer)
{
	const struct nested_window *window = buffer->window;

	if (!buffer->proxy) {
		return;
	}
	wl_buffer_destroy(buffer->proxy);
	munmap(buffer->pixels, (size_t)window->base.width * 4 * (size_t)window->base.height);
	buffer->proxy = NULL;
}
