/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/pattern.h"

#include <errno.h>
#include <stdlib.h>

#define WHITE 0xffffffu
#define BARS 3u
#define GLOW 64u /* steps of brightness of a bar */
#define DIGITS 6u
#define CELLS 34u /* one white, one black, 32 bits of the number from the lowest */
#define CELL_HEIGHT 8u
#define NOISE_HEIGHT 16u
#define NOISE_CELL 8u

/* 5 by 7, a row a byte, leftmost column in bit 4. */
static const uint8_t font[10][7] = {
	{0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}, {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e},
	{0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f}, {0x0e, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0e},
	{0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}, {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e},
	{0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}, {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},
	{0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}, {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c},
};

struct canvas {
	uint32_t *pixels;
	uint32_t stride, width, height;
};

/* The finaliser of a 64-bit hash: each bit of the input changes half of the output's. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* A colour of this hue (0 to 1535) whose channels run from low to high. */
static void hue_colour(uint32_t hue, uint32_t low, uint32_t high, uint32_t rgb[3])
{
	const uint8_t order[6][3] = {{2, 1, 0}, {1, 2, 0}, {0, 2, 1},
				     {0, 1, 2}, {1, 0, 2}, {2, 0, 1}};
	uint32_t sector = hue / 256 % 6;
	uint32_t part = sector % 2 ? 255 - hue % 256 : hue % 256;
	uint32_t levels[3] = {low, low + (high - low) * part / 255, high};

	for (int i = 0; i < 3; i++) {
		rgb[i] = levels[order[sector][i]];
	}
}

/* There and back again between 0 and size - 1. */
static uint32_t swing(uint64_t position, uint32_t size)
{
	uint32_t at = (uint32_t)(position % (2 * (uint64_t)size));

	return at < size ? at : 2 * size - 1 - at;
}

/* How bright the bars are in each column. */
static void draw_glow(uint8_t *glow, uint32_t width, const struct pattern *p)
{
	uint32_t half = MAX(width / 16, 2);

	for (uint32_t bar = 0; bar < BARS; bar++) {
		uint64_t start = mix(p->nonce ^ (bar + 1)) % width;
		uint32_t centre = swing(start + (uint64_t)p->frame * (3 + 2 * bar), width);

		for (uint32_t x = centre > half ? centre - half : 0; x < MIN(centre + half, width);
		     x++) {
			uint32_t distance = x > centre ? x - centre : centre - x;
			uint32_t light = (half - distance) * (GLOW - 1) / half;

			glow[x] = (uint8_t)MAX(glow[x], light);
		}
	}
}

static uint32_t shade(const uint32_t top[3], const uint32_t bottom[3], uint32_t y, uint32_t height,
		      uint32_t light)
{
	uint32_t pixel = 0;

	for (int i = 0; i < 3; i++) {
		uint32_t channel = (top[i] * (height - y) + bottom[i] * y) / height;

		pixel = pixel << 8 | MIN(channel + light, 255);
	}
	return pixel;
}

static void draw_background(const struct canvas *c, const struct pattern *p)
{
	uint32_t hue = (uint32_t)(mix(p->nonce) % 1536) + p->connector * 96;
	uint8_t *glow = xcalloc(c->width, sizeof(*glow));
	uint32_t top[3], bottom[3];

	hue_colour(hue, 40, 168, top);
	hue_colour(hue + 128, 12, 64, bottom);
	draw_glow(glow, c->width, p);
	for (uint32_t y = 0; y < c->height; y++) {
		uint32_t *row = c->pixels + (size_t)y * c->stride;
		uint32_t tones[GLOW];

		for (uint32_t light = 0; light < GLOW; light++) {
			tones[light] = shade(top, bottom, y, c->height, light);
		}
		for (uint32_t x = 0; x < c->width; x++) {
			row[x] = tones[glow[x]];
		}
	}
	free(glow);
}

static void fill(const struct canvas *c, uint32_t x, uint32_t y, uint32_t w, uint32_t h,
		 uint32_t colour)
{
	for (uint32_t row = y; row < MIN(y + h, c->height); row++) {
		for (uint32_t column = x; column < MIN(x + w, c->width); column++) {
			c->pixels[(size_t)row * c->stride + column] = colour;
		}
	}
}

