/* SPDX-License-Identifier: MIT */
/*
 * The configuration, read anew: on SIGHUP, and by command. A thread reads the files, as a disk may take longer than a
 * frame; the loop takes over what came of it, as a whole or not at all.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "compositor/options.h"
#include "compositor/server.h"
#include "compositor/wayland/wayland.h"

#define MAX_WAITING 16

struct waiter {
	reload_done_fn done;
	void *data;
	bool is_late; /* came while the files were being read: they are read once more for it */
};

struct reload {
	struct server *server;
	sd_event_source *signal, *finished;
	int fd; /* the thread has ended */
	pthread_t thread;
	bool is_reading;
	struct waiter waiting[MAX_WAITING];
	unsigned n_waiting;
	/* The thread's, until it has ended. */
	struct settings *settings;
	char *errors;
	size_t errors_size;
};

/* ---- the thread ---- */

static void *read_files(void *data)
{
	struct reload *reload = data;
	FILE *errors = open_memstream(&reload->errors, &reload->errors_size);
	const uint64_t one = 1;

	if (errors) {
		reload->settings = options_load_settings(reload->server->options, errors);
		fclose(errors);
	}
	if (write(reload->fd, &one, sizeof(one)) < 0) {
		abort(); /* an eventfd takes a one unless it is full */
	}
	return NULL;
}

static int thread_start(struct reload *reload)
{
	sigset_t all, old;
	int ret;

	reload->settings = NULL;
	reload->errors = NULL;
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&reload->thread, NULL, read_files, reload);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	reload->is_reading = ret == 0;
	return -ret;
}

/* ---- what a new configuration changes ---- */

static bool cards_differ(const struct settings *a, const struct settings *b)
{
	if (a->n_cards != b->n_cards) {
		return true;
	}
	for (unsigned i = 0; i < a->n_cards; i++) {
		if (strcmp(a->cards[i], b->cards[i]) != 0) {
			return true;
		}
	}
	return false;
}

/* Cards, renderer and fonts are opened once: a server that opened them again would flicker. */
static void log_what_waits(const struct settings *old, const struct settings *new)
{
	const struct {
		const char *key;
		bool differs;
	} keys[] = {
		{"font", strcmp(old->font, new->font) != 0},
		{"renderer", strcmp(old->renderer, new->renderer) != 0},
		{"render-node", strcmp(old->render_node, new->render_node) != 0},
		{"card", cards_differ(old, new)},
		{"incoherent-scanout",
		 old->allow_incoherent_scanout != new->allow_incoherent_scanout},
		{"state-dir", strcmp(old->state_dir, new->state_dir) != 0},
		{"trusted-user", strcmp(old->trusted_user, new->trusted_user) != 0},
	};
	char text[160] = "";

	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].differs) {
			size_t used = strlen(text);

			snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
				 keys[i].key);
		}
	}
	if (text[0]) {
		log_warn(LOG_ADMIN, "configuration: these wait for the next start: %s", text);
	}
}

/* With planes or without: each monitor's next frame tells. */
static void draw_all(struct server *server)
{
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		struct scene_output *output = repaint_output(server->repaint, i);

		if (output) {
			scene_output_damage_all(output);
		}
	}
}

static void take_over(struct server *server, struct settings *settings)
{
	struct settings *old = server->settings;

	log_what_waits(old, settings);
	server->settings = settings;
	log_init("vitrined", settings->log_level);
	input_set_chords(server->input, settings);
	input_reload_devices(server->input);
	settings_log_warnings(settings);
	wayland_settings_changed(server->wayland);
	monitors_reload(server->monitors);
	lock_reload(server->lock);
	layouts_reload(server->layouts);
	menu_guests_changed(server->menu);
	if (old->use_planes != settings->use_planes) {
		draw_all(server);
	}
	free(old);
	log_info(LOG_ADMIN, "configuration: read anew and in force");
}

static void log_mistakes(const char *errors)
{
	char *copy = xstrdup(errors), *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		log_error(LOG_ADMIN, "%s", line);
	}
	free(copy);
	log_error(LOG_ADMIN, "configuration: not taken over, what was in force stays");
}

