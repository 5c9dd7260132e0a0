/* SPDX-License-Identifier: MIT */
#include "base/transform.h"

#include <errno.h>
#include <string.h>

static const char *const names[TRANSFORMS] = {
	"normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270",
};

/* A corner of the upright picture, on a panel of width x height. */
static void to_panel(enum transform transform, int width, int height, int *x, int *y)
{
	int upright_width = transform_swaps(transform) ? height : width;
	int u = transform >= TRANSFORM_FLIPPED ? upright_width - *x : *x, v = *y;

	switch (transform & 3) {
	case TRANSFORM_NORMAL:
		*x = u;
		*y = v;
		break;
	case TRANSFORM_90:
		*x = v;
		*y = height - u;
		break;
	case TRANSFORM_180:
		*x = width - u;
		*y = height - v;
		break;
	case TRANSFORM_270:
		*x = width - v;
		*y = u;
		break;
	}
}

struct rect transform_rect(enum transform transform, int width, int height, const struct rect *rect)
{
	int x1 = rect->x, y1 = rect->y, x2 = rect->x + rect->w, y2 = rect->y + rect->h;

	to_panel(transform, width, height, &x1, &y1);
	to_panel(transform, width, height, &x2, &y2);
	return (struct rect){MIN(x1, x2), MIN(y1, y2), MAX(x1, x2) - MIN(x1, x2),
			     MAX(y1, y2) - MIN(y1, y2)};
}

void transform_region(enum transform transform, int width, int height,
		      const pixman_region32_t *region, pixman_region32_t *out)
{
	int n;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	if (transform == TRANSFORM_NORMAL) {
		pixman_region32_copy(out, (pixman_region32_t *)region);
		return;
	}
	pixman_region32_clear(out);
	for (int i = 0; i < n; i++) {
		struct rect upright = {boxes[i].x1, boxes[i].y1, boxes[i].x2 - boxes[i].x1,
				       boxes[i].y2 - boxes[i].y1};
		struct rect panel = transform_rect(transform, width, height, &upright);

		pixman_region32_union_rect(out, out, panel.x, panel.y, (unsigned)panel.w,
					   (unsigned)panel.h);
	}
}

void transform_point_upright(enum transform transform, double *x, double *y)
{
	double px = *x, py = *y;

	switch (transform & 3) {
	case TRANSFORM_NORMAL:
		break;
	case TRANSFORM_90:
		*x = 1 - py;
		*y = px;
		break;
	case TRANSFORM_180:
		*x = 1 - px;
		*y = 1 - py;
		break;
	case TRANSFORM_270:
		*x = py;
		*y = 1 - px;
		break;
	}
	if (transform >= TRANSFORM_FLIPPED) {
		*x = 1 - *x;
	}
}

int transform_parse(const char *text, enum transform *out)
{
	for (unsigned i = 0; i < TRANSFORMS; i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = (enum transform)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *transform_name(enum transform transform)
{
	return names[transform];
}
