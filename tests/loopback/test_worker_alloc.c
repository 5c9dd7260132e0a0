/* SPDX-License-Identifier: MIT */
/* be-alloc: the real vitrine-pv between a guest, a broker and a display server that are played here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <wayland-server.h>

#include "base/util.h"
#include "pvdispl/displif.h"
#include "tests/loopback/worker_rig.h"
#include "vitrine-guest-v1-server-protocol.h"

#define DIRECTORY 10u /* the first page of the guest that holds one */
#define PAGES 2u      /* RIG_WIDTH * RIG_HEIGHT * 4 */
#define SIDE 1024u    /* of a picture whose references take two directory pages */
#define MANY 1024u

static struct rig rig;

static int start_as(bool may_allocate)
{
	rig_start(&rig);
	rig.may_allocate = may_allocate;
	rig_add_devices(&rig, false);
	return 0;
}

static int start(void **state)
{
	return start_as(true);
}

static int start_without(void **state)
{
	return start_as(false);
}

static int stop(void **state)
{
	if (rig.pages) {
		rig_stop(&rig);
	}
	return 0;
}

static bool has_heads(struct rig *r)
{
	return r->server.heads[0].resource && r->server.heads[1].resource;
}

static bool has_pool(struct rig *r)
{
	return r->server.n_pools > 0;
}

static bool has_restored(struct rig *r)
{
	return r->server.n_pools > 0 && r->server.pools[0].is_restored;
}

static bool pool_is_released(struct rig *r)
{
	return r->server.pools[0].is_released;
}

static bool has_commit(struct rig *r)
{
	return r->server.heads[0].n_feedbacks > 0;
}

static bool is_stateless(struct rig *r)
{
	return r->stateless;
}

static bool has_asked(struct rig *r)
{
	return r->n_asked > 0;
}

static void start_server(void)
{
	rig_server_start(&rig);
	rig_wait(&rig, has_heads);
}

/* As Linux asks: the directory has its links and nothing else. */
static struct displif_request allocation(uint64_t cookie, uint32_t width, uint32_t height)
{
	struct displif_request r = rig_create(cookie, DIRECTORY, (width * height * 4 + 4095) / 4096);

	r.op.dbuf_create.width = width;
	r.op.dbuf_create.height = height;
	r.op.dbuf_create.bpp = 32;
	r.op.dbuf_create.flags = DISPLIF_DBUF_REQ_ALLOC;
	return r;
}

static const struct displif_directory *directory(unsigned i)
{
	return (const void *)(rig.pages + (DIRECTORY + i) * 4096);
}

static void clear_directory(void)
{
	rig_directory(&rig, DIRECTORY, DIRECTORY + 1, 0, 0);
	rig_directory(&rig, DIRECTORY + 1, 0, 0, 0);
	memset(rig.pages + (DIRECTORY + 1) * 4096, 0, 4096);
}

static void assert_filled(unsigned pool, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++) {
		assert_int_equal(directory(i / DISPLIF_DIR_REFS)->refs[i % DISPLIF_DIR_REFS],
				 RIG_FIRST_REF(pool) + i);
	}
	/* And not one more than that. */
	assert_int_equal(directory(pages / DISPLIF_DIR_REFS)->refs[pages % DISPLIF_DIR_REFS], 0);
}

static void the_guest_finds_what_it_may_map(void **state)
{
	start_server();
	clear_directory();
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), 0);
	assert_int_equal(rig.server.n_pools, 1);
	assert_int_equal(rig.server.pools[0].width, RIG_WIDTH);
	assert_int_equal(rig.server.pools[0].height, RIG_HEIGHT);
	assert_int_equal(rig.server.pools[0].pages, PAGES);
	assert_filled(0, PAGES);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_config(100, 0, 0, RIG_WIDTH, RIG_HEIGHT)), 0);
	rig_visible(&rig, 0, true, 0);
	rig_wait(&rig, has_commit);
	assert_int_equal(rig.server.buffer_stride, RIG_WIDTH * 4);
	/* The same cookie is taken, as ever. */
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), -EEXIST);
	assert_int_equal(rig.server.n_pools, 1);
}

static void a_directory_of_several_pages_is_filled(void **state)
{
	start_server();
	clear_directory();
	assert_int_equal(rig_do(&rig, 0, allocation(10, SIDE, MANY * 1024 / SIDE)), 0);
	assert_filled(0, MANY);
	assert_int_equal(directory(0)->next, DIRECTORY + 1);
}

