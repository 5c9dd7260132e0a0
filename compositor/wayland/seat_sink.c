/* SPDX-License-Identifier: MIT */
/* What the host's seat says to a guest, and who has its keyboard: into the queue of the guest's worker, if it takes input. */
#include "base/trace.h"
#include "compositor/wayland/seat.h"
#include "compositor/wayland/wayland_priv.h"

static uint64_t now(const struct connection *connection)
{
	return clock_now(connection->wayland->server->clock);
}

bool guest_seat_takes_input(const struct connection *connection)
{
	const struct guest_seat *seat = &connection->seat;

	return connection->client && connection->root &&
	       (seat->keyboard || seat->pointer || seat->relative || seat->touch);
}

/* NULL: its worker is away, or takes no input; then it misses the event and its release alike. */
static struct guest_input *input_of(struct seat_guest *seat_guest)
{
	struct scene_guest *scene = (struct scene_guest *)seat_guest;
	struct guest *guest = scene->data;

	return guest->connection && guest_seat_takes_input(guest->connection) ?
		       &guest->connection->seat.input :
		       NULL;
}

static void sink_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_key(input, code, pressed);
	}
}

static void sink_pointer(void *data, struct seat_guest *guest, struct seat_head *head, double x,
			 double y)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_pointer(input, head, x, y);
	}
}

static void sink_pointer_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_relative(input, dx, dy);
	}
}

static void sink_pointer_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_button(input, code, pressed);
	}
}

static void sink_pointer_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_axis(input, axis, v120);
	}
}

static void sink_touch_down(void *data, struct seat_guest *guest, struct seat_head *head,
			    int contact, double x, double y)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_touch_down(input, contact, head, x, y);
	}
}

static void sink_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_touch_motion(input, contact, x, y);
	}
}

static void sink_touch_up(void *data, struct seat_guest *guest, int contact)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_touch_up(input, contact);
	}
}

static void sink_frame(void *data, struct seat_guest *guest)
{
	struct server *server = data;
	struct guest_input *input = input_of(guest);
	struct connection *connection;
	struct input_origin origin;

	if (input) {
		connection = input->data;
		origin = input_latency_origin(connection);
		trace_add(server->trace, TRACE_INPUT,
			  trace_track(server->trace, "guest", guest_name(connection->guest)),
			  origin.event_ns ? origin.event_ns : clock_now(server->clock), 0, 0);
		guest_input_event(input, &origin);
		guest_input_frame(input, clock_now(server->clock));
	}
}

const struct seat_sink wayland_seat_sink = {
	.key = sink_key,
	.pointer_enter = sink_pointer,
	.pointer_motion = sink_pointer,
	.pointer_relative = sink_pointer_relative,
	.pointer_button = sink_pointer_button,
	.pointer_axis = sink_pointer_axis,
	.touch_down = sink_touch_down,
	.touch_motion = sink_touch_motion,
	.touch_up = sink_touch_up,
	.frame = sink_frame,
};

static void focus_set(struct guest *guest, bool has_keyboard)
{
	struct connection *connection = guest->connection;

	if (connection && guest_seat_takes_input(connection)) {
		guest_input_focus(&connection->seat.input, has_keyboard);
		guest_input_frame(&connection->seat.input, now(connection));
	}
}

void wayland_set_keyboard(struct wayland *wayland, struct scene_guest *scene)
{
	struct guest *guest = scene ? scene->data : NULL;

	if (wayland->keyboard == guest) {
		return;
	}
	if (wayland->keyboard) {
		focus_set(wayland->keyboard, false);
	}
	wayland->keyboard = guest;
	if (guest) {
		focus_set(guest, true);
	}
}

enum seat_pointer_kind wayland_guest_pointer_kind(const struct scene_guest *scene)
{
	const struct guest *guest = scene->data;

	return guest->pointer;
}

bool wayland_input_done(const struct scene_guest *scene)
{
	const struct guest *guest = scene->data;
	const struct guest_input *input;

	if (!guest->connection) {
		return false;
	}
	input = &guest->connection->seat.input;
	return !input->behind && !input->open && credit_whole(&input->credit);
}

bool wayland_input_behind(const struct scene_guest *scene)
{
	const struct guest *guest = scene->data;

	return !guest->connection || guest->connection->seat.input.behind;
}

void guest_seat_refresh(struct connection *connection)
{
	if (connection->guest && connection->wayland->keyboard == connection->guest) {
		focus_set(connection->guest, true);
	}
}
