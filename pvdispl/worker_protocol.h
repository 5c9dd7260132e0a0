/* SPDX-License-Identifier: MIT */
/*
 * What the broker and one worker say to each other: fixed structs over a SOCK_SEQPACKET pair, one a message, each starting
 * with its type. The broker is trusted by the worker; the worker is as bad as its guest to the broker, which checks each
 * message's exact size and accepts only the types of worker_request.
 *
 * Order: HELLO; the worker sandboxes itself and answers READY; only then does the broker send anything that came from
 * the guest. SERVER may come at any time, again after each restart of the display server.
 */
#ifndef PVDISPL_WORKER_PROTOCOL_H
#define PVDISPL_WORKER_PROTOCOL_H

#include <stdint.h>

#include "xen/map.h"

#define PV_MAX_CONNECTORS 4u
#define PV_MAX_DISPLAYS 4u /* vdispl devices of a guest */
#define PV_MAX_INPUTS 4u   /* vkbd devices of a guest */
#define PV_MAX_MAP_REFS 8u /* an EDID buffer; a page of a directory is one */
#define PV_NAME_SIZE 33u

/* The most that guest_limits may say. */
#define PV_MAX_BUFFERS 64u
#define PV_MAX_FRAMEBUFFERS 64u
#define PV_MAX_PAGES 65536u

/*
 * Bytes of the file that a worker keeps its guest's state in. To the broker it is nothing but that: what is in it was
 * written by a worker, for the next one.
 */
#define PV_STATE_SIZE (72u * 4096)

enum worker_command {
	WORKER_HELLO =
		1, /* struct worker_hello; 1 fd: the state, locked; none: nothing outlives this worker */
	WORKER_SERVER,  /* struct worker_header; 1 fd: Wayland connection */
	WORKER_DISPLAY, /* struct worker_display; 2 fds: prepared map of the rings, event channels */
	WORKER_DISPLAY_CLOSED, /* struct worker_device: forget the device; answer with WORKER_CLOSED */
	WORKER_INPUT, /* struct worker_input; 2 fds: prepared map of the page, event channel */
	WORKER_INPUT_CLOSED, /* struct worker_device */
	WORKER_MAPPED,       /* struct worker_mapped; 1 fd when error is 0 */
};

enum worker_request {
	WORKER_READY = 64, /* struct worker_header: sandboxed */
	WORKER_CONNECTED,  /* struct worker_device: serving; the broker may set state 4 */
	WORKER_CLOSED,     /* struct worker_device: all maps of the device are gone */
	WORKER_FAULT,      /* struct worker_device: the guest broke the ring; close the device */
	WORKER_MAP,        /* struct worker_map: prepare a map of the guest's pages for me */
	WORKER_STATELESS, /* struct worker_device: cannot take over where it stands; close it, it starts over */
};

enum worker_device_kind {
	WORKER_KIND_DISPLAY,
	WORKER_KIND_INPUT,
};

struct worker_header {
	uint32_t type;
};

/* How much one guest may have. The worker answers excess with an error, the server disconnects a worker that goes past. */
struct guest_limits {
	uint32_t heads;
	uint32_t buffers;      /* DBUF_CREATE */
	uint32_t framebuffers; /* FB_ATTACH */
	uint32_t pages;        /* over all buffers */
};

struct worker_hello {
	uint32_t type;
	uint32_t xen_kind; /* enum xen_kind */
	char name[PV_NAME_SIZE];
	uint8_t reserved[3];
	struct guest_limits limits;
};

struct worker_connector {
	uint32_t width, height; /* of the toolstack, checked and frozen */
	uint32_t request_port;  /* local ports on the event channel fd */
	uint32_t event_port;
};

/*
 * The map is writable: page 2i is the control ring of connector i, page 2i + 1 its event page.
 * attach: the rings were served before (a worker died); take over where they stand, with what the state says of devid.
 */
struct worker_display {
	uint32_t type;
	uint32_t id; /* chosen by the broker, unique over the worker's life; not the xenstore number */
	uint32_t devid;      /* the xenstore number: the same for the next worker */
	uint32_t first_head; /* head index of connector 0 */
	uint32_t attach;
	uint32_t may_allocate; /* the toolstack wants its buffers allocated by the host (be-alloc) */
	uint32_t n_connectors;
	struct worker_connector connectors[PV_MAX_CONNECTORS];
	struct xen_segment segment;
};

/* Features as the backend directory says (kbdif.h); coordinates run from 0 to width - 1. The map is one writable page. */
struct worker_input {
	uint32_t type;
	uint32_t id;
	uint32_t attach;
	uint32_t keyboard, pointer;
	uint32_t absolute; /* feature-abs-pointer and request-abs-pointer */
	uint32_t raw; /* feature-raw-pointer and request-raw-pointer: 0 to 0x7fff instead of width and height */
	uint32_t width, height;
	uint32_t touch; /* feature-multi-touch and request-multi-touch */
	uint32_t touch_width, touch_height, touch_contacts;
	uint32_t port;
	struct xen_segment segment;
};

struct worker_device {
	uint32_t type;
	uint32_t kind; /* enum worker_device_kind */
	uint32_t id;
};

struct worker_map {
	uint32_t type;
	uint32_t serial;
	uint32_t writable;
	uint32_t n_refs;
	uint32_t refs[PV_MAX_MAP_REFS]; /* only n_refs of them are sent */
};

struct worker_mapped {
	uint32_t type;
	uint32_t serial;
	uint32_t error; /* 0 or a positive errno */
	uint32_t n_segments;
	struct xen_segment segments[XEN_MAX_SEGMENTS]; /* only n_segments of them are sent */
};

#endif
