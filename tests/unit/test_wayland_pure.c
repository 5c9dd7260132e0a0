/* SPDX-License-Identifier: MIT */
/*
 * The parts of the protocol side that only compute: buffer geometry, EDID, credit, and what a guest
 * is told of input.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/wayland/buffer_parse.h"
#include "compositor/wayland/credit.h"
#include "compositor/wayland/edid.h"
#include "compositor/wayland/guest_input.h"

#define XRGB8888 0x34325258u
#define RGB565 0x36314752u
#define RGB888 0x34324752u

/* ---- buffers ---- */

/* Byte by byte: does each pixel of each row lie inside the pool, and rows apart from each other? */
static bool covered(const struct buffer_request *request, uint64_t pool, unsigned bytes_per_pixel)
{
	for (uint64_t y = 0; y < request->height; y++) {
		for (uint64_t b = 0; b < (uint64_t)request->width * bytes_per_pixel; b++) {
			if (request->offset + y * request->stride + b >= pool ||
			    (b >= request->stride)) {
				return false;
			}
		}
	}
	return request->width > 0 && request->height > 0;
}

static void test_buffer_small_scope(void **state)
{
	static const struct {
		uint32_t fourcc;
		unsigned bytes;
	} formats[] = {{XRGB8888, 4}, {RGB565, 2}, {RGB888, 3}};
	struct buffer_request r;
	struct buffer_shape shape;
	unsigned accepted = 0, refused = 0;

	for (unsigned f = 0; f < 3; f++) {
		r.format = formats[f].fourcc;
		for (r.offset = 0; r.offset < 6; r.offset++) {
			for (r.width = 0; r.width < 5; r.width++) {
				for (r.height = 0; r.height < 5; r.height++) {
					for (r.stride = 0; r.stride < 18; r.stride++) {
						for (uint64_t pool = 0; pool < 48; pool++) {
							bool good = covered(&r, pool,
									    formats[f].bytes);
							int ret = buffer_check(&r, pool, &shape);

							assert_int_equal(ret, good ? 0 : -EINVAL);
							accepted += good;
							refused += !good;
						}
					}
				}
			}
		}
	}
	assert_true(accepted > 1000 && refused > 1000);
}

static void test_buffer_extremes(void **state)
{
	const struct {
		struct buffer_request request;
		uint64_t pool;
		int ret;
	} cases[] = {
		/* 32-bit products that wrap round to something small. */
		{{0, 0x40000001, 1, 4, XRGB8888}, 4096, -EINVAL},
		{{0, 1, 0x40000001, 4, XRGB8888}, 4096, -EINVAL},
		{{0, 16384, 16384, 0x40000, XRGB8888}, 4096, -EINVAL},
		{{0, 16, 16384, 0x7fffffff, XRGB8888}, 1ull << 50, 0},
		{{0, 16, 16384, 0x80000000, XRGB8888}, 1ull << 50, -EINVAL},
		{{0xffffffff, 1, 1, 4, XRGB8888}, 3, -EINVAL},
		{{0xfffffffc, 1, 1, 4, XRGB8888}, 1ull << 32, 0},
		{{0xfffffffd, 1, 1, 4, XRGB8888}, 1ull << 32, -EINVAL},
		{{0, 16385, 1, 65540, XRGB8888}, 1ull << 30, -EINVAL},
		{{0, 16384, 16384, 65536, XRGB8888}, 1ull << 30, 0},
		{{0, 16384, 16384, 65536, XRGB8888}, (1ull << 30) - 1, -EINVAL},
		{{0, 1, 1, 4, 0}, 4096, -ENOTSUP},
		{{0, 1, 1, 4, 0x3231564e}, 4096, -ENOTSUP},
	};
	struct buffer_shape shape;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(buffer_check(&cases[i].request, cases[i].pool, &shape),
				 cases[i].ret);
	}
}

/* ---- EDID, read back as a guest's driver would ---- */

