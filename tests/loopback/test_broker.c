/* SPDX-License-Identifier: MIT */
/* The real broker against a toolstack, guests that behave and guests that don't, and a worker of the test's own. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/loopback/broker_world.h"

static const char *const two[] = {"1024x768", "800x600", NULL};

/* Up to the point where both sides are connected. */
static void connect_display(struct world *world)
{
	make_display(world, two);
	wait_store(world, DISPLAY_BE "/state", "2");
	guest_publish_display(world);
	wait_store(world, DISPLAY_BE "/state", "4");
	guest_put(world, DISPLAY_FE, "state", "4");
}

static void a_display_comes_and_goes(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	broker_start(world);
	connect_display(world);
	wait_log(world, "worker: hello work uid");
	wait_log(world, "worker: display attach 0 head 0 1024x768 800x600 pages 4");
	assert_memory_equal(world->rings, "signed", 6);
	assert_memory_equal((char *)world->rings + 3 * XEN_PAGE_SIZE, "signed", 6);
	assert_string_equal(store_value(world, DISPLAY_BE "/versions"), "2,1");
	assert_string_equal(stat_value(world, "guest.work.vdispl.0.phase"), "connected");
	assert_string_equal(stat_value(world, "guest.work.grants_handed"), "4");

	/* Linux, removing its driver: it is content with 2. */
	guest_put(world, DISPLAY_FE, "state", "5");
	wait_log(world, "worker: closed");
	wait_store(world, DISPLAY_BE "/state", "6");
	wait_store(world, DISPLAY_BE "/state", "2");
	guest_put(world, DISPLAY_FE, "state", "6");
	guest_put(world, DISPLAY_FE, "state", "1");
	guest_publish_display(world);
	wait_store(world, DISPLAY_BE "/state", "4");
	wait_log(world, "worker: display attach 0");

	/* xl destroy */
	put(world, DISPLAY_BE, "online", "0");
	put(world, DISPLAY_BE, "state", "5");
	wait_store(world, DISPLAY_BE "/state", "6");
	assert_int_equal(xen_store_remove(world->toolstack, "/local/domain/0/backend/vdispl/5"), 0);
	wait_log(world, "has no devices any more");
	wait_log(world, "is gone");
	assert_string_equal(stat_value(world, "guests"), "0");
	assert_int_equal(broker_stop(world), 0);
	assert_false(log_has(world, "inherited fd"));
	assert_false(log_has(world, "unexpected message"));
	assert_false(log_has(world, "env 1"));
}

static void nothing_is_left_after_ten_guests(void **state)
{
	struct world *world = *state;
	char before[64];

	make_domain(world, "work");
	broker_start(world);
	for (unsigned i = 0; i < 11; i++) {
		connect_display(world);
		put(world, DISPLAY_BE, "online", "0");
		put(world, DISPLAY_BE, "state", "5");
		wait_store(world, DISPLAY_BE "/state", "6");
		assert_int_equal(
			xen_store_remove(world->toolstack, "/local/domain/0/backend/vdispl/5"), 0);
		assert_int_equal(xen_store_remove(world->toolstack, DISPLAY_FE), 0);
		wait_log(world, "has no devices any more");
		wait_log(world, "is gone");
		if (i == 0) {
			strcpy(before, stat_value(world, "fds"));
		}
	}
	assert_string_equal(stat_value(world, "fds"), before);
	assert_string_equal(store_value(world, DISPLAY_BE "/state"), "");
}

static void features_are_there_before_the_guest_starts(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	make_input(world);
	put(world, INPUT_BE, "multi-touch-num-contacts", "5");
	put(world, INPUT_BE, "state", "1");
	broker_start(world);
	wait_store(world, INPUT_BE "/state", "2");
	make_display(world, two);
	wait_store(world, DISPLAY_BE "/state", "2");
	/* The toolstack sees 2 and starts the guest: this is what it finds. */
	assert_string_equal(store_value(world, INPUT_BE "/feature-abs-pointer"), "1");
	assert_string_equal(store_value(world, INPUT_BE "/width"), "1824");
	assert_string_equal(store_value(world, INPUT_BE "/height"), "768");
	assert_string_equal(store_value(world, INPUT_BE "/feature-multi-touch"), "1");
	assert_string_equal(store_value(world, INPUT_BE "/multi-touch-width"), "1824");
	assert_string_equal(store_value(world, INPUT_BE "/multi-touch-height"), "768");
	assert_string_equal(store_value(world, INPUT_BE "/multi-touch-num-contacts"), "5");
	guest_publish_input(world);
	wait_store(world, INPUT_BE "/state", "4");
	wait_log(world, "worker: input attach 0 absolute 1 1824x768 touch 1 1824x768 contacts 5");
}

