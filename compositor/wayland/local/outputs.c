/* SPDX-License-Identifier: MIT */
/* Monitors as wl_output: a global for each, for trusted clients only. A guest is told of its heads instead. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/wayland/local/local_priv.h"
#include "wayland-server-protocol.h"

#define OUTPUT_VERSION 4
/* A client that was just told of a monitor may ask for it when it is gone already. */
#define GRACE_NS (5 * NSEC_PER_SEC)

static struct scene *scene_of(const struct local *local)
{
	return local->wayland->server->scene;
}

struct scene_output *scene_output_named(const struct local *local, const char *name)
{
	struct scene_output *output = scene_output_next(scene_of(local), NULL);

	while (output && strcmp(output->name, name) != 0) {
		output = scene_output_next(scene_of(local), output);
	}
	return output;
}

int output_surface_scale(const struct scene_output *output)
{
	int scale = MAX((int)output->scale, 1);
	struct rect area = scene_output_cover_area(output);

	/* Its surface's sides are whole pixels, too. */
	return area.w % scale == 0 && area.h % scale == 0 ? scale : 1;
}

/* ---- what clients are told ---- */

static void output_tell(const struct local_output *output, struct wl_resource *resource)
{
	int version = wl_resource_get_version(resource);

	wl_output_send_geometry(resource, output->x, output->y, 0, 0, WL_OUTPUT_SUBPIXEL_UNKNOWN,
				"", "", WL_OUTPUT_TRANSFORM_NORMAL);
	wl_output_send_mode(resource, WL_OUTPUT_MODE_CURRENT, output->width, output->height,
			    output->refresh_mhz);
	if (version >= WL_OUTPUT_SCALE_SINCE_VERSION) {
		wl_output_send_scale(resource, output->scale);
	}
	if (version >= WL_OUTPUT_NAME_SINCE_VERSION) {
		wl_output_send_name(resource, output->name);
		wl_output_send_description(resource, output->name);
	}
	if (version >= WL_OUTPUT_DONE_SINCE_VERSION) {
		wl_output_send_done(resource);
	}
}

static bool output_take(struct local_output *output, const struct scene_output *scene)
{
	struct local_output now = *output;

	now.x = scene->layout.x;
	now.y = scene->layout.y;
	now.width = scene->width;
	now.height = scene->height;
	now.refresh_mhz = scene->refresh_mhz;
	now.scale = output_surface_scale(scene);
	if (now.x == output->x && now.y == output->y && now.width == output->width &&
	    now.height == output->height && now.refresh_mhz == output->refresh_mhz &&
	    now.scale == output->scale) {
		return false;
	}
	output->x = now.x;
	output->y = now.y;
	output->width = now.width;
	output->height = now.height;
	output->refresh_mhz = now.refresh_mhz;
	output->scale = now.scale;
	return true;
}

/* ---- objects ---- */

static void resource_destroyed(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static const struct wl_output_interface implementation = {
	.release = object_destroy,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct local_output *output = data;
	struct wl_resource *resource = object_create(client, &wl_output_interface, (int)version, id,
						     &implementation, output, resource_destroyed);

	if (resource) {
		wl_list_insert(&output->resources, wl_resource_get_link(resource));
		output_tell(output, resource);
	}
}

struct scene_output *output_of_resource(struct wl_resource *resource)
{
	const struct local_output *output = wl_resource_get_user_data(resource);

	return output && !output->retired_ns ? scene_output_named(output->local, output->name) :
					       NULL;
}

/* ---- they come and go ---- */

static void output_add(struct local *local, const struct scene_output *scene)
{
	struct local_output *output = calloc(1, sizeof(*output));

	if (!output) {
		return;
	}
	output->local = local;
	memcpy(output->name, scene->name, sizeof(output->name));
	wl_list_init(&output->resources);
	output_take(output, scene);
	output->global = wl_global_create(local->wayland->display, &wl_output_interface,
					  OUTPUT_VERSION, output, handle_bind);
	if (!output->global) {
		free(output);
		return;
	}
	list_append(&local->outputs, &output->link);
}

static void output_destroy(struct local_output *output)
{
	struct wl_resource *resource, *tmp;

	list_remove(&output->link);
	wl_resource_for_each_safe(resource, tmp, &output->resources) {
		wl_list_remove(wl_resource_get_link(resource));
		wl_list_init(wl_resource_get_link(resource));
		wl_resource_set_user_data(resource, NULL);
	}
	wl_global_destroy(output->global);
	free(output);
}

static void output_retire(struct local_output *output)
{
	struct local *local = output->local;

	list_remove(&output->link);
	list_append(&local->retired, &output->link);
	output->retired_ns = clock_now(local->wayland->server->clock);
	wl_global_remove(output->global);
	if (clock_timer_at(local->grace) == UINT64_MAX) {
		clock_timer_arm(local->grace, output->retired_ns + GRACE_NS);
	}
}

static void handle_grace(void *data, uint64_t now_ns)
{
	struct local *local = data;
	struct local_output *output, *tmp;

	list_for_each_safe(output, tmp, &local->retired, link) {
		if (now_ns < output->retired_ns + GRACE_NS) {
			clock_timer_arm(local->grace, output->retired_ns + GRACE_NS);
			return;
		}
		output_destroy(output);
	}
}

static struct local_output *output_find(struct local *local, const char *name)
{
	struct local_output *output;

	list_for_each(output, &local->outputs, link) {
		if (strcmp(output->name, name) == 0) {
			return output;
		}
	}
	return NULL;
}

static void output_update(struct local *local, const struct scene_output *scene)
{
	struct local_output *output = output_find(local, scene->name);
	struct wl_resource *resource;

	if (!output) {
		output_add(local, scene);
	} else if (output_take(output, scene)) {
		wl_resource_for_each(resource, &output->resources) {
			output_tell(output, resource);
		}
	}
}

void local_outputs_changed(struct local *local)
{
	struct local_output *output, *tmp;
	const struct scene_output *scene;

	list_for_each_safe(output, tmp, &local->outputs, link) {
		if (!scene_output_named(local, output->name)) {
			output_retire(output);
		}
	}
	for (scene = scene_output_next(scene_of(local), NULL); scene;
	     scene = scene_output_next(scene_of(local), scene)) {
		output_update(local, scene);
	}
	session_lock_settle_later(local);
}

/* ---- start and stop ---- */

int outputs_init(struct local *local)
{
	list_init(&local->outputs);
	list_init(&local->retired);
	local->grace = clock_timer_create(local->wayland->server->clock, PRIORITY_STATS,
					  handle_grace, local);
	return local->grace ? 0 : -ENOMEM;
}

void outputs_finish(struct local *local)
{
	struct local_output *output, *tmp;

	list_for_each_safe(output, tmp, &local->outputs, link) {
		output_destroy(output);
	}
	list_for_each_safe(output, tmp, &local->retired, link) {
		output_destroy(output);
	}
	if (local->grace) {
		clock_timer_destroy(local->grace);
	}
}