struct timing {
	unsigned width, height, h_total, v_total, clock_10khz;
};

static struct timing edid_timing(const uint8_t *edid)
{
	const uint8_t *d = edid + 54;
	struct timing t = {
		.width = d[2] | (d[4] & 0xf0u) << 4,
		.height = d[5] | (d[7] & 0xf0u) << 4,
		.clock_10khz = d[0] | d[1] << 8,
	};

	t.h_total = t.width + (d[3] | (d[4] & 0x0fu) << 8);
	t.v_total = t.height + (d[6] | (d[7] & 0x0fu) << 8);
	return t;
}

static void assert_sound(const uint8_t *edid)
{
	static const uint8_t header[8] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
	const uint8_t *d = edid + 54;
	unsigned sum = 0, h_front = d[8] | (d[11] & 0xc0u) << 2,
		 h_sync = d[9] | (d[11] & 0x30u) << 4;
	unsigned v_front = d[10] >> 4, v_sync = d[10] & 0xf;
	struct timing t = edid_timing(edid);

	for (unsigned i = 0; i < EDID_SIZE; i++) {
		sum += edid[i];
	}
	assert_int_equal(sum % 256, 0);
	assert_memory_equal(edid, header, sizeof(header));
	assert_int_equal(edid[18], 1);
	assert_int_equal(edid[19], 4);
	assert_int_equal(edid[126], 0);
	/* The pulse and its front porch fit into the blanking. */
	assert_true(h_front + h_sync < t.h_total - t.width);
	assert_true(v_front + v_sync < t.v_total - t.height);
	assert_true(t.clock_10khz > 0);
}

static void assert_mode(unsigned width, unsigned height, unsigned refresh_mhz, bool exact_rate)
{
	uint8_t edid[EDID_SIZE];
	struct timing t;
	double rate;

	edid_build(edid, width, height, refresh_mhz, "work");
	assert_sound(edid);
	t = edid_timing(edid);
	assert_int_equal(t.width, width);
	assert_int_equal(t.height, height);
	rate = t.clock_10khz * 1e7 / ((double)t.h_total * t.v_total);
	if (exact_rate) {
		assert_true(rate > refresh_mhz * 0.995 && rate < refresh_mhz * 1.005);
	}
}

static void test_edid_modes(void **state)
{
	assert_mode(640, 480, 60000, true);
	assert_mode(1264, 760, 60000, true);
	assert_mode(1920, 1080, 59940, true);
	assert_mode(3840, 2160, 60000, true);
	assert_mode(1080, 1920, 144000, true);
	assert_mode(2560, 1440, 30000, true);
	/* More than the format's clock can say: a lower rate. */
	assert_mode(4095, 4095, 60000, false);
	assert_mode(1, 1, 60000, false);
	assert_mode(1024, 768, 0, false);
}

static void test_edid_too_large(void **state)
{
	uint8_t edid[EDID_SIZE];
	struct timing t;

	edid_build(edid, 7680, 4320, 60000, "work");
	assert_sound(edid);
	t = edid_timing(edid);
	assert_int_equal(t.width, 4095);
	assert_int_equal(t.height, 2303);
	edid_build(edid, 1, 1000000, 60000, "work");
	assert_sound(edid);
	t = edid_timing(edid);
	assert_int_equal(t.width, 1);
	assert_int_equal(t.height, 4095);
}

static void test_edid_names(void **state)
{
	uint8_t edid[EDID_SIZE];

	edid_build(edid, 640, 480, 60000, "work");
	assert_sound(edid);
	assert_memory_equal(edid + 72, "\0\0\0\xfc\0work\n        ", 18);
	edid_build(edid, 640, 480, 60000, "a-name-of-thirty-two-characters!");
	assert_sound(edid);
	assert_memory_equal(edid + 72, "\0\0\0\xfc\0a-name-of-thi", 18);
}

/* ---- credit ---- */

