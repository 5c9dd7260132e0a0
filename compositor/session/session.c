/* SPDX-License-Identifier: MIT */
#include "compositor/session/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <libseat.h>

#include "base/log.h"
#include "compositor/session/sleep.h"

#define MAX_LISTENERS 8
#define MAX_DEVICES 128
#define FIRST_ENABLE_NS (5 * NSEC_PER_SEC)
/* Before frames and input: when the seat is lost, whatever else is due would use devices that are gone. */
#define SESSION_PRIORITY (-30)

struct session_device {
	int fd; /* -1: free */
	int id; /* libseat's */
};

struct session {
	sd_event *event;
	sd_event_source *source;
	struct libseat *seat;
	bool is_active;
	struct {
		const struct session_listener *listener;
		void *data;
	} listeners[MAX_LISTENERS];
	unsigned n_listeners;
	struct session_device devices[MAX_DEVICES];
	struct sleep_watch sleep;
};

static void set_active(struct session *session, bool active)
{
	if (session->is_active == active) {
		return;
	}
	session->is_active = active;
	for (unsigned i = 0; i < session->n_listeners; i++) {
		session->listeners[i].listener->changed(session->listeners[i].data, active);
	}
}

static void handle_enable(struct libseat *seat, void *data)
{
	set_active(data, true);
}

static void handle_disable(struct libseat *seat, void *data)
{
	struct session *session = data;

	set_active(session, false);
	/* Everybody has stopped: let the next session have the devices. Unanswered, they would be torn away. */
	if (libseat_disable_seat(seat) < 0) {
		log_warn(LOG_HOST, "cannot hand over the seat: %s", strerror(errno));
	}
}

static const struct libseat_seat_listener seat_listener = {
	.enable_seat = handle_enable,
	.disable_seat = handle_disable,
};

/* What libseat tries is only of interest to whoever asks for details: failures get one line of ours. */
__attribute__((format(printf, 2, 0))) static void handle_log(enum libseat_log_level level,
							     const char *format, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), format, args);
	log_debug(LOG_HOST, "libseat: %s", text);
}

/*
 * The ways to a seat that need no rights of ours. libseat has one more, to be the seat's manager itself, which works for root
 * only and which it would try, and fail with, last.
 */
static struct libseat *open_any(struct session *session)
{
	static const char *const backends[] = {"seatd", "logind"};
	struct libseat *seat = NULL;
	int error = 0;

	if (getenv("LIBSEAT_BACKEND")) {
		return libseat_open_seat(&seat_listener, session);
	}
	for (size_t i = 0; i < ARRAY_SIZE(backends) && !seat; i++) {
		setenv("LIBSEAT_BACKEND", backends[i], 1);
		seat = libseat_open_seat(&seat_listener, session);
		/* What seatd said is more to the point. */
		error = error ? error : errno;
	}
	unsetenv("LIBSEAT_BACKEND");
	errno = error;
	return seat;
}

static void log_open_failure(int error)
{
	const char *path = getenv("SEATD_SOCK");

	path = path ? path : "/run/seatd.sock";
	if (access(path, F_OK) < 0) {
		log_error(LOG_ADMIN,
			  "cannot open a seat: there is no seatd at %s and no logind session of ours (%s): "
			  "start seatd, or start this from a login on a console",
			  path, strerror(error));
	} else if (access(path, R_OK | W_OK) < 0) {
		log_error(LOG_ADMIN, "cannot reach seatd at %s: %s: is this user in its group?",
			  path, strerror(errno));
	} else {
		log_error(LOG_ADMIN,
			  "cannot reach seatd at %s: %s: is it running, is this user in its group, "
			  "does another display server hold the seat?",
			  path, strerror(error));
	}
}

static int wait_enabled(struct session *session)
{
	uint64_t deadline = now_ns() + FIRST_ENABLE_NS;

	while (!session->is_active) {
		uint64_t now = now_ns();

		if (now >= deadline) {
			log_error(LOG_ADMIN,
				  "seat %s is not given to us: another display server is in "
				  "front; stop it, or switch to our console",
				  session_seat(session));
			return -ETIMEDOUT;
		}
		if (libseat_dispatch(session->seat, (int)((deadline - now) / NSEC_PER_MSEC) + 1) <
			    0 &&
		    errno != EINTR && errno != EAGAIN) {
			int r = -errno;

			log_error(LOG_HOST, "the seat's manager went away: %s", strerror(-r));
			return r;
		}
	}
	return 0;
}

