/* SPDX-License-Identifier: MIT */
/*
 * The frame loop against simulated monitors: how long a guest's flip waits, how many vblanks are
 * missed, and what drift, stalls and sleep do to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/frame_world.h"

#define US NSEC_PER_USEC
#define MS NSEC_PER_MSEC
#define MAX_FLIPS 16384
#define RECENT 16

/* A guest that flips at a rate of its own, whatever became of its last flip. */
struct flipper {
	struct world *world;
	struct monitor *monitor;
	struct scene_head *head;
	struct test_buffer *buffers[2];
	struct clock_timer *timer;
	uint64_t period_ns, next_ns;
	uint64_t flipped_ns[RECENT]; /* by token */
	unsigned flips, shown;
	/* Of each flip that was shown: to the commit that shows it; from there to the glass. */
	uint64_t wait_ns[MAX_FLIPS], lead_ns[MAX_FLIPS];
};

static void handle_tick(void *data, uint64_t now_ns)
{
	struct flipper *flipper = data;

	flipper->next_ns += flipper->period_ns;
	clock_timer_arm(flipper->timer, flipper->next_ns);
	flipper->flips++;
	flipper->flipped_ns[flipper->flips % RECENT] = now_ns;
	test_commit(flipper->head, flipper->buffers[flipper->flips % 2], flipper->flips);
}

static void handle_done(struct world *world, struct scene_head *head, uint64_t token,
			const struct presented *how)
{
	struct flipper *flipper = head->data;

	if (!flipper || !how) {
		return;
	}
	assert_true(flipper->shown < MAX_FLIPS);
	flipper->wait_ns[flipper->shown] = flipper->monitor->commit_ns -
					   flipper->flipped_ns[token % RECENT];
	flipper->lead_ns[flipper->shown++] = flipper->monitor->flip_ns - flipper->monitor->commit_ns;
}

static void flipper_start(struct flipper *flipper, struct world *world, unsigned monitor,
			  uint64_t period_ns, uint64_t phase_ns)
{
	static const char *names[] = {"work", "web"};
	struct scene_guest *guest = scene_guest_add(world->server.scene, names[monitor], NULL);

	flipper->world = world;
	flipper->monitor = &world->monitors[monitor];
	flipper->head = scene_head_add(guest, 0, 64, 48, flipper);
	flipper->period_ns = period_ns;
	flipper->next_ns = world_now(world) + phase_ns;
	for (unsigned i = 0; i < 2; i++) {
		flipper->buffers[i] = test_buffer_create(64, 48, TEST_XR24, 0);
	}
	flipper->timer = clock_timer_create(world->server.clock, 0, handle_tick, flipper);
	clock_timer_arm(flipper->timer, flipper->next_ns);
	world->done = handle_done;
	if (monitor == 0) {
		scene_set_front(world->server.scene, guest);
	}
}

/* Figures begin anew. */
static void flipper_forget(struct flipper *flipper)
{
	flipper->shown = 0;
}

static void flipper_stop(struct flipper *flipper)
{
	clock_timer_destroy(flipper->timer);
	flipper->head->data = NULL;
}

/* After the world's end. */
static void flipper_free(struct flipper *flipper)
{
	for (unsigned i = 0; i < 2; i++) {
		buffer_drop(&flipper->buffers[i]->base);
	}
	free(flipper);
}

static struct flipper *simulate(struct world *world, const struct monitor_nature *nature,
				uint64_t guest_period_ns, uint64_t guest_phase_ns, uint64_t warm_ns)
{
	struct flipper *flipper = xcalloc(1, sizeof(*flipper));

	assert_int_equal(world_init(world, 42), 0);
	world_plug(world, 0, nature);
	flipper_start(flipper, world, 0, guest_period_ns, guest_phase_ns);
	world_run(world, warm_ns);
	flipper_forget(flipper);
	return flipper;
}

static void end(struct world *world, struct flipper *flipper)
{
	flipper_stop(flipper);
	world_finish(world);
	flipper_free(flipper);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t percentile(const uint64_t *values, unsigned n, unsigned percent)
{
	static uint64_t sorted[MAX_FLIPS];

	assert_in_range(n, 1, MAX_FLIPS);
	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), compare);
	return sorted[(n - 1) * percent / 100];
}

/* ---- how long a flip waits ---- */

#define PHASES 41

static const int rates_mhz[] = {24000, 30000, 59940, 60000, 75000, 144000, 240000};

static struct monitor_nature usual(int refresh_mhz)
{
	return (struct monitor_nature){.refresh_mhz = refresh_mhz,
				       .vblank_ns = 300 * US,
				       .cost_ns = {300 * US, 500 * US},
				       .wake_ns = 60 * US};
}

