/* SPDX-License-Identifier: MIT */
/* Where the rows of the host's panel are: the same for what draws them and for what is pointed at. */
#ifndef SCENE_PANEL_H
#define SCENE_PANEL_H

#include "compositor/scene/layer.h"

/*
 * Heights are counted in units: a row of text has two of them, a title three, a rule one, and there is one above and one
 * below all. A box is as high as a whole number of pixels for each.
 */
unsigned panel_units(const enum panel_row_kind *kinds, unsigned n);
/* Pixels of a unit of a box of this height. */
int panel_unit(const enum panel_row_kind *kinds, unsigned n, int box_height);
/* Of row i, all across the box; in the box' own pixels. */
struct rect panel_row_rect(const enum panel_row_kind *kinds, unsigned n, unsigned i,
			   const struct rect *box);
/* The kinds of a panel's rows. Returns how many rows there are. */
unsigned panel_kinds(const struct panel *panel, enum panel_row_kind out[PANEL_ROWS]);

#endif
