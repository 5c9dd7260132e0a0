/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/render/host/host.h"
#include "compositor/render/host/panel.h"

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
/* At scale 1, pixels of pattern at the left of the strip, and half of it by the keyboard's owner. */
#define SWATCH_W 72
#define GAP 8

/* What a canvas shows, compared byte by byte: zeroed before it is filled. */
struct canvas_key {
	int width, height;
	double scale;
	bool is_card, is_view, has_mark, has_keyboard;
	struct mark mark, keyboard;
	char note[STRIP_NOTE_SIZE];
	struct card card;
};

struct canvas {
	struct canvas_key key;
	pixman_image_t *image; /* NULL: free */
	struct canvas_picture picture;
	uint64_t used;
};

struct canvases {
	struct text *text;
	uint64_t uses, serial;
	struct canvas card[CARDS];
	struct canvas strip[STRIPS];
	struct canvas tile[TILES];
	struct panel_canvases *panels;
};

struct canvases *canvases_create(struct text *text)
{
	struct canvases *canvases = xcalloc(1, sizeof(*canvases));

	canvases->text = text;
	canvases->panels = panel_canvases_create(text);
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
	panel_canvases_destroy(canvases->panels);
	free(canvases);
}

typedef void (*canvas_draw_fn)(struct text *text, pixman_image_t *image,
			       const struct canvas_key *key);

static void canvas_make(struct canvases *canvases, struct canvas *canvas,
			const struct canvas_key *key, canvas_draw_fn draw)
{
	canvas_clear(canvas);
	canvas->image = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, key->width, key->height,
							  NULL, 0);
	if (!canvas->image) {
		return;
	}
	memcpy(&canvas->key, key, sizeof(*key));
	draw(canvases->text, canvas->image, key);
	canvas->picture = (struct canvas_picture){
		.pixels = (const uint8_t *)pixman_image_get_data(canvas->image),
		.width = key->width,
		.height = key->height,
		.stride = pixman_image_get_stride(canvas->image),
		.serial = ++canvases->serial,
	};
}

/* The canvas of this key; drawn now, in place of the one unused for longest, when there is none. */
static const struct canvas_picture *canvas_get(struct canvases *canvases, struct canvas *set,
					       unsigned n, const struct canvas_key *key,
					       canvas_draw_fn draw)
{
	struct canvas *oldest = &set[0];

	for (unsigned i = 0; i < n; i++) {
		/* Keys are cleared before they are filled, so their padding is alike. */
		/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
		if (set[i].image && memcmp(&set[i].key, key, sizeof(*key)) == 0) {
			set[i].used = ++canvases->uses;
			return &set[i].picture;
		}
		oldest = set[i].used < oldest->used ? &set[i] : oldest;
	}
	canvas_make(canvases, oldest, key, draw);
	oldest->used = ++canvases->uses;
	return oldest->image ? &oldest->picture : NULL;
}