static void what_the_toolstack_wrote_stays(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	make_input(world);
	put(world, INPUT_BE, "feature-abs-pointer", "0");
	put(world, INPUT_BE, "width", "4000");
	put(world, INPUT_BE, "state", "1");
	broker_start(world);
	make_display(world, two);
	wait_store(world, DISPLAY_BE "/state", "2");
	assert_string_equal(store_value(world, INPUT_BE "/feature-abs-pointer"), "0");
	assert_string_equal(store_value(world, INPUT_BE "/width"), "4000");
	assert_string_equal(store_value(world, INPUT_BE "/height"), "768");
	assert_string_equal(store_value(world, INPUT_BE "/feature-multi-touch"), "");
	/* A keyboard's frontend may answer 2 with 4. */
	guest_publish_input(world);
	guest_put(world, INPUT_FE, "state", "4");
	wait_store(world, INPUT_BE "/state", "4");
	wait_log(world, "absolute 0 4000x768 touch 0");
}

static void forged_connectors_change_nothing(void **state)
{
	struct world *world = *state;

	make_domain(world, "liar");
	broker_start(world);
	make_display(world, two);
	wait_store(world, DISPLAY_BE "/state", "2");
	assert_int_equal(xen_store_remove(world->guest, DISPLAY_FE "/0"), 0);
	guest_put(world, DISPLAY_FE, "0/resolution", "16384x16384");
	guest_put(world, DISPLAY_FE, "2/resolution", "640x480");
	guest_publish_display(world);
	wait_log(world, "guest liar: vdispl 0: connector 0 is not what the toolstack wrote");
	wait_log(world, "worker: display attach 0 head 0 1024x768 800x600 pages 4");
	wait_store(world, DISPLAY_BE "/state", "4");
}

static void nonsense_is_refused(void **state)
{
	struct world *world = *state;

	make_domain(world, "liar");
	broker_start(world);
	make_display(world, two);
	wait_store(world, DISPLAY_BE "/state", "2");
	guest_put(world, DISPLAY_FE, "1/req-ring-ref", "-1");
	guest_put(world, DISPLAY_FE, "state", "3");
	wait_store(world, DISPLAY_BE "/state", "6");
	wait_log(world, "guest liar: vdispl 0: ");
	assert_false(log_has(world, "worker: display"));
	/* It may start over, and then must say something sensible. */
	guest_put(world, DISPLAY_FE, "state", "1");
	wait_store(world, DISPLAY_BE "/state", "2");
	guest_publish_display(world);
	wait_store(world, DISPLAY_BE "/state", "4");
}

static void foreign_ports_are_not_bound(void **state)
{
	struct world *world = *state;

	make_domain(world, "liar");
	broker_start(world);
	make_display(world, two);
	wait_store(world, DISPLAY_BE "/state", "2");
	world->ports[3] = 4000;
	guest_publish_display(world);
	wait_log(world, "its pages or ports cannot be used");
	wait_store(world, DISPLAY_BE "/state", "6");
	assert_false(log_has(world, "worker: display"));
}

/* It costs the guest more than us. */
static void a_flapping_frontend_makes_us_write_little(void **state)
{
	struct world *world = *state;
	char *spec = hub_thread_spec(world->hub, 0);
	char *path, *token;
	struct xen *counter;
	unsigned written = 0;
	uint64_t start = now_ns();

	assert_int_equal(xen_open(&counter, spec), 0);
	free(spec);
	make_domain(world, "liar");
	broker_start(world);
	make_display(world, two);
	wait_store(world, DISPLAY_BE "/state", "2");
	assert_int_equal(xen_store_watch(counter, DISPLAY_BE "/state", "count"), 0);
	for (unsigned i = 0; i < 500; i++) {
		guest_put(world, DISPLAY_FE, "state", "nonsense");
		guest_put(world, DISPLAY_FE, "state", "1");
	}
	wait_store(world, DISPLAY_BE "/state", "6");
	wait_store(world, DISPLAY_BE "/state", "2");
	while (xen_store_next_event(counter, &path, &token) == 0) {
		free(path);
		free(token);
		written++;
	}
	xen_close(counter);
	/* 6 and 2 once in 100 ms. */
	assert_in_range(written, 3, 10 + 2 * (now_ns() - start) / (100 * NSEC_PER_MSEC));
}

