/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/displif_parse.h"

#include <errno.h>
#include <string.h>

void displif_copy(struct displif_request *untrusted_out, const struct displif_request *shared)
{
	const volatile uint64_t *from = (const volatile uint64_t *)(const void *)shared;
	uint64_t words[sizeof(*shared) / sizeof(uint64_t)];

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		words[i] = from[i];
	}
	memcpy(untrusted_out, words, sizeof(words));
}

static int parse_dbuf_create(const struct displif_dbuf_create *untrusted,
			     struct command_dbuf_create *out)
{
	struct geometry_dbuf untrusted_geometry = {
		.offset = untrusted->data_ofs,
		.width = untrusted->width,
		.bpp = untrusted->bpp,
	};

	if (untrusted->dbuf_cookie == 0 || untrusted->gref_directory == 0) {
		return -EINVAL;
	}
	if (geometry_pages(untrusted->buffer_sz, &untrusted_geometry.pages) < 0) {
		return -EINVAL;
	}
	if (geometry_check_dbuf(&untrusted_geometry, untrusted->height) < 0) {
		return -EINVAL;
	}
	out->cookie = untrusted->dbuf_cookie;
	out->geometry = untrusted_geometry;
	out->directory = untrusted->gref_directory;
	out->is_allocated = untrusted->flags & DISPLIF_DBUF_REQ_ALLOC;
	out->height = untrusted->height;
	return 0;
}

static int parse_fb_attach(const struct displif_fb_attach *untrusted, struct command_fb_attach *out)
{
	const struct pixel_format *format = pixel_format_find(untrusted->pixel_format);

	if (untrusted->dbuf_cookie == 0 || untrusted->fb_cookie == 0 || !format) {
		return -EINVAL;
	}
	out->dbuf = untrusted->dbuf_cookie;
	out->fb = untrusted->fb_cookie;
	out->untrusted_width = untrusted->width;
	out->untrusted_height = untrusted->height;
	out->format = format;
	return 0;
}

/*
 * Linux sends the framebuffer's size as width and height, not what is shown of it, so these only
 * tell whether the connector is on.
 */
static int parse_set_config(const struct displif_set_config *untrusted,
			    struct command_set_config *out)
{
	bool is_off = untrusted->width == 0 && untrusted->height == 0;

	if (untrusted->fb_cookie == 0) {
		*out = (struct command_set_config){.enable = false};
		return is_off ? 0 : -EINVAL;
	}
	if (is_off) {
		return -EINVAL;
	}
	out->enable = true;
	out->fb = untrusted->fb_cookie;
	out->untrusted_x = untrusted->x;
	out->untrusted_y = untrusted->y;
	return 0;
}

static int parse_cookie(uint64_t untrusted_cookie, uint64_t *out)
{
	*out = untrusted_cookie;
	return untrusted_cookie ? 0 : -EINVAL;
}

static int parse_get_edid(const struct displif_get_edid *untrusted, uint32_t *directory)
{
	if (untrusted->buffer_sz < DISPLIF_EDID_MAX || untrusted->gref_directory == 0) {
		return -EINVAL;
	}
	*directory = untrusted->gref_directory;
	return 0;
}

int displif_parse(const struct displif_request *untrusted, bool first, struct displif_command *out)
{
	memset(out, 0, sizeof(*out));
	out->id = untrusted->id;
	out->operation = untrusted->operation;
	if (out->operation >= DISPLIF_DBUF_CREATE && out->operation <= DISPLIF_FB_DETACH && !first) {
		return -EINVAL;
	}
	switch (out->operation) {
	case DISPLIF_DBUF_CREATE:
		return parse_dbuf_create(&untrusted->op.dbuf_create, &out->u.dbuf_create);
	case DISPLIF_DBUF_DESTROY:
		return parse_cookie(untrusted->op.dbuf_destroy.dbuf_cookie, &out->u.cookie);
	case DISPLIF_FB_ATTACH:
		return parse_fb_attach(&untrusted->op.fb_attach, &out->u.fb_attach);
	case DISPLIF_FB_DETACH:
		return parse_cookie(untrusted->op.fb_detach.fb_cookie, &out->u.cookie);
	case DISPLIF_SET_CONFIG:
		return parse_set_config(&untrusted->op.set_config, &out->u.set_config);
	case DISPLIF_PG_FLIP:
		return parse_cookie(untrusted->op.pg_flip.fb_cookie, &out->u.cookie);
	case DISPLIF_GET_EDID:
		return parse_get_edid(&untrusted->op.get_edid, &out->u.directory);
	default:
		return -EOPNOTSUPP;
	}
}
