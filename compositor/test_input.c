/* SPDX-License-Identifier: MIT */
/*
 * Scripted input for headless tests and the demo. A client of the socket sends lines; each is
 * answered, in order, by `ok` with a value where there is one, or `error` and why. A client that
 * waits is answered when it has come true.
 *
 *   key CODE 1|0                    motion DX DY
 *   abs OUTPUT X Y                  button CODE 1|0
 *   axis V120                       touch down|move OUTPUT SLOT X Y
 *   touch up SLOT                   touch frame
 *   picture OUTPUT FILE             stats
 *   wait-frame OUTPUT N             until that many frames were shown on it since the start
 *   wait-guest NAME frames N        until that many of the guest's frames were shown
 *   wait-owner NAME|-               until that guest has the keyboard; -: nobody
 *   plug NUMBER 1|0                 puts that monitor in, or pulls it out
 *   wait-lock open|locked|dark      dark: on every monitor
 *   wait-input NAME                 until the guest's worker has put all input into the guest's rings
 *
 * X and Y run from 0 to 1 over the output, codes are those of linux/input-event-codes.h. stats ends
 * with an `ok` line.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "compositor/output/picture.h"
#include "compositor/server.h"
#include "compositor/wayland/wayland.h"

#define LINE_SIZE 512
#define MAX_CLIENTS 8
#define MAX_WORDS 8
/* One device of each kind, numbers that headless has no real device for. */
#define DEVICE_KEYBOARD 0
#define DEVICE_MOUSE 1
#define DEVICE_TOUCH 2

enum wait_kind {
	WAIT_NONE,
	WAIT_FRAME, /* of output name */
	WAIT_GUEST, /* of guest name */
	WAIT_OWNER, /* is guest name */
	WAIT_INPUT, /* of guest name */
	WAIT_LOCK,  /* name: open, locked or dark */
};

struct test_client {
	struct list link; /* test_input.clients */
	struct test_input *test;
	sd_event_source *source;
	int fd;
	char line[LINE_SIZE];
	size_t used;
	struct {
		enum wait_kind kind;
		char name[LINE_SIZE];
		uint64_t count;
	} wait;
};

struct test_input {
	struct server *server;
	sd_event_source *source;
	int fd;
	char *path;
	struct list clients; /* struct test_client.link */
	unsigned n_clients;
};

static void client_destroy(struct test_client *client)
{
	list_remove(&client->link);
	client->test->n_clients--;
	sd_event_source_disable_unref(client->source);
	close_fd(&client->fd);
	free(client);
}

/*
 * The whole answer is put into the socket's buffer: a client reads each before it sends much more.
 */
static void client_send(struct test_client *client, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = send(client->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n <= 0) {
			return;
		}
		text += n;
		size -= (size_t)n;
	}
}

static void answer(struct test_client *client, const char *fmt, ...) PRINTF(2, 3);

static void answer(struct test_client *client, const char *fmt, ...)
{
	char text[LINE_SIZE];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, args);
	va_end(args);
	n = MIN(MAX(n, 0), (int)sizeof(text) - 2);
	text[n] = '\n';
	client_send(client, text, (size_t)n + 1);
}

/* ---- words ---- */

static bool word_number(const char *word, double *out)
{
	char *end;

	*out = strtod(word, &end);
	return end != word && *end == '\0';
}

static bool word_int(const char *word, int min, int max, int *out)
{
	double value;

	if (!word_number(word, &value) || value < min || value > max || value != (int)value) {
		return false;
	}
	*out = (int)value;
	return true;
}

static bool word_output(struct test_client *client, const char *word, int *out)
{
	*out = repaint_output_number(client->test->server->repaint, word);
	return *out >= 0;
}

/* ---- commands: 0, or -errno for a word that is wrong ---- */

static int code_command(struct test_client *client, char **words,
			void (*event)(struct seat *seat, unsigned device, uint32_t code,
				      bool pressed, uint64_t time_ns),
			unsigned device)
{
	struct server *server = client->test->server;
	int code, pressed;

	if (!word_int(words[1], 0, 767, &code) || !word_int(words[2], 0, 1, &pressed)) {
		return -EINVAL;
	}
	event(input_seat(server->input), device, (uint32_t)code, pressed, clock_now(server->clock));
	return 0;
}

