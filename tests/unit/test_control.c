/* SPDX-License-Identifier: MIT */
/* What the control interface measures and what it lets through: ages, latencies, and the framing of its clients' bytes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/control/wire_parse.h"
#include "compositor/wayland/guest_input.h"
#include "tests/scene_fixture.h"

/* ---- framing ---- */

#define GREETING "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"

/* As its caller does: again from where it stopped. The bytes that were taken, or what it complained of. */
static ssize_t take_all(struct wire *wire, const void *bytes, size_t size)
{
	size_t taken = 0;

	while (taken < size) {
		ssize_t n = wire_take(wire, (const uint8_t *)bytes + taken, size - taken);

		if (n < 0) {
			return n;
		}
		assert_true(n > 0);
		taken += (size_t)n;
	}
	return (ssize_t)taken;
}

static void put(uint8_t *at, uint32_t value, bool is_big)
{
	for (unsigned i = 0; i < 4; i++) {
		at[is_big ? 3 - i : i] = (uint8_t)(value >> (8 * i));
	}
}

/* Returns its size. */
static size_t message(uint8_t *out, uint32_t body, uint32_t fields, bool is_big)
{
	size_t size = WIRE_HEADER + ((fields + 7) & ~(size_t)7) + body;

	memset(out, 0xee, size);
	out[0] = is_big ? 'B' : 'l';
	out[1] = 1;
	out[2] = 0;
	out[3] = 1;
	put(out + 4, body, is_big);
	put(out + 8, 1, is_big);
	put(out + 12, fields, is_big);
	return size;
}

static size_t conversation(uint8_t *out)
{
	static const uint32_t bodies[] = {0, 1, 7, 8, 500, 7000};
	size_t size = sizeof(GREETING) - 1;

	memcpy(out, GREETING, size);
	for (unsigned i = 0; i < ARRAY_SIZE(bodies); i++) {
		size += message(out + size, bodies[i], 93 + i, i % 2);
	}
	return size;
}

static void messages_are_told_apart_however_they_come(void **state)
{
	static uint8_t bytes[32768];
	size_t size = conversation(bytes);

	(void)state;
	for (size_t step = 1; step < size; step += step < 80 ? 1 : 977) {
		struct wire wire = {0};

		for (size_t at = 0; at < size; at += step) {
			size_t n = MIN(step, size - at);

			assert_int_equal(take_all(&wire, bytes + at, n), n);
		}
		assert_int_equal(wire.phase, WIRE_MESSAGES);
		assert_int_equal(wire.left, 0);
		assert_int_equal(wire.have, 0);
	}
}

static void it_stops_where_the_messages_begin(void **state)
{
	static uint8_t bytes[32768];
	size_t size = conversation(bytes);
	struct wire wire = {0};

	(void)state;
	assert_int_equal(wire_take(&wire, bytes, size), sizeof(GREETING) - 1);
	assert_int_equal(wire_take(&wire, bytes + sizeof(GREETING) - 1, 100), 100);
}

/* Whatever a header says: nothing longer than the limit is let through, in 32 bits or beyond. */
static void long_messages_end_the_client(void **state)
{
	static const uint32_t sizes[] = {0,          1,          4000,       8000,
					 8160,       8168,       8169,       8192,
					 8193,       0x08000000, 0x7fffffff, 0x80000000,
					 0xfffffff0, 0xfffffff8, 0xfffffffe, 0xffffffff};
	unsigned good = 0, bad = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(sizes) * 2; i++) {
		uint32_t body = sizes[i / 2 % ARRAY_SIZE(sizes)];
		uint32_t fields = sizes[i / 2 / ARRAY_SIZE(sizes)];
		uint64_t whole = WIRE_HEADER + (((uint64_t)fields + 7) & ~7ull) + body;
		struct wire wire = {.phase = WIRE_MESSAGES};
		uint8_t header[WIRE_HEADER] = {i % 2 ? 'B' : 'l', 1, 0, 1};
		ssize_t ret;

		put(header + 4, body, i % 2);
		put(header + 12, fields, i % 2);
		ret = wire_take(&wire, header, sizeof(header));
		if (whole <= WIRE_MESSAGE_MAX - 8) {
			assert_int_equal(ret, WIRE_HEADER);
			assert_int_equal(wire.left, whole - WIRE_HEADER);
			good++;
		} else if (whole > WIRE_MESSAGE_MAX) {
			assert_int_equal(ret, -EMSGSIZE);
			bad++;
		}
	}
	assert_true(good > 20 && bad > 200);
}

