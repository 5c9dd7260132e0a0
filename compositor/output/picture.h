/* SPDX-License-Identifier: MIT */
/* Pictures of what is on the glass, as files. */
#ifndef OUTPUT_PICTURE_H
#define OUTPUT_PICTURE_H

#include <stdio.h>

#include "base/util.h"
#include "compositor/scene/target.h"

/*
 * Writes an 8 bit RGB PNG, atomically: path has the whole picture or what it had before. Returns 0
 * or -errno.
 */
MUST_USE int picture_write_png(const char *path, const struct target *target);
/* The same into an open file, which may then hold a part of it. Any thread may. */
MUST_USE int picture_write_png_to(FILE *file, const struct target *target);

#endif