static void key_init(struct canvas_key *key, int width, int height, double scale)
{
	memset(key, 0, sizeof(*key));
	key->width = width;
	key->height = height;
	key->scale = scale;
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

/* Pixels at this key's scale. */
static int scaled(const struct canvas_key *key, int length)
{
	return (int)(length * key->scale + 0.5);
}

/* ---- the strip ---- */

/*
 * Right: who has the keyboard, on that guest's colour. Returns where it begins. It yields to the
 * owner's name on a narrow monitor: at most half the width.
 */
static int strip_draw_keyboard(struct text *text, pixman_image_t *image,
			       const struct canvas_key *key)
{
	const struct mark *keyboard = key->has_keyboard ? &key->keyboard : NULL;
	uint32_t ground = keyboard ? keyboard->colour : HOST_GROUND;
	int gap = scaled(key, GAP), swatch = scaled(key, SWATCH_W / 2);
	char words[64];
	int width, x;

	snprintf(words, sizeof(words), "keyboard: %s", keyboard ? keyboard->name : "nobody");
	width = text_width(text, words, key->scale) + 2 * gap + (keyboard ? swatch : 0);
	width = MIN(width, key->width / 2);
	x = key->width - width;
	colour_fill(image, ground, x, 0, width, key->height);
	text_draw(text, image,
		  &(struct text_line){words, colour_text_on(ground), x + gap, 0, key->height,
				      width - 2 * gap, key->scale});
	if (keyboard) {
		mark_fill(image, keyboard, key->scale,
			  &(struct rect){key->width - MIN(swatch, width / 4), 0, swatch,
					 key->height});
	}
	/* A line of its own: two guests may have colours that are alike. */
	colour_fill(image, 0x000000, x, 0, MIN(MAX(scaled(key, 2), 1), width), key->height);
	return x;
}

/* Left of the keyboard's owner, on the host's ground. Returns where it begins. The owner's name keeps half of the room. */
static int strip_draw_note(struct text *text, pixman_image_t *image, const struct canvas_key *key,
			   int right)
{
	int gap = scaled(key, GAP);
	int width = MIN(text_width(text, key->note, key->scale) + 2 * gap, right / 2);

	if (!key->note[0]) {
		return right;
	}
	colour_fill(image, HOST_GROUND, right - width, 0, width, key->height);
	text_draw(text, image,
		  &(struct text_line){key->note, HOST_INK, right - width + gap, 0, key->height,
				      width - 2 * gap, key->scale});
	return right - width;
}

static void strip_draw(struct text *text, pixman_image_t *image, const struct canvas_key *key)
{
	const struct mark *mark = key->has_mark ? &key->mark : NULL;
	uint32_t ground = mark ? mark->colour : HOST_GROUND;
	int right, x = scaled(key, GAP);

	colour_fill(image, ground, 0, 0, key->width, key->height);
	right = key->is_view ?
			key->width :
			strip_draw_note(text, image, key, strip_draw_keyboard(text, image, key));
	if (mark) {
		int w = MIN(scaled(key, SWATCH_W), right / 4);

		mark_fill(image, mark, key->scale, &(struct rect){0, 0, w, key->height});
		x += w;
	}
	text_draw(text, image,
		  &(struct text_line){mark ? mark->name : HOST_NAME, colour_text_on(ground), x, 0,
				      key->height, right - x, key->scale});
}

const struct canvas_picture *canvas_strip(struct canvases *canvases, const struct layer *layer,
					  double scale)
{
	struct canvas_key key;

	key_init(&key, layer->dst.w, layer->dst.h, scale);
	key_set_mark(&key.mark, &key.has_mark, layer->strip.mark);
	key.is_view = layer->strip.is_view;
	key_set_mark(&key.keyboard, &key.has_keyboard, key.is_view ? NULL : layer->strip.keyboard);
	if (layer->strip.note && !key.is_view) {
		snprintf(key.note, sizeof(key.note), "%s", layer->strip.note);
	}
	return canvas_get(canvases, canvases->strip, STRIPS, &key, strip_draw);
}

/* ---- cards ---- */

#define CARD_GROUND 0x202428
#define CARD_INK 0xe8e8e8

static void card_draw(struct text *text, pixman_image_t *image, const struct canvas_key *key)
{
	int line = text_line_height(text, key->scale) * 3 / 2;
	int y = (key->height - line * (int)key->card.n_lines) / 2;

	colour_fill(image, CARD_GROUND, 0, 0, key->width, key->height);
	for (unsigned i = 0; i < key->card.n_lines; i++, y += line) {
		const char *words = key->card.lines[i];
		int x = MAX((key->width - text_width(text, words, key->scale)) / 2, 0);

		text_draw(text, image,
			  &(struct text_line){words, CARD_INK, x, y, line, key->width - x,
					      key->scale});
	}
}

const struct canvas_picture *canvas_card(struct canvases *canvases, const struct layer *layer,
					 double scale)
{
	const struct card *card = layer->card;
	struct canvas_key key;

	key_init(&key, layer->dst.w, layer->dst.h, scale);
	key.is_card = true;
	key.card.n_lines = MIN(card->n_lines, CARD_LINES);
	for (unsigned i = 0; i < key.card.n_lines; i++) {
		snprintf(key.card.lines[i], CARD_LINE_SIZE, "%s", card->lines[i]);
	}
	return canvas_get(canvases, canvases->card, CARDS, &key, card_draw);
}

const struct canvas_picture *canvas_panel(struct canvases *canvases, const struct layer *layer,
					  double scale)
{
	return panel_canvas(canvases->panels, layer, scale, &canvases->serial);
}

/* ---- tiles ---- */

static void tile_draw(struct text *text, pixman_image_t *image, const struct canvas_key *key)
{
	mark_tile_draw(image, &key->mark, key->scale);
}

const struct canvas_picture *canvas_tile(struct canvases *canvases, const struct mark *mark,
					 double scale)
{
	struct canvas_key key;

	key_init(&key, mark_tile_size(scale), mark_tile_size(scale), scale);
	key.has_mark = true;
	/* The name is not on it. */
	key.mark.colour = mark->colour;
	key.mark.pattern = mark->pattern;
	return canvas_get(canvases, canvases->tile, TILES, &key, tile_draw);
}
