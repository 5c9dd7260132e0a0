/* SPDX-License-Identifier: MIT */
/* The loopback's grants and event channels through the code that backends and frontends use. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "xen/front.h"
#include "xen/loopback/hub.h"
#include "xen/xen.h"
#include "xen/xen_priv.h"

#define GUEST 3u

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

static void put_number(void *addr, uint32_t page, uint32_t number)
{
	memcpy((char *)addr + (size_t)page * XEN_PAGE_SIZE, &number, sizeof(number));
}

static uint32_t get_number(const void *addr, uint32_t page)
{
	uint32_t number;

	memcpy(&number, (const char *)addr + (size_t)page * XEN_PAGE_SIZE, sizeof(number));
	return number;
}

/* Prepares and maps; what xen_map_step said last. */
static int map_refs(struct xen *xen, const uint32_t *refs, uint32_t n, bool writable,
		    struct xen_map *map)
{
	struct xen_prepared prepared;
	int ret;

	assert_int_equal(xen_map_prepare(xen, GUEST, refs, n, writable, &prepared), 0);
	assert_int_equal(xen_map_init(map, prepared.fd, prepared.segments, prepared.n_segments, n,
				      writable),
			 0);
	do {
		ret = xen_map_step(map);
	} while (ret > 0);
	return ret;
}

static void test_pages_are_shared_both_ways(void **state)
{
	struct fixture *f = *state;
	uint32_t refs[1200];
	struct xen_map map;
	void *addr;

	assert_int_equal(xen_front_share(f->guest, 0, ARRAY_SIZE(refs), refs, &addr), 0);
	assert_int_equal(get_number(addr, 700), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(refs); i++) {
		assert_true(refs[i] >= 8);
		put_number(addr, i, 1000 + i);
	}
	assert_int_equal(map_refs(f->dom0, refs, ARRAY_SIZE(refs), true, &map), 0);
	assert_int_equal(map.n_segments, 3);
	for (uint32_t i = 0; i < ARRAY_SIZE(refs); i++) {
		assert_int_equal(get_number(map.addr, i), 1000 + i);
	}
	put_number(map.addr, 1199, 77);
	assert_int_equal(get_number(addr, 1199), 77);
	xen_map_finish(&map);
	xen_front_unshare(f->guest, addr, ARRAY_SIZE(refs), refs);
}

/* Maps what dom0 has granted, as a guest would. Returns what xen_map_step said last. */
static int guest_map(struct fixture *f, const uint32_t *refs, uint32_t n, struct xen_map *map)
{
	struct xen_prepared prepared;
	int ret;

	assert_int_equal(xen_map_prepare(f->guest, 0, refs, n, true, &prepared), 0);
	assert_int_equal(
		xen_map_init(map, prepared.fd, prepared.segments, prepared.n_segments, n, true), 0);
	do {
		ret = xen_map_step(map);
	} while (ret > 0);
	return ret;
}

static int memory_make(uint32_t pages)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)pages * XEN_PAGE_SIZE), 0);
	return fd;
}

/* be-alloc: the guest draws into memory that dom0 has brought from elsewhere. */
static void test_memory_of_the_host_is_granted(void **state)
{
	struct fixture *f = *state;
	uint32_t refs[700], own[2];
	struct xen_grants *grants;
	int fd = memory_make(ARRAY_SIZE(refs));
	uint32_t *ours = mmap(NULL, ARRAY_SIZE(refs) * (size_t)XEN_PAGE_SIZE, PROT_READ, MAP_SHARED,
			      fd, 0);
	struct xen_map map;
	void *addr;

	assert_ptr_not_equal(ours, MAP_FAILED);
	/* dom0 has grants of its own memory, too: they are not mixed up. */
	assert_int_equal(xen_front_share(f->dom0, GUEST, 2, own, &addr), 0);
	assert_int_equal(xen_grants_create(f->dom0, GUEST, fd, ARRAY_SIZE(refs), refs, &grants), 0);
	assert_int_equal(guest_map(f, refs, ARRAY_SIZE(refs), &map), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(refs); i++) {
		put_number(map.addr, i, 5000 + i);
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(refs); i++) {
		assert_int_equal(get_number(ours, i), 5000 + i);
	}
	assert_int_equal(get_number(addr, 0), 0);
	xen_map_finish(&map);
	xen_grants_end(grants);
	xen_front_unshare(f->dom0, addr, 2, own);
	munmap(ours, ARRAY_SIZE(refs) * (size_t)XEN_PAGE_SIZE);
	close(fd);
}

static bool guest_can_map(struct fixture *f, const uint32_t *refs, uint32_t n)
{
	struct xen_map map;
	int ret = guest_map(f, refs, n, &map);

	xen_map_finish(&map);
	return ret == 0;
}

