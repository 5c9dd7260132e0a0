/* SPDX-License-Identifier: MIT */
/* Values as text, by type. Each is checked as a whole before anything is set. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "config/schema.h"
#include "hid/seat/seat.h"

#define PLACES 3

static int refuse(char *why, const char *fmt, ...) PRINTF(2, 3);

static int refuse(char *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, SCHEMA_WHY_SIZE, fmt, args);
	va_end(args);
	return -EINVAL;
}

static void *field(const struct schema_key *key, void *object)
{
	return (char *)object + key->offset;
}

/* ---- numbers ---- */

int value_thousandths(const char *text, size_t len, int64_t max, int64_t *out)
{
	const char *point = memchr(text, '.', len);
	size_t whole_len = point ? (size_t)(point - text) : len;
	size_t places = point ? len - whole_len - 1 : 0;
	uint64_t whole, part = 0;

	if (parse_uint(text, whole_len, (uint64_t)max / 1000, &whole) < 0 || places > PLACES ||
	    (point && parse_uint(point + 1, places, 999, &part) < 0)) {
		return -EINVAL;
	}
	for (size_t i = places; i < PLACES; i++) {
		part *= 10;
	}
	*out = (int64_t)(whole * 1000 + part);
	return *out <= max ? 0 : -EINVAL;
}

