/* SPDX-License-Identifier: MIT */
/* The loopback's store through the client that the programs use: values, watches, permissions, domains. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xen/loopback/hub.h"
#include "xen/xen.h"

#define GUEST 3u
#define DEVICE "/local/domain/3/device/vdispl/0"

struct fixture {
	struct hub_thread *hub;
	struct xen *dom0;
	struct xen *guest;
};

static struct xen *open_as(struct fixture *f, uint32_t domid)
{
	char *spec = hub_thread_spec(f->hub, domid);
	struct xen *xen = NULL;

	assert_int_equal(xen_open(&xen, spec), 0);
	free(spec);
	return xen;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	assert_int_equal(hub_thread_start(&f->hub), 0);
	f->dom0 = open_as(f, 0);
	f->guest = open_as(f, GUEST);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	xen_close(f->guest);
	xen_close(f->dom0);
	hub_thread_stop(f->hub);
	free(f);
	return 0;
}

static void assert_value(struct xen *xen, const char *path, const char *expected)
{
	size_t len = 0;
	char *value = xen_store_read(xen, path, &len);

	assert_non_null(value);
	assert_int_equal(len, strlen(expected));
	assert_string_equal(value, expected);
	free(value);
}

static void assert_no_value(struct xen *xen, const char *path, int error)
{
	size_t len;

	errno = 0;
	assert_null(xen_store_read(xen, path, &len));
	assert_int_equal(errno, error);
}

static void expect_event(struct xen *xen, const char *path, const char *token)
{
	struct pollfd pollfd = {.fd = xen_store_fd(xen), .events = POLLIN};
	char *got_path, *got_token;

	assert_int_equal(poll(&pollfd, 1, 10000), 1);
	assert_int_equal(xen_store_next_event(xen, &got_path, &got_token), 0);
	assert_string_equal(got_path, path);
	assert_string_equal(got_token, token);
	free(got_path);
	free(got_token);
}

/* The hub serves in order: after the answer to any call, all events that came before it are there. */
static void expect_silence(struct xen *xen)
{
	char *path, *token;
	char **names;
	int n = xen_store_list(xen, "/", &names, 0);

	if (n >= 0) {
		xen_store_list_free(names, n);
	}
	assert_int_equal(xen_store_next_event(xen, &path, &token), -EAGAIN);
}

/* As the toolstack makes it: the device's directory is the guest's, one leaf in it is not. */
static void make_device(struct fixture *f)
{
	assert_int_equal(xen_store_write(f->dom0, DEVICE, ""), 0);
	assert_int_equal(xen_store_set_owner(f->dom0, "/local/domain/3", 0, GUEST), 0);
	assert_int_equal(xen_store_set_owner(f->dom0, DEVICE, GUEST, 0), 0);
	assert_int_equal(xen_store_write(f->dom0, DEVICE "/0/resolution", "1024x768"), 0);
	assert_int_equal(xen_store_set_owner(f->dom0, DEVICE "/0/resolution", 0, GUEST), 0);
}

static void test_values_and_names(void **state)
{
	struct fixture *f = *state;
	char **names;
	int n;

	assert_no_value(f->dom0, "/a/b", ENOENT);
	assert_int_equal(xen_store_write(f->dom0, "/a/b", "one"), 0);
	assert_int_equal(xen_store_write(f->dom0, "/a/b", "two"), 0);
	assert_int_equal(xen_store_write(f->dom0, "/a/c", ""), 0);
	assert_value(f->dom0, "/a/b", "two");
	assert_value(f->dom0, "/a/c", "");
	assert_value(f->dom0, "/a", "");
	n = xen_store_list(f->dom0, "/a", &names, 8);
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "b");
	assert_string_equal(names[1], "c");
	xen_store_list_free(names, n);
	n = xen_store_list(f->dom0, "/a", &names, 1);
	assert_int_equal(n, 1);
	xen_store_list_free(names, n);
	assert_int_equal(xen_store_remove(f->dom0, "/a"), 0);
	assert_int_equal(xen_store_remove(f->dom0, "/a"), -ENOENT);
	assert_no_value(f->dom0, "/a/b", ENOENT);
}

static void test_a_value_is_replaced_where_it_still_stands(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(xen_store_replace(f->dom0, "/b/state", "4", "5"), -ENOENT);
	assert_no_value(f->dom0, "/b", ENOENT);
	assert_int_equal(xen_store_write(f->dom0, "/b/state", "4"), 0);
	assert_int_equal(xen_store_replace(f->dom0, "/b/state", "4", "5"), 0);
	assert_value(f->dom0, "/b/state", "5");
	assert_int_equal(xen_store_replace(f->dom0, "/b/state", "4", "6"), -EAGAIN);
	assert_int_equal(xen_store_replace(f->dom0, "/b/state", "", "6"), -EAGAIN);
	assert_int_equal(xen_store_replace(f->dom0, "/b/state", "55", "6"), -EAGAIN);
	assert_value(f->dom0, "/b/state", "5");
	assert_int_not_equal(xen_store_replace(f->guest, "/b/state", "5", "6"), 0);
	assert_value(f->dom0, "/b/state", "5");
}