static void test_credit_bounds(void **state)
{
	struct credit credit;

	credit_init(&credit);
	assert_int_equal(credit_return(&credit, 0), -EINVAL);
	assert_int_equal(credit_return(&credit, 1), -EINVAL);
	for (uint32_t i = 1; i <= CREDIT_GROUPS; i++) {
		assert_true(credit_left(&credit));
		assert_true(credit_deadline(&credit) == UINT64_MAX);
		assert_int_equal(credit_take(&credit, 5), i);
	}
	assert_false(credit_left(&credit));
	assert_true(credit_deadline(&credit) == 5 + NSEC_PER_SEC);
	assert_int_equal(credit_return(&credit, CREDIT_GROUPS + 1), -EINVAL);
	assert_int_equal(credit_return(&credit, 0), -EINVAL);
	assert_int_equal(credit_return(&credit, 10), 0);
	assert_true(credit_deadline(&credit) == UINT64_MAX);
	/* An older one again frees nothing. */
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(credit_left(&credit));
		credit_take(&credit, 6);
		assert_int_equal(credit_return(&credit, 3), 0);
	}
	assert_false(credit_left(&credit));
}

static void test_credit_wraps(void **state)
{
	struct credit credit;

	credit_init(&credit);
	credit.sent = credit.returned = UINT32_MAX - 2;
	for (int i = 0; i < 5; i++) {
		credit_take(&credit, 1);
	}
	assert_int_equal(credit_return(&credit, 0), 0);
	assert_int_equal(credit.sent - credit.returned, 2);
	assert_int_equal(credit_return(&credit, 2), 0);
	assert_int_equal(credit.sent - credit.returned, 0);
	assert_int_equal(credit_return(&credit, 3), -EINVAL);
}

/* ---- what a guest is told ---- */

/* The guest: believes exactly what it is told. */
struct model {
	struct guest_input input;
	bool keys[GUEST_INPUT_CODES], buttons[GUEST_INPUT_CODES], ids[64], keyboard;
	struct seat_head *over;
	double x, y, dx;
	int wheel;
	bool headless; /* no head is left to be named */
	unsigned events, unmarked, marks, under_way;
	uint32_t newest;
	char order[4096]; /* of keys, buttons, focus and places, in words */
};

static void note(struct model *model, const char *fmt, ...) PRINTF(2, 3);

static void note(struct model *model, const char *fmt, ...)
{
	size_t used = strlen(model->order);
	va_list args;

	va_start(args, fmt);
	vsnprintf(model->order + used, sizeof(model->order) - used, fmt, args);
	va_end(args);
}

static void count(struct model *model)
{
	model->events++;
	model->unmarked++;
}

static void on_focus(void *data, bool has_it)
{
	struct model *model = data;

	assert_true(model->keyboard != has_it);
	model->keyboard = has_it;
	note(model, "focus%c ", has_it ? '+' : '-');
	count(model);
}

static void on_key(void *data, uint32_t code, bool pressed)
{
	struct model *model = data;

	assert_true(model->keys[code] != pressed);
	model->keys[code] = pressed;
	note(model, "%u%c ", code, pressed ? '+' : '-');
	count(model);
}

static void on_button(void *data, uint32_t code, bool pressed)
{
	struct model *model = data;

	assert_true(model->buttons[code] != pressed);
	model->buttons[code] = pressed;
	note(model, "button%c ", pressed ? '+' : '-');
	count(model);
}

static void on_enter(void *data, struct seat_head *head, double x, double y)
{
	struct model *model = data;

	assert_ptr_not_equal(model->over, head);
	assert_true(!head || !model->headless);
	model->over = head;
	model->x = x;
	model->y = y;
	count(model);
}

static void on_motion(void *data, double x, double y)
{
	struct model *model = data;

	assert_non_null(model->over);
	model->x = x;
	model->y = y;
	note(model, "to%g ", x);
	count(model);
}

