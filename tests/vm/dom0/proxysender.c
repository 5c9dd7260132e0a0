/* SPDX-License-Identifier: MIT */
/*
 * proxysender KIND NAME COMMAND [ARGUMENT...]: the other end of vitrine-input-proxy's stream, as another domain would hold
 * it. Starts COMMAND with the stream on its standard input and output, says that it is a KIND (keyboard, mouse, touch, wrong)
 * called NAME, and sends events from its own standard input: lines of TYPE CODE VALUE, numbers as the kernel has them, and
 * "sync". What comes back it prints as "light CODE VALUE"; at the end "ended STATUS" of the command.
 */
#include <errno.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct caps {
	uint64_t prop, ev, key[12], rel, abs, msc, led, snd, ff[2], sw;
	char name[128];
	struct input_absinfo axes[64];
};

static int to_proxy, from_proxy;

static void die(const char *what)
{
	fprintf(stderr, "proxysender: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void set(uint64_t *words, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++) {
		words[i / 64] |= UINT64_C(1) << (i % 64);
	}
}

static void send_bytes(const void *bytes, size_t size)
{
	if (write(to_proxy, bytes, size) != (ssize_t)size) {
		die("the stream");
	}
}

static void send_event(int type, int code, int value)
{
	struct input_event event = {.type = (uint16_t)type, .code = (uint16_t)code, .value = value};

	send_bytes(&event, sizeof(event));
}

/* Everything is claimed to be there, so that what arrives shows what was let through. */
static void greet(const char *kind, const char *name)
{
	struct caps caps;
	uint32_t hello[2] = {1, sizeof(caps)};

	memset(&caps, 0, sizeof(caps));
	set(&caps.ev, 0, EV_MAX);
	set(caps.key, 1, KEY_MAX);
	set(&caps.led, 0, LED_MAX);
	set(&caps.sw, 0, SW_MAX);
	if (strcmp(kind, "mouse") == 0) {
		set(&caps.rel, 0, REL_MAX);
	}
	if (strcmp(kind, "touch") == 0) {
		set(&caps.prop, INPUT_PROP_DIRECT, INPUT_PROP_DIRECT);
		set(&caps.abs, 0, ABS_MAX);
		for (unsigned i = 0; i < 64; i++) {
			caps.axes[i].maximum = i == ABS_MT_SLOT ? 9 : 32767;
			caps.axes[i].resolution = i < ABS_MT_SLOT ? 10 : 0;
		}
	}
	if (strcmp(kind, "wrong") == 0) {
		hello[0] = 2;
	}
	snprintf(caps.name, sizeof(caps.name), "%s", name);
	send_bytes(hello, sizeof(hello));
	send_bytes(&caps, sizeof(caps));
}

static pid_t start(char **command)
{
	int there[2], back[2];
	pid_t pid;

	if (pipe(there) < 0 || pipe(back) < 0) {
		die("pipe");
	}
	pid = fork();
	if (pid == 0) {
		dup2(there[0], STDIN_FILENO);
		dup2(back[1], STDOUT_FILENO);
		close(there[1]);
		close(back[0]);
		execvp(command[0], command);
		die(command[0]);
	}
	close(there[0]);
	close(back[1]);
	to_proxy = there[1];
	from_proxy = back[0];
	return pid;
}

static void take_line(const char *line)
{
	int type, code, value;

	if (strncmp(line, "sync", 4) == 0) {
		send_event(EV_SYN, SYN_REPORT, 0);
	} else if (sscanf(line, "%d %d %d", &type, &code, &value) == 3) {
		send_event(type, code, value);
	} else {
		fprintf(stderr, "proxysender: not a command: %s", line);
	}
}

/* False at the end of the commands. */
static int take_commands(void)
{
	static char text[4096];
	static size_t held;
	ssize_t n = read(STDIN_FILENO, text + held, sizeof(text) - 1 - held);
	char *line = text, *end;

	if (n <= 0) {
		return 0;
	}
	held += (size_t)n;
	text[held] = '\0';
	while ((end = strchr(line, '\n'))) {
		take_line(line);
		line = end + 1;
	}
	held -= (size_t)(line - text);
	memmove(text, line, held);
	return 1;
}

/* False when the proxy has ended. */
static int take_lights(void)
{
	struct input_event event;

	if (read(from_proxy, &event, sizeof(event)) != sizeof(event)) {
		return 0;
	}
	if (event.type == EV_LED) {
		printf("light %u %d\n", event.code, event.value);
		fflush(stdout);
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};
	int status = 0, goes_on = 1;
	pid_t pid;

	if (argc < 4) {
		fprintf(stderr, "usage: proxysender KIND NAME COMMAND [ARGUMENT...]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	pid = start(argv + 3);
	fds[1].fd = from_proxy;
	greet(argv[1], argv[2]);
	while (goes_on && poll(fds, 2, -1) >= 0) {
		goes_on = (!fds[0].revents || take_commands()) && (!fds[1].revents || take_lights());
	}
	close(to_proxy);
	waitpid(pid, &status, 0);
	printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	return 0;
}
