/* SPDX-License-Identifier: MIT */
/* vitrinectl ask: a passphrase from the person at the monitors to standard output. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/vitrinectl/command.h"

/* As long as a person is given, and more. */
#define PATIENCE_USEC (UINT64_C(3600) * 1000 * 1000)
/* More than one is long; a pipe holds it. */
#define TEXT_SIZE 1024

/* 0, or the error of a descriptor. */
static int copy_all(int from, int to)
{
	char text[TEXT_SIZE];
	int ret = 0;
	ssize_t n;

	while (ret == 0 && (n = read(from, text, sizeof(text))) != 0) {
		for (ssize_t done = 0; done < n;) {
			ssize_t written = write(to, text + done, (size_t)(n - done));

			if (written < 0) {
				ret = -errno;
				break;
			}
			done += written;
		}
		ret = n < 0 ? -errno : ret;
	}
	explicit_bzero(text, sizeof(text));
	return ret;
}

int run_ask(struct context *context)
{
	sd_bus_message *reply = NULL;
	int fd, ret;

	if (isatty(STDOUT_FILENO) && !context->options->is_tty) {
		fprintf(stderr,
			"vitrinectl: a terminal would show it; take a pipe or a file, or --tty\n");
		return EXIT_USAGE;
	}
	context->bus.patience_usec = PATIENCE_USEC;
	if (bus_call(&context->bus, &reply, "Ask", "s", context->args[0]) < 0) {
		return report_failure(context);
	}
	ret = sd_bus_message_read(reply, "h", &fd);
	ret = ret < 0 ? ret : copy_all(fd, STDOUT_FILENO);
	sd_bus_message_unref(reply);
	if (ret < 0) {
		fprintf(stderr, "vitrinectl: %s\n", strerror(-ret));
	}
	return ret < 0 ? EXIT_REFUSED : EXIT_DONE;
}
