/* SPDX-License-Identifier: MIT */
#include "helpers/auth/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fdmsg.h"
#include "base/log.h"

/* For a server that is slow to read or to close. */
#define PATIENCE_MS 2000

/* ---- to the server ---- */

/* Modules of PAM say what they like. */
static void text_clean(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		if (*text >= ' ' && *text <= '~') {
			out[n++] = *text;
		}
	}
	out[n] = '\0';
}

void session_say(struct session *session, enum auth_answer_type type, uint32_t value,
		 const char *text)
{
	struct auth_answer answer = {.type = type, .value = value, .nonce = session->nonce};
	struct pollfd wait = {.fd = session->fd, .events = POLLOUT};

	text_clean(answer.text, sizeof(answer.text), text);
	if (poll(&wait, 1, PATIENCE_MS) != 1 ||
	    fdmsg_send(session->fd, &answer, sizeof(answer), NULL, 0) < 0) {
		log_debug(LOG_US, "the display server does not hear the helper");
	}
}

static void say_state(struct session *session)
{
	uint32_t value = MIN(session->secret.characters, AUTH_MAX_DOTS);
	char layout[AUTH_TEXT_SIZE];

	value |= keys_caps_lock(session->keys) ? AUTH_STATE_CAPS : 0;
	value |= keys_layouts(session->keys) > 1 ? AUTH_STATE_LAYOUTS : 0;
	value |= session->is_checking ? AUTH_STATE_CHECKING : 0;
	keys_layout(session->keys, layout, sizeof(layout));
	session_say(session, AUTH_STATE, value, layout);
}

/* ---- from the server ---- */

/* Waits. fd: received with it, or -1. */
static int receive(int sock, struct auth_request *request, int *fd)
{
	struct pollfd wait = {.fd = sock, .events = POLLIN};
	int ret;

	do {
		ret = poll(&wait, 1, -1);
		if (ret < 0 && errno != EINTR) {
			return -errno;
		}
		ret = fdmsg_recv(sock, request, sizeof(*request), fd, 1);
	} while (ret == -EAGAIN);
	if (ret <= 0) {
		return ret == 0 ? -ECONNRESET : ret;
	}
	return ret == (int)sizeof(*request) ? 0 : -EPROTO;
}

static int greeting_check(const struct auth_request *hello, int target)
{
	uint32_t mode = hello->value & 0xff;

	if (hello->type != AUTH_HELLO || hello->value >> 8 != AUTH_VERSION || hello->nonce == 0 ||
	    (mode != AUTH_CHECK && mode != AUTH_ASK)) {
		return -EPROTO;
	}
	return (mode == AUTH_ASK) == (target >= 0) ? 0 : -EPROTO;
}

int session_init(struct session *session, int fd, const struct settings *settings)
{
	struct auth_request hello;
	int ret;

	memset(session, 0, sizeof(*session));
	session->target = -1;
	ret = receive(fd, &hello, &session->target);
	ret = ret < 0 ? ret : greeting_check(&hello, session->target);
	if (ret < 0) {
		close_fd(&session->target);
		return ret;
	}
	session->fd = fd;
	session->nonce = hello.nonce;
	session->mode = hello.value & 0xff;
	ret = secret_init(&session->secret);
	if (ret < 0) {
		log_error(LOG_HOST, "no memory that is never swapped: %s", strerror(-ret));
		session_say(session, AUTH_FAILED, 0, "no memory that is never swapped");
	} else {
		ret = keys_create(&session->keys, settings);
		if (ret < 0) {
			session_say(session, AUTH_FAILED, 0, "the keyboard's layout is not known");
		}
	}
	if (ret < 0) {
		session_finish(session);
	}
	return ret;
}

/*
 * Keys that were under way when the answer was sent are thrown away here: closed with them in its queue, the socket would
 * lose the answer.
 */
static void linger(int sock)
{
	struct pollfd wait = {.fd = sock, .events = POLLIN};
	struct auth_request request;

	shutdown(sock, SHUT_WR);
	while (poll(&wait, 1, PATIENCE_MS) == 1 && recv(sock, &request, sizeof(request), 0) > 0) {
	}
	explicit_bzero(&request, sizeof(request));
}

void session_finish(struct session *session)
{
	linger(session->fd);
	close_fd(&session->target);
	keys_destroy(session->keys);
	session->keys = NULL;
	secret_finish(&session->secret);
}

/* ---- a line ---- */

static enum keys_result handle_key(struct session *session, uint32_t value, char *text)
{
	return keys_handle(session->keys, value & ~AUTH_PRESSED, value & AUTH_PRESSED, text);
}

static enum keys_result handle(struct session *session, const struct auth_request *request,
			       char *text)
{
	switch (request->type) {
	case AUTH_KEY:
		return handle_key(session, request->value, text);
	case AUTH_DIGIT:
		snprintf(text, KEYS_TEXT_SIZE, "%c", (char)('0' + request->value % 10));
		return KEYS_CHARACTER;
	case AUTH_ERASE:
		return KEYS_ERASE;
	case AUTH_SUBMIT:
		return KEYS_SUBMIT;
	case AUTH_LAYOUT:
		keys_next_layout(session->keys);
		return KEYS_NOTHING;
	default:
		return KEYS_NOTHING;
	}
}

/* 1: the line is whole; 0: it goes on. */
static int take(struct session *session, const struct auth_request *request)
{
	char text[KEYS_TEXT_SIZE] = "";
	int ret = 0;

	if (request->nonce != session->nonce || request->type <= AUTH_HELLO ||
	    request->type > AUTH_LAYOUT) {
		return -EPROTO;
	}
	switch (handle(session, request, text)) {
	case KEYS_NOTHING:
		break;
	case KEYS_CHARACTER:
		secret_add(&session->secret, text);
		break;
	case KEYS_ERASE:
		secret_erase(&session->secret);
		break;
	case KEYS_CLEAR:
		secret_clear(&session->secret);
		ret = session->mode == AUTH_ASK ? -ECANCELED : 0;
		break;
	case KEYS_SUBMIT:
		ret = 1;
		break;
	}
	explicit_bzero(text, sizeof(text));
	return ret;
}

int session_read(struct session *session, const char *prompt)
{
	struct auth_request request = {0};
	int unused, ret = 0;

	secret_clear(&session->secret);
	session->is_checking = false;
	session_say(session, AUTH_PROMPT, 0, prompt);
	while (ret == 0) {
		say_state(session);
		ret = receive(session->fd, &request, &unused);
		close_fd(&unused);
		ret = ret < 0 ? ret : take(session, &request);
	}
	explicit_bzero(&request, sizeof(request));
	if (ret > 0) {
		session->is_checking = true;
		say_state(session);
	}
	return MIN(ret, 0);
}