static void on_relative(void *data, double dx, double dy)
{
	struct model *model = data;

	model->dx += dx;
	count(model);
}

static void on_axis(void *data, enum seat_axis axis, int v120)
{
	struct model *model = data;

	model->wheel += v120;
	count(model);
}

static void on_down(void *data, struct seat_head *head, int id, double x, double y)
{
	struct model *model = data;

	assert_non_null(head);
	assert_in_range(id, 0, SEAT_MAX_CONTACTS - 1);
	assert_false(model->ids[id]);
	for (int i = 0; i < id; i++) {
		assert_true(model->ids[i]); /* the lowest that is free */
	}
	model->ids[id] = true;
	count(model);
}

static void on_move(void *data, int id, double x, double y)
{
	struct model *model = data;

	assert_true(model->ids[id]);
	count(model);
}

static void on_up(void *data, int id)
{
	struct model *model = data;

	assert_true(model->ids[id]);
	model->ids[id] = false;
	count(model);
}

static void on_mark(void *data, uint32_t serial)
{
	struct model *model = data;

	assert_true(model->unmarked > 0);
	model->unmarked = 0;
	model->newest = serial;
	model->marks++;
	model->under_way++;
	assert_true(model->under_way <= CREDIT_GROUPS);
}

static void on_done(void *data, const struct input_origin *origin, uint64_t latency_ns)
{
}

static const struct guest_input_ops model_ops = {on_focus,    on_key,    on_enter, on_motion,
						 on_relative, on_button, on_axis,  on_down,
						 on_move,     on_up,     on_mark,  on_done};

static int head_a, head_b, head_gone;
#define HEAD_A ((struct seat_head *)&head_a)
#define HEAD_B ((struct seat_head *)&head_b)
/* One that was forgotten: to be left, never to be named. */
#define HEAD_GONE ((struct seat_head *)&head_gone)

static void acknowledge(struct model *model)
{
	model->under_way = 0;
	if (model->newest) {
		assert_int_equal(guest_input_credit(&model->input, model->newest, UINT64_MAX, 1), 0);
	}
}

static void tap(struct model *model, uint32_t code, bool pressed)
{
	guest_input_key(&model->input, code, pressed);
	guest_input_frame(&model->input, 1);
}

static void exhaust(struct model *model)
{
	acknowledge(model);
	for (unsigned i = 0; i < CREDIT_GROUPS; i++) {
		guest_input_relative(&model->input, 1, 0);
		guest_input_frame(&model->input, 1);
	}
	assert_int_equal(model->under_way, CREDIT_GROUPS);
	model->dx = 0;
	model->events = 0;
}

static void test_input_release_survives(void **state)
{
	struct model model = {0};

	guest_input_init(&model.input, &model_ops, &model);
	tap(&model, 30, true);
	acknowledge(&model);
	exhaust(&model);
	tap(&model, 30, false);
	tap(&model, 31, true);
	tap(&model, 31, false);
	tap(&model, 32, true);
	guest_input_relative(&model.input, 2, 0);
	guest_input_frame(&model.input, 1);
	guest_input_relative(&model.input, 3, 0);
	guest_input_frame(&model.input, 1);
	assert_int_equal(model.events, 0);
	assert_true(model.keys[30]);
	acknowledge(&model);
	assert_false(model.keys[30]);
	assert_false(model.keys[31]);
	assert_true(model.keys[32]);
	/* Motion came as one event. */
	assert_true(model.dx == 5);
	assert_int_equal(model.events, 5);
}

/* All that is kept back, however many times credit has to come. */
static void catch_up(struct model *model)
{
	do {
		acknowledge(model);
	} while (model->input.behind);
}

