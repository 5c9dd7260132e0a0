/* SPDX-License-Identifier: MIT */
/* The command line of vitrined, and the configuration that it completes. */
#ifndef COMPOSITOR_OPTIONS_H
#define COMPOSITOR_OPTIONS_H

#include "base/util.h"
#include "compositor/server.h"

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE,  /* --help or --version was answered: exit 0 */
	OPTIONS_WRONG, /* one line on standard error has said what: exit 2 */
};

/* Strings in options point into argv. */
MUST_USE enum options_result options_parse(int argc, char **argv, struct server_options *options);

/* The configuration file with the command line's values in it. NULL and errno: the mistakes are in errors. */
struct settings *options_load_settings(const struct server_options *options, FILE *errors);

#endif
