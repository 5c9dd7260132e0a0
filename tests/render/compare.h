/* SPDX-License-Identifier: MIT */
/* Compares what was drawn with the pictures in tests/render/reference. */
#ifndef TESTS_COMPARE_H
#define TESTS_COMPARE_H

#include "compositor/scene/target.h"

/*
 * Fails the test when a channel of a pixel is off by more than tolerance; the picture and the
 * difference are then below $VITRINE_BUILD/render. With UPDATE=1 in the environment the reference
 * is written instead.
 */
void compare_with_reference(const char *name, const struct target *target, int tolerance);

#endif
