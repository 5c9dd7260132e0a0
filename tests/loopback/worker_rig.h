/* SPDX-License-Identifier: MIT */
/*
 * A vitrine-pv process with a broker, a guest and a display server that are played by the test:
 * nothing but the worker is real. The guest's memory is a memfd of RIG_PAGES pages, reference n is
 * page n; event channels speak as the loopback does.
 */
#ifndef TESTS_WORKER_RIG_H
#define TESTS_WORKER_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hid/kbdif/kbdif.h"
#include "pvdispl/displif.h"
#include "pvdispl/worker_protocol.h"

#define RIG_PAGES 64u
#define RIG_DISPLAY 7u /* id of the display device */
#define RIG_INPUT 8u
#define RIG_KBD_PAGE 60u
#define RIG_KBD_PORT 40u
#define RIG_MAX_POOLS 16u
#define RIG_FIRST_REF(i) \
	(5000u + 2000u * (i)) /* of memory that the server allocated as its pool i */
#define RIG_WIDTH 64u         /* of each connector */
#define RIG_HEIGHT 32u

struct wl_client;
struct wl_display;
struct wl_resource;

struct rig_pool {
	struct wl_resource *resource;
	uint32_t pages;
	uint32_t refs[RIG_PAGES]; /* of the guest's pages; of memory of the server's only the first */
	uint32_t width, height;   /* of what it allocated; 0: nothing */
	bool is_restored;
	bool is_released;
};

struct rig_head {
	struct wl_resource *resource, *surface;
	struct wl_resource *attached, *buffer; /* pending, current */
	struct wl_resource *pending_feedback;
	struct wl_resource *feedbacks[8]; /* of commits that were not shown yet, oldest first */
	unsigned n_feedbacks;
	unsigned n_commits;
	int source_x, source_y, source_w, source_h; /* -1: all of the buffer */
};

struct rig_server {
	struct wl_display *display;
	struct wl_client *client;
	struct wl_resource *guest, *keyboard, *pointer, *touch;
	struct wl_resource *external, *external_surface; /* NULL: not offered */
	struct rig_pool pools[RIG_MAX_POOLS];
	unsigned n_pools;
	struct rig_head heads[2];
	int guest_version; /* of vitrine_guest_v1 */
	uint32_t acknowledged;
	uint64_t notified_ns;    /* as it was acknowledged; 0: without a time */
	unsigned commits_before; /* of the first head, when it was acknowledged */
	uint32_t pointer_kinds;
	unsigned n_set_pointer;
	bool is_slow;   /* pools get ready and unmapped only by rig_pool_ready, rig_pool_unmapped */
	uint32_t fails; /* errno for new pools */
	uint32_t restores_fail; /* errno for restored ones */
	/* of the last create_buffer */
	uint32_t buffer_offset, buffer_width, buffer_height, buffer_stride, buffer_format;
};

struct rig {
	pid_t pid;
	int broker;
	int ports, kbd_ports; /* our ends of event channel handles */
	int memory;
	int state; /* what outlives the worker */
	uint8_t *pages;
	bool ready, connected, closed, faulted, stateless, kbd_connected, kbd_closed;
	bool is_mouse;            /* the keyboard that is added next has a relative pointer */
	bool is_old;              /* the next server speaks the first version of our protocol */
	bool is_deaf;             /* no map is answered */
	bool may_allocate;        /* the display that is added next, as the toolstack says */
	unsigned n_maps, n_asked; /* answered, and all */
	unsigned notified[64];    /* by port */
	bool masked[64], pending[64];
	struct rig_server server;
	struct displif_ring *rings[2];
	struct displif_event_page *events[2];
	struct kbdif_page *kbd;
	struct displif_request asked[2]; /* last */
	uint16_t next_id[2];
	uint32_t rsp_cons[2];
};

/*
 * Starts a worker, greets it and gives it a display of two connectors, set up by a guest, and an
 * absolute keyboard.
 */
void rig_start(struct rig *rig);
void rig_add_devices(struct rig *rig, bool attach);
/* The keyboard alone; waits for nothing. */
void rig_add_input(struct rig *rig, bool attach);
void rig_stop(struct rig *rig);
/* The worker is killed, and another one has its place and its devices, attached. */
void rig_replace(struct rig *rig);

/* Lets everyone talk until done() or the test fails after 5 s. */
typedef bool (*rig_fn)(struct rig *rig);
void rig_wait(struct rig *rig, rig_fn done);
/* Lets everyone talk for so long. */
void rig_run_ms(struct rig *rig, unsigned ms);

/* ---- the guest ---- */

/* Publishes a request on connector k; returns its id. */
uint16_t rig_ask(struct rig *rig, unsigned k, struct displif_request request);
/* The answer of the oldest request: whole, checked for id and operation. Fails after 5 s. */
struct displif_response rig_answer(struct rig *rig, unsigned k);
bool rig_has_answer(struct rig *rig, unsigned k);
/* rig_ask and rig_answer; returns the status. */
int rig_do(struct rig *rig, unsigned k, struct displif_request request);
/* How many events there are that were not taken. */
unsigned rig_events(struct rig *rig, unsigned k);
/* The next one, checked for its id. Fails after 5 s. */
uint64_t rig_event(struct rig *rig, unsigned k);
/* The event channel of port has an event. */
void rig_kick(struct rig *rig, uint32_t port);

struct displif_request rig_create(uint64_t cookie, uint32_t directory, uint32_t pages);
struct displif_request rig_attach(uint64_t dbuf, uint64_t fb, uint32_t width, uint32_t height);
struct displif_request rig_config(uint64_t fb, uint32_t x, uint32_t y, uint32_t width,
				  uint32_t height);
struct displif_request rig_simple(uint8_t operation, uint64_t cookie);
/* A directory page with these references, first counting up. */
void rig_directory(struct rig *rig, uint32_t page, uint32_t next, uint32_t first, uint32_t n);

void rig_send_device(struct rig *rig, enum worker_command type, enum worker_device_kind kind,
		     uint32_t id);

/* ---- the server, worker_rig_server.c ---- */

/* A new server, which the worker is told of. */
void rig_server_start(struct rig *rig);
void rig_server_stop(struct rig *rig);
void rig_server_turn(struct rig *rig);
void rig_visible(struct rig *rig, unsigned k, bool visible, uint32_t pace_ms);
/* The oldest commit of the head was shown. */
void rig_present(struct rig *rig, unsigned k);
void rig_pool_ready(struct rig *rig, unsigned i);
/* The same for memory of the server's: its references, and ready. */
void rig_pool_granted(struct rig *rig, unsigned i);
void rig_pool_unmapped(struct rig *rig, unsigned i);

#endif
