/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/control/control_priv.h"

/* ---- the system bus ---- */

static int handle_name(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const sd_bus_error *refused = sd_bus_message_get_error(message);

	if (refused) {
		log_info(LOG_ADMIN,
			 "the system bus does not let us be %s (%s); the control socket works without",
			 CONTROL_BUS_NAME, refused->name);
	}
	return 0;
}

static int system_connect(struct control *control)
{
	sd_event *event = control->server->event;
	const char *address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	int ret = sd_bus_new(&control->system);

	if (ret >= 0) {
		ret = sd_bus_set_address(control->system,
					 address ? address :
						   "unix:path=/run/dbus/system_bus_socket");
	}
	if (ret >= 0) {
		ret = sd_bus_set_bus_client(control->system, 1);
	}
	if (ret >= 0) {
		ret = sd_bus_negotiate_fds(control->system, 1);
	}
	if (ret >= 0) {
		ret = methods_add(control, control->system);
	}
	if (ret >= 0) {
		ret = sd_bus_start(control->system);
	}
	if (ret >= 0) {
		ret = sd_bus_attach_event(control->system, event, CONTROL_PRIORITY);
	}
	/* Nothing here waits for the bus: its answers come by the loop. */
	if (ret >= 0) {
		ret = sd_bus_request_name_async(control->system, NULL, CONTROL_BUS_NAME, 0,
						handle_name, control);
	}
	return ret;
}

/* Many hosts have no bus, and need none. */
static void system_try(struct control *control)
{
	int ret = system_connect(control);

	if (ret < 0) {
		log_debug(LOG_HOST, "no system bus: %s", strerror(-ret));
		sd_bus_close_unref(control->system);
		control->system = NULL;
	}
}

/* A bus that stopped reading gets nothing more: what is queued stays bounded. */
static void system_signal(struct control *control, const char *name, const char *guest,
			  const char *detail)
{
	uint64_t queued = 0;

	if (!control->system || sd_bus_is_ready(control->system) <= 0 ||
	    sd_bus_get_n_queued_write(control->system, &queued) < 0 || queued > CONTROL_QUEUED) {
		return;
	}
	if (sd_bus_emit_signal(control->system, CONTROL_PATH, CONTROL_INTERFACE, name, "ss", guest,
			       detail) < 0) {
		log_debug(LOG_HOST, "the system bus did not take a signal");
	}
}

/* ---- the rest ---- */

static void control_signal(struct control *control, const char *name, const char *guest,
			   const char *detail)
{
	clients_signal(control, name, guest, detail);
	system_signal(control, name, guest, detail);
}

int control_create(struct control **out, struct server *server)
{
	struct control *control = xcalloc(1, sizeof(*control));
	int ret;

	control->server = server;
	control->listen_fd = -1;
	control->jobs_fd = -1;
	control->asking_fd = -1;
	list_init(&control->clients);
	list_init(&control->jobs);
	list_init(&control->shots);
	control->path = xasprintf("%s/%s", server->options->runtime_dir, CONTROL_SOCKET);
	ret = jobs_create(control);
	if (ret >= 0) {
		ret = clients_listen(control);
	}
	if (ret < 0) {
		control_destroy(control);
		return ret;
	}
	system_try(control);
	server->tell = control_signal;
	*out = control;
	return 0;
}

void control_destroy(struct control *control)
{
	if (!control) {
		return;
	}
	control->server->tell = NULL;
	shots_finish(control);
	jobs_finish(control);
	clients_finish(control);
	sd_bus_close_unref(control->system);
	free(control->album.directory);
	free(control->path);
	free(control);
}
