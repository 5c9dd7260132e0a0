/* SPDX-License-Identifier: MIT */
#include "compositor/scene/buffer.h"

#include <assert.h>
#include <stddef.h>

void buffer_init(struct buffer *buffer, const struct buffer_ops *ops)
{
	static uint64_t buffers;

	buffer->ops = ops;
	buffer->id = ++buffers;
	buffer->locks = 0;
	buffer->dropped = false;
	buffer->device_data = NULL;
	buffer->device_forget = NULL;
}

/* Dropped and unlocked. */
static void buffer_end(struct buffer *buffer)
{
	if (buffer->device_forget) {
		buffer->device_forget(buffer);
	}
	buffer->ops->destroy(buffer);
}

void buffer_lock(struct buffer *buffer)
{
	buffer->locks++;
	assert(buffer->locks);
}

void buffer_unlock(struct buffer *buffer)
{
	assert(buffer->locks);
	if (--buffer->locks) {
		return;
	}
	if (buffer->dropped) {
		buffer_end(buffer);
	} else if (buffer->ops->released) {
		buffer->ops->released(buffer);
	}
}

void buffer_drop(struct buffer *buffer)
{
	assert(!buffer->dropped);
	buffer->dropped = true;
	if (!buffer->locks) {
		buffer_end(buffer);
	}
}
