/* SPDX-License-Identifier: MIT */
/* What a client can ask. Each method answers at once, or starts what will; none waits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "compositor/control/control_priv.h"
#include "config/settings.h"

static int answer(sd_bus_message *call, const char *error, const char *why)
{
	return sd_bus_reply_method_errorf(call, error, "%s", why);
}

/* ---- lists ---- */

static int list_answer(sd_bus_message *call, void *data,
		       int (*append)(struct control *control, sd_bus_message *reply))
{
	sd_bus_message *reply = NULL;
	int ret = sd_bus_message_new_method_return(call, &reply);

	if (ret >= 0) {
		ret = append(data, reply);
	}
	if (ret >= 0) {
		ret = sd_bus_message_send(reply);
	}
	sd_bus_message_unref(reply);
	return ret;
}

static int list_monitors(sd_bus_message *call, void *data, sd_bus_error *error)
{
	return list_answer(call, data, monitors_append);
}

static int list_devices(sd_bus_message *call, void *data, sd_bus_error *error)
{
	return list_answer(call, data, devices_append);
}

static int list_guests(sd_bus_message *call, void *data, sd_bus_error *error)
{
	return list_answer(call, data, guests_append);
}

static int list_heads(sd_bus_message *call, void *data, sd_bus_error *error)
{
	return list_answer(call, data, heads_append);
}

static int get_stats(sd_bus_message *call, void *data, sd_bus_error *error)
{
	return list_answer(call, data, stats_append);
}

/* ---- focus ---- */

static int get_focus(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct control *control = data;
	const struct scene_guest *owner = input_owner(control->server->input);
	const struct scene_guest *front = scene_front(control->server->scene);

	return sd_bus_reply_method_return(call, "ssb", owner ? owner->mark.name : "",
					  front ? front->mark.name : "",
					  (int)input_attention(control->server->input));
}

static int switch_answer(sd_bus_message *call, int ret)
{
	switch (ret) {
	case 0:
		return sd_bus_reply_method_return(call, "");
	case -EBUSY:
		return answer(call, CONTROL_ERROR_NOT_NOW,
			      "the host has all input: press Escape there first");
	default:
		return answer(call, CONTROL_ERROR_NOT_SUPPORTED,
			      "this guest has no screen, or the layout does not let it be in front");
	}
}

/* What shows guests, or has to do with which of them is shown, is refused then: true when call was answered so. */
static bool is_locked(const struct control *control, sd_bus_message *call, int *ret)
{
	if (!lock_is_locked(control->server->lock)) {
		return false;
	}
	*ret = answer(call, CONTROL_ERROR_NOT_NOW, "the screen is locked");
	return true;
}

static int switch_to(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct control *control = data;
	struct scene_guest *guest;
	const char *name;
	int ret = sd_bus_message_read(call, "s", &name);

	if (ret < 0) {
		return ret;
	}
	if (is_locked(control, call, &ret)) {
		return ret;
	}
	guest = scene_guest_find(control->server->scene, name);
	if (!guest) {
		return answer(call, CONTROL_ERROR_NOT_FOUND, "there is no guest of this name");
	}
	return switch_answer(call, input_switch_to(control->server->input, guest));
}

static int switch_next(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct control *control = data;
	int ret;

	return is_locked(control, call, &ret) ?
		       ret :
		       switch_answer(call, input_switch_to(control->server->input, NULL));
}

/* ---- the menu, and what it can do for guests ---- */

static int open_menu(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;

	menu_open(control->server->menu);
	return sd_bus_reply_method_return(call, "");
}

/* Also when the caller has gone meanwhile: the message keeps its connection. */
static void command_started(void *data, const char *why)
{
	sd_bus_message *call = data;
	int ret = *why ? answer(call, CONTROL_ERROR_FAILED, why) :
			 sd_bus_reply_method_return(call, "");

	if (ret < 0) {
		log_debug(LOG_US, "a control client did not wait for its answer");
	}
	sd_bus_message_unref(call);
}

static int guest_command(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	const char *verb, *guest;
	int ret = sd_bus_message_read(call, "ss", &verb, &guest);

	if (ret < 0) {
		return ret;
	}
	ret = commands_run(control->server->commands, verb, guest, command_started,
			   sd_bus_message_ref(call));
	if (ret == 0) {
		return 1;
	}
	sd_bus_message_unref(call);
	switch (ret) {
	case -EINVAL:
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
						  "a verb is start, stop or reboot");
	case -ENOENT:
		return answer(call, CONTROL_ERROR_NOT_FOUND,
			      "the configuration has no such command for this guest");
	case -EBUSY:
		return answer(call, CONTROL_ERROR_BUSY, "another command is running for it");
	default:
		return answer(call, CONTROL_ERROR_FAILED, "vitrine-command can't be reached");
	}
}

