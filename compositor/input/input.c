/* SPDX-License-Identifier: MIT */
/* Start and stop of what joins devices, seat, focus and scene, and what the host's keys do. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "compositor/input/input_priv.h"
#include "compositor/wayland/wayland.h"

/* ---- actions ---- */

static void sink_action(void *data, enum seat_action action)
{
	struct server *server = data;

	switch (action) {
	case SEAT_ACTION_SWITCH:
		input_switch(server->input, false);
		break;
	case SEAT_ACTION_SWITCH_BACK:
		input_switch(server->input, true);
		break;
	case SEAT_ACTION_ATTENTION:
		menu_open(server->menu);
		break;
	case SEAT_ACTION_LAYOUT:
		(void)layouts_switch(server->layouts, NULL);
		break;
	case SEAT_ACTION_BRIGHTER:
		monitors_step_backlight(server->monitors, 1);
		break;
	case SEAT_ACTION_DARKER:
		monitors_step_backlight(server->monitors, -1);
		break;
	case SEAT_ACTION_CAPTURE:
		input_toggle_capture(server->input);
		break;
	case SEAT_ACTION_LOCK:
		lock_now(server->lock, LOCK_BY_CHORD);
		break;
	case SEAT_CHORDS:
		break;
	}
}

static void sink_activity(void *data)
{
	struct server *server = data;

	wayland_input_read(server->wayland);
	monitors_activity(server->monitors, clock_now(server->clock));
	pointed_activity(server->input);
}

void input_tell_host_key(struct server *server, uint32_t code)
{
	const struct settings *settings = server->settings;

	for (unsigned i = 0; i < settings->n_keep_keys; i++) {
		if (settings->keep_keys[i] == code) {
			server_tell(server, "HostKey", "", host_key_name(code));
		}
	}
}

struct seat *input_seat(struct input *input)
{
	return input->seat;
}

uint64_t input_event_ns(const struct input *input)
{
	return seat_event_ns(input->seat);
}

unsigned input_event_device(const struct input *input)
{
	return seat_event_device(input->seat);
}

struct scene_guest *input_owner(const struct input *input)
{
	return scene_guest(input->focus.owner);
}

bool input_attention(const struct input *input)
{
	return input->mode != SEAT_GUESTS;
}

/* ---- devices ---- */

static int host_open(void *data, const char *path)
{
	struct input *input = data;

	return session_open_device(input->server->session, path);
}

static void host_close(void *data, int fd)
{
	struct input *input = data;

	session_close_device(input->server->session, fd);
}

static bool host_output(void *data, unsigned number, struct devices_output *out)
{
	struct input *input = data;
	const struct output_device *device = repaint_device(input->server->repaint, number);

	if (!device) {
		return false;
	}
	*out = (struct devices_output){
		.name = device->name,
		.width_mm = device->identity.width_mm,
		.height_mm = device->identity.height_mm,
	};
	return true;
}

static void host_lid(void *data, bool is_closed)
{
	struct input *input = data;

	if (is_closed && input->server->settings->lock.on_lid) {
		lock_now(input->server->lock, LOCK_BY_LID);
	}
}

static const struct devices_host devices_host = {
	.open = host_open,
	.close = host_close,
	.output = host_output,
	.lid = host_lid,
};

static void session_changed(void *data, bool active)
{
	struct input *input = data;

	if (!active) {
		devices_suspend(input->devices);
		seat_all_up(input->seat);
	} else if (devices_resume(input->devices) < 0) {
		log_error(LOG_HOST, "the input devices did not come back with the session");
	}
}

static const struct session_listener session_listener = {
	.changed = session_changed,
};

static void bindings_collect(const struct settings *settings, struct devices_config *config)
{
	config->n_bindings = settings->n_bind_input;
	for (unsigned i = 0; i < settings->n_bind_input; i++) {
		config->bindings[i] = settings->bind_input[i];
	}
}

int input_open_devices(struct input *input)
{
	struct server *server = input->server;
	struct devices_config config = {0};
	int ret;

	bindings_collect(server->settings, &config);
	ret = devices_create(&input->devices, server->event, session_seat(server->session),
			     input->seat, input->roster, &devices_host, input, &config);
	if (ret < 0) {
		return ret;
	}
	return session_listen(server->session, &session_listener, input);
}

