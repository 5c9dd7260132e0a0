/* SPDX-License-Identifier: MIT */
/*
 * guestinput: print every event of every input device of the guest, one line each:
 *   input "DEVICE NAME" TYPE CODE VALUE        in the kernel's numbers
 * and for each device once, with the range of each absolute axis:
 *   device "DEVICE NAME" [AXIS MINIMUM MAXIMUM]...
 * Touch contacts come as the kernel sends them: a slot (3 47 N), then what that slot does.
 *
 * guestinput -s: count the strokes of keys and buttons instead, and say so on each SIGUSR1:
 *   guestinput: held N presses N releases N
 * with what is held asked of the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_DEVICES 16

static char names[MAX_DEVICES][80];
static struct pollfd fds[MAX_DEVICES];
static int count;
static bool counts_only;
static unsigned long strokes[2]; /* releases, presses */
static volatile sig_atomic_t asked;

static void device_open(const char *path)
{
	unsigned char axes[ABS_CNT / 8 + 1] = {0};
	struct input_absinfo info;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || count == MAX_DEVICES) {
		printf("guestinput: %s: %s\n", path, strerror(errno));
		return;
	}
	ioctl(fd, EVIOCGNAME(sizeof(names[0])), names[count]);
	ioctl(fd, EVIOCGBIT(EV_ABS, sizeof(axes)), axes);
	printf("device \"%s\"", names[count]);
	for (int axis = 0; axis < ABS_CNT; axis++) {
		if (axes[axis / 8] & 1 << axis % 8 && ioctl(fd, EVIOCGABS(axis), &info) == 0) {
			printf(" %d %d %d", axis, info.minimum, info.maximum);
		}
	}
	printf("\n");
	fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void device_read(int place)
{
	struct input_event events[64];
	ssize_t n = read(fds[place].fd, events, sizeof(events));

	if (n <= 0) {
		printf("guestinput: \"%s\" is gone\n", names[place]);
		fds[place].fd = -1;
		return;
	}
	for (size_t i = 0; i < (size_t)n / sizeof(events[0]); i++) {
		if (counts_only) {
			strokes[events[i].value != 0] += events[i].type == EV_KEY;
			continue;
		}
		printf("input \"%s\" %u %u %d\n", names[place], events[i].type, events[i].code,
		       events[i].value);
	}
}

static void handle_ask(int number)
{
	(void)number;
	asked = 1;
}

static void answer(void)
{
	unsigned char keys[KEY_CNT / 8];
	int held = 0;

	for (int i = 0; i < count; i++) {
		memset(keys, 0, sizeof(keys));
		ioctl(fds[i].fd, EVIOCGKEY(sizeof(keys)), keys);
		for (size_t j = 0; j < sizeof(keys); j++) {
			held += __builtin_popcount(keys[j]);
		}
	}
	printf("guestinput: held %d presses %lu releases %lu\n", held, strokes[1], strokes[0]);
}

int main(int argc, char **argv)
{
	/* Taken only while nothing is done. */
	struct sigaction ask = {.sa_handler = handle_ask};
	const struct timespec at_once = {0};
	sigset_t blocked, none;
	glob_t found;

	counts_only = argc > 1 && strcmp(argv[1], "-s") == 0;
	sigemptyset(&none);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigaction(SIGUSR1, &ask, NULL);

	/* A report is written in one piece, so that two devices never share a line. */
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (glob("/dev/input/event*", 0, NULL, &found) != 0) {
		printf("guestinput: no input devices\n");
		return 1;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		device_open(found.gl_pathv[i]);
	}
	printf("guestinput: listening\n");
	fflush(stdout);
	for (;;) {
		/* What came before the question counts: it is answered when there is nothing to read. */
		int ready = ppoll(fds, (nfds_t)count, asked ? &at_once : NULL, &none);

		if (ready < 0 && errno != EINTR) {
			return 1;
		}
		if (asked && ready <= 0) {
			asked = 0;
			answer();
		}
		for (int i = 0; ready > 0 && i < count; i++) {
			if (fds[i].revents) {
				device_read(i);
			}
		}
		fflush(stdout);
	}
}
