/* SPDX-License-Identifier: MIT */
/*
 * Monitors, guests and heads as dictionaries. What the scene knows is given by name and type here; to that come the lines
 * of the server's report that begin with the same thing's name, so that whoever counts something writes one line there
 * and every client has it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/control/control_priv.h"

#define KEY_SIZE 96

/* ---- dictionaries ---- */

static int put_string(sd_bus_message *reply, const char *key, const char *value)
{
	return sd_bus_message_append(reply, "{sv}", key, "s", value);
}

static int put_uint(sd_bus_message *reply, const char *key, uint64_t value)
{
	return sd_bus_message_append(reply, "{sv}", key, "t", value);
}

static int put_int(sd_bus_message *reply, const char *key, int64_t value)
{
	return sd_bus_message_append(reply, "{sv}", key, "x", value);
}

static int put_double(sd_bus_message *reply, const char *key, double value)
{
	return sd_bus_message_append(reply, "{sv}", key, "d", value);
}

static int put_bool(sd_bus_message *reply, const char *key, bool value)
{
	return sd_bus_message_append(reply, "{sv}", key, "b", (int)value);
}

static int put_rect(sd_bus_message *reply, const struct rect *rect)
{
	int ret = put_int(reply, "x", rect->x);

	ret = ret < 0 ? ret : put_int(reply, "y", rect->y);
	ret = ret < 0 ? ret : put_int(reply, "width", rect->w);
	return ret < 0 ? ret : put_int(reply, "height", rect->h);
}

/* ---- lines of the report ---- */

/* In order, so that all that belongs to one thing stands together, however many there are. */
struct report {
	char *text;
	char **lines;
	size_t n;
};

static int line_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *text_write(struct server *server)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		return NULL;
	}
	report_write(server, out);
	fclose(out);
	return text;
}

static size_t lines_count(const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		n += *text == '\n';
	}
	return n;
}

