/* SPDX-License-Identifier: MIT */
/*
 * Text from two sets of glyphs: the ones of scale 1, fitted to the pixel grid, and large ones that are scaled down to
 * whatever other scale a monitor has.
 */
#include <errno.h>
#include <fcft/fcft.h>
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "compositor/render/host/host.h"

#define DEFAULT_FONT "DejaVu Sans"
#define NORMAL_ATTRIBUTES "pixelsize=15:weight=bold"
#define LARGE_ATTRIBUTES "pixelsize=60:weight=bold"
#define LARGE_SCALE 4
#define FIRST_CHAR 0x20
#define LAST_CHAR 0x7e
#define SUBSAMPLE_BITS 3 /* positions between two pixels that the filter has coefficients for */

struct glyphs {
	struct fcft_font *font;
	/* Owned by the font. What is not printable ASCII is drawn as '?'. */
	const struct fcft_glyph *glyphs[LAST_CHAR - FIRST_CHAR + 1];
};

struct text {
	struct glyphs normal, large;
	/* Of the scale that was drawn last. */
	double filter_scale;
	pixman_fixed_t *filter;
	int n_filter;
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

static int glyphs_load(struct glyphs *glyphs, const char *name, const char *attributes)
{
	const char *names[] = {name};

	glyphs->font = fcft_from_name(ARRAY_SIZE(names), names, attributes);
	if (!glyphs->font) {
		return -ENOENT;
	}
	for (uint32_t c = FIRST_CHAR; c <= LAST_CHAR; c++) {
		const struct fcft_glyph *glyph = fcft_rasterize_char_utf32(glyphs->font, c,
									   FCFT_SUBPIXEL_NONE);

		if (!glyph) {
			return -ENOENT;
		}
		glyphs->glyphs[c - FIRST_CHAR] = glyph;
	}
	return 0;
}

int text_create(struct text **out, const char *name)
{
	struct text *text;
	int ret = library_init();

	if (ret < 0) {
		return ret;
	}
	name = name ? name : DEFAULT_FONT;
	text = xcalloc(1, sizeof(*text));
	ret = glyphs_load(&text->normal, name, NORMAL_ATTRIBUTES);
	if (ret == 0) {
		ret = glyphs_load(&text->large, name, LARGE_ATTRIBUTES);
	}
	if (ret < 0) {
		log_error(LOG_ADMIN,
			  "font \"%s\" cannot be loaded: install Debian "
			  "package fonts-dejavu-core, or name another with --font",
			  name);
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
	fcft_destroy(text->normal.font);
	fcft_destroy(text->large.font);
	free(text->filter);
	free(text);
	library_finish();
}

/* The set for this scale, and by how much its glyphs are to be made larger. */
static const struct glyphs *glyphs_at(const struct text *text, double scale, double *factor)
{
	*factor = scale == 1 ? 1 : scale / LARGE_SCALE;
	return scale == 1 ? &text->normal : &text->large;
}

static const struct fcft_glyph *glyph_of(const struct glyphs *glyphs, char c)
{
	unsigned char code = (unsigned char)c;

	return glyphs->glyphs[(code >= FIRST_CHAR && code <= LAST_CHAR ? code : '?') - FIRST_CHAR];
}

int text_width(struct text *text, const char *string, double scale)
{
	double factor;
	const struct glyphs *glyphs = glyphs_at(text, scale, &factor);
	int width = 0;

	for (; *string; string++) {
		width += glyph_of(glyphs, *string)->advance.x;
	}
	return (int)ceil(width * factor);
}

int text_line_height(const struct text *text, double scale)
{
	double factor;
	const struct glyphs *glyphs = glyphs_at(text, scale, &factor);

	return (int)ceil(glyphs->font->height * factor);
}

/* ---- drawing ---- */

struct pen {
	pixman_image_t *canvas, *ink;
	double factor;
	const struct text *text; /* for its filter */
};

/* The canvas from x, y of the scaled glyph on shows it; those are parts of a pixel. */
static void glyph_scale(const struct pen *pen, const struct fcft_glyph *glyph, double x, double y)
{
	pixman_transform_t transform;

	pixman_transform_init_scale(&transform, pixman_double_to_fixed(1 / pen->factor),
				    pixman_double_to_fixed(1 / pen->factor));
	transform.matrix[0][2] = pixman_double_to_fixed(x / pen->factor);
	transform.matrix[1][2] = pixman_double_to_fixed(y / pen->factor);
	pixman_image_set_transform(glyph->pix, &transform);
	if (pen->text->filter) {
		pixman_image_set_filter(glyph->pix, PIXMAN_FILTER_SEPARABLE_CONVOLUTION,
					pen->text->filter, pen->text->n_filter);
	}
}

static void glyph_blend(const struct pen *pen, const struct fcft_glyph *glyph, int x, int y, int w,
			int h)
{
	if (pixman_image_get_format(glyph->pix) == PIXMAN_a8r8g8b8) {
		pixman_image_composite32(PIXMAN_OP_OVER, glyph->pix, NULL, pen->canvas, 0, 0, 0, 0,
					 x, y, w, h);
	} else {
		pixman_image_composite32(PIXMAN_OP_OVER, pen->ink, glyph->pix, pen->canvas, 0, 0, 0,
					 0, x, y, w, h);
	}
}

/* x: of the pen, y: of the baseline. */
static void glyph_draw(const struct pen *pen, const struct fcft_glyph *glyph, double x, double y)
{
	double left = x + glyph->x * pen->factor, top = y - glyph->y * pen->factor;
	int x1 = (int)floor(left), y1 = (int)floor(top);

	if (pen->factor == 1) {
		glyph_blend(pen, glyph, x1, y1, glyph->width, glyph->height);
		return;
	}
	glyph_scale(pen, glyph, x1 - left, y1 - top);
	glyph_blend(pen, glyph, x1, y1, (int)ceil(glyph->width * pen->factor) + 1,
		    (int)ceil(glyph->height * pen->factor) + 1);
	pixman_image_set_transform(glyph->pix, NULL);
	pixman_image_set_filter(glyph->pix, PIXMAN_FILTER_NEAREST, NULL, 0);
}

/* Without memory glyphs are scaled with no filter. */
static void filter_prepare(struct text *text, double factor)
{
	pixman_fixed_t step = pixman_double_to_fixed(1 / factor);

	if (text->filter_scale == factor) {
		return;
	}
	free(text->filter);
	text->filter = pixman_filter_create_separable_convolution(
		&text->n_filter, step, step, PIXMAN_KERNEL_LINEAR, PIXMAN_KERNEL_LINEAR,
		PIXMAN_KERNEL_BOX, PIXMAN_KERNEL_BOX, SUBSAMPLE_BITS, SUBSAMPLE_BITS);
	text->filter_scale = factor;
}

static void string_draw(const struct pen *pen, const struct glyphs *glyphs,
			const struct text_line *line)
{
	const struct fcft_font *font = glyphs->font;
	double ascent = font->ascent * pen->factor, descent = font->descent * pen->factor;
	double x = line->x, end = line->x + line->max_w;
	double baseline = line->y + (int)((line->height - ascent - descent) / 2) + round(ascent);

	for (const char *c = line->string; *c; c++) {
		const struct fcft_glyph *glyph = glyph_of(glyphs, *c);
		double advance = glyph->advance.x * pen->factor;

		if (x + advance > end) {
			break;
		}
		glyph_draw(pen, glyph, x, baseline);
		x += advance;
	}
}

void text_draw(struct text *text, pixman_image_t *canvas, const struct text_line *line)
{
	pixman_color_t colour = {(uint16_t)((line->colour >> 16 & 0xff) * 0x101),
				 (uint16_t)((line->colour >> 8 & 0xff) * 0x101),
				 (uint16_t)((line->colour & 0xff) * 0x101), 0xffff};
	struct pen pen = {.canvas = canvas, .text = text};
	const struct glyphs *glyphs = glyphs_at(text, line->scale, &pen.factor);

	if (pen.factor != 1) {
		filter_prepare(text, pen.factor);
	}
	pen.ink = pixman_image_create_solid_fill(&colour);
	if (pen.ink) {
		string_draw(&pen, glyphs, line);
		pixman_image_unref(pen.ink);
	}
}
