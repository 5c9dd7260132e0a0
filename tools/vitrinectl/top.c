/* SPDX-License-Identifier: MIT */
/* Who shows how many frames how fast, by which path, at what cost: the difference of two looks. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/vitrinectl/command.h"

#define SECOND_USEC 1000000ull
#define USEC_OF_PERCENT 1e4 /* of a second */
#define WORKER "vitrine-pv@"

/* What the server said at one moment. */
struct look {
	struct value *stats, *monitors, *guests, *devices;
	struct value *workers; /* a dictionary: guest to microseconds of processor time */
};

static void look_finish(struct look *look)
{
	value_destroy(look->stats);
	value_destroy(look->monitors);
	value_destroy(look->guests);
	value_destroy(look->devices);
	value_destroy(look->workers);
	*look = (struct look){0};
}

/* ---- workers: the server does not know them as processes, but /proc does ---- */

static bool read_proc(const char *pid, const char *name, char *out, size_t size)
{
	char path[300];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	file = fopen(path, "re");
	if (!file) {
		return false;
	}
	n = fread(out, 1, size - 1, file);
	out[n] = '\0';
	fclose(file);
	return n > 0;
}

/* utime and stime are the 14th and 15th word of stat, counted behind the name, which may hold blanks. */
static uint64_t process_usec(const char *pid)
{
	unsigned long long user, kernel;
	char text[1024], *at;

	if (!read_proc(pid, "stat", text, sizeof(text)) || !(at = strrchr(text, ')')) ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
		   &kernel) != 2) {
		return 0;
	}
	return (user + kernel) * (SECOND_USEC / (unsigned long long)sysconf(_SC_CLK_TCK));
}

static struct value *workers_look(void)
{
	struct value *workers = value_create(VALUE_DICT);
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char title[128];

	while (proc && (entry = readdir(proc))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    read_proc(entry->d_name, "cmdline", title, sizeof(title)) &&
		    strncmp(title, WORKER, strlen(WORKER)) == 0) {
			value_add_uint(workers, title + strlen(WORKER), process_usec(entry->d_name));
		}
	}
	if (proc) {
		closedir(proc);
	}
	return workers;
}

static bool look_take(struct bus *bus, struct look *look)
{
	look->stats = bus_get(bus, "GetStats");
	look->monitors = look->stats ? bus_get(bus, "ListMonitors") : NULL;
	look->guests = look->monitors ? bus_get(bus, "ListGuests") : NULL;
	look->devices = look->guests ? bus_get(bus, "ListDevices") : NULL;
	look->workers = workers_look();
	return look->devices != NULL;
}

/* ---- the difference of two looks ---- */

static const struct value *find(const struct value *list, const char *name)
{
	for (size_t i = 0; i < list->n_items; i++) {
		if (strcmp(value_string(&list->items[i], "name"), name) == 0) {
			return &list->items[i];
		}
	}
	return NULL;
}

/* How much it grew; what was not there before, or began anew, grew by nothing. */
static uint64_t grown(const struct value *before, const struct value *after, const char *key)
{
	uint64_t old = value_uint(before, key), now = value_uint(after, key);

	return before && now > old ? now - old : 0;
}

static double per_second(uint64_t n, uint64_t usec)
{
	return usec ? (double)n * (double)SECOND_USEC / (double)usec : 0;
}

static void add_double(struct value *to, const char *key, double number)
{
	value_add(to, key, VALUE_DOUBLE)->real = number;
}

/* KEY and KEY_per_second. */
static void add_growth(struct value *row, const char *key, const struct value *before,
		       const struct value *after, uint64_t usec)
{
	char rate[64];

	snprintf(rate, sizeof(rate), "%s_per_second", key);
	value_add_uint(row, key, value_uint(after, key));
	add_double(row, rate, per_second(grown(before, after, key), usec));
}

static void add_copies(struct value *row, const struct value *from, const char *const *keys)
{
	for (; *keys; keys++) {
		const struct value *value = value_get(from, *keys);

		if (value && value->kind == VALUE_UINT) {
			value_add_uint(row, *keys, value->uint);
		} else {
			value_add_string(row, *keys, value_string(from, *keys));
		}
	}
}