/* Linux leaves old bytes in a slot: without the toolstack's word the flag means nothing. */
static void without_permission_the_flag_means_nothing(void **state)
{
	struct displif_request request = allocation(10, RIG_WIDTH, RIG_HEIGHT);

	start_server();
	rig_directory(&rig, DIRECTORY, 0, 16, PAGES);
	request.op.dbuf_create.flags = UINT32_MAX;
	assert_int_equal(rig_do(&rig, 0, request), 0);
	assert_int_equal(rig.server.pools[0].width, 0);
	assert_int_equal(rig.server.pools[0].refs[0], 16);
	assert_int_equal(directory(0)->refs[0], 16);
}

static void with_permission_a_guest_may_use_its_own(void **state)
{
	struct displif_request request = allocation(10, RIG_WIDTH, RIG_HEIGHT);

	start_server();
	rig_directory(&rig, DIRECTORY, 0, 16, PAGES);
	request.op.dbuf_create.flags = ~DISPLIF_DBUF_REQ_ALLOC;
	assert_int_equal(rig_do(&rig, 0, request), 0);
	assert_int_equal(rig.server.pools[0].width, 0);
}

static void only_what_can_be_scanned_out_is_allocated(void **state)
{
	struct displif_request r;

	start_server();
	clear_directory();
	r = allocation(10, RIG_WIDTH, RIG_HEIGHT);
	r.op.dbuf_create.bpp = 24;
	assert_int_equal(rig_do(&rig, 0, r), -EINVAL);
	r = allocation(10, RIG_WIDTH, RIG_HEIGHT);
	r.op.dbuf_create.data_ofs = 64;
	r.op.dbuf_create.buffer_sz += 4096;
	assert_int_equal(rig_do(&rig, 0, r), -EINVAL);
	r = allocation(10, RIG_WIDTH, RIG_HEIGHT);
	r.op.dbuf_create.buffer_sz += 4096;
	assert_int_equal(rig_do(&rig, 0, r), -EINVAL);
	r = allocation(10, RIG_WIDTH, RIG_HEIGHT);
	r.op.dbuf_create.buffer_sz = UINT32_MAX;
	assert_int_equal(rig_do(&rig, 0, r), -EINVAL);
	r = allocation(10, RIG_WIDTH, RIG_HEIGHT);
	r.op.dbuf_create.width = r.op.dbuf_create.height = r.op.dbuf_create.bpp = 0;
	assert_int_equal(rig_do(&rig, 0, r), -EINVAL);
	/* More than it may have is refused before the server hears of it: 1200 pages. */
	assert_int_equal(rig_do(&rig, 0, allocation(10, 1280, 1024)), -ENOSPC);
	assert_int_equal(rig.server.n_pools, 0);
}

static void a_refusal_is_the_guests_answer(void **state)
{
	start_server();
	clear_directory();
	rig.server.fails = EPERM;
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), -EPERM);
	assert_int_equal(directory(0)->refs[0], 0);
	rig.server.fails = 0;
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), 0);
}

static void without_a_server_there_is_none(void **state)
{
	clear_directory();
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), -ENODEV);
	/* One that comes in time has. */
	rig_ask(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT));
	start_server();
	assert_int_equal(rig_answer(&rig, 0).status, 0);
	assert_filled(0, PAGES);
}

/* The memory goes back where it came from. */
static void a_directory_that_is_too_short_ends_it(void **state)
{
	start_server();
	rig_directory(&rig, DIRECTORY, 0, 0, 0);
	assert_int_equal(rig_do(&rig, 0, allocation(10, SIDE, MANY * 1024 / SIDE)), -EINVAL);
	rig_wait(&rig, pool_is_released);
	clear_directory();
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), 0);
	assert_filled(1, PAGES);
}

static void the_end_is_answered_when_the_server_let_go(void **state)
{
	start_server();
	clear_directory();
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), 0);
	rig.server.is_slow = true;
	rig_ask(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10));
	rig_wait(&rig, pool_is_released);
	rig_run_ms(&rig, 50);
	assert_false(rig_has_answer(&rig, 0));
	rig_pool_unmapped(&rig, 0);
	assert_int_equal(rig_answer(&rig, 0).status, 0);
}

