/* SPDX-License-Identifier: MIT */
/*
 * Focus, lock and attention, for three guests and two monitors. docs/proofs.md says which function of the code each
 * step stands for; test_model.py runs every property, and for each a broken model that must fail.
 *
 * Output 0 shows who is in front; output 1 is bound to guest 1 and shows the front while that one has no picture.
 * A frame is made of the state at a period's start and is on the glass at its flip, any time later; or it is lost, and
 * made again. Guests come, go and never stop asking; outputs come and go; the password's checker may die at any time.
 *
 * What is assumed of time: what is to be done for frames, input and the host's own helpers is done within a period, so the
 * next period begins when that is done (see clock); devices report so much in a period and no more. Nothing is assumed of
 * how much guests ask for.
 */
#define GUESTS 3
#define OUTPUTS 2
#define NOBODY 3 /* of guests; what an output shows then is the host's */

#define OPEN 0
#define CLOSING 1
#define CLOSED 2

#define STEP0(name) inline name() {
#define STEP1(name, a) inline name(a) {
#define STEP2(name, a, b) inline name(a, b) {
#define STEP3(name, a, b, c) inline name(a, b, c) {
#define ENDSTEP }
#define WHEN(condition) if :: (condition) ->
#define OTHERWISE :: else ->
#define END fi;
#define ASKED_ELSEWHERE false
#define ENDWHEN :: else -> skip fi;

/* ---- what the server knows ---- */
byte focus_owner = NOBODY, focus_target = NOBODY;
byte asked_marks, asked_names, focus_waiting;
bit focus_pending, focus_armed, focus_late;
bit has_keyboard[GUESTS]; /* as the guest was told */
byte lock_state;
bit attempt_runs, attempt_typed, attempt_checks;
bit attempt; /* its number */

byte front = 0, wanted = 0;
bit alive[GUESTS];
bit menu;
bit carded; /* the card of late frames has been on the glass for this request */
bit late_card;
bit redraw[OUTPUTS];
byte requested_marks, requested_names; /* of the last request, while it is pending */

/* ---- the world ---- */
bit lit[OUTPUTS];
/*
 * A frame, by what it says of the guest that is to have the keyboard now (focus_target), not by all that is in it: who that
 * is changes what older frames say, see retarget. That keeps the model small, and loses no behaviour.
 */
#define NAMES 1 /* its strips name that guest */
#define SHOWS 2 /* that guest's picture, with its mark */
#define DARK 4  /* it was made while the screen was locked */
#define CARD 8  /* the host's card covers it */
#define BLANK 16 /* lit, and nothing was ever shown */
#define NO_FRAME 32
byte glass[OUTPUTS] = BLANK;
byte flight[OUTPUTS] = NO_FRAME;
bit losses = 1; /* flips that may still be lost */
/* What a person did and the server has not read yet. */
mtype = {NOTHING, CHORD, ELSE}; /* ELSE: any other; which is decided when it is read */
mtype input = NOTHING;
#ifdef LIVE
bit spoke; /* in this period */
bit idle;  /* changes when somebody could do something and does not */
#endif
/* The password's checker: its answer under way. */
bit answering, answer_number, answer_right;
bit truth; /* the text of the attempt that runs is the right one */

#include "steps.inc"

#define LIT_SET (lit[0] | (lit[1] << 1))
#define SHOWN(o) (((o) == 0 || !alive[1]) -> front : 1)
/* Outputs with a place for the guest. */
#define MARKS(g) ((lit[0] && front == (g)) | ((lit[1] && (alive[1] && (g) == 1 || !alive[1] && front == (g))) << 1))
#define SEEN ((lit[0] && (glass[0] & SHOWS)) || (lit[1] && (glass[1] & SHOWS)))
#define NAMED(o) (!lit[o] || glass[o] == BLANK || (glass[o] & NAMES))
#define IS_DARK(o) (!lit[o] || glass[o] == BLANK || (glass[o] & DARK))
#define HAS_PLACE(g) (MARKS(g) != 0)
/* The host has all input. */
#define HOST_HAS (menu || lock_state != OPEN)

/* ---- compositor/input: who is to have the keyboard ---- */

/*
 * Another guest is to have the keyboard. A frame that named the old one does not name this one. One that did not may: it
 * may be from a time when this one had the keyboard.
 */
