/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/settings.h"
#include "tools/vitrinectl/command.h"

/* ---- lists ---- */

static int list(struct context *context, const char *method, const char *key,
		void (*print)(const struct value *value))
{
	struct value *value = bus_get(&context->bus, method);

	return value ? report_value(context, key, value, print) : report_failure(context);
}

/* A row for people out of what the server says of a monitor. */
static void monitor_row(struct value *row, const struct value *monitor)
{
	char text[128];
	uint64_t refresh = value_uint(monitor, "refresh_mhz");

	value_add_uint(row, "number", value_uint(monitor, "number"));
	value_add_string(row, "name", value_string(monitor, "name"));
	snprintf(text, sizeof(text), "%llux%llu@%llu.%03llu",
		 (unsigned long long)value_uint(monitor, "width"),
		 (unsigned long long)value_uint(monitor, "height"),
		 (unsigned long long)refresh / 1000, (unsigned long long)refresh % 1000);
	value_add_string(row, "mode", text);
	snprintf(text, sizeof(text), "%s %s", value_string(monitor, "make"),
		 value_string(monitor, "model"));
	value_add_string(row, "monitor", strcmp(text, " ") == 0 ? "" : text);
	value_add_string(row, "shows", value_string(monitor, "shows"));
	value_add_string(row, "path", value_string(monitor, "path"));
	value_add_string(row, "why", value_string(monitor, "why"));
}

static void rows_print(const struct value *from, const char *const *columns,
		       void (*fill)(struct value *row, const struct value *from))
{
	struct value *rows = value_create(VALUE_LIST);

	for (size_t i = 0; i < from->n_items; i++) {
		fill(value_add(rows, NULL, VALUE_DICT), &from->items[i]);
	}
	table_print(rows, columns);
	value_destroy(rows);
}

static void monitors_print(const struct value *monitors)
{
	static const char *const columns[] = {"#",    "number",  "NAME",    "name",  "MODE",
					      "mode", "MONITOR", "monitor", "SHOWS", "shows",
					      "PATH", "path",    "WHY",     "why",   NULL};

	rows_print(monitors, columns, monitor_row);
}

static int run_monitors(struct context *context)
{
	return list(context, "ListMonitors", "monitors", monitors_print);
}

/* Of its buffers, those on the lowest rung, and why these are no higher. */
static void buffers_sum(struct value *row, const struct value *buffers)
{
	static const char *const rungs[] = {"copied", "mapped", "sampled", "scanout"};

	for (unsigned r = 0; buffers && r < ARRAY_SIZE(rungs); r++) {
		for (size_t i = 0; i < buffers->n_items; i++) {
			const struct value *buffer = &buffers->items[i];

			if (strcmp(value_string(buffer, "rung"), rungs[r]) == 0) {
				value_add_string(row, "rung", rungs[r]);
				value_add_string(row, "reason", value_string(buffer, "reason"));
				return;
			}
		}
	}
}

static void guest_row(struct value *row, const struct value *guest)
{
	const char *state = value_bool(guest, "keyboard")  ? "keyboard" :
			    value_bool(guest, "front")     ? "front" :
			    value_uint(guest, "connected") ? "" :
							     "no worker";

	value_add_string(row, "name", value_string(guest, "name"));
	value_add_string(row, "state", state);
	value_add_uint(row, "heads", value_uint(guest, "heads"));
	value_add_uint(row, "frames_shown", value_uint(guest, "frames_shown"));
	value_add_uint(row, "buffers", value_uint(guest, "buffers"));
	value_add_uint(row, "mib", value_uint(guest, "pages") / 256);
	value_add_string(row, "path", value_string(guest, "path"));
	buffers_sum(row, value_get(guest, "buffer_list"));
}

static void guests_print(const struct value *guests)
{
	static const char *const columns[] = {"GUEST",          "name",    "STATE",  "state",
					      "HEADS",          "heads",   "FRAMES", "frames_shown",
					      "BUFFERS",        "buffers", "MIB",    "mib",
					      "PATH",           "path",    "RUNG",   "rung",
					      "WHY NOT HIGHER", "reason",  NULL};

	rows_print(guests, columns, guest_row);
}

/* All guests share what the host can map of granted pages. */
static void maps_print(const struct value *maps)
{
	unsigned long long pages = value_uint(maps, "pages"), budget = value_uint(maps, "budget");

	if (budget) {
		printf("\n%llu of %llu pages that can be mapped at a time are (%llu%%)\n", pages,
		       budget, pages * 100 / budget);
	}
}

