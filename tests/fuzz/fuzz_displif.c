/* SPDX-License-Identifier: MIT */
/*
 * A hostile guest at the control ring: the input is requests and jumps of the producer, and the
 * slots are overwritten as soon as one was taken. What is accepted must be inside the limits that
 * the rest relies on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pvdispl/worker/displif_parse.h"
#include "pvdispl/worker/ring.h"

static _Alignas(4096) uint8_t page[4096];

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_dbuf(const struct command_dbuf_create *command)
{
	check(command->cookie != 0 && command->directory != 0);
	check(command->geometry.pages >= 1 && command->geometry.pages <= GEOMETRY_MAX_PAGES);
	check(command->geometry.offset < (uint64_t)command->geometry.pages * 4096);
	check(command->geometry.width <= GEOMETRY_MAX_SIDE);
}

static void check_fb(const struct command_fb_attach *command, const struct geometry_dbuf *dbuf)
{
	struct geometry_fb fb;
	struct rect shown;

	check(command->format && command->fb != 0 && command->dbuf != 0);
	if (geometry_cut_fb(dbuf, command->untrusted_width, command->untrusted_height,
			    command->format->bytes_per_pixel, &fb) < 0) {
		return;
	}
	check(fb.offset + (uint64_t)fb.stride * fb.height <= (uint64_t)dbuf->pages * 4096);
	check(fb.stride >= (uint64_t)fb.width * command->format->bytes_per_pixel);
	if (geometry_shown(&fb, command->untrusted_height, command->untrusted_width, 640, 480,
			   &shown) == 0) {
		check(shown.w > 0 && shown.h > 0);
		check((uint32_t)(shown.x + shown.w) <= fb.width &&
		      (uint32_t)(shown.y + shown.h) <= fb.height);
	}
}

static void take(struct back_ring *ring, struct geometry_dbuf *dbuf)
{
	struct displif_request untrusted;
	struct displif_command command;

	if (back_ring_take(ring, &untrusted) != 1) {
		return;
	}
	/* What was copied must not change with the page any more. */
	memset(page + offsetof(struct displif_ring, slots), 0xa5, sizeof(ring->shared->slots));
	if (displif_parse(&untrusted, true, &command) == 0) {
		if (command.operation == DISPLIF_DBUF_CREATE) {
			check_dbuf(&command.u.dbuf_create);
			*dbuf = command.u.dbuf_create.geometry;
		} else if (command.operation == DISPLIF_FB_ATTACH) {
			check_fb(&command.u.fb_attach, dbuf);
		}
	}
	back_ring_answer(ring, &(struct displif_response){.id = command.id});
	check(ring->req_cons - ring->rsp_prod <= DISPLIF_RING_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct displif_ring *shared = (void *)page;
	struct geometry_dbuf dbuf = {.pages = 1};
	struct back_ring ring;

	memset(page, 0, sizeof(page));
	back_ring_init(&ring, page, size > 0 && data[0] & 1);
	/* Steps: how far the producer goes, then 64 bytes for the slot that comes next. */
	for (; size > 65; data += 65, size -= 65) {
		memcpy(&shared->slots[ring.req_cons % DISPLIF_RING_SIZE], data + 1, 64);
		shared->req_prod += data[0] & 0x80 ? data[0] : 1;
		shared->rsp_event = data[0];
		take(&ring, &dbuf);
		back_ring_publish(&ring);
		back_ring_rearm(&ring);
	}
	return 0;
}
