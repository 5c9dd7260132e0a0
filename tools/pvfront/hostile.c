/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/hostile.h"

#include <errno.h>
#include <string.h>

#include "tools/pvfront/front.h"
#include "tools/pvfront/hostile_priv.h"
#include "tools/pvfront/show.h"

static const struct attack attacks[] = {
	{"bad-sizes", hostile_bad_sizes},
	{"overflows", hostile_overflows},
	{"short-directory", hostile_short_directory},
	{"cyclic-directory", hostile_cyclic_directory},
	{"bad-grants", hostile_bad_grants},
	{"foreign-cookies", hostile_foreign_cookies},
	{"duplicate-cookies", hostile_duplicate_cookies},
	{"unknown-operations", hostile_unknown_operations},
	{"wrong-ring", hostile_wrong_ring},
	{"backend-alloc", hostile_backend_alloc},
	{"many-buffers", hostile_many_buffers},
	{"allocated-memory", hostile_allocated},
	{"ring-jump", hostile_ring_jump},
	{"event-jump", hostile_event_jump},
	{"change-published", hostile_change_published},
	{"flood", hostile_flood},
	{"hoard", hostile_hoard},
	{"vanish", hostile_vanish},
	{"state-storm", hostile_state_storm},
	{"garbage-store", hostile_garbage_store},
	{"forged-connectors", hostile_forged_connectors},
};

void hostile_list(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		fprintf(out, "%s\n", attacks[i].name);
	}
}

static const struct attack *attack_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		if (strlen(attacks[i].name) == len && memcmp(attacks[i].name, name, len) == 0) {
			return &attacks[i];
		}
	}
	return NULL;
}

bool hostile_names_valid(const char *names)
{
	if (strcmp(names, "all") == 0) {
		return true;
	}
	for (;;) {
		size_t len = strcspn(names, ",");

		if (!attack_find(names, len)) {
			return false;
		}
		if (names[len] == '\0') {
			return true;
		}
		names += len + 1;
	}
}

void hostile_say(const struct hostile *h, const char *what, int status)
{
	const char *meaning = strerror(-status);

	if (status == 0) {
		meaning = "accepted";
	} else if (status == -ETIMEDOUT) {
		meaning = "no answer in time";
	} else if (status == -EPIPE) {
		meaning = "the device was closed";
	}
	printf("hostile %s: %s: %s\n", h->name, what, meaning);
	fflush(stdout);
}

bool hostile_refused(struct hostile *h, struct connector *connector, const char *what,
		     struct displif_request *request)
{
	int status;

	if (h->closed) {
		return true;
	}
	status = display_request(connector, request);
	h->closed = status == -EPIPE;
	hostile_say(h, what, status);
	return status < 0 && status != -ETIMEDOUT && status != -EPROTO;
}

bool hostile_answered(struct hostile *h, struct connector *connector, const char *what,
		      struct displif_request *request)
{
	int status;

	if (h->closed) {
		return true;
	}
	status = display_request(connector, request);
	h->closed = status == -EPIPE;
	hostile_say(h, what, status);
	return status != -ETIMEDOUT && status != -EPROTO;
}

static bool flip_done(void *data)
{
	const struct connector *connector = data;

	return !connector->flip_pending && !connector->flip.waiting;
}

/* A frame goes through as if nothing had been. */
static bool alive(struct display *display)
{
	for (unsigned i = 0; i < display->n_connectors; i++) {
		struct connector *connector = &display->connectors[i];
		uint64_t acknowledged = connector->stats.acknowledged;

		if (connector_enable(connector) < 0) {
			return false;
		}
		display_flip(connector, connector->buffers[connector->front_buffer].fb_cookie);
		if (front_wait(display->front, flip_done, connector, FRONT_TIMEOUT_NS) < 0 ||
		    connector->stats.acknowledged == acknowledged) {
			return false;
		}
	}
	return true;
}

static int connect_again(struct display *display)
{
	int ret;

	display_disconnect(display);
	ret = display_connect(display);
	return ret < 0 ? ret : show_start(display);
}

/* Leaves the display connected and shown, or returns -errno. */
static int attack_run(struct display *display, const struct attack *attack, unsigned seconds,
		      bool *contained)
{
	struct hostile h = {.name = attack->name, .display = display, .seconds = seconds};
	int ret = 0;

	*contained = attack->run(&h);
	if (!h.closed && bus_backend_state(&display->bus) != BUS_CONNECTED) {
		h.closed = true;
	}
	if (h.closed) {
		ret = connect_again(display);
		printf("hostile %s: connecting again: %s\n", h.name,
		       ret < 0 ? strerror(-ret) : "works");
	}
	if (ret == 0 && !alive(display)) {
		printf("hostile %s: a good frame afterwards: not shown\n", h.name);
		*contained = false;
		ret = connect_again(display);
	}
	printf("hostile %s: %s\n", h.name, *contained ? "contained" : "NOT CONTAINED");
	fflush(stdout);
	return ret;
}

static bool is_named(const char *names, const char *name)
{
	size_t len = strlen(name);

	if (strcmp(names, "all") == 0) {
		return true;
	}
	for (; names; names = strchr(names, ',')) {
		names += *names == ',';
		if (strncmp(names, name, len) == 0 && (names[len] == ',' || names[len] == '\0')) {
			return true;
		}
	}
	return false;
}

int hostile_run(struct display *display, const char *names, unsigned seconds)
{
	bool all_contained = true;

	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		bool contained = false;
		int ret;

		if (!is_named(names, attacks[i].name)) {
			continue;
		}
		ret = attack_run(display, &attacks[i], seconds, &contained);
		all_contained = all_contained && contained;
		if (ret < 0) {
			return ret;
		}
	}
	return all_contained ? 0 : -EPROTO;
}