inline retarget_frame(frame)
{
	if
	:: frame == NO_FRAME || frame == BLANK || (frame & DARK)
	:: else ->
		if
		:: !(frame & NAMES) -> frame = frame | NAMES
		:: frame = frame & ~NAMES
		fi;
		if
		:: !(frame & SHOWS) && !(frame & CARD) -> frame = frame | SHOWS
		:: frame = frame & ~SHOWS
		fi
	fi
}

inline clear_frame(frame)
{
	if
	:: frame == NO_FRAME || frame == BLANK
	:: else -> frame = frame & (DARK | CARD)
	fi
}

inline retarget(whom)
{
	if
	:: whom == focus_target
	:: whom != focus_target && whom != NOBODY ->
		retarget_frame(glass[0]);
		retarget_frame(glass[1]);
		retarget_frame(flight[0]);
		retarget_frame(flight[1])
	:: whom != focus_target && whom == NOBODY ->
		clear_frame(glass[0]);
		clear_frame(glass[1]);
		clear_frame(flight[0]);
		clear_frame(flight[1])
	fi
}

inline request(whom)
{
	retarget(whom);
	if
	:: whom != NOBODY ->
		requested_marks = MARKS(whom);
		requested_names = LIT_SET
	:: else ->
		requested_marks = 0;
		requested_names = 0
	fi;
	focus_ask(whom, requested_marks, requested_names);
	redraw[0] = lit[0];
	redraw[1] = lit[1]
}

/* Who is in front must be able to be there; who was asked for is, while it is shown. */
inline settle()
{
	if
	:: front != NOBODY && alive[front]
	:: else ->
		if
		:: alive[0] -> front = 0
		:: else ->
			if
			:: alive[1] -> front = 1
			:: else ->
				if
				:: alive[2] -> front = 2
				:: else -> front = NOBODY
				fi
			fi
		fi
	fi;
	if
	:: wanted != NOBODY && alive[wanted] && HAS_PLACE(wanted)
	:: else -> wanted = front
	fi;
	if
	:: HOST_HAS
	:: else ->
		if
		:: focus_target != wanted || (focus_owner != NOBODY && !SEEN) ||
		   (focus_pending && (requested_marks != MARKS(wanted) || requested_names != LIT_SET)) ->
			carded = 0;
			late_card = 0;
			request(wanted)
		:: else
		fi
	fi
}

/* What is on its way to the glass will be seen. */
#ifdef BREAK_FLIGHT
#define WILL_BE_DARK(o) IS_DARK(o)
#else
#define WILL_BE_DARK(o) (IS_DARK(o) && (flight[o] == NO_FRAME || (flight[o] & DARK)))
#endif

inline dark_if_so()
{
	if
	:: WILL_BE_DARK(0) && WILL_BE_DARK(1) -> lock_dark()
	:: else
	fi
}

/* The host takes all input, or gives it back to who is due. */
inline host_takes()
{
#ifdef BREAK_LOCK_INPUT
	if
	:: menu -> request(NOBODY)
	:: else -> redraw[0] = 1; redraw[1] = 1
	fi;
#else
	request(NOBODY);
#endif
	carded = 0;
	late_card = 0
}

inline host_gives()
{
	if
	:: !HOST_HAS ->
		carded = 0;
		late_card = 0;
		request(wanted)
	:: else
	fi
}

/* ---- what arrives at guests: each is held against the glass ---- */

inline deliver_key()
{
	if
	:: focus_owner != NOBODY ->
		assert(has_keyboard[focus_owner]);
		assert(has_keyboard[0] + has_keyboard[1] + has_keyboard[2] == 1);
		assert(lock_state == OPEN);
		assert(!menu);
		assert(SEEN);
		assert(NAMED(0) && NAMED(1))
	:: else ->
		assert(has_keyboard[0] + has_keyboard[1] + has_keyboard[2] == 0)
	fi
}

/* A click on the picture of guest 1, on its own output, asks for the keyboard. */
inline click()
{
	if
	:: lit[1] && alive[1] && wanted != 1 ->
		wanted = 1;
		carded = 0;
		late_card = 0;
		request(wanted)
	:: else
	fi
}

inline next_front()
{
	if
	:: front == NOBODY
	:: front != NOBODY && alive[(front + 1) % 3] -> front = (front + 1) % 3
	:: front != NOBODY && !alive[(front + 1) % 3] && alive[(front + 2) % 3] -> front = (front + 2) % 3
	:: else
	fi;
	wanted = front
}

