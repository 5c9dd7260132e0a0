/* SPDX-License-Identifier: MIT */
#ifndef HELPERS_AUTH_OPTIONS_H
#define HELPERS_AUTH_OPTIONS_H

#include "base/util.h"

struct auth_options {
	const char *config;      /* NULL: the default */
	const char *runtime_dir; /* where to listen when nobody hands a socket over */
	const char *service;     /* of PAM */
	const char *pam_dir;     /* NULL: where PAM always looks */
	const char *peer;        /* the server's user */
	uint32_t delay_ms;       /* after a wrong password */
};

/* 0; 1: nothing else is to be done; -EINVAL, logged. */
MUST_USE int auth_options_parse(struct auth_options *options, int argc, char **argv);

#endif
