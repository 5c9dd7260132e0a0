/* SPDX-License-Identifier: MIT */
/*
 * Long random histories of seat, focus, lock and the queues to workers, all real, joined by a small stand-in for the
 * compositor's rooms: 8 guests, 4 monitors, 6 devices. A history is a list of operations (ops.c), made from a seed; what
 * comes out of the real parts is judged by oracle.c, which knows the world (who is on which glass, which key is down) and
 * nothing of how the parts keep their state. A history that fails is made short (shrink.c) and printed.
 */
#ifndef TESTS_HISTORY_H
#define TESTS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compositor/wayland/guest_input.h"
#include "hid/seat/focus.h"
#include "hid/seat/lock.h"
#include "hid/seat/seat.h"

#define GUESTS 8
#define HEADS 2
#define OUTPUTS 4
#define DEVICES 6 /* two keyboards, two mice, two touchscreens; each may send anything */
#define SLOTS 10
#define OUTPUT_SIZE 100.0
#define MARGIN 10.0 /* the host's ground around each picture */
#define HEAD_SIZE 160.0
#define PERIOD_NS UINT64_C(16666667)

#define NOBODY GUESTS      /* of numbers of guests */
#define FRONT (GUESTS + 1) /* of what a place on an output is for: whoever is in front */

extern const uint32_t history_keys[];
extern const uint32_t history_buttons[];
/* The number of the code among them; n when it is none. */
unsigned history_index(const uint32_t *codes, unsigned n, uint32_t code);
#define KEYS 14u
#define BUTTONS 2u
#define KEY_BIT_DELETE (1u << 5)
#define KEY_BITS_CTRL (1u << 8 | 1u << 9)
#define KEY_BITS_ALT (1u << 6 | 1u << 12)
#define KEY_BITS_MODIFIERS (0x3fu << 6 | 1u << 12)
#define KEY_BIT_KEPT (1u << 3)

struct seat_guest {
	unsigned number;
	bool is_alive;
	unsigned life;   /* counts guests that had this number */
	unsigned barred; /* devices, bit by bit */
	struct seat_traits traits;
};

struct seat_head {
	struct seat_guest *guest;
	bool exists;
	unsigned life; /* counts heads that had this place */
};

/* A picture on an output. */
struct view {
	uint16_t guest, head; /* guest: NOBODY. Without padding: frames are compared as bytes */
	unsigned guest_life, head_life;
};

struct frame {
	bool exists;
	bool is_dark; /* made while locked */
	bool has_card;
	uint8_t name; /* whom the strip names; NOBODY */
	unsigned name_life;
	unsigned n_views;
	struct view views[2];
};

struct output {
	bool is_lit;
	unsigned n_places;
	uint8_t places[2]; /* a guest's number, FRONT or NOBODY */
	bool redraw;
	struct frame glass, flight;
	double resistance; /* to its neighbour on the right, and back */
};

/* What somebody knows to be down, from what it was told. Keys and buttons: bit by bit. */
struct belief {
	uint32_t keys, buttons, contacts;
	struct seat_head *entered;
	bool has_keyboard;
};

/* A guest's worker at the far end of its queue. */
struct worker {
	struct history *history;
	struct seat_guest *guest;
	struct guest_input input;
	bool is_up, was_restarted;
	struct belief told;
	uint64_t sent, returned; /* marks */
};

struct history {
	uint64_t now_ns;
	struct seat *seat;
	struct focus focus;
	struct seat_lock lock;
	struct seat_guest guests[GUESTS];
	struct seat_head heads[GUESTS][HEADS];
	struct output outputs[OUTPUTS];
	struct worker workers[GUESTS];

	/* ---- desk.c: the stand-in for compositor/input and compositor/trusted ---- */
	unsigned front, wanted; /* NOBODY */
	struct focus_outputs requested;
	struct seat_guest *keyboard; /* whom workers were told */
	bool menu, late_card, patient;
	bool is_moving;     /* the scene is between two states: nothing is anywhere */
	bool settle, close; /* to be done after the operation that is under way */
	unsigned clicked;   /* who asks for the keyboard by a click, NOBODY */
	uint64_t nonce;     /* of attempts, so far */