static void test_grants_of_memory_end(void **state)
{
	struct fixture *f = *state;
	struct xen_grants *first, *second;
	uint32_t refs[8], other[8];
	int fd = memory_make(ARRAY_SIZE(refs));
	struct xen *broker = open_as(f, 0);

	assert_int_equal(xen_grants_create(f->dom0, GUEST, fd, 8, refs, &first), 0);
	assert_int_equal(xen_grants_create(broker, GUEST, fd, 8, other, &second), 0);
	assert_true(guest_can_map(f, refs, 8));
	assert_true(guest_can_map(f, other, 8));
	xen_grants_end(first);
	assert_false(guest_can_map(f, refs, 8));
	assert_true(guest_can_map(f, other, 8));
	/* Whoever granted it is gone, by kill -9. */
	xen_close(broker);
	while (guest_can_map(f, other, 8)) {
		poll(NULL, 0, 1);
	}
	close_fd(&second->dmabuf);
	free(second);
	close(fd);
}

static void test_memory_is_granted_whole_or_not(void **state)
{
	struct fixture *f = *state;
	struct xen_grants *grants;
	uint32_t refs[9];
	int fd = memory_make(8);

	assert_int_equal(xen_grants_create(f->dom0, GUEST, fd, 7, refs, &grants), -EINVAL);
	assert_int_equal(xen_grants_create(f->dom0, GUEST, fd, 9, refs, &grants), -EINVAL);
	assert_int_equal(xen_grants_create(f->dom0, GUEST, -1, 8, refs, &grants), -EBADF);
	assert_int_equal(xen_grants_create(f->dom0, GUEST + 1, fd, 8, refs, &grants), 0);
	assert_false(guest_can_map(f, refs, 8));
	xen_grants_end(grants);
	close(fd);
}

/* One map is of one memory: what gntdev could do, nobody needs. */
static void test_memories_do_not_mix(void **state)
{
	struct fixture *f = *state;
	struct xen_grants *first, *second;
	uint32_t a[2], b[2];
	int fds[2] = {memory_make(2), memory_make(2)};

	assert_int_equal(xen_grants_create(f->dom0, GUEST, fds[0], 2, a, &first), 0);
	assert_int_equal(xen_grants_create(f->dom0, GUEST, fds[1], 2, b, &second), 0);
	assert_true(guest_can_map(f, (uint32_t[]){b[1], b[0]}, 2));
	assert_false(guest_can_map(f, (uint32_t[]){a[0], b[0]}, 2));
	xen_grants_end(first);
	xen_grants_end(second);
	close(fds[0]);
	close(fds[1]);
}

/* A guest may list its pages in any order, and one of them many times. */
static void test_order_is_that_of_the_list(void **state)
{
	struct fixture *f = *state;
	uint32_t refs[4];
	struct xen_map map;
	void *addr;

	assert_int_equal(xen_front_share(f->guest, 0, ARRAY_SIZE(refs), refs, &addr), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(refs); i++) {
		put_number(addr, i, i);
	}
	assert_int_equal(map_refs(f->dom0, (uint32_t[]){refs[2], refs[0], refs[1], refs[2], refs[2]},
				  5, false, &map),
			 0);
	assert_int_equal(map.n_segments, 3);
	assert_int_equal(get_number(map.addr, 0), 2);
	assert_int_equal(get_number(map.addr, 1), 0);
	assert_int_equal(get_number(map.addr, 2), 1);
	assert_int_equal(get_number(map.addr, 3), 2);
	assert_int_equal(get_number(map.addr, 4), 2);
	xen_map_finish(&map);
	xen_front_unshare(f->guest, addr, ARRAY_SIZE(refs), refs);
}

static void expect_bad(struct fixture *f, uint32_t good, uint32_t bad)
{
	uint32_t refs[] = {good, bad};
	struct xen_map map;

	assert_int_equal(map_refs(f->dom0, refs, 2, false, &map), -EINVAL);
	assert_int_equal(map.pages_mapped, 1);
	xen_map_finish(&map);
}

static void test_bad_references_fail_when_mapped(void **state)
{
	struct fixture *f = *state;
	uint32_t refs[2], other[1], gone[1];
	void *addr, *other_addr, *gone_addr;

	assert_int_equal(xen_front_share(f->guest, 0, 2, refs, &addr), 0);
	assert_int_equal(xen_front_share(f->guest, 5, 1, other, &other_addr), 0);
	assert_int_equal(xen_front_share(f->guest, 0, 1, gone, &gone_addr), 0);
	xen_front_unshare(f->guest, gone_addr, 1, gone);
	expect_bad(f, refs[0], 0);
	expect_bad(f, refs[0], UINT32_MAX);
	expect_bad(f, refs[0], 4000000);
	expect_bad(f, refs[0], other[0]);
	expect_bad(f, refs[0], gone[0]);
	xen_front_unshare(f->guest, addr, 2, refs);
	xen_front_unshare(f->guest, other_addr, 1, other);
}