static int set_number(const struct schema_key *key, void *object, const char *text, char *why)
{
	uint64_t value;

	if (parse_uint(text, strlen(text), (uint64_t)key->max, &value) < 0 ||
	    value < (uint64_t)key->min) {
		return refuse(why, "%s is no number from %lld to %lld", text, (long long)key->min,
			      (long long)key->max);
	}
	*(uint32_t *)field(key, object) = (uint32_t)value;
	return 0;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* "NUMBER UNIT", with or without a blank. A bare number needs a unit of that name: "". */
static int value_with_unit(const char *text, const struct unit *units, size_t n_units, uint64_t max,
			   uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	const char *name = text + digits + strspn(text + digits, " \t");
	uint64_t number;

	for (size_t i = 0; i < n_units; i++) {
		if (strcmp(name, units[i].name) == 0 &&
		    parse_uint(text, digits, max / units[i].factor, &number) == 0) {
			*out = number * units[i].factor;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_time(const struct schema_key *key, void *object, const char *text, char *why)
{
	static const struct unit units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};
	uint64_t ms = 0, max = (uint64_t)key->max * key->unit_ms;

	if (strcmp(text, "never") != 0 &&
	    (value_with_unit(text, units, ARRAY_SIZE(units), max, &ms) < 0 ||
	     ms % key->unit_ms != 0 || ms < (uint64_t)key->min * key->unit_ms)) {
		return refuse(why, "%s is not %s", text, key->form);
	}
	*(uint32_t *)field(key, object) = (uint32_t)(ms / key->unit_ms);
	return 0;
}

static int set_bytes(const struct schema_key *key, void *object, const char *text, char *why)
{
	static const struct unit units[] = {{"", 1},
					    {"KiB", UINT64_C(1) << 10},
					    {"MiB", UINT64_C(1) << 20},
					    {"GiB", UINT64_C(1) << 30}};
	uint64_t value;

	if (value_with_unit(text, units, ARRAY_SIZE(units), (uint64_t)key->max, &value) < 0) {
		return refuse(why, "%s is not %s", text, key->form);
	}
	*(uint64_t *)field(key, object) = value;
	return 0;
}

static int set_colour(const struct schema_key *key, void *object, const char *text, char *why)
{
	long value = -1;

	if (strcmp(text, "auto") != 0) {
		if (text[0] != '#' || strlen(text) != 7 ||
		    strspn(text + 1, "0123456789abcdefABCDEF") != 6) {
			return refuse(why, "%s is not %s", text, key->form);
		}
		value = strtol(text + 1, NULL, 16);
	}
	*(int64_t *)field(key, object) = value;
	return 0;
}

/* ---- words ---- */

int value_refuse_choice(const char *text, const char *const *choices, char *why)
{
	struct nearest nearest;
	int used = snprintf(why, SCHEMA_WHY_SIZE, "%.40s is none of", text);

	nearest_init(&nearest, text, strlen(text));
	for (unsigned i = 0; choices[i]; i++) {
		nearest_offer(&nearest, choices[i]);
		used += snprintf(why + MIN(used, SCHEMA_WHY_SIZE - 1),
				 (size_t)MAX(SCHEMA_WHY_SIZE - used, 1), "%s %s", i > 0 ? "," : "",
				 choices[i]);
	}
	if (nearest.best) {
		snprintf(why + MIN(used, SCHEMA_WHY_SIZE - 1),
			 (size_t)MAX(SCHEMA_WHY_SIZE - used, 1), "; did you mean %s?", nearest.best);
	}
	return -EINVAL;
}

static int choice_index(const char *text, const char *const *choices)
{
	for (int i = 0; choices[i]; i++) {
		if (strcmp(text, choices[i]) == 0) {
			return i;
		}
	}
	return -EINVAL;
}

static int set_choice(const struct schema_key *key, void *object, const char *text, char *why)
{
	int index = choice_index(text, key->choices);

	if (index < 0) {
		return value_refuse_choice(text, key->choices, why);
	}
	/* All enumerations here have the size of an int. */
	*(int *)field(key, object) = index;
	return 0;
}

static int set_bool(const struct schema_key *key, void *object, const char *text, char *why)
{
	static const char *const choices[] = {"no", "yes", NULL};
	int index = choice_index(text, choices);

	if (index < 0) {
		return value_refuse_choice(text, choices, why);
	}
	*(bool *)field(key, object) = index == 1;
	return 0;
}

static int set_text(const struct schema_key *key, void *object, const char *text, char *why)
{
	unsigned *count = key->repeats ? (unsigned *)((char *)object + key->count_offset) : NULL;
	char *target = (char *)field(key, object) + (count ? *count * key->size : 0);

	if (strlen(text) >= key->size) {
		return refuse(why, "longer than %zu characters", key->size - 1);
	}
	if (count && *count == key->max) {
		return refuse(why, "more than %lld of them", (long long)key->max);
	}
	if (key->set && key->set(object, text, why) < 0) {
		return -EINVAL;
	}
	memcpy(target, text, strlen(text) + 1);
	if (count) {
		++*count;
	}
	return 0;
}

static int set_word(const struct schema_key *key, void *object, const char *text, char *why)
{
	return choice_index(text, key->choices) < 0 ? value_refuse_choice(text, key->choices, why) :
						      set_text(key, object, text, why);
}

static int set_path(const struct schema_key *key, void *object, const char *text, char *why)
{
	if (text[0] && text[0] != '/') {
		return refuse(why, "%.60s is not an absolute path", text);
	}
	return set_text(key, object, text, why);
}

static int set_name(const struct schema_key *key, void *object, const char *text, char *why)
{
	if (text[0] && !guest_name_valid(text)) {
		return refuse(
			why,
			"%.60s is no name: at most 32 characters, no blanks, quotes, slashes and =",
			text);
	}
	return set_text(key, object, text, why);
}

static int set_chord(const struct schema_key *key, void *object, const char *text, char *why)
{
	struct seat_chord chord;

	if (strcmp(text, "none") == 0 && key->max > 0) {
		*(char *)field(key, object) = '\0';
		return 0;
	}
	if (seat_chord_parse(text, &chord) < 0) {
		return refuse(why, "%.60s is not %s", text, key->form);
	}
	return set_text(key, object, text, why);
}

static int set_own(const struct schema_key *key, void *object, const char *text, char *why)
{
	return key->set(object, text, why);
}

int schema_set(const struct schema_key *key, void *object, const char *text, char *why)
{
	static int (*const setters[])(const struct schema_key *, void *, const char *, char *) = {
		[SCHEMA_BOOL] = set_bool,     [SCHEMA_TEXT] = set_text,
		[SCHEMA_PATH] = set_path,     [SCHEMA_CHORD] = set_chord,
		[SCHEMA_NAME] = set_name,     [SCHEMA_CHOICE] = set_choice,
		[SCHEMA_WORD] = set_word,     [SCHEMA_NUMBER] = set_number,
		[SCHEMA_TIME] = set_time,     [SCHEMA_BYTES] = set_bytes,
		[SCHEMA_COLOUR] = set_colour, [SCHEMA_OWN] = set_own,
	};

	return setters[key->type](key, object, text, why);
}
