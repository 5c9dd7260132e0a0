/* SPDX-License-Identifier: MIT */
/* Memory of the host that the guest may draw into (be-alloc): too much of it, after its end, while it is shown. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/pvfront/front.h"
#include "tools/pvfront/hostile_priv.h"

#define SIDE 64u
#define BYTES (SIDE * SIDE * 4)
#define ATTEMPTS 500u

static struct connector *first(struct hostile *h)
{
	return &h->display->connectors[0];
}

static struct displif_request request_of(struct hostile *h, const struct buffer *buffer)
{
	struct displif_request request = request_dbuf_create(first(h), buffer);

	request.op.dbuf_create.width = SIDE;
	request.op.dbuf_create.height = SIDE;
	request.op.dbuf_create.buffer_sz = BYTES;
	return request;
}

static int allocate(struct hostile *h, struct buffer *buffer)
{
	struct xen *xen = h->display->front->xen;
	uint32_t backend = h->display->bus.backend_id;
	struct displif_request request;
	int status = buffer_init_allocated(buffer, xen, backend, BYTES);

	if (status == 0) {
		request = request_of(h, buffer);
		status = display_request(first(h), &request);
		h->closed = status == -EPIPE;
	}
	return status == 0 ? buffer_map(buffer, xen, backend) : status;
}

static int destroy(struct hostile *h, const struct buffer *buffer)
{
	struct displif_request request = {
		.operation = DISPLIF_DBUF_DESTROY,
		.op.dbuf_destroy.dbuf_cookie = buffer->dbuf_cookie,
	};
	int status = display_request(first(h), &request);

	h->closed = status == -EPIPE;
	return status;
}

static bool too_large(struct hostile *h)
{
	struct buffer buffer;
	struct displif_request request;
	bool ok;

	if (buffer_init_allocated(&buffer, h->display->front->xen, h->display->bus.backend_id,
				  BYTES) < 0) {
		return false;
	}
	request = request_of(h, &buffer);
	request.op.dbuf_create.width = 16384;
	request.op.dbuf_create.height = 4000;
	request.op.dbuf_create.buffer_sz = 16384 * 4000 * 4;
	ok = hostile_refused(h, first(h), "a picture of 250 MiB", &request);
	request = request_of(h, &buffer);
	request.op.dbuf_create.buffer_sz += XEN_PAGE_SIZE;
	ok &= hostile_refused(h, first(h), "a page more than its pixels", &request);
	buffer_finish(&buffer, h->display->front->xen);
	return ok;
}

static bool is_blank(const struct buffer *buffer)
{
	const uint32_t *pixels = buffer->memory;

	for (uint32_t i = 0; i < BYTES / sizeof(*pixels); i++) {
		if (pixels[i] != 0) {
			return false;
		}
	}
	return true;
}

/* Ended while it is mapped, and drawn into all the same: whoever gets memory next does not see it. */
static bool after_its_end(struct hostile *h)
{
	struct xen *xen = h->display->front->xen;
	struct buffer old = {0}, fresh = {0};
	struct displif_request attach;
	bool ok = allocate(h, &old) == 0 && is_blank(&old);

	hostile_say(h, "memory that is blank", ok ? 0 : -EIO);
	if (ok) {
		memset(old.memory, 0xab, BYTES);
		hostile_say(h, "its end while it is mapped", destroy(h, &old));
		attach = request_fb_attach(first(h), &old);
		attach.op.fb_attach.width = attach.op.fb_attach.height = SIDE;
		ok = hostile_refused(h, first(h), "a framebuffer of it", &attach);
		ok &= destroy(h, &old) < 0;
		memset(old.memory, 0xcd, BYTES);
		ok &= allocate(h, &fresh) == 0 && is_blank(&fresh);
		memset(old.memory, 0xef, BYTES);
		ok &= fresh.memory && is_blank(&fresh);
		hostile_say(h, "other memory, while it draws into the old", ok ? 0 : -EIO);
		ok &= destroy(h, &fresh) == 0;
	}
	buffer_finish(&old, xen);
	buffer_finish(&fresh, xen);
	return ok;
}

static bool without_end(struct hostile *h)
{
	struct buffer buffers[ATTEMPTS];
	unsigned n = 0;
	int status = 0;
	char what[64];

	while (n < ATTEMPTS && status == 0) {
		memset(&buffers[n], 0, sizeof(buffers[n]));
		status = allocate(h, &buffers[n++]);
	}
	snprintf(what, sizeof(what), "memory without end, %u times", n - 1);
	hostile_say(h, what, status);
	while (n > 0) {
		struct buffer *buffer = &buffers[--n];

		buffer_unmap(buffer);
		if (!h->closed) {
			(void)destroy(h, buffer);
		}
		buffer_finish(buffer, h->display->front->xen);
	}
	return status < 0 && status != -ETIMEDOUT;
}

bool hostile_allocated(struct hostile *h)
{
	bool ok;

	if (!h->display->be_alloc) {
		hostile_say(h, "needs be-alloc, so nothing was tried", 0);
		return true;
	}
	ok = too_large(h);
	ok &= after_its_end(h);
	return without_end(h) && ok;
}
