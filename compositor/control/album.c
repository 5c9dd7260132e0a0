/* SPDX-License-Identifier: MIT */
/*
 * Pictures of all monitors that somebody in front of them asked for, by the attention menu: files of the server's own, one
 * after the other, so that only one picture is in memory at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compositor/control/control_priv.h"

static void album_end(struct control *control)
{
	if (control->album.n_done > 0) {
		log_info(LOG_US, "%u pictures of monitors are in %s, of %s", control->album.n_done,
			 control->album.directory, control->album.stamp);
	}
	free(control->album.directory);
	control->album.directory = NULL;
}

static void album_go_on(struct control *control)
{
	struct repaint *repaint = control->server->repaint;

	while (control->album.next < SCENE_MAX_OUTPUTS) {
		struct scene_output *output = repaint_output(repaint, control->album.next++);
		char *path;
		int ret;

		if (!output) {
			continue;
		}
		path = xasprintf("%s/screen-%s-%s.png", control->album.directory,
				 control->album.stamp, output->name);
		ret = shot_start(control, NULL, path, output);
		free(path);
		if (ret == 0) {
			return;
		}
	}
	album_end(control);
}

void album_next(struct control *control, int ret)
{
	if (!control->album.directory) {
		return;
	}
	if (ret < 0) {
		log_warn(LOG_HOST, "a picture of a monitor could not be written to %s: %s",
			 control->album.directory, strerror(-ret));
	} else {
		control->album.n_done++;
	}
	album_go_on(control);
}

static void stamp_write(char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm local;

	if (!localtime_r(&now, &local) || strftime(out, size, "%Y%m%d-%H%M%S", &local) == 0) {
		snprintf(out, size, "%lld", (long long)now);
	}
}

int control_take_pictures(struct control *control)
{
	const char *directory = control->server->settings->state_dir;

	if (!directory[0]) {
		return -ENOENT;
	}
	if (control->album.directory) {
		return -EBUSY;
	}
	control->album.directory = xstrdup(directory);
	control->album.next = control->album.n_done = 0;
	stamp_write(control->album.stamp, sizeof(control->album.stamp));
	album_go_on(control);
	return 0;
}
