/* SPDX-License-Identifier: MIT */
/* Grant directories that lie, grants that do not exist, and too much of everything. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/pvfront/front.h"
#include "tools/pvfront/hostile_priv.h"

#define NEVER_GRANTED 0x00fffff0u
#define ATTEMPTS 2000u

/* A buffer of one directory page whose listing may be spoiled; the size that is claimed is the caller's. */
static bool with_spoiled(struct hostile *h, const char *what, void (*spoil)(struct buffer *buffer),
			 uint32_t pages, bool may_pass)
{
	struct connector *first = &h->display->connectors[0];
	struct front *front = h->display->front;
	struct displif_request request;
	struct buffer buffer;
	bool ok;

	if (h->closed) {
		return true;
	}
	if (buffer_init(&buffer, front->xen, h->display->bus.backend_id, 64 * XEN_PAGE_SIZE) < 0) {
		hostile_say(h, "this domain has no memory left to share", -ENOMEM);
		return false;
	}
	spoil(&buffer);
	request = request_dbuf_create(first, &buffer);
	request.op.dbuf_create.width = 0;
	request.op.dbuf_create.height = 0;
	request.op.dbuf_create.bpp = 0;
	request.op.dbuf_create.buffer_sz = pages * XEN_PAGE_SIZE;
	ok = may_pass ? hostile_answered(h, first, what, &request) :
			hostile_refused(h, first, what, &request);
	if (!h->closed) {
		request = (struct displif_request){
			.operation = DISPLIF_DBUF_DESTROY,
			.op.dbuf_destroy.dbuf_cookie = buffer.dbuf_cookie,
		};
		(void)display_request(first, &request);
	}
	buffer_finish(&buffer, front->xen);
	return ok;
}

static void end_early(struct buffer *buffer)
{
	buffer->directory->refs[32] = 0;
}

static void nothing_follows(struct buffer *buffer)
{
	for (uint32_t i = 0; i < DISPLIF_DIR_REFS; i++) {
		buffer->directory->refs[i] = buffer->refs[i % buffer->pages];
	}
}

static void follow_itself(struct buffer *buffer)
{
	nothing_follows(buffer);
	buffer->directory->next = buffer->dir_refs[0];
}

static void follow_nowhere(struct buffer *buffer)
{
	nothing_follows(buffer);
	buffer->directory->next = NEVER_GRANTED;
}

static void list_never_granted(struct buffer *buffer)
{
	buffer->directory->refs[63] = NEVER_GRANTED;
}

static void list_largest(struct buffer *buffer)
{
	memset(buffer->directory->refs, 0xff, sizeof(buffer->directory->refs));
}

bool hostile_short_directory(struct hostile *h)
{
	bool ok = with_spoiled(h, "a reference of 0 in the middle", end_early, 64, false);

	return with_spoiled(h, "2000 pages, and no second directory page", nothing_follows, 2000,
			    false) &&
	       ok;
}

/* The same pages over and over are pages that the guest may show: what counts is that the walk ends. */
bool hostile_cyclic_directory(struct hostile *h)
{
	bool ok = with_spoiled(h, "a directory page that follows itself", follow_itself, 5000, true);

	return with_spoiled(h, "the same, 4 GiB of it", follow_itself, UINT32_MAX / XEN_PAGE_SIZE,
			    true) &&
	       ok;
}

bool hostile_bad_grants(struct hostile *h)
{
	bool ok = with_spoiled(h, "a page that was never granted", list_never_granted, 64, false);

	ok &= with_spoiled(h, "references of all ones", list_largest, 64, false);
	ok &= with_spoiled(h, "a directory page that was never granted", follow_nowhere, 2000,
			   false);
	return ok;
}

/* A directory that does not exist at all, and a limit that must come. */
bool hostile_take_buffers(struct hostile *h)
{
	struct connector *first = &h->display->connectors[0];
	struct displif_request request = request_dbuf_create(first, &first->buffers[0]);
	char what[64];
	int status = 0;
	unsigned n = 0;

	while (status == 0 && n < ATTEMPTS) {
		request.op.dbuf_create.dbuf_cookie = cookie_make();
		status = display_request(first, &request);
		n += status == 0;
	}
	h->closed = status == -EPIPE;
	snprintf(what, sizeof(what), "buffer after buffer, %u of them", n);
	hostile_say(h, what, status);
	return status < 0 && status != -ETIMEDOUT;
}

bool hostile_many_buffers(struct hostile *h)
{
	bool refused = hostile_take_buffers(h);

	if (!h->closed) {
		/* They are this attack's alone: begin again without them. */
		display_disconnect(h->display);
		h->closed = true;
	}
	return refused;
}