static void test_bad_paths_are_refused(void **state)
{
	const char *bad[] = {"", "//", "/a/", "/a//b", "/a b", "/a\n", "@releaseDomain"};
	struct fixture *f = *state;
	char long_path[3000];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(xen_store_write(f->dom0, bad[i], "x"), -EINVAL);
	}
	memset(long_path, 'a', sizeof(long_path));
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	assert_true(xen_store_write(f->dom0, long_path, "x") < 0);
	assert_value(f->dom0, "/", "");
}

static void test_relative_paths_are_the_own_domain(void **state)
{
	struct fixture *f = *state;

	make_device(f);
	assert_int_equal(xen_store_watch(f->guest, "device/vdispl", "t"), 0);
	expect_event(f->guest, "device/vdispl", "t");
	assert_int_equal(xen_store_write(f->guest, "device/vdispl/0/state", "3"), 0);
	assert_value(f->dom0, DEVICE "/state", "3");
	expect_event(f->guest, "device/vdispl/0/state", "t");
}

static void test_watch_fires_at_once_at_and_below(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(xen_store_watch(f->dom0, "/w", "t"), 0);
	assert_int_equal(xen_store_watch(f->dom0, "/w", "t"), -EEXIST);
	expect_event(f->dom0, "/w", "t");
	assert_int_equal(xen_store_write(f->dom0, "/w/x/y", "1"), 0);
	assert_int_equal(xen_store_write(f->dom0, "/wide", "1"), 0);
	expect_event(f->dom0, "/w/x/y", "t");
	expect_silence(f->dom0);
	assert_int_equal(xen_store_unwatch(f->dom0, "/w", "t"), 0);
	assert_int_equal(xen_store_unwatch(f->dom0, "/w", "t"), -ENOENT);
	assert_int_equal(xen_store_write(f->dom0, "/w/x/y", "2"), 0);
	expect_silence(f->dom0);
}

static void test_removal_is_told_to_watches_below(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(xen_store_write(f->dom0, "/r/x/y", "1"), 0);
	assert_int_equal(xen_store_watch(f->dom0, "/r/x/y", "below"), 0);
	assert_int_equal(xen_store_watch(f->dom0, "/r", "above"), 0);
	expect_event(f->dom0, "/r/x/y", "below");
	expect_event(f->dom0, "/r", "above");
	assert_int_equal(xen_store_remove(f->dom0, "/r/x"), 0);
	expect_event(f->dom0, "/r/x", "above");
	expect_event(f->dom0, "/r/x/y", "below");
	expect_silence(f->dom0);
}

/* Far more events than a socket holds, then a reader: the latest is there, and equal ones came once. */
static void test_slow_watcher_costs_little(void **state)
{
	struct fixture *f = *state;
	char *path = NULL, *token = NULL;
	struct pollfd pollfd = {.fd = xen_store_fd(f->dom0), .events = POLLIN};
	struct xen *writer = open_as(f, 0);
	unsigned n = 0;
	bool last = false;

	assert_int_equal(xen_store_watch(f->dom0, "/s", "t"), 0);
	for (unsigned i = 0; i < 20000; i++) {
		assert_int_equal(xen_store_write(writer, i % 2 ? "/s/a" : "/s/b", "x"), 0);
	}
	assert_int_equal(xen_store_write(writer, "/s/last", "x"), 0);
	while (!last) {
		assert_int_equal(poll(&pollfd, 1, 10000), 1);
		assert_int_equal(xen_store_next_event(f->dom0, &path, &token), 0);
		last = strcmp(path, "/s/last") == 0;
		free(path);
		free(token);
		n++;
	}
	assert_true(n < 10000);
	xen_close(writer);
}

