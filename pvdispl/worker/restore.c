/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/restore.h"

#include <errno.h>
#include <stdlib.h>

#include "pvdispl/worker/buffers.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/worker.h"

/* The entry holds no height: one row must fit, and what each framebuffer takes is checked with it. */
static int check_geometry(const struct geometry_dbuf *untrusted)
{
	uint32_t pages;

	if (untrusted->pages < 1 || untrusted->pages > GEOMETRY_MAX_PAGES ||
	    geometry_pages(untrusted->pages * XEN_PAGE_SIZE, &pages) < 0) {
		return -EINVAL;
	}
	return geometry_check_dbuf(untrusted, untrusted->width || untrusted->bpp ? 1 : 0);
}

static uint32_t *read_refs(const struct state *state, int index, uint32_t pages)
{
	uint32_t *refs = calloc(pages, sizeof(*refs));

	if (!refs) {
		return NULL;
	}
	state_read_refs(state, index, refs);
	for (uint32_t i = 0; i < pages; i++) {
		if (refs[i] == 0) {
			free(refs);
			return NULL;
		}
	}
	return refs;
}

static int restore_dbuf(struct display *display, int index)
{
	const struct state *state = &display->worker->state;
	const struct state_dbuf *untrusted = &state->entries.dbufs[index];
	const struct command_dbuf_create command = {
		.cookie = untrusted->cookie,
		.geometry = {.pages = untrusted->pages,
			     .offset = untrusted->offset,
			     .width = untrusted->width,
			     .bpp = untrusted->bpp},
		.is_allocated = untrusted->is_allocated != 0,
	};
	uint32_t *refs;
	int ret = command.cookie ? check_geometry(&command.geometry) : -EINVAL;

	if (ret == 0) {
		ret = dbuf_check(display, &command);
	}
	if (ret < 0) {
		return ret;
	}
	refs = read_refs(state, index, command.geometry.pages);
	return refs ? dbuf_create(display, &command, refs, index) : -EINVAL;
}

static int restore_fb(struct display *display, int index)
{
	const struct state_entries *entries = &display->worker->state.entries;
	const struct state_fb *untrusted = &entries->fbs[index];
	const struct command_fb_attach command = {
		.dbuf = entries->dbufs[untrusted->dbuf].cookie,
		.fb = untrusted->cookie,
		.untrusted_width = untrusted->width,
		.untrusted_height = untrusted->height,
		.format = pixel_format_find(untrusted->fourcc),
	};

	if (command.fb == 0 || !command.format) {
		return -EINVAL;
	}
	return fb_attach(display, &command, index);
}

int restore_buffers(struct display *display)
{
	const struct state_entries *entries = &display->worker->state.entries;
	uint32_t own = (uint32_t)display->state;
	int ret = 0;

	for (int i = 0; i < (int)PV_MAX_BUFFERS && ret == 0; i++) {
		if (entries->dbufs[i].valid && entries->dbufs[i].display == own) {
			ret = restore_dbuf(display, i);
		}
	}
	for (int i = 0; i < (int)PV_MAX_FRAMEBUFFERS && ret == 0; i++) {
		if (entries->fbs[i].valid && entries->dbufs[entries->fbs[i].dbuf].display == own) {
			ret = restore_fb(display, i);
		}
	}
	return ret;
}