/* Most that a commit may cost: what the latency promise allows on top of half a period. */
#define USUAL_COST_NS (560 * US)

/*
 * The guest has the monitor's rate, and any phase against it: over all phases, the median flip waits
 * less than half a period and the commit's own cost. None waits for a second vblank.
 */
static void any_phase_waits_half_a_period(void **state)
{
	static uint64_t waits[MAX_FLIPS];

	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rates_mhz); r++) {
		struct monitor_nature nature = usual(rates_mhz[r]);
		uint64_t period_ns = 1000 * NSEC_PER_SEC / (uint64_t)rates_mhz[r];
		unsigned n = 0;

		for (unsigned phase = 0; phase < PHASES; phase++) {
			struct world world;
			struct flipper *flipper = simulate(&world, &nature, period_ns,
							   period_ns * phase / PHASES,
							   60 * period_ns);

			world_run(&world, 20 * period_ns);
			assert_in_range(flipper->shown, 19, 21);
			memcpy(waits + n, flipper->wait_ns, flipper->shown * sizeof(*waits));
			n += flipper->shown;
			assert_true(percentile(flipper->wait_ns, flipper->shown, 100) <
				    period_ns + USUAL_COST_NS);
			end(&world, flipper);
		}
		assert_true(percentile(waits, n, 50) < period_ns / 2 + USUAL_COST_NS);
	}
}

/* A guest whose rate has nothing to do with the monitor's: likewise. */
static void any_rate_waits_half_a_period(void **state)
{
	static const uint64_t guests_hz[] = {7, 23, 47, 59};

	(void)state;
	for (unsigned g = 0; g < ARRAY_SIZE(guests_hz); g++) {
		struct monitor_nature nature = usual(60000);
		uint64_t period_ns = NSEC_PER_SEC / 60;
		struct world world;
		struct flipper *flipper = simulate(&world, &nature, NSEC_PER_SEC / guests_hz[g],
						   3 * MS, NSEC_PER_SEC);

		world_run(&world, 6 * NSEC_PER_SEC);
		assert_in_range(flipper->shown, 6 * guests_hz[g] - 2, 6 * guests_hz[g] + 2);
		assert_true(percentile(flipper->wait_ns, flipper->shown, 50) <
			    period_ns / 2 + USUAL_COST_NS);
		/* What is committed is on the glass soon: it was not drawn early. */
		assert_true(percentile(flipper->lead_ns, flipper->shown, 95) < 3 * MS);
		end(&world, flipper);
	}
}

/* ---- how many vblanks are missed ---- */

/*
 * A bad machine: frames cost anything from nothing to a quarter of a period, flips are told with
 * jitter, wake-ups are late and sometimes very late, and the mode lies about its rate.
 */
static void misses_are_rare(void **state)
{
	static const int64_t off_ppm[] = {-5000, 1000, 0};

	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rates_mhz); r++) {
		for (unsigned d = 0; d < ARRAY_SIZE(off_ppm); d++) {
			uint64_t period_ns = 1000 * NSEC_PER_SEC / (uint64_t)rates_mhz[r];
			struct monitor_nature nature = {.refresh_mhz = rates_mhz[r],
							.off_ppm = off_ppm[d],
							.phase_ns = period_ns / 3,
							.vblank_ns = period_ns / 20,
							.jitter_ns = 50 * US,
							.cost_ns = {10 * US, period_ns / 4},
							.wake_ns = 100 * US,
							.spike_every = 50};
			struct world world;
			struct flipper *flipper = simulate(&world, &nature, period_ns / 2, 0,
							   200 * period_ns);
			unsigned flips = flipper->monitor->flips;

			world_run(&world, 700 * monitor_period_ns(flipper->monitor));
			assert_in_range(flipper->monitor->flips - flips, 692, 701);
			end(&world, flipper);
		}
	}
}

/* Both run at their own rate, whatever the other one does. */
static void outputs_are_independent(void **state)
{
	struct monitor_nature slow = usual(24000), fast = usual(240000);
	struct flipper *flippers[2] = {xcalloc(1, sizeof(struct flipper)),
				       xcalloc(1, sizeof(struct flipper))};
	struct world world;

	(void)state;
	assert_int_equal(world_init(&world, 7), 0);
	slow.cost_ns[0] = slow.cost_ns[1] = 900 * US;
	world_plug(&world, 0, &slow);
	world_plug(&world, 1, &fast);
	flipper_start(flippers[0], &world, 0, NSEC_PER_SEC / 300, 0);
	flipper_start(flippers[1], &world, 1, NSEC_PER_SEC / 300, 0);
	world_run(&world, NSEC_PER_SEC);
	flipper_forget(flippers[0]);
	flipper_forget(flippers[1]);
	world_run(&world, 4 * NSEC_PER_SEC);
	assert_in_range(flippers[0]->shown, 95, 97);
	assert_in_range(flippers[1]->shown, 948, 961);
	for (unsigned i = 0; i < 2; i++) {
		flipper_stop(flippers[i]);
	}
	world_finish(&world);
	flipper_free(flippers[0]);
	flipper_free(flippers[1]);
}