static void guests_and_maps_print(const struct value *document)
{
	guests_print(value_get(document, "guests"));
	maps_print(value_get(document, "maps"));
}

static int run_guests(struct context *context)
{
	struct value *guests = bus_get(&context->bus, "ListGuests"), *document, *maps;
	struct value *stats = guests ? bus_get(&context->bus, "GetStats") : NULL;

	if (!stats) {
		value_destroy(guests);
		return report_failure(context);
	}
	document = value_create(VALUE_DICT);
	value_add_item(document, "guests", guests);
	maps = value_add(document, "maps", VALUE_DICT);
	value_add_uint(maps, "pages", value_uint(stats, "maps.pages"));
	value_add_uint(maps, "budget", value_uint(stats, "maps.budget"));
	value_destroy(stats);
	return report_value(context, NULL, document, guests_and_maps_print);
}

static void head_row(struct value *row, const struct value *head)
{
	char text[64];

	value_add_string(row, "guest", value_string(head, "guest"));
	value_add_uint(row, "head", value_uint(head, "head"));
	snprintf(text, sizeof(text), "%llux%llu",
		 (unsigned long long)value_uint(head, "picture_width"),
		 (unsigned long long)value_uint(head, "picture_height"));
	value_add_string(row, "picture", text);
	value_add_string(row, "monitor",
			 value_bool(head, "visible") ? value_string(head, "monitor") : "hidden");
	value_add_uint(row, "frames", value_uint(head, "frames"));
	value_add_string(row, "path", value_string(head, "path"));
	value_add_string(row, "why", value_string(head, "why"));
	value_add_string(row, "rung", value_string(head, "rung"));
	value_add_string(row, "rung_reason", value_string(head, "rung_reason"));
}

static void heads_print(const struct value *heads)
{
	static const char *const columns[] = {
		"GUEST",   "guest",          "HEAD",        "head",   "PICTURE",
		"picture", "MONITOR",        "monitor",     "FRAMES", "frames",
		"PATH",    "path",           "WHY",         "why",    "RUNG",
		"rung",    "WHY NOT HIGHER", "rung_reason", NULL};

	rows_print(heads, columns, head_row);
}

static int run_heads(struct context *context)
{
	return list(context, "ListHeads", "heads", heads_print);
}

static void stats_print(const struct value *stats)
{
	char text[512];

	for (size_t i = 0; i < stats->n_items; i++) {
		printf("%s %s\n", stats->items[i].key,
		       value_text(&stats->items[i], text, sizeof(text)));
	}
}

static int run_stats(struct context *context)
{
	return list(context, "GetStats", "stats", stats_print);
}

/* ---- what only succeeds or fails ---- */

static int finish(struct context *context, int ret)
{
	return ret < 0 ? report_failure(context) : report_done(context);
}

static int run_switch(struct context *context)
{
	if (context->n_args == 0) {
		return finish(context, bus_call(&context->bus, NULL, "SwitchNext", NULL));
	}
	return finish(context, bus_call(&context->bus, NULL, "SwitchTo", "s", context->args[0]));
}

static int run_menu(struct context *context)
{
	return finish(context, bus_call(&context->bus, NULL, "OpenMenu", NULL));
}

static int run_guest(struct context *context)
{
	return finish(context, bus_call(&context->bus, NULL, "GuestCommand", "ss", context->args[0],
					context->args[1]));
}

static int run_identify(struct context *context)
{
	return finish(context, bus_call(&context->bus, NULL, "Identify", NULL));
}

static int run_notice(struct context *context)
{
	const char *text = context->n_args ? context->args[0] : "";

	return finish(context, bus_call(&context->bus, NULL, "SetNotice", "s", text));
}

/* No name: all monitors. */
static int power(struct context *context, bool on)
{
	const char *name = context->n_args ? context->args[0] : "";

	return finish(context, bus_call(&context->bus, NULL, "SetPower", "sb", name, (int)on));
}

static int run_blank(struct context *context)
{
	return power(context, false);
}

static int run_wake(struct context *context)
{
	return power(context, true);
}

