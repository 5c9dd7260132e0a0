/* SPDX-License-Identifier: MIT */
/* The backend's half of xenbus: what a device does with each thing that a frontend, a toolstack or a worker can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pvdispl/broker/xenbus.h"

#define MAX_MOVES 12

/* One event, what the store says when it is a look, and what must follow. */
struct move {
	enum xenbus_event event;
	struct xenbus_view view;
	enum xenbus_phase phase;
	unsigned actions;
};

struct script {
	const char *name;
	bool is_display;
	struct move moves[MAX_MOVES];
	unsigned n;
};

#define LOOK(be, fe, ph, act)                                             \
	{                                                                 \
		XENBUS_LOOK, {true, true, be, fe}, XENBUS_PHASE_##ph, act \
	}
#define LOOK_OFFLINE(be, fe, ph, act)                                      \
	{                                                                  \
		XENBUS_LOOK, {true, false, be, fe}, XENBUS_PHASE_##ph, act \
	}
#define LOOK_NOTHING(ph, act)                                             \
	{                                                                 \
		XENBUS_LOOK, {false, false, 0, 0}, XENBUS_PHASE_##ph, act \
	}
#define HEAR(ev, ph, act)                                \
	{                                                \
		XENBUS_##ev, {0}, XENBUS_PHASE_##ph, act \
	}

/* A device that serves, as most scripts begin. */
#define CONNECT                                                                                \
	LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER), \
		HEAR(HANDED, CONNECTING, 0), HEAR(SERVING, CONNECTED, XENBUS_WRITE_CONNECTED), \
		LOOK(4, 4, CONNECTED, 0)

#define SCRIPT(title, display, ...)                                              \
	{                                                                        \
		.name = title, .is_display = display, .moves = {__VA_ARGS__},    \
		.n = sizeof((struct move[]){__VA_ARGS__}) / sizeof(struct move), \
	}