/* What means nothing any more has one value. */
inline forget()
{
	if
	:: !attempt_runs -> attempt = 0; truth = 0
	:: else
	fi
}

inline answer()
{
	if
	:: lock_state != OPEN && answer_right ->
		attempt_right(answer_number);
		if
		:: lock_state == OPEN ->
			/* Never left without the right answer. */
			assert(truth);
			host_gives()
		:: else
		fi
	:: lock_state != OPEN && !answer_right -> attempt_fail(answer_number)
	:: else
	fi;
	answering = 0;
	answer_number = 0;
	answer_right = 0;
	forget()
}

inline give_up()
{
	attempt_fail(attempt);
	forget()
}

inline open_menu()
{
	menu = 1;
	host_takes()
}

inline close_menu()
{
	menu = 0;
	host_gives()
}

inline switch_guest()
{
	next_front();
	carded = 0;
	late_card = 0;
	request(wanted)
}

inline lock()
{
	lock_ask();
	host_takes()
}

inline password(is_right)
{
	/* Numbers are never used twice: none that an answer under way has. */
	attempt_begin(1 - answer_number);
	attempt_type();
	truth = is_right
}

inline read_input()
{
	deliver_key();
	if
	:: input == CHORD -> open_menu()
	:: input == ELSE && menu -> close_menu()
	:: input == ELSE && !menu && lock_state == OPEN -> switch_guest()
	:: input == ELSE && !menu && lock_state == OPEN -> click()
	:: input == ELSE && lock_state == OPEN -> lock()
	:: input == ELSE && !menu && lock_state != OPEN && !attempt_runs -> password(0)
	:: input == ELSE && !menu && lock_state != OPEN && !attempt_runs -> password(1)
	:: input == ELSE && !menu && lock_state != OPEN && attempt_runs -> give_up()
	fi;
	input = NOTHING
}

/* ---- what guests do to the server: anything, for ever ---- */

inline gone(whom)
{
	if
	:: !alive[whom] && focus_target == whom -> retarget(NOBODY); focus_gone(whom)
	:: else
	fi
}

inline read_client()
{
	if
	:: skip /* asks for something that changes nothing here */
#ifdef BREAK_WAIT
	/* The server waits for an answer, which a guest need not give. */
	:: skip; false
#endif
#ifndef CALM
	:: alive[0] = 1 - alive[0]; (1) -> gone(0)
	:: alive[1] = 1 - alive[1]; (1) -> gone(1)
	:: alive[2] = 1 - alive[2]; (1) -> gone(2)
#endif
	fi;
	settle()
}

/* ---- processes ---- */

/* The loop: frames are planned by clock and told by monitor; then input before clients. */
proctype server()
{
	do
	:: atomic {
#if !defined(LIVE) || defined(BREAK_PRIORITY)
		read_client()
#else
		if
		:: input != NOTHING -> read_input()
		:: else -> read_client()
		fi
#endif
	   }
	od
}

/* A frame of output o, as the state is now. */
inline plan(o)
{
	if
	:: lit[o] && flight[o] == NO_FRAME ->
		flight[o] = 0;
		if
#ifdef BREAK_DARK
		:: lock_state != OPEN && o == 0 -> flight[o] = DARK
#else
		:: lock_state != OPEN -> flight[o] = DARK
#endif
		:: else ->
			if
			:: focus_target != NOBODY -> flight[o] = NAMES
			:: else
			fi;
			if
			:: late_card -> flight[o] = flight[o] | CARD
			:: !late_card && focus_target != NOBODY && SHOWN(o) == focus_target ->
				flight[o] = flight[o] | SHOWS
			:: else
			fi
		fi;
		if
		:: flight[o] == glass[o] && !redraw[o] -> flight[o] = NO_FRAME
		:: else -> redraw[o] = 0
		fi
	:: else
	fi
}