/* ---- on the loop ---- */

static void answer(struct reload *reload, const char *errors)
{
	struct waiter answered[MAX_WAITING];
	unsigned n = 0, n_left = 0;

	/* Who is told may ask again at once. */
	for (unsigned i = 0; i < reload->n_waiting; i++) {
		if (reload->waiting[i].is_late) {
			reload->waiting[n_left] = reload->waiting[i];
			reload->waiting[n_left++].is_late = false;
		} else {
			answered[n++] = reload->waiting[i];
		}
	}
	reload->n_waiting = n_left;
	for (unsigned i = 0; i < n; i++) {
		if (answered[i].done) {
			answered[i].done(answered[i].data, errors);
		}
	}
}

static void reload_end(struct reload *reload)
{
	const char *errors = reload->errors ? reload->errors : "out of memory\n";

	pthread_join(reload->thread, NULL);
	reload->is_reading = false;
	if (reload->settings) {
		take_over(reload->server, reload->settings);
		errors = "";
	} else {
		log_mistakes(errors);
	}
	sd_notify(0, "READY=1");
	answer(reload, errors);
	free(reload->errors);
	reload->errors = NULL;
}

static void notify_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)(now_ns() / NSEC_PER_USEC));
}

static int handle_finished(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct reload *reload = data;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0) {
		return 0;
	}
	reload_end(reload);
	if (reload->n_waiting > 0 && !reload->is_reading) {
		notify_reloading();
		if (thread_start(reload) < 0) {
			answer(reload, "no thread to read the configuration\n");
		}
	}
	return 0;
}

int server_reload(struct server *server, reload_done_fn done, void *data)
{
	struct reload *reload = server->reload;
	int ret = 0;

	if (reload->n_waiting == MAX_WAITING) {
		return -EBUSY;
	}
	if (!reload->is_reading) {
		notify_reloading();
		ret = thread_start(reload);
	} else {
		reload->waiting[reload->n_waiting].is_late = true;
	}
	if (ret == 0) {
		reload->waiting[reload->n_waiting].done = done;
		reload->waiting[reload->n_waiting++].data = data;
	}
	return ret;
}

static int handle_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct reload *reload = data;
	int ret = server_reload(reload->server, NULL, NULL);

	/* When so many wait already, a reading is to come that will see what this one would. */
	if (ret < 0 && ret != -EBUSY) {
		log_error(LOG_HOST, "the configuration can't be read anew: %s", strerror(-ret));
	}
	return 0;
}

/* ---- start and stop ---- */

int reload_create(struct reload **out, struct server *server)
{
	struct reload *reload = xcalloc(1, sizeof(*reload));
	int ret;

	reload->server = server;
	reload->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = reload->fd < 0 ? -errno : 0;
	if (ret == 0) {
		ret = sd_event_add_io(server->event, &reload->finished, reload->fd, EPOLLIN,
				      handle_finished, reload);
	}
	if (ret >= 0) {
		ret = sd_event_add_signal(server->event, &reload->signal,
					  SIGHUP | SD_EVENT_SIGNAL_PROCMASK, handle_hangup, reload);
	}
	if (ret >= 0) {
		ret = sd_event_source_set_priority(reload->finished, PRIORITY_STATS);
	}
	if (ret < 0) {
		reload_destroy(reload);
		return ret;
	}
	*out = reload;
	return 0;
}

void reload_destroy(struct reload *reload)
{
	if (!reload) {
		return;
	}
	if (reload->is_reading) {
		pthread_join(reload->thread, NULL);
		free(reload->settings);
		free(reload->errors);
	}
	for (unsigned i = 0; i < reload->n_waiting; i++) {
		if (reload->waiting[i].done) {
			reload->waiting[i].done(reload->waiting[i].data, "the server ends");
		}
	}
	sd_event_source_disable_unref(reload->signal);
	sd_event_source_disable_unref(reload->finished);
	close_fd(&reload->fd);
	free(reload);
}
