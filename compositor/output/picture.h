/* SPDX-License-Identifier: MIT */
/* Pictures of what is on the glass, as files: for tests and the demo. */
#ifndef OUTPUT_PICTURE_H
#define OUTPUT_PICTURE_H

#include "base/util.h"
#include "compositor/scene/target.h"

/*
 * Writes an 8 bit RGB PNG, atomically: path has the whole picture or what it had before. Returns 0
 * or -errno.
 */
MUST_USE int picture_write_png(const char *path, const struct target *target);

#endif
