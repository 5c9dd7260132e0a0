/* SPDX-License-Identifier: MIT */
/* Keys that mean one thing only, which the host may keep for itself: their names, and their codes. */
#ifndef HID_HOST_KEY_H
#define HID_HOST_KEY_H

#include <stdint.h>

#include "base/util.h"

#define HOST_KEYS_MAX 32

/* "volumeup", any case. -EINVAL: no such name. */
MUST_USE int host_key_parse(const char *name, uint32_t *code);
/* NULL: a key of another kind. */
const char *host_key_name(uint32_t code);
/* All names, in the table's order; ends with NULL. */
const char *const *host_key_names(void);

#endif
