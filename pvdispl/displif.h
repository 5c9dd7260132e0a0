/* SPDX-License-Identifier: MIT */
/*
 * The shared memory of a PV display connector, as Xen's displif.h versions 1 and 2 lay it out: the
 * control ring, the event page and the grant directory. Integers are little endian as on every host
 * that runs this. Backend and test frontend both use these structs; nothing here says what a value
 * may be, see worker/displif_parse.h for that.
 */
#ifndef PVDISPL_DISPLIF_H
#define PVDISPL_DISPLIF_H

#include <stddef.h>
#include <stdint.h>

#define DISPLIF_RING_SIZE 32u  /* entries of a control ring */
#define DISPLIF_EVENTS 63u     /* entries of an event page */
#define DISPLIF_DIR_REFS 1023u /* references in a directory page */
#define DISPLIF_EDID_MAX 32768u
#define DISPLIF_EDID_BLOCK 128u

enum displif_op {
	DISPLIF_DBUF_CREATE = 0x10, /* to FB_DETACH: on the ring of connector 0 only */
	DISPLIF_DBUF_DESTROY = 0x11,
	DISPLIF_FB_ATTACH = 0x12,
	DISPLIF_FB_DETACH = 0x13,
	DISPLIF_SET_CONFIG = 0x14, /* from here on: on the ring of the connector that is meant */
	DISPLIF_PG_FLIP = 0x15,
	DISPLIF_GET_EDID = 0x16, /* version 2 */
};

#define DISPLIF_DBUF_REQ_ALLOC 1u /* flags of DBUF_CREATE */

enum displif_event_type {
	DISPLIF_EVENT_PG_FLIP = 0,
};

struct displif_dbuf_create {
	uint64_t dbuf_cookie;
	uint32_t width, height, bpp; /* all 0: geometry comes with FB_ATTACH */
	uint32_t buffer_sz;
	uint32_t flags;
	uint32_t gref_directory;
	uint32_t data_ofs; /* version 2 */
	uint32_t reserved;
};

struct displif_dbuf_destroy {
	uint64_t dbuf_cookie;
};

struct displif_fb_attach {
	uint64_t dbuf_cookie;
	uint64_t fb_cookie;
	uint32_t width, height;
	uint32_t pixel_format; /* DRM fourcc */
	uint32_t reserved;
};

struct displif_fb_detach {
	uint64_t fb_cookie;
};

/* All zero: the connector is switched off. */
struct displif_set_config {
	uint64_t fb_cookie;
	uint32_t x, y, width, height, bpp;
	uint32_t reserved;
};

struct displif_pg_flip {
	uint64_t fb_cookie;
};

struct displif_get_edid {
	uint32_t buffer_sz;
	uint32_t gref_directory;
};

struct displif_request {
	uint16_t id;
	uint8_t operation; /* enum displif_op */
	uint8_t reserved[5];
	union {
		struct displif_dbuf_create dbuf_create;
		struct displif_dbuf_destroy dbuf_destroy;
		struct displif_fb_attach fb_attach;
		struct displif_fb_detach fb_detach;
		struct displif_set_config set_config;
		struct displif_pg_flip pg_flip;
		struct displif_get_edid get_edid;
		uint8_t bytes[56];
	} op;
};

struct displif_response {
	uint16_t id;       /* of the request */
	uint8_t operation; /* of the request: Linux looks at it */
	uint8_t reserved;
	int32_t status;   /* 0 or -errno of Xen, whose numbers are those of Linux */
	uint32_t edid_sz; /* GET_EDID: bytes written */
	uint8_t reserved2[52];
};

struct displif_event {
	uint16_t id; /* counts from 0 per connector; Linux drops what does not fit */
	uint8_t type;
	uint8_t reserved[5];
	uint64_t fb_cookie;
	uint8_t reserved2[48];
};

union displif_slot {
	struct displif_request request;
	struct displif_response response;
};

/*
 * Producers and events count freely; entry = counter % DISPLIF_RING_SIZE. The frontend sets both
 * events to 1 at start.
 */
struct displif_ring {
	uint32_t req_prod, req_event;
	uint32_t rsp_prod, rsp_event;
	uint8_t reserved[48];
	union displif_slot slots[DISPLIF_RING_SIZE];
};

/* Entry = counter % DISPLIF_EVENTS. */
struct displif_event_page {
	uint32_t in_cons, in_prod;
	uint8_t reserved[56];
	struct displif_event events[DISPLIF_EVENTS];
};

struct displif_directory {
	uint32_t next; /* reference of the next directory page; 0: none */
	uint32_t refs[DISPLIF_DIR_REFS];
};

#define DISPLIF_AT(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member)
#define DISPLIF_REQUEST_AT(member, offset) DISPLIF_AT(displif_request, op.member, offset)

DISPLIF_AT(displif_request, operation, 2);
DISPLIF_REQUEST_AT(dbuf_create.dbuf_cookie, 8);
DISPLIF_REQUEST_AT(dbuf_create.width, 16);
DISPLIF_REQUEST_AT(dbuf_create.height, 20);
DISPLIF_REQUEST_AT(dbuf_create.bpp, 24);
DISPLIF_REQUEST_AT(dbuf_create.buffer_sz, 28);
DISPLIF_REQUEST_AT(dbuf_create.flags, 32);
DISPLIF_REQUEST_AT(dbuf_create.gref_directory, 36);
DISPLIF_REQUEST_AT(dbuf_create.data_ofs, 40);
DISPLIF_REQUEST_AT(dbuf_destroy.dbuf_cookie, 8);
DISPLIF_REQUEST_AT(fb_attach.dbuf_cookie, 8);
DISPLIF_REQUEST_AT(fb_attach.fb_cookie, 16);
DISPLIF_REQUEST_AT(fb_attach.width, 24);
DISPLIF_REQUEST_AT(fb_attach.height, 28);
DISPLIF_REQUEST_AT(fb_attach.pixel_format, 32);
DISPLIF_REQUEST_AT(fb_detach.fb_cookie, 8);
DISPLIF_REQUEST_AT(set_config.fb_cookie, 8);
DISPLIF_REQUEST_AT(set_config.x, 16);
DISPLIF_REQUEST_AT(set_config.y, 20);
DISPLIF_REQUEST_AT(set_config.width, 24);
DISPLIF_REQUEST_AT(set_config.height, 28);
DISPLIF_REQUEST_AT(set_config.bpp, 32);
DISPLIF_REQUEST_AT(pg_flip.fb_cookie, 8);
DISPLIF_REQUEST_AT(get_edid.buffer_sz, 8);
DISPLIF_REQUEST_AT(get_edid.gref_directory, 12);
DISPLIF_AT(displif_response, operation, 2);
DISPLIF_AT(displif_response, status, 4);
DISPLIF_AT(displif_response, edid_sz, 8);
DISPLIF_AT(displif_event, type, 2);
DISPLIF_AT(displif_event, fb_cookie, 8);
DISPLIF_AT(displif_ring, rsp_prod, 8);
DISPLIF_AT(displif_ring, slots, 64);
DISPLIF_AT(displif_event_page, in_prod, 4);
DISPLIF_AT(displif_event_page, events, 64);
_Static_assert(sizeof(struct displif_request) == 64, "request");
_Static_assert(sizeof(struct displif_response) == 64, "response");
_Static_assert(sizeof(struct displif_event) == 64, "event");
_Static_assert(sizeof(struct displif_ring) <= 4096, "the ring fits its page");
_Static_assert(sizeof(struct displif_event_page) == 4096, "event page");
_Static_assert(sizeof(struct displif_directory) == 4096, "directory page");

#endif
