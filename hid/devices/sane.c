/* SPDX-License-Identifier: MIT */
#include "hid/devices/sane.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/util.h"

static const struct {
	const char *name, *text;
} faults[] = {
	[SANE_CODE] = {"codes", "sends numbers that do not exist"},
	[SANE_REPEAT] = {"repeats", "reports as news what it has reported already"},
	[SANE_FLOOD] = {"floods", "sends more than any hand can do"},
	[SANE_JUMP] = {"jumps", "reports positions that are off it"},
	[SANE_TIME] = {"times", "has times that cannot be"},
	[SANE_STUCK] = {"unplugged",
			"was unplugged while something on it was down, or had just been"},
};

void sane_init(struct sane *sane, void (*complain)(void *data, enum sane_fault fault), void *data)
{
	*sane = (struct sane){
		.presses = {.tokens = SANE_PRESS_BURST},
		.motions = {.tokens = SANE_MOTION_BURST},
		.complain = complain,
		.data = data,
	};
}

const char *sane_fault_name(enum sane_fault fault)
{
	return faults[fault].name;
}

const char *sane_fault_text(enum sane_fault fault)
{
	return faults[fault].text;
}

static void blame(struct sane *sane, enum sane_fault fault)
{
	if (sane->faults[fault]++ == 0 && sane->complain) {
		sane->complain(sane->data, fault);
	}
}

/* ---- time ---- */

uint64_t sane_time(struct sane *sane, uint64_t event_ns, uint64_t now_ns)
{
	sane->events++;
	if (event_ns > now_ns || event_ns + SANE_BEHIND_NS < sane->last_ns) {
		blame(sane, SANE_TIME);
		event_ns = now_ns;
	}
	sane->last_ns = MAX(event_ns, sane->last_ns);
	return sane->last_ns;
}

static bool bucket_take(struct sane_bucket *bucket, uint64_t now_ns, uint32_t burst, uint32_t per_s)
{
	uint64_t step_ns = NSEC_PER_SEC / per_s, due;

	if (bucket->refill_ns == 0) {
		bucket->refill_ns = now_ns;
	}
	due = (now_ns - bucket->refill_ns) / step_ns;
	if (due > 0) {
		bucket->refill_ns += due * step_ns;
		bucket->tokens = (uint32_t)MIN(bucket->tokens + due, (uint64_t)burst);
	}
	if (bucket->tokens == 0) {
		return false;
	}
	bucket->tokens--;
	return true;
}

static bool may_press(struct sane *sane)
{
	if (bucket_take(&sane->presses, sane->last_ns, SANE_PRESS_BURST, SANE_PRESSES_PER_S)) {
		return true;
	}
	blame(sane, SANE_FLOOD);
	return false;
}

static bool may_move(struct sane *sane)
{
	if (bucket_take(&sane->motions, sane->last_ns, SANE_MOTION_BURST, SANE_MOTIONS_PER_S)) {
		return true;
	}
	blame(sane, SANE_FLOOD);
	return false;
}

/* ---- keys and buttons ---- */

static bool bit_get(const uint64_t *bits, uint32_t n)
{
	return bits[n / 64] >> (n % 64) & 1;
}

static void bit_put(uint64_t *bits, uint32_t n, bool on)
{
	bits[n / 64] = (bits[n / 64] & ~(UINT64_C(1) << (n % 64))) | (uint64_t)on << (n % 64);
}

static bool code_is_button(uint32_t code)
{
	return (code >= BTN_MISC && code < KEY_OK) ||
	       (code >= BTN_DPAD_UP && code <= BTN_DPAD_RIGHT) ||
	       (code >= BTN_TRIGGER_HAPPY && code <= BTN_TRIGGER_HAPPY40);
}

static bool code_pressed(struct sane *sane, uint32_t code)
{
	if (bit_get(sane->down, code) || bit_get(sane->refused, code)) {
		blame(sane, SANE_REPEAT);
		return false;
	}
	if (!may_press(sane)) {
		bit_put(sane->refused, code, true);
		return false;
	}
	bit_put(sane->down, code, true);
	return true;
}

static bool code_released(struct sane *sane, uint32_t code)
{
	bool was_down = bit_get(sane->down, code);

	if (!was_down && !bit_get(sane->refused, code)) {
		blame(sane, SANE_REPEAT);
	}
	bit_put(sane->down, code, false);
	bit_put(sane->refused, code, false);
	return was_down;
}

