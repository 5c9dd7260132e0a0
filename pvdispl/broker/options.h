/* SPDX-License-Identifier: MIT */
/* The command line of vitrine-broker. */
#ifndef PVDISPL_BROKER_OPTIONS_H
#define PVDISPL_BROKER_OPTIONS_H

#include <stdint.h>

#include "base/log.h"
#include "base/util.h"

/* Strings are borrowed from the command line or constant. */
struct options {
	const char *runtime_dir;
	const char *worker;
	const char *xen; /* for xen_open */
	uint32_t worker_uid_base;
	uint32_t map_pages; /* 0: as many as Xen allows unless told otherwise */
	enum log_level log_level;
};

/* 0: go on; 1: --help or --version was answered; -EINVAL: logged. */
MUST_USE int options_parse(struct options *options, int argc, char **argv);

#endif
