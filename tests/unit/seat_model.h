/* SPDX-License-Identifier: MIT */
/*
 * What the seat promises, as a model that stands beside it: what people's fingers do, what the administrator says, and what
 * each recipient believes from what it was sent. Every event is judged as it comes (model_sink).
 */
#ifndef TESTS_SEAT_MODEL_H
#define TESTS_SEAT_MODEL_H

#include "tests/unit/seat_world.h"

#define GUESTS 4
#define HEADS 2
#define DEVICES 4
#define HOST GUESTS /* its place among the recipients */
#define KEYS 12
#define FIRST_MODIFIER 6 /* in model_keys: these and all that follow */
#define BUTTONS 2

extern const uint32_t model_keys[KEYS];
extern const uint32_t model_buttons[BUTTONS];

/* What one recipient believes, from what it was sent. */
struct belief {
	bool keys[KEYS], buttons[BUTTONS];
	bool contacts[SEAT_MAX_CONTACTS];
	struct seat_head *touched[SEAT_MAX_CONTACTS];
	bool over;
	struct seat_head *entered;
	bool unframed;
};

struct seat_model {
	struct world world; /* first: the space's functions take it from here */
	struct seat *seat;
	uint64_t random;
	struct seat_guest guests[GUESTS];
	struct seat_head heads[GUESTS][HEADS];
	struct belief beliefs[GUESTS + 1];
	struct seat_guest *keyboard;
	enum seat_mode mode;
	bool is_kept; /* the volume key */
	/* Fingers of the person at the machine. */
	bool key_down[DEVICES][KEYS], button_down[DEVICES][BUTTONS];
	bool button_void[DEVICES][BUTTONS]; /* went down where the device reaches nobody */
	bool blocked[DEVICES];              /* a chord's modifiers are not up yet */
	/* During one call. */
	unsigned device;  /* whose event it is, DEVICES: nobody's */
	unsigned presses; /* keys and buttons that were sent as pressed */
	unsigned actions;
	enum seat_action last_action;
	bool mode_changed; /* from inside of the seat */
};

extern struct seat_model model;
extern const struct seat_sink model_sink;

unsigned model_below(unsigned n);
/* On any device. */
bool model_is_down(uint32_t code);
bool model_allows(unsigned device, const struct seat_guest *guest);
struct seat_guest *model_key_recipient(size_t key);
/* How many devices hold it that may reach who would get it. */
unsigned model_key_live(size_t key);
unsigned model_button_live(size_t button);
bool model_is_shown(const struct seat_head *head);
struct belief *model_belief(const struct seat_guest *guest);
/* Who believes to have the pointer. */
const struct seat_guest *model_over(void);
/* The host does something: another mode, another owner of the keyboard. */
void model_mode_draw(void);
void model_keyboard_draw(void);
/* After every call. */
void model_check(bool may_be_unframed);
void model_check_place(void);

#endif