/* What the server concludes from a flip. */
inline flipped(o)
{
	if
	:: (glass[o] & NAMES) && (glass[o] & SHOWS) -> focus_flip(o, focus_target, focus_target)
	:: (glass[o] & NAMES) && !(glass[o] & SHOWS) -> focus_flip(o, NOBODY, focus_target)
	:: !(glass[o] & NAMES) && (glass[o] & SHOWS) -> focus_flip(o, focus_target, NOBODY)
	:: else -> focus_flip(o, NOBODY, NOBODY)
	fi;
	dark_if_so();
	if
	:: (glass[o] & CARD) && late_card && !HOST_HAS ->
		carded = 1;
		late_card = 0;
		request(wanted)
	:: else -> settle()
	fi;
	if
	:: focus_pending
	:: else -> requested_marks = 0; requested_names = 0
	fi
}

inline flip(o)
{
	glass[o] = flight[o];
	flight[o] = NO_FRAME;
	/* Who was told that all is dark was not lied to. */
	assert(lock_state != CLOSED || IS_DARK(o));
	flipped(o)
}

/* A monitor that is never late: its frame is on the glass with the period that it is made in. */
inline flip_at_once(o)
{
	if
	:: flight[o] != NO_FRAME -> flip(o)
	:: else
	fi
}

/* A period begins when what was to be done in the last one is done. */
proctype clock()
{
	do
	:: atomic {
		input == NOTHING ->
#ifdef LIVE
		spoke = 0;
#endif
		plan(0);
		plan(1);
#ifdef PROMPT_0
		flip_at_once(0);
#endif
#ifdef PROMPT_1
		flip_at_once(1);
#endif
		if
		:: focus_armed -> focus_expire();
			if
			:: focus_late && !carded -> late_card = 1
			:: else
			fi
		:: else
		fi
	   }
	od
}

proctype monitor(byte o)
{
	do
	:: atomic {
		flight[o] != NO_FRAME ->
		if
		:: flip(o)
#ifdef LIVE
		:: losses ->
		   losses = 0;
#else
		::
#endif
		   flight[o] = NO_FRAME;
		   redraw[o] = 1
		fi
	   }
	od
}

inline unplug(o)
{
	lit[o] = 0;
	flight[o] = NO_FRAME;
	glass[o] = BLANK;
	redraw[o] = 0;
	focus_unplug(o);
	dark_if_so();
	settle()
}

inline plug(o)
{
	lit[o] = 1;
	settle()
}

/* Outputs come and go. */
proctype plugs()
{
#ifdef CALM
	skip
#else
	do
#ifndef PROMPT_0
	:: atomic { lit[0] -> unplug(0) }
	:: atomic { !lit[0] -> plug(0) }
#endif
#ifndef PROMPT_1
	:: atomic { lit[1] -> unplug(1) }
	:: atomic { !lit[1] -> plug(1) }
#endif
#if defined(LIVE) && !defined(CALM)
	/* Nothing makes anybody pull a plug. */
	:: idle = 1 - idle
#endif
	od
#endif
}

proctype checker()
{
	do
	/* It looks at the text of the attempt that runs now. */
	:: atomic {
		attempt_runs && !answering ->
		answering = 1;
		answer_number = attempt;
		answer_right = truth;
		attempt_check(attempt, 1)
	   }
	/* Its answer comes, whatever has happened to the attempt meanwhile. */
	:: atomic { answering -> answer() }
	/* It dies, answer or none. */
	:: atomic { attempt_runs -> give_up() }
	od
}

proctype person()
{
	do
#if defined(LIVE) && !defined(CALM)
	/* Nor touch anything. */
	:: idle = 1 - idle
#endif
	:: atomic {
#ifdef LIVE
		input == NOTHING && !spoke ->
		spoke = 1;
#endif
		if
		:: input = CHORD
		:: input = ELSE
		fi;
#ifndef LIVE
		/* Who is first is no question of safety. */
		read_input()
#endif
	   }
	od
}

init
{
	atomic {
		alive[0] = 1; alive[1] = 1; alive[2] = 1;
		lit[0] = 1; lit[1] = 1;
		request(0);
		run server();
		run clock();
		run plugs();
		run checker();
		run person();
#ifndef PROMPT_0
		run monitor(0);
#endif
#ifndef PROMPT_1
		run monitor(1)
#endif
	}
}

ltl attention_is_served { [] ((input == CHORD) -> <> menu) }
ltl focus_is_settled { [] ((focus_pending && focus_target == 1) -> <> (!focus_pending || focus_target != 1 || late_card || carded)) }
ltl lock_is_dark { [] ((lock_state != OPEN) -> <> (lock_state == OPEN || (IS_DARK(0) && IS_DARK(1)))) }