static void test_prepare_says_what_it_cannot(void **state)
{
	struct fixture *f = *state;
	uint32_t refs[300];
	uint32_t shuffled[300];
	uint32_t *many = xcalloc(XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES + 1, sizeof(*many));
	struct xen_prepared prepared;
	void *addr;

	assert_int_equal(xen_front_share(f->guest, 0, 300, refs, &addr), 0);
	for (uint32_t i = 0; i < 300; i++) {
		shuffled[i] = refs[299 - i];
	}
	assert_int_equal(xen_map_prepare(f->dom0, GUEST, shuffled, 300, false, &prepared), -E2BIG);
	assert_int_equal(prepared.fd, -1);
	assert_int_equal(xen_map_prepare(f->dom0, GUEST, many,
					 XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES + 1, false, &prepared),
			 -E2BIG);
	assert_int_equal(xen_map_prepare(f->dom0, GUEST, refs, 0, false, &prepared), -EINVAL);
	assert_int_equal(xen_map_prepare(f->dom0, 9, refs, 1, false, &prepared), -ESRCH);
	xen_front_unshare(f->guest, addr, 300, refs);
	free(many);
}

static void test_map_outlives_the_domain(void **state)
{
	struct fixture *f = *state;
	uint32_t refs[1];
	struct xen_map map;
	void *addr;

	assert_int_equal(xen_front_share(f->guest, 0, 1, refs, &addr), 0);
	put_number(addr, 0, 4711);
	assert_int_equal(map_refs(f->dom0, refs, 1, false, &map), 0);
	xen_close(f->guest);
	f->guest = open_as(f, GUEST);
	assert_int_equal(get_number(map.addr, 0), 4711);
	xen_map_finish(&map);
	munmap(addr, XEN_PAGE_SIZE);
}

/* ---- event channels ---- */

struct channel {
	struct xen_evtchn *front;
	struct xen_evtchn *back;
	uint32_t front_ports[2];
	uint32_t back_ports[2];
};

static void expect_event(struct xen_evtchn *evtchn, uint32_t port)
{
	struct pollfd pollfd = {.fd = xen_evtchn_fd(evtchn), .events = POLLIN};
	uint32_t got = 0;

	assert_int_equal(poll(&pollfd, 1, 10000), 1);
	assert_int_equal(xen_evtchn_next(evtchn, &got), 0);
	assert_int_equal(got, port);
}

static struct xen_evtchn *bind_back(struct fixture *f, const uint32_t *remote, uint32_t n,
				    uint32_t *local)
{
	struct xen_evtchn *evtchn = NULL;
	int fd;

	assert_int_equal(xen_evtchn_bind(f->dom0, GUEST, remote, n, local, &fd), 0);
	assert_int_equal(xen_evtchn_adopt(&evtchn, XEN_LOOPBACK, fd), 0);
	return evtchn;
}

/* Two bound ports; the events that binding raises are taken. */
static void channel_open(struct fixture *f, struct channel *c)
{
	assert_int_equal(xen_front_ports(f->guest, 0, 2, c->front_ports, &c->front), 0);
	c->back = bind_back(f, c->front_ports, 2, c->back_ports);
	for (int i = 0; i < 2; i++) {
		expect_event(c->back, c->back_ports[i]);
		assert_int_equal(xen_evtchn_unmask(c->back, c->back_ports[i]), 0);
	}
}

static void channel_close(struct channel *c)
{
	xen_evtchn_close(c->front);
	xen_evtchn_close(c->back);
}

/*
 * True when no event of port 0 waits at the backend. Port 1 tells how far the hub is: what was said on one handle
 * before has been served when its event is there.
 */
static void expect_only(struct channel *c, struct xen_evtchn *from, uint32_t from_port,
			struct xen_evtchn *at, uint32_t at_port)
{
	uint32_t port;

	assert_int_equal(xen_evtchn_notify(from, from_port), 0);
	expect_event(at, at_port);
	assert_int_equal(xen_evtchn_next(at, &port), -EAGAIN);
	assert_int_equal(xen_evtchn_unmask(at, at_port), 0);
}

static void test_events_reach_the_other_side(void **state)
{
	struct channel c;

	channel_open(*state, &c);
	assert_int_equal(xen_evtchn_notify(c.front, c.front_ports[1]), 0);
	expect_event(c.back, c.back_ports[1]);
	assert_int_equal(xen_evtchn_notify(c.back, c.back_ports[0]), 0);
	expect_event(c.front, c.front_ports[0]);
	channel_close(&c);
}

