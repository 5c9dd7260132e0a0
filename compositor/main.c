/* SPDX-License-Identifier: MIT */
/* vitrined: shows the screens of virtual machines and gives the input to exactly one of them. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/trace.h"
#include "compositor/confine.h"
#include "compositor/nested_input.h"
#include "compositor/options.h"
#include "compositor/server.h"
#include "compositor/trusted/trusted.h"
#include "compositor/wayland/wayland.h"

/* Events that are remembered: the last ten seconds of a few busy monitors, in a MiB. */
#define TRACE_KEPT 32768

/* ---- what the scene reports ---- */

static void handle_frame_wanted(void *data, struct scene_output *output)
{
	struct server *server = data;

	repaint_schedule(server->repaint, output);
}

static void handle_head_placed(void *data, struct scene_head *head)
{
	struct server *server = data;

	wayland_head_placed(server->wayland, head);
}

static void handle_commit_done(void *data, struct scene_head *head, uint64_t token,
			       const struct presented *how)
{
	struct server *server = data;

	wayland_commit_done(server->wayland, head, token, how);
}

static void handle_picture_shown(void *data, struct scene_head *head, uint64_t commit_ns,
				 const struct presented *how)
{
	struct server *server = data;

	trace_add(server->trace, TRACE_FRAME,
		  trace_track(server->trace, "guest", head->guest->mark.name), commit_ns,
		  how->time_ns > commit_ns ? how->time_ns - commit_ns : 1, head->index);
}

static void handle_head_frozen(void *data, struct scene_head *head, bool is_frozen)
{
	struct server *server = data;
	const char *name = head->guest->mark.name;
	char detail[16];

	snprintf(detail, sizeof(detail), "head %u", head->index);
	/* Once for each time that it stood still for the configured time: no guest can do that often. */
	log_guest(is_frozen ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, name, NULL,
		  is_frozen ? "the picture of %s stands still: the host's card covers it" :
			      "the picture of %s moves again",
		  detail);
	server_tell(server, is_frozen ? "GuestFrozen" : "GuestMoves", name, detail);
	menu_guests_changed(server->menu);
}

static void handle_outputs_changed(void *data)
{
	struct server *server = data;

	wayland_outputs_changed(server->wayland);
}

static void handle_output_presented(void *data, struct scene_output *output,
				    const struct presented *how)
{
	struct server *server = data;

	wayland_output_presented(server->wayland, output, how);
}

static const struct scene_events scene_events = {
	.output_presented = handle_output_presented,
	.outputs_changed = handle_outputs_changed,
	.frame_wanted = handle_frame_wanted,
	.head_placed = handle_head_placed,
	.commit_done = handle_commit_done,
	.picture_shown = handle_picture_shown,
	.head_frozen = handle_head_frozen,
};

/* ---- start ---- */

static int prepare_runtime_dir(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		int ret = -errno;

		log_error(LOG_ADMIN,
			  "%s: %s; make the directory for uid %u, or name another by --runtime-dir",
			  dir, strerror(errno), (unsigned)geteuid());
		return ret;
	}
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || access(dir, W_OK | X_OK) < 0) {
		log_error(LOG_ADMIN,
			  "%s is no directory that uid %u can write to; change its owner, or name another by "
			  "--runtime-dir",
			  dir, (unsigned)geteuid());
		return -EACCES;
	}
	return 0;
}

/* Each mapped buffer holds a file descriptor. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
			log_warn(LOG_HOST, "the limit of file descriptors could not be raised");
		}
	}
}

static int loop_create(struct server *server)
{
	/* Not the thread's default one: that asks the kernel on each turn which thread it is. */
	int ret = sd_event_new(&server->event);

	if (ret < 0) {
		return ret;
	}
	ret = sd_event_add_signal(server->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL,
				  NULL);
	if (ret < 0) {
		return ret;
	}
	ret = sd_event_add_signal(server->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, NULL,
				  NULL);
	if (ret < 0) {
		return ret;
	}
	ret = sd_event_set_watchdog(server->event, true);
	if (ret < 0) {
		return ret;
	}
	return clock_real_create(&server->clock, server->event);
}

/*
 * Everything that needs no device. The lock is taken here, before a second instance could disturb
 * the first.
 */
static int core_create(struct server *server)
{
	int ret = loop_create(server);

	if (ret < 0) {
		log_error(LOG_HOST, "no event loop: %s", strerror(-ret));
		return ret;
	}
	server->trace = trace_create(TRACE_KEPT);
	server->scene = scene_create(&scene_events, server);
	ret = repaint_create(&server->repaint, server);
	if (ret < 0) {
		return ret;
	}
	ret = input_create(&server->input, server);
	if (ret < 0) {
		return ret;
	}
	ret = trusted_create(&server->trusted, server);
	if (ret < 0) {
		return ret;
	}
	ret = menu_create(&server->menu, server);
	if (ret < 0) {
		return ret;
	}
	ret = commands_create(&server->commands, server);
	if (ret < 0) {
		return ret;
	}
	ret = prompt_create(&server->prompt, server);
	if (ret < 0) {
		return ret;
	}
	ret = lock_create(&server->lock, server);
	if (ret < 0) {
		return ret;
	}
	ret = layouts_create(&server->layouts, server);
	if (ret < 0) {
		return ret;
	}
	ret = wayland_create(&server->wayland, server);
	if (ret < 0) {
		return ret;
	}
	/* Blocks its signal, so before anything that starts threads. */
	ret = reload_create(&server->reload, server);
	if (ret < 0) {
		log_error(LOG_HOST, "no way to read the configuration anew: %s", strerror(-ret));
		return ret;
	}
	return renderer_create(&server->renderer, server->settings->renderer,
			       server->settings->font[0] ? server->settings->font : NULL,
			       server->settings->render_node);
}

