/* SPDX-License-Identifier: MIT */
/* Who has the pointer, and what it is told of it. */
#include <limits.h>
#include <math.h>

#include "hid/seat/seat_priv.h"

/* No mouse moves further at once; what claims to is nonsense. */
#define MOTION_MAX 32768.0
/* Far beyond any layout: the way to a far corner. */
#define FAR_PX 1e6

/* Who is to have the pointer, and where. */
struct place {
	struct seat_guest *guest; /* NULL: nobody */
	struct seat_head *head;
	double x, y;
};

/* ---- where it is ---- */

static struct place picked(const struct seat *seat)
{
	struct place place = {0};

	if (seat->mode == SEAT_GUESTS &&
	    seat->space->pick(seat->data, seat->x, seat->y, &place.guest, &place.head, &place.x,
			      &place.y) &&
	    !seat_is_leaving(seat, place.head)) {
		return place;
	}
	return (struct place){.guest = seat_host, .x = seat->x, .y = seat->y};
}

/* It is this guest's, wherever it is: over another head of it, or else on the edge of the one that it was over. */
static struct place kept_by(const struct seat *seat, struct seat_guest *guest)
{
	struct place place = picked(seat);

	if (place.guest == guest) {
		return place;
	}
	if (guest == seat_host) {
		return (struct place){.guest = guest, .x = seat->x, .y = seat->y};
	}
	if (seat->over != guest || seat_is_leaving(seat, seat->entered)) {
		return (struct place){0};
	}
	place = (struct place){.guest = guest, .head = seat->entered};
	if (!place.head) {
		return place;
	}
	seat->space->to_head(seat->data, place.head, seat->x, seat->y, &place.x, &place.y);
	return place;
}

static struct place place_find(const struct seat *seat)
{
	struct place place;

	if (seat->buttons.held) {
		return kept_by(seat, seat->over);
	}
	place = seat->capture ? kept_by(seat, seat->capture) : picked(seat);
	if (!place.guest || !seat_allows(seat, seat->pointer_device, place.guest)) {
		return (struct place){0};
	}
	return place;
}

/* ---- what is told of it ---- */

static bool is_captured(const struct seat *seat)
{
	return seat->capture && seat->capture == seat->over;
}

/* Which of SEAT_POINTER_ABSOLUTE and SEAT_POINTER_RELATIVE who has the pointer is told now. */
static unsigned kinds_told(const struct seat *seat, const struct seat_traits *traits)
{
	if (traits->pointer != SEAT_POINTER_BOTH || (!seat->space->traits && !is_captured(seat))) {
		return traits->pointer;
	}
	return is_captured(seat) ? SEAT_POINTER_RELATIVE : SEAT_POINTER_ABSOLUTE;
}

static void tell_enter(struct seat *seat, const struct place *to)
{
	/* To where the guest has no head: that it left the one it was over is all that there is to tell. */
	bool is_news = to->head || seat->entered || to->guest == seat_host;

	seat->over = to->guest;
	seat->entered = to->head;
	seat->told_x = to->x;
	seat->told_y = to->y;
	if (is_news) {
		seat_tell(seat, to->guest);
		seat->sink->pointer_enter(seat->data, to->guest, to->head, to->x, to->y);
	}
}

static void tell_motion(struct seat *seat, const struct place *to)
{
	struct seat_traits traits;

	if (to->x == seat->told_x && to->y == seat->told_y) {
		return;
	}
	traits = seat_traits_of(seat, to->guest);
	if (!(kinds_told(seat, &traits) & SEAT_POINTER_ABSOLUTE)) {
		return;
	}
	seat->told_x = to->x;
	seat->told_y = to->y;
	seat_tell(seat, to->guest);
	seat->sink->pointer_motion(seat->data, to->guest, to->head, to->x, to->y);
}

/* The pointer went elsewhere, or the host took it: what only covers the guest covers its cursor, too. */
static bool has_gone(const struct seat *seat)
{
	return seat->mode != SEAT_GUESTS || seat->x != seat->seen_x || seat->y != seat->seen_y;
}

/* Its own cursor goes where it is least in the way of who has the pointer next. */
static void park(struct seat *seat)
{
	struct seat_traits traits = seat_traits_of(seat, seat->over);
	struct place corner = {.guest = seat->over, .head = seat->entered};

	if (!has_gone(seat) || !traits.parks || !(traits.pointer & SEAT_POINTER_ABSOLUTE)) {
		return;
	}
	seat->space->to_head(seat->data, corner.head, FAR_PX, FAR_PX, &corner.x, &corner.y);
	if (corner.x != seat->told_x || corner.y != seat->told_y) {
		seat_tell(seat, corner.guest);
		seat->sink->pointer_motion(seat->data, corner.guest, corner.head, corner.x,
					   corner.y);
	}
}

void seat_pointer_leave(struct seat *seat)
{
	struct seat_guest *guest;
	double nowhere;
	bool is_news;

	seat_buttons_release(seat);
	guest = seat->over;
	if (!guest) {
		return;
	}
	if (seat->entered && !seat_is_leaving(seat, seat->entered)) {
		park(seat);
	}
	is_news = guest == seat_host || seat->entered;
	nowhere = guest == seat_host ? (double)NAN : 0;
	seat->over = NULL;
	seat->entered = NULL;
	if (is_news) {
		seat_tell(seat, guest);
		seat->sink->pointer_enter(seat->data, guest, NULL, nowhere, nowhere);
	}
}

