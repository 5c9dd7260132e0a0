/* SPDX-License-Identifier: MIT */
/* What a monitor says of itself: EDID 1.3 and 1.4 (VESA E-EDID A.2), its first block. Pure. */
#ifndef KMS_EDID_H
#define KMS_EDID_H

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "compositor/output/device.h"

/*
 * 0, or -EINVAL when this is no EDID: then out is empty. A monitor is a stranger like any other: whatever it says, the
 * texts are printable ASCII without blanks at their ends, and sizes are 0 (unknown) to 2550 mm.
 */
MUST_USE int edid_parse(const uint8_t *untrusted_edid, size_t size, struct output_identity *out);

#endif
