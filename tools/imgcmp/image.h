/* SPDX-License-Identifier: MIT */
/* Pictures from files: PNG, or binary PPM (P6, 8 bit). */
#ifndef IMGCMP_IMAGE_H
#define IMGCMP_IMAGE_H

#include <stdint.h>

#include "base/util.h"

struct image {
	int width, height;
	uint8_t *rgb; /* rows without padding; image_finish frees it */
};

/* Returns 0, or -errno after it wrote to standard error what is wrong with the file. */
MUST_USE int image_load(struct image *image, const char *path);
void image_finish(struct image *image);

#endif