/* Empty where there is no memory. */
static void report_take(struct report *report, struct server *server)
{
	char *save = NULL;

	*report = (struct report){.text = text_write(server)};
	if (!report->text) {
		return;
	}
	report->lines = calloc(lines_count(report->text) + 1, sizeof(*report->lines));
	if (!report->lines) {
		return;
	}
	for (char *line = strtok_r(report->text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		report->lines[report->n++] = line;
	}
	qsort(report->lines, report->n, sizeof(*report->lines), line_compare);
}

static void report_finish(struct report *report)
{
	free(report->lines);
	free(report->text);
}

/* The first line that begins with prefix, or where it would be. */
static size_t report_find(const struct report *report, const char *prefix)
{
	size_t low = 0, high = report->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(report->lines[middle], prefix) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* What follows prefix in line i; NULL: it begins otherwise. */
static const char *report_rest(const struct report *report, size_t i, const char *prefix)
{
	size_t skip = strlen(prefix);

	return i < report->n && strncmp(report->lines[i], prefix, skip) == 0 ?
		       report->lines[i] + skip :
		       NULL;
}

static bool is_number(const char *value)
{
	size_t digits = strspn(value, "0123456789");

	return digits > 0 && digits < 20 && value[digits] == '\0';
}

/* A number where it is one; "-" says that there is nothing. */
static int put_value(sd_bus_message *reply, const char *key, const char *value)
{
	if (is_number(value)) {
		return put_uint(reply, key, strtoull(value, NULL, 10));
	}
	return put_string(reply, key, strcmp(value, "-") == 0 ? "" : value);
}

/* Those that are given in their own form. */
static bool is_covered(const char *key)
{
	static const char *const covered[] = {"size", "refresh_mhz", "rect", "head_size", "colour"};

	for (unsigned i = 0; i < ARRAY_SIZE(covered); i++) {
		if (strcmp(key, covered[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* `KEY VALUE` as an entry. */
static int put_line(sd_bus_message *reply, const char *line)
{
	size_t size = strcspn(line, " ");
	char key[KEY_SIZE];

	if (size == 0 || size >= sizeof(key) || !line[size]) {
		return 0;
	}
	memcpy(key, line, size);
	key[size] = '\0';
	return is_covered(key) ? 0 : put_value(reply, key, line + size + 1);
}

/* All lines `PREFIX.KEY VALUE`; keys with a dot belong to something else. */
static int put_lines(sd_bus_message *reply, const struct report *report, const char *prefix)
{
	const char *rest;
	int ret = 0;

	for (size_t i = report_find(report, prefix);
	     ret >= 0 && (rest = report_rest(report, i, prefix)); i++) {
		if (!memchr(rest, '.', strcspn(rest, " "))) {
			ret = put_line(reply, rest);
		}
	}
	return ret;
}

/* ---- monitors ---- */

static int put_identity(sd_bus_message *reply, const struct output_device *device)
{
	const struct output_identity *identity = &device->identity;
	int ret = put_string(reply, "make", identity->make);

	ret = ret < 0 ? ret : put_string(reply, "model", identity->model);
	ret = ret < 0 ? ret : put_string(reply, "serial", identity->serial);
	ret = ret < 0 ? ret : put_uint(reply, "width_mm", (uint64_t)identity->width_mm);
	ret = ret < 0 ? ret : put_uint(reply, "height_mm", (uint64_t)identity->height_mm);
	ret = ret < 0 ? ret : put_uint(reply, "planes_available", device->n_planes);
	return ret < 0 ? ret : put_double(reply, "backlight", device->backlight);
}

static int put_output(sd_bus_message *reply, const struct scene_output *output)
{
	int ret = put_uint(reply, "width", (uint64_t)output->width);

	ret = ret < 0 ? ret : put_uint(reply, "height", (uint64_t)output->height);
	ret = ret < 0 ? ret : put_uint(reply, "refresh_mhz", (uint64_t)output->refresh_mhz);
	ret = ret < 0 ? ret : put_int(reply, "x", output->layout.x);
	ret = ret < 0 ? ret : put_int(reply, "y", output->layout.y);
	ret = ret < 0 ? ret : put_double(reply, "scale", output->scale > 0 ? output->scale : 1);
	ret = ret < 0 ? ret : put_string(reply, "transform", transform_name(output->transform));
	ret = ret < 0 ? ret : put_uint(reply, "bytes_read", output->bytes_read);
	ret = ret < 0 ? ret : put_uint(reply, "bytes_written", output->bytes_written);
	return ret < 0 ? ret : put_uint(reply, "bytes_compared", output->bytes_compared);
}

static int monitor_append(struct control *control, sd_bus_message *reply, unsigned number,
			  const struct report *report)
{
	const struct scene_output *output = repaint_output(control->server->repaint, number);
	char prefix[KEY_SIZE];
	int ret;

	snprintf(prefix, sizeof(prefix), "output.%s.", output->name);
	ret = sd_bus_message_open_container(reply, 'a', "{sv}");
	ret = ret < 0 ? ret : put_string(reply, "name", output->name);
	ret = ret < 0 ? ret : put_uint(reply, "number", number + 1);
	ret = ret < 0 ? ret : put_output(reply, output);
	ret = ret < 0 ? ret :
			put_bool(reply, "on",
				 monitors_is_on(control->server->monitors, output->name));
	ret = ret < 0 ? ret : put_identity(reply, repaint_device(control->server->repaint, number));
	ret = ret < 0 ? ret : put_lines(reply, report, prefix);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

int monitors_append(struct control *control, sd_bus_message *reply)
{
	struct report report;
	int ret = sd_bus_message_open_container(reply, 'a', "a{sv}");

	report_take(&report, control->server);
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS && ret >= 0; i++) {
		if (repaint_output(control->server->repaint, i)) {
			ret = monitor_append(control, reply, i, &report);
		}
	}
	report_finish(&report);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

/* ---- input devices: all that is known of them is in the report ---- */

static int device_append(sd_bus_message *reply, unsigned number, const struct report *report)
{
	char prefix[KEY_SIZE];
	int ret = sd_bus_message_open_container(reply, 'a', "{sv}");

	snprintf(prefix, sizeof(prefix), "input.%u.", number);
	ret = ret < 0 ? ret : put_uint(reply, "number", number);
	ret = ret < 0 ? ret : put_lines(reply, report, prefix);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

int devices_append(struct control *control, sd_bus_message *reply)
{
	const struct roster *roster = input_roster(control->server->input);
	struct report report;
	int ret = sd_bus_message_open_container(reply, 'a', "a{sv}");

	report_take(&report, control->server);
	for (unsigned i = 0; i < SEAT_MAX_DEVICES && ret >= 0; i++) {
		if (roster_name(roster, i)) {
			ret = device_append(reply, i, &report);
		}
	}
	report_finish(&report);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

/* ---- guests and heads ---- */

/* The guest after this one in their order, NULL behind the last; begins with NULL. */
static const struct scene_guest *guest_after(struct control *control,
					     const struct scene_guest *guest)
{
	struct scene_guest *first = scene_guest_next(control->server->scene, NULL), *next;

	if (!guest) {
		return first;
	}
	next = scene_guest_next(control->server->scene, (struct scene_guest *)guest);
	return next == first ? NULL : next;
}

/* ---- buffers of a guest: lines PREFIX.NUMBER.KEY, in their order ---- */

static int put_size(sd_bus_message *reply, const struct report *report, const char *prefix)
{
	char key[KEY_SIZE + 32];
	const char *rest;
	int width, height, ret;

	snprintf(key, sizeof(key), "%ssize ", prefix);
	rest = report_rest(report, report_find(report, key), key);
	if (!rest || sscanf(rest, "%d %d", &width, &height) != 2) {
		return 0;
	}
	ret = put_uint(reply, "width", (uint64_t)width);
	return ret < 0 ? ret : put_uint(reply, "height", (uint64_t)height);
}

static int buffer_append(sd_bus_message *reply, const struct report *report, const char *prefix)
{
	int ret = sd_bus_message_open_container(reply, 'a', "{sv}");

	ret = ret < 0 ? ret : put_size(reply, report, prefix);
	ret = ret < 0 ? ret : put_lines(reply, report, prefix);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

static int buffers_append(sd_bus_message *reply, const struct report *report, const char *prefix)
{
	char buffer[KEY_SIZE + 16] = "";
	const char *rest;
	int ret = sd_bus_message_open_container(reply, 'a', "a{sv}");

	for (size_t i = report_find(report, prefix);
	     ret >= 0 && (rest = report_rest(report, i, prefix)); i++) {
		if (*buffer && report_rest(report, i, buffer)) {
			continue;
		}
		snprintf(buffer, sizeof(buffer), "%s%.*s.", prefix,
			 (int)MIN(strcspn(rest, "."), 8u), rest);
		ret = buffer_append(reply, report, buffer);
	}
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

static int put_buffers(sd_bus_message *reply, const struct report *report, const char *guest)
{
	char prefix[KEY_SIZE];
	int ret = sd_bus_message_open_container(reply, 'e', "sv");

	snprintf(prefix, sizeof(prefix), "guest.%s.buffer.", guest);
	ret = ret < 0 ? ret : sd_bus_message_append(reply, "s", "buffer_list");
	ret = ret < 0 ? ret : sd_bus_message_open_container(reply, 'v', "aa{sv}");
	ret = ret < 0 ? ret : buffers_append(reply, report, prefix);
	ret = ret < 0 ? ret : sd_bus_message_close_container(reply);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

static int guest_append(struct control *control, sd_bus_message *reply,
			const struct scene_guest *guest, const struct report *report)
{
	char prefix[KEY_SIZE], colour[8];
	unsigned heads = 0;
	int ret;

	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		heads += guest->heads[i] != NULL;
	}
	snprintf(prefix, sizeof(prefix), "guest.%s.", guest->mark.name);
	snprintf(colour, sizeof(colour), "#%06x", (unsigned)guest->mark.colour);
	ret = sd_bus_message_open_container(reply, 'a', "{sv}");
	ret = ret < 0 ? ret : put_string(reply, "name", guest->mark.name);
	ret = ret < 0 ? ret : put_uint(reply, "heads", heads);
	ret = ret < 0 ? ret : put_string(reply, "mark_colour", colour);
	ret = ret < 0 ? ret :
			put_bool(reply, "front", guest == scene_front(control->server->scene));
	ret = ret < 0 ? ret :
			put_bool(reply, "keyboard", guest == input_owner(control->server->input));
	ret = ret < 0 ? ret : put_lines(reply, report, prefix);
	ret = ret < 0 ? ret : put_buffers(reply, report, guest->mark.name);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

int guests_append(struct control *control, sd_bus_message *reply)
{
	struct report report;
	int ret = sd_bus_message_open_container(reply, 'a', "a{sv}");

	report_take(&report, control->server);
	for (const struct scene_guest *guest = guest_after(control, NULL); guest && ret >= 0;
	     guest = guest_after(control, guest)) {
		ret = guest_append(control, reply, guest, &report);
	}
	report_finish(&report);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

static int head_append(sd_bus_message *reply, const struct scene_head *head,
		       const struct report *report)
{
	struct rect place = head->visible ? head->dst : (struct rect){0};
	char prefix[KEY_SIZE];
	int ret;

	snprintf(prefix, sizeof(prefix), "guest.%s.head.%u.", head->guest->mark.name, head->index);
	ret = sd_bus_message_open_container(reply, 'a', "{sv}");
	ret = ret < 0 ? ret : put_string(reply, "guest", head->guest->mark.name);
	ret = ret < 0 ? ret : put_uint(reply, "head", head->index);
	ret = ret < 0 ? ret : put_uint(reply, "picture_width", (uint64_t)head->width);
	ret = ret < 0 ? ret : put_uint(reply, "picture_height", (uint64_t)head->height);
	ret = ret < 0 ? ret : put_bool(reply, "visible", head->visible);
	ret = ret < 0 ? ret : put_string(reply, "monitor", head->output ? head->output->name : "");
	ret = ret < 0 ? ret : put_rect(reply, &place);
	ret = ret < 0 ? ret : put_lines(reply, report, prefix);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

int heads_append(struct control *control, sd_bus_message *reply)
{
	struct report report;
	int ret = sd_bus_message_open_container(reply, 'a', "a{sv}");

	report_take(&report, control->server);
	for (const struct scene_guest *guest = guest_after(control, NULL); guest;
	     guest = guest_after(control, guest)) {
		for (unsigned i = 0; i < SCENE_MAX_HEADS && ret >= 0; i++) {
			if (guest->heads[i]) {
				ret = head_append(reply, guest->heads[i], &report);
			}
		}
	}
	report_finish(&report);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}

/* ---- all counters ---- */

int stats_append(struct control *control, sd_bus_message *reply)
{
	struct report report;
	int ret = sd_bus_message_open_container(reply, 'a', "{sv}");

	report_take(&report, control->server);
	for (size_t i = 0; i < report.n && ret >= 0; i++) {
		char *value = strchr(report.lines[i], ' ');

		if (value) {
			*value++ = '\0';
			ret = put_value(reply, report.lines[i], value);
		}
	}
	report_finish(&report);
	return ret < 0 ? ret : sd_bus_message_close_container(reply);
}