static int run_key(struct test_client *client, char **words)
{
	return code_command(client, words, seat_key, DEVICE_KEYBOARD);
}

static int run_button(struct test_client *client, char **words)
{
	return code_command(client, words, seat_button, DEVICE_MOUSE);
}

static int run_motion(struct test_client *client, char **words)
{
	struct server *server = client->test->server;
	double dx, dy;

	if (!word_number(words[1], &dx) || !word_number(words[2], &dy)) {
		return -EINVAL;
	}
	seat_motion(input_seat(server->input), DEVICE_MOUSE, dx, dy, clock_now(server->clock));
	return 0;
}

static int run_abs(struct test_client *client, char **words)
{
	struct server *server = client->test->server;
	double x, y;
	int output;

	if (!word_output(client, words[1], &output) || !word_number(words[2], &x) ||
	    !word_number(words[3], &y)) {
		return -EINVAL;
	}
	seat_motion_absolute(input_seat(server->input), DEVICE_MOUSE, output, x, y,
			     clock_now(server->clock));
	return 0;
}

static int run_axis(struct test_client *client, char **words)
{
	struct server *server = client->test->server;
	int v120;

	if (!word_int(words[1], -12000, 12000, &v120)) {
		return -EINVAL;
	}
	seat_axis(input_seat(server->input), DEVICE_MOUSE, SEAT_AXIS_VERTICAL, v120,
		  clock_now(server->clock));
	return 0;
}

static int run_touch_place(struct test_client *client, char **words)
{
	struct server *server = client->test->server;
	struct seat *seat = input_seat(server->input);
	uint64_t now = clock_now(server->clock);
	int output, slot;
	double x, y;

	if (!word_output(client, words[2], &output) || !word_int(words[3], 0, 255, &slot) ||
	    !word_number(words[4], &x) || !word_number(words[5], &y)) {
		return -EINVAL;
	}
	if (strcmp(words[1], "down") == 0) {
		seat_touch_down(seat, DEVICE_TOUCH, output, slot, x, y, now);
	} else if (strcmp(words[1], "move") == 0) {
		seat_touch_motion(seat, DEVICE_TOUCH, output, slot, x, y, now);
	} else {
		return -EINVAL;
	}
	return 0;
}

static int run_touch_up(struct test_client *client, char **words)
{
	struct server *server = client->test->server;
	int slot;

	if (strcmp(words[1], "up") != 0 || !word_int(words[2], 0, 255, &slot)) {
		return -EINVAL;
	}
	seat_touch_up(input_seat(server->input), DEVICE_TOUCH, slot, clock_now(server->clock));
	return 0;
}

static int run_touch_frame(struct test_client *client, char **words)
{
	if (strcmp(words[1], "frame") != 0) {
		return -EINVAL;
	}
	seat_touch_frame(input_seat(client->test->server->input), DEVICE_TOUCH);
	return 0;
}

static int run_picture(struct test_client *client, char **words)
{
	struct output_device *device;
	struct target target;
	int output;

	if (!word_output(client, words[1], &output)) {
		return -ENODEV;
	}
	device = repaint_device(client->test->server->repaint, (unsigned)output);
	headless_device_picture(device, &target);
	return picture_write_png(words[2], &target);
}

static int run_stats(struct test_client *client, char **words)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		return -ENOMEM;
	}
	report_write(client->test->server, out);
	fclose(out);
	client_send(client, text, size);
	free(text);
	return 0;
}

static int wait_set(struct test_client *client, enum wait_kind kind, const char *name,
		    const char *count)
{
	uint64_t n = 0;

	if (count && parse_uint(count, strlen(count), UINT64_MAX, &n) < 0) {
		return -EINVAL;
	}
	client->wait.kind = kind;
	client->wait.count = n;
	snprintf(client->wait.name, sizeof(client->wait.name), "%s", name);
	return 0;
}

static int run_wait_frame(struct test_client *client, char **words)
{
	int output;

	return word_output(client, words[1], &output) ?
		       wait_set(client, WAIT_FRAME, words[1], words[2]) :
		       -ENODEV;
}