/* ---- layouts ---- */

static int list_layouts(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	const struct settings *settings = control->server->settings;
	sd_bus_message *reply = NULL;
	int ret = sd_bus_message_new_method_return(call, &reply);

	ret = ret < 0 ? ret : sd_bus_message_open_container(reply, 'a', "s");
	for (unsigned i = 0; settings && i < settings->n_layouts && ret >= 0; i++) {
		ret = sd_bus_message_append(reply, "s", settings->layouts[i].name);
	}
	ret = ret < 0 ? ret : sd_bus_message_close_container(reply);
	ret = ret < 0 ? ret : sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	return ret;
}

static int get_layout(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;

	return sd_bus_reply_method_return(call, "s", layouts_current(control->server->layouts));
}

static int set_layout(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	const char *name;
	int ret = sd_bus_message_read(call, "s", &name);

	if (ret < 0) {
		return ret;
	}
	if (is_locked(control, call, &ret)) {
		return ret;
	}
	return layouts_switch(control->server->layouts, name) < 0 ?
		       answer(call, CONTROL_ERROR_NOT_FOUND, "there is no layout of this name") :
		       sd_bus_reply_method_return(call, "");
}

static int next_layout(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	int ret;

	if (is_locked(control, call, &ret)) {
		return ret;
	}
	ret = layouts_switch(control->server->layouts, NULL);
	return ret < 0 ? ret : sd_bus_reply_method_return(call, "");
}

/* ---- monitors ---- */

static int monitor_answer(sd_bus_message *call, int ret)
{
	switch (ret) {
	case 0:
		return sd_bus_reply_method_return(call, "");
	case -ENOENT:
		return answer(call, CONTROL_ERROR_NOT_FOUND, "there is no monitor of this name");
	case -EOPNOTSUPP:
		return answer(call, CONTROL_ERROR_NOT_SUPPORTED, "this monitor can't do that");
	default:
		return answer(call, CONTROL_ERROR_FAILED, strerror(-ret));
	}
}

/* The name of all monitors is none. */
static const char *name_or_all(const char *name)
{
	return *name ? name : NULL;
}

static int set_power(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	const char *name;
	int on, ret = sd_bus_message_read(call, "sb", &name, &on);

	return ret < 0 ? ret :
			 monitor_answer(call, monitors_set_power(control->server->monitors,
								 name_or_all(name), on != 0));
}

static int set_backlight(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	const char *name;
	double level;
	int ret = sd_bus_message_read(call, "sd", &name, &level);

	if (ret < 0) {
		return ret;
	}
	if (!(level >= 0 && level <= 1)) {
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
						  "a level is from 0 to 1");
	}
	return monitor_answer(call, monitors_set_backlight(control->server->monitors,
							   name_or_all(name), level));
}

static int identify(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;

	monitors_identify(control->server->monitors);
	return sd_bus_reply_method_return(call, "");
}

/* ---- the configuration ---- */

/* Also when the caller has gone meanwhile: the message keeps its connection. */
static void reload_done(void *data, const char *errors)
{
	sd_bus_message *call = data;
	int ret = *errors ? answer(call, CONTROL_ERROR_CONFIGURATION, errors) :
			    sd_bus_reply_method_return(call, "");

	if (ret < 0) {
		log_debug(LOG_US, "a control client did not wait for its answer");
	}
	sd_bus_message_unref(call);
}

static int set_notice(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct control *control = data;
	const char *text;
	int ret = sd_bus_message_read(call, "s", &text);

	if (ret < 0) {
		return ret;
	}
	if (scene_set_notice(control->server->scene, text) < 0) {
		return sd_bus_reply_method_errorf(
			call, SD_BUS_ERROR_INVALID_ARGS,
			"a notice is one line of at most 79 printable ASCII characters");
	}
	/* What the pointer was over may be under it now. */
	seat_layout_changed(input_seat(control->server->input));
	return sd_bus_reply_method_return(call, "");
}

static int reload(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	int ret = server_reload(control->server, reload_done, sd_bus_message_ref(call));

	if (ret == 0) {
		return 1;
	}
	sd_bus_message_unref(call);
	return ret == -EBUSY ? answer(call, CONTROL_ERROR_BUSY, "others are waiting for the same") :
			       ret;
}

/* ---- the lock: there is no method that ends it ---- */

