/* SPDX-License-Identifier: MIT */
/*
 * guestinput: print every event of every input device of the guest, one line each:
 *   input "DEVICE NAME" TYPE CODE VALUE        in the kernel's numbers
 * and for each device once, with the range of each absolute axis:
 *   device "DEVICE NAME" [AXIS MINIMUM MAXIMUM]...
 * Touch contacts come as the kernel sends them: a slot (3 47 N), then what that slot does.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_DEVICES 16

static char names[MAX_DEVICES][80];
static struct pollfd fds[MAX_DEVICES];
static int count;

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
		printf("input \"%s\" %u %u %d\n", names[place], events[i].type, events[i].code,
		       events[i].value);
	}
}

int main(void)
{
	glob_t found;

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
		if (poll(fds, (nfds_t)count, -1) < 0 && errno != EINTR) {
			return 1;
		}
		for (int i = 0; i < count; i++) {
			if (fds[i].revents) {
				device_read(i);
			}
		}
		fflush(stdout);
	}
}
