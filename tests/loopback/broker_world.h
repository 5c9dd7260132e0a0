/* SPDX-License-Identifier: MIT */
/*
 * The real vitrine-broker on the loopback, with a toolstack, a guest and a worker played by the test. What the
 * broker and its workers write to standard error is collected and can be waited for.
 */
#ifndef TESTS_LOOPBACK_BROKER_WORLD_H
#define TESTS_LOOPBACK_BROKER_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "xen/front.h"
#include "xen/loopback/hub.h"
#include "xen/xen.h"

#define GUEST 5u
#define DISPLAY_BE "/local/domain/0/backend/vdispl/5/0"
#define DISPLAY_FE "/local/domain/5/device/vdispl/0"
#define INPUT_BE "/local/domain/0/backend/vinput/5/0"
#define INPUT_FE "/local/domain/5/device/vkbd/0"

struct world {
	struct hub_thread *hub;
	struct xen *toolstack, *guest;
	char dir[64];
	pid_t broker;
	int log; /* read end */
	char text[1 << 16];
	size_t size, seen;
	void *rings;
	uint32_t refs[4], ports[4];
	struct xen_evtchn *evtchn;
};

/* What runs when this program is started as a worker. */
int fake_worker(void);

/* For cmocka's setup and teardown: *state is a struct world. */
int world_setup(void **state);
int world_teardown(void **state);

void broker_start(struct world *world);
/* Returns the exit status; -1 when it did not exit by itself. */
int broker_stop(struct world *world);
/* Runs the program to its end with these options and returns its exit status; its output is in world->text. */
int broker_run(struct world *world, const char *const options[]);

/* Until a line with this text was written after what was waited for last. Fails the test when it does not come. */
void wait_log(struct world *world, const char *text);
bool log_has(struct world *world, const char *text);
void wait_store(struct world *world, const char *path, const char *value);
void wait_store_gone(struct world *world, const char *path);
/* The value, or "" when there is none. Valid until the next call. */
const char *store_value(struct world *world, const char *path);
/* As domain 0. */
void put(struct world *world, const char *dir, const char *name, const char *value);
/* As the guest. */
void guest_put(struct world *world, const char *dir, const char *name, const char *value);
void guest_put_number(struct world *world, const char *dir, const char *name, uint32_t value);

void make_domain(struct world *world, const char *name);
/* sizes: one string for each connector, NULL at the end. */
void make_display(struct world *world, const char *const *sizes);
/* Without its state: the test adds features and then puts state 1. */
void make_input(struct world *world);
/* Rings for two connectors and state 3. */
void guest_publish_display(struct world *world);
void guest_publish_input(struct world *world);

/* A line `key value` of broker.stats; "" when it is not there. Valid until the next call. */
const char *stat_value(struct world *world, const char *key);

#endif