static int handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct session *session = data;

	if (libseat_dispatch(session->seat, 0) < 0 && errno != EINTR && errno != EAGAIN) {
		int r = -errno;

		/* Without it no device can be opened or handed over: a restart finds the new one. */
		log_error(LOG_HOST, "lost the seat's manager (seatd or logind): %s", strerror(-r));
		set_active(session, false);
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		sd_event_exit(session->event, r);
	}
	return 0;
}

/* What the hardware did meanwhile is unknown: as if another session had had it. */
static void handle_woke(void *data)
{
	struct session *session = data;

	if (session->is_active) {
		log_info(LOG_HOST, "the machine slept: its devices are set up anew");
		set_active(session, false);
		set_active(session, true);
	}
}

static int watch_seat(struct session *session)
{
	int r = sd_event_add_io(session->event, &session->source, libseat_get_fd(session->seat),
				EPOLLIN, handle_readable, session);

	if (r < 0) {
		return r;
	}
	r = sd_event_source_set_priority(session->source, SESSION_PRIORITY);
	return r < 0 ? r : sleep_watch_init(&session->sleep, session->event, handle_woke, session);
}

int session_create(struct session **out, sd_event *event)
{
	struct session *session = xcalloc(1, sizeof(*session));
	int r;

	session->event = sd_event_ref(event);
	session->sleep.fd = -1;
	for (unsigned i = 0; i < MAX_DEVICES; i++) {
		session->devices[i].fd = -1;
	}
	libseat_set_log_handler(handle_log);
	libseat_set_log_level(LIBSEAT_LOG_LEVEL_INFO);
	session->seat = open_any(session);
	if (!session->seat) {
		r = errno ? -errno : -ENOENT;
		log_open_failure(-r);
		goto out;
	}
	r = wait_enabled(session);
	if (r < 0) {
		goto out;
	}
	r = watch_seat(session);
	if (r < 0) {
		log_error(LOG_US, "cannot watch the seat: %s", strerror(-r));
	}
out:
	if (r < 0) {
		session_destroy(session);
		return r;
	}
	*out = session;
	return 0;
}

void session_destroy(struct session *session)
{
	if (!session) {
		return;
	}
	for (unsigned i = 0; i < MAX_DEVICES; i++) {
		if (session->devices[i].fd >= 0) {
			session_close_device(session, session->devices[i].fd);
		}
	}
	sleep_watch_finish(&session->sleep);
	sd_event_source_disable_unref(session->source);
	if (session->seat) {
		libseat_close_seat(session->seat);
	}
	sd_event_unref(session->event);
	free(session);
}

bool session_active(const struct session *session)
{
	return session->is_active;
}

const char *session_seat(const struct session *session)
{
	return libseat_seat_name(session->seat);
}

int session_listen(struct session *session, const struct session_listener *listener, void *data)
{
	if (session->n_listeners == MAX_LISTENERS) {
		return -ENOSPC;
	}
	session->listeners[session->n_listeners].listener = listener;
	session->listeners[session->n_listeners].data = data;
	session->n_listeners++;
	return 0;
}

static struct session_device *device_find(struct session *session, int fd)
{
	for (unsigned i = 0; i < MAX_DEVICES; i++) {
		if (session->devices[i].fd == fd) {
			return &session->devices[i];
		}
	}
	return NULL;
}

int session_open_device(struct session *session, const char *path)
{
	struct session_device *device = device_find(session, -1);
	int id, fd = -1;

	if (!device) {
		return -EMFILE;
	}
	id = libseat_open_device(session->seat, path, &fd);
	if (id < 0) {
		return errno ? -errno : -EIO;
	}
	device->fd = fd;
	device->id = id;
	return fd;
}

void session_close_device(struct session *session, int fd)
{
	struct session_device *device = fd < 0 ? NULL : device_find(session, fd);

	if (!device) {
		return;
	}
	/* Fails for a device that was unplugged or taken away: nothing is left to close then but our end. */
	libseat_close_device(session->seat, device->id);
	close(device->fd);
	device->fd = -1;
}
