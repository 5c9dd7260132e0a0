/* SPDX-License-Identifier: MIT */
/*
 * The lock's own prompt. Keys go to vitrine-auth as codes, one by one, and are kept nowhere; what is drawn comes back from it.
 * Each attempt is a connection of its own. Whatever goes wrong with one, the screen stays locked and another is tried.
 */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "compositor/trusted/lock_priv.h"

/* After the helper could not be reached, or ended by itself. */
#define RETRY_NS (2 * NSEC_PER_SEC)
/* Half a password is not left for whoever comes next. */
#define STALE_NS (30 * NSEC_PER_SEC)

static void attempt_begin(struct lock *lock, uint64_t now_ns);

/* ---- the panel ---- */

static bool prompt_panel(void *data, struct panel *panel)
{
	const struct lock *lock = data;
	uint64_t now_ns = clock_now(lock->server->clock);
	char text[PANEL_TEXT_SIZE];

	auth_view_row(panel, PANEL_TITLE, "Locked");
	auth_view_row(panel, PANEL_TEXT, lock->server->settings->lock.user);
	if (lock->link) {
		auth_view_rows(&lock->view, panel);
	}
	if (lock->says[0]) {
		auth_view_row(panel, PANEL_TEXT, lock->says);
	}
	if (now_ns < lock->state.not_before_ns) {
		uint64_t left_ns = lock->state.not_before_ns - now_ns;

		snprintf(text, sizeof(text), "Wait %llu s",
			 (unsigned long long)((left_ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC));
		auth_view_row(panel, PANEL_TEXT, text);
	} else if (lock->fault[0]) {
		auth_view_row(panel, PANEL_TEXT, "Cannot check passwords:");
		auth_view_row(panel, PANEL_TEXT, lock->fault);
	}
	auth_view_row(panel, PANEL_RULE, "");
	auth_view_row(panel, PANEL_TEXT, "Escape clears what was typed");
	return true;
}

/* ---- time ---- */

/* When something is to be done that nobody does by a key or an answer. */
static uint64_t next_ns(const struct lock *lock, uint64_t now_ns)
{
	if (lock->link) {
		return lock->typed_ns && !lock->view.is_checking ? lock->typed_ns + STALE_NS :
								   UINT64_MAX;
	}
	if (now_ns < lock->state.not_before_ns) {
		/* The seconds that are shown count down. */
		uint64_t left_ns = lock->state.not_before_ns - now_ns;

		return now_ns + (left_ns - 1) % NSEC_PER_SEC + 1;
	}
	return lock->retry_ns;
}

static void timer_arm(struct lock *lock)
{
	uint64_t now_ns = clock_now(lock->server->clock), at_ns = next_ns(lock, now_ns);

	if (at_ns == UINT64_MAX || lock->state.owner != SEAT_LOCK_PROMPT ||
	    !seat_lock_is_locked(&lock->state)) {
		clock_timer_disarm(lock->prompt);
	} else {
		clock_timer_arm(lock->prompt, at_ns);
	}
}

static void prompt_update(struct lock *lock)
{
	timer_arm(lock);
	trusted_update(lock->server->trusted);
}

/* ---- attempts ---- */

static void attempt_close(struct lock *lock)
{
	auth_link_close(lock->link);
	lock->link = NULL;
	lock->view = (struct auth_view){0};
	lock->typed_ns = 0;
}

/* It ends with no answer that means anything. */
static void attempt_fail(struct lock *lock, const char *why)
{
	uint64_t now_ns = clock_now(lock->server->clock);

	if (lock->link && seat_lock_ended(&lock->state, auth_link_nonce(lock->link), now_ns)) {
		lock_remember(lock);
	}
	attempt_close(lock);
	if (strcmp(lock->fault, why) != 0) {
		log_error(LOG_HOST, "the screen stays locked, as no password can be checked: %s",
			  why);
	}
	snprintf(lock->fault, sizeof(lock->fault), "%s", why);
	lock->retry_ns = now_ns + RETRY_NS;
	prompt_update(lock);
}

static void attempt_wrong(struct lock *lock, const struct auth_answer *answer)
{
	uint64_t now_ns = clock_now(lock->server->clock);

	if (seat_lock_wrong(&lock->state, answer->nonce, answer->value * NSEC_PER_MSEC, now_ns)) {
		log_info(LOG_US, "a wrong password, %u in a row", lock->state.wrong);
		lock_remember(lock);
	}
	attempt_close(lock);
	lock->fault[0] = '\0';
	snprintf(lock->says, sizeof(lock->says), "%s",
		 answer->text[0] ? answer->text : "That was not the password");
	prompt_update(lock);
}

static void attempt_right(struct lock *lock, const struct auth_answer *answer)
{
	if (!seat_lock_right(&lock->state, answer->nonce)) {
		attempt_fail(lock, "vitrine-auth says yes to what nobody typed");
		return;
	}
	lock_open(lock);
}

static void handle_answer(void *data, const struct auth_answer *answer)
{
	struct lock *lock = data;

	switch (answer->type) {
	case AUTH_RIGHT:
		attempt_right(lock, answer);
		return;
	case AUTH_WRONG:
		attempt_wrong(lock, answer);
		return;
	case AUTH_FAILED:
		attempt_fail(lock, answer->text);
		return;
	case AUTH_DONE:
	case AUTH_CANCELLED:
		attempt_fail(lock, "vitrine-auth answers what was not asked");
		return;
	default:
		break;
	}
	lock->fault[0] = '\0';
	auth_view_take(&lock->view, answer);
	seat_lock_checking(&lock->state, answer->nonce, lock->view.is_checking);
	prompt_update(lock);
}

static void handle_gone(void *data)
{
	attempt_fail(data, "vitrine-auth has ended");
}

static const struct auth_link_ops link_ops = {
	.answer = handle_answer,
	.gone = handle_gone,
};

static void attempt_begin(struct lock *lock, uint64_t now_ns)
{
	int ret;

	if (lock->link || now_ns < lock->state.not_before_ns || now_ns < lock->retry_ns) {
		return;
	}
	ret = auth_link_open(&lock->link, lock->server, AUTH_CHECK, -1, &link_ops, lock);
	if (ret < 0) {
		attempt_fail(lock, strerror(-ret));
	} else if (!seat_lock_begin(&lock->state, auth_link_nonce(lock->link), now_ns)) {
		attempt_close(lock);
	}
}

/* ---- what a person does ---- */

/* True: it goes to the helper, which has not got all of it yet. */
static bool is_typing(const struct lock *lock)
{
	return lock->link && !lock->view.is_checking;
}

static void prompt_key(void *data, uint32_t code, bool pressed, uint64_t time_ns)
{
	struct lock *lock = data;

	if (!is_typing(lock) || code >= AUTH_PRESSED) {
		return;
	}
	if (pressed) {
		seat_lock_typed(&lock->state);
		lock->typed_ns = time_ns;
		lock->says[0] = '\0';
		timer_arm(lock);
	}
	auth_link_send(lock->link, AUTH_KEY, code | (pressed ? AUTH_PRESSED : 0));
}

static void choose(struct lock *lock, const struct scene_output *output, double x, double y)
{
	if (output && is_typing(lock) && scene_panel_id(output, x, y) == AUTH_ROW_LAYOUT) {
		auth_link_send(lock->link, AUTH_LAYOUT, 0);
	}
}

static void prompt_point(void *data, struct scene_output *output, double x, double y)
{
	struct lock *lock = data;

	lock->over = output;
	lock->x = x;
	lock->y = y;
}

static void prompt_button(void *data, uint32_t code, bool pressed)
{
	struct lock *lock = data;

	if (pressed && code == BTN_LEFT) {
		choose(lock, lock->over, lock->x, lock->y);
	}
}

static void prompt_touch_down(void *data, struct scene_output *output, int contact, double x,
			      double y)
{
	choose(data, output, x, y);
}

static const struct trusted_ops prompt_ops = {
	.panel = prompt_panel,
	.key = prompt_key,
	.point = prompt_point,
	.button = prompt_button,
	.touch_down = prompt_touch_down,
};

/* ---- begin and end ---- */

void lock_prompt_show(struct lock *lock)
{
	lock->fault[0] = '\0';
	lock->says[0] = '\0';
	lock->retry_ns = 0;
	trusted_show(lock->server->trusted, TRUSTED_LOCK, &prompt_ops, lock);
	attempt_begin(lock, clock_now(lock->server->clock));
	prompt_update(lock);
}

void lock_prompt_end(struct lock *lock)
{
	if (lock->link) {
		seat_lock_ended(&lock->state, auth_link_nonce(lock->link),
				clock_now(lock->server->clock));
	}
	attempt_close(lock);
	lock->over = NULL;
	clock_timer_disarm(lock->prompt);
}

void lock_prompt_timeout(struct lock *lock, uint64_t now_ns)
{
	if (lock->link && lock->typed_ns && now_ns >= lock->typed_ns + STALE_NS) {
		/* Nothing is being checked: the timer is off then. */
		seat_lock_ended(&lock->state, auth_link_nonce(lock->link), now_ns);
		attempt_close(lock);
	}
	attempt_begin(lock, now_ns);
	prompt_update(lock);
}
