/* SPDX-License-Identifier: MIT */
#include "compositor/render/host/panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/scene/panel.h"

/* As many as monitors. */
#define PANELS 16

#define GROUND 0x2a2f36
#define EDGE 0x8a94a0
#define TITLE_GROUND 0x39414c
#define SELECTED_GROUND 0x2f6fb7
#define INK 0xf0f0f0
#define FAINT_INK 0xa8b0b8
#define DISABLED_INK 0x7a828a
#define FIELD_GROUND 0x14171a

/* Pixels at scale 1: a row of two units has text of scale 1 when it is so high. */
#define ROW_TEXT 19
#define GAP 8
#define SWATCH_W 36
#define TITLE_SCALE 1.25

struct panel_picture {
	int width, height;
	double scale;
	struct panel panel;
	pixman_image_t *image; /* NULL: free */
	struct canvas_picture picture;
	uint64_t used;
};

struct panel_canvases {
	struct text *text;
	uint64_t uses;
	struct panel_picture pictures[PANELS];
};

/* What a row is drawn with. */
struct brush {
	struct text *text;
	pixman_image_t *image;
	double scale; /* of text */
	int gap;
};

struct panel_canvases *panel_canvases_create(struct text *text)
{
	struct panel_canvases *canvases = xcalloc(1, sizeof(*canvases));

	canvases->text = text;
	return canvases;
}

static void picture_clear(struct panel_picture *picture)
{
	if (picture->image) {
		pixman_image_unref(picture->image);
		picture->image = NULL;
	}
}

void panel_canvases_destroy(struct panel_canvases *canvases)
{
	for (unsigned i = 0; i < PANELS; i++) {
		picture_clear(&canvases->pictures[i]);
	}
	free(canvases);
}

/* ---- text ---- */

/* With dots at the end where it is cut off. */
static void draw_fitted(const struct brush *brush, const char *string, const struct text_line *line)
{
	char words[PANEL_TEXT_SIZE + 3];
	struct text_line fitted = *line;
	size_t n = strnlen(string, PANEL_TEXT_SIZE - 1);

	snprintf(words, sizeof(words), "%.*s", (int)n, string);
	while (n > 0 && text_width(brush->text, words, line->scale) > line->max_w) {
		n--;
		snprintf(words, sizeof(words), "%.*s...", (int)n, string);
	}
	fitted.string = words;
	text_draw(brush->text, brush->image, &fitted);
}

static uint32_t ink_of(const struct panel_row *row)
{
	return row->is_disabled ? DISABLED_INK : INK;
}

/* Right, at most half of what is there. Returns how wide. */
static int draw_detail(const struct brush *brush, const struct panel_row *row, const struct rect *at)
{
	int width = text_width(brush->text, row->detail, brush->scale);
	uint32_t ink = row->is_disabled ? DISABLED_INK : row->is_selected ? INK : FAINT_INK;

	if (!row->detail[0]) {
		return 0;
	}
	width = MIN(width, at->w / 2);
	draw_fitted(brush, row->detail,
		    &(struct text_line){NULL, ink, at->x + at->w - width, at->y, at->h, width,
					brush->scale});
	return width + brush->gap;
}

/* The mark, then the words, then what is told from the right. */
static void draw_words(const struct brush *brush, const struct panel_row *row, struct rect at)
{
	double scale = row->kind == PANEL_TITLE ? brush->scale * TITLE_SCALE : brush->scale;
	int swatch = MIN((int)(SWATCH_W * brush->scale + 0.5), at.w / 4);
	int inset = MAX(at.h / 8, 1);

	if (row->has_mark) {
		mark_fill(brush->image, &row->mark, brush->scale,
			  &(struct rect){at.x, at.y + inset, swatch, at.h - 2 * inset});
		at.x += swatch + brush->gap;
		at.w -= swatch + brush->gap;
	}
	at.w -= draw_detail(brush, row, &at);
	draw_fitted(brush, row->text,
		    &(struct text_line){NULL, ink_of(row), at.x, at.y, at.h, at.w, scale});
}

/* ---- rows ---- */

static void draw_item(const struct brush *brush, const struct panel_row *row, struct rect at)
{
	if (row->is_selected) {
		colour_fill(brush->image, SELECTED_GROUND, at.x, at.y, at.w, at.h);
		/* Not by colour alone. */
		colour_fill(brush->image, INK, at.x, at.y, brush->gap / 2, at.h);
	}
	at.x += 2 * brush->gap;
	at.w -= 4 * brush->gap;
	draw_words(brush, row, at);
}

/* A field with a dot for each character; as many as fit. */
static void draw_dots(const struct brush *brush, const struct panel_row *row, struct rect at)
{
	int size = MAX(at.h / 3, 1), step = 2 * size, inset = at.h / 10;

	at.y += inset;
	at.h -= 2 * inset;
	at.x += 2 * brush->gap;
	at.w -= 4 * brush->gap;
	colour_fill(brush->image, FIELD_GROUND, at.x, at.y, at.w, at.h);
	for (unsigned i = 0; i < row->dots && (int)(i + 1) * step + size <= at.w; i++) {
		colour_fill(brush->image, INK, at.x + size + (int)i * step,
			    at.y + (at.h - size) / 2, size, size);
	}
}