static void test_guest_writes_only_what_it_owns(void **state)
{
	struct fixture *f = *state;

	make_device(f);
	assert_int_equal(xen_store_write(f->dom0, "/local/domain/0/backend/vdispl/3/0/state", "2"),
			 0);
	assert_int_equal(xen_store_write(f->guest, DEVICE "/state", "1"), 0);
	assert_int_equal(xen_store_write(f->guest, DEVICE "/0/req-ring-ref", "8"), 0);
	assert_int_equal(xen_store_write(f->guest, DEVICE "/0/resolution", "1x1"), -EACCES);
	assert_int_equal(xen_store_remove(f->guest, DEVICE "/0/resolution"), -EACCES);
	assert_int_equal(xen_store_write(f->guest, "/local/domain/3/device/vdispl/1", ""), -EACCES);
	assert_int_equal(xen_store_write(f->guest, "/local/domain/4/x", ""), -EACCES);
	assert_int_equal(xen_store_write(f->guest, "/local/domain/0/backend/vdispl/3/0/state", "6"),
			 -EACCES);
	assert_no_value(f->guest, "/local/domain/0/backend/vdispl/3/0/state", EACCES);
	assert_int_equal(xen_store_set_owner(f->guest, DEVICE "/0/resolution", GUEST, 0), -EACCES);
	assert_int_equal(xen_store_set_owner(f->guest, DEVICE "/state", 0, GUEST), -EACCES);
	assert_int_equal(xen_store_set_owner(f->dom0, "/local/domain/0/backend/vdispl/3/0/state", 0,
					     GUEST),
			 0);
	assert_value(f->guest, "/local/domain/0/backend/vdispl/3/0/state", "2");
}

/* What xenstored allows, and the reason why nobody may trust a connector's leaves. */
static void test_guest_forges_a_node_below_its_own(void **state)
{
	struct fixture *f = *state;

	make_device(f);
	assert_int_equal(xen_store_remove(f->guest, DEVICE "/0"), 0);
	assert_no_value(f->dom0, DEVICE "/0/resolution", ENOENT);
	assert_int_equal(xen_store_write(f->guest, DEVICE "/0/resolution", "9999x9999"), 0);
	assert_value(f->dom0, DEVICE "/0/resolution", "9999x9999");
}

static void test_guest_hears_only_what_it_may_read(void **state)
{
	struct fixture *f = *state;

	make_device(f);
	assert_int_equal(xen_store_watch(f->guest, "/local/domain", "t"), 0);
	expect_event(f->guest, "/local/domain", "t");
	assert_int_equal(xen_store_write(f->dom0, "/local/domain/4/secret", "x"), 0);
	assert_int_equal(xen_store_remove(f->dom0, "/local/domain/4"), 0);
	expect_silence(f->guest);
	assert_int_equal(xen_store_write(f->dom0, DEVICE "/x", "x"), 0);
	expect_event(f->guest, DEVICE "/x", "t");
}

static void test_guest_has_a_quota_of_nodes(void **state)
{
	struct fixture *f = *state;
	char path[80];
	int ret = 0;

	make_device(f);
	for (unsigned i = 0; i < 2000 && ret == 0; i++) {
		snprintf(path, sizeof(path), DEVICE "/n%u", i);
		ret = xen_store_write(f->guest, path, "");
	}
	assert_int_equal(ret, -ENOSPC);
	assert_int_equal(xen_store_remove(f->guest, DEVICE "/n0"), 0);
	assert_int_equal(xen_store_write(f->guest, DEVICE "/again", ""), 0);
	assert_int_equal(xen_store_write(f->dom0, "/unrelated", ""), 0);
}

static void test_domains_come_and_go(void **state)
{
	struct fixture *f = *state;
	struct xen *first, *second;

	assert_int_equal(xen_store_watch(f->dom0, "@introduceDomain", "in"), 0);
	assert_int_equal(xen_store_watch(f->dom0, "@releaseDomain", "out"), 0);
	expect_event(f->dom0, "@introduceDomain", "in");
	expect_event(f->dom0, "@releaseDomain", "out");
	first = open_as(f, 7);
	expect_event(f->dom0, "@introduceDomain", "in");
	second = open_as(f, 7);
	xen_close(first);
	/* Served after the close of the first: nothing fired for either. */
	assert_int_equal(xen_store_watch(second, "x", "t"), 0);
	expect_silence(f->dom0);
	xen_close(second);
	expect_event(f->dom0, "@releaseDomain", "out");
}

static void test_bad_specs_are_refused(void **state)
{
	const char *bad[] = {"",
			     "loopback",
			     "loopback:",
			     "loopback:1",
			     "loopback:1:",
			     "loopback:x:/tmp/y",
			     "loopback:-1:/tmp/y",
			     "loopback:99999:/tmp/y",
			     "loopback:1:/nonexistent/y"};
	struct xen *xen = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(xen_open(&xen, bad[i]) < 0);
		assert_null(xen);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values_and_names),
		TEST(test_a_value_is_replaced_where_it_still_stands),
		TEST(test_bad_paths_are_refused),
		TEST(test_relative_paths_are_the_own_domain),
		TEST(test_watch_fires_at_once_at_and_below),
		TEST(test_removal_is_told_to_watches_below),
		TEST(test_slow_watcher_costs_little),
		TEST(test_guest_writes_only_what_it_owns),
		TEST(test_guest_forges_a_node_below_its_own),
		TEST(test_guest_hears_only_what_it_may_read),
		TEST(test_guest_has_a_quota_of_nodes),
		TEST(test_domains_come_and_go),
		TEST(test_bad_specs_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