static const struct script scripts[] = {
	SCRIPT("the way it should be", true, CONNECT),

	/* Frontends */
	SCRIPT("frontend stuck in Initialised since a backend died", true,
	       LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER), HEAR(HANDED, CONNECTING, 0),
	       HEAR(SERVING, CONNECTED, XENBUS_WRITE_CONNECTED)),
	SCRIPT("frontend that was Initialised before there was a backend", true,
	       LOOK(1, 3, CONNECTING, XENBUS_HAND_OVER)),
	SCRIPT("taken over from a broker that died: states stay", true,
	       LOOK(4, 4, CONNECTING, XENBUS_HAND_OVER), HEAR(HANDED, CONNECTING, 0),
	       HEAR(SERVING, CONNECTED, 0), LOOK(4, 4, CONNECTED, 0)),
	SCRIPT("a broker died while closing", true, LOOK(6, 4, WAITING, XENBUS_WRITE_INIT_WAIT),
	       LOOK(2, 7, WAITING, 0), LOOK(2, 1, WAITING, 0),
	       LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER)),
	SCRIPT("a display does not go from InitWait to Connected", true,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), LOOK(2, 4, WAITING, 0)),
	SCRIPT("a keyboard answers InitWait with Connected", false,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), LOOK(2, 4, CONNECTING, XENBUS_HAND_OVER),
	       HEAR(HANDED, CONNECTING, 0), HEAR(SERVING, CONNECTED, XENBUS_WRITE_CONNECTED)),
	SCRIPT("removing Linux's driver: Closing, then it polls for InitWait", true, CONNECT,
	       LOOK(4, 5, CLOSING, XENBUS_TAKE_BACK),
	       HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED | XENBUS_ARM_RESTART),
	       HEAR(TIMER, WAITING, XENBUS_WRITE_INIT_WAIT), LOOK(2, 6, WAITING, 0),
	       LOOK(2, 1, WAITING, 0), LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER)),
	SCRIPT("frontend starts over by itself", true, CONNECT,
	       LOOK(4, 1, CLOSING, XENBUS_TAKE_BACK),
	       HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED | XENBUS_ARM_RESTART),
	       HEAR(TIMER, WAITING, XENBUS_WRITE_INIT_WAIT)),
	SCRIPT("frontend went away and came back between two looks", false, CONNECT,
	       LOOK(4, 3, CLOSING, XENBUS_TAKE_BACK), HEAR(LET_GO, CONNECTING, XENBUS_HAND_OVER),
	       HEAR(HANDED, CONNECTING, 0), HEAR(SERVING, CONNECTED, XENBUS_WRITE_CONNECTED)),
	SCRIPT("Initialised is still seen just after Connected was written", true,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER),
	       HEAR(HANDED, CONNECTING, 0), HEAR(SERVING, CONNECTED, XENBUS_WRITE_CONNECTED),
	       LOOK(4, 3, CONNECTED, 0), LOOK(4, 4, CONNECTED, 0)),
	SCRIPT("a state that no frontend has while connected", true, CONNECT,
	       LOOK(4, 8, CLOSING, XENBUS_TAKE_BACK), HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED)),
	SCRIPT("frontend's directory removed by the guest", true, CONNECT,
	       LOOK(4, 0, CLOSING, XENBUS_TAKE_BACK), HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED),
	       LOOK(6, 0, CLOSED, 0), LOOK(6, 1, CLOSED, XENBUS_ARM_RESTART),
	       HEAR(TIMER, WAITING, XENBUS_WRITE_INIT_WAIT)),
	SCRIPT("frontend withdraws before the worker has the device", true,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER),
	       LOOK(2, 5, CLOSED, XENBUS_WRITE_CLOSED | XENBUS_ARM_RESTART)),

	/* Toolstack */
	SCRIPT("xl destroy: offline and Closing, then the directory goes", true, CONNECT,
	       LOOK_OFFLINE(5, 4, CLOSING, XENBUS_TAKE_BACK),
	       HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED), LOOK_OFFLINE(6, 4, CLOSED, 0),
	       LOOK_NOTHING(GONE, XENBUS_FREE)),
	SCRIPT("offline devices never start over", true, CONNECT,
	       LOOK_OFFLINE(4, 5, CLOSING, XENBUS_TAKE_BACK),
	       HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED), LOOK_OFFLINE(6, 1, CLOSED, 0),
	       HEAR(TIMER, CLOSED, 0)),
	SCRIPT("the toolstack closes what is closed already", true, CONNECT,
	       LOOK(4, 6, CLOSING, XENBUS_TAKE_BACK),
	       HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED | XENBUS_ARM_RESTART),
	       LOOK_OFFLINE(5, 6, CLOSED, XENBUS_WRITE_CLOSED), HEAR(TIMER, CLOSED, 0)),
	SCRIPT("a device that the toolstack gives up before it is served", true,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT),
	       LOOK_OFFLINE(5, 1, CLOSED, XENBUS_WRITE_CLOSED)),
	SCRIPT("all nodes vanish under a serving device", true, CONNECT,
	       LOOK_NOTHING(CLOSING, XENBUS_TAKE_BACK), HEAR(LET_GO, GONE, XENBUS_FREE)),
	SCRIPT("all nodes vanish while the worker lets go", true, CONNECT,
	       LOOK(4, 5, CLOSING, XENBUS_TAKE_BACK), LOOK_NOTHING(CLOSING, 0),
	       HEAR(LET_GO, GONE, XENBUS_FREE)),
	SCRIPT("a directory that comes back is another device's", true, CONNECT,
	       LOOK_NOTHING(CLOSING, XENBUS_TAKE_BACK), LOOK(1, 1, CLOSING, 0),
	       HEAR(LET_GO, GONE, XENBUS_FREE)),
	SCRIPT("gone before it was looked at", true, LOOK_NOTHING(GONE, XENBUS_FREE)),

	/* Guests that lie */
	SCRIPT("a ring that is broken: closed, and not opened again as it is", true, CONNECT,
	       HEAR(FAULT, CLOSING, XENBUS_WRITE_CLOSING | XENBUS_TAKE_BACK),
	       HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED), LOOK(6, 3, CLOSED, 0),
	       LOOK(6, 1, CLOSED, XENBUS_ARM_RESTART), HEAR(TIMER, WAITING, XENBUS_WRITE_INIT_WAIT),
	       LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER)),
	SCRIPT("nonsense published: closed until it is withdrawn", true,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER),
	       HEAR(REFUSED, CLOSED, XENBUS_WRITE_CLOSING | XENBUS_WRITE_CLOSED),
	       LOOK(6, 3, CLOSED, 0), LOOK(6, 1, CLOSED, XENBUS_ARM_RESTART),
	       HEAR(TIMER, WAITING, XENBUS_WRITE_INIT_WAIT)),
	SCRIPT("pages that never can be used: tried five times", true,
	       LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER), HEAR(FAILED, CONNECTING, XENBUS_ARM_RETRY),
	       HEAR(TIMER, CONNECTING, XENBUS_HAND_OVER), HEAR(FAILED, CONNECTING, XENBUS_ARM_RETRY),
	       HEAR(FAILED, CONNECTING, XENBUS_ARM_RETRY),
	       HEAR(FAILED, CONNECTING, XENBUS_ARM_RETRY),
	       HEAR(FAILED, CLOSED, XENBUS_WRITE_CLOSING | XENBUS_WRITE_CLOSED)),

	/* Workers */
	SCRIPT("worker dies: a display is taken over", true, CONNECT,
	       HEAR(LOST, CONNECTING, XENBUS_HAND_OVER), HEAR(HANDED, CONNECTING, 0),
	       HEAR(SERVING, CONNECTED, 0)),
	SCRIPT("worker dies: a keyboard is taken over, its frontend would not come back", false,
	       CONNECT, HEAR(LOST, CONNECTING, XENBUS_HAND_OVER), HEAR(HANDED, CONNECTING, 0),
	       HEAR(SERVING, CONNECTED, 0)),
	SCRIPT("worker dies and leaves nothing: the display starts over, nobody is blamed", true,
	       CONNECT, HEAR(LOST, CONNECTING, XENBUS_HAND_OVER), HEAR(HANDED, CONNECTING, 0),
	       HEAR(STATELESS, CLOSING, XENBUS_TAKE_BACK),
	       HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED), LOOK(6, 7, CLOSED, 0),
	       LOOK(6, 1, CLOSED, XENBUS_ARM_RESTART), HEAR(TIMER, WAITING, XENBUS_WRITE_INIT_WAIT)),
	SCRIPT("memory that a display is served from is lost: it starts over, nobody is blamed",
	       true, CONNECT, HEAR(STATELESS, CLOSING, XENBUS_TAKE_BACK),
	       HEAR(LET_GO, CLOSED, XENBUS_WRITE_CLOSED), HEAR(STATELESS, CLOSED, 0)),
	SCRIPT("worker dies before it serves", true, LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER),
	       HEAR(HANDED, CONNECTING, 0), HEAR(LOST, CONNECTING, XENBUS_HAND_OVER)),
	SCRIPT("worker dies while a frontend is stuck in Initialised", true,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER),
	       HEAR(HANDED, CONNECTING, 0), HEAR(SERVING, CONNECTED, XENBUS_WRITE_CONNECTED),
	       HEAR(LOST, CONNECTING, XENBUS_HAND_OVER)),
	SCRIPT("worker does not let go: killed, and closed by its death", true, CONNECT,
	       LOOK(4, 5, CLOSING, XENBUS_TAKE_BACK), HEAR(TIMER, CLOSING, XENBUS_KILL_WORKER),
	       HEAR(LOST, CLOSED, XENBUS_WRITE_CLOSED | XENBUS_ARM_RESTART)),
	SCRIPT("worker that lets go unasked is not believed", true, CONNECT,
	       HEAR(LET_GO, CONNECTED, 0)),
	SCRIPT("worker that serves what it was not given is not believed", true,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), HEAR(SERVING, WAITING, 0),
	       LOOK(2, 3, CONNECTING, XENBUS_HAND_OVER), HEAR(SERVING, CONNECTING, 0)),
	SCRIPT("worker blames a guest whose device it does not have", true,
	       LOOK(1, 1, WAITING, XENBUS_WRITE_INIT_WAIT), HEAR(FAULT, WAITING, 0)),
};