static void draw_row(const struct brush *brush, const struct panel_row *row, const struct rect *at)
{
	struct rect inside = {at->x + 2 * brush->gap, at->y, at->w - 4 * brush->gap, at->h};
	/* Of a title: up to the edge when it is the first row. */
	int top = at->y <= at->h / 3 ? 0 : at->y;

	switch (row->kind) {
	case PANEL_TITLE:
		colour_fill(brush->image, TITLE_GROUND, at->x, top, at->w, at->y + at->h - top);
		draw_words(brush, row, inside);
		break;
	case PANEL_TEXT:
		draw_words(brush, row, inside);
		break;
	case PANEL_ITEM:
		draw_item(brush, row, *at);
		break;
	case PANEL_DOTS:
		draw_dots(brush, row, *at);
		break;
	case PANEL_RULE:
		colour_fill(brush->image, EDGE, inside.x, at->y + at->h / 2, inside.w, 1);
		break;
	}
}

static void panel_draw(struct text *text, const struct panel_picture *picture)
{
	const struct panel *panel = &picture->panel;
	struct rect box = {0, 0, picture->width, picture->height};
	enum panel_row_kind kinds[PANEL_ROWS];
	unsigned n = panel_kinds(panel, kinds);
	double fits = 2.0 * panel_unit(kinds, n, box.h) / ROW_TEXT;
	struct brush brush = {text, picture->image, MIN(picture->scale, fits), 0};
	int edge = MAX((int)brush.scale, 1);

	brush.gap = MAX((int)(GAP * brush.scale + 0.5), 2);
	colour_fill(brush.image, GROUND, 0, 0, box.w, box.h);
	for (unsigned i = 0; i < n; i++) {
		struct rect at = panel_row_rect(kinds, n, i, &box);

		draw_row(&brush, &panel->rows[i], &at);
	}
	colour_fill(brush.image, EDGE, 0, 0, box.w, edge);
	colour_fill(brush.image, EDGE, 0, box.h - edge, box.w, edge);
	colour_fill(brush.image, EDGE, 0, 0, edge, box.h);
	colour_fill(brush.image, EDGE, box.w - edge, 0, edge, box.h);
}

/* ---- pictures ---- */

static bool has_size(const struct panel_picture *picture, const struct rect *dst, double scale)
{
	return picture->image && picture->width == dst->w && picture->height == dst->h &&
	       picture->scale == scale;
}

/* The one of this size, or the one that was not used for longest, made so large. */
static struct panel_picture *picture_take(struct panel_canvases *canvases, const struct rect *dst,
					  double scale)
{
	struct panel_picture *oldest = &canvases->pictures[0];

	for (unsigned i = 0; i < PANELS; i++) {
		struct panel_picture *picture = &canvases->pictures[i];

		if (has_size(picture, dst, scale)) {
			return picture;
		}
		oldest = picture->used < oldest->used ? picture : oldest;
	}
	picture_clear(oldest);
	oldest->width = dst->w;
	oldest->height = dst->h;
	oldest->scale = scale;
	oldest->picture.serial = 0;
	oldest->image = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, dst->w, dst->h, NULL, 0);
	return oldest->image ? oldest : NULL;
}

static void picture_draw(struct panel_canvases *canvases, struct panel_picture *picture,
			 const struct panel *panel, uint64_t serial)
{
	picture->panel = *panel;
	panel_draw(canvases->text, picture);
	picture->picture = (struct canvas_picture){
		.pixels = (const uint8_t *)pixman_image_get_data(picture->image),
		.width = picture->width,
		.height = picture->height,
		.stride = pixman_image_get_stride(picture->image),
		.serial = serial,
	};
}

static bool marks_equal(const struct mark *a, const struct mark *b)
{
	return strcmp(a->name, b->name) == 0 && a->colour == b->colour && a->pattern == b->pattern;
}

/* What is drawn of them. */
static bool rows_equal(const struct panel_row *a, const struct panel_row *b)
{
	return a->kind == b->kind && strcmp(a->text, b->text) == 0 &&
	       strcmp(a->detail, b->detail) == 0 && a->has_mark == b->has_mark &&
	       (!a->has_mark || marks_equal(&a->mark, &b->mark)) &&
	       a->is_selected == b->is_selected && a->is_disabled == b->is_disabled &&
	       (a->kind != PANEL_DOTS || a->dots == b->dots);
}

static bool panels_equal(const struct panel *a, const struct panel *b)
{
	bool is_equal = a->n_rows == b->n_rows;

	for (unsigned i = 0; is_equal && i < a->n_rows; i++) {
		is_equal = rows_equal(&a->rows[i], &b->rows[i]);
	}
	return is_equal;
}

const struct canvas_picture *panel_canvas(struct panel_canvases *canvases,
					  const struct layer *layer, double scale, uint64_t *serials)
{
	struct panel_picture *picture = picture_take(canvases, &layer->dst, scale);

	if (!picture) {
		return NULL;
	}
	picture->used = ++canvases->uses;
	if (!picture->picture.serial || !panels_equal(&picture->panel, layer->panel)) {
		picture_draw(canvases, picture, layer->panel, ++*serials);
	}
	return &picture->picture;
}
