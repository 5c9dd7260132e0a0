/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fdmsg.h"
#include "base/log.h"
#include "pvdispl/broker/backoff.h"

#define READY_TIMEOUT_US (10 * 1000000ull)
#define STOP_TIMEOUT_US 1000000ull
#define MESSAGES_PER_TURN 32u
/* A display that is set up takes a few; one that floods is broken or hostile. */
#define MESSAGES_PER_SECOND 512u

struct worker {
	sd_event *event;
	const struct worker_ops *ops;
	void *data;
	char name[PV_NAME_SIZE];
	pid_t pid;
	int control; /* -1: stopped or broken */
	bool ready, killed, stopped;
	struct budget messages;
	struct log_limit log;
	sd_event_source *child, *io, *timer;
};

union message {
	uint32_t type;
	struct worker_header header;
	struct worker_device device;
	struct worker_map map;
};

static void close_control(struct worker *worker)
{
	worker->io = sd_event_source_disable_unref(worker->io);
	close_fd(&worker->control);
}

void worker_kill(struct worker *worker)
{
	close_control(worker);
	if (!worker->killed) {
		worker->killed = true;
		kill(worker->pid, SIGKILL);
	}
}

/* Without its socket it has no more to do: killed when it does not see that itself. */
static void arm_timer(struct worker *worker)
{
	sd_event_source_set_time_relative(worker->timer, STOP_TIMEOUT_US);
	sd_event_source_set_enabled(worker->timer, SD_EVENT_ONESHOT);
}

static void blame(struct worker *worker, const char *what)
{
	log_guest(LOG_LEVEL_WARN, worker->name, &worker->log, "its worker %d %s: killed",
		  (int)worker->pid, what);
	worker_kill(worker);
}

static bool map_is_valid(const struct worker_map *map, size_t size)
{
	return size >= offsetof(struct worker_map, refs) && map->n_refs >= 1 &&
	       map->n_refs <= PV_MAX_MAP_REFS &&
	       size == offsetof(struct worker_map, refs) + map->n_refs * sizeof(map->refs[0]);
}

/* message was copied out of the socket: the worker can't change it any more. */
static int take_message(struct worker *worker, const union message *message, size_t size)
{
	uint32_t type = message->type;

	if (type == WORKER_READY && size == sizeof(message->header) && !worker->ready) {
		worker->ready = true;
		sd_event_source_set_enabled(worker->timer, SD_EVENT_OFF);
		worker->ops->ready(worker->data);
		return 0;
	}
	if (!worker->ready) {
		return -EPROTO;
	}
	if (type == WORKER_MAP && map_is_valid(&message->map, size)) {
		worker->ops->map(worker->data, &message->map);
		return 0;
	}
	if ((type == WORKER_CONNECTED || type == WORKER_CLOSED || type == WORKER_FAULT ||
	     type == WORKER_STATELESS) &&
	    size == sizeof(message->device) && message->device.kind <= WORKER_KIND_INPUT) {
		worker->ops->device(worker->data, (enum worker_request)type,
				    (enum worker_device_kind)message->device.kind,
				    message->device.id);
		return 0;
	}
	return -EPROTO;
}

/* Returns 1 when a message was handled, 0 when there is none, -errno when there will be none. */
static int receive(struct worker *worker)
{
	union message message;
	int n = fdmsg_recv(worker->control, &message, sizeof(message), NULL, 0);

	if (n == -EAGAIN || n == -EINTR) {
		return 0;
	}
	if (n <= 0) {
		return n == 0 ? -EPIPE : n;
	}
	if (!budget_take(&worker->messages, MESSAGES_PER_SECOND, 1, now_ns())) {
		return -EBUSY;
	}
	if ((size_t)n < sizeof(message.header) || take_message(worker, &message, (size_t)n) < 0) {
		return -EPROTO;
	}
	return 1;
}

static int handle_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct worker *worker = data;
	int ret = 1;

	/* A handler may kill or stop the worker; it is freed in handle_child only. */
	for (unsigned i = 0; i < MESSAGES_PER_TURN && ret > 0 && worker->control >= 0; i++) {
		ret = receive(worker);
	}
	if (ret == -EPIPE || ret == -ECONNRESET) {
		/* It is ending, and why is seen from its exit. */
		close_control(worker);
		arm_timer(worker);
	} else if (ret < 0 && worker->control >= 0) {
		blame(worker, ret == -EBUSY ? "floods the broker" : "broke the protocol");
	}
	return 0;
}