static void add_monitors(struct value *to, const struct look *before, const struct look *after,
			 uint64_t usec)
{
	static const char *const counters[] = {"frames", "missed", "bytes_read", "bytes_written",
					       "bytes_compared"};
	static const char *const copies[] = {"shows", "age_p50_us", "age_p99_us",
					     "path",  "why",        NULL};

	for (size_t i = 0; i < after->monitors->n_items; i++) {
		const struct value *now = &after->monitors->items[i];
		const struct value *old = find(before->monitors, value_string(now, "name"));
		struct value *row = value_add(to, NULL, VALUE_DICT);

		value_add_string(row, "name", value_string(now, "name"));
		for (unsigned k = 0; k < ARRAY_SIZE(counters); k++) {
			add_growth(row, counters[k], old, now, usec);
		}
		add_copies(row, now, copies);
	}
}

static void add_guests(struct value *to, const struct look *before, const struct look *after,
		       uint64_t usec)
{
	static const char *const counters[] = {"frames_shown", "frames_superseded"};
	static const char *const copies[] = {"age_p50_us",   "age_p99_us", "input_p50_us",
					     "input_p99_us", "path",       NULL};

	for (size_t i = 0; i < after->guests->n_items; i++) {
		const struct value *now = &after->guests->items[i];
		const char *name = value_string(now, "name");
		const struct value *old = find(before->guests, name);
		struct value *row = value_add(to, NULL, VALUE_DICT);

		value_add_string(row, "name", name);
		for (unsigned k = 0; k < ARRAY_SIZE(counters); k++) {
			add_growth(row, counters[k], old, now, usec);
		}
		add_copies(row, now, copies);
		/* Nobody's, where its worker is on another machine's or namespace's list of processes. */
		if (value_get(before->workers, name) && value_get(after->workers, name)) {
			add_double(row, "worker_cpu_percent",
				   per_second(grown(before->workers, after->workers, name), usec) /
					   USEC_OF_PERCENT);
		}
	}
}

static void add_devices(struct value *to, const struct look *before, const struct look *after,
			uint64_t usec)
{
	static const char *const copies[] = {"latency_p50_us", "latency_p99_us", NULL};

	for (size_t i = 0; i < after->devices->n_items; i++) {
		const struct value *now = &after->devices->items[i];
		const char *name = value_string(now, "name");
		struct value *row = value_add(to, NULL, VALUE_DICT);

		value_add_string(row, "name", name);
		add_growth(row, "events", find(before->devices, name), now, usec);
		add_copies(row, now, copies);
	}
}

static struct value *top_create(const struct look *before, const struct look *after)
{
	struct value *top = value_create(VALUE_DICT), *server;
	uint64_t usec = grown(before->stats, after->stats, "time_us");

	value_add_uint(top, "interval_us", usec);
	server = value_add(top, "server", VALUE_DICT);
	add_double(server, "cpu_percent",
		   per_second(grown(before->stats, after->stats, "cpu_us"), usec) / USEC_OF_PERCENT);
	value_add_uint(server, "rss_kb", value_uint(after->stats, "rss_kb"));
	add_monitors(value_add(top, "monitors", VALUE_LIST), before, after, usec);
	add_guests(value_add(top, "guests", VALUE_LIST), before, after, usec);
	add_devices(value_add(top, "devices", VALUE_LIST), before, after, usec);
	value_add_uint(top, "input_requests_between_max",
		       value_uint(after->stats, "input.requests_between_max"));
	return top;
}

/* ---- as tables ---- */

static double real(const struct value *dict, const char *key)
{
	const struct value *value = value_get(dict, key);

	return value && value->kind == VALUE_DOUBLE ? value->real : 0;
}

static void add_tenths(struct value *row, const char *key, double number)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f", number);
	value_add_string(row, key, text);
}

/* Milliseconds of both percentiles. */
static void add_spread(struct value *row, const char *key, const struct value *from)
{
	char p50[32], p99[32], text[64];

	snprintf(p50, sizeof(p50), "%s_p50_us", key);
	snprintf(p99, sizeof(p99), "%s_p99_us", key);
	snprintf(text, sizeof(text), "%.1f/%.1f", (double)value_uint(from, p50) / 1000,
		 (double)value_uint(from, p99) / 1000);
	value_add_string(row, key, value_uint(from, p99) ? text : "");
}

