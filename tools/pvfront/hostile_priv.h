/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_PVFRONT_HOSTILE_PRIV_H
#define TOOLS_PVFRONT_HOSTILE_PRIV_H

#include <stdbool.h>

#include "tools/pvfront/display.h"

struct hostile {
	const char *name;
	struct display *display;
	unsigned seconds; /* that a flood takes */
	bool closed; /* the connection is over, by either side: the rest of the attack is left out */
};

struct attack {
	const char *name;
	bool (*run)(struct hostile *h); /* was it contained? */
};

/* One line; status: 0, -errno of the backend, or as display_request returns. */
void hostile_say(const struct hostile *h, const char *what, int status);
/* Sends it and says what came back. True: an error came back, or the device was closed. */
bool hostile_refused(struct hostile *h, struct connector *connector, const char *what,
		     struct displif_request *request);
/* True: anything came back. */
bool hostile_answered(struct hostile *h, struct connector *connector, const char *what,
		      struct displif_request *request);

/* hostile_requests.c */
bool hostile_bad_sizes(struct hostile *h);
bool hostile_overflows(struct hostile *h);
bool hostile_foreign_cookies(struct hostile *h);
bool hostile_duplicate_cookies(struct hostile *h);
bool hostile_unknown_operations(struct hostile *h);
bool hostile_wrong_ring(struct hostile *h);
bool hostile_backend_alloc(struct hostile *h);

/* hostile_memory.c */
bool hostile_short_directory(struct hostile *h);
bool hostile_cyclic_directory(struct hostile *h);
bool hostile_bad_grants(struct hostile *h);
bool hostile_many_buffers(struct hostile *h);
/* Buffer after buffer until there are no more, which is right; they stay. */
bool hostile_take_buffers(struct hostile *h);

/* hostile_alloc.c */
bool hostile_allocated(struct hostile *h);

/* hostile_rings.c */
bool hostile_ring_jump(struct hostile *h);
bool hostile_event_jump(struct hostile *h);
bool hostile_change_published(struct hostile *h);
bool hostile_flood(struct hostile *h);
bool hostile_hoard(struct hostile *h);

/* hostile_store.c */
bool hostile_vanish(struct hostile *h);
bool hostile_state_storm(struct hostile *h);
bool hostile_garbage_store(struct hostile *h);
bool hostile_forged_connectors(struct hostile *h);

#endif
