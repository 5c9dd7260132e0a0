/* SPDX-License-Identifier: MIT */
/*
 * The planes of one output: joins the planner, which decides, the scene, which has the layers, and the device, which is
 * asked when there is time. Buffers on planes are locked here until the flip of a frame without them, whatever becomes of
 * their heads.
 *
 * Per frame: planes_choose after the scene's latch, planes_frame for the commit, planes_committed; then planes_flipped.
 */
#ifndef COMPOSITOR_PLANES_H
#define COMPOSITOR_PLANES_H

#include "compositor/scene/planner.h"
#include "compositor/server.h"

struct planes;

/* NULL: no timer. */
struct planes *planes_create(struct server *server, struct output_device *device);
/* No frame is on the glass any more. */
void planes_destroy(struct planes *planes);
/* Decides for the latched frame; its damage becomes what is left to draw. False: nothing is, and no target is needed. */
bool planes_choose(struct planes *planes, struct scene_output *output, unsigned target_age,
		   struct frame *frame);
/* What planes show in the frame that was chosen for. */
void planes_fill(const struct planes *planes, struct output_frame *frame);
/* ret: of the device's commit. */
void planes_committed(struct planes *planes, int ret);
/* The frame is on the glass: buffers that it replaced are free. The next one is drawn at deadline_ns at the earliest. */
void planes_flipped(struct planes *planes, uint64_t now_ns, uint64_t deadline_ns);
/* Nothing is on the glass any more, and no flip follows: the buffers are free. */
void planes_lost(struct planes *planes);
/* What the device answered counts no longer. */
void planes_forget(struct planes *planes);
/*
 * What was decided for the picture at this place of the output; dst NULL: for the one that is farthest from costing
 * nothing, the largest of those that are drawn, or of all. NULL: there is none. Valid until the next frame.
 */
const struct plan_note *planes_note(const struct planes *planes, const struct rect *dst);
/* How many planes the last frame has, and how often the device was asked. */
unsigned planes_count(const struct planes *planes);
uint64_t planes_tests(const struct planes *planes);

#endif
