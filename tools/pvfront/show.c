/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/show.h"

#include <errno.h>

#include "base/log.h"
#include "tools/pvfront/front.h"
#include "tools/pvfront/pattern.h"

#define FLIP_TIMEOUT_NS (3100 * NSEC_PER_MSEC)

struct pace {
	uint64_t due_ns;
	uint64_t flipped_ns;
};

static bool flips(const struct connector *connector)
{
	return !(connector->display->front->options->no_flip >> connector->index & 1);
}

static void draw(struct connector *connector, unsigned buffer, uint32_t frame)
{
	const struct pattern pattern = {
		.nonce = connector->display->front->options->nonce,
		.connector = connector->index,
		.frame = frame,
	};

	pattern_draw(connector_pixels(connector, buffer), connector->size.width,
		     connector->size.width, connector->size.height, &pattern);
	connector->stats.drawn++;
	connector->stats.last_frame = frame;
}

int show_start(struct display *display)
{
	const struct options *options = display->front->options;
	int ret = 0;

	for (unsigned i = 0; i < display->n_connectors && ret == 0; i++) {
		struct connector *connector = &display->connectors[i];

		ret = connector_make_buffers(connector, flips(connector) ? options->n_buffers : 1);
		if (ret == 0) {
			draw(connector, 0, 0);
			ret = connector_enable(connector);
		}
	}
	return ret;
}

static void next_frame(struct connector *connector)
{
	uint32_t frame = connector->stats.last_frame + 1;

	if (!flips(connector)) {
		draw(connector, 0, frame);
		return;
	}
	connector->front_buffer = (connector->front_buffer + 1) % connector->n_buffers;
	draw(connector, connector->front_buffer, frame);
	display_flip(connector, connector->buffers[connector->front_buffer].fb_cookie);
}

static bool has_frames_left(const struct connector *connector)
{
	uint64_t frames = connector->display->front->options->frames;

	return frames == 0 || connector->stats.drawn < frames;
}

/* Draws when it is time and the last flip is done. Returns when to look again; UINT64_MAX: the connector is done. */
static uint64_t advance(struct connector *connector, struct pace *pace, uint64_t now)
{
	uint64_t period = NSEC_PER_SEC / connector->display->front->options->fps;

	if (connector->flip_pending || connector->flip.waiting) {
		return pace->flipped_ns + FLIP_TIMEOUT_NS;
	}
	if (!has_frames_left(connector)) {
		return UINT64_MAX;
	}
	if (now < pace->due_ns) {
		return pace->due_ns;
	}
	next_frame(connector);
	pace->flipped_ns = now;
	/* From its due time, so that the rate holds; from now, when a whole frame was missed. */
	pace->due_ns = now - pace->due_ns > period ? now + period : pace->due_ns + period;
	return flips(connector) ? now + FLIP_TIMEOUT_NS : pace->due_ns;
}

static bool overdue(const struct connector *connector, const struct pace *pace, uint64_t now)
{
	return (connector->flip_pending || connector->flip.waiting) &&
	       now >= pace->flipped_ns + FLIP_TIMEOUT_NS;
}

struct turn {
	struct display *display;
	uint64_t store_changes;
	uint64_t acknowledged; /* over all connectors */
};

static uint64_t count_acknowledged(const struct display *display)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < display->n_connectors; i++) {
		n += display->connectors[i].stats.responses +
		     display->connectors[i].stats.acknowledged;
	}
	return n;
}

static bool something_came(void *data)
{
	const struct turn *turn = data;
	const struct front *front = turn->display->front;

	return front->store_changes != turn->store_changes || front->report_wanted ||
	       count_acknowledged(turn->display) != turn->acknowledged;
}

static int wait_turn(struct display *display, uint64_t until_ns)
{
	struct turn turn = {
		.display = display,
		.store_changes = display->front->store_changes,
		.acknowledged = count_acknowledged(display),
	};
	uint64_t now = now_ns();
	int ret = front_wait(display->front, something_came, &turn,
			     until_ns > now ? until_ns - now : 0);

	if (turn.store_changes != display->front->store_changes &&
	    bus_backend_state(&display->bus) != BUS_CONNECTED) {
		return -EPIPE;
	}
	return ret == -ETIMEDOUT ? 0 : ret;
}

int show_run(struct display *display, show_idle idle, void *data)
{
	struct pace paces[FRONT_MAX_CONNECTORS] = {0};
	int ret = 0;

	for (unsigned i = 0; i < display->n_connectors; i++) {
		paces[i] = (struct pace){.due_ns = now_ns()};
	}
	while (ret == 0) {
		uint64_t until = UINT64_MAX;

		for (unsigned i = 0; i < display->n_connectors; i++) {
			struct connector *connector = &display->connectors[i];
			uint64_t now = now_ns();
			uint64_t at;

			if (overdue(connector, &paces[i], now)) {
				log_error(LOG_HOST, "connector %u: frame done timed-out",
					  connector->index);
				return -ETIMEDOUT;
			}
			at = advance(connector, &paces[i], now);
			until = MIN(until, at);
		}
		if (until == UINT64_MAX) {
			return 0;
		}
		ret = wait_turn(display, until);
		idle(data);
	}
	return ret == -EINTR ? 0 : ret;
}