static int cards_create(struct server *server)
{
	const struct settings *settings = server->settings;
	const char *paths[ARRAY_SIZE(settings->cards)];
	int ret = session_create(&server->session, server->event);

	if (ret < 0) {
		return ret;
	}
	for (unsigned i = 0; i < settings->n_cards; i++) {
		paths[i] = settings->cards[i];
	}
	return kms_backend_create(&server->backend, server->event, server->session, paths,
				  settings->n_cards, &repaint_output_listener, server->repaint);
}

static int outputs_create(struct server *server)
{
	const struct server_options *options = server->options;
	int ret;

	if (options->nested) {
		ret = nested_backend_create(&server->backend, server->event, NULL, options->nested,
					    &repaint_output_listener, server->repaint,
					    &nested_seat_input, server);
	} else if (options->headless) {
		ret = headless_backend_create(&server->backend, server->clock, options->headless,
					      &repaint_output_listener, server->repaint);
	} else {
		ret = cards_create(server);
	}
	return ret < 0 ? ret : server->backend->ops->start(server->backend);
}

static int server_start(struct server *server)
{
	int ret = core_create(server);

	if (ret == 0) {
		ret = outputs_create(server);
	}
	if (ret == 0) {
		ret = monitors_create(&server->monitors, server);
		lock_reload(server->lock);
	}
	if (ret == 0 && server->session) {
		ret = input_open_devices(server->input);
	}
	if (ret == 0 && server->options->test_input) {
		ret = test_input_create(&server->test_input, server);
	}
	if (ret == 0) {
		ret = report_create(server);
	}
	if (ret == 0) {
		ret = control_create(&server->control, server);
	}
	if (ret == 0) {
		ret = confine();
		if (ret < 0) {
			log_error(LOG_HOST, "the server can't be confined: %s", strerror(-ret));
		}
	}
	return ret;
}

/* In the opposite order; guests go first, while there still is a seat to take their input away. */
static void server_stop(struct server *server)
{
	reload_destroy(server->reload);
	test_input_destroy(server->test_input);
	server->test_input = NULL;
	commands_destroy(server->commands);
	server->commands = NULL;
	/* While there still is somebody who can be told. */
	prompt_destroy(server->prompt);
	server->prompt = NULL;
	control_destroy(server->control);
	server->control = NULL;
	if (server->stats) {
		stats_socket_destroy(server->stats);
	}
	if (server->wayland) {
		wayland_destroy(server->wayland);
		server->wayland = NULL;
	}
	monitors_destroy(server->monitors);
	server->monitors = NULL;
	if (server->backend) {
		server->backend->ops->destroy(server->backend);
	}
	layouts_destroy(server->layouts);
	repaint_destroy(server->repaint);
	lock_destroy(server->lock);
	menu_destroy(server->menu);
	trusted_destroy(server->trusted);
	input_destroy(server->input);
	if (server->session) {
		session_destroy(server->session);
	}
	if (server->renderer) {
		renderer_destroy(server->renderer);
	}
	if (server->scene) {
		scene_destroy(server->scene);
	}
	if (server->clock) {
		clock_destroy(server->clock);
	}
	trace_destroy(server->trace);
	sd_event_unref(server->event);
	free(server->settings);
}

static int server_run(struct server *server)
{
	int ret;

	log_info(LOG_US, "ready, at %llu ms of the monotonic clock",
		 (unsigned long long)(now_ns() / NSEC_PER_MSEC));
	sd_notify(0, "READY=1");
	ret = sd_event_loop(server->event);
	sd_notify(0, "STOPPING=1");
	if (ret < 0) {
		log_error(LOG_US, "the event loop failed: %s", strerror(-ret));
	}
	return ret;
}

/*
 * When the program was executed: by the time it has used since, as until here it has only been loaded and has waited for
 * nothing but the disk.
 */
static uint64_t start_time(void)
{
	struct timespec used = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return now_ns() - ((uint64_t)used.tv_sec * NSEC_PER_SEC + (uint64_t)used.tv_nsec);
}

static int run(struct server *server)
{
	int ret = prepare_runtime_dir(server->options->runtime_dir);

	if (ret < 0) {
		free(server->settings);
		return ret;
	}
	ret = server_start(server);
	if (ret == 0) {
		ret = server_run(server);
	}
	server_stop(server);
	return ret;
}

/* Says what is no mistake but may be one of thought. NULL: there were mistakes, which have been told. */
static int check_config(struct settings *settings)
{
	uint64_t present;

	if (!settings) {
		return EXIT_FAILURE;
	}
	for (unsigned i = 0; i < settings->n_warnings; i++) {
		fprintf(stderr, "warning: %s\n", settings->warnings[i]);
	}
	present = devices_present(settings->devices, settings->n_devices);
	for (unsigned i = 0; i < settings->n_devices; i++) {
		if (!(present >> i & 1)) {
			fprintf(stderr, "warning: [device %s]: no such device is here now\n",
				settings->devices[i].label);
		}
	}
	free(settings);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct server_options options;
	struct server server = {.options = &options, .start_ns = start_time()};

	switch (options_parse(argc, argv, &options)) {
	case OPTIONS_RUN:
		break;
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		return 2;
	}
	server.settings = options_load_settings(&options, stderr);
	if (options.check_config) {
		return check_config(server.settings);
	}
	log_init("vitrined", server.settings ? server.settings->log_level : LOG_LEVEL_INFO);
	if (!server.settings) {
		log_error(LOG_ADMIN, "the configuration has mistakes: nothing is started");
		return EXIT_FAILURE;
	}
	settings_log_warnings(server.settings);
	umask(0077);
	signal(SIGPIPE, SIG_IGN);
	raise_fd_limit();
	return run(&server) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
