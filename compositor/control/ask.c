/* SPDX-License-Identifier: MIT */
/*
 * The question for a passphrase. It comes through a pipe that vitrine-auth writes into; our end of it goes to whoever asked,
 * unread. One call at a time waits for that.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compositor/control/control_priv.h"

static int refuse(sd_bus_message *call, const char *error, const char *why)
{
	return sd_bus_reply_method_errorf(call, error, "%s", why);
}

static int reply(sd_bus_message *call, int result, int fd)
{
	switch (result) {
	case 0:
		return sd_bus_reply_method_return(call, "h", fd);
	case -ECANCELED:
		return refuse(call, CONTROL_ERROR_CANCELLED, "it was refused");
	case -ETIMEDOUT:
		return refuse(call, CONTROL_ERROR_CANCELLED, "nobody answered");
	case -EACCES:
		return refuse(call, CONTROL_ERROR_NOT_NOW, "the screen is locked");
	default:
		return refuse(call, CONTROL_ERROR_FAILED, "vitrine-auth could not ask");
	}
}

static void ask_done(void *data, int result)
{
	struct control *control = data;
	sd_bus_message *call = control->asking;

	control->asking = NULL;
	if (reply(call, result, control->asking_fd) < 0) {
		log_debug(LOG_US, "a control client did not wait for its answer");
	}
	close_fd(&control->asking_fd);
	sd_bus_message_unref(call);
}

static int start(struct control *control, const char *text)
{
	int fds[2], ret;

	if (control->asking) {
		return -EBUSY;
	}
	if (pipe2(fds, O_CLOEXEC) < 0) {
		return -errno;
	}
	ret = prompt_ask(control->server->prompt, text, fds[1], ask_done, control);
	close(fds[1]);
	if (ret < 0) {
		close(fds[0]);
		return ret;
	}
	control->asking_fd = fds[0];
	return 0;
}

int ask_start(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct control *control = data;
	const char *text;
	int ret = sd_bus_message_read(call, "s", &text);

	if (ret < 0) {
		return ret;
	}
	ret = start(control, text);
	switch (ret) {
	case 0:
		control->asking = sd_bus_message_ref(call);
		return 1;
	case -EINVAL:
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
						  "a question is 1 to %u printable ASCII characters",
						  PROMPT_TEXT_MAX);
	case -EACCES:
		return refuse(call, CONTROL_ERROR_NOT_NOW, "the screen is locked");
	case -EBUSY:
		return refuse(call, CONTROL_ERROR_BUSY, "somebody else is asking");
	default:
		return sd_bus_reply_method_errorf(call, CONTROL_ERROR_NOT_SUPPORTED,
						  "vitrine-auth can't be reached (%s)",
						  strerror(-ret));
	}
}

void ask_client_gone(struct control *control, const sd_bus *bus)
{
	if (control->asking && sd_bus_message_get_bus(control->asking) == bus) {
		prompt_cancel(control->server->prompt, -ECANCELED);
	}
}
