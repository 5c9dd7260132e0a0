/* SPDX-License-Identifier: MIT */
/* Control ring, event page and owed flips, each against a guest that is played here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pvdispl/worker/events.h"
#include "pvdispl/worker/flips.h"
#include "pvdispl/worker/ring.h"

static _Alignas(4096) uint8_t page[4096];
static struct displif_ring *const shared = (void *)page;
static struct displif_event_page *const event_page = (void *)page;

static int clear(void **state)
{
	memset(page, 0, sizeof(page));
	return 0;
}

static void ask(uint16_t id)
{
	struct displif_request *r = &shared->slots[shared->req_prod % DISPLIF_RING_SIZE].request;

	memset(r, 0xee, sizeof(*r)); /* what an older request left */
	r->id = id;
	r->operation = DISPLIF_PG_FLIP;
	shared->req_prod++;
}

static void answer(struct back_ring *ring, uint16_t id)
{
	struct displif_response response = {.id = id, .operation = DISPLIF_PG_FLIP};

	back_ring_answer(ring, &response);
}

static void each_request_once_and_in_order(void **state)
{
	struct displif_request r;
	struct back_ring ring;

	back_ring_init(&ring, page, false);
	shared->rsp_event = 1;
	for (uint16_t i = 0; i < 1000; i++) {
		ask(i);
		assert_int_equal(back_ring_take(&ring, &r), 1);
		assert_int_equal(r.id, i);
		assert_int_equal(back_ring_take(&ring, &r), 0);
		answer(&ring, i);
		assert_int_equal(shared->rsp_prod, i);
		assert_true(back_ring_publish(&ring));
		assert_int_equal(shared->rsp_prod, i + 1);
		shared->rsp_event = shared->rsp_prod + 1;
	}
}

static void an_answer_replaces_the_whole_slot(void **state)
{
	static const uint8_t zeros[56];
	struct displif_request r;
	struct back_ring ring;

	back_ring_init(&ring, page, false);
	ask(7);
	assert_int_equal(back_ring_take(&ring, &r), 1);
	answer(&ring, 7);
	assert_int_equal(shared->slots[0].response.id, 7);
	assert_int_equal(shared->slots[0].response.operation, DISPLIF_PG_FLIP);
	assert_memory_equal((uint8_t *)&shared->slots[0] + 8, zeros, sizeof(zeros));
}

static void a_jump_of_the_producer_is_a_fault(void **state)
{
	static const uint32_t jumps[] = {DISPLIF_RING_SIZE + 1, 0x80000000u, UINT32_MAX};
	struct displif_request r;

	for (unsigned i = 0; i < ARRAY_SIZE(jumps); i++) {
		struct back_ring ring;

		clear(NULL);
		back_ring_init(&ring, page, false);
		shared->req_prod = jumps[i];
		assert_int_equal(back_ring_take(&ring, &r), -EPROTO);
	}
}

static void a_producer_that_takes_back_is_a_fault(void **state)
{
	struct displif_request r;
	struct back_ring ring;

	back_ring_init(&ring, page, false);
	ask(1);
	ask(2);
	assert_int_equal(back_ring_take(&ring, &r), 1);
	assert_int_equal(back_ring_take(&ring, &r), 1);
	shared->req_prod = 1;
	assert_int_equal(back_ring_take(&ring, &r), -EPROTO);
}

/* A slot is the guest's again when its answer is published, not when the request was taken. */
static void what_is_not_answered_takes_room(void **state)
{
	struct displif_request r;
	struct back_ring ring;

	back_ring_init(&ring, page, false);
	ask(1);
	assert_int_equal(back_ring_take(&ring, &r), 1);
	shared->req_prod += DISPLIF_RING_SIZE;
	assert_int_equal(back_ring_take(&ring, &r), -EPROTO);
}

static void answers_stay_inside_the_ring(void **state)
{
	static const uint8_t zeros[sizeof(page) - sizeof(struct displif_ring)];
	struct displif_request r;
	struct back_ring ring;

	back_ring_init(&ring, page, false);
	for (uint16_t i = 0; i < 2 * DISPLIF_RING_SIZE; i++) {
		ask(i);
		assert_int_equal(back_ring_take(&ring, &r), 1);
		answer(&ring, i);
		assert_int_equal(shared->slots[i % DISPLIF_RING_SIZE].response.id, i);
	}
	assert_memory_equal(page + sizeof(struct displif_ring), zeros, sizeof(zeros));
}

static void a_full_ring_is_no_fault(void **state)
{
	struct displif_request r;
	struct back_ring ring;

	back_ring_init(&ring, page, false);
	for (uint16_t i = 0; i < DISPLIF_RING_SIZE; i++) {
		ask(i);
	}
	for (unsigned i = 0; i < DISPLIF_RING_SIZE; i++) {
		assert_int_equal(back_ring_take(&ring, &r), 1);
	}
	assert_int_equal(back_ring_take(&ring, &r), 0);
}

