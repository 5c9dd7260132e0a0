/* SPDX-License-Identifier: MIT */
/*
 * The lock: from a request to dark monitors, and back. It is written down before anybody is told, so that a server that dies
 * is followed by one that is locked; nothing but the state machine of hid/seat/lock.h opens it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/trusted/lock_file.h"
#include "compositor/trusted/lock_priv.h"

static const char *const reasons[] = {
	[LOCK_BY_CHORD] = "by key",
	[LOCK_BY_COMMAND] = "by command",
	[LOCK_BY_IDLE] = "nobody has touched anything",
	[LOCK_BY_LID] = "the lid was closed",
	[LOCK_BY_CLIENT] = "by a trusted client",
	[LOCK_BY_RESTART] = "as it was before",
};

bool lock_is_locked(const struct lock *lock)
{
	return lock && seat_lock_is_locked(&lock->state);
}

bool lock_is_dark(const struct lock *lock)
{
	return lock && lock->state.state == SEAT_LOCK_CLOSED;
}

bool lock_is_clients(const struct lock *lock)
{
	return lock_is_locked(lock) && lock->state.owner == SEAT_LOCK_CLIENT;
}

/* ---- for the server after this one ---- */

void lock_remember(struct lock *lock)
{
	const char *dir = lock->server->options->runtime_dir;
	int ret = seat_lock_is_locked(&lock->state) ?
			  lock_file_write(dir, lock->state.is_clients, lock->state.wrong) :
			  lock_file_clear(dir);

	if (ret < 0) {
		log_error(LOG_HOST, "whether the screen is locked can't be written down in %s: %s",
			  dir, strerror(-ret));
	}
}

/* ---- closing ---- */

static bool all_dark(const struct lock *lock)
{
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(lock->server->repaint, i);

		if (output && !scene_output_is_dark(output)) {
			return false;
		}
	}
	return true;
}

static void dark_check(struct lock *lock)
{
	if (lock->state.state == SEAT_LOCK_CLOSING && all_dark(lock) &&
	    seat_lock_dark(&lock->state)) {
		log_info(LOG_US, "every monitor shows that it is locked");
		server_tell(lock->server, "Locked", "", "");
		test_input_poll(lock->server->test_input);
	}
}

/* What is shown while nobody has said yet what is. */
static const struct trusted_ops nothing_ops = {0};

/* Guests have nothing from here on. */
static void close_begin(struct lock *lock)
{
	struct server *server = lock->server;

	lock_remember(lock);
	trusted_show(server->trusted, TRUSTED_LOCK, &nothing_ops, lock);
	scene_set_locked(server->scene, true);
	menu_close(server->menu);
	prompt_cancel(server->prompt, -EACCES);
	if (lock->state.owner == SEAT_LOCK_PROMPT) {
		lock_prompt_show(lock);
	}
	dark_check(lock);
}

int lock_possible(const struct lock *lock)
{
	if (!lock || lock->server->settings->lock.user[0] == '\0') {
		return -EOPNOTSUPP;
	}
	return auth_link_probe(lock->server);
}

/* A lock that nobody could open is not closed. */
static bool is_allowed(struct lock *lock, enum lock_reason reason)
{
	int ret;

	if (reason == LOCK_BY_CLIENT || reason == LOCK_BY_RESTART) {
		return true;
	}
	ret = lock_possible(lock);
	if (ret < 0 && ret != -EOPNOTSUPP) {
		log_error(
			LOG_ADMIN,
			"not locked (%s): vitrine-auth does not listen on %s/%s (%s), so nothing could end it",
			reasons[reason], lock->server->options->runtime_dir, AUTH_SOCKET,
			strerror(-ret));
	}
	return ret == 0;
}

static void owner_changed(struct lock *lock)
{
	lock_prompt_end(lock);
	lock_remember(lock);
	trusted_show(lock->server->trusted, TRUSTED_LOCK, &nothing_ops, lock);
}

void lock_now(struct lock *lock, enum lock_reason reason)
{
	bool was_locked = lock_is_locked(lock);
	bool is_its;

	if (!lock || (!was_locked && !is_allowed(lock, reason))) {
		return;
	}
	is_its = seat_lock_request(&lock->state,
				   reason == LOCK_BY_CLIENT ? SEAT_LOCK_CLIENT : SEAT_LOCK_PROMPT);
	if (!was_locked) {
		log_info(LOG_US, "locked: %s", reasons[reason]);
		close_begin(lock);
	} else if (is_its && reason == LOCK_BY_CLIENT) {
		owner_changed(lock);
	}
}

void lock_output_presented(struct lock *lock, struct scene_output *output)
{
	if (lock) {
		dark_check(lock);
	}
}

