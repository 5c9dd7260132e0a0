/* SPDX-License-Identifier: MIT */
/*
 * The books behind state_file.h: which entries and blocks are in use. They are private memory, filled from the file once
 * at the start and checked there; after that the file is only written, so that whoever else has it can lie once, as a
 * guest can. What its numbers mean is checked by restore.c, as if a guest had said them.
 */
#ifndef WORKER_STATE_H
#define WORKER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "pvdispl/worker/geometry_parse.h"
#include "pvdispl/worker/state_file.h"

struct state {
	struct state_file *file; /* NULL before state_open and after state_close: nothing is written */
	struct state_entries entries;
	bool is_taken[PV_MAX_DISPLAYS]; /* false: left by a worker before us */
	uint16_t next[STATE_BLOCKS];
	bool is_used[STATE_BLOCKS];
};

/*
 * Takes fd; what it is no use for, or -1, leaves memory that does not outlive us. Returns 0 or -ENOMEM. What in it makes
 * no sense is dropped: a display with all that is its own.
 */
MUST_USE int state_open(struct state *state, int fd);
/* The file stays as it is for who comes next. */
void state_close(struct state *state);

/* A display that begins anew: what was there of devid is dropped. Returns its index or -ENOSPC. */
MUST_USE int state_add_display(struct state *state, uint32_t devid);
/* A display of a worker before us. Returns its index or -ENOENT. */
MUST_USE int state_take_display(struct state *state, uint32_t devid);
/* With its buffers and framebuffers. */
void state_remove_display(struct state *state, int display);

/* Return an index or -ENOSPC. They are stored when this returns. */
MUST_USE int state_add_dbuf(struct state *state, int display, uint64_t cookie,
			    const struct geometry_dbuf *geometry, const uint32_t *refs,
			    bool is_allocated);
MUST_USE int state_add_fb(struct state *state, int dbuf, uint64_t cookie, uint32_t width,
			  uint32_t height, uint32_t fourcc);
/* index -1: not stored. */
void state_remove_dbuf(struct state *state, int index);
void state_remove_fb(struct state *state, int index);
void state_set_config(struct state *state, int display, unsigned connector,
		      const struct state_config *config);

/* The answer that makes rsp_prod of the connector's ring answered. */
void state_set_answer(struct state *state, int display, unsigned connector, uint32_t answered,
		      const struct displif_response *answer);
/* The last one, when it was to make it answered; it means nothing to us. NULL: it was another one. */
const struct displif_response *state_answer(const struct state *state, int display,
					    unsigned connector, uint32_t answered);

/* What the last state_set_config said; false: there was none. */
bool state_config(const struct state *state, int display, unsigned connector,
		  struct state_config *untrusted_out);
/* untrusted_out: as many as the buffer has pages. */
void state_read_refs(const struct state *state, int dbuf, uint32_t *untrusted_out);

#endif
