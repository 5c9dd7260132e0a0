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
	LAYER_PANEL, /* the host's panel, rows as scene/panel.h places them in dst */
	LAYER_CURSOR, /* like LAYER_BUFFER, blended by its premultiplied alpha (ARGB8888 only), never scaled */
};

#define CARD_LINES 10
#define CARD_LINE_SIZE 80

#define STRIP_NOTE_SIZE 80

struct card {
	char lines[CARD_LINES][CARD_LINE_SIZE];
	unsigned n_lines;
};

/*
 * The host's panel: what asks or tells a person above all guests. Rows from top to bottom, in the middle of each monitor.
 */
#define PANEL_ROWS 24
#define PANEL_TEXT_SIZE 64

enum panel_row_kind {
	PANEL_TITLE,
	PANEL_TEXT,
	PANEL_ITEM, /* can be chosen */
	PANEL_DOTS, /* as many as something secret has characters */
	PANEL_RULE, /* a line across */
};

struct panel_row {
	enum panel_row_kind kind;
	char text[PANEL_TEXT_SIZE];   /* printable ASCII, from the left */
	char detail[PANEL_TEXT_SIZE]; /* fainter, from the right */
	bool has_mark;
	struct mark mark; /* a swatch of it before the text */
	bool is_selected, is_disabled;
	unsigned dots; /* PANEL_DOTS */
	uint32_t id; /* by which whoever shows the panel knows the row again (scene_panel_id); not drawn */
};

struct panel {
	struct panel_row rows[PANEL_ROWS];
	unsigned n_rows;
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
			const char *note; /* a few words of the host's beside it; NULL: none */
			bool is_view; /* over one view among several: the name alone, no word of the keyboard */
		} strip;
		const struct card *card;
		const struct panel *panel;
	};
};

#endif
