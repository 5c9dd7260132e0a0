/* SPDX-License-Identifier: MIT */
/*
 * inputmaker: input devices made by uinput, played from standard input. Commands, one per line:
 *
 *   device ID KIND NAME...    KIND: keyboard, mouse, touch, pen or lid; prints "ready ID PATH" once udev has seen it
 *   record ID FILE            likewise, the device of a recording (libinput record)
 *   replay ID                 that recording's events, with its pauses; prints "replayed ID"
 *   remove ID                 unplugs it
 *   key ID CODE VALUE         and a sync; buttons as well
 *   motion ID DX DY           and a sync
 *   place ID X Y              a pen's position
 *   down ID SLOT X Y    move ID SLOT X Y    up ID SLOT
 *   raw ID TYPE CODE VALUE    sync ID
 *   flood ID CODE N           so many strokes of a key, as fast as they can be written
 *   leds ID                   prints "leds ID MASK" (bits by LED_ codes): what the host lights on it now
 *   wait US                   say WORD (prints "said WORD": all before it has been written)
 *
 * Devices live until they are removed or the input ends, which is read from a fifo that the writer keeps open.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX_DEVICES 16
#define MAX_EVENTS 4096
#define RANGE 32768 /* of a touchscreen's or tablet's axes */
#define SLOTS 10

struct recorded {
	long us;
	struct input_event event;
};

struct device {
	char id[32], path[80];
	int fd; /* 0: the place is free */
	int contacts, next_contact;
	struct recorded *events; /* of a recording */
	int n_events;
};

static struct device devices[MAX_DEVICES];
static int udev_watch;