/* Pages of the guest's own are served without the server's word; these can't be. */
static void a_server_that_dawdles_has_none(void **state)
{
	start_server();
	clear_directory();
	rig.server.is_slow = true;
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), -ETIMEDOUT);
	assert_true(rig.server.pools[0].is_released);
	/* It comes after all: that is nobody's any more. */
	rig_pool_granted(&rig, 0);
	rig_run_ms(&rig, 50);
	assert_int_equal(directory(0)->refs[0], 0);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)), -ENOENT);
}

static void a_server_that_goes_meanwhile_has_none(void **state)
{
	start_server();
	clear_directory();
	rig.server.is_slow = true;
	rig_ask(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT));
	rig_wait(&rig, has_pool);
	rig_server_stop(&rig);
	assert_int_equal(rig_answer(&rig, 0).status, -ENODEV);
	/* The next one is asked anew. */
	start_server();
	rig.server.is_slow = true;
	rig_ask(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT));
	rig_wait(&rig, has_pool);
	rig_server_stop(&rig);
	start_server();
	assert_int_equal(rig_answer(&rig, 0).status, 0);
	assert_int_equal(rig.server.pools[0].width, RIG_WIDTH);
}

static void the_next_server_is_asked_for_the_same(void **state)
{
	start_server();
	clear_directory();
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)), 0);
	rig_server_stop(&rig);
	start_server();
	rig_wait(&rig, has_restored);
	assert_int_equal(rig.server.n_pools, 1);
	assert_int_equal(rig.server.pools[0].refs[0], RIG_FIRST_REF(0));
	assert_int_equal(rig.server.pools[0].pages, PAGES);
	assert_false(rig.stateless);
}

static void what_no_server_has_any_more_starts_over(void **state)
{
	start_server();
	clear_directory();
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), 0);
	rig_server_stop(&rig);
	rig_server_start(&rig);
	rig.server.restores_fail = ENOENT;
	rig_wait(&rig, is_stateless);
	assert_false(rig.faulted);
}

static void the_next_worker_asks_for_the_same(void **state)
{
	start_server();
	clear_directory();
	assert_int_equal(rig_do(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)), 0);
	rig_replace(&rig);
	rig_wait(&rig, has_restored);
	assert_int_equal(rig.server.pools[0].refs[0], RIG_FIRST_REF(0));
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_FB_DETACH, 100)), 0);
	assert_int_equal(rig_do(&rig, 0, rig_simple(DISPLIF_DBUF_DESTROY, 10)), 0);
	assert_true(rig.server.pools[0].is_released);
}

/* Killed when the memory was there and the directory was not filled: the guest's answer comes with it filled. */
static void a_half_made_one_is_finished_by_the_next_worker(void **state)
{
	struct displif_response response;

	start_server();
	clear_directory();
	rig.is_deaf = true;
	rig_ask(&rig, 0, allocation(10, RIG_WIDTH, RIG_HEIGHT));
	rig_wait(&rig, has_asked);
	rig.is_deaf = false;
	rig_replace(&rig);
	response = rig_answer(&rig, 0);
	assert_int_equal(response.operation, DISPLIF_DBUF_CREATE);
	assert_int_equal(response.status, 0);
	assert_filled(0, PAGES);
	assert_int_equal(rig_do(&rig, 0, rig_attach(10, 100, RIG_WIDTH, RIG_HEIGHT)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(the_guest_finds_what_it_may_map),
		TEST(a_directory_of_several_pages_is_filled),
		cmocka_unit_test_setup_teardown(without_permission_the_flag_means_nothing,
						start_without, stop),
		TEST(with_permission_a_guest_may_use_its_own),
		TEST(only_what_can_be_scanned_out_is_allocated),
		TEST(a_refusal_is_the_guests_answer),
		TEST(without_a_server_there_is_none),
		TEST(a_directory_that_is_too_short_ends_it),
		TEST(the_end_is_answered_when_the_server_let_go),
		TEST(a_server_that_dawdles_has_none),
		TEST(a_server_that_goes_meanwhile_has_none),
		TEST(the_next_server_is_asked_for_the_same),
		TEST(what_no_server_has_any_more_starts_over),
		TEST(the_next_worker_asks_for_the_same),
		TEST(a_half_made_one_is_finished_by_the_next_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
