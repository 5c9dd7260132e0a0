/* SPDX-License-Identifier: MIT */
#include "tools/vitrinectl/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

struct value *value_create(enum value_kind kind)
{
	struct value *value = xcalloc(1, sizeof(*value));

	value->kind = kind;
	return value;
}

void value_finish(struct value *value)
{
	for (size_t i = 0; i < value->n_items; i++) {
		value_finish(&value->items[i]);
	}
	free(value->items);
	free(value->key);
	if (value->kind == VALUE_STRING) {
		free(value->string);
	}
}

void value_destroy(struct value *value)
{
	if (value) {
		value_finish(value);
		free(value);
	}
}

struct value *value_add(struct value *to, const char *key, enum value_kind kind)
{
	struct value *item;

	/* Grown at each power of two. */
	if ((to->n_items & (to->n_items - 1)) == 0) {
		to->items = reallocarray(to->items, MAX(to->n_items * 2, 1), sizeof(*item));
		if (!to->items) {
			abort();
		}
	}
	item = &to->items[to->n_items++];
	*item = (struct value){.kind = kind, .key = key ? xstrdup(key) : NULL};
	return item;
}

void value_add_string(struct value *to, const char *key, const char *string)
{
	value_add(to, key, VALUE_STRING)->string = xstrdup(string);
}

void value_add_uint(struct value *to, const char *key, uint64_t number)
{
	value_add(to, key, VALUE_UINT)->uint = number;
}

void value_add_bool(struct value *to, const char *key, bool truth)
{
	value_add(to, key, VALUE_BOOL)->truth = truth;
}

void value_add_item(struct value *to, const char *key, struct value *item)
{
	struct value *place = value_add(to, key, item->kind);
	char *place_key = place->key;

	free(item->key);
	*place = *item;
	place->key = place_key;
	free(item);
}

const struct value *value_get(const struct value *dict, const char *key)
{
	for (size_t i = 0; dict && i < dict->n_items; i++) {
		if (dict->items[i].key && strcmp(dict->items[i].key, key) == 0) {
			return &dict->items[i];
		}
	}
	return NULL;
}

const char *value_string(const struct value *dict, const char *key)
{
	const struct value *value = value_get(dict, key);

	return value && value->kind == VALUE_STRING ? value->string : "";
}

uint64_t value_uint(const struct value *dict, const char *key)
{
	const struct value *value = value_get(dict, key);

	return value && value->kind == VALUE_UINT ? value->uint : 0;
}

bool value_bool(const struct value *dict, const char *key)
{
	const struct value *value = value_get(dict, key);

	return value && value->kind == VALUE_BOOL && value->truth;
}

const char *value_text(const struct value *value, char *out, size_t size)
{
	out[0] = '\0';
	if (!value) {
		return out;
	}
	switch (value->kind) {
	case VALUE_STRING:
		snprintf(out, size, "%s", value->string);
		break;
	case VALUE_UINT:
		snprintf(out, size, "%" PRIu64, value->uint);
		break;
	case VALUE_INT:
		snprintf(out, size, "%" PRId64, value->sint);
		break;
	case VALUE_DOUBLE:
		snprintf(out, size, "%g", value->real);
		break;
	case VALUE_BOOL:
		snprintf(out, size, "%s", value->truth ? "yes" : "no");
		break;
	case VALUE_LIST:
	case VALUE_DICT:
		break;
	}
	return out;
}

/* ---- JSON ---- */

static void write_string(const char *string, FILE *out)
{
	fputc('"', out);
	for (; *string; string++) {
		unsigned char c = (unsigned char)*string;

		if (c == '"' || c == '\\') {
			fprintf(out, "\\%c", c);
		} else if (c < 0x20 || c == 0x7f) {
			fprintf(out, "\\u%04x", c);
		} else {
			fputc(c, out); /* D-Bus passes only UTF-8 */
		}
	}
	fputc('"', out);
}

static void write_value(const struct value *value, FILE *out, int depth);

static void write_items(const struct value *value, FILE *out, int depth)
{
	for (size_t i = 0; i < value->n_items; i++) {
		fprintf(out, "%s\n%*s", i ? "," : "", 2 * depth, "");
		if (value->kind == VALUE_DICT) {
			write_string(value->items[i].key, out);
			fputs(": ", out);
		}
		write_value(&value->items[i], out, depth);
	}
	if (value->n_items) {
		fprintf(out, "\n%*s", 2 * (depth - 1), "");
	}
}

static void write_value(const struct value *value, FILE *out, int depth)
{
	char text[64];

	switch (value->kind) {
	case VALUE_STRING:
		write_string(value->string, out);
		break;
	case VALUE_UINT:
	case VALUE_INT:
		fputs(value_text(value, text, sizeof(text)), out);
		break;
	case VALUE_DOUBLE:
		if (isfinite(value->real)) {
			fprintf(out, "%.17g", value->real);
		} else {
			fputs("null", out);
		}
		break;
	case VALUE_BOOL:
		fputs(value->truth ? "true" : "false", out);
		break;
	case VALUE_LIST:
	case VALUE_DICT:
		fputc(value->kind == VALUE_LIST ? '[' : '{', out);
		write_items(value, out, depth + 1);
		fputc(value->kind == VALUE_LIST ? ']' : '}', out);
		break;
	}
}

void value_write_json(const struct value *value, FILE *out)
{
	write_value(value, out, 0);
	fputc('\n', out);
}
