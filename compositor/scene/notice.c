/* SPDX-License-Identifier: MIT */
/* A line of the host's own at the foot of every monitor, above whatever guests show there. */
#include <errno.h>
#include <string.h>

#include "compositor/scene/scene_priv.h"

#define NOTICE_HEIGHT 48 /* pixels, at scale 1; never more than a quarter of the monitor */

static struct rect notice_rect(const struct scene_output *output)
{
	int height = MIN(output_px(output, NOTICE_HEIGHT), output->height / 4);

	return (struct rect){0, output->height - height, output->width, height};
}

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~') {
			return false;
		}
	}
	return true;
}

int scene_set_notice(struct scene *scene, const char *text)
{
	struct scene_output *output;

	if (strlen(text) >= CARD_LINE_SIZE || !is_printable(text)) {
		return -EINVAL;
	}
	memcpy(scene->notice.lines[0], text, strlen(text) + 1);
	scene->notice.n_lines = *text ? 1 : 0;
	list_for_each(output, &scene->outputs, link) {
		struct rect rect = notice_rect(output);

		damage_add(output, &rect);
	}
	return 0;
}

const char *scene_notice(const struct scene *scene)
{
	return scene->notice.n_lines ? scene->notice.lines[0] : "";
}

void notice_push(struct scene_output *output)
{
	if (output->scene->notice.n_lines) {
		layer_push(output->state, LAYER_CARD, notice_rect(output))->card =
			&output->scene->notice;
	}
}

bool notice_covers(const struct scene_output *output, double x, double y)
{
	struct rect rect = notice_rect(output);

	return output->scene->notice.n_lines && rect_contains(&rect, x, y);
}