/* "40" or "40%", of what the monitor can; or a difference to it. */
static int run_backlight(struct context *context)
{
	const char *name = context->n_args > 1 ? context->args[0] : "";
	const char *word = context->args[context->n_args - 1];
	char *end;
	double percent = strtod(word, &end);

	end += *end == '%';
	if (end == word || *end || !isfinite(percent) || percent < 0 || percent > 100) {
		fprintf(stderr, "vitrinectl: %s is no level: 0 to 100 percent\n", word);
		return EXIT_USAGE;
	}
	return finish(context,
		      bus_call(&context->bus, NULL, "SetBacklight", "sd", name, percent / 100));
}

/* A few frames: the signal that all is dark may be missed between two questions. */
#define DARK_USEC 50000

static int run_lock(struct context *context)
{
	sd_bus_message *reply = NULL;
	int is_locked = true, is_dark = false;
	int ret = bus_call(&context->bus, NULL, "Lock", NULL);

	/* Until no monitor shows a guest any more. */
	while (ret == 0 && is_locked && !is_dark) {
		ret = bus_call(&context->bus, &reply, "GetLock", NULL);
		if (ret == 0 && sd_bus_message_read(reply, "bb", &is_locked, &is_dark) < 0) {
			ret = -EBADMSG;
		}
		reply = sd_bus_message_unref(reply);
		if (ret == 0 && is_locked && !is_dark) {
			ret = MIN(bus_wait(&context->bus, DARK_USEC), 0);
		}
	}
	return finish(context, ret);
}

static int run_reload(struct context *context)
{
	return finish(context, bus_call(&context->bus, NULL, "Reload", NULL));
}

/* ---- focus and layouts ---- */

static void focus_print(const struct value *focus)
{
	const char *owner = value_string(focus, "keyboard");

	if (value_bool(focus, "attention")) {
		printf("the host\n");
	} else {
		printf("%s\n", *owner ? owner : "nobody");
	}
}

static int run_focus(struct context *context)
{
	struct value *focus = value_create(VALUE_DICT);
	sd_bus_message *reply = NULL;
	const char *owner, *front;
	int attention, ret = bus_call(&context->bus, &reply, "GetFocus", NULL);

	if (ret >= 0) {
		ret = sd_bus_message_read(reply, "ssb", &owner, &front, &attention);
	}
	if (ret >= 0) {
		value_add_string(focus, "keyboard", owner);
		value_add_string(focus, "front", front);
		value_add_bool(focus, "attention", attention != 0);
		ret = report_value(context, NULL, focus, focus_print);
	} else {
		value_destroy(focus);
		ret = report_failure(context);
	}
	sd_bus_message_unref(reply);
	return ret;
}

static void layouts_print(const struct value *layouts)
{
	const char *current = value_string(layouts, "layout");
	const struct value *names = value_get(layouts, "layouts");

	for (size_t i = 0; names && i < names->n_items; i++) {
		printf("%c %s\n", strcmp(names->items[i].string, current) == 0 ? '*' : ' ',
		       names->items[i].string);
	}
}

static int layouts_show(struct context *context)
{
	struct value *names = bus_get(&context->bus, "ListLayouts"), *document;
	sd_bus_message *reply = NULL;
	const char *current = "";
	int ret = names ? bus_call(&context->bus, &reply, "GetLayout", NULL) : -EIO;

	if (ret >= 0) {
		ret = sd_bus_message_read(reply, "s", &current);
	}
	if (ret < 0) {
		value_destroy(names);
		return report_failure(context);
	}
	document = value_create(VALUE_DICT);
	value_add_string(document, "layout", current);
	value_add_item(document, "layouts", names);
	sd_bus_message_unref(reply);
	return report_value(context, NULL, document, layouts_print);
}

static int run_layout(struct context *context)
{
	if (context->n_args == 0) {
		return layouts_show(context);
	}
	if (strcmp(context->args[0], "next") == 0) {
		return finish(context, bus_call(&context->bus, NULL, "NextLayout", NULL));
	}
	return finish(context, bus_call(&context->bus, NULL, "SetLayout", "s", context->args[0]));
}

/* ---- files ---- */

static int copy(int from, int to)
{
	char bytes[65536];
	ssize_t n, done;

	while ((n = read(from, bytes, sizeof(bytes))) > 0) {
		for (ssize_t at = 0; at < n; at += done) {
			done = write(to, bytes + at, (size_t)(n - at));
			if (done < 0) {
				return -errno;
			}
		}
	}
	return n < 0 ? -errno : 0;
}

