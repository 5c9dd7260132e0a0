/* SPDX-License-Identifier: MIT */
/* How answers are printed: tables for people, JSON for programs. */
#include <stdlib.h>
#include <string.h>

#include "base/control.h"
#include "tools/vitrinectl/command.h"

#define MAX_COLUMNS 16
#define CELL_SIZE 256

int report_failure(struct context *context)
{
	struct value *document, *error;

	if (!context->options->is_json) {
		fprintf(stderr, "vitrinectl: %s\n", context->bus.why);
		return EXIT_REFUSED;
	}
	document = value_create(VALUE_DICT);
	error = value_add(document, "error", VALUE_DICT);
	value_add_string(error, "name", context->bus.name);
	value_add_string(error, "why", context->bus.why);
	value_write_json(document, stdout);
	value_destroy(document);
	return EXIT_REFUSED;
}

int report_done(const struct context *context)
{
	struct value *document;

	if (context->options->is_json) {
		document = value_create(VALUE_DICT);
		value_add_bool(document, "ok", true);
		value_write_json(document, stdout);
		value_destroy(document);
	}
	return EXIT_DONE;
}

int report_value(const struct context *context, const char *key, struct value *value,
		 void (*print)(const struct value *value))
{
	struct value *document = value;

	if (context->options->is_json && key) {
		document = value_create(VALUE_DICT);
		value_add_item(document, key, value);
	}
	if (context->options->is_json) {
		value_write_json(document, stdout);
	} else {
		print(document);
	}
	value_destroy(document);
	return EXIT_DONE;
}

/* ---- tables ---- */

static size_t column_width(const struct value *rows, const char *title, const char *key)
{
	size_t width = strlen(title);
	char cell[CELL_SIZE];

	for (size_t i = 0; i < rows->n_items; i++) {
		value_text(value_get(&rows->items[i], key), cell, sizeof(cell));
		width = MAX(width, strlen(cell));
	}
	return width;
}

static bool is_number(const struct value *rows, const char *key)
{
	const struct value *value = rows->n_items ? value_get(&rows->items[0], key) : NULL;

	return value && (value->kind == VALUE_UINT || value->kind == VALUE_INT ||
			 value->kind == VALUE_DOUBLE);
}

/* Numbers to the right; no blanks after the last column. */
static void cell_print(const char *text, size_t width, bool right, bool is_last)
{
	if (right) {
		printf("%*s", (int)width, text);
	} else {
		printf("%-*s", is_last ? 0 : (int)width, text);
	}
	fputs(is_last ? "\n" : "  ", stdout);
}

void table_print(const struct value *rows, const char *const *columns)
{
	size_t widths[MAX_COLUMNS];
	bool right[MAX_COLUMNS];
	char cell[CELL_SIZE];
	unsigned n = 0;

	for (; n < MAX_COLUMNS && columns[2 * n]; n++) {
		widths[n] = column_width(rows, columns[2 * n], columns[2 * n + 1]);
		right[n] = is_number(rows, columns[2 * n + 1]);
	}
	for (unsigned c = 0; c < n; c++) {
		cell_print(columns[2 * c], widths[c], right[c], c == n - 1);
	}
	for (size_t i = 0; i < rows->n_items; i++) {
		for (unsigned c = 0; c < n; c++) {
			value_text(value_get(&rows->items[i], columns[2 * c + 1]), cell,
				   sizeof(cell));
			cell_print(*cell ? cell : "-", widths[c], right[c], c == n - 1);
		}
	}
}
