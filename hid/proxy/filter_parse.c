/* SPDX-License-Identifier: MIT */
#include <linux/input-event-codes.h>

#include "hid/proxy/filter.h"

#define BIT(n) (UINT64_C(1) << (unsigned)(n))
#define TRACKING_ID_MAX 65535

void proxy_filter_init(struct proxy_filter *filter, const struct proxy_device *device,
		       proxy_emit_fn emit, void *data)
{
	*filter = (struct proxy_filter){.device = device, .emit = emit, .data = data};
}

static void frame_end(struct proxy_filter *filter)
{
	if (filter->in_frame > 0) {
		filter->in_frame = 0;
		filter->emit(filter->data, EV_SYN, SYN_REPORT, 0);
	}
}

static void pass(struct proxy_filter *filter, uint16_t type, uint16_t code, int32_t value)
{
	filter->emit(filter->data, type, code, value);
	if (++filter->in_frame >= PROXY_FRAME_EVENTS) {
		frame_end(filter);
	}
}

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
	return value < low ? low : value > high ? high : value;
}

void proxy_filter_release(struct proxy_filter *filter)
{
	for (unsigned code = 0; code < 64 * PROXY_KEY_WORDS; code++) {
		if (proxy_bit(filter->down, code)) {
			pass(filter, EV_KEY, (uint16_t)code, 0);
		}
	}
	for (unsigned slot = 0; slot < PROXY_MAX_SLOTS; slot++) {
		if (filter->contacts & BIT(slot)) {
			pass(filter, EV_ABS, ABS_MT_SLOT, (int32_t)slot);
			pass(filter, EV_ABS, ABS_MT_TRACKING_ID, -1);
			filter->slot = slot;
		}
	}
	for (unsigned i = 0; i < PROXY_KEY_WORDS; i++) {
		filter->down[i] = 0;
	}
	filter->contacts = 0;
	frame_end(filter);
}

static void take_syn(struct proxy_filter *filter, uint16_t code)
{
	if (code == SYN_DROPPED) {
		/* What was released meanwhile will not be told: so everything is. */
		proxy_filter_release(filter);
		filter->is_lost = true;
	} else if (code == SYN_REPORT && filter->is_lost) {
		filter->is_lost = false;
	} else if (code == SYN_REPORT) {
		frame_end(filter);
	} else {
		filter->ignored++;
	}
}

static void take_key(struct proxy_filter *filter, uint16_t code, int32_t value)
{
	/* Repeats (2) are made where the key ends up. */
	if (code >= KEY_CNT || !proxy_bit(filter->device->key, code) || value < 0 || value > 1 ||
	    proxy_bit(filter->down, code) == (value == 1)) {
		filter->ignored++;
		return;
	}
	filter->down[code / 64] ^= BIT(code % 64);
	pass(filter, EV_KEY, code, value);
}

static void take_motion(struct proxy_filter *filter, uint16_t code, int32_t value)
{
	if (code >= REL_CNT || !(filter->device->rel & BIT(code))) {
		filter->ignored++;
		return;
	}
	pass(filter, EV_REL, code, clamp(value, -PROXY_MOTION_MAX, PROXY_MOTION_MAX));
}

static void take_tracking_id(struct proxy_filter *filter, int32_t value)
{
	uint64_t bit = BIT(filter->slot);

	if (value < -1 || value > TRACKING_ID_MAX || (value == -1 && !(filter->contacts & bit))) {
		filter->ignored++;
		return;
	}
	filter->contacts = value == -1 ? filter->contacts & ~bit : filter->contacts | bit;
	pass(filter, EV_ABS, ABS_MT_TRACKING_ID, value);
}

static void take_slot(struct proxy_filter *filter, int32_t value)
{
	if (value < 0 || value > filter->device->axes[ABS_MT_SLOT].maximum) {
		filter->ignored++;
		return;
	}
	filter->slot = (unsigned)value;
	pass(filter, EV_ABS, ABS_MT_SLOT, value);
}

static void take_position(struct proxy_filter *filter, uint16_t code, int32_t value)
{
	const struct proxy_absinfo *axis;

	if (code >= ABS_CNT || !(filter->device->abs & BIT(code))) {
		filter->ignored++;
		return;
	}
	axis = &filter->device->axes[code];
	switch (code) {
	case ABS_MT_SLOT:
		take_slot(filter, value);
		break;
	case ABS_MT_TRACKING_ID:
		take_tracking_id(filter, value);
		break;
	default:
		pass(filter, EV_ABS, code, clamp(value, axis->minimum, axis->maximum));
		break;
	}
}

void proxy_filter_event(struct proxy_filter *filter, const struct proxy_event *untrusted)
{
	uint16_t code = untrusted->code;
	int32_t value = untrusted->value;

	if (untrusted->type == EV_SYN) {
		take_syn(filter, code);
	} else if (filter->is_lost) {
		filter->ignored++;
	} else if (untrusted->type == EV_KEY) {
		take_key(filter, code, value);
	} else if (untrusted->type == EV_REL) {
		take_motion(filter, code, value);
	} else if (untrusted->type == EV_ABS) {
		take_position(filter, code, value);
	} else {
		filter->ignored++;
	}
}
