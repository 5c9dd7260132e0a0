/* SPDX-License-Identifier: MIT */
/*
 * keymeter COUNT COMMAND COMMAND: how long two ways take from a key to a guest's event channel, side by side.
 *
 * Makes a uinput keyboard for each way, prints "ready PATH PATH", and after a line on standard input strikes COUNT keys
 * on each, in turn, with pauses of changing length. A key's time runs from before it is written to uinput to the kernel's
 * trace of the ioctl that notifies an event channel, by a process whose name begins with that way's COMMAND: the same
 * meter for both, all of it on the kernel's monotonic clock. Prints "key WAY MICROSECONDS" for each, and "end". A key
 * that is not told in a second is "lost WAY".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define NOTIFY_FILTER "cmd == 0x44504" /* IOCTL_EVTCHN_NOTIFY: _IOC(_IOC_NONE, 'E', 4, 4) */
#define WAYS 2
#define LOST_US 1000000
#define LOOK_MS 20
#define SHORTEST_PAUSE_US 15000
#define PAUSES_US 10000

static int keyboards[WAYS];
static int trace;
static char lines[1 << 16]; /* of the trace, not looked at yet */

static void die(const char *what)
{
	fprintf(stderr, "keymeter: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- keyboards ---- */

static void keyboard_create(int way)
{
	struct uinput_setup setup = {.id = {.bustype = BUS_USB, .vendor = 1, .product = 2}};
	int fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);

	if (fd < 0) {
		die("/dev/uinput");
	}
	snprintf(setup.name, sizeof(setup.name), "Vitrine Test Keys %d", way + 1);
	ioctl(fd, UI_SET_EVBIT, EV_KEY);
	for (int code = KEY_ESC; code < KEY_KPDOT; code++) {
		ioctl(fd, UI_SET_KEYBIT, code);
	}
	if (ioctl(fd, UI_DEV_SETUP, &setup) != 0 || ioctl(fd, UI_DEV_CREATE) != 0) {
		die("UI_DEV_CREATE");
	}
	keyboards[way] = fd;
}

/* Prints the device's node, and waits until udev has noted it. */
static void keyboard_wait(int way, int watch)
{
	char system_name[64], path[256], events[4096];
	struct dirent *entry;
	DIR *directory;
	struct stat node;

	if (ioctl(keyboards[way], UI_GET_SYSNAME(sizeof(system_name)), system_name) < 0) {
		die("UI_GET_SYSNAME");
	}
	snprintf(path, sizeof(path), "/sys/devices/virtual/input/%s", system_name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory)) && strncmp(entry->d_name, "event", 5)) {
	}
	if (!directory || !entry) {
		die(path);
	}
	snprintf(path, sizeof(path), "/dev/input/%.64s", entry->d_name);
	if (stat(path, &node) != 0) {
		die(path);
	}
	printf(" %s", path);
	closedir(directory);
	snprintf(path, sizeof(path), "/run/udev/data/c%u:%u", major(node.st_rdev),
		 minor(node.st_rdev));
	while (access(path, F_OK) != 0 && read(watch, events, sizeof(events)) > 0) {
	}
}

static void keyboards_create(void)
{
	int watch = inotify_init1(IN_CLOEXEC);

	if (inotify_add_watch(watch, "/run/udev/data", IN_CREATE | IN_MOVED_TO) < 0) {
		die("/run/udev/data");
	}
	for (int way = 0; way < WAYS; way++) {
		keyboard_create(way);
	}
	printf("ready");
	for (int way = 0; way < WAYS; way++) {
		keyboard_wait(way, watch);
	}
	printf("\n");
	fflush(stdout);
}

/* ---- the kernel's trace ---- */

static void trace_set(const char *name, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0) {
		die(path);
	}
	close(fd);
}

static void trace_open(void)
{
	if (mount("tracefs", TRACING, "tracefs", 0, NULL) < 0 && errno != EBUSY) {
		die(TRACING);
	}
	trace_set("trace_clock", "mono");
	trace_set("events/syscalls/sys_enter_ioctl/filter", NOTIFY_FILTER);
	trace_set("events/syscalls/sys_enter_ioctl/enable", "1");
	trace_set("tracing_on", "1");
	trace = open(TRACING "trace_pipe", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (trace < 0) {
		die("trace_pipe");
	}
}

/* "   COMMAND-PID   [000] ..... SECONDS.MICROSECONDS: sys_ioctl(...)" */
static bool line_parse(const char *line, const char *command, int64_t *us)
{
	const char *cpu = strchr(line, '['), *time;
	long long seconds, fraction;

	while (*line == ' ') {
		line++;
	}
	if (!cpu || strncmp(line, command, strlen(command)) != 0) {
		return false;
	}
	/* The time is the only word that ends in a colon. */
	for (time = strchr(cpu, ':'); time && time > cpu && time[-1] != ' '; time--) {
	}
	if (!time || sscanf(time, "%lld.%lld:", &seconds, &fraction) != 2) {
		return false;
	}
	*us = seconds * 1000000 + fraction;
	return true;
}

/* ---- keys ---- */

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

static void strike(int way, int pressed)
{
	struct input_event events[] = {
		{.type = EV_KEY, .code = KEY_F9, .value = pressed},
		{.type = EV_SYN, .code = SYN_REPORT},
	};

	if (write(keyboards[way], events, sizeof(events)) != sizeof(events)) {
		die("uinput");
	}
}

/* Looks at the lines that are there, and drops them. */
static bool lines_find(const char *command, int64_t since_us, int64_t *us)
{
	char *line = lines, *end;
	bool found = false;

	for (; !found && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		found = line_parse(line, command, us) && *us >= since_us;
	}
	memmove(lines, line, strlen(line) + 1);
	return found;
}

static bool trace_wait(const char *command, int64_t since_us, int64_t *us)
{
	struct pollfd poll_fd = {.fd = trace, .events = POLLIN};

	while (!lines_find(command, since_us, us)) {
		size_t used = strlen(lines);
		ssize_t n = read(trace, lines + used, sizeof(lines) - 1 - used);

		if (n > 0) {
			lines[used + (size_t)n] = '\0';
		} else if (now_us() - since_us > LOST_US) {
			return false;
		} else {
			/* The trace tells readers of an event by and by. */
			poll(&poll_fd, 1, LOOK_MS);
		}
	}
	return true;
}

static void measure(int way, const char *command, int pressed)
{
	int64_t start_us, us;

	usleep(SHORTEST_PAUSE_US + (useconds_t)(rand() % PAUSES_US));
	start_us = now_us();
	strike(way, pressed);
	if (trace_wait(command, start_us, &us)) {
		printf("key %d %lld\n", way, (long long)(us - start_us));
	} else {
		printf("lost %d\n", way);
	}
}

int main(int argc, char **argv)
{
	char line[16];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2 + WAYS) {
		fprintf(stderr, "usage: keymeter COUNT COMMAND COMMAND\n");
		return 2;
	}
	keyboards_create();
	if (!fgets(line, sizeof(line), stdin)) {
		return 1;
	}
	trace_open();
	for (int i = 0; i < atoi(argv[1]); i++) {
		for (int way = 0; way < WAYS; way++) {
			measure(way, argv[2 + way], i % 2 == 0);
		}
	}
	printf("end\n");
	return 0;
}
