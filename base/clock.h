/* SPDX-License-Identifier: MIT */
/*
 * A time source with one-shot timers. The real one is CLOCK_MONOTONIC on an sd-event loop; the virtual one moves only
 * when a test advances it, and fires timers in the order of their times.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct clock_source;
struct clock_timer;

typedef void (*clock_timer_fn)(void *data, uint64_t now_ns);

MUST_USE int clock_real_create(struct clock_source **out, sd_event *event);
struct clock_source *clock_virtual_create(uint64_t start_ns);
/* All timers must be gone. */
void clock_destroy(struct clock_source *clock);

uint64_t clock_now(struct clock_source *clock);
/* priority: of sd-event, lower runs first. Returns a disarmed timer, NULL on failure. */
struct clock_timer *clock_timer_create(struct clock_source *clock, int64_t priority,
				       clock_timer_fn fn, void *data);
void clock_timer_destroy(struct clock_timer *timer);
/* At at_ns, or at once when that has passed. Arming again moves it. */
void clock_timer_arm(struct clock_timer *timer, uint64_t at_ns);
void clock_timer_disarm(struct clock_timer *timer);
/* UINT64_MAX when disarmed. */
uint64_t clock_timer_at(const struct clock_timer *timer);

/* Virtual only: time goes by in which nothing can run, as while the caller computes: timers that fall due are late. */
void clock_virtual_spend(struct clock_source *clock, uint64_t ns);
/* Virtual only: runs all timers up to and including to_ns in order, then stands there. */
void clock_virtual_advance(struct clock_source *clock, uint64_t to_ns);

#endif
