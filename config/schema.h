/* SPDX-License-Identifier: MIT */
/*
 * The one table that knows the configuration's sections and keys: how each is called, what its value looks like, what it is
 * without a line, and what it does. Defaults, checks, messages and the manual page come from it.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

#define SCHEMA_MAX_WORDS 5
#define SCHEMA_WHY_SIZE 200

/* What the section's object is. */
enum schema_object {
	SCHEMA_SETTINGS,       /* struct settings */
	SCHEMA_GUEST_DEFAULTS, /* struct settings_guest */
	SCHEMA_GUEST,          /* likewise */
	SCHEMA_DEVICE,         /* struct device_policy */
	SCHEMA_LAYOUT,         /* struct layout */
	SCHEMA_OUTPUT,         /* struct layout_output */
	SCHEMA_REGION,         /* struct layout_region */
	SCHEMA_EXTERNAL,       /* struct layout_external */
};

enum schema_type {
	SCHEMA_BOOL,   /* bool: yes or no */
	SCHEMA_TEXT,   /* char[size] */
	SCHEMA_PATH,   /* char[size]: begins with a slash, or is empty */
	SCHEMA_CHORD,  /* char[size], "" after "none" where max is not 0 */
	SCHEMA_NAME,   /* char[size]: as guests are called */
	SCHEMA_CHOICE, /* an enum: the index of one of choices */
	SCHEMA_WORD,   /* char[size]: one of choices */
	SCHEMA_NUMBER, /* uint32_t, min to max */
	SCHEMA_TIME,   /* uint32_t in units of unit_ms; "never" is 0; else min to max */
	SCHEMA_BYTES,  /* uint64_t, at most max */
	SCHEMA_COLOUR, /* int64_t 0xRRGGBB, -1 after "auto" */
	SCHEMA_OWN,    /* set does it */
};

struct schema_key {
	const char *name;
	enum schema_type type;
	const char *form;     /* what a value looks like, for messages and the manual */
	const char *fallback; /* the value without a line, as one would write it; NULL: set nothing */
	const char *help;     /* sentences for the manual */
	size_t offset, size;
	int64_t min, max;
	uint32_t unit_ms;
	const char *const *choices; /* ends with NULL */
	/* May be repeated: offset and size are those of the first element of an array of max. */
	bool repeats;
	size_t count_offset; /* where the unsigned is that counts them */
	/* 0 or -EINVAL with why. Also a further check of a SCHEMA_TEXT. */
	int (*set)(void *object, const char *text, char *why);
	/* Set after all others: it goes over what they made. */
	bool is_late;
	/* Only one of those with the same word here can be said, the last file's wins. NULL: the key itself. */
	const char *group;
};

struct schema_section {
	/* Words in capitals stand for any name; with dots behind it for all that is left of the line. */
	const char *pattern;
	enum schema_object object;
	const char *help;
	const struct schema_key *keys;
	unsigned n_keys;
};

extern const struct schema_section schema_sections[];
extern const unsigned schema_n_sections;

/* The words of a section's line that stand for the capital ones of its pattern. */
struct schema_names {
	char words[SCHEMA_MAX_WORDS][50];
	unsigned n;
};

/* NULL: there is none, and why says so and which one may be meant. */
const struct schema_section *schema_find_section(const char *text, struct schema_names *names,
						 char *why);
const struct schema_key *schema_find_key(const struct schema_section *section, const char *name,
					 char *why);
/* 0, or -EINVAL with why, in which case object is as it was. why has room for SCHEMA_WHY_SIZE bytes. */
MUST_USE int schema_set(const struct schema_key *key, void *object, const char *text, char *why);
/* What the keys of this kind of section are without a line. The rest of object is left alone. */
void schema_set_defaults(enum schema_object kind, void *object);

/* ---- for SCHEMA_OWN ---- */

/* value.c: a decimal number with up to three places, times 1000. Strict. */
MUST_USE int value_thousandths(const char *text, size_t len, int64_t max, int64_t *out);
/* Fills why with a choice's mistake: "x is none of a, b, c; did you mean b?" */
int value_refuse_choice(const char *text, const char *const *choices, char *why);

/* device_value.c; object as the schema says */
int device_set_id(void *policy, const char *text, char *why);
int device_set_guests(void *policy, const char *text, char *why);
int device_set_not_guests(void *policy, const char *text, char *why);
int device_set_reserves(void *policy, const char *text, char *why);
int device_set_speed(void *policy, const char *text, char *why);
int device_set_calibration(void *policy, const char *text, char *why);
int guest_set_pointer_speed(void *guest, const char *text, char *why);

/* layout_value.c; object as the schema says */
int layout_set_reachable(void *layout, const char *text, char *why);
int layout_set_place(void *output, const char *text, char *why);
int layout_set_walls(void *output, const char *text, char *why);
int layout_set_external_place(void *external, const char *text, char *why);
int layout_set_external_size(void *external, const char *text, char *why);
int layout_set_mode(void *output, const char *text, char *why);
int layout_set_transform(void *output, const char *text, char *why);
int layout_set_output_scale(void *output, const char *text, char *why);
int layout_set_mark(void *output, const char *text, char *why);
int layout_set_output_shows(void *output, const char *text, char *why);
int layout_set_columns(void *output, const char *text, char *why);
int layout_set_rows(void *output, const char *text, char *why);
int layout_set_output_fit(void *output, const char *text, char *why);
int layout_set_area(void *region, const char *text, char *why);
int layout_set_region_shows(void *region, const char *text, char *why);

#endif
