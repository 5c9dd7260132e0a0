/* SPDX-License-Identifier: MIT */
/* Whether the configuration is the administrator's word: nobody else can have written it. */
#ifndef HELPERS_COMMAND_TRUST_H
#define HELPERS_COMMAND_TRUST_H

#include "base/util.h"

/*
 * The file, its folder, and the drop-ins beside it: each belongs to root or to us and is writable by nobody else. A file that
 * is not there is fine. 0, or -EPERM with why in size bytes.
 */
MUST_USE int trust_configuration(const char *path, char *why, size_t size);

#endif
