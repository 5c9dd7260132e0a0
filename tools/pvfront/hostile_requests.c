/* SPDX-License-Identifier: MIT */
/* Wrong numbers in single requests. */
#include <stdint.h>

#include "tools/pvfront/hostile_priv.h"

#define BIG 0x40000000u

static struct connector *first(struct hostile *h)
{
	return &h->display->connectors[0];
}

static const struct buffer *good_buffer(struct hostile *h)
{
	return &first(h)->buffers[0];
}

/* A good DBUF_CREATE of the first buffer's pages, under a cookie of its own. */
static struct displif_request good_create(struct hostile *h)
{
	struct displif_request request = request_dbuf_create(first(h), good_buffer(h));

	request.op.dbuf_create.dbuf_cookie = cookie_make();
	return request;
}

static struct displif_request good_attach(struct hostile *h)
{
	struct displif_request request = request_fb_attach(first(h), good_buffer(h));

	request.op.fb_attach.fb_cookie = cookie_make();
	return request;
}

static bool create_sized(struct hostile *h, const char *what, uint32_t width, uint32_t height,
			 uint32_t bpp, uint32_t bytes, uint32_t offset)
{
	struct displif_request request = good_create(h);

	request.op.dbuf_create.width = width;
	request.op.dbuf_create.height = height;
	request.op.dbuf_create.bpp = bpp;
	request.op.dbuf_create.buffer_sz = bytes;
	request.op.dbuf_create.data_ofs = offset;
	return hostile_refused(h, first(h), what, &request);
}

static bool attach_sized(struct hostile *h, const char *what, uint32_t width, uint32_t height,
			 uint32_t format)
{
	struct displif_request request = good_attach(h);

	request.op.fb_attach.width = width;
	request.op.fb_attach.height = height;
	request.op.fb_attach.pixel_format = format ? format : request.op.fb_attach.pixel_format;
	return hostile_refused(h, first(h), what, &request);
}

/* may_pass: Linux names the framebuffer's size together with a corner inside it, so only the corner can be wrong. */
static bool config_at(struct hostile *h, const char *what, bool may_pass, uint32_t x, uint32_t y,
		      uint32_t width, uint32_t height)
{
	struct displif_request request = request_set_config(first(h), good_buffer(h)->fb_cookie);

	request.op.set_config.x = x;
	request.op.set_config.y = y;
	request.op.set_config.width = width;
	request.op.set_config.height = height;
	return may_pass ? hostile_answered(h, first(h), what, &request) :
			  hostile_refused(h, first(h), what, &request);
}

bool hostile_bad_sizes(struct hostile *h)
{
	struct size size = first(h)->size;
	uint32_t bytes = size.width * size.height * 4;
	bool ok = create_sized(h, "a buffer of no bytes", size.width, size.height, 32, 0, 0);

	ok &= create_sized(h, "a buffer of 4 GiB", size.width, size.height, 32, UINT32_MAX, 0);
	ok &= create_sized(h, "a buffer smaller than its picture", size.width, size.height, 32,
			   bytes / 2, 0);
	ok &= create_sized(h, "pixels that begin past the end", size.width, size.height, 32, bytes,
			   bytes);
	ok &= attach_sized(h, "a framebuffer of no width", 0, size.height, 0);
	ok &= attach_sized(h, "a framebuffer of no height", size.width, 0, 0);
	ok &= attach_sized(h, "a framebuffer two rows too high", size.width, size.height + 2, 0);
	ok &= attach_sized(h, "a framebuffer of 65535x65535", 65535, 65535, 0);
	ok &= attach_sized(h, "an unknown pixel format", size.width, size.height, 0x21212121);
	ok &= config_at(h, "a picture past the right edge", true, 1, 0, size.width, size.height);
	ok &= config_at(h, "a picture below the lower edge", false, 0, size.height, size.width,
			size.height);
	ok &= config_at(h, "a picture of no width", true, 0, 0, 0, size.height);
	return ok;
}

