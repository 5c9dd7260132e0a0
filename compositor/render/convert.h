/* SPDX-License-Identifier: MIT */
#ifndef RENDER_CONVERT_H
#define RENDER_CONVERT_H

#include <stdint.h>

#include "base/format.h"

/* n pixels of some format at from, however aligned, to opaque XRGB8888. */
typedef void (*convert_fn)(uint32_t *to, const uint8_t *from, int n);

/* NULL: they are that already. */
convert_fn convert_from(const struct pixel_format *format);

#endif