static void test_masked_port_is_quiet_until_unmasked(void **state)
{
	struct channel c;

	channel_open(*state, &c);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(xen_evtchn_notify(c.front, c.front_ports[0]), 0);
	}
	expect_event(c.back, c.back_ports[0]);
	expect_only(&c, c.front, c.front_ports[1], c.back, c.back_ports[1]);
	/* Four came while it was masked: they are one event. */
	assert_int_equal(xen_evtchn_unmask(c.back, c.back_ports[0]), 0);
	expect_event(c.back, c.back_ports[0]);
	assert_int_equal(xen_evtchn_unmask(c.back, c.back_ports[0]), 0);
	expect_only(&c, c.front, c.front_ports[1], c.back, c.back_ports[1]);
	channel_close(&c);
}

static void test_handle_reaches_only_its_ports(void **state)
{
	struct fixture *f = *state;
	struct channel c, other;

	channel_open(f, &c);
	channel_open(f, &other);
	assert_int_equal(xen_evtchn_notify(other.back, c.back_ports[0]), 0);
	assert_int_equal(xen_evtchn_notify(other.back, 4000000), 0);
	assert_int_equal(xen_evtchn_notify(other.back, 0), 0);
	expect_only(&other, other.back, other.back_ports[1], other.front, other.front_ports[1]);
	/* Served by now; its own notify still arrives, and nothing came before it. */
	expect_only(&c, c.back, c.back_ports[1], c.front, c.front_ports[1]);
	channel_close(&c);
	channel_close(&other);
}

static void test_only_the_offered_domain_binds_once(void **state)
{
	struct fixture *f = *state;
	struct xen *stranger = open_as(f, 5);
	struct xen_evtchn *front;
	uint32_t ports[2], local[2], second[1], for_stranger[1];
	struct xen_evtchn *strangers;
	int fd;

	assert_int_equal(xen_front_ports(f->guest, 0, 2, ports, &front), 0);
	assert_int_equal(xen_front_ports(f->guest, 5, 1, for_stranger, &strangers), 0);
	assert_int_equal(xen_evtchn_bind(stranger, GUEST, ports, 1, local, &fd), -EINVAL);
	assert_int_equal(xen_evtchn_bind(f->dom0, GUEST, for_stranger, 1, local, &fd), -EINVAL);
	assert_int_equal(fd, -1);
	assert_int_equal(xen_evtchn_bind(f->dom0, 9, ports, 1, local, &fd), -ESRCH);
	/* One bad port among good ones binds none. */
	assert_int_equal(xen_evtchn_bind(f->dom0, GUEST, (uint32_t[]){ports[0], 999}, 2, local, &fd),
			 -EINVAL);
	assert_int_equal(xen_evtchn_bind(f->dom0, GUEST, ports, 2, local, &fd), 0);
	assert_int_equal(xen_evtchn_bind(f->dom0, GUEST, ports, 1, second, &(int){0}), -EINVAL);
	close(fd);
	xen_evtchn_close(front);
	xen_evtchn_close(strangers);
	xen_close(stranger);
}

/* What a restarted backend does. */
static void test_port_is_bound_again_after_the_handle_closed(void **state)
{
	struct fixture *f = *state;
	struct channel c;
	int fd, ret;

	channel_open(f, &c);
	xen_evtchn_close(c.back);
	assert_int_equal(xen_evtchn_notify(c.front, c.front_ports[0]), 0);
	do {
		/* The hub hears of the close in its own time. */
		ret = xen_evtchn_bind(f->dom0, GUEST, c.front_ports, 2, c.back_ports, &fd);
	} while (ret == -EINVAL);
	assert_int_equal(ret, 0);
	assert_int_equal(xen_evtchn_adopt(&c.back, XEN_LOOPBACK, fd), 0);
	expect_event(c.back, c.back_ports[0]);
	expect_event(c.back, c.back_ports[1]);
	assert_int_equal(xen_evtchn_notify(c.back, c.back_ports[0]), 0);
	expect_event(c.front, c.front_ports[0]);
	channel_close(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pages_are_shared_both_ways),
		TEST(test_memory_of_the_host_is_granted),
		TEST(test_grants_of_memory_end),
		TEST(test_memory_is_granted_whole_or_not),
		TEST(test_memories_do_not_mix),
		TEST(test_order_is_that_of_the_list),
		TEST(test_bad_references_fail_when_mapped),
		TEST(test_prepare_says_what_it_cannot),
		TEST(test_map_outlives_the_domain),
		TEST(test_events_reach_the_other_side),
		TEST(test_masked_port_is_quiet_until_unmasked),
		TEST(test_handle_reaches_only_its_ports),
		TEST(test_only_the_offered_domain_binds_once),
		TEST(test_port_is_bound_again_after_the_handle_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