void input_reload_devices(struct input *input)
{
	const struct settings *settings = input->server->settings;
	struct devices_config config = {0};

	roster_set_policies(input->roster, settings->devices, settings->n_devices);
	if (input->devices) {
		bindings_collect(settings, &config);
		devices_reconfigure(input->devices, &config);
	}
	seat_policy_changed(input->seat);
	lights_update(input);
}

struct roster *input_roster(struct input *input)
{
	return input->roster;
}

/*
 * Those that no library finds have fixed numbers, nested_input.c's and test_input.c's, and names all the same: policies hold for
 * them as for others.
 */
static void devices_name(struct input *input)
{
	static const char *const nested[] = {"Desktop keyboard", "Desktop pointer",
					     "Desktop touchscreen"};
	static const char *const scripted[] = {"Test keyboard", "Test mouse", "Test touchscreen"};
	const struct server_options *options = input->server->options;
	const char *const *names = options->nested ? nested : options->test_input ? scripted : NULL;

	for (int i = 0; names && i < (int)ARRAY_SIZE(nested); i++) {
		if (roster_add(input->roster, &(struct device_identity){.name = names[i]}) != i) {
			abort(); /* they are the first */
		}
	}
}

/* ---- start and stop ---- */

static int settle_create(struct input *input)
{
	int ret = sd_event_add_defer(input->server->event, &input->settle, input_handle_settle,
				     input);

	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_priority(input->settle, PRIORITY_INPUT);
	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_enabled(input->settle, SD_EVENT_OFF);
	return MIN(ret, 0);
}

void input_set_chords(struct input *input, const struct settings *settings)
{
	const struct {
		enum seat_action action;
		const char *text;
	} chords[] = {
		{SEAT_ACTION_ATTENTION, settings->attention_key},
		{SEAT_ACTION_SWITCH, settings->switch_key},
		/* Where there is nothing to switch, the key is the guests'. */
		{SEAT_ACTION_LAYOUT, settings->n_layouts > 1 ? settings->layout_key : ""},
		{SEAT_ACTION_BRIGHTER, settings->brighter_key},
		{SEAT_ACTION_DARKER, settings->darker_key},
		{SEAT_ACTION_CAPTURE, settings->capture_key},
		{SEAT_ACTION_LOCK, settings->lock.user[0] ? settings->lock_key : ""},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(chords); i++) {
		struct seat_chord chord = {0};

		if (chords[i].text[0] && seat_chord_parse(chords[i].text, &chord) < 0) {
			abort(); /* settings are checked when they are read */
		}
		seat_set_chord(input->seat, chords[i].action, &chord);
	}
	seat_set_kept_keys(input->seat, settings->keep_keys, settings->n_keep_keys);
	/* What the strips say of a chord is different, too. */
	input_pointed_later(input);
}

int input_create(struct input **out, struct server *server)
{
	struct input *input = xcalloc(1, sizeof(*input));
	const struct seat_chord none = {0};
	int ret;

	input->server = server;
	input->roster = roster_create(server->settings->devices, server->settings->n_devices);
	devices_name(input);
	input->sink = input_sink;
	input->sink.action = sink_action;
	input->sink.activity = sink_activity;
	input->seat = seat_create(&input->sink, &input_space, server, &none, &none);
	focus_init(&input->focus, &input_focus_events, input);
	input->late = clock_timer_create(server->clock, PRIORITY_INPUT, input_handle_late, input);
	ret = input->late ? settle_create(input) : -ENOMEM;
	if (ret >= 0) {
		ret = lights_create(input);
	}
	if (ret >= 0) {
		ret = pointed_init(input);
	}
	if (ret < 0) {
		input_destroy(input);
		return ret;
	}
	input_set_chords(input, server->settings);
	*out = input;
	return 0;
}

void input_destroy(struct input *input)
{
	if (!input) {
		return;
	}
	if (input->devices) {
		devices_destroy(input->devices);
	}
	pointed_finish(input);
	sd_event_source_disable_unref(input->settle);
	if (input->late) {
		clock_timer_destroy(input->late);
	}
	seat_destroy(input->seat);
	lights_destroy(input);
	roster_destroy(input->roster);
	free(input);
}