static void play(void **state)
{
	const struct script *script = *state;
	struct xenbus bus = {.is_display = script->is_display};

	for (unsigned i = 0; i < script->n; i++) {
		const struct move *move = &script->moves[i];
		struct xenbus_result result = xenbus_step(bus, move->event, move->view);

		if (result.next.phase != move->phase || result.actions != move->actions) {
			fail_msg("move %u: %s with actions 0x%x, wanted %s with 0x%x", i,
				 xenbus_phase_name(result.next.phase), result.actions,
				 xenbus_phase_name(move->phase), move->actions);
		}
		bus = result.next;
	}
}

static void attach_says_whether_rings_were_served(void **state)
{
	const struct {
		enum xenbus_state backend, frontend;
		bool is_display, attach;
	} cases[] = {
		{4, 4, true, true}, {4, 4, false, true}, {2, 3, true, false},
		{4, 3, true, true}, {2, 4, false, true}, {1, 3, false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xenbus bus = {.is_display = cases[i].is_display};
		struct xenbus_view view = {true, true, cases[i].backend, cases[i].frontend};

		bus = xenbus_step(bus, XENBUS_LOOK, view).next;
		assert_int_equal(bus.phase, XENBUS_PHASE_CONNECTING);
		assert_int_equal(bus.attach, cases[i].attach);
	}
}

static void after_a_broken_ring_none_is_attached(void **state)
{
	struct xenbus_view view = {true, true, 4, 4};
	struct xenbus bus = {.is_display = true};

	bus = xenbus_step(bus, XENBUS_LOOK, view).next;
	bus = xenbus_step(bus, XENBUS_HANDED, view).next;
	bus = xenbus_step(bus, XENBUS_FAULT, view).next;
	bus = xenbus_step(bus, XENBUS_LET_GO, view).next;
	view = (struct xenbus_view){true, true, 6, 1};
	bus = xenbus_step(bus, XENBUS_LOOK, view).next;
	bus = xenbus_step(bus, XENBUS_TIMER, view).next;
	view = (struct xenbus_view){true, true, 2, 3};
	bus = xenbus_step(bus, XENBUS_LOOK, view).next;
	assert_int_equal(bus.phase, XENBUS_PHASE_CONNECTING);
	assert_false(bus.attach);
}

/* Whatever happens in whatever order: it ends, and what must hold holds. */
static void any_order_of_anything(void **state)
{
	uint32_t random = 1;

	for (unsigned run = 0; run < 2000; run++) {
		struct xenbus bus = {.is_display = run & 1};

		for (unsigned i = 0; i < 40; i++) {
			struct xenbus_view view;
			struct xenbus_result result;
			enum xenbus_event event;

			random = random * 1103515245u + 12345u;
			event = (enum xenbus_event)((random >> 16) % (XENBUS_TIMER + 1));
			view.present = (random >> 8) % 16 != 0;
			view.online = (random >> 12) % 8 != 0;
			view.backend = (enum xenbus_state)((random >> 20) % 9);
			view.frontend = (enum xenbus_state)((random >> 24) % 9);
			if (event == XENBUS_HANDED &&
			    (bus.phase != XENBUS_PHASE_CONNECTING || bus.held)) {
				continue;
			}
			result = xenbus_step(bus, event, view);
			/* Handed over only while it can be, and never twice. */
			if (result.actions & XENBUS_HAND_OVER) {
				assert_int_equal(result.next.phase, XENBUS_PHASE_CONNECTING);
				assert_false(result.next.held);
			}
			/* Nothing is closed, freed or waited with while the worker holds it. */
			if (result.actions &
			    (XENBUS_WRITE_CLOSED | XENBUS_WRITE_INIT_WAIT | XENBUS_FREE)) {
				assert_false(result.next.held);
			}
			if (!bus.view.present && bus.phase != XENBUS_PHASE_NEW) {
				assert_int_equal(result.actions & (XENBUS_WRITE_CLOSING |
								   XENBUS_WRITE_CLOSED |
								   XENBUS_WRITE_INIT_WAIT |
								   XENBUS_WRITE_CONNECTED),
						 0);
			}
			bus = result.next;
			assert_true(bus.phase != XENBUS_PHASE_NEW || event != XENBUS_LOOK);
		}
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(scripts) + 3] = {
		cmocka_unit_test(attach_says_whether_rings_were_served),
		cmocka_unit_test(after_a_broken_ring_none_is_attached),
		cmocka_unit_test(any_order_of_anything),
	};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		tests[i + 3] = (struct CMUnitTest){
			.name = scripts[i].name,
			.test_func = play,
			.initial_state = (void *)&scripts[i],
		};
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