void seat_pointer_update(struct seat *seat)
{
	struct place to = place_find(seat);

	while (seat->over && seat->over != to.guest) {
		seat_pointer_leave(seat);
		/* It holds no button any more; and whom it left may have called the seat. */
		to = place_find(seat);
	}
	if (!to.guest) {
		return;
	}
	seat->seen_x = seat->x;
	seat->seen_y = seat->y;
	if (!seat->over || to.head != seat->entered) {
		tell_enter(seat, &to);
	} else {
		tell_motion(seat, &to);
	}
}

struct seat_guest *seat_pointer_claim(struct seat *seat, unsigned device)
{
	struct seat_guest *guest = seat->over;

	if (seat->buttons.held) {
		return seat_allows(seat, device, guest) ? guest : NULL;
	}
	if (!guest) {
		guest = seat->capture ? seat->capture : picked(seat).guest;
	}
	if (!seat_allows(seat, device, guest)) {
		return NULL;
	}
	seat->pointer_device = device;
	seat_pointer_update(seat);
	return seat->over;
}

struct seat_guest *seat_pointer_owner(const struct seat *seat)
{
	return seat->over;
}

void seat_pointer_position(const struct seat *seat, double *x, double *y)
{
	*x = seat->x;
	*y = seat->y;
}

/* ---- capture ---- */

static bool is_shown(const struct seat *seat, struct seat_guest *guest)
{
	struct seat_area area;

	if (!seat->space->output_shows) {
		return true;
	}
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if (seat_output_area(seat, i, &area) &&
		    seat->space->output_shows(seat->data, i, guest)) {
			return true;
		}
	}
	return false;
}

void seat_capture_check(struct seat *seat)
{
	if (seat->capture && !is_shown(seat, seat->capture)) {
		seat->capture = NULL;
	}
}

void seat_set_capture(struct seat *seat, struct seat_guest *guest)
{
	seat_end_frame(seat);
	if (guest && (seat->mode != SEAT_GUESTS || guest == seat_host || !is_shown(seat, guest))) {
		guest = NULL;
	}
	if (guest == seat->capture) {
		return;
	}
	seat->capture = guest;
	if (guest && guest != seat->over) {
		/* A drag on another guest does not go on in here. */
		seat_buttons_release(seat);
	}
	seat_pointer_confine(seat);
	seat_pointer_update(seat);
	seat_end_frame(seat);
}

struct seat_guest *seat_capture(const struct seat *seat)
{
	return seat->capture;
}

/* ---- events ---- */

/* True when who has the pointer was told of the motion alone. */
static bool tell_relative(struct seat *seat, const struct seat_traits *traits, double dx, double dy)
{
	unsigned kinds = kinds_told(seat, traits);

	if (!seat->over || !(kinds & SEAT_POINTER_RELATIVE) ||
	    !seat_allows(seat, seat->pointer_device, seat->over)) {
		return false;
	}
	seat_tell(seat, seat->over);
	seat->sink->pointer_relative(seat->data, seat->over, dx, dy);
	return is_captured(seat) && !(kinds & SEAT_POINTER_ABSOLUTE);
}

/* The guest that has the pointer for certain, by capture or a button, is out of this device's reach. */
static bool is_kept_from(const struct seat *seat, unsigned device)
{
	struct seat_guest *guest = seat->buttons.held ? seat->over : seat->capture;

	return guest && !seat_allows(seat, device, guest);
}

static void pointer_moved(struct seat *seat)
{
	seat_pointer_update(seat);
	if (!seat->over) {
		seat->dropped++;
	}
	seat_end_frame(seat);
}

void seat_motion(struct seat *seat, unsigned device, double dx, double dy, uint64_t time_ns)
{
	struct seat_traits traits;

	if (device >= SEAT_MAX_DEVICES || !isfinite(dx) || !isfinite(dy)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	if (is_kept_from(seat, device)) {
		seat->dropped++;
		return;
	}
	seat->pointer_device = device;
	traits = seat_traits_of(seat, seat->over);
	dx = fmax(-MOTION_MAX, fmin(dx, MOTION_MAX)) * traits.speed;
	dy = fmax(-MOTION_MAX, fmin(dy, MOTION_MAX)) * traits.speed;
	if (!tell_relative(seat, &traits, dx, dy)) {
		seat_pointer_walk(seat, dx, dy);
	}
	pointer_moved(seat);
}

void seat_motion_absolute(struct seat *seat, unsigned device, int output, double x, double y,
			  uint64_t time_ns)
{
	double to_x, to_y;

	if (device >= SEAT_MAX_DEVICES || !seat_point(seat, output, x, y, &to_x, &to_y)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	if (is_kept_from(seat, device)) {
		seat->dropped++;
		return;
	}
	seat->pointer_device = device;
	seat->push.from = -1;
	seat->x = to_x;
	seat->y = to_y;
	/* The layout may have corners that no output covers. */
	seat_pointer_confine(seat);
	pointer_moved(seat);
}

void seat_axis(struct seat *seat, unsigned device, enum seat_axis axis, int v120, uint64_t time_ns)
{
	struct seat_guest *guest;

	if (device >= SEAT_MAX_DEVICES || v120 == 0 || v120 == INT_MIN) {
		return;
	}
	seat_touched(seat, device, time_ns);
	guest = seat_pointer_claim(seat, device);
	if (!guest) {
		seat->dropped++;
		return;
	}
	seat_tell(seat, guest);
	seat->sink->pointer_axis(seat->data, guest, axis,
				 seat_traits_of(seat, guest).reversed_scroll ? -v120 : v120);
	seat_end_frame(seat);
}
