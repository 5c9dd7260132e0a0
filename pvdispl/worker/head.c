/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/head.h"

#include <string.h>
#include <wayland-client.h>

#include "presentation-time-client-protocol.h"
#include "pvdispl/worker/buffers.h"
#include "pvdispl/worker/client.h"
#include "viewporter-client-protocol.h"
#include "vitrine-guest-v1-client-protocol.h"

#define PACE_DEFAULT_MS 500u
#define PACE_MIN_MS 10u
#define PACE_MAX_MS 1000u /* slower, and the guest may give up */

void head_init(struct head *head, const struct head_events *events, uint32_t index, uint32_t width,
	       uint32_t height)
{
	memset(head, 0, sizeof(*head));
	head->events = events;
	head->index = index;
	head->width = width;
	head->height = height;
	head->pace_ms = PACE_DEFAULT_MS;
}

/* ---- commits ---- */

static void commits_settle(struct head *head)
{
	while (head->first != head->end) {
		struct head_commit *commit = &head->commits[head->first % HEAD_COMMITS];

		if (commit->feedback || commit->waits) {
			return;
		}
		head->first++;
		head->events->done(head, commit->covers);
	}
}

/* The server holds no buffer of this head any more. */
static void commits_drop(struct head *head)
{
	for (uint32_t i = head->first; i != head->end; i++) {
		struct head_commit *commit = &head->commits[i % HEAD_COMMITS];

		if (commit->feedback) {
			wp_presentation_feedback_destroy(commit->feedback);
		}
		if (commit->waits) {
			commit->waits->is_busy = false;
		}
		commit->feedback = NULL;
		commit->waits = NULL;
	}
	if (head->current) {
		head->current->is_busy = false;
	}
	head->current = NULL;
	commits_settle(head);
}

static void commit_seen(struct head_commit *commit)
{
	wp_presentation_feedback_destroy(commit->feedback);
	commit->feedback = NULL;
	commits_settle(commit->head);
}

static void on_sync_output(void *data, struct wp_presentation_feedback *feedback,
			   struct wl_output *output)
{
}

static void on_presented(void *data, struct wp_presentation_feedback *feedback, uint32_t sec_hi,
			 uint32_t sec_lo, uint32_t nsec, uint32_t refresh, uint32_t seq_hi,
			 uint32_t seq_lo, uint32_t flags)
{
	commit_seen(data);
}

static void on_discarded(void *data, struct wp_presentation_feedback *feedback)
{
	commit_seen(data);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = on_sync_output,
	.presented = on_presented,
	.discarded = on_discarded,
};

bool head_can_commit(const struct head *head)
{
	return head->client && head->is_visible && head->end - head->first < HEAD_COMMITS;
}

/*
 * A guest that goes back to a buffer before it was told that it may is not made to wait for that
 * buffer.
 */
static void waits_forget(struct head *head, const struct fb_buffer *buffer)
{
	for (uint32_t i = head->first; i != head->end; i++) {
		struct head_commit *commit = &head->commits[i % HEAD_COMMITS];

		if (commit->waits == buffer) {
			commit->waits = NULL;
		}
	}
}

static void commit_add(struct head *head, struct fb_buffer *before, uint32_t covers)
{
	struct head_commit *commit = &head->commits[head->end % HEAD_COMMITS];

	commit->head = head;
	commit->covers = covers;
	commit->waits = before && before->is_busy ? before : NULL;
	commit->feedback = wp_presentation_feedback(head->client->presentation, head->surface);
	if (commit->feedback) {
		wp_presentation_feedback_add_listener(commit->feedback, &feedback_listener, commit);
	}
	head->end++;
}

static void set_source(struct head *head, const struct rect *area, bool is_whole)
{
	if (is_whole) {
		wp_viewport_set_source(head->viewport, wl_fixed_from_int(-1), wl_fixed_from_int(-1),
				       wl_fixed_from_int(-1), wl_fixed_from_int(-1));
	} else {
		wp_viewport_set_source(head->viewport, wl_fixed_from_int(area->x),
				       wl_fixed_from_int(area->y), wl_fixed_from_int(area->w),
				       wl_fixed_from_int(area->h));
	}
}

void head_commit(struct head *head, struct fb_buffer *buffer, const struct rect *area,
		 bool is_whole, uint32_t covers)
{
	struct fb_buffer *before = head->current != buffer ? head->current : NULL;

	waits_forget(head, buffer);
	set_source(head, area, is_whole);
	wl_surface_attach(head->surface, buffer->proxy, 0, 0);
	wl_surface_damage(head->surface, 0, 0, INT32_MAX, INT32_MAX);
	commit_add(head, before, covers);
	wl_surface_commit(head->surface);
	buffer->head = head;
	buffer->is_busy = true;
	head->current = buffer;
	commits_settle(head);
}

void head_blank(struct head *head)
{
	if (!head->client || !head->current) {
		return;
	}
	set_source(head, NULL, true);
	wl_surface_attach(head->surface, NULL, 0, 0);
	wl_surface_commit(head->surface);
	head->current = NULL;
}

void head_buffer_released(struct head *head, struct fb_buffer *buffer)
{
	waits_forget(head, buffer);
	commits_settle(head);
}

void head_forget_buffer(struct head *head, struct fb_buffer *buffer)
{
	if (head->current == buffer) {
		head_blank(head);
	}
	waits_forget(head, buffer);
	commits_settle(head);
}

/* ---- what the server says ---- */

static void on_mode(void *data, struct vitrine_head_v1 *proxy, uint32_t width, uint32_t height,
		    uint32_t refresh_mhz)
{
	/* displif cannot change a mode while the device is connected. */
}

static void on_edid(void *data, struct vitrine_head_v1 *proxy, struct wl_array *edid)
{
	struct head *head = data;

	if (edid->size == 0 || edid->size % DISPLIF_EDID_BLOCK || edid->size > sizeof(head->edid)) {
		return;
	}
	memcpy(head->edid, edid->data, edid->size);
	head->edid_size = edid->size;
}

static void on_visibility(void *data, struct vitrine_head_v1 *proxy, uint32_t visible,
			  uint32_t pace_ms)
{
	struct head *head = data;

	head->is_visible = visible != 0;
	head->pace_ms = MAX(MIN(pace_ms, PACE_MAX_MS), PACE_MIN_MS);
	if (!head->is_visible) {
		commits_drop(head);
	}
	head->events->changed(head);
}

static const struct vitrine_head_v1_listener head_listener = {
	.mode = on_mode,
	.edid = on_edid,
	.visibility = on_visibility,
};

void head_create(struct head *head, struct client *client)
{
	head->client = client;
	head->surface = wl_compositor_create_surface(client->compositor);
	wl_surface_set_user_data(head->surface, head);
	head->viewport = wp_viewporter_get_viewport(client->viewporter, head->surface);
	head->proxy = vitrine_guest_v1_create_head(client->guest, head->surface, head->index,
						   head->width, head->height);
	vitrine_head_v1_add_listener(head->proxy, &head_listener, head);
}

void head_destroy(struct head *head)
{
	if (!head->client) {
		return;
	}
	client_forget_head(head->client, head);
	head->is_visible = false;
	head->pace_ms = PACE_DEFAULT_MS;
	commits_drop(head);
	vitrine_head_v1_destroy(head->proxy);
	wp_viewport_destroy(head->viewport);
	wl_surface_destroy(head->surface);
	head->client = NULL;
	head->proxy = NULL;
	head->viewport = NULL;
	head->surface = NULL;
}

struct head *head_of_surface(struct wl_surface *surface)
{
	return surface ? wl_surface_get_user_data(surface) : NULL;
}
