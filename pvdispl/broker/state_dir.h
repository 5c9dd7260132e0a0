/* SPDX-License-Identifier: MIT */
/*
 * The files in which workers keep what their successors must know, one for each guest that is there. Their names hold
 * the domain's number and its machine's uuid, so that a number that is used again leads nobody to another's state. The
 * broker never looks into them.
 */
#ifndef PVDISPL_BROKER_STATE_DIR_H
#define PVDISPL_BROKER_STATE_DIR_H

#include <stdint.h>

#include "base/util.h"

struct broker;

/* Below the runtime directory, made when it is not there. Returns its fd or -errno; logged. */
MUST_USE int state_dir_open(const char *runtime_dir);

/* The file's name, freed by the caller. vm: the domain's node of that name. NULL: such a guest has none. */
char *state_name(uint32_t domid, const char *vm);

/*
 * Made when it is not there, PV_STATE_SIZE large, and locked for as long as anybody has this fd or maps the file.
 * -EWOULDBLOCK: a worker of the guest is still there.
 */
MUST_USE int state_file_open(int dir, const char *name);
void state_file_remove(int dir, const char *name);
/* Files that are no guest's, of guests that ended while there was no broker. */
void state_dir_sweep(const struct broker *broker);

#endif