static void nobody_is_notified_who_did_not_ask(void **state)
{
	struct displif_request r;
	struct back_ring ring;

	back_ring_init(&ring, page, false);
	ask(1);
	assert_int_equal(back_ring_take(&ring, &r), 1);
	answer(&ring, 1);
	shared->rsp_event = 5;
	assert_false(back_ring_publish(&ring));
	assert_false(back_ring_publish(&ring));
}

static void a_request_between_two_looks_is_seen(void **state)
{
	struct displif_request r;
	struct back_ring ring;

	back_ring_init(&ring, page, false);
	assert_int_equal(back_ring_take(&ring, &r), 0);
	ask(1);
	assert_true(back_ring_rearm(&ring));
	assert_int_equal(back_ring_take(&ring, &r), 1);
	assert_false(back_ring_rearm(&ring));
	assert_int_equal(shared->req_event, 2);
}

static void an_attached_ring_goes_on(void **state)
{
	struct displif_request r;
	struct back_ring ring;

	shared->req_prod = shared->rsp_prod = 40;
	ask(3);
	back_ring_init(&ring, page, true);
	assert_int_equal(back_ring_take(&ring, &r), 1);
	assert_int_equal(r.id, 3);
	answer(&ring, 3);
	back_ring_publish(&ring);
	assert_int_equal(shared->rsp_prod, 41);
}

static void event_ids_count_without_a_gap(void **state)
{
	struct events events;

	events_init(&events, page, false);
	for (uint32_t i = 0; i < 70000; i++) {
		assert_true(events_push_flip(&events, i + 1));
		assert_int_equal(event_page->in_prod, i + 1);
		assert_int_equal(event_page->events[i % DISPLIF_EVENTS].id, i & 0xffff);
		assert_true(event_page->events[i % DISPLIF_EVENTS].fb_cookie == i + 1);
		event_page->in_cons++;
	}
}

static void a_full_page_takes_no_event(void **state)
{
	struct events events;

	events_init(&events, page, false);
	for (unsigned i = 0; i < DISPLIF_EVENTS; i++) {
		assert_true(events_push_flip(&events, 1));
	}
	assert_false(events_push_flip(&events, 2));
	assert_int_equal(event_page->events[0].fb_cookie, 1);
	event_page->in_cons = 1;
	assert_true(events_push_flip(&events, 2));
	assert_int_equal(event_page->events[0].id, DISPLIF_EVENTS);
	event_page->in_cons = 1000; /* more than was ever produced */
	assert_false(events_push_flip(&events, 3));
}

static void ids_go_on_after_an_attach(void **state)
{
	struct events events;

	event_page->in_cons = event_page->in_prod = 65537;
	events_init(&events, page, true);
	assert_true(events_push_flip(&events, 1));
	assert_int_equal(event_page->events[65537 % DISPLIF_EVENTS].id, 1);
}

/* Adds and ends in any mix: each flip is due exactly once, and in order. */
static void each_flip_is_due_once(void **state)
{
	struct flips flips = {.first = UINT32_MAX - 50,
			      .due = UINT32_MAX - 50,
			      .end = UINT32_MAX - 50};
	uint64_t added = 0, told = 0;
	uint32_t marks[8] = {0};

	for (unsigned i = 0; i < 8; i++) {
		marks[i] = flips.end;
	}
	for (unsigned i = 0; i < 10000; i++) {
		unsigned dice = (i * 2654435761u) >> 27;

		if (dice < 16 && !flips_full(&flips)) {
			flips_add(&flips, ++added);
			marks[dice % 8] = flips.end;
		} else if (dice < 20) {
			flips_done(&flips, marks[dice % 8]);
		} else if (flips_due(&flips)) {
			assert_true(flips.cookies[flips.first % FLIPS_MAX] == ++told);
			flips.first++;
		}
		assert_true(flips.end - flips.first <= FLIPS_MAX);
		assert_true(flips.due - flips.first <= flips.end - flips.first);
	}
	flips_done(&flips, flips.end);
	assert_false(flips_waiting(&flips));
	assert_true(told + (flips.end - flips.first) == added);
	assert_true(told > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_request_once_and_in_order, clear),
		cmocka_unit_test_setup(an_answer_replaces_the_whole_slot, clear),
		cmocka_unit_test_setup(a_jump_of_the_producer_is_a_fault, clear),
		cmocka_unit_test_setup(a_producer_that_takes_back_is_a_fault, clear),
		cmocka_unit_test_setup(a_full_ring_is_no_fault, clear),
		cmocka_unit_test_setup(what_is_not_answered_takes_room, clear),
		cmocka_unit_test_setup(answers_stay_inside_the_ring, clear),
		cmocka_unit_test_setup(nobody_is_notified_who_did_not_ask, clear),
		cmocka_unit_test_setup(a_request_between_two_looks_is_seen, clear),
		cmocka_unit_test_setup(an_attached_ring_goes_on, clear),
		cmocka_unit_test_setup(event_ids_count_without_a_gap, clear),
		cmocka_unit_test_setup(a_full_page_takes_no_event, clear),
		cmocka_unit_test_setup(ids_go_on_after_an_attach, clear),
		cmocka_unit_test(each_flip_is_due_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
