/* SPDX-License-Identifier: MIT */
/* The host's panels, drawn: one picture for each size of monitor, drawn again when the panel says something else. */
#ifndef RENDER_HOST_PANEL_H
#define RENDER_HOST_PANEL_H

#include "compositor/render/host/host.h"

struct panel_canvases;

/* text is borrowed. */
struct panel_canvases *panel_canvases_create(struct text *text);
void panel_canvases_destroy(struct panel_canvases *canvases);
/* Covers the layer. Borrowed until the next call; NULL without memory. serials: the last one that was given to a picture. */
const struct canvas_picture *panel_canvas(struct panel_canvases *canvases, const struct layer *layer,
					  double scale, uint64_t *serials);

#endif