/* Products and sums that are small again when 32 bits are kept. */
bool hostile_overflows(struct hostile *h)
{
	struct size size = first(h)->size;
	uint32_t bytes = size.width * size.height * 4;
	bool ok = create_sized(h, "width * bpp wraps", BIG, 4, 32, bytes, 0);

	ok &= create_sized(h, "width * height wraps", 65536, 65536, 32, bytes, 0);
	ok &= create_sized(h, "bpp wraps", size.width, size.height, UINT32_MAX, bytes, 0);
	ok &= create_sized(h, "offset + size wraps", size.width, size.height, 32, bytes,
			   UINT32_MAX - 4095);
	ok &= attach_sized(h, "width * 4 wraps", BIG, 1, 0);
	ok &= attach_sized(h, "stride * height wraps", 65536, 16384, 0);
	ok &= attach_sized(h, "both are the largest", UINT32_MAX, UINT32_MAX, 0);
	ok &= config_at(h, "x + width wraps", false, UINT32_MAX, 0, 2, size.height);
	ok &= config_at(h, "y + height wraps", false, 0, UINT32_MAX - 1, size.width, 4);
	return ok;
}

static bool with_fb(struct hostile *h, const char *what, enum displif_op op, uint64_t cookie)
{
	struct displif_request request = {.operation = op};

	if (op == DISPLIF_SET_CONFIG) {
		request = request_set_config(first(h), cookie);
	} else {
		/* The cookie is at the same place in all that have just one. */
		request.op.fb_detach.fb_cookie = cookie;
	}
	return hostile_refused(h, first(h), what, &request);
}

bool hostile_foreign_cookies(struct hostile *h)
{
	struct displif_request create = good_create(h), attach = good_attach(h);
	uint64_t stranger = cookie_make();
	bool ok = with_fb(h, "flip to a framebuffer that was never made", DISPLIF_PG_FLIP, stranger);

	ok &= with_fb(h, "flip to cookie 0", DISPLIF_PG_FLIP, 0);
	ok &= with_fb(h, "flip to the cookie of a buffer", DISPLIF_PG_FLIP,
		      good_buffer(h)->dbuf_cookie);
	ok &= with_fb(h, "show a framebuffer that was never made", DISPLIF_SET_CONFIG, stranger);
	ok &= with_fb(h, "detach one that was never made", DISPLIF_FB_DETACH, stranger);
	ok &= with_fb(h, "destroy a buffer that was never made", DISPLIF_DBUF_DESTROY, stranger);
	attach.op.fb_attach.dbuf_cookie = stranger;
	ok &= hostile_refused(h, first(h), "attach to a buffer that was never made", &attach);
	create.op.dbuf_create.dbuf_cookie = 0;
	ok &= hostile_refused(h, first(h), "a buffer with cookie 0", &create);
	return ok;
}

bool hostile_duplicate_cookies(struct hostile *h)
{
	struct displif_request create = request_dbuf_create(first(h), good_buffer(h));
	struct displif_request attach = request_fb_attach(first(h), good_buffer(h));
	bool ok = hostile_refused(h, first(h), "a buffer's cookie again", &create);

	return hostile_refused(h, first(h), "a framebuffer's cookie again", &attach) && ok;
}

bool hostile_unknown_operations(struct hostile *h)
{
	const uint8_t operations[] = {0x00, 0x0f, 0x17, 0x42, 0xff};
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		struct displif_request request = {.operation = operations[i]};

		ok &= hostile_refused(h, first(h), "an operation that does not exist", &request);
	}
	return ok;
}

bool hostile_wrong_ring(struct hostile *h)
{
	struct displif_request request = good_create(h);

	if (h->display->n_connectors < 2) {
		hostile_say(h, "needs a second connector, so nothing was tried", 0);
		return true;
	}
	return hostile_refused(h, &h->display->connectors[1], "a buffer by the ring of connector 1",
			       &request);
}

/* The toolstack said be-alloc = 0: an error, or the pages that were given are used. */
bool hostile_backend_alloc(struct hostile *h)
{
	struct displif_request request = good_create(h);
	bool ok;

	request.op.dbuf_create.flags = UINT32_MAX;
	ok = hostile_answered(h, first(h), "memory of the backend's", &request);
	request = (struct displif_request){
		.operation = DISPLIF_DBUF_DESTROY,
		.op.dbuf_destroy.dbuf_cookie = request.op.dbuf_create.dbuf_cookie,
	};
	return hostile_answered(h, first(h), "and its end", &request) && ok;
}