static void what_is_no_dbus_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		int ret;
	} cases[] = {
		{"AUTH EXTERNAL\r\n", 15, -EPROTO},
		{"\0BEGINNING\r\n", 12, -EPROTO},
		{"\0BEGIN \r\n", 9, -EPROTO},
		{"\0BEGIN\r\r\n", 9, -EPROTO},
		{"\0BEGIN\r\nGET / HTTP/1.0\r\n\r\n", 26, -EPROTO},
		{"\0BEGIN\r\nl\1\0\2aaaabbbbcccc", 24, -EPROTO},
		{"\0 BEGIN\r\n", 9, 9},
		{"\0BEGI\r\n", 7, 7},
		{"\0BEGIN\n", 7, 7},
	};
	static uint8_t endless[WIRE_AUTH_MAX + 8];
	struct wire wire = {0};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		wire = (struct wire){0};
		assert_int_equal(take_all(&wire, cases[i].bytes, cases[i].size), cases[i].ret);
		assert_true(cases[i].ret < 0 || wire.phase == WIRE_AUTH);
	}
	memset(endless, 'A', sizeof(endless));
	endless[0] = 0;
	wire = (struct wire){0};
	assert_int_equal(take_all(&wire, endless, sizeof(endless)), -EMSGSIZE);
}

/* ---- latency of input ---- */

static uint32_t last_mark;
static uint64_t last_latency_ns;
static unsigned last_device;

static void tell_key(void *data, uint32_t code, bool pressed)
{
}

static void tell_mark(void *data, uint32_t serial)
{
	last_mark = serial;
}

static void tell_done(void *data, const struct input_origin *origin, uint64_t latency_ns)
{
	last_latency_ns = latency_ns;
	last_device = origin->device;
}

static const struct guest_input_ops input_ops = {.key = tell_key,
						 .mark = tell_mark,
						 .done = tell_done};

/* A key of the device's time event_ns, handed on at now_ns. */
static void key(struct guest_input *input, bool pressed, uint64_t event_ns, uint64_t now_ns)
{
	guest_input_key(input, 30, pressed);
	guest_input_event(input, &(struct input_origin){
					 .event_ns = event_ns,
					 .device = event_ns ? 3 : SEAT_MAX_DEVICES,
				 });
	guest_input_frame(input, now_ns);
}

static void latency_is_from_the_device_to_the_ring(void **state)
{
	static struct guest_input input;

	(void)state;
	guest_input_init(&input, &input_ops, NULL);
	key(&input, true, 1000, 1500);
	assert_int_equal(input.latency.count, 0);
	assert_int_equal(guest_input_credit(&input, last_mark, UINT64_MAX, 3000), 0);
	assert_int_equal(last_latency_ns, 2000);
	/* Without a device's time, as when the focus changes: from where it was handed on. */
	key(&input, false, 0, 4000);
	assert_int_equal(guest_input_credit(&input, last_mark, UINT64_MAX, 4100), 0);
	assert_int_equal(last_latency_ns, 100);
	/* A mark again, or a forged one, is no answer. */
	assert_int_equal(guest_input_credit(&input, last_mark, UINT64_MAX, 9000), 0);
	assert_int_equal(guest_input_credit(&input, last_mark + 1, UINT64_MAX, 9000), -EINVAL);
	assert_int_equal(input.latency.count, 2);
}