static int lock_screen(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	struct lock *lock = control->server->lock;
	int ret = lock_is_locked(lock) ? 0 : lock_possible(lock);

	if (ret == -EOPNOTSUPP) {
		return answer(call, CONTROL_ERROR_NOT_SUPPORTED,
			      "no user is named whose password would end it: see [lock] user=");
	}
	if (ret < 0) {
		return sd_bus_reply_method_errorf(
			call, CONTROL_ERROR_NOT_SUPPORTED,
			"vitrine-auth can't be reached (%s), so nothing would end it",
			strerror(-ret));
	}
	lock_now(lock, LOCK_BY_COMMAND);
	return sd_bus_reply_method_return(call, "");
}

static int get_lock(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct control *control = data;
	const struct lock *lock = control->server->lock;

	return sd_bus_reply_method_return(call, "bb", (int)lock_is_locked(lock),
					  (int)lock_is_dark(lock));
}

/* ---- pictures and traces ---- */

static int screenshot(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct control *control = data;
	struct repaint *repaint = control->server->repaint;
	const char *name;
	int number, ret = sd_bus_message_read(call, "s", &name);

	if (ret < 0) {
		return ret;
	}
	if (is_locked(control, call, &ret)) {
		return ret;
	}
	number = repaint_output_number(repaint, name);
	if (number < 0) {
		return answer(call, CONTROL_ERROR_NOT_FOUND, "there is no monitor of this name");
	}
	if (jobs_full(control)) {
		return answer(call, CONTROL_ERROR_BUSY, "others are being made; try again");
	}
	ret = shot_start(control, call, NULL, repaint_output(repaint, (unsigned)number));
	return ret < 0 ? ret : 1;
}

static int trace_write(void *data, FILE *out)
{
	trace_write_json(data, out);
	return ferror(out) ? -EIO : 0;
}

static void trace_free(void *data)
{
	trace_destroy(data);
}

static int get_trace(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct control *control = data;
	struct trace *copy;
	int ret;

	if (jobs_full(control)) {
		return answer(call, CONTROL_ERROR_BUSY, "others are being made; try again");
	}
	copy = trace_copy(control->server->trace);
	if (!copy) {
		return -ENOMEM;
	}
	ret = job_start(control, call, NULL, trace_write, copy, trace_free);
	return ret < 0 ? ret : 1;
}

/* ---- the table ---- */

#define METHOD(name, in, out, handler) \
	SD_BUS_METHOD(name, in, out, handler, SD_BUS_VTABLE_UNPRIVILEGED)

/* Who may call was decided before: by the socket, or by the system bus' policy. */
static const sd_bus_vtable table[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("ListMonitors", "", "aa{sv}", list_monitors),
	METHOD("ListDevices", "", "aa{sv}", list_devices),
	METHOD("ListGuests", "", "aa{sv}", list_guests),
	METHOD("ListHeads", "", "aa{sv}", list_heads),
	METHOD("GetStats", "", "a{sv}", get_stats),
	METHOD("GetFocus", "", "ssb", get_focus),
	METHOD("SwitchTo", "s", "", switch_to),
	METHOD("SwitchNext", "", "", switch_next),
	METHOD("OpenMenu", "", "", open_menu),
	METHOD("GuestCommand", "ss", "", guest_command),
	METHOD("ListLayouts", "", "as", list_layouts),
	METHOD("GetLayout", "", "s", get_layout),
	METHOD("SetLayout", "s", "", set_layout),
	METHOD("NextLayout", "", "", next_layout),
	METHOD("SetPower", "sb", "", set_power),
	METHOD("SetBacklight", "sd", "", set_backlight),
	METHOD("Identify", "", "", identify),
	METHOD("SetNotice", "s", "", set_notice),
	METHOD("Reload", "", "", reload),
	METHOD("Lock", "", "", lock_screen),
	METHOD("GetLock", "", "bb", get_lock),
	METHOD("Ask", "s", "h", ask_start),
	METHOD("Screenshot", "s", "h", screenshot),
	METHOD("Trace", "", "h", get_trace),
	SD_BUS_SIGNAL("CommandEnded", "ss", 0),
	SD_BUS_SIGNAL("FocusChanged", "ss", 0),
	SD_BUS_SIGNAL("GuestFrozen", "ss", 0),
	SD_BUS_SIGNAL("GuestMoves", "ss", 0),
	SD_BUS_SIGNAL("HostKey", "ss", 0),
	SD_BUS_SIGNAL("LayoutChanged", "ss", 0),
	SD_BUS_SIGNAL("Locked", "ss", 0),
	SD_BUS_SIGNAL("Unlocked", "ss", 0),
	SD_BUS_SIGNAL("MonitorAdded", "ss", 0),
	SD_BUS_SIGNAL("MonitorRemoved", "ss", 0),
	SD_BUS_VTABLE_END,
};

int methods_add(struct control *control, sd_bus *bus)
{
	return sd_bus_add_object_vtable(bus, NULL, CONTROL_PATH, CONTROL_INTERFACE, table, control);
}
