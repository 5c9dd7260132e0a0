/* SPDX-License-Identifier: MIT */
/*
 * A frame as a list of layers, bottom to top: what the scene says and a renderer draws. All
 * rectangles are in pixels of the upright output.
 */
#ifndef SCENE_LAYER_H
#define SCENE_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"

struct buffer;

enum mark_pattern {
	MARK_SOLID,
	MARK_STRIPES,
	MARK_CHECKS,
	MARK_DOTS,
	MARK_PATTERNS, /* how many */
};

/* By what a person tells one owner from another, colour-blind or not. */
struct mark {
	char name[33];
	uint32_t colour; /* 0xRRGGBB */
	enum mark_pattern pattern;
};

enum layer_kind {
	LAYER_SOLID,  /* colour over dst */
	LAYER_BUFFER, /* src of buffer, opaque, scaled to dst when the sizes differ */
	LAYER_FRAME,  /* mark's colour and pattern over dst, except for the hole */
	LAYER_STRIP, /* the strip along the top: mark's pattern and name, and who has the keyboard */
	LAYER_CARD,  /* a host card: lines of text in the middle of dst on a plain ground */
	LAYER_CURSOR, /* like LAYER_BUFFER, blended by its premultiplied alpha (ARGB8888 only), never scaled */
};

#define CARD_LINES 10
#define CARD_LINE_SIZE 80

struct card {
	char lines[CARD_LINES][CARD_LINE_SIZE];
	unsigned n_lines;
};

struct layer {
	enum layer_kind kind;
	struct rect dst;
	union {
		uint32_t colour;
		struct {
			const struct buffer *buffer;
			struct rect src; /* buffer pixels, inside the buffer */
			/* Changes whenever the picture does: what a plane or a texture was made from. */
			uint64_t serial;
		} picture;
		struct {
			const struct mark *mark;
			struct rect hole;
		} frame;
		struct {
			const struct mark *mark; /* NULL: the host owns what this output shows */
			const struct mark *keyboard; /* NULL: nobody has the keyboard */
			bool is_view; /* over one view among several: the name alone, no word of the keyboard */
		} strip;
		const struct card *card;
	};
};

#endif