/* A worker says when the guest was notified; not before the event, and not after now. */
static void a_worker_can_not_lie_about_when(void **state)
{
	static struct guest_input input;

	(void)state;
	guest_input_init(&input, &input_ops, NULL);
	key(&input, true, 1000, 1500);
	assert_int_equal(guest_input_credit(&input, last_mark, 1800, 3000), 0);
	assert_int_equal(last_latency_ns, 800);
	assert_int_equal(last_device, 3);
	key(&input, false, 5000, 5000);
	assert_int_equal(guest_input_credit(&input, last_mark, 4999, 6000), 0);
	assert_int_equal(last_latency_ns, 0);
	key(&input, true, 5000, 5000);
	assert_int_equal(guest_input_credit(&input, last_mark, 7001, 7000), 0);
	assert_int_equal(last_latency_ns, 2000);
	key(&input, false, 0, 8000);
	assert_int_equal(guest_input_credit(&input, last_mark, 8003, 9000), 0);
	assert_int_equal(last_latency_ns, 3);
	assert_int_equal(last_device, SEAT_MAX_DEVICES);
}

static void each_group_is_measured_though_credit_comes_for_all(void **state)
{
	static struct guest_input input;

	(void)state;
	guest_input_init(&input, &input_ops, NULL);
	for (unsigned i = 0; i < 10; i++) {
		key(&input, i % 2 == 0, 1000 + i, 1000 + i);
	}
	/* A new worker has none of the old objects; what was under way is still owed. */
	guest_input_reset(&input);
	assert_int_equal(guest_input_credit(&input, last_mark, UINT64_MAX, 2009), 0);
	assert_int_equal(input.latency.count, 10);
	assert_int_equal(input.latency.largest, 1009);
	assert_int_equal(last_latency_ns, 1000);
}

/* Kept back for want of credit: as old as the device says, however late it goes out. */
static void what_was_kept_back_is_old(void **state)
{
	static struct guest_input input;

	(void)state;
	guest_input_init(&input, &input_ops, NULL);
	for (unsigned i = 0; i < CREDIT_GROUPS; i++) {
		key(&input, i % 2 == 0, 100, 100);
	}
	key(&input, true, 200, 200);
	key(&input, false, 300, 300);
	assert_int_equal(guest_input_credit(&input, last_mark, UINT64_MAX, 10000), 0);
	assert_int_equal(input.latency.count, CREDIT_GROUPS);
	assert_int_equal(guest_input_credit(&input, last_mark, UINT64_MAX, 20200), 0);
	assert_int_equal(input.latency.largest, 20000);
	key(&input, true, 30000, 30000);
	assert_int_equal(guest_input_credit(&input, last_mark, UINT64_MAX, 30007), 0);
	assert_int_equal(last_latency_ns, 7);
}

/* ---- ages of pictures ---- */

struct world {
	struct scene *scene;
	struct scene_output *output;
	struct scene_guest *guest;
	struct scene_head *head;
	struct test_buffer *buffer;
	unsigned told;
	uint64_t told_commit_ns;
};

static void handle_picture_shown(void *data, struct scene_head *head, uint64_t commit_ns,
				 const struct presented *how)
{
	struct world *world = data;

	assert_ptr_equal(head, world->head);
	world->told++;
	world->told_commit_ns = commit_ns;
}

static const struct scene_events events = {.picture_shown = handle_picture_shown};

static void world_start(struct world *world)
{
	*world = (struct world){.scene = scene_create(&events, world)};
	world->output = scene_output_add(world->scene, "A", 400, 300, 60000, NULL);
	world->guest = scene_guest_add(world->scene, "work", NULL);
	world->head = scene_head_add(world->guest, 0, 100, 80, NULL);
	scene_set_front(world->scene, world->guest);
	world->buffer = test_buffer_create(100, 80, TEST_XR24, 0);
}

static void world_stop(struct world *world)
{
	scene_head_remove(world->head);
	scene_guest_remove(world->guest);
	scene_output_remove(world->output);
	scene_destroy(world->scene);
	buffer_drop(&world->buffer->base);
}

static void commit(struct world *world, uint64_t time_ns)
{
	const struct head_commit commit = {
		.buffer = &world->buffer->base,
		.src = {0, 0, 100, 80},
		.time_ns = time_ns,
	};

	scene_head_commit(world->head, &commit);
}