static int run_wait_guest(struct test_client *client, char **words)
{
	return strcmp(words[2], "frames") == 0 ? wait_set(client, WAIT_GUEST, words[1], words[3]) :
						 -EINVAL;
}

static int run_wait_owner(struct test_client *client, char **words)
{
	return wait_set(client, WAIT_OWNER, words[1], NULL);
}

static int run_wait_input(struct test_client *client, char **words)
{
	return wait_set(client, WAIT_INPUT, words[1], NULL);
}

static int run_plug(struct test_client *client, char **words)
{
	int number, plugged;

	if (!word_int(words[1], 1, SCENE_MAX_OUTPUTS, &number) ||
	    !word_int(words[2], 0, 1, &plugged)) {
		return -EINVAL;
	}
	return headless_backend_plug(client->test->server->backend, (unsigned)number, plugged);
}

static int run_wait_lock(struct test_client *client, char **words)
{
	return wait_set(client, WAIT_LOCK, words[1], NULL);
}

static const struct {
	const char *name;
	unsigned n_words; /* with the name */
	int (*run)(struct test_client *client, char **words);
} commands[] = {
	{"key", 3, run_key},
	{"button", 3, run_button},
	{"motion", 3, run_motion},
	{"abs", 4, run_abs},
	{"axis", 2, run_axis},
	{"touch", 6, run_touch_place},
	{"touch", 3, run_touch_up},
	{"touch", 2, run_touch_frame},
	{"picture", 3, run_picture},
	{"stats", 1, run_stats},
	{"wait-frame", 3, run_wait_frame},
	{"wait-guest", 4, run_wait_guest},
	{"wait-owner", 2, run_wait_owner},
	{"wait-input", 2, run_wait_input},
	{"plug", 3, run_plug},
	{"wait-lock", 2, run_wait_lock},
};

/* ---- waiting ---- */

static bool wait_is_over(const struct test_client *client, uint64_t *value)
{
	struct server *server = client->test->server;
	const char *name = client->wait.name;
	const struct scene_guest *guest = NULL;
	int output;

	*value = 0;
	switch (client->wait.kind) {
	case WAIT_NONE:
		break;
	case WAIT_FRAME:
		output = repaint_output_number(server->repaint, name);
		*value = output >= 0 ? repaint_output(server->repaint, (unsigned)output)->frames :
				       0;
		return *value >= client->wait.count;
	case WAIT_GUEST:
		guest = scene_guest_find(server->scene, name);
		*value = guest ? guest->frames_shown : 0;
		return guest && *value >= client->wait.count;
	case WAIT_OWNER:
		guest = input_owner(server->input);
		return strcmp(guest ? guest->mark.name : "-", name) == 0;
	case WAIT_INPUT:
		guest = scene_guest_find(server->scene, name);
		return guest && wayland_input_done(guest);
	case WAIT_LOCK:
		return lock_is_locked(server->lock) ?
			       strcmp(name, "locked") == 0 ||
				       (strcmp(name, "dark") == 0 && lock_is_dark(server->lock)) :
			       strcmp(name, "open") == 0;
	}
	return true;
}

/* ---- lines ---- */

static void line_run(struct test_client *client, char *line)
{
	char *words[MAX_WORDS], *save = NULL;
	unsigned n = 0;
	int ret = -ENOSYS;

	for (char *word = strtok_r(line, " ", &save); word && n < MAX_WORDS;
	     word = strtok_r(NULL, " ", &save)) {
		words[n++] = word;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(commands) && n > 0; i++) {
		if (strcmp(words[0], commands[i].name) == 0 && n == commands[i].n_words) {
			ret = commands[i].run(client, words);
			break;
		}
	}
	if (ret < 0) {
		answer(client, "error %s: %s", n > 0 ? words[0] : "empty line",
		       ret == -ENOSYS ? "no such command, or another number of words" :
					strerror(-ret));
	} else if (client->wait.kind == WAIT_NONE) {
		answer(client, "ok");
	}
}

