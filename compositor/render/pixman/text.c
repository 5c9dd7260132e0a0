/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcft/fcft.h>
#include <stdlib.h>

#include "base/log.h"
#include "compositor/render/pixman/painter.h"

#define DEFAULT_FONT "DejaVu Sans"
#define FONT_ATTRIBUTES "pixelsize=15:weight=bold"
#define FIRST_CHAR 0x20
#define LAST_CHAR 0x7e

struct text {
	struct fcft_font *font;
	/* Owned by the font. What is not printable ASCII is drawn as '?'. */
	const struct fcft_glyph *glyphs[LAST_CHAR - FIRST_CHAR + 1];
};

/* fcft is initialised per process, not per font. */
static unsigned users;

static int library_init(void)
{
	if (users == 0 && !fcft_init(FCFT_LOG_COLORIZE_NEVER, false, FCFT_LOG_CLASS_ERROR)) {
		log_error(LOG_HOST, "the font library cannot be initialised");
		return -EIO;
	}
	users++;
	return 0;
}

static void library_finish(void)
{
	if (--users == 0) {
		fcft_fini();
	}
}

static int glyphs_load(struct text *text)
{
	for (uint32_t c = FIRST_CHAR; c <= LAST_CHAR; c++) {
		const struct fcft_glyph *glyph = fcft_rasterize_char_utf32(text->font, c,
									   FCFT_SUBPIXEL_NONE);

		if (!glyph) {
			return -ENOENT;
		}
		text->glyphs[c - FIRST_CHAR] = glyph;
	}
	return 0;
}

int text_create(struct text **out, const char *name)
{
	const char *names[] = {name ? name : DEFAULT_FONT};
	struct text *text;
	int ret = library_init();

	if (ret < 0) {
		return ret;
	}
	text = xcalloc(1, sizeof(*text));
	text->font = fcft_from_name(ARRAY_SIZE(names), names, FONT_ATTRIBUTES);
	ret = text->font ? glyphs_load(text) : -ENOENT;
	if (ret < 0) {
		log_error(LOG_ADMIN,
			  "font \"%s\" cannot be loaded: install Debian "
			  "package fonts-dejavu-core, or name another with --font",
			  names[0]);
		text_destroy(text);
		return ret;
	}
	*out = text;
	return 0;
}

void text_destroy(struct text *text)
{
	if (!text) {
		return;
	}
	fcft_destroy(text->font);
	free(text);
	library_finish();
}

static const struct fcft_glyph *glyph_of(const struct text *text, char c)
{
	unsigned char code = (unsigned char)c;

	return text->glyphs[(code >= FIRST_CHAR && code <= LAST_CHAR ? code : '?') - FIRST_CHAR];
}

int text_width(struct text *text, const char *string)
{
	int width = 0;

	for (; *string; string++) {
		width += glyph_of(text, *string)->advance.x;
	}
	return width;
}

int text_line_height(const struct text *text)
{
	return text->font->height;
}

static void glyph_draw(const struct fcft_glyph *glyph, pixman_image_t *canvas, pixman_image_t *ink,
		       int x, int y)
{
	if (pixman_image_get_format(glyph->pix) == PIXMAN_a8r8g8b8) {
		pixman_image_composite32(PIXMAN_OP_OVER, glyph->pix, NULL, canvas, 0, 0, 0, 0, x, y,
					 glyph->width, glyph->height);
	} else {
		pixman_image_composite32(PIXMAN_OP_OVER, ink, glyph->pix, canvas, 0, 0, 0, 0, x, y,
					 glyph->width, glyph->height);
	}
}

void text_draw(struct text *text, pixman_image_t *canvas, const char *string, uint32_t colour,
	       int x, int y, int line_height, int max_w)
{
	pixman_color_t ink_colour = {(uint16_t)((colour >> 16 & 0xff) * 0x101),
				     (uint16_t)((colour >> 8 & 0xff) * 0x101),
				     (uint16_t)((colour & 0xff) * 0x101), 0xffff};
	pixman_image_t *ink = pixman_image_create_solid_fill(&ink_colour);
	int baseline = y + (line_height - text->font->ascent - text->font->descent) / 2 +
		       text->font->ascent;
	int end = x + max_w;

	for (; ink && *string; string++) {
		const struct fcft_glyph *glyph = glyph_of(text, *string);

		if (x + glyph->advance.x > end) {
			break;
		}
		glyph_draw(glyph, canvas, ink, x + glyph->x, baseline - glyph->y);
		x += glyph->advance.x;
	}
	if (ink) {
		pixman_image_unref(ink);
	}
}