static void frame(struct world *world, uint64_t flip_ns)
{
	const struct presented how = {.time_ns = flip_ns};
	struct frame frame;

	if (scene_output_latch(world->output, 0, &frame)) {
		scene_output_committed(world->output, true);
		assert_true(scene_output_in_flight(world->output));
		scene_output_presented(world->output, &how);
	}
	frame_finish(&frame);
	assert_false(scene_output_in_flight(world->output));
}

static void an_age_is_from_the_commit_to_its_flip(void **state)
{
	struct world world;

	(void)state;
	world_start(&world);
	commit(&world, 1000);
	frame(&world, 1700);
	assert_int_equal(world.head->ages.count, 1);
	assert_int_equal(world.head->ages.largest, 700);
	assert_int_equal(world.told, 1);
	assert_int_equal(world.told_commit_ns, 1000);
	/* The one that a newer one replaced is not shown: its age is nobody's. */
	commit(&world, 2000);
	commit(&world, 2400);
	frame(&world, 2600);
	assert_int_equal(world.head->ages.count, 2);
	assert_int_equal(world.told_commit_ns, 2400);
	assert_int_equal(world.head->frames, 2);
	world_stop(&world);
}

/* What is in front goes to monitor B alone. */
static void move_to_b(struct world *world)
{
	static const struct layout layout = {
		.name = "b",
		.outputs = {{
			.name = "A",
			.regions = {{.shows = LAYOUT_NOTHING, .w = 1, .h = 1}},
			.n_regions = 1,
		}},
		.n_outputs = 1,
	};

	world->output = scene_output_add(world->scene, "B", 400, 300, 60000, NULL);
	assert_int_equal(scene_set_layout(world->scene, &layout), 0);
	assert_ptr_equal(world->head->output, world->output);
}

/* Drawn again on the same monitor or on another one, a picture is not young a second time. */
static void a_picture_has_one_age(void **state)
{
	struct scene_output *first;
	struct world world;

	(void)state;
	world_start(&world);
	commit(&world, 1000);
	frame(&world, 1700);
	scene_output_damage_all(world.output);
	frame(&world, 99000);
	assert_int_equal(world.head->ages.count, 1);
	first = world.output;
	move_to_b(&world);
	frame(&world, 199000);
	assert_int_equal(world.output->frames, 1);
	assert_non_null(scene_head_buffer(world.head));
	assert_int_equal(world.told, 1);
	assert_int_equal(world.head->ages.largest, 700);
	scene_output_remove(first);
	world_stop(&world);
}

/* The whole of it, whatever was drawn before, and nothing about frames is changed by looking. */
static void a_picture_on_request_changes_nothing(void **state)
{
	struct world world;
	struct frame frame_of, picture;
	unsigned n;

	(void)state;
	world_start(&world);
	commit(&world, 1000);
	frame(&world, 1700);
	scene_output_picture(world.output, &picture);
	n = picture.n_layers;
	assert_true(n >= 3);
	assert_int_equal(picture.damage.extents.x2, 400);
	assert_int_equal(picture.damage.extents.y2, 300);
	assert_int_equal(picture.layers[n - 1].kind, LAYER_STRIP);
	frame_finish(&picture);
	assert_false(scene_output_latch(world.output, 1, &frame_of));
	frame_finish(&frame_of);
	assert_int_equal(world.output->frames, 1);
	world_stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_told_apart_however_they_come),
		cmocka_unit_test(it_stops_where_the_messages_begin),
		cmocka_unit_test(long_messages_end_the_client),
		cmocka_unit_test(what_is_no_dbus_is_refused),
		cmocka_unit_test(latency_is_from_the_device_to_the_ring),
		cmocka_unit_test(a_worker_can_not_lie_about_when),
		cmocka_unit_test(each_group_is_measured_though_credit_comes_for_all),
		cmocka_unit_test(what_was_kept_back_is_old),
		cmocka_unit_test(an_age_is_from_the_commit_to_its_flip),
		cmocka_unit_test(a_picture_has_one_age),
		cmocka_unit_test(a_picture_on_request_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
