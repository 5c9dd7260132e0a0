/* SPDX-License-Identifier: MIT */
/*
 * A passphrase that a program of the host's asks for: of a disk, of a guest that is to start. What is typed goes to vitrine-auth
 * as codes, and from there straight into the asker's pipe. One at a time; a lock ends it.
 */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/server.h"
#include "compositor/trusted/auth_link.h"
#include "compositor/trusted/auth_view.h"
#include "compositor/trusted/trusted.h"

#define TIMEOUT_NS (120 * NSEC_PER_SEC)
/* Of the question, in a row of the panel. */
#define ROW_CHARACTERS 52u

struct prompt {
	struct server *server;
	struct auth_link *link; /* NULL: nothing is asked */
	struct auth_view view;
	char text[PROMPT_TEXT_MAX + 1];
	struct clock_timer *timeout;
	prompt_done_fn done;
	void *data;
	struct scene_output *over;
	double x, y;
};

/* ---- the panel ---- */

static void rows_add_text(struct panel *panel, const char *text)
{
	char line[ROW_CHARACTERS + 1];

	for (size_t at = 0; at < strlen(text); at += ROW_CHARACTERS) {
		snprintf(line, sizeof(line), "%s", text + at);
		auth_view_row(panel, PANEL_TEXT, line);
	}
}

static bool prompt_panel(void *data, struct panel *panel)
{
	const struct prompt *prompt = data;

	auth_view_row(panel, PANEL_TITLE, "The host asks");
	rows_add_text(panel, prompt->text);
	auth_view_rows(&prompt->view, panel);
	auth_view_row(panel, PANEL_RULE, "");
	auth_view_row(panel, PANEL_TEXT, "Enter gives it, Escape refuses");
	return true;
}

/* ---- the end ---- */

/* The last words of a question. Whoever asked may ask again from inside of done. */
static void prompt_end(struct prompt *prompt, int result)
{
	prompt_done_fn done = prompt->done;
	void *data = prompt->data;

	if (!prompt->link) {
		return;
	}
	auth_link_close(prompt->link);
	prompt->link = NULL;
	clock_timer_disarm(prompt->timeout);
	prompt->over = NULL;
	trusted_hide(prompt->server->trusted, TRUSTED_PROMPT);
	log_info(LOG_US, "what the host asked for is %s", result == 0 ? "answered" : "not answered");
	done(data, result);
}

static void handle_timeout(void *data, uint64_t now_ns)
{
	prompt_end(data, -ETIMEDOUT);
}

void prompt_cancel(struct prompt *prompt, int why)
{
	if (prompt) {
		prompt_end(prompt, why);
	}
}

/* ---- the helper ---- */

static void handle_answer(void *data, const struct auth_answer *answer)
{
	struct prompt *prompt = data;

	switch (answer->type) {
	case AUTH_STATE:
	case AUTH_PROMPT:
	case AUTH_SAYS:
		auth_view_take(&prompt->view, answer);
		trusted_update(prompt->server->trusted);
		break;
	case AUTH_DONE:
		prompt_end(prompt, 0);
		break;
	case AUTH_CANCELLED:
		prompt_end(prompt, -ECANCELED);
		break;
	default:
		log_error(LOG_HOST, "vitrine-auth could not ask: %s", answer->text);
		prompt_end(prompt, -EIO);
		break;
	}
}

static void handle_gone(void *data)
{
	prompt_end(data, -EIO);
}

static const struct auth_link_ops link_ops = {
	.answer = handle_answer,
	.gone = handle_gone,
};

/* ---- what a person does ---- */

static void prompt_key(void *data, uint32_t code, bool pressed, uint64_t time_ns)
{
	struct prompt *prompt = data;

	if (prompt->view.is_checking || code >= AUTH_PRESSED) {
		return;
	}
	auth_link_send(prompt->link, AUTH_KEY, code | (pressed ? AUTH_PRESSED : 0));
	clock_timer_arm(prompt->timeout, clock_now(prompt->server->clock) + TIMEOUT_NS);
}

static void choose(struct prompt *prompt, const struct scene_output *output, double x, double y)
{
	if (output && scene_panel_id(output, x, y) == AUTH_ROW_LAYOUT) {
		auth_link_send(prompt->link, AUTH_LAYOUT, 0);
	}
}

static void prompt_point(void *data, struct scene_output *output, double x, double y)
{
	struct prompt *prompt = data;

	prompt->over = output;
	prompt->x = x;
	prompt->y = y;
}

static void prompt_button(void *data, uint32_t code, bool pressed)
{
	struct prompt *prompt = data;

	if (pressed && code == BTN_LEFT) {
		choose(prompt, prompt->over, prompt->x, prompt->y);
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

/* ---- asking ---- */

static bool text_is_good(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (text[i] < ' ' || text[i] > '~') {
			return false;
		}
	}
	return n > 0 && n <= PROMPT_TEXT_MAX;
}

int prompt_ask(struct prompt *prompt, const char *text, int fd, prompt_done_fn done, void *data)
{
	int ret;

	if (!text_is_good(text)) {
		return -EINVAL;
	}
	if (lock_is_locked(prompt->server->lock)) {
		return -EACCES;
	}
	if (prompt->link) {
		return -EBUSY;
	}
	ret = auth_link_open(&prompt->link, prompt->server, AUTH_ASK, fd, &link_ops, prompt);
	if (ret < 0) {
		return ret;
	}
	prompt->view = (struct auth_view){0};
	snprintf(prompt->text, sizeof(prompt->text), "%s", text);
	prompt->done = done;
	prompt->data = data;
	clock_timer_arm(prompt->timeout, clock_now(prompt->server->clock) + TIMEOUT_NS);
	trusted_show(prompt->server->trusted, TRUSTED_PROMPT, &prompt_ops, prompt);
	return 0;
}

bool prompt_is_asking(const struct prompt *prompt)
{
	return prompt && prompt->link;
}

/* ---- start and stop ---- */

int prompt_create(struct prompt **out, struct server *server)
{
	struct prompt *prompt = xcalloc(1, sizeof(*prompt));

	prompt->server = server;
	prompt->timeout = clock_timer_create(server->clock, PRIORITY_STATS, handle_timeout, prompt);
	if (!prompt->timeout) {
		free(prompt);
		return -ENOMEM;
	}
	*out = prompt;
	return 0;
}

void prompt_destroy(struct prompt *prompt)
{
	if (prompt) {
		prompt_end(prompt, -ECANCELED);
		clock_timer_destroy(prompt->timeout);
		free(prompt);
	}
}
