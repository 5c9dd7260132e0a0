/* SPDX-License-Identifier: MIT */
/*
 * Long random histories (history.h). HISTORY_STEPS and HISTORY_SEED choose others; HISTORY_REPLAY names a file with
 * operations, a line each, as a failure prints them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/history/history.h"

/* Operations of one history; it begins anew, so that what fails is short enough to be made shorter. */
#define LENGTH 20000u
#define DEFAULT_STEPS 400000u
#define MAX_REPLAY 100000u

/* How much happened in the histories of one process: those in which nothing happens prove nothing. */
struct sums {
	uint64_t told, granted, attentions, opened, behind;
};

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t slowdown(void)
{
	return number_from("VITRINE_TEST_SLOWDOWN", 1);
}

static uint64_t seed_new(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
		seed = 1;
	}
	return number_from("HISTORY_SEED", seed) | 1;
}

static void ops_print(const struct op *ops, size_t n)
{
	char text[32];

	for (size_t i = 0; i < n; i++) {
		op_print(ops[i], text, sizeof(text));
		fprintf(stderr, "    %s\n", text);
	}
}

/* Makes it short, and says what is left. */
static void failure_tell(uint64_t seed, struct op *ops, size_t n)
{
	char failure[256];

	n = history_shrink(ops, n);
	(void)history_run(ops, n, failure, sizeof(failure));
	fprintf(stderr, "HISTORY_SEED=%llu fails: %s\nThe shortest history found, of %zu:\n",
		(unsigned long long)seed, failure, n);
	ops_print(ops, n);
}

static void sums_add(struct sums *sums, const struct history *h)
{
	sums->told += h->told;
	sums->granted += h->granted;
	sums->opened += h->opened;
	sums->behind += h->behind;
}

/* One history; false: it failed, and its n operations are in ops. */
static bool history_once(uint64_t *random, struct op *ops, size_t *n, struct sums *sums)
{
	struct history *h = history_create();
	bool ok;

	for (*n = 0; *n < LENGTH && !h->failure[0]; (*n)++) {
		bool menu = h->menu;

		ops[*n] = op_draw(h, random);
		op_run(h, ops[*n]);
		sums->attentions += h->menu && !menu;
	}
	ok = !h->failure[0];
	sums_add(sums, h);
	history_destroy(h);
	return ok;
}

static bool histories_run(uint64_t seed, uint64_t steps, struct sums *sums)
{
	struct op *ops = xcalloc(LENGTH, sizeof(*ops));
	uint64_t random = seed;
	bool ok = true;
	size_t n;

	for (uint64_t done = 0; ok && done < steps; done += LENGTH) {
		ok = history_once(&random, ops, &n, sums);
		if (!ok) {
			failure_tell(seed, ops, n);
		}
	}
	free(ops);
	return ok;
}

/* Its part of the steps, in a process of its own. */
static pid_t histories_start(uint64_t seed, uint64_t steps)
{
	struct sums sums = {0};
	bool ok;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0) {
		return pid;
	}
	ok = histories_run(seed, steps, &sums);
	/* In a short history little need happen. */
	if (ok && steps >= 10 * LENGTH &&
	    (sums.told * 50 < steps || sums.granted * 1000 < steps ||
	     sums.attentions * 2000 < steps || sums.opened * 4000 < steps ||
	     sums.behind * 2000 < steps)) {
		fprintf(stderr,
			"too little happens: told %llu, granted %llu, attentions %llu, opened %llu, behind %llu of %llu\n",
			(unsigned long long)sums.told, (unsigned long long)sums.granted,
			(unsigned long long)sums.attentions, (unsigned long long)sums.opened,
			(unsigned long long)sums.behind, (unsigned long long)steps);
		ok = false;
	}
	_exit(ok ? 0 : 1);
}

static void invariants_hold_in_any_history(void **state)
{
	uint64_t steps = number_from("HISTORY_STEPS", DEFAULT_STEPS / slowdown());
	/* Valgrind and sanitizers are slow enough without a second process. */
	unsigned n = slowdown() == 1 ? 2 : 1;
	uint64_t seed = seed_new();
	pid_t pids[2];

	print_message("HISTORY_SEED=%llu HISTORY_STEPS=%llu\n", (unsigned long long)seed,
		      (unsigned long long)steps);
	for (unsigned i = 0; i < n; i++) {
		pids[i] = histories_start(seed + 2 * i, steps / n);
	}
	for (unsigned i = 0; i < n; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

/* Each bug of the stand-in is found, and what is left of the history is short, and fails each time. */
static void planted_bugs_are_found_and_made_short(void **state)
{
	struct op *ops = xcalloc(LENGTH, sizeof(*ops));
	uint64_t random = seed_new();
	struct sums sums = {0};

	for (unsigned i = PLANTED_FLIP; i < PLANTED; i++) {
		bool found = false, fails;
		char why[256] = "";
		size_t n = 0;

		history_planted = (enum planted)i;
		for (unsigned tries = 0; !found && tries < 10; tries++) {
			found = !history_once(&random, ops, &n, &sums);
		}
		n = found ? history_shrink(ops, n) : 0;
		fails = !history_run(ops, n, why, sizeof(why));
		history_planted = PLANTED_NOTHING;
		print_message("bug %u: %zu operations are left: %s\n", i, n, why);
		assert_true(found && fails);
		assert_in_range(n, 1, 24);
		assert_true(history_run(ops, n, NULL, 0));
	}
	free(ops);
}

static void operations_are_read_as_they_are_printed(void **state)
{
	struct history *h = history_create();
	uint64_t random = 1;
	struct op op, read;
	char text[32];

	for (unsigned i = 0; i < 1000; i++) {
		op = op_draw(h, &random);
		op_print(op, text, sizeof(text));
		assert_int_equal(op_parse(text, &read), 0);
		assert_memory_equal(&op, &read, sizeof(op));
	}
	assert_true(op_parse("", &read) < 0);
	assert_true(op_parse("key 1 2", &read) < 0);
	assert_true(op_parse("key 1 2 256", &read) < 0);
	assert_true(op_parse("nothing 1 2 3", &read) < 0);
	history_destroy(h);
}

static void a_replay_holds(void **state)
{
	const char *path = getenv("HISTORY_REPLAY");
	struct op *ops = xcalloc(MAX_REPLAY, sizeof(*ops));
	char line[128], failure[256] = "";
	FILE *file = fopen(path, "re");
	size_t n = 0;

	assert_non_null(file);
	while (n < MAX_REPLAY && fgets(line, sizeof(line), file)) {
		if (op_parse(line, &ops[n]) == 0) {
			n++;
		}
	}
	fclose(file);
	(void)history_run(ops, n, failure, sizeof(failure));
	free(ops);
	assert_string_equal(failure, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_are_read_as_they_are_printed),
		cmocka_unit_test(planted_bugs_are_found_and_made_short),
		cmocka_unit_test(invariants_hold_in_any_history),
	};
	const struct CMUnitTest replay[] = {cmocka_unit_test(a_replay_holds)};

	if (getenv("HISTORY_REPLAY")) {
		return cmocka_run_group_tests(replay, NULL, NULL);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