	/* ---- oracle.c: the world and what recipients believe ---- */
	uint32_t down[DEVICES];     /* keys, bit by bit, under fingers */
	uint32_t pressed[DEVICES];  /* buttons */
	uint32_t touching[DEVICES]; /* slots */
	struct belief beliefs[GUESTS];
	unsigned contact_device[SEAT_MAX_CONTACTS];
	int contact_slot[SEAT_MAX_CONTACTS];
	unsigned contact_guest[SEAT_MAX_CONTACTS]; /* NOBODY: none; of guests' contacts only */
	unsigned device; /* of the event that is under way, DEVICES: none */
	int slot;        /* likewise */
	double touch_x, touch_y;
	unsigned receivers; /* of the one key press that is under way */
	unsigned attentions;
	bool is_locked;   /* from the request to the right answer, as people see it */
	bool has_client;  /* a trusted client holds the lock */
	uint64_t attempt; /* the one that runs; 0: none */
	bool is_typed;    /* into it */
	bool may_open;    /* the operation under way is a right answer */

	uint64_t told, granted, opened, behind; /* how much happened: nothing proves nothing */
	char failure[256];
};

enum planted {
	PLANTED_NOTHING,
	PLANTED_FLIP,    /* the keyboard goes with the request */
	PLANTED_RELEASE, /* a release is lost on the way to the worker */
	PLANTED_DARK,    /* frames of a locked screen show guests */
	PLANTED_OWNER,   /* the old owner is not told that it lost the keyboard */
	PLANTED,
};

extern enum planted history_planted; /* a bug of the stand-in, to see that it is found */

/* ---- world.c ---- */
extern const struct seat_space history_space; /* data: struct history */
struct history *history_create(void);
void history_destroy(struct history *h);
/* The first failure is kept. */
void PRINTF(2, 3) history_fail(struct history *h, const char *fmt, ...);
/* What the scene would show on this output now. */
void world_plan(const struct history *h, unsigned output, struct frame *out);
/* The output is lit, and its glass shows a picture of the guest that is alive. */
bool world_glass_shows(const struct history *h, unsigned output, const struct seat_guest *guest);
bool world_on_glass(const struct history *h, const struct seat_guest *guest);
/* The head is on the glass of one output at least. */
bool world_head_is_seen(const struct history *h, const struct seat_head *head);
/* The scene has a place for the guest on this output. */
bool world_has_place(const struct history *h, unsigned output, const struct seat_guest *guest);
/* Whose picture is on the glass at this point of the layout; NULL: nobody's. */
struct seat_head *world_at(const struct history *h, double x, double y);
static inline struct seat_guest *world_guest(struct history *h, unsigned number)
{
	return number < GUESTS ? &h->guests[number] : NULL;
}

/* ---- desk.c ---- */
extern const struct focus_events desk_focus_events; /* data: struct history */
void desk_action(void *data, enum seat_action action);
void desk_request(struct history *h, struct seat_guest *guest);
void desk_settle(struct history *h);
void desk_mode_update(struct history *h);
void desk_switch_to(struct history *h, unsigned guest);
/* Before and after anything that moves pictures. */
void desk_move_begin(struct history *h, unsigned places[GUESTS][HEADS]);
void desk_move_end(struct history *h, unsigned places[GUESTS][HEADS]);
void desk_head_gone(struct history *h, struct seat_head *head);
void desk_vsync(struct history *h);
void desk_flip(struct history *h, unsigned output);
void desk_output_gone(struct history *h, unsigned output);
/* What was put off: to be called after each operation. */
void desk_turn(struct history *h);

/* ---- oracle.c ---- */
extern const struct seat_sink oracle_sink;             /* data: struct history */
extern const struct guest_input_ops oracle_worker_ops; /* data: struct worker */
void oracle_key(struct history *h, unsigned device, unsigned key, bool pressed);
/* Whoever was told of the keyboard: by the desk. */
void oracle_keyboard(struct history *h, struct seat_guest *guest);
void oracle_check(struct history *h);
/* The worker has read all there is: it must know what the seat's recipient knows. */
void oracle_check_worker(struct history *h, struct worker *worker);
void oracle_opened(struct history *h);

/* ---- ops.c ---- */
struct op {
	uint8_t kind, a, b, c;
};

/* One that may come next. */
struct op op_draw(const struct history *h, uint64_t *random);
void op_run(struct history *h, struct op op);
/* "key 3 1 0" */
void op_print(struct op op, char *text, size_t size);
MUST_USE int op_parse(const char *text, struct op *out);

/* ---- shrink.c ---- */
/* Runs it from the start; false: it failed, and why is in failure (which may be NULL). */
bool history_run(const struct op *ops, size_t n, char *failure, size_t size);
/* Takes operations out as long as it fails; returns how many are left, at the front of ops. */
size_t history_shrink(struct op *ops, size_t n);

#endif