/* The file has the whole of it or what it had before; "-" is standard output. */
static int save(int from, const char *path)
{
	char *part = xasprintf("%s.part", path);
	bool is_stdout = strcmp(path, "-") == 0;
	int fd = is_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) :
			     open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int ret = fd < 0 ? -errno : copy(from, fd);

	if (fd >= 0 && close(fd) < 0 && ret == 0) {
		ret = -errno;
	}
	if (ret == 0 && !is_stdout && rename(part, path) < 0) {
		ret = -errno;
	}
	if (ret < 0 && !is_stdout) {
		(void)unlink(part);
	}
	free(part);
	return ret;
}

static int reply_save(struct context *context, sd_bus_message *reply, const char *path)
{
	int fd, ret = sd_bus_message_read(reply, "h", &fd);

	if (ret >= 0) {
		ret = save(fd, path);
	}
	if (ret < 0) {
		snprintf(context->bus.why, sizeof(context->bus.why), "%s: %s", path, strerror(-ret));
	}
	sd_bus_message_unref(reply);
	/* On standard output there is the picture itself. */
	if (ret >= 0 && strcmp(path, "-") == 0) {
		return EXIT_DONE;
	}
	return finish(context, ret);
}

/* The first monitor, where none is named. */
static const char *monitor_first(struct value *monitors)
{
	return monitors && monitors->n_items ? value_string(&monitors->items[0], "name") : "";
}

static int run_screenshot(struct context *context)
{
	const char *path = context->args[context->n_args - 1];
	struct value *monitors = context->n_args > 1 ? NULL :
						       bus_get(&context->bus, "ListMonitors");
	const char *name = context->n_args > 1 ? context->args[0] : monitor_first(monitors);
	sd_bus_message *reply = NULL;
	int ret = bus_call(&context->bus, &reply, "Screenshot", "s", name);

	value_destroy(monitors);
	return ret < 0 ? report_failure(context) : reply_save(context, reply, path);
}

static int run_trace(struct context *context)
{
	sd_bus_message *reply = NULL;
	int ret = bus_call(&context->bus, &reply, "Trace", NULL);

	return ret < 0 ? report_failure(context) : reply_save(context, reply, context->args[0]);
}

/* ---- the configuration file, without a server ---- */

static void errors_split(struct value *to, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\n");
		char *line = strndup(text, size);

		value_add_string(to, NULL, line ? line : "");
		free(line);
		text += size + (text[size] == '\n');
	}
}

static int run_check(struct context *context)
{
	char *text = NULL;
	size_t size = 0;
	FILE *errors = open_memstream(&text, &size);
	struct settings *settings =
		errors ? settings_load(context->n_args ? context->args[0] : NULL, errors) : NULL;
	int failure = settings ? 0 : errno;
	struct value *document;

	if (errors) {
		fclose(errors);
	}
	if (failure && text && !*text) {
		snprintf(context->bus.why, sizeof(context->bus.why), "%s", strerror(failure));
		free(text);
		return report_failure(context);
	}
	if (context->options->is_json) {
		document = value_create(VALUE_DICT);
		value_add_bool(document, "ok", settings != NULL);
		errors_split(value_add(document, "errors", VALUE_LIST), text ? text : "");
		value_write_json(document, stdout);
		value_destroy(document);
	} else if (text) {
		fputs(text, stderr);
	}
	free(text);
	free(settings);
	return failure ? EXIT_REFUSED : EXIT_DONE;
}

/* ---- the table ---- */