/* A worker that stalls for a moment while somebody types: not one key is lost or out of order. */
static void test_input_typing_survives(void **state)
{
	struct model model = {0};
	char expected[4096] = "";

	guest_input_init(&model.input, &model_ops, &model);
	exhaust(&model);
	model.order[0] = '\0';
	for (uint32_t i = 0; i < 100; i++) {
		tap(&model, 30 + i % 7, true);
		tap(&model, 30 + i % 7, false);
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
			 "%u+ %u- ", 30 + i % 7, 30 + i % 7);
	}
	assert_string_equal(model.order, "");
	catch_up(&model);
	assert_string_equal(model.order, expected);
}

/* Motion in between is merged, but each click happens where it was made. */
static void test_input_clicks_stay_in_place(void **state)
{
	struct model model = {0};

	guest_input_init(&model.input, &model_ops, &model);
	guest_input_pointer(&model.input, HEAD_A, 1, 0);
	guest_input_frame(&model.input, 1);
	exhaust(&model);
	model.order[0] = '\0';
	for (int i = 0; i < 1000; i++) {
		guest_input_relative(&model.input, 1, 0);
		guest_input_pointer(&model.input, HEAD_A, 10 + i, 0);
		guest_input_axis(&model.input, SEAT_AXIS_VERTICAL, 1);
		if (i == 500) {
			guest_input_button(&model.input, 0x110, true);
		}
		if (i == 600) {
			guest_input_button(&model.input, 0x110, false);
		}
		guest_input_frame(&model.input, 1);
	}
	guest_input_focus(&model.input, true);
	tap(&model, 30, true);
	tap(&model, 30, false);
	guest_input_focus(&model.input, false);
	catch_up(&model);
	assert_string_equal(model.order,
			    "to510 button+ to610 button- to1009 focus+ 30+ 30- focus- ");
	assert_true(model.dx == 1000);
	assert_int_equal(model.wheel, 1000);
}

/* What is kept is bounded. Past that, taps are lost, motion is merged, and releases are not lost. */
static void test_input_typing_is_bounded(void **state)
{
	struct model model = {0};

	guest_input_init(&model.input, &model_ops, &model);
	tap(&model, 20, true);
	exhaust(&model);
	tap(&model, 20, false);
	for (uint32_t i = 0; i < 100000; i++) {
		guest_input_relative(&model.input, 1, 0);
		tap(&model, 30, i % 2 == 0);
	}
	tap(&model, 40, true);
	catch_up(&model);
	assert_in_range(model.events, 3, 2 * INPUT_QUEUE_SIZE);
	assert_false(model.keys[20]);
	assert_false(model.keys[30]);
	assert_true(model.keys[40]);
	assert_true(model.dx == 100000);
	/* From then on, what happens comes in order again. */
	exhaust(&model);
	model.order[0] = '\0';
	tap(&model, 31, true);
	tap(&model, 31, false);
	catch_up(&model);
	assert_string_equal(model.order, "31+ 31- ");
}

/* A head that goes while its places are kept back is named no more, and was left. */
static void test_input_head_goes_unheard(void **state)
{
	struct model model = {0};

	guest_input_init(&model.input, &model_ops, &model);
	guest_input_pointer(&model.input, HEAD_B, 5, 5);
	guest_input_frame(&model.input, 1);
	exhaust(&model);
	guest_input_pointer(&model.input, HEAD_A, 5, 5);
	tap(&model, 30, true);
	guest_input_pointer(&model.input, HEAD_B, 5, 5);
	guest_input_forget_head(&model.input, HEAD_A);
	guest_input_forget_head(&model.input, HEAD_B);
	guest_input_frame(&model.input, 1);
	model.headless = true;
	catch_up(&model);
	assert_null(model.over);
	assert_true(model.keys[30]);
}