static void monitors_print(const struct value *monitors)
{
	static const char *const columns[] = {
		"MONITOR", "name",   "SHOWS", "shows",     "FRAMES/s", "frames",       "MISSED/s",
		"missed",  "AGE ms", "age",   "READ MB/s", "read",     "WRITTEN MB/s", "written",
		"PATH",    "path",   "WHY",   "why",       NULL,
	};
	struct value *rows = value_create(VALUE_LIST);

	for (size_t i = 0; i < monitors->n_items; i++) {
		const struct value *from = &monitors->items[i];
		struct value *row = value_add(rows, NULL, VALUE_DICT);

		value_add_string(row, "name", value_string(from, "name"));
		value_add_string(row, "shows", value_string(from, "shows"));
		add_tenths(row, "frames", real(from, "frames_per_second"));
		add_tenths(row, "missed", real(from, "missed_per_second"));
		add_spread(row, "age", from);
		add_tenths(row, "read", real(from, "bytes_read_per_second") / 1e6);
		add_tenths(row, "written", real(from, "bytes_written_per_second") / 1e6);
		value_add_string(row, "path", value_string(from, "path"));
		value_add_string(row, "why", value_string(from, "why"));
	}
	table_print(rows, columns);
	value_destroy(rows);
}

static void guests_print(const struct value *guests)
{
	static const char *const columns[] = {
		"GUEST",      "name",   "SHOWN/s", "shown",    "SUPERSEDED/s",
		"superseded", "AGE ms", "age",     "INPUT ms", "input",
		"WORKER %",   "cpu",    "PATH",    "path",     NULL,
	};
	struct value *rows = value_create(VALUE_LIST);

	for (size_t i = 0; i < guests->n_items; i++) {
		const struct value *from = &guests->items[i];
		struct value *row = value_add(rows, NULL, VALUE_DICT);

		value_add_string(row, "name", value_string(from, "name"));
		add_tenths(row, "shown", real(from, "frames_shown_per_second"));
		add_tenths(row, "superseded", real(from, "frames_superseded_per_second"));
		add_spread(row, "age", from);
		add_spread(row, "input", from);
		if (value_get(from, "worker_cpu_percent")) {
			add_tenths(row, "cpu", real(from, "worker_cpu_percent"));
		}
		value_add_string(row, "path", value_string(from, "path"));
	}
	table_print(rows, columns);
	value_destroy(rows);
}

static void devices_print(const struct value *devices)
{
	static const char *const columns[] = {
		"DEVICE", "name", "EVENTS/s", "events", "INPUT ms", "latency", NULL,
	};
	struct value *rows = value_create(VALUE_LIST);

	for (size_t i = 0; i < devices->n_items; i++) {
		const struct value *from = &devices->items[i];
		struct value *row = value_add(rows, NULL, VALUE_DICT);

		value_add_string(row, "name", value_string(from, "name"));
		add_tenths(row, "events", real(from, "events_per_second"));
		add_spread(row, "latency", from);
	}
	table_print(rows, columns);
	value_destroy(rows);
}

static void top_print(const struct value *top)
{
	const struct value *server = value_get(top, "server");

	printf("vitrined: %.1f%% of a processor, %llu MiB\n\n", real(server, "cpu_percent"),
	       (unsigned long long)value_uint(server, "rss_kb") / 1024);
	monitors_print(value_get(top, "monitors"));
	printf("\n");
	guests_print(value_get(top, "guests"));
	printf("\n");
	devices_print(value_get(top, "devices"));
}

/* ---- once a second ---- */

static void second_wait(void)
{
	(void)usleep(SECOND_USEC);
}

/* A terminal gets the table in place of the last one. */
static void screen_clear(void)
{
	if (isatty(STDOUT_FILENO)) {
		fputs("\033[H\033[2J", stdout);
	}
}

int run_top(struct context *context)
{
	bool once = context->options->is_once || !isatty(STDOUT_FILENO);
	struct look before = {0}, after = {0};
	bool good = look_take(&context->bus, &before);

	while (good) {
		struct value *top;

		second_wait();
		good = look_take(&context->bus, &after);
		if (!good) {
			break;
		}
		top = top_create(&before, &after);
		if (!once) {
			screen_clear();
		}
		report_value(context, NULL, top, top_print);
		fflush(stdout);
		look_finish(&before);
		before = after;
		after = (struct look){0};
		if (once) {
			break;
		}
	}
	look_finish(&before);
	look_finish(&after);
	return good ? EXIT_DONE : report_failure(context);
}
