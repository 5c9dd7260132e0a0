/* SPDX-License-Identifier: MIT */
/*
 * The backend's half of xenbus for one device, as a pure function from (state, event) to (state, actions). It touches
 * nothing; device.c reads the store for it and carries the actions out.
 *
 * The frontend's state is a hint from a guest: any value may follow any other, and values in between are never seen
 * because the store reports that something changed, not what.
 */
#ifndef PVDISPL_BROKER_XENBUS_H
#define PVDISPL_BROKER_XENBUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/* As xen/io/xenbus.h numbers them. */
enum xenbus_state {
	XENBUS_UNKNOWN = 0, /* also: no such node */
	XENBUS_INITIALISING = 1,
	XENBUS_INIT_WAIT = 2,
	XENBUS_INITIALISED = 3,
	XENBUS_CONNECTED = 4,
	XENBUS_CLOSING = 5,
	XENBUS_CLOSED = 6,
	XENBUS_RECONFIGURING = 7,
	XENBUS_RECONFIGURED = 8,
};

enum xenbus_phase {
	XENBUS_PHASE_NEW,        /* just found, perhaps left by a broker before */
	XENBUS_PHASE_WAITING,    /* 2 is written: it is the frontend's turn */
	XENBUS_PHASE_CONNECTING, /* the worker has the device or is about to get it */
	XENBUS_PHASE_CONNECTED,  /* 4 is written */
	XENBUS_PHASE_CLOSING,    /* the worker is letting go */
	XENBUS_PHASE_CLOSED,     /* 6 is written */
	XENBUS_PHASE_GONE,       /* the directory is gone and nobody holds anything */
};

/* What the store says. */
struct xenbus_view {
	bool present; /* the backend directory that this device was made for */
	bool online;
	enum xenbus_state backend, frontend;
};

enum xenbus_event {
	XENBUS_LOOK,      /* the view was read */
	XENBUS_HANDED,    /* HAND_OVER done: the worker has the device */
	XENBUS_REFUSED,   /* HAND_OVER impossible: the guest published nonsense */
	XENBUS_FAILED,    /* HAND_OVER failed, perhaps for a moment */
	XENBUS_SERVING,   /* the worker serves it */
	XENBUS_LET_GO,    /* the worker has dropped it */
	XENBUS_FAULT,     /* the guest broke its ring */
	XENBUS_LOST,      /* the worker has died */
	XENBUS_STATELESS, /* the worker cannot attach: nobody knows the buffers any more */
	XENBUS_TIMER,     /* what ARM_* or TAKE_BACK started has run out */
};

/* To be carried out in this order. */
enum xenbus_action {
	XENBUS_WRITE_CLOSING = 1 << 0,
	XENBUS_TAKE_BACK = 1 << 1,   /* tell the worker to forget it; TIMER after a second */
	XENBUS_KILL_WORKER = 1 << 2, /* LOST follows */
	XENBUS_WRITE_CLOSED = 1 << 3,
	XENBUS_ARM_RESTART = 1 << 4, /* TIMER a little later, so that 6 is seen */
	XENBUS_WRITE_INIT_WAIT = 1 << 5,
	XENBUS_HAND_OVER =
		1 << 6, /* now, or when worker and back-off allow: HANDED, REFUSED or FAILED follows */
	XENBUS_ARM_RETRY = 1 << 7, /* TIMER later, longer each time */
	XENBUS_WRITE_CONNECTED = 1 << 8,
	XENBUS_FREE = 1 << 9,
};

struct xenbus {
	enum xenbus_phase phase;
	bool is_display;
	struct xenbus_view view;
	bool held;        /* by the worker */
	bool attach;      /* the rings were served before */
	bool settled;     /* the frontend has been Connected on this connection */
	bool reopen;      /* after letting go, connect again without closing */
	bool blamed;      /* what the frontend published was bad: wait until it has withdrawn it */
	uint8_t failures; /* of HAND_OVER in a row */
};

struct xenbus_result {
	struct xenbus next;
	unsigned actions; /* enum xenbus_action */
};

/* view: for XENBUS_LOOK only, else ignored. */
struct xenbus_result xenbus_step(struct xenbus state, enum xenbus_event event,
				 struct xenbus_view view);

const char *xenbus_phase_name(enum xenbus_phase phase);

#endif
