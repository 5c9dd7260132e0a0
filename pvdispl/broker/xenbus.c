/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/xenbus.h"

#define MAX_FAILURES 5

static bool frontend_published(const struct xenbus *s)
{
	return s->view.frontend == XENBUS_INITIALISED || s->view.frontend == XENBUS_CONNECTED;
}

/* The toolstack wants the device and the guest has one. 5 from our own hand is seen in the closing phase only. */
static bool wanted(const struct xenbus *s)
{
	return s->view.present && s->view.online && s->view.backend != XENBUS_CLOSING &&
	       s->view.frontend != XENBUS_UNKNOWN;
}

static unsigned write_state(struct xenbus *s, enum xenbus_state state, enum xenbus_action action)
{
	if (s->view.backend == state) {
		return 0;
	}
	s->view.backend = state;
	return action;
}

static unsigned connect_device(struct xenbus *s, bool attach)
{
	s->phase = XENBUS_PHASE_CONNECTING;
	s->attach = attach;
	s->settled = false;
	s->reopen = false;
	s->failures = 0;
	return XENBUS_HAND_OVER;
}

static unsigned wait_for_frontend(struct xenbus *s)
{
	s->phase = XENBUS_PHASE_WAITING;
	return write_state(s, XENBUS_INIT_WAIT, XENBUS_WRITE_INIT_WAIT);
}

/* Nobody holds anything any more. */
static unsigned finish_closing(struct xenbus *s)
{
	if (!s->view.present) {
		s->phase = XENBUS_PHASE_GONE;
		return XENBUS_FREE;
	}
	if (s->reopen && wanted(s) && frontend_published(s)) {
		return connect_device(s, false);
	}
	s->phase = XENBUS_PHASE_CLOSED;
	s->reopen = false;
	return write_state(s, XENBUS_CLOSED, XENBUS_WRITE_CLOSED);
}

static unsigned close_device(struct xenbus *s)
{
	if (!s->held) {
		return finish_closing(s);
	}
	s->phase = XENBUS_PHASE_CLOSING;
	return XENBUS_TAKE_BACK;
}

static unsigned blame_frontend(struct xenbus *s)
{
	unsigned actions = 0;

	s->blamed = true;
	if (s->view.present) {
		actions = write_state(s, XENBUS_CLOSING, XENBUS_WRITE_CLOSING);
	}
	return actions | close_device(s);
}

/*
 * Left by a broker before us or fresh from the toolstack. A display's frontend that is Initialised ignores InitWait for
 * ever, so what it has published is used. One that is Connected to a Connected backend goes on unaware.
 */
static unsigned advance_new(struct xenbus *s)
{
	enum xenbus_state backend = s->view.backend;

	if (!wanted(s)) {
		return finish_closing(s);
	}
	if (s->view.frontend == XENBUS_CONNECTED &&
	    (backend == XENBUS_CONNECTED || !s->is_display)) {
		return connect_device(s, true);
	}
	if (s->view.frontend == XENBUS_INITIALISED) {
		return connect_device(s, backend == XENBUS_CONNECTED);
	}
	return wait_for_frontend(s);
}

/* A keyboard's frontend answers InitWait with Connected. */
static unsigned advance_waiting(struct xenbus *s)
{
	if (!wanted(s)) {
		return finish_closing(s);
	}
	if (s->view.frontend == XENBUS_INITIALISED ||
	    (s->view.frontend == XENBUS_CONNECTED && !s->is_display)) {
		return connect_device(s, false);
	}
	return 0;
}

static unsigned advance_connected(struct xenbus *s)
{
	if (!wanted(s) || !frontend_published(s)) {
		return close_device(s);
	}
	if (s->view.frontend == XENBUS_CONNECTED) {
		s->settled = true;
	} else if (s->settled) {
		/* It was away and came back between two looks: what it published is new. */
		s->reopen = true;
		return close_device(s);
	}
	return 0;
}

/*
 * Stuck in Initialised: at once. Initialising, Closing or Closed: after a moment, in which the frontend sees 6 and which
 * keeps it from having us write without end. It must see 2 in the end: Linux waits for that when it removes the driver,
 * and a keyboard's frontend needs it to return.
 */
static unsigned advance_closed(struct xenbus *s, bool timer)
{
	if (!s->view.present) {
		return finish_closing(s);
	}
	if (!wanted(s)) {
		return write_state(s, XENBUS_CLOSED, XENBUS_WRITE_CLOSED);
	}
	switch (s->view.frontend) {
	case XENBUS_INITIALISED:
		return s->blamed ? 0 : connect_device(s, false);
	case XENBUS_INITIALISING:
	case XENBUS_CLOSING:
	case XENBUS_CLOSED:
		return timer ? wait_for_frontend(s) : XENBUS_ARM_RESTART;
	default:
		return 0;
	}
}

