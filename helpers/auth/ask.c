/* SPDX-License-Identifier: MIT */
#include "helpers/auth/ask.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "helpers/auth/session.h"

/* A pipe takes it at once; whatever else it is may block this process, which has nothing else to do. */
static int text_write(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		text += MAX(n, 0);
		size -= (size_t)MAX(n, 0);
	}
	return 0;
}

void ask_run(struct session *session)
{
	int ret = session_read(session, "");

	if (ret == 0) {
		ret = text_write(session->target, session->secret.text, session->secret.used);
	}
	secret_clear(&session->secret);
	close_fd(&session->target);
	if (ret == 0) {
		session_say(session, AUTH_DONE, 0, "");
	} else if (ret == -ECANCELED) {
		session_say(session, AUTH_CANCELLED, 0, "");
	} else {
		session_say(session, AUTH_FAILED, 0, strerror(-ret));
	}
}