/* As long as the worker keeps up, nothing is merged. */
static void test_input_passes_with_room(void **state)
{
	struct model model = {0};
	double dx = 0;

	guest_input_init(&model.input, &model_ops, &model);
	guest_input_pointer(&model.input, HEAD_A, 1000, 5);
	guest_input_frame(&model.input, 1);
	for (unsigned round = 0; round < 20; round++) {
		acknowledge(&model);
		model.events = 0;
		for (unsigned i = 0; i < CREDIT_GROUPS; i++) {
			guest_input_pointer(&model.input, HEAD_A, i, round);
			guest_input_relative(&model.input, i + 1, 0);
			guest_input_axis(&model.input, SEAT_AXIS_VERTICAL, 15);
			guest_input_frame(&model.input, 1);
			dx += i + 1;
		}
		assert_int_equal(model.events, 3 * CREDIT_GROUPS);
		assert_true(model.dx == dx);
		assert_int_equal(model.wheel, 15 * CREDIT_GROUPS * (round + 1));
	}
}

/* The pointer is put away before it leaves: the guest hears of both, however far behind its worker is. */
static void leave_from(struct model *model, unsigned keys)
{
	exhaust(model);
	guest_input_pointer(&model->input, HEAD_A, 5, 5);
	guest_input_frame(&model->input, 1);
	for (unsigned i = 0; i < keys; i++) {
		tap(model, 30, i % 2 == 0);
	}
	guest_input_pointer(&model->input, HEAD_A, 99, 98);
	guest_input_frame(&model->input, 1);
	guest_input_pointer(&model->input, NULL, 0, 0);
	guest_input_frame(&model->input, 1);
	model->order[0] = '\0';
	catch_up(model);
	assert_null(model->over);
	assert_non_null(strstr(model->order, "to99 "));
	model->order[0] = '\0';
}

static void test_input_leaves_from_the_last_place(void **state)
{
	struct model model = {0};

	guest_input_init(&model.input, &model_ops, &model);
	guest_input_pointer(&model.input, HEAD_A, 1, 1);
	guest_input_frame(&model.input, 1);
	leave_from(&model, 0);
	guest_input_pointer(&model.input, HEAD_A, 1, 1);
	guest_input_frame(&model.input, 1);
	leave_from(&model, 2 * INPUT_QUEUE_SIZE);
}

static void test_input_touch_ids_are_own(void **state)
{
	struct model model = {0};

	guest_input_init(&model.input, &model_ops, &model);
	/* Other guests have contacts 0 to 6: this guest still begins with 0. */
	guest_input_touch_down(&model.input, 7, HEAD_A, 1, 1);
	guest_input_frame(&model.input, 1);
	assert_true(model.ids[0]);
	/* A touch that ends and begins again without credit is a new one. */
	exhaust(&model);
	guest_input_touch_up(&model.input, 7);
	guest_input_touch_down(&model.input, 7, HEAD_B, 1, 1);
	guest_input_frame(&model.input, 1);
	assert_int_equal(model.events, 0);
	acknowledge(&model);
	assert_int_equal(model.events, 2);
	assert_true(model.ids[0]);
}

static void test_input_head_goes(void **state)
{
	struct model model = {0};

	guest_input_init(&model.input, &model_ops, &model);
	guest_input_pointer(&model.input, HEAD_A, 5, 5);
	guest_input_touch_down(&model.input, 0, HEAD_A, 1, 1);
	guest_input_touch_down(&model.input, 1, HEAD_B, 1, 1);
	guest_input_frame(&model.input, 1);
	guest_input_forget_head(&model.input, HEAD_A);
	guest_input_frame(&model.input, 1);
	assert_null(model.over);
	assert_false(model.ids[0]);
	assert_true(model.ids[1]);
	/* The same without credit: the release comes when there is some. */
	exhaust(&model);
	guest_input_forget_head(&model.input, HEAD_B);
	guest_input_frame(&model.input, 1);
	assert_true(model.ids[1]);
	acknowledge(&model);
	assert_false(model.ids[1]);
}

