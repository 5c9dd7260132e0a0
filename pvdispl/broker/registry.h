/* SPDX-License-Identifier: MIT */
/* Which devices there are: the watches, and the look at the whole store that they cause. */
#ifndef PVDISPL_BROKER_REGISTRY_H
#define PVDISPL_BROKER_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

struct broker;
struct registry;

/* Sets the watches; the first turn finds what is there. Logged. */
MUST_USE int registry_create(struct registry **out, struct broker *broker);
void registry_destroy(struct registry *registry);

#endif