static void a_broken_ring_closes_the_device(void **state)
{
	struct world *world = *state;

	make_domain(world, "broken");
	broker_start(world);
	make_display(world, two);
	wait_store(world, DISPLAY_BE "/state", "2");
	guest_publish_display(world);
	wait_log(world, "guest broken: vdispl 0: broke its ring");
	wait_store(world, DISPLAY_BE "/state", "6");
	assert_string_equal(stat_value(world, "guest.broken.faults"), "1");
}

static void a_worker_that_does_not_let_go_is_killed(void **state)
{
	struct world *world = *state;

	make_domain(world, "stubborn");
	broker_start(world);
	connect_display(world);
	guest_put(world, DISPLAY_FE, "state", "5");
	wait_log(world, "did not let go");
	wait_store(world, DISPLAY_BE "/state", "2");
	assert_string_equal(stat_value(world, "guest.stubborn.worker_restarts"), "1");
}

static void a_worker_that_dies_is_replaced(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	make_input(world);
	put(world, INPUT_BE, "state", "1");
	broker_start(world);
	wait_store(world, INPUT_BE "/state", "2");
	guest_publish_input(world);
	wait_store(world, INPUT_BE "/state", "4");
	guest_put(world, INPUT_FE, "state", "4");
	wait_log(world, "worker: input attach 0");
	assert_int_equal(kill(atoi(stat_value(world, "guest.work.worker_pid")), SIGALRM), 0);
	wait_log(world, "ended by itself: signal 14");
	/* The frontend of a keyboard would not come back from anything but 4. */
	wait_log(world, "worker: input attach 1");
	assert_string_equal(store_value(world, INPUT_BE "/state"), "4");
}

static void a_display_is_taken_over_from_its_worker(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	broker_start(world);
	connect_display(world);
	wait_log(world, "worker: state yes");
	assert_int_equal(kill(atoi(stat_value(world, "guest.work.worker_pid")), SIGKILL), 0);
	wait_log(world, "worker: state yes");
	wait_log(world, "worker: display attach 1");
	assert_string_equal(store_value(world, DISPLAY_BE "/state"), "4");
}

static void a_display_without_state_starts_over(void **state)
{
	struct world *world = *state;

	make_domain(world, "forgetful");
	broker_start(world);
	connect_display(world);
	assert_int_equal(kill(atoi(stat_value(world, "guest.forgetful.worker_pid")), SIGKILL), 0);
	wait_log(world, "its worker's state is lost");
	assert_string_equal(stat_value(world, "guest.forgetful.faults"), "0");
	wait_store(world, DISPLAY_BE "/state", "6");
	guest_put(world, DISPLAY_FE, "state", "7");
	guest_put(world, DISPLAY_FE, "state", "1");
	wait_store(world, DISPLAY_BE "/state", "2");
	guest_publish_display(world);
	wait_store(world, DISPLAY_BE "/state", "4");
}

static void a_new_broker_takes_over(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	broker_start(world);
	connect_display(world);
	assert_int_equal(broker_stop(world), 0);
	assert_string_equal(store_value(world, DISPLAY_BE "/state"), "4");
	/* While nobody watches, the guest forges what the new broker could be tempted to believe. */
	guest_put(world, DISPLAY_FE, "0/resolution", "16000x16000");
	broker_start(world);
	wait_log(world, "worker: display attach 1 head 0 1024x768 800x600");
	assert_string_equal(store_value(world, DISPLAY_BE "/state"), "4");
}

static bool state_is_there(const struct world *world, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/state/%s", world->dir, name);
	return access(path, F_OK) == 0;
}

