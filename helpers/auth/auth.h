/* SPDX-License-Identifier: MIT */
/*
 * What the display server and vitrine-auth say to each other on RUNTIME_DIR/auth.sock (SOCK_SEQPACKET, one message each, of
 * fixed size, in the host's byte order). A connection is one attempt: the server greets, hands keys over, and draws what it
 * is told; the helper ends with one answer and closes. Neither side ever sends characters that were typed.
 *
 * In the mode AUTH_ASK the greeting carries a descriptor that the passphrase goes to, and no password is checked.
 */
#ifndef HELPERS_AUTH_AUTH_H
#define HELPERS_AUTH_AUTH_H

#include <assert.h>
#include <stdint.h>

#define AUTH_SOCKET "auth.sock"
#define AUTH_VERSION 1u
#define AUTH_TEXT_SIZE 64
#define AUTH_MAX_DOTS 255u

enum auth_mode {
	AUTH_CHECK = 1, /* the configured user's password */
	AUTH_ASK,
};

enum auth_request_type {
	AUTH_HELLO = 1, /* value: AUTH_VERSION << 8 | enum auth_mode; first, and once */
	AUTH_KEY,       /* value: code of linux/input-event-codes.h | AUTH_PRESSED */
	AUTH_DIGIT,     /* value: 0 to 9, of a keypad on the screen */
	AUTH_ERASE,     /* likewise: the last character */
	AUTH_SUBMIT,    /* likewise: that is all of it */
	AUTH_LAYOUT,    /* the next layout of the keyboard */
};

#define AUTH_PRESSED 0x80000000u

struct auth_request {
	uint32_t type;
	uint32_t value;
	uint64_t nonce; /* of the greeting: names the attempt */
};

enum auth_answer_type {
	AUTH_STATE = 1, /* value: see below; text: the keyboard's layout */
	AUTH_PROMPT,    /* text: what is asked for */
	AUTH_SAYS,      /* text: for the person; value 1: an error */
	/* The last one of a connection. */
	AUTH_RIGHT,
	AUTH_WRONG,  /* value: milliseconds in which no other attempt is wanted; text: why, or "" */
	AUTH_FAILED, /* nothing was found out; text: why */
	AUTH_DONE,   /* AUTH_ASK: the passphrase is where it was asked for */
	AUTH_CANCELLED, /* AUTH_ASK: by Escape */
};

#define AUTH_STATE_DOTS 0xffu      /* characters typed, AUTH_MAX_DOTS and more */
#define AUTH_STATE_CAPS 0x100u     /* caps lock is on */
#define AUTH_STATE_LAYOUTS 0x200u  /* there are several layouts */
#define AUTH_STATE_CHECKING 0x400u /* the password is being checked: keys are not heard */

struct auth_answer {
	uint32_t type;
	uint32_t value;
	uint64_t nonce;
	char text[AUTH_TEXT_SIZE]; /* printable ASCII, ends with NUL */
};

static_assert(sizeof(struct auth_request) == 16, "it is on the wire");
static_assert(sizeof(struct auth_answer) == 80, "it is on the wire");

#endif
