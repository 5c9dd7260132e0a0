/* SPDX-License-Identifier: MIT */
/*
 * Which layout is in force. Monitors that come and go are noted; on the loop's next turn, before any frame, what is
 * remembered for those that are there now is taken.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/trace.h"
#include "compositor/layout_memory.h"
#include "compositor/server.h"
#include "config/settings.h"

#define MODE_TRIES 2 /* a monitor that never shows the mode it was told is left alone */
#define REFRESH_NEAR_MHZ 500

/* What a monitor was asked for last, by its connector. */
struct asked {
	char name[32];
	int width, height, refresh_mhz;
	unsigned tries;
};

struct layouts {
	struct server *server;
	struct layout_memory *memory;
	sd_event_source *settle;
	char current[LAYOUT_NAME_SIZE];
	char monitors[MONITORS_KEY_SIZE]; /* that current was chosen for */
	bool has_begun;                   /* monitors have been there */
	struct asked asked[LAYOUT_MAX_OUTPUTS];
	unsigned n_asked;
};

static void key_now(const struct layouts *layouts, char out[MONITORS_KEY_SIZE])
{
	const struct output_device *devices[SCENE_MAX_OUTPUTS];
	unsigned n = 0;

	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		const struct output_device *device = repaint_device(layouts->server->repaint, i);

		if (device) {
			devices[n++] = device;
		}
	}
	monitors_key(devices, n, out);
}

/* ---- modes ---- */

static struct asked *asked_of(struct layouts *layouts, const char *name)
{
	struct asked *asked;

	for (unsigned i = 0; i < layouts->n_asked; i++) {
		if (strcmp(layouts->asked[i].name, name) == 0) {
			return &layouts->asked[i];
		}
	}
	if (layouts->n_asked == ARRAY_SIZE(layouts->asked)) {
		return NULL;
	}
	asked = &layouts->asked[layouts->n_asked++];
	*asked = (struct asked){0};
	snprintf(asked->name, sizeof(asked->name), "%s", name);
	return asked;
}

static bool mode_fits(const struct output_device *device, const struct layout_output *wanted)
{
	return device->width == wanted->width && device->height == wanted->height &&
	       (!wanted->refresh_mhz ||
		abs(device->refresh_mhz - wanted->refresh_mhz) < REFRESH_NEAR_MHZ);
}

static bool was_asked(const struct asked *asked, const struct layout_output *wanted)
{
	return asked->width == wanted->width && asked->height == wanted->height &&
	       asked->refresh_mhz == wanted->refresh_mhz;
}

/* Asked for again after it was there: a monitor that was unplugged comes back with its own choice. */
static void mode_ask(struct layouts *layouts, struct output_device *device,
		     const struct layout_output *wanted)
{
	struct asked *asked = asked_of(layouts, device->name);
	bool fits = wanted->width ? mode_fits(device, wanted) : asked && asked->width == 0;
	int ret;

	if (!asked || !device->ops->set_mode) {
		return;
	}
	if (!was_asked(asked, wanted) || fits) {
		asked->tries = 0;
	}
	asked->width = wanted->width;
	asked->height = wanted->height;
	asked->refresh_mhz = wanted->refresh_mhz;
	if (fits || asked->tries++ >= MODE_TRIES) {
		return;
	}
	ret = device->ops->set_mode(device, wanted->width, wanted->height, wanted->refresh_mhz);
	if (ret < 0) {
		log_warn(LOG_ADMIN, "layout %s: %s can't show %dx%d at %d.%03d Hz: %s",
			 layouts->current, device->name, wanted->width, wanted->height,
			 wanted->refresh_mhz / 1000, wanted->refresh_mhz % 1000, strerror(-ret));
		asked->tries = MODE_TRIES;
	}
}

static void modes_ask(struct layouts *layouts, const struct layout *layout)
{
	struct repaint *repaint = layouts->server->repaint;
	static const struct layout_output own_choice;

	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		struct output_device *device = repaint_device(repaint, i);
		const struct layout_output *wanted = &own_choice;

		for (unsigned k = 0; device && k < layout->n_outputs; k++) {
			if (strcmp(layout->outputs[k].name, device->name) == 0) {
				wanted = &layout->outputs[k];
			}
		}
		if (device) {
			mode_ask(layouts, device, wanted);
		}
	}
}

/* ---- which one ---- */

static const struct layout *start_layout(const struct settings *settings)
{
	const struct layout *layout = settings_layout(settings, settings->start_layout);

	return layout ? layout : &settings->layouts[0];
}

