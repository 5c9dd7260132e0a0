/* SPDX-License-Identifier: MIT */
/* The commands of vitrinectl: one table, from which help, suggestions and completion come. */
#ifndef VITRINECTL_COMMAND_H
#define VITRINECTL_COMMAND_H

#include <stdbool.h>

#include "tools/vitrinectl/bus.h"
#include "tools/vitrinectl/value.h"

#define DEFAULT_RUNTIME_DIR "/run/vitrine"

enum exit_code {
	EXIT_DONE,
	EXIT_REFUSED,     /* the server said no, and why */
	EXIT_USAGE,       /* the command line is wrong */
	EXIT_UNREACHABLE, /* no server */
};

struct control_options {
	bool is_json, is_help, is_system, is_once, is_lock, is_tty;
	const char *socket;       /* NULL: in runtime_dir */
	const char *runtime_dir;  /* NULL: the default */
	const char *const *words; /* the command and what follows it, without options */
	int n_words;
};

struct context {
	const struct control_options *options;
	struct bus bus;
	const char *const *args; /* of the command, n_args of them */
	int n_args;
};

/* What an argument names, for completion. */
enum argument_kind {
	ARGUMENT_NONE,
	ARGUMENT_MONITOR,
	ARGUMENT_GUEST,
	ARGUMENT_LAYOUT,
	ARGUMENT_FILE,
	ARGUMENT_LEVEL,
	ARGUMENT_VERB,
};

struct command {
	const char *name;
	const char *arguments; /* as in its usage line */
	const char *help;      /* a line for the list */
	const char *more;      /* further lines for its own help; may be "" */
	int min_args, max_args;
	enum argument_kind kinds[2];
	bool is_local; /* needs no server */
	int (*run)(struct context *context);
};

extern const struct command commands[];
extern const unsigned n_commands;
/* NULL: there is none of this name. */
const struct command *command_find(const char *name);

/* ---- report.c: what commands print ---- */
/* Says why the last call failed, as JSON or on standard error; returns the exit code. */
int report_failure(struct context *context);
/* {"ok": true} or nothing. */
int report_done(const struct context *context);
/* Prints and destroys it: as JSON under key, or by print. */
int report_value(const struct context *context, const char *key, struct value *value,
		 void (*print)(const struct value *value));
/* columns: pairs of a title and a key, ended by NULL. rows: a list of dictionaries. */
void table_print(const struct value *rows, const char *const *columns);

/* ---- run.c ---- */
/* Becomes the program; returns when it could not. */
int run_run(struct context *context);

/* ---- top.c ---- */
int run_top(struct context *context);

/* ---- ask.c ---- */
int run_ask(struct context *context);

/* ---- complete.c ---- */
/* Prints what may stand at the place of the last word, one per line. */
int run_complete(struct context *context);

#endif
