/* SPDX-License-Identifier: MIT */
/* What a hostile guest would try, and what it gets back. For tests of the backend. */
#ifndef TOOLS_PVFRONT_HOSTILE_H
#define TOOLS_PVFRONT_HOSTILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/util.h"
#include "tools/pvfront/display.h"

void hostile_list(FILE *out);
/* All names are known? */
bool hostile_names_valid(const char *names);

/*
 * Does each named harm on a display that is connected and shown, floods for so many seconds; after one that ended the connection it connects again.
 * Each line on standard output says "hostile NAME: WHAT: what came back", the last of one "hostile NAME: contained" or
 * "hostile NAME: NOT CONTAINED". Returns 0 when all were contained, that is answered with an error or ended by closing the
 * device; -EPROTO when one was not; -errno when the display could not be brought back.
 */
int hostile_run(struct display *display, const char *names, unsigned seconds);

#endif