/* One random step of what a seat may say. */
static void random_step(struct model *model, unsigned *seed)
{
	struct guest_input *input = &model->input;
	struct seat_head *heads[] = {HEAD_A, HEAD_B, NULL};
	unsigned r = (unsigned)rand_r(seed);
	int contact = (int)(r >> 8) % SEAT_MAX_CONTACTS;

	switch (r % 12) {
	case 0:
		guest_input_key(input, (r >> 8) % 40, r >> 20 & 1);
		break;
	case 1:
		guest_input_button(input, 0x110 + (r >> 8) % 4, r >> 20 & 1);
		break;
	case 2:
		guest_input_pointer(input, heads[(r >> 8) % 3], r >> 12 & 7, 0);
		break;
	case 3:
		guest_input_relative(input, 1, 1);
		break;
	case 4:
		guest_input_axis(input, SEAT_AXIS_VERTICAL, 120);
		break;
	case 5:
		if (!input->wanted.contacts[contact].down) {
			guest_input_touch_down(input, contact, heads[(r >> 16) % 2], 0, 0);
		}
		break;
	case 6:
		guest_input_touch_motion(input, contact, r >> 20 & 3, 0);
		break;
	case 7:
		guest_input_touch_up(input, contact);
		break;
	case 8:
		guest_input_focus(input, r >> 20 & 1);
		break;
	case 9:
		guest_input_frame(input, 1);
		break;
	case 10:
		if ((r >> 12) % 8 == 0) {
			guest_input_forget_head(input, heads[(r >> 8) % 2]);
			model->over = model->over == heads[(r >> 8) % 2] ? HEAD_GONE : model->over;
		}
		break;
	default:
		if (r >> 8 & 1) {
			guest_input_frame(input, 1);
			acknowledge(model);
		}
	}
}

/*
 * Whatever happened: when credit is back, the guest believes what is wanted, and holds nothing that
 * was let go.
 */
static void assert_agreed(struct model *model)
{
	const struct guest_input *input = &model->input;
	unsigned down = 0, ids = 0;

	for (uint32_t code = 0; code < GUEST_INPUT_CODES; code++) {
		assert_int_equal(model->keys[code],
				 input->wanted.keys.bits[code / 64] >> (code % 64) & 1);
		assert_int_equal(model->buttons[code],
				 input->wanted.buttons.bits[code / 64] >> (code % 64) & 1);
	}
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		down += input->wanted.contacts[i].down;
		ids += model->ids[i];
	}
	assert_int_equal(down, ids);
	assert_int_equal(model->keyboard, input->wanted.keyboard);
	assert_ptr_equal(model->over, input->wanted.pointer.head);
	assert_true(!model->over || model->x == input->wanted.pointer.x);
	assert_true(input->dx == 0 && input->axis[0] == 0);
}

static void test_input_histories(void **state)
{
	for (unsigned history = 0; history < 60; history++) {
		struct model model = {0};
		unsigned seed = history;

		guest_input_init(&model.input, &model_ops, &model);
		for (unsigned i = 0; i < 1500; i++) {
			random_step(&model, &seed);
		}
		guest_input_frame(&model.input, 1);
		catch_up(&model);
		assert_agreed(&model);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffer_small_scope),
		cmocka_unit_test(test_buffer_extremes),
		cmocka_unit_test(test_edid_modes),
		cmocka_unit_test(test_edid_too_large),
		cmocka_unit_test(test_edid_names),
		cmocka_unit_test(test_credit_bounds),
		cmocka_unit_test(test_credit_wraps),
		cmocka_unit_test(test_input_release_survives),
		cmocka_unit_test(test_input_typing_survives),
		cmocka_unit_test(test_input_clicks_stay_in_place),
		cmocka_unit_test(test_input_typing_is_bounded),
		cmocka_unit_test(test_input_head_goes_unheard),
		cmocka_unit_test(test_input_passes_with_room),
		cmocka_unit_test(test_input_leaves_from_the_last_place),
		cmocka_unit_test(test_input_touch_ids_are_own),
		cmocka_unit_test(test_input_head_goes),
		cmocka_unit_test(test_input_histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