static void darken(const struct canvas *c, uint32_t x, uint32_t y, uint32_t w, uint32_t h)
{
	for (uint32_t row = y; row < MIN(y + h, c->height); row++) {
		uint32_t *pixel = c->pixels + (size_t)row * c->stride;

		for (uint32_t column = x; column < MIN(x + w, c->width); column++) {
			pixel[column] = pixel[column] >> 1 & 0x7f7f7f;
		}
	}
}

static void draw_digit(const struct canvas *c, uint32_t x, uint32_t y, uint32_t scale,
		       uint32_t digit)
{
	for (uint32_t row = 0; row < 7; row++) {
		for (uint32_t column = 0; column < 5; column++) {
			if (font[digit][row] >> (4 - column) & 1) {
				fill(c, x + column * scale, y + row * scale, scale, scale, WHITE);
			}
		}
	}
}

/* The number on a dark card in the middle, and below it one dot for connector 0, two for connector 1, ... */
static void draw_number(const struct canvas *c, const struct pattern *p)
{
	uint32_t scale = MAX(MIN(c->width / 60, c->height / 24), 1);
	uint32_t width = (6 * DIGITS - 1) * scale, height = 10 * scale;
	uint32_t x = c->width > width ? (c->width - width) / 2 : 0;
	uint32_t y = c->height > height ? (c->height - height) / 2 : 0;
	uint32_t margin = MIN(MIN(x, y), 3 * scale);
	uint32_t rest = p->frame;

	darken(c, x - margin, y - margin, width + 2 * margin, height + 2 * margin);
	for (uint32_t i = DIGITS; i-- > 0; rest /= 10) {
		draw_digit(c, x + 6 * i * scale, y, scale, rest % 10);
	}
	for (uint32_t i = 0; i <= MIN(p->connector, 15); i++) {
		fill(c, x + 2 * i * scale, y + 9 * scale, scale, scale, WHITE);
	}
}

static void draw_noise(const struct canvas *c, const struct pattern *p)
{
	uint32_t end = c->height > CELL_HEIGHT ? c->height - CELL_HEIGHT : 0;
	uint32_t start = end > NOISE_HEIGHT ? end - NOISE_HEIGHT : 0;
	uint64_t seed = mix(mix(mix(p->nonce) ^ p->connector) ^ p->frame);

	for (uint32_t y = start; y < end; y++) {
		uint32_t *row = c->pixels + (size_t)y * c->stride;
		uint64_t line = mix(seed ^ (y - start) / NOISE_CELL);

		for (uint32_t x = 0; x < c->width; x++) {
			row[x] = mix(line ^ x / NOISE_CELL) & WHITE;
		}
	}
}

static uint32_t cell_width(uint32_t width)
{
	return MIN(width / CELLS, 8);
}

static uint64_t cells_of(uint32_t frame)
{
	return 1 | (uint64_t)frame << 2;
}

static void draw_cells(const struct canvas *c, uint32_t frame)
{
	uint32_t w = cell_width(c->width);
	uint32_t y = c->height > CELL_HEIGHT ? c->height - CELL_HEIGHT : 0;

	for (uint32_t i = 0; i < CELLS; i++) {
		fill(c, i * w, y, w, CELL_HEIGHT, cells_of(frame) >> i & 1 ? WHITE : 0);
	}
}

void pattern_draw(uint32_t *pixels, uint32_t stride, uint32_t width, uint32_t height,
		  const struct pattern *pattern)
{
	struct canvas canvas = {
		.pixels = pixels, .stride = stride, .width = width, .height = height};

	if (width == 0 || height == 0) {
		return;
	}

	draw_background(&canvas, pattern);
	draw_number(&canvas, pattern);
	draw_noise(&canvas, pattern);
	draw_cells(&canvas, pattern->frame);
}

int pattern_read_frame(const uint32_t *pixels, uint32_t stride, uint32_t width, uint32_t height,
		       uint32_t *frame)
{
	uint32_t w = cell_width(width);
	const uint32_t *row = pixels + (size_t)(height - 1) * stride;
	uint64_t cells = 0;

	if (w == 0) {
		return -EINVAL;
	}
	for (uint32_t i = 0; i < CELLS; i++) {
		uint32_t pixel = row[i * w + w / 2] & WHITE;

		if (pixel != WHITE && pixel != 0) {
			return -EINVAL;
		}
		cells |= (uint64_t)(pixel == WHITE) << i;
	}
	if ((cells & 3) != 1) {
		return -EINVAL;
	}
	*frame = (uint32_t)(cells >> 2);
	return 0;
}
