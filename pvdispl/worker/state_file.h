/* SPDX-License-Identifier: MIT */
/*
 * What a worker leaves to the next one of the same guest, in a file that both map: the guest's buffers and what its
 * connectors show. None of it can be asked of the guest again.
 *
 * A worker may be killed between any two stores. An entry's body is written before its flag is set, and the flag is
 * cleared before anything of the body changes; a connector has two configurations, of which the one that is not in use
 * is written. An entry whose owner (the display of a buffer, the buffer of a framebuffer) is not valid is none.
 */
#ifndef WORKER_STATE_FILE_H
#define WORKER_STATE_FILE_H

#include <stdint.h>

#include "pvdispl/displif.h"
#include "pvdispl/worker_protocol.h"

#define STATE_MAGIC 0x7473726b72777670ull
#define STATE_VERSION 2u
#define STATE_BLOCK_REFS 63u
/* References of one buffer are a chain of blocks, the last of which may have room: so all that is allowed always fits. */
#define STATE_BLOCKS (PV_MAX_PAGES / STATE_BLOCK_REFS + 1 + PV_MAX_BUFFERS)

struct state_config {
	uint64_t fb;     /* cookie; 0: none that is known */
	uint64_t config; /* cookie of the last SET_CONFIG */
	uint32_t x, y;
	uint32_t is_enabled;
	uint32_t events;   /* in_prod of the event page when all flips that were taken are over */
	uint32_t requests; /* req_cons of the ring: what came before has left its mark here */
	uint32_t reserved;
};

struct state_connector {
	uint32_t which; /* 0: never configured, else configs[which - 1] */
	/*
	 * rsp_prod of the ring with the answer below. It goes here before it goes over its request in the ring: that one
	 * could not be read again there.
	 */
	uint32_t answered;
	struct state_config configs[2];
	struct displif_response answer;
};

struct state_display {
	uint32_t valid;
	uint32_t devid;
	struct state_connector connectors[PV_MAX_CONNECTORS];
};

struct state_dbuf {
	uint32_t valid;
	uint32_t display; /* index */
	uint64_t cookie;
	uint32_t pages, offset, width, bpp; /* struct geometry_dbuf */
	uint32_t first;                     /* block */
	uint32_t is_allocated;              /* the references are to memory of the host */
};

struct state_fb {
	uint32_t valid;
	uint32_t dbuf; /* index */
	uint64_t cookie;
	uint32_t width, height, fourcc;
	uint32_t reserved;
};

struct state_entries {
	struct state_display displays[PV_MAX_DISPLAYS];
	struct state_dbuf dbufs[PV_MAX_BUFFERS];
	struct state_fb fbs[PV_MAX_FRAMEBUFFERS];
};

struct state_block {
	uint32_t next; /* block; of the last one it means nothing */
	uint32_t refs[STATE_BLOCK_REFS];
};

struct state_file {
	uint64_t magic; /* written last */
	uint32_t version;
	uint32_t reserved;
	struct state_entries entries;
	struct state_block blocks[STATE_BLOCKS];
};

/* The layout is what STATE_VERSION stands for. */
_Static_assert(sizeof(struct state_config) == 40, "state_config");
_Static_assert(sizeof(struct state_connector) == 152, "state_connector");
_Static_assert(sizeof(struct state_display) == 616, "state_display");
_Static_assert(sizeof(struct state_dbuf) == 40, "state_dbuf");
_Static_assert(sizeof(struct state_fb) == 32, "state_fb");
_Static_assert(sizeof(struct state_block) == 256, "state_block");
_Static_assert(sizeof(struct state_file) <= PV_STATE_SIZE, "PV_STATE_SIZE");

#endif
