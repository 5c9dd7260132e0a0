/* SPDX-License-Identifier: MIT */
/*
 * A picture of what an output shows, marks included. This is the one place where a whole frame is copied, because
 * somebody asked for a copy. It is drawn anew from what the scene shows, band by band on turns of the loop when nothing
 * else is to be done, so that it needs no reading back from video memory and delays no frame. While a frame is on its way
 * to the glass it waits; one that came there meanwhile begins it again, for a picture never mixes two. A thread compresses
 * it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/control/control_priv.h"
#include "compositor/output/picture.h"

/* Pixels of one turn: far below a millisecond. */
#define BAND_PIXELS (256 * 1024)
/* After so many beginnings it is drawn in one turn. */
#define TRIES 8
/* A flip that does not come, as of a monitor that is away, is not waited for longer. */
#define PATIENCE_NS NSEC_PER_SEC

struct shot {
	struct list link; /* control.shots */
	struct control *control;
	sd_event_source *turn;
	struct clock_timer *patience;
	bool is_impatient;
	sd_bus_message *call; /* NULL: it goes to path */
	char *path;
	char output[32];
	struct target target; /* pixels are ours */
	uint64_t frames;      /* of the output when this try began */
	int next_row;
	unsigned tries;
};

static void shot_destroy(struct shot *shot)
{
	list_remove(&shot->link);
	if (list_empty(&shot->control->shots)) {
		shot->control->server->shown = NULL;
	}
	sd_event_source_disable_unref(shot->turn);
	clock_timer_destroy(shot->patience);
	sd_bus_message_unref(shot->call);
	free(shot->path);
	free(shot->target.pixels);
	free(shot);
}

static void shot_fail(struct shot *shot, const char *error, const char *why)
{
	struct control *control = shot->control;
	bool is_file = shot->path != NULL;

	if (!is_file && sd_bus_reply_method_errorf(shot->call, error, "%s", why) < 0) {
		log_debug(LOG_US, "a control client did not wait for its picture");
	}
	shot_destroy(shot);
	if (is_file) {
		album_next(control, -ECANCELED);
	}
}

/* ---- on the thread ---- */

static int picture_write(void *data, FILE *out)
{
	return picture_write_png_to(out, data);
}

static void picture_free(void *data)
{
	struct target *target = data;

	free(target->pixels);
	free(target);
}

/* ---- on the loop ---- */

static void shot_hand_over(struct shot *shot)
{
	struct target *target = xcalloc(1, sizeof(*target));

	*target = shot->target;
	shot->target.pixels = NULL;
	if (job_start(shot->control, shot->call, shot->path, picture_write, target, picture_free) <
	    0) {
		shot_fail(shot, CONTROL_ERROR_FAILED, "no thread could be started");
		return;
	}
	shot_destroy(shot);
}

static void rows_draw(struct shot *shot, struct scene_output *output, int rows)
{
	struct frame frame;
	struct render_cost cost;

	scene_output_picture(output, &frame);
	pixman_region32_intersect_rect(&frame.damage, &frame.damage, 0, shot->next_row,
				       (unsigned)output->width, (unsigned)rows);
	renderer_draw(shot->control->server->renderer, &shot->target, frame.layers, frame.n_layers,
		      &frame.damage, &cost);
	frame_finish(&frame);
	shot->next_row += rows;
}

static struct scene_output *output_find(struct control *control, const char *name)
{
	int number = repaint_output_number(control->server->repaint, name);

	return number < 0 ? NULL : repaint_output(control->server->repaint, (unsigned)number);
}

static int handle_turn(sd_event_source *source, void *data)
{
	struct shot *shot = data;
	struct scene_output *output = output_find(shot->control, shot->output);
	int rows;

	if (!output || output->width != shot->target.width ||
	    output->height != shot->target.height) {
		shot_fail(shot, CONTROL_ERROR_NOT_FOUND, "the monitor changed or went away");
		return 0;
	}
	if (scene_output_in_flight(output) && !shot->is_impatient) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	if (output->frames != shot->frames && shot->tries < TRIES) {
		shot->frames = output->frames;
		shot->next_row = 0;
		shot->tries++;
	}
	rows = shot->tries < TRIES ? MAX(BAND_PIXELS / output->width, 1) : output->height;
	rows_draw(shot, output, MIN(rows, output->height - shot->next_row));
	if (shot->next_row == output->height) {
		shot_hand_over(shot);
	}
	return 0;
}

static void handle_shown(struct control *control, const struct scene_output *output)
{
	struct shot *shot;

	list_for_each(shot, &control->shots, link) {
		if (strcmp(shot->output, output->name) == 0) {
			sd_event_source_set_enabled(shot->turn, SD_EVENT_ON);
		}
	}
}

static void handle_patience(void *data, uint64_t now_ns)
{
	struct shot *shot = data;

	shot->is_impatient = true;
	sd_event_source_set_enabled(shot->turn, SD_EVENT_ON);
}

int shot_start(struct control *control, sd_bus_message *call, const char *path,
	       struct scene_output *output)
{
	struct shot *shot = xcalloc(1, sizeof(*shot));
	int ret;

	shot->control = control;
	shot->call = sd_bus_message_ref(call);
	shot->path = call ? NULL : xstrdup(path);
	shot->frames = output->frames;
	shot->target = (struct target){
		.width = output->width,
		.height = output->height,
		.stride = output->width * 4,
		.scale = output->scale,
		.pixels = calloc((size_t)output->height, (size_t)output->width * 4),
	};
	snprintf(shot->output, sizeof(shot->output), "%s", output->name);
	list_append(&control->shots, &shot->link);
	ret = shot->target.pixels ? 0 : -ENOMEM;
	if (ret == 0) {
		ret = sd_event_add_defer(control->server->event, &shot->turn, handle_turn, shot);
	}
	if (ret >= 0) {
		ret = sd_event_source_set_priority(shot->turn, PRIORITY_LAST);
	}
	if (ret >= 0) {
		ret = sd_event_source_set_enabled(shot->turn, SD_EVENT_ON);
	}
	shot->patience = clock_timer_create(control->server->clock, CONTROL_PRIORITY,
					    handle_patience, shot);
	if (ret < 0 || !shot->patience) {
		shot_destroy(shot);
		return ret < 0 ? ret : -ENOMEM;
	}
	clock_timer_arm(shot->patience, clock_now(control->server->clock) + PATIENCE_NS);
	control->server->shown = handle_shown;
	return 0;
}

void shots_finish(struct control *control)
{
	struct shot *shot, *tmp;

	list_for_each_safe(shot, tmp, &control->shots, link) {
		shot_destroy(shot);
	}
}