static bool code_pass(struct sane *sane, uint32_t code, bool is_button, bool pressed)
{
	if (code == KEY_RESERVED || code >= KEY_CNT || code_is_button(code) != is_button) {
		blame(sane, SANE_CODE);
		return false;
	}
	return pressed ? code_pressed(sane, code) : code_released(sane, code);
}

bool sane_key(struct sane *sane, uint32_t code, bool pressed)
{
	return code_pass(sane, code, false, pressed);
}

bool sane_button(struct sane *sane, uint32_t code, bool pressed)
{
	return code_pass(sane, code, true, pressed);
}

/* ---- motion ---- */

static bool numbers_exist(struct sane *sane, double a, double b)
{
	if (isfinite(a) && isfinite(b)) {
		return true;
	}
	blame(sane, SANE_CODE);
	return false;
}

static double clamp(struct sane *sane, double v, double from, double to)
{
	if (v < from || v > to) {
		blame(sane, SANE_JUMP);
		return v < from ? from : to;
	}
	return v;
}

bool sane_motion(struct sane *sane, double *dx, double *dy)
{
	if (!numbers_exist(sane, *dx, *dy)) {
		return false;
	}
	sane->dx += clamp(sane, *dx, -SANE_MAX_MOTION_PX, SANE_MAX_MOTION_PX);
	sane->dy += clamp(sane, *dy, -SANE_MAX_MOTION_PX, SANE_MAX_MOTION_PX);
	if (!may_move(sane)) {
		return false;
	}
	*dx = sane->dx;
	*dy = sane->dy;
	sane->dx = 0;
	sane->dy = 0;
	return true;
}

bool sane_position(struct sane *sane, double *x, double *y)
{
	if (!numbers_exist(sane, *x, *y)) {
		return false;
	}
	*x = clamp(sane, *x, 0, 1);
	*y = clamp(sane, *y, 0, 1);
	return may_move(sane);
}

bool sane_scroll(struct sane *sane, double *value)
{
	if (!numbers_exist(sane, *value, 0)) {
		return false;
	}
	*value = clamp(sane, *value, -SANE_MAX_MOTION_PX, SANE_MAX_MOTION_PX);
	return may_move(sane);
}

/* ---- contacts ---- */

static bool slot_exists(struct sane *sane, int slot)
{
	if (slot >= 0 && slot < SANE_MAX_SLOTS) {
		return true;
	}
	blame(sane, SANE_CODE);
	return false;
}

bool sane_touch_down(struct sane *sane, int slot, double *x, double *y)
{
	uint64_t bit;

	if (!slot_exists(sane, slot) || !numbers_exist(sane, *x, *y)) {
		return false;
	}
	bit = UINT64_C(1) << slot;
	if ((sane->slots | sane->refused_slots) & bit) {
		blame(sane, SANE_REPEAT);
		return false;
	}
	if (!may_press(sane)) {
		sane->refused_slots |= bit;
		return false;
	}
	sane->slots |= bit;
	*x = clamp(sane, *x, 0, 1);
	*y = clamp(sane, *y, 0, 1);
	return true;
}

bool sane_touch_motion(struct sane *sane, int slot, double *x, double *y)
{
	if (!slot_exists(sane, slot) || !numbers_exist(sane, *x, *y) || !(sane->slots >> slot & 1)) {
		return false;
	}
	*x = clamp(sane, *x, 0, 1);
	*y = clamp(sane, *y, 0, 1);
	return may_move(sane);
}

bool sane_touch_up(struct sane *sane, int slot)
{
	uint64_t bit;
	bool was_down;

	if (!slot_exists(sane, slot)) {
		return false;
	}
	bit = UINT64_C(1) << slot;
	was_down = sane->slots & bit;
	if (!was_down && !(sane->refused_slots & bit)) {
		blame(sane, SANE_REPEAT);
	}
	sane->slots &= ~bit;
	sane->refused_slots &= ~bit;
	return was_down;
}

void sane_touch_cancel(struct sane *sane)
{
	sane->slots = 0;
	sane->refused_slots = 0;
}

void sane_unplugged(struct sane *sane, bool was_down)
{
	was_down = was_down || sane->slots;
	for (unsigned i = 0; i < ARRAY_SIZE(sane->down); i++) {
		was_down = was_down || sane->down[i];
	}
	if (was_down) {
		blame(sane, SANE_STUCK);
	}
	memset(sane->down, 0, sizeof(sane->down));
	memset(sane->refused, 0, sizeof(sane->refused));
	sane_touch_cancel(sane);
}