/* ---- what disturbs ---- */

/*
 * The mode's name is off, and most of the time nothing is shown: the loop still knows where the
 * vblanks are, so frames are on the glass soon after they were committed.
 */
static void drift_does_not_add_up(void **state)
{
	static const int64_t off_ppm[] = {-3000, -999, 999, 3000};

	(void)state;
	for (unsigned d = 0; d < ARRAY_SIZE(off_ppm); d++) {
		struct monitor_nature nature = usual(60000);
		struct world world;
		struct flipper *flipper;

		nature.off_ppm = off_ppm[d];
		flipper = simulate(&world, &nature, NSEC_PER_SEC / 60, 0, 2 * NSEC_PER_SEC);
		/* From now on, once in a while. */
		flipper->period_ns = 7 * NSEC_PER_SEC + 4321 * US;
		world_run(&world, 10 * flipper->period_ns);
		flipper_forget(flipper);
		world_run(&world, 20 * flipper->period_ns);
		assert_in_range(flipper->shown, 19, 21);
		assert_true(percentile(flipper->lead_ns, flipper->shown, 90) < 3 * MS);
		end(&world, flipper);
	}
}

static void a_stall_is_recovered_from(void **state)
{
	struct monitor_nature nature = usual(60000);
	struct world world;
	struct flipper *flipper = simulate(&world, &nature, NSEC_PER_SEC / 60, 0, 2 * NSEC_PER_SEC);
	uint64_t usual_ns;

	(void)state;
	world_run(&world, NSEC_PER_SEC);
	usual_ns = percentile(flipper->lead_ns, flipper->shown, 90);
	flipper->monitor->stall_ns = 777 * MS;
	world_run(&world, 100 * MS + 777 * MS);
	flipper_forget(flipper);
	world_run(&world, NSEC_PER_SEC);
	assert_in_range(flipper->shown, 59, 61);
	/* As late as before, not early for fear of another. */
	assert_true(percentile(flipper->lead_ns, flipper->shown, 90) < usual_ns + 500 * US);
	end(&world, flipper);
}

/* The machine sleeps for an hour, and the monitor's vblanks are elsewhere when it is back. */
static void sleep_is_recovered_from(void **state)
{
	struct monitor_nature nature = usual(60000);
	struct world world;
	struct flipper *flipper = simulate(&world, &nature, NSEC_PER_SEC / 60, 0, 2 * NSEC_PER_SEC);

	(void)state;
	clock_virtual_spend(world.server.clock, 3600 * NSEC_PER_SEC + 5 * MS);
	flipper->monitor->origin_ns += 7 * MS;
	flipper->next_ns = world_now(&world);
	world_run(&world, 5 * NSEC_PER_SEC / 60);
	flipper_forget(flipper);
	world_run(&world, NSEC_PER_SEC);
	assert_in_range(flipper->shown, 59, 61);
	assert_true(percentile(flipper->lead_ns, flipper->shown, 90) < 3 * MS);
	end(&world, flipper);
}

/* virtio-gpu and the like: flips are told of at once, and wake-ups are late. The rate is the mode's. */
static void virtual_drivers_keep_their_rate(void **state)
{
	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rates_mhz); r++) {
		struct monitor_nature nature = {.refresh_mhz = rates_mhz[r],
						.has_no_vblank = true,
						.cost_ns = {100 * US, 900 * US},
						.wake_ns = 400 * US};
		struct world world;
		struct flipper *flipper = simulate(&world, &nature, 3 * MS, 0, NSEC_PER_SEC);
		unsigned wanted = (unsigned)(4 * rates_mhz[r] / 1000);

		world_run(&world, 4 * NSEC_PER_SEC);
		assert_in_range(flipper->shown, wanted - 2, wanted + 1);
		end(&world, flipper);
	}
}

int main(void)
{
	log_init("test_frame_loop", LOG_LEVEL_WARN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_phase_waits_half_a_period),
		cmocka_unit_test(any_rate_waits_half_a_period),
		cmocka_unit_test(misses_are_rare),
		cmocka_unit_test(outputs_are_independent),
		cmocka_unit_test(drift_does_not_add_up),
		cmocka_unit_test(a_stall_is_recovered_from),
		cmocka_unit_test(sleep_is_recovered_from),
		cmocka_unit_test(virtual_drivers_keep_their_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
