/* SPDX-License-Identifier: MIT */
/*
 * That the screen is locked, for the server after this one: a file in the runtime directory, which is memory and so waits
 * for no disk, and which a new start of the machine clears.
 */
#ifndef TRUSTED_LOCK_FILE_H
#define TRUSTED_LOCK_FILE_H

#include <stdbool.h>

#include "base/util.h"

/* 0 or -errno. */
MUST_USE int lock_file_write(const char *runtime_dir, bool is_clients, unsigned wrong);
/* A file that is there locks, whatever is in it. is_first: the machine has not had a server since its start. */
bool lock_file_read(const char *runtime_dir, bool *is_clients, unsigned *wrong, bool *is_first);
/* It is open: 0 or -errno. Later servers are not the machine's first. */
MUST_USE int lock_file_clear(const char *runtime_dir);

#endif
