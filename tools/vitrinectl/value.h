/* SPDX-License-Identifier: MIT */
/* What the server answered, as a tree: read from a D-Bus message once, printed as JSON or as a table. */
#ifndef VITRINECTL_VALUE_H
#define VITRINECTL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum value_kind {
	VALUE_STRING,
	VALUE_UINT,
	VALUE_INT,
	VALUE_DOUBLE,
	VALUE_BOOL,
	VALUE_LIST,
	VALUE_DICT,
};

struct value {
	enum value_kind kind;
	char *key; /* in a dictionary; NULL elsewhere */
	union {
		char *string;
		uint64_t uint;
		int64_t sint;
		double real;
		bool truth;
	};
	/* Of a list or a dictionary, in their order. */
	struct value *items;
	size_t n_items;
};

/* All zero but the kind; freed with what is below it by value_finish, a new one by value_destroy. */
struct value *value_create(enum value_kind kind);
void value_finish(struct value *value);
void value_destroy(struct value *value);
/* Appends; the item stays valid until the next one is added. key is copied and may be NULL. */
struct value *value_add(struct value *to, const char *key, enum value_kind kind);
void value_add_string(struct value *to, const char *key, const char *string);
void value_add_uint(struct value *to, const char *key, uint64_t number);
void value_add_bool(struct value *to, const char *key, bool truth);
/* Moves item with all below it to the end of to. */
void value_add_item(struct value *to, const char *key, struct value *item);

/* NULL: there is no such key. */
const struct value *value_get(const struct value *dict, const char *key);
/* "" and 0 where there is no such key, or it is something else. */
const char *value_string(const struct value *dict, const char *key);
uint64_t value_uint(const struct value *dict, const char *key);
bool value_bool(const struct value *dict, const char *key);
/* As people read it: the text, the number, yes or no; "" for NULL. out is returned. */
const char *value_text(const struct value *value, char *out, size_t size);

/* One JSON document and a newline. */
void value_write_json(const struct value *value, FILE *out);

#endif