static int open_state(const struct world *world, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/state/%s", world->dir, name);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* A domain's number that is used again, also while there is no broker, and the guest's end. */
static void a_state_is_one_machines(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	broker_start(world);
	connect_display(world);
	assert_true(state_is_there(world, "5-one"));
	assert_int_equal(broker_stop(world), 0);
	assert_true(state_is_there(world, "5-one"));
	close(open_state(world, "4-one"));
	put(world, "/local/domain/5", "vm", "/vm/two");
	broker_start(world);
	wait_log(world, "worker: state yes");
	/* It answers when it is through with what it found. */
	assert_string_equal(stat_value(world, "guests"), "1");
	assert_true(state_is_there(world, "5-two"));
	assert_false(state_is_there(world, "5-one"));
	assert_false(state_is_there(world, "4-one"));
	put(world, DISPLAY_BE, "online", "0");
	put(world, DISPLAY_BE, "state", "5");
	wait_store(world, DISPLAY_BE "/state", "6");
	assert_int_equal(xen_store_remove(world->toolstack, "/local/domain/0/backend/vdispl/5"), 0);
	wait_log(world, "has no devices any more");
	wait_log(world, "is gone");
	assert_string_equal(stat_value(world, "guests"), "0");
	assert_false(state_is_there(world, "5-two"));
}

/* A worker that stays although its broker is gone would answer the guest from the same rings. */
static void two_workers_never_have_one_state(void **state)
{
	struct world *world = *state;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/state", world->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open_state(world, "5-one");
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	make_domain(world, "work");
	make_display(world, two);
	broker_start(world);
	wait_log(world, "a worker of another broker is still there");
	assert_false(log_has(world, "worker: hello"));
	close(fd);
	wait_log(world, "worker: hello work");
	assert_int_equal(flock(open_state(world, "5-one"), LOCK_EX | LOCK_NB), -1);
}

static void a_frontend_stuck_since_a_broker_died_is_served(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	make_display(world, two);
	put(world, DISPLAY_BE, "state", "2");
	guest_publish_display(world);
	broker_start(world);
	wait_log(world, "worker: display attach 0");
	wait_store(world, DISPLAY_BE "/state", "4");
}

static void the_same_number_again_is_another_device(void **state)
{
	static const char *const other[] = {"640x480", "320x200", NULL};
	struct world *world = *state;

	make_domain(world, "work");
	broker_start(world);
	connect_display(world);
	wait_log(world, "worker: display attach 0 head 0 1024x768");
	assert_int_equal(xen_store_remove(world->toolstack, "/local/domain/0/backend/vdispl/5"), 0);
	assert_int_equal(xen_store_remove(world->toolstack, DISPLAY_FE), 0);
	put(world, "/local/domain/5", "vm", "/vm/two");
	put(world, "/local/domain/5", "name", "other");
	make_display(world, other);
	wait_store(world, DISPLAY_BE "/state", "2");
	guest_publish_display(world);
	wait_log(world, "worker: hello other");
	wait_log(world, "worker: display attach 0 head 0 640x480 320x200");
	wait_store(world, DISPLAY_BE "/state", "4");
}

static void a_greedy_worker_gets_no_more_than_its_share(void **state)
{
	struct world *world = *state;

	make_domain(world, "greedy");
	broker_start(world);
	make_display(world, two);
	/* Each asks for 8 pages that are not even granted: preparing is not mapping. 1024 a second. */
	wait_log(world, "worker: mapped 140 error 16");
	assert_true(log_has(world, "maps more than 1024 pages a second"));
	assert_false(log_has(world, "worker: mapped 128 error 16"));
}

/* What one that was taken over can fill: with memfds, its address space is no bound. */
static void a_worker_has_little_to_fill(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	broker_start(world);
	make_display(world, two);
	wait_log(world, "worker: may have 64 fds, files of 262144, core of 0\n");
}

static void a_worker_that_talks_nonsense_is_killed(void **state)
{
	struct world *world = *state;

	make_domain(world, "nonsense");
	broker_start(world);
	make_display(world, two);
	wait_log(world, "broke the protocol: killed");
	/* Again and again, but ever more slowly, and the toolstack is answered all the same. */
	wait_store(world, DISPLAY_BE "/state", "2");
	wait_log(world, "broke the protocol: killed");
}

static void names_are_made_valid_and_unique(void **state)
{
	struct world *world = *state;

	make_domain(world, "my work");
	broker_start(world);
	make_display(world, two);
	wait_log(world, "worker: hello my_work");
	put(world, "/local/domain/6", "name", "my_work");
	put(world, "/local/domain/6/device/vkbd/0", "state", "1");
	put(world, "/local/domain/0/backend/vinput/6/0", "frontend",
	    "/local/domain/6/device/vkbd/0");
	put(world, "/local/domain/0/backend/vinput/6/0", "frontend-id", "6");
	put(world, "/local/domain/0/backend/vinput/6/0", "state", "1");
	wait_log(world, "worker: hello my_work-6");
}

static void foreign_frontends_are_not_followed(void **state)
{
	struct world *world = *state;

	make_domain(world, "work");
	broker_start(world);
	put(world, DISPLAY_BE, "frontend", "/local/domain/6/device/vdispl/0");
	put(world, DISPLAY_BE, "frontend-id", "5");
	put(world, DISPLAY_BE, "state", "1");
	wait_log(world, "its frontend is not a directory of domain 5");
	assert_string_equal(stat_value(world, "guests"), "0");
}

static void one_line_says_what_is_wrong(void **state)
{
	struct world *world = *state;
	char *spec = hub_thread_spec(world->hub, 0);
	char *xen = xasprintf("--xen=%s", spec);
	char *dir = xasprintf("--runtime-dir=%s", world->dir);
	const struct {
		const char *options[5];
		const char *line;
	} cases[] = {
		{{"vitrine-broker", "--no-such-option"}, "--no-such-option"},
		{{"vitrine-broker", "--worker-uid-base=0"}, "--worker-uid-base '0'"},
		{{"vitrine-broker", "--worker-uid-base=-1"}, "--worker-uid-base '-1'"},
		{{"vitrine-broker", "--log-level=loud"}, "--log-level 'loud'"},
		{{"vitrine-broker", "extra"}, "'extra'"},
		{{"vitrine-broker", xen, "--runtime-dir=/nonexistent"}, "/nonexistent/broker.lock"},
		{{"vitrine-broker", dir, "--xen=loopback:0:/nonexistent"}, "cannot reach Xen"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(broker_run(world, cases[i].options), 1);
		assert_non_null(strstr(world->text, cases[i].line));
		assert_ptr_equal(strchr(world->text, '\n'), world->text + world->size - 1);
	}
	free(spec);
	free(xen);
	free(dir);
}

static void there_is_only_one_broker(void **state)
{
	struct world *world = *state;
	char *spec = hub_thread_spec(world->hub, 0);
	char *xen = xasprintf("--xen=%s", spec);
	char *dir = xasprintf("--runtime-dir=%s", world->dir);
	const char *const options[] = {"vitrine-broker", xen, dir, NULL};
	pid_t first;

	broker_start(world);
	first = world->broker;
	assert_int_equal(broker_run(world, options), 1);
	assert_non_null(strstr(world->text, "another vitrine-broker runs there"));
	world->broker = first;
	free(spec);
	free(xen);
	free(dir);
}

#define BROKER_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(a_display_comes_and_goes),
		BROKER_TEST(nothing_is_left_after_ten_guests),
		BROKER_TEST(features_are_there_before_the_guest_starts),
		BROKER_TEST(what_the_toolstack_wrote_stays),
		BROKER_TEST(forged_connectors_change_nothing),
		BROKER_TEST(nonsense_is_refused),
		BROKER_TEST(foreign_ports_are_not_bound),
		BROKER_TEST(a_flapping_frontend_makes_us_write_little),
		BROKER_TEST(a_broken_ring_closes_the_device),
		BROKER_TEST(a_worker_that_does_not_let_go_is_killed),
		BROKER_TEST(a_worker_that_dies_is_replaced),
		BROKER_TEST(a_display_is_taken_over_from_its_worker),
		BROKER_TEST(a_display_without_state_starts_over),
		BROKER_TEST(a_state_is_one_machines),
		BROKER_TEST(two_workers_never_have_one_state),
		BROKER_TEST(a_new_broker_takes_over),
		BROKER_TEST(a_frontend_stuck_since_a_broker_died_is_served),
		BROKER_TEST(the_same_number_again_is_another_device),
		BROKER_TEST(a_greedy_worker_gets_no_more_than_its_share),
		BROKER_TEST(a_worker_has_little_to_fill),
		BROKER_TEST(a_worker_that_talks_nonsense_is_killed),
		BROKER_TEST(names_are_made_valid_and_unique),
		BROKER_TEST(foreign_frontends_are_not_followed),
		BROKER_TEST(one_line_says_what_is_wrong),
		BROKER_TEST(there_is_only_one_broker),
	};

	if (argc > 0 && strncmp(argv[0], "vitrine-pv@", 11) == 0) {
		return fake_worker();
	}
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
