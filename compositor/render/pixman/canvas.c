/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/render/pixman/painter.h"

/*
 * Cards of 16 outputs are as large as a monitor, so the ones that are not shown any more do not
 * stay for long. Strips are small, and a mosaic has many.
 */
#define CARDS 18
#define STRIPS 96
#define TILES 40

#define HOST_GROUND 0x303030
#define HOST_INK 0xffffff
#define HOST_NAME "Vitrine"
#define SWATCH_W \
	72 /* pixels of pattern at the left of the strip, and half of it by the keyboard's owner */
#define GAP 8

/* What a canvas shows, compared byte by byte: zeroed before it is filled. */
struct canvas_key {
	int width, height;
	bool is_card, is_view, has_mark, has_keyboard;
	struct mark mark, keyboard;
	struct card card;
};

struct canvas {
	struct canvas_key key;
	pixman_image_t *image; /* NULL: free */
	uint64_t used;
};

struct canvases {
	struct text *text;
	uint64_t uses;
	struct canvas card[CARDS];
	struct canvas strip[STRIPS];
	struct canvas tile[TILES];
};

struct canvases *canvases_create(struct text *text)
{
	struct canvases *canvases = xcalloc(1, sizeof(*canvases));

	canvases->text = text;
	return canvases;
}

static void canvas_clear(struct canvas *canvas)
{
	if (canvas->image) {
		pixman_image_unref(canvas->image);
		canvas->image = NULL;
	}
}

void canvases_destroy(struct canvases *canvases)
{
	for (unsigned i = 0; i < CARDS; i++) {
		canvas_clear(&canvases->card[i]);
	}
	for (unsigned i = 0; i < STRIPS; i++) {
		canvas_clear(&canvases->strip[i]);
	}
	for (unsigned i = 0; i < TILES; i++) {
		canvas_clear(&canvases->tile[i]);
	}
	free(canvases);
}

typedef void (*canvas_draw_fn)(struct text *text, pixman_image_t *image,
			       const struct canvas_key *key);

/* The canvas of this key; drawn now, in place of the one unused for longest, when there is none. */
static pixman_image_t *canvas_get(struct canvases *canvases, struct canvas *set, unsigned n,
				  const struct canvas_key *key, canvas_draw_fn draw)
{
	struct canvas *oldest = &set[0];

	for (unsigned i = 0; i < n; i++) {
		/* Keys are cleared before they are filled, so their padding is alike. */
		/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
		if (set[i].image && memcmp(&set[i].key, key, sizeof(*key)) == 0) {
			set[i].used = ++canvases->uses;
			return set[i].image;
		}
		oldest = set[i].used < oldest->used ? &set[i] : oldest;
	}
	canvas_clear(oldest);
	oldest->image = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, key->width, key->height,
							  NULL, 0);
	if (oldest->image) {
		memcpy(&oldest->key, key, sizeof(*key));
		oldest->used = ++canvases->uses;
		draw(canvases->text, oldest->image, key);
	}
	return oldest->image;
}

/*
 * Members one by one: what is behind the end of a name, or between members, must not make keys
 * differ.
 */
static void key_set_mark(struct mark *out, bool *has, const struct mark *mark)
{
	if (mark) {
		*has = true;
		snprintf(out->name, sizeof(out->name), "%s", mark->name);
		out->colour = mark->colour;
		out->pattern = mark->pattern;
	}
}

/* ---- the strip ---- */

/* Repeats the mark's tile over a part of the strip, aligned to it. */
static void swatch_draw(pixman_image_t *image, const struct mark *mark, int x, int w, int h)
{
	pixman_image_t *tile = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, MARK_TILE,
								 MARK_TILE, NULL, 0);

	if (!tile) {
		return;
	}
	mark_tile_draw(tile, mark);
	pixman_image_set_repeat(tile, PIXMAN_REPEAT_NORMAL);
	pixman_image_composite32(PIXMAN_OP_SRC, tile, NULL, image, 0, 0, 0, 0, x, 0, w, h);
	pixman_image_unref(tile);
}

/*
 * Right: who has the keyboard, on that guest's colour. Returns where it begins. It yields to the
 * owner's name on a narrow monitor: at most half the width.
 */