const struct command commands[] = {
	{"monitors",
	 "",
	 "the monitors: size, what they show and by which path",
	 "",
	 0,
	 0,
	 {0},
	 false,
	 run_monitors},
	{"guests",
	 "",
	 "the guests, and how their buffers reach the glass",
	 "RUNG is the highest way that the guest's buffers can take on this machine: scanout (a plane reads\n"
	 "them), sampled (the GPU does), mapped (the CPU reads the guest's own pages), copied.",
	 0,
	 0,
	 {0},
	 false,
	 run_guests},
	{"heads", "", "the guests' monitors and where they are shown", "", 0, 0, {0}, false, run_heads},
	{"layout",
	 "[NAME|next]",
	 "lists the layouts, or changes to one",
	 "",
	 0,
	 1,
	 {ARGUMENT_LAYOUT},
	 false,
	 run_layout},
	{"focus", "", "who has keyboard, pointer and touch", "", 0, 0, {0}, false, run_focus},
	{"switch",
	 "[GUEST]",
	 "brings a guest to the front, by default the next one",
	 "",
	 0,
	 1,
	 {ARGUMENT_GUEST},
	 false,
	 run_switch},
	{"menu", "", "opens the attention menu, as its chord does", "", 0, 0, {0}, false, run_menu},
	{"guest",
	 "start|stop|reboot GUEST",
	 "runs the command that is configured for a guest",
	 "By vitrine-command, as start, stop or reboot of [guest NAME] say; done when it was started.",
	 2,
	 2,
	 {ARGUMENT_VERB, ARGUMENT_GUEST},
	 false,
	 run_guest},
	{"screenshot",
	 "[MONITOR] FILE",
	 "what a monitor shows, marks included, as PNG",
	 "The first monitor, unless one is named. FILE may be - for standard output.",
	 1,
	 2,
	 {ARGUMENT_MONITOR, ARGUMENT_FILE},
	 false,
	 run_screenshot},
	{"identify",
	 "",
	 "each monitor shows its name and number for a while",
	 "",
	 0,
	 0,
	 {0},
	 false,
	 run_identify},
	{"notice",
	 "[TEXT]",
	 "a line at the foot of every monitor, above all guests",
	 "At most 79 printable characters; without TEXT it is taken away.",
	 0,
	 1,
	 {0},
	 false,
	 run_notice},
	{"blank",
	 "[MONITOR]",
	 "switches a monitor off, or all",
	 "One that is named stays off until wake; all come back when somebody touches something.",
	 0,
	 1,
	 {ARGUMENT_MONITOR},
	 false,
	 run_blank},
	{"wake", "[MONITOR]", "switches it on again", "", 0, 1, {ARGUMENT_MONITOR}, false, run_wake},
	{"backlight",
	 "[MONITOR] PERCENT",
	 "sets the backlight",
	 "",
	 1,
	 2,
	 {ARGUMENT_MONITOR, ARGUMENT_LEVEL},
	 false,
	 run_backlight},
	{"ask",
	 "TEXT",
	 "asks whoever sits there for a passphrase, and prints it",
	 "It is read on the monitors, above all guests, and comes to standard output as it was typed, without a\n"
	 "newline at its end. On a terminal only with --tty.",
	 1,
	 1,
	 {0},
	 false,
	 run_ask},
	{"lock",
	 "",
	 "locks the screen; nothing here unlocks it",
	 "All monitors go dark and ask for the password of the user that [lock] user= names. Returns when they are.",
	 0,
	 0,
	 {0},
	 false,
	 run_lock},
	{"reload",
	 "",
	 "reads the configuration again; a bad one changes nothing",
	 "",
	 0,
	 0,
	 {0},
	 false,
	 run_reload},
	{"check",
	 "[FILE]",
	 "whether a configuration file is good; needs no server",
	 "",
	 0,
	 1,
	 {ARGUMENT_FILE},
	 true,
	 run_check},
	{"top",
	 "",
	 "frames, ages, latencies and costs, live; --once prints one table",
	 "Once a second until interrupted. Ages are from a guest's commit to the flip that shows it, input is\n"
	 "from the device's event to the guest's ring; both p50 and p99, of the last ones.",
	 0,
	 0,
	 {0},
	 false,
	 run_top},
	{"trace",
	 "FILE",
	 "the last seconds, for ui.perfetto.dev",
	 "FILE may be - for standard output.",
	 1,
	 1,
	 {ARGUMENT_FILE},
	 false,
	 run_trace},
	{"run",
	 "[--lock] -- PROGRAM [ARGUMENT]...",
	 "starts a trusted program: an idle watcher, or a lock screen (--lock)",
	 "The program gets a Wayland connection of its own, on which it sees monitors and idleness, or may lock\n"
	 "the screen (--lock), and nothing of any guest. As in: vitrinectl run --lock -- swaylock. Root, the\n"
	 "server's own user and [server] trusted-user may do that.",
	 1,
	 64,
	 {ARGUMENT_FILE},
	 true,
	 run_run},
	{"stats", "", "all counters", "", 0, 0, {0}, false, run_stats},
	/* For the shells' completion: prints what may stand in the place of its last word. */
	{"__complete", "", NULL, "", 0, 64, {0}, true, run_complete},
};

const unsigned n_commands = ARRAY_SIZE(commands);

const struct command *command_find(const char *name)
{
	for (unsigned i = 0; i < n_commands; i++) {
		if (strcmp(commands[i].name, name) == 0) {
			return &commands[i];
		}
	}
	return NULL;
}