static unsigned advance(struct xenbus *s, bool timer)
{
	switch (s->phase) {
	case XENBUS_PHASE_NEW:
		return advance_new(s);
	case XENBUS_PHASE_WAITING:
		return advance_waiting(s);
	case XENBUS_PHASE_CONNECTING:
		return wanted(s) && frontend_published(s) ? 0 : close_device(s);
	case XENBUS_PHASE_CONNECTED:
		return advance_connected(s);
	case XENBUS_PHASE_CLOSED:
		return advance_closed(s, timer);
	case XENBUS_PHASE_CLOSING:
	case XENBUS_PHASE_GONE:
		break;
	}
	return 0;
}

static void take_view(struct xenbus *s, struct xenbus_view view)
{
	if (!s->view.present && s->phase != XENBUS_PHASE_NEW) {
		return; /* gone is for good: what has the same name now is another device */
	}
	s->view = view;
	if (!frontend_published(s)) {
		s->blamed = false;
	}
}

static unsigned serve(struct xenbus *s)
{
	s->phase = XENBUS_PHASE_CONNECTED;
	s->settled = s->view.frontend == XENBUS_CONNECTED;
	if (s->attach && s->view.backend == XENBUS_CONNECTED) {
		return 0;
	}
	s->view.backend = XENBUS_CONNECTED;
	return XENBUS_WRITE_CONNECTED;
}

/* The next worker goes on: a keyboard's page says all there is to know, and a display's worker has left the rest. */
static unsigned lose_worker(struct xenbus *s)
{
	s->held = false;
	switch (s->phase) {
	case XENBUS_PHASE_CONNECTING:
		return XENBUS_HAND_OVER;
	case XENBUS_PHASE_CONNECTED:
		return connect_device(s, true);
	case XENBUS_PHASE_CLOSING:
		return finish_closing(s);
	default:
		return 0;
	}
}

static unsigned fail_hand_over(struct xenbus *s)
{
	s->failures++;
	return s->failures < MAX_FAILURES ? XENBUS_ARM_RETRY : blame_frontend(s);
}

static unsigned run_timer(struct xenbus *s)
{
	if (s->phase == XENBUS_PHASE_CLOSING) {
		return XENBUS_KILL_WORKER;
	}
	return s->phase == XENBUS_PHASE_CONNECTING && !s->held ? XENBUS_HAND_OVER : 0;
}

static unsigned take_event(struct xenbus *s, enum xenbus_event event)
{
	bool connecting = s->phase == XENBUS_PHASE_CONNECTING;

	switch (event) {
	case XENBUS_LOOK:
		return 0;
	case XENBUS_HANDED:
		s->held = true;
		s->failures = 0;
		return 0;
	case XENBUS_REFUSED:
		return connecting ? blame_frontend(s) : 0;
	case XENBUS_FAILED:
		return connecting ? fail_hand_over(s) : 0;
	case XENBUS_SERVING:
		return connecting && s->held ? serve(s) : 0;
	case XENBUS_LET_GO:
		if (s->phase != XENBUS_PHASE_CLOSING) {
			return 0; /* nobody asked the worker to */
		}
		s->held = false;
		return finish_closing(s);
	case XENBUS_FAULT:
		return s->held && s->phase != XENBUS_PHASE_CLOSING ? blame_frontend(s) : 0;
	case XENBUS_LOST:
		return lose_worker(s);
	case XENBUS_STATELESS:
		/* The frontend starts over, through no fault of its own. */
		return s->held && s->phase != XENBUS_PHASE_CLOSING ? close_device(s) : 0;
	case XENBUS_TIMER:
		return run_timer(s);
	}
	return 0;
}

/* Each pass moves on by a phase or ends; HAND_OVER ends a chain because its outcome is an event of its own. */
struct xenbus_result xenbus_step(struct xenbus state, enum xenbus_event event,
				 struct xenbus_view view)
{
	struct xenbus_result result = {.next = state};
	struct xenbus *s = &result.next;
	enum xenbus_phase before;

	if (event == XENBUS_LOOK) {
		take_view(s, view);
	}
	result.actions = take_event(s, event);
	do {
		before = s->phase;
		result.actions |= advance(s, event == XENBUS_TIMER);
	} while (s->phase != before && s->phase != XENBUS_PHASE_GONE);
	return result;
}

const char *xenbus_phase_name(enum xenbus_phase phase)
{
	static const char *const names[] = {
		[XENBUS_PHASE_NEW] = "new",
		[XENBUS_PHASE_WAITING] = "waiting",
		[XENBUS_PHASE_CONNECTING] = "connecting",
		[XENBUS_PHASE_CONNECTED] = "connected",
		[XENBUS_PHASE_CLOSING] = "closing",
		[XENBUS_PHASE_CLOSED] = "closed",
		[XENBUS_PHASE_GONE] = "gone",
	};

	return names[phase];
}