static void die(const char *what)
{
	fprintf(stderr, "inputmaker: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- events ---- */

static void emit(struct device *device, int type, int code, int value)
{
	struct input_event event = {.type = (unsigned short)type,
				    .code = (unsigned short)code,
				    .value = value};

	if (write(device->fd, &event, sizeof(event)) != sizeof(event)) {
		die("uinput");
	}
}

static void sync_events(struct device *device)
{
	emit(device, EV_SYN, SYN_REPORT, 0);
}

static void touch(struct device *device, const char *verb, int slot, int x, int y)
{
	emit(device, EV_ABS, ABS_MT_SLOT, slot);
	if (strcmp(verb, "up") == 0) {
		emit(device, EV_ABS, ABS_MT_TRACKING_ID, -1);
		if (--device->contacts == 0) {
			emit(device, EV_KEY, BTN_TOUCH, 0);
		}
		return;
	}
	if (strcmp(verb, "down") == 0) {
		emit(device, EV_ABS, ABS_MT_TRACKING_ID, ++device->next_contact);
		if (device->contacts++ == 0) {
			emit(device, EV_KEY, BTN_TOUCH, 1);
		}
	}
	emit(device, EV_ABS, ABS_MT_POSITION_X, x);
	emit(device, EV_ABS, ABS_MT_POSITION_Y, y);
}

static void flood(struct device *device, int code, int n)
{
	for (int i = 0; i < n; i++) {
		emit(device, EV_KEY, code, 1);
		sync_events(device);
		emit(device, EV_KEY, code, 0);
		sync_events(device);
	}
}

/* A recording's times are counted from its first event on; so are ours. */
static void replay(struct device *device)
{
	long at = device->n_events > 0 ? device->events[0].us : 0;

	for (int i = 0; i < device->n_events; i++) {
		const struct recorded *recorded = &device->events[i];

		if (recorded->us > at) {
			usleep((unsigned)(recorded->us - at));
			at = recorded->us;
		}
		emit(device, recorded->event.type, recorded->event.code, recorded->event.value);
	}
	printf("replayed %s\n", device->id);
	fflush(stdout);
}

static void leds(const struct device *device)
{
	unsigned char lit[LED_CNT / 8 + 1] = {0};
	int fd = open(device->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, EVIOCGLED(sizeof(lit)), lit) < 0) {
		die(device->path);
	}
	close(fd);
	printf("leds %s %u\n", device->id, lit[0]);
	fflush(stdout);
}

/* ---- making devices ---- */

static void axis(int fd, int code, int minimum, int maximum, int resolution)
{
	struct uinput_abs_setup setup = {
		.code = (unsigned short)code,
		.absinfo = {.minimum = minimum, .maximum = maximum, .resolution = resolution}};

	ioctl(fd, UI_SET_EVBIT, EV_ABS);
	ioctl(fd, UI_SET_ABSBIT, code);
	if (ioctl(fd, UI_ABS_SETUP, &setup) != 0) {
		die("UI_ABS_SETUP");
	}
}

static void keys(int fd, int first, int last)
{
	ioctl(fd, UI_SET_EVBIT, EV_KEY);
	for (int code = first; code <= last; code++) {
		ioctl(fd, UI_SET_KEYBIT, code);
	}
}

/* All keys that there are, and none: one that sends them breaks no rule of the kernel's. */
static void make_keyboard(int fd)
{
	keys(fd, KEY_RESERVED, KEY_MICMUTE);
	ioctl(fd, UI_SET_EVBIT, EV_LED);
	ioctl(fd, UI_SET_LEDBIT, LED_NUML);
	ioctl(fd, UI_SET_LEDBIT, LED_CAPSL);
	ioctl(fd, UI_SET_LEDBIT, LED_SCROLLL);
}

static void make_mouse(int fd)
{
	keys(fd, BTN_LEFT, BTN_EXTRA);
	ioctl(fd, UI_SET_EVBIT, EV_REL);
	ioctl(fd, UI_SET_RELBIT, REL_X);
	ioctl(fd, UI_SET_RELBIT, REL_Y);
	ioctl(fd, UI_SET_RELBIT, REL_WHEEL);
}

/* With a resolution, so that it counts as a screen of a size and not as a broken one. */
static void make_touch(int fd)
{
	keys(fd, BTN_TOUCH, BTN_TOUCH);
	ioctl(fd, UI_SET_PROPBIT, INPUT_PROP_DIRECT);
	axis(fd, ABS_X, 0, RANGE - 1, 10);
	axis(fd, ABS_Y, 0, RANGE - 1, 10);
	axis(fd, ABS_MT_POSITION_X, 0, RANGE - 1, 10);
	axis(fd, ABS_MT_POSITION_Y, 0, RANGE - 1, 10);
	axis(fd, ABS_MT_SLOT, 0, SLOTS - 1, 0);
	axis(fd, ABS_MT_TRACKING_ID, 0, 65535, 0);
}

static void make_pen(int fd)
{
	keys(fd, BTN_TOOL_PEN, BTN_TOOL_RUBBER);
	keys(fd, BTN_TOUCH, BTN_STYLUS2);
	ioctl(fd, UI_SET_PROPBIT, INPUT_PROP_DIRECT);
	axis(fd, ABS_X, 0, RANGE - 1, 100);
	axis(fd, ABS_Y, 0, RANGE - 1, 100);
	axis(fd, ABS_PRESSURE, 0, 2047, 0);
}

static void make_lid(int fd)
{
	ioctl(fd, UI_SET_EVBIT, EV_SW);
	ioctl(fd, UI_SET_SWBIT, SW_LID);
}

/* Udev's note about the device: its name is made of the device number. */
static void udev_wait(struct device *device)
{
	char system_name[64], path[256], events[4096];
	struct dirent *entry;
	DIR *directory;
	struct stat node;

	if (ioctl(device->fd, UI_GET_SYSNAME(sizeof(system_name)), system_name) < 0) {
		die("UI_GET_SYSNAME");
	}
	snprintf(path, sizeof(path), "/sys/devices/virtual/input/%s", system_name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory)) && strncmp(entry->d_name, "event", 5)) {
	}
	if (!directory || !entry) {
		die(path);
	}
	snprintf(device->path, sizeof(device->path), "/dev/input/%.64s", entry->d_name);
	if (stat(device->path, &node) != 0) {
		die(device->path);
	}
	printf("ready %s %s\n", device->id, device->path);
	closedir(directory);
	snprintf(path, sizeof(path), "/run/udev/data/c%u:%u", major(node.st_rdev),
		 minor(node.st_rdev));
	while (access(path, F_OK) != 0 && read(udev_watch, events, sizeof(events)) > 0) {
	}
	fflush(stdout);
}