static void take(struct layouts *layouts, const struct layout *layout)
{
	struct server *server = layouts->server;

	if (scene_set_layout(server->scene, layout) < 0) {
		/* The configuration checks each; another one would be no better. */
		log_error(LOG_US, "layout %s is not taken", layout->name);
		return;
	}
	if (strcmp(layouts->current, layout->name) != 0) {
		log_info(LOG_US, "layout %s", layout->name);
		server_tell(server, "LayoutChanged", "", layout->name);
		trace_add(server->trace, TRACE_LAYOUT,
			  trace_track(server->trace, "server", "layout"), now_ns(), 0, 0);
	}
	snprintf(layouts->current, sizeof(layouts->current), "%s", layout->name);
	modes_ask(layouts, layout);
	input_outputs_changed(server->input);
}

/* For the monitors that are there: what was chosen for them, or what a server starts with. */
static const struct layout *choose(struct layouts *layouts)
{
	const struct settings *settings = layouts->server->settings;
	const char *name = layout_memory_find(layouts->memory, layouts->monitors);
	const struct layout *remembered = name ? settings_layout(settings, name) : NULL;
	bool is_start = !layouts->has_begun && settings->start_layout[0];

	return remembered && !is_start ? remembered : start_layout(settings);
}

static int handle_settle(sd_event_source *source, void *data)
{
	struct layouts *layouts = data;
	char monitors[MONITORS_KEY_SIZE];

	key_now(layouts, monitors);
	if (monitors[0] == '\0') {
		/* None: what is in force stays, and is looked at again when there are some. */
		return 0;
	}
	if (strcmp(monitors, layouts->monitors) == 0) {
		/* As before, perhaps with another mode. */
		modes_ask(layouts, scene_layout(layouts->server->scene));
		return 0;
	}
	snprintf(layouts->monitors, sizeof(layouts->monitors), "%s", monitors);
	take(layouts, choose(layouts));
	layouts->has_begun = true;
	return 0;
}

void layouts_monitors_changed(struct layouts *layouts)
{
	if (layouts) {
		/* Fails only after the loop's end. */
		sd_event_source_set_enabled(layouts->settle, SD_EVENT_ONESHOT);
	}
}

static const struct layout *next_layout(const struct layouts *layouts)
{
	const struct settings *settings = layouts->server->settings;

	for (unsigned i = 0; i < settings->n_layouts; i++) {
		if (strcmp(settings->layouts[i].name, layouts->current) == 0) {
			return &settings->layouts[(i + 1) % settings->n_layouts];
		}
	}
	return start_layout(settings);
}

int layouts_switch(struct layouts *layouts, const char *name)
{
	const struct layout *layout = name ? settings_layout(layouts->server->settings, name) :
					     next_layout(layouts);

	if (!layout) {
		return -ENOENT;
	}
	/* Of the monitors that are there now, whether or not their coming was looked at. */
	key_now(layouts, layouts->monitors);
	layouts->has_begun = true;
	take(layouts, layout);
	layout_memory_set(layouts->memory, layouts->monitors, layout->name);
	return 0;
}

void layouts_reload(struct layouts *layouts)
{
	const struct settings *settings = layouts->server->settings;
	const struct layout *same = settings_layout(settings, layouts->current);

	/*
	 * A reload that says the same changes nothing, not even a frame. Layouts are zeroed before they
	 * are filled, so that what lies between members is alike.
	 */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	if (!same || memcmp(same, scene_layout(layouts->server->scene), sizeof(*same)) != 0) {
		take(layouts, same ? same : start_layout(settings));
	}
}

const char *layouts_current(const struct layouts *layouts)
{
	return layouts->current;
}

/* ---- start and stop ---- */

int layouts_create(struct layouts **out, struct server *server)
{
	struct layouts *layouts = xcalloc(1, sizeof(*layouts));
	int ret = sd_event_add_defer(server->event, &layouts->settle, handle_settle, layouts);

	layouts->server = server;
	layouts->memory = layout_memory_create(server->settings->state_dir);
	if (ret >= 0) {
		ret = sd_event_source_set_priority(layouts->settle, PRIORITY_FRAME - 1);
	}
	if (ret >= 0) {
		ret = sd_event_source_set_enabled(layouts->settle, SD_EVENT_OFF);
	}
	if (ret < 0) {
		layouts_destroy(layouts);
		return ret;
	}
	take(layouts, start_layout(server->settings));
	*out = layouts;
	return 0;
}

void layouts_destroy(struct layouts *layouts)
{
	if (!layouts) {
		return;
	}
	sd_event_source_disable_unref(layouts->settle);
	layout_memory_destroy(layouts->memory);
	free(layouts);
}
