/* SPDX-License-Identifier: MIT */
/*
 * touchmaker NAME WIDTH HEIGHT SLOTS: a touch screen made by uinput, played from standard input.
 *
 * Commands, one per line:  down SLOT X Y   move SLOT X Y   up SLOT   sync
 * Contacts follow the kernel's protocol B. Prints "ready PATH" once udev has seen the device, which
 * lives until the input ends (read from a fifo that the writer keeps open).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int device;

static void die(const char *what)
{
	fprintf(stderr, "touchmaker: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void emit(unsigned short type, unsigned short code, int value)
{
	struct input_event event = {.type = type, .code = code, .value = value};

	if (write(device, &event, sizeof(event)) != sizeof(event)) {
		die("uinput");
	}
}

static void axis(unsigned short code, int maximum)
{
	struct uinput_abs_setup setup = {.code = code, .absinfo = {.maximum = maximum}};

	/* A resolution, so that it counts as a screen of a size and not as a broken one. */
	setup.absinfo.resolution = code == ABS_MT_SLOT || code == ABS_MT_TRACKING_ID ? 0 : 10;
	ioctl(device, UI_SET_ABSBIT, code);
	if (ioctl(device, UI_ABS_SETUP, &setup) != 0) {
		die("UI_ABS_SETUP");
	}
}

static void device_create(const char *name, int width, int height, int slots)
{
	struct uinput_setup setup = {.id = {.bustype = BUS_USB, .vendor = 1, .product = 1}};

	device = open("/dev/uinput", O_WRONLY | O_CLOEXEC);
	if (device < 0) {
		die("/dev/uinput");
	}
	snprintf(setup.name, sizeof(setup.name), "%s", name);
	ioctl(device, UI_SET_EVBIT, EV_ABS);
	ioctl(device, UI_SET_EVBIT, EV_KEY);
	ioctl(device, UI_SET_KEYBIT, BTN_TOUCH);
	ioctl(device, UI_SET_PROPBIT, INPUT_PROP_DIRECT);
	axis(ABS_X, width - 1);
	axis(ABS_Y, height - 1);
	axis(ABS_MT_POSITION_X, width - 1);
	axis(ABS_MT_POSITION_Y, height - 1);
	axis(ABS_MT_SLOT, slots - 1);
	axis(ABS_MT_TRACKING_ID, 65535);
	if (ioctl(device, UI_DEV_SETUP, &setup) != 0 || ioctl(device, UI_DEV_CREATE) != 0) {
		die("UI_DEV_CREATE");
	}
}

/* Udev's note about the device: its name is made of the device number. */
static void udev_wait(int watch)
{
	char system_name[64];
	char path[256];
	char events[4096];
	struct dirent *entry;
	DIR *directory;
	struct stat node;

	if (ioctl(device, UI_GET_SYSNAME(sizeof(system_name)), system_name) < 0) {
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
	printf("ready %s\n", path);
	closedir(directory);
	snprintf(path, sizeof(path), "/run/udev/data/c%u:%u", major(node.st_rdev),
		 minor(node.st_rdev));
	while (access(path, F_OK) != 0 && read(watch, events, sizeof(events)) > 0) {
	}
	fflush(stdout);
}

static void play(int *contacts, const char *line)
{
	static int next_id = 1;
	char word[16];
	int slot = 0;
	int x = 0;
	int y = 0;
	int count = sscanf(line, "%15s %d %d %d", word, &slot, &x, &y);

	if (count == 1 && strcmp(word, "sync") == 0) {
		emit(EV_SYN, SYN_REPORT, 0);
		return;
	}
	emit(EV_ABS, ABS_MT_SLOT, slot);
	if (count == 4 && strcmp(word, "down") == 0) {
		emit(EV_ABS, ABS_MT_TRACKING_ID, next_id++);
		if ((*contacts)++ == 0) {
			emit(EV_KEY, BTN_TOUCH, 1);
		}
	} else if (count == 2 && strcmp(word, "up") == 0) {
		emit(EV_ABS, ABS_MT_TRACKING_ID, -1);
		if (--(*contacts) == 0) {
			emit(EV_KEY, BTN_TOUCH, 0);
		}
		return;
	} else if (count != 4 || strcmp(word, "move") != 0) {
		fprintf(stderr, "touchmaker: not a command: %s", line);
		return;
	}
	emit(EV_ABS, ABS_MT_POSITION_X, x);
	emit(EV_ABS, ABS_MT_POSITION_Y, y);
}

int main(int argc, char **argv)
{
	char line[128];
	int contacts = 0;
	int watch;

	if (argc != 5) {
		fprintf(stderr, "usage: touchmaker NAME WIDTH HEIGHT SLOTS\n");
		return 2;
	}
	watch = inotify_init1(IN_CLOEXEC);
	if (inotify_add_watch(watch, "/run/udev/data", IN_CREATE | IN_MOVED_TO) < 0) {
		die("/run/udev/data");
	}
	device_create(argv[1], atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	udev_wait(watch);
	while (fgets(line, sizeof(line), stdin)) {
		play(&contacts, line);
	}
	return 0;
}
