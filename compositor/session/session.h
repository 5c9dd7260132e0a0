/* SPDX-License-Identifier: MIT */
/*
 * The right to use a seat's devices, from libseat (seatd or logind). All device nodes of the server are opened here,
 * so that it needs no rights of its own. While the session is not active (another VT), devices are revoked. A machine that
 * slept and woke up counts as a session that was away and came back.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct session;

struct session_listener {
	/* active: devices work (again): set modes anew, draw everything. !active: stop using them at once. */
	void (*changed)(void *data, bool active);
};

/* Waits for the seat to become active once, at most five seconds. -errno, logged with what to do. */
MUST_USE int session_create(struct session **out, sd_event *event);
void session_destroy(struct session *session);
bool session_active(const struct session *session);
const char *session_seat(const struct session *session);
/* At most 8 listeners; told in the order of their arrival. Returns 0 or -ENOSPC. */
MUST_USE int session_listen(struct session *session, const struct session_listener *listener,
			    void *data);
/* Returns an fd or -errno; to be closed with session_close_device only. */
MUST_USE int session_open_device(struct session *session, const char *path);
void session_close_device(struct session *session, int fd);

#endif
