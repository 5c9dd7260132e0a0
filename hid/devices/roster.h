/* SPDX-License-Identifier: MIT */
/*
 * All input devices, wherever their events come from (libinput, a desktop that we are nested in, another domain): the seat's
 * number of each, its name, what the administrator says of it, and what it did that no device should. No I/O.
 */
#ifndef HID_DEVICES_ROSTER_H
#define HID_DEVICES_ROSTER_H

#include <stdio.h>

#include "hid/devices/policy.h"
#include "hid/devices/sane.h"

struct roster;

/* The policies are copied. */
struct roster *roster_create(const struct device_policy *policies, unsigned n);
void roster_destroy(struct roster *roster);
/* In place of those before. What was allowed may not be any more: seat_policy_changed. */
void roster_set_policies(struct roster *roster, const struct device_policy *policies, unsigned n);

/* Takes the lowest free number of the seat's. The identity is copied. -ENOSPC: there are SEAT_MAX_DEVICES already. */
MUST_USE int roster_add(struct roster *roster, const struct device_identity *identity);
void roster_remove(struct roster *roster, unsigned number);

/* In printable characters. NULL: no such device. */
const char *roster_name(const struct roster *roster, unsigned number);
const struct device_identity *roster_identity(const struct roster *roster, unsigned number);
/* The section whose word counts; NULL: none is about it. Valid until the policies change. */
const struct device_policy *roster_policy(const struct roster *roster, unsigned number);
/*
 * Its events may reach this guest. Of a number that is not in use nothing is said: it may, unless the guest is reserved for
 * others.
 */
bool roster_allows(const struct roster *roster, unsigned number, const char *guest);
/* A section about it says so. */
bool roster_disabled(const struct roster *roster, unsigned number);
/* What looks after its events; NULL: no such device. */
struct sane *roster_sane(struct roster *roster, unsigned number);
/* Lines `input.NUMBER.KEY VALUE`: its name, events, and how many of what kind were wrong; never a code. */
void roster_report(const struct roster *roster, FILE *out);

#endif