/* Runs the lines that are there, up to one that has to wait. */
static void lines_run(struct test_client *client)
{
	char *end;

	for (;;) {
		uint64_t value;

		if (client->wait.kind != WAIT_NONE) {
			if (!wait_is_over(client, &value)) {
				return;
			}
			client->wait.kind = WAIT_NONE;
			answer(client, "ok %" PRIu64, value);
		}
		end = memchr(client->line, '\n', client->used);
		if (!end) {
			return;
		}
		*end = '\0';
		line_run(client, client->line);
		client->used -= (size_t)(end + 1 - client->line);
		memmove(client->line, end + 1, client->used);
	}
}

void test_input_poll(struct test_input *test)
{
	struct test_client *client;

	if (!test) {
		return;
	}
	/*
	 * Lines run on the loop's own turns: events must not be made from inside of what others
	 * report.
	 */
	list_for_each(client, &test->clients, link) {
		if (client->wait.kind != WAIT_NONE) {
			sd_event_source_set_io_events(client->source, EPOLLOUT);
		}
	}
}

static int handle_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct test_client *client = data;
	ssize_t n;

	if (events & EPOLLIN) {
		/* A full buffer holds no whole line here: 0 ends it like the end of the stream. */
		n = recv(fd, client->line + client->used, sizeof(client->line) - client->used,
			 MSG_DONTWAIT);
		if (n == 0) {
			client_destroy(client);
			return 0;
		}
		client->used += n > 0 ? (size_t)n : 0;
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		client_destroy(client);
		return 0;
	}
	lines_run(client);
	/* Who waits is not read from. */
	sd_event_source_set_io_events(source, client->wait.kind == WAIT_NONE ? EPOLLIN : 0);
	return 0;
}

static int handle_connection(sd_event_source *source, int listen_fd, uint32_t events, void *data)
{
	struct test_input *test = data;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct test_client *client;

	if (fd < 0) {
		return 0;
	}
	if (test->n_clients == MAX_CLIENTS) {
		close_fd(&fd);
		return 0;
	}
	client = xcalloc(1, sizeof(*client));
	client->test = test;
	client->fd = fd;
	list_append(&test->clients, &client->link);
	test->n_clients++;
	if (sd_event_add_io(test->server->event, &client->source, fd, EPOLLIN, handle_client,
			    client) < 0 ||
	    sd_event_source_set_priority(client->source, PRIORITY_INPUT) < 0) {
		client_destroy(client);
	}
	return 0;
}

/* ---- start and stop ---- */

static int test_listen(struct test_input *test)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(test->path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, test->path);
	test->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (test->fd < 0) {
		return -errno;
	}
	unlink(test->path);
	if (fchmod(test->fd, 0600) < 0 ||
	    bind(test->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(test->path, 0600) < 0 || listen(test->fd, MAX_CLIENTS) < 0) {
		return -errno;
	}
	return sd_event_add_io(test->server->event, &test->source, test->fd, EPOLLIN,
			       handle_connection, test);
}

int test_input_create(struct test_input **out, struct server *server)
{
	struct test_input *test = xcalloc(1, sizeof(*test));
	struct seat *seat = input_seat(server->input);
	int ret;

	test->server = server;
	test->fd = -1;
	list_init(&test->clients);
	test->path = xasprintf("%s/test-input.sock", server->options->runtime_dir);
	ret = test_listen(test);
	if (ret < 0) {
		log_error(LOG_ADMIN, "can't listen on %s: %s", test->path, strerror(-ret));
		test_input_destroy(test);
		return ret;
	}
	seat_device_added(seat, DEVICE_KEYBOARD);
	seat_device_added(seat, DEVICE_MOUSE);
	seat_device_added(seat, DEVICE_TOUCH);
	*out = test;
	return 0;
}

void test_input_destroy(struct test_input *test)
{
	struct test_client *client, *tmp;

	if (!test) {
		return;
	}
	list_for_each_safe(client, tmp, &test->clients, link) {
		client_destroy(client);
	}
	sd_event_source_disable_unref(test->source);
	if (test->fd >= 0) {
		unlink(test->path);
	}
	close_fd(&test->fd);
	free(test->path);
	free(test);
}