static int handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct worker *worker = data;

	if (!worker->stopped && !worker->ready) {
		log_error(LOG_US, "worker %d of guest %s did not get ready in %llu s: killed",
			  (int)worker->pid, worker->name, READY_TIMEOUT_US / 1000000);
	}
	worker_kill(worker);
	return 0;
}

static void log_end(struct worker *worker, const siginfo_t *info)
{
	int pid = (int)worker->pid;

	if (worker->stopped || worker->killed) {
		log_debug(LOG_US, "worker %d of guest %s is gone", pid, worker->name);
	} else if (info->si_code == CLD_EXITED && info->si_status == 127) {
		log_error(LOG_ADMIN,
			  "worker of guest %s could not be started: is --worker right, and may this process "
			  "change its uid?",
			  worker->name);
	} else {
		log_warn(LOG_US, "worker %d of guest %s ended by itself: %s %d", pid, worker->name,
			 info->si_code == CLD_EXITED ? "exit status" : "signal", info->si_status);
	}
}

static void free_worker(struct worker *worker)
{
	close_control(worker);
	sd_event_source_disable_unref(worker->timer);
	sd_event_source_disable_unref(worker->child);
	sd_event_unref(worker->event);
	free(worker);
}

static int handle_child(sd_event_source *source, const siginfo_t *info, void *data)
{
	struct worker *worker = data;
	const struct worker_ops *ops = worker->ops;
	void *owner = worker->data;

	/* Its last words, a fault perhaps, may still be unread. */
	if (worker->control >= 0) {
		handle_io(NULL, worker->control, EPOLLIN, worker);
	}
	log_end(worker, info);
	free_worker(worker);
	ops->lost(owner);
	return 0;
}

static int watch(struct worker *worker)
{
	int ret = sd_event_add_child(worker->event, &worker->child, worker->pid, WEXITED,
				     handle_child, worker);

	/*
	 * A child source is one-shot unless told otherwise, and is lost for ever when the process
	 * can be polled but not yet be waited for, as it is for a moment.
	 */
	if (ret >= 0) {
		ret = sd_event_source_set_enabled(worker->child, SD_EVENT_ON);
	}
	if (ret >= 0) {
		ret = sd_event_add_io(worker->event, &worker->io, worker->control, EPOLLIN,
				      handle_io, worker);
	}
	if (ret >= 0) {
		ret = sd_event_add_time_relative(worker->event, &worker->timer, CLOCK_MONOTONIC,
						 READY_TIMEOUT_US, 0, handle_timer, worker);
	}
	return MIN(ret, 0);
}

int worker_start(struct worker **out, sd_event *event, const struct spawn *spawn,
		 const struct worker_hello *hello, int state, const struct worker_ops *ops,
		 void *data)
{
	struct worker *worker = xcalloc(1, sizeof(*worker));
	int ret = spawn_worker(spawn, &worker->pid, &worker->control);

	if (ret < 0) {
		free(worker);
		return ret;
	}
	worker->event = sd_event_ref(event);
	worker->ops = ops;
	worker->data = data;
	memcpy(worker->name, hello->name, sizeof(worker->name));
	ret = watch(worker);
	if (ret == 0) {
		ret = fdmsg_send(worker->control, hello, sizeof(*hello), &state, state >= 0);
	}
	if (ret < 0) {
		worker_destroy(worker);
		return ret;
	}
	*out = worker;
	return 0;
}

int worker_send(struct worker *worker, const void *message, size_t size, const int *fds,
		unsigned n_fds)
{
	int ret;

	if (worker->control < 0) {
		return -EPIPE;
	}
	ret = fdmsg_send(worker->control, message, size, fds, n_fds);
	if (ret == -EAGAIN) {
		blame(worker, "does not read its messages");
	} else if (ret < 0) {
		worker_kill(worker);
	}
	return ret;
}

void worker_stop(struct worker *worker)
{
	if (worker->stopped) {
		return;
	}
	worker->stopped = true;
	close_control(worker);
	arm_timer(worker);
}

void worker_destroy(struct worker *worker)
{
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR) {
	}
	free_worker(worker);
}

bool worker_is_ready(const struct worker *worker)
{
	return worker->ready && worker->control >= 0;
}

pid_t worker_pid(const struct worker *worker)
{
	return worker->pid;
}