static struct device *device_begin(const char *id)
{
	for (int i = 0; i < MAX_DEVICES; i++) {
		if (devices[i].fd == 0) {
			devices[i] = (struct device){0};
			snprintf(devices[i].id, sizeof(devices[i].id), "%s", id);
			devices[i].fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);
			if (devices[i].fd < 0) {
				die("/dev/uinput");
			}
			return &devices[i];
		}
	}
	errno = ENOSPC;
	die(id);
	return NULL;
}

static void device_finish(struct device *device, const struct uinput_setup *setup)
{
	if (ioctl(device->fd, UI_DEV_SETUP, setup) != 0 || ioctl(device->fd, UI_DEV_CREATE) != 0) {
		die("UI_DEV_CREATE");
	}
	udev_wait(device);
}

static void device_make(const char *id, const char *kind, const char *name)
{
	static const struct {
		const char *kind;
		void (*make)(int fd);
	} kinds[] = {{"keyboard", make_keyboard},
		     {"mouse", make_mouse},
		     {"touch", make_touch},
		     {"pen", make_pen},
		     {"lid", make_lid}};
	struct device *device = device_begin(id);
	struct uinput_setup setup = {.id = {.bustype = BUS_USB, .vendor = 1, .product = 1}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, kind) == 0) {
			kinds[i].make(device->fd);
		}
	}
	snprintf(setup.name, sizeof(setup.name), "%s", name);
	device_finish(device, &setup);
}

/* ---- recordings: the parts of the YAML that describe the device and its events ---- */

/* Numbers between brackets or commas, in any base. */
static int numbers(const char *text, int *out, int max)
{
	int n = 0;

	while (n < max && (text = strpbrk(text, "-0123456789"))) {
		char *end;
		long value = strtol(text, &end, 0);

		/* The dash of a list is no number. */
		if (end > text) {
			out[n++] = (int)value;
		}
		text = end > text ? end : text + 1;
	}
	return n;
}

static void record_codes(int fd, int type, const char *list)
{
	static const struct {
		int type;
		unsigned long request;
	} bits[] = {{EV_KEY, UI_SET_KEYBIT}, {EV_REL, UI_SET_RELBIT}, {EV_ABS, UI_SET_ABSBIT},
		    {EV_MSC, UI_SET_MSCBIT}, {EV_LED, UI_SET_LEDBIT}, {EV_SW, UI_SET_SWBIT}};
	int codes[KEY_CNT];
	int n = numbers(list, codes, KEY_CNT);

	if (type == EV_SYN) {
		return;
	}
	ioctl(fd, UI_SET_EVBIT, type);
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		for (int j = 0; bits[i].type == type && j < n; j++) {
			ioctl(fd, bits[i].request, codes[j]);
		}
	}
}

static void record_event(struct device *device, const char *line)
{
	int values[5];

	if (numbers(line, values, 5) == 5 && device->n_events < MAX_EVENTS) {
		device->events[device->n_events++] = (struct recorded){
			.us = values[0] * 1000000L + values[1],
			.event = {.type = (unsigned short)values[2],
				  .code = (unsigned short)values[3],
				  .value = values[4]},
		};
	}
}

/* Which list the indented lines belong to. */
enum part {
	PART_NONE,
	PART_CODES,
	PART_ABS
};

static void record_line(struct device *device, struct uinput_setup *setup, enum part *part,
			char *line)
{
	char *text = line + strspn(line, " "), *list = strchr(text, ':');
	int values[5], number = atoi(text);

	line[strcspn(line, "#\n")] = '\0';
	if (sscanf(text, "name: \"%79[^\"]", setup->name) == 1) {
		return;
	}
	if (strncmp(text, "id:", 3) == 0 && numbers(text, values, 4) == 4) {
		setup->id = (struct input_id){.bustype = (unsigned short)values[0],
					      .vendor = (unsigned short)values[1],
					      .product = (unsigned short)values[2],
					      .version = (unsigned short)values[3]};
	} else if (strncmp(text, "properties:", 11) == 0) {
		for (int i = numbers(text, values, 5); i > 0; i--) {
			ioctl(device->fd, UI_SET_PROPBIT, values[i - 1]);
		}
	} else if (strncmp(text, "codes:", 6) == 0) {
		*part = PART_CODES;
	} else if (strncmp(text, "absinfo:", 8) == 0) {
		*part = PART_ABS;
	} else if (strncmp(text, "- [", 3) == 0) {
		record_event(device, text);
	} else if (list && *text >= '0' && *text <= '9' && *part == PART_CODES) {
		record_codes(device->fd, number, list);
	} else if (list && *text >= '0' && *text <= '9' && *part == PART_ABS &&
		   numbers(list, values, 5) == 5) {
		axis(device->fd, number, values[0], values[1], values[4]);
	}
}