void lock_outputs_changed(struct lock *lock)
{
	if (lock) {
		lock->over = NULL;
		dark_check(lock);
	}
}

/* ---- opening ---- */

void lock_open(struct lock *lock)
{
	struct server *server = lock->server;

	lock_prompt_end(lock);
	lock_remember(lock);
	log_info(LOG_US, "unlocked");
	scene_set_locked(server->scene, false);
	trusted_hide(server->trusted, TRUSTED_LOCK_MENU);
	trusted_hide(server->trusted, TRUSTED_LOCK);
	server_tell(server, "Unlocked", "", "");
	test_input_poll(server->test_input);
	lock_reload(lock);
}

bool lock_client_unlocks(struct lock *lock)
{
	if (!lock || !seat_lock_client_unlocks(&lock->state)) {
		return false;
	}
	lock_open(lock);
	return true;
}

void lock_client_gone(struct lock *lock)
{
	if (lock && seat_lock_client_gone(&lock->state)) {
		log_warn(LOG_ADMIN, "the client that locked is gone: the screen stays locked");
		lock_prompt_show(lock);
	}
}

void lock_report(const struct lock *lock, FILE *out)
{
	static const char *const states[] = {"open", "closing", "locked"};

	if (!lock) {
		return;
	}
	fprintf(out, "lock.state %s\n", states[lock->state.state]);
	fprintf(out, "lock.owner %s\n", lock_is_clients(lock) ? "client" : "prompt");
	fprintf(out, "lock.wrong %u\n", lock->state.wrong);
	fprintf(out, "lock.attempt %d\n", lock->link && lock->view.prompt[0]);
}

/* ---- idleness ---- */

/* One wake-up in the configured time: activity does not move the timer, it is looked at when that fires. */
static void idle_apply(struct lock *lock, uint64_t now_ns)
{
	uint64_t after_ns = lock->server->settings->lock.after_s * NSEC_PER_SEC;
	uint64_t since_ns = monitors_idle_since(lock->server->monitors);

	if (after_ns == 0 || lock_is_locked(lock)) {
		clock_timer_disarm(lock->idle);
		return;
	}
	/* While something keeps it from being idle, the time has not begun. */
	since_ns = since_ns == UINT64_MAX ? now_ns : since_ns;
	if (now_ns >= since_ns + after_ns) {
		lock_now(lock, LOCK_BY_IDLE);
		since_ns = now_ns;
	}
	clock_timer_arm(lock->idle, since_ns + after_ns);
}

static void handle_idle(void *data, uint64_t now_ns)
{
	idle_apply(data, now_ns);
}

void lock_reload(struct lock *lock)
{
	if (lock) {
		idle_apply(lock, clock_now(lock->server->clock));
	}
}

/* ---- start and stop ---- */

static void handle_prompt(void *data, uint64_t now_ns)
{
	lock_prompt_timeout(data, now_ns);
}

/* Before there is a monitor: its first frame is dark. */
static void restore(struct lock *lock)
{
	const struct settings *settings = lock->server->settings;
	bool is_clients, is_first;
	unsigned wrong;
	bool is_locked = lock_file_read(lock->server->options->runtime_dir, &is_clients, &wrong,
					&is_first);

	is_locked = is_locked || (is_first && settings->lock.at_start && settings->lock.user[0]);
	if (!is_locked) {
		lock_remember(lock);
		return;
	}
	seat_lock_restore(&lock->state, is_clients, wrong, clock_now(lock->server->clock));
	log_info(LOG_US, "locked: %s",
		 is_first ? "as the machine starts" : reasons[LOCK_BY_RESTART]);
	close_begin(lock);
}

int lock_create(struct lock **out, struct server *server)
{
	struct lock *lock = xcalloc(1, sizeof(*lock));

	lock->server = server;
	seat_lock_init(&lock->state);
	lock->prompt = clock_timer_create(server->clock, PRIORITY_INPUT, handle_prompt, lock);
	lock->idle = clock_timer_create(server->clock, PRIORITY_STATS, handle_idle, lock);
	if (!lock->prompt || !lock->idle) {
		lock_destroy(lock);
		return -ENOMEM;
	}
	*out = lock;
	server->lock = lock;
	restore(lock);
	return 0;
}

/* Locked it stays, for the server after this one. */
void lock_destroy(struct lock *lock)
{
	if (!lock) {
		return;
	}
	auth_link_close(lock->link);
	if (lock->prompt) {
		clock_timer_destroy(lock->prompt);
	}
	if (lock->idle) {
		clock_timer_destroy(lock->idle);
	}
	free(lock);
}