static int strip_draw_keyboard(struct text *text, pixman_image_t *image,
			       const struct canvas_key *key)
{
	const struct mark *keyboard = key->has_keyboard ? &key->keyboard : NULL;
	uint32_t ground = keyboard ? keyboard->colour : HOST_GROUND;
	char words[64];
	int width, x;

	snprintf(words, sizeof(words), "keyboard: %s", keyboard ? keyboard->name : "nobody");
	width = text_width(text, words) + 2 * GAP + (keyboard ? SWATCH_W / 2 : 0);
	width = MIN(width, key->width / 2);
	x = key->width - width;
	colour_fill(image, ground, x, 0, width, key->height);
	text_draw(text, image, words, colour_text_on(ground), x + GAP, 0, key->height,
		  width - 2 * GAP);
	if (keyboard) {
		swatch_draw(image, keyboard, key->width - MIN(SWATCH_W / 2, width / 4),
			    SWATCH_W / 2, key->height);
	}
	/* A line of its own: two guests may have colours that are alike. */
	colour_fill(image, 0x000000, x, 0, MIN(2, width), key->height);
	return x;
}

static void strip_draw(struct text *text, pixman_image_t *image, const struct canvas_key *key)
{
	const struct mark *mark = key->has_mark ? &key->mark : NULL;
	uint32_t ground = mark ? mark->colour : HOST_GROUND;
	int right, x = GAP;

	colour_fill(image, ground, 0, 0, key->width, key->height);
	right = key->is_view ? key->width : strip_draw_keyboard(text, image, key);
	if (mark) {
		int w = MIN(SWATCH_W, right / 4);

		swatch_draw(image, mark, 0, w, key->height);
		x = w + GAP;
	}
	text_draw(text, image, mark ? mark->name : HOST_NAME, colour_text_on(ground), x, 0,
		  key->height, right - x);
}

pixman_image_t *canvas_strip(struct canvases *canvases, const struct mark *mark,
			     const struct mark *keyboard, bool is_view, int width, int height)
{
	struct canvas_key key;

	memset(&key, 0, sizeof(key));
	key.width = width;
	key.height = height;
	key.is_view = is_view;
	key_set_mark(&key.mark, &key.has_mark, mark);
	key_set_mark(&key.keyboard, &key.has_keyboard, is_view ? NULL : keyboard);
	return canvas_get(canvases, canvases->strip, STRIPS, &key, strip_draw);
}

/* ---- cards ---- */

#define CARD_GROUND 0x202428
#define CARD_INK 0xe8e8e8

static void card_draw(struct text *text, pixman_image_t *image, const struct canvas_key *key)
{
	int line = text_line_height(text) * 3 / 2;
	int y = (key->height - line * (int)key->card.n_lines) / 2;

	colour_fill(image, CARD_GROUND, 0, 0, key->width, key->height);
	for (unsigned i = 0; i < key->card.n_lines; i++, y += line) {
		int x = MAX((key->width - text_width(text, key->card.lines[i])) / 2, 0);

		text_draw(text, image, key->card.lines[i], CARD_INK, x, y, line, key->width - x);
	}
}

pixman_image_t *canvas_card(struct canvases *canvases, const struct card *card, int width,
			    int height)
{
	struct canvas_key key;

	memset(&key, 0, sizeof(key));
	key.width = width;
	key.height = height;
	key.is_card = true;
	key.card.n_lines = MIN(card->n_lines, CARD_LINES);
	for (unsigned i = 0; i < key.card.n_lines; i++) {
		snprintf(key.card.lines[i], CARD_LINE_SIZE, "%s", card->lines[i]);
	}
	return canvas_get(canvases, canvases->card, CARDS, &key, card_draw);
}

/* ---- tiles ---- */

static void tile_draw(struct text *text, pixman_image_t *image, const struct canvas_key *key)
{
	mark_tile_draw(image, &key->mark);
	pixman_image_set_repeat(image, PIXMAN_REPEAT_NORMAL);
}

pixman_image_t *canvas_tile(struct canvases *canvases, const struct mark *mark)
{
	struct canvas_key key;

	memset(&key, 0, sizeof(key));
	key.width = MARK_TILE;
	key.height = MARK_TILE;
	key.has_mark = true;
	/* The name is not on it. */
	key.mark.colour = mark->colour;
	key.mark.pattern = mark->pattern;
	return canvas_get(canvases, canvases->tile, TILES, &key, tile_draw);
}