static void device_record(const char *id, const char *path)
{
	struct device *device = device_begin(id);
	struct uinput_setup setup = {0};
	enum part part = PART_NONE;
	FILE *file = fopen(path, "re");
	char line[4096];

	device->events = calloc(MAX_EVENTS, sizeof(*device->events));
	if (!file || !device->events) {
		die(path);
	}
	while (fgets(line, sizeof(line), file)) {
		record_line(device, &setup, &part, line);
	}
	fclose(file);
	device_finish(device, &setup);
}

/* ---- commands ---- */

static struct device *device_find(const char *id)
{
	for (int i = 0; i < MAX_DEVICES; i++) {
		if (devices[i].fd > 0 && strcmp(devices[i].id, id) == 0) {
			return &devices[i];
		}
	}
	return NULL;
}

static void device_remove(struct device *device)
{
	free(device->events);
	close(device->fd);
	device->fd = 0;
}

/* False: it is none. */
static bool device_command(struct device *device, const char *verb, const int *n, int count)
{
	if (strcmp(verb, "key") == 0 && count == 2) {
		emit(device, EV_KEY, n[0], n[1]);
		sync_events(device);
	} else if (strcmp(verb, "motion") == 0 && count == 2) {
		emit(device, EV_REL, REL_X, n[0]);
		emit(device, EV_REL, REL_Y, n[1]);
		sync_events(device);
	} else if (strcmp(verb, "place") == 0 && count == 2) {
		emit(device, EV_ABS, ABS_X, n[0]);
		emit(device, EV_ABS, ABS_Y, n[1]);
	} else if (((strcmp(verb, "down") == 0 || strcmp(verb, "move") == 0) && count == 3) ||
		   (strcmp(verb, "up") == 0 && count == 1)) {
		touch(device, verb, n[0], n[1], n[2]);
	} else if (strcmp(verb, "raw") == 0 && count == 3) {
		emit(device, n[0], n[1], n[2]);
	} else if (strcmp(verb, "sync") == 0 && count == 0) {
		sync_events(device);
	} else if (strcmp(verb, "flood") == 0 && count == 2) {
		flood(device, n[0], n[1]);
	} else if (strcmp(verb, "replay") == 0 && count == 0) {
		replay(device);
	} else if (strcmp(verb, "leds") == 0 && count == 0) {
		leds(device);
	} else if (strcmp(verb, "remove") == 0 && count == 0) {
		device_remove(device);
	} else {
		return false;
	}
	return true;
}

static bool play(const char *line)
{
	char verb[16], id[32], kind[16], rest[80];
	struct device *device;
	int n[3] = {0}, count;

	if (sscanf(line, "device %31s %15s %79[^\n]", id, kind, rest) == 3) {
		device_make(id, kind, rest);
		return true;
	}
	if (sscanf(line, "record %31s %79s", id, rest) == 2) {
		device_record(id, rest);
		return true;
	}
	if (sscanf(line, "wait %d", &n[0]) == 1) {
		usleep((unsigned)n[0]);
		return true;
	}
	if (sscanf(line, "say %31s", id) == 1) {
		printf("said %s\n", id);
		fflush(stdout);
		return true;
	}
	count = sscanf(line, "%15s %31s %d %d %d", verb, id, &n[0], &n[1], &n[2]) - 2;
	device = count >= 0 ? device_find(id) : NULL;
	return device && device_command(device, verb, n, count);
}

int main(void)
{
	char line[512];

	udev_watch = inotify_init1(IN_CLOEXEC);
	if (inotify_add_watch(udev_watch, "/run/udev/data", IN_CREATE | IN_MOVED_TO) < 0) {
		die("/run/udev/data");
	}
	while (fgets(line, sizeof(line), stdin)) {
		if (!play(line)) {
			fprintf(stderr, "inputmaker: not a command: %s", line);
		}
	}
	return 0;
}
