/* SPDX-License-Identifier: MIT */
/*
 * Planes in the frame loop, on headless monitors that have some: what they save, what is seen, what stays locked, and when
 * the device is asked.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/planes.h"
#include "compositor/repaint_priv.h"
#include "config/settings.h"
#include "tests/frame_bench.h"
#include "tests/scene_fixture.h"

#define WITH_PLANES "800x600@60+overlay+overlay+memory"
#define WITHOUT_PLANES "800x600@60"
#define ENOUGH 60 /* frames until what is steady is on a plane */

/* The device's side: what it was asked, and what it was given. */
struct eye {
	struct bench *bench;
	struct output_device *device;
	int (*answer)(struct eye *eye, const struct output_frame *frame, bool is_test);
	uint64_t tests, commits; /* with planes */
	uint64_t test_ns;
	struct buffer *flying[OUTPUT_MAX_USES]; /* in the last of them */
	uint64_t n_primary, n_several;          /* of them: with the primary plane, with several */
};

static void eye_take(struct eye *eye, const struct output_frame *frame)
{
	eye->commits++;
	eye->n_primary += frame->uses[0].plane == OUTPUT_PRIMARY;
	eye->n_several += frame->n_uses > 1;
	for (unsigned i = 0; i < frame->n_uses; i++) {
		eye->flying[i] = frame->uses[i].buffer;
	}
}

static int handle_answer(void *data, const struct output_frame *frame)
{
	struct eye *eye = data;
	bool is_test = headless_device_tests(eye->device) != eye->tests;
	int ret = eye->answer ? eye->answer(eye, frame, is_test) : 0;

	if (is_test) {
		eye->tests++;
		eye->test_ns = clock_now(eye->bench->server.clock);
	} else if (ret == 0) {
		eye_take(eye, frame);
	}
	return ret;
}

static void eye_open(struct eye *eye, struct bench *bench)
{
	memset(eye, 0, sizeof(*eye));
	eye->bench = bench;
	eye->device = repaint_device(bench->server.repaint, 0);
	headless_device_set_answer(eye->device, handle_answer, eye);
}

/* Flips from one guest's buffers in turn, each in a colour of its own, one per period. */
static void flip_for(struct bench *bench, struct scene_head *head,
		     struct test_buffer *const *buffers, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		test_commit(head, buffers[i % 2], i + 1);
		run_for(bench, HZ_60_NS);
	}
}

static void buffers_make(struct test_buffer **buffers, int width, int height)
{
	for (unsigned i = 0; i < 2; i++) {
		buffers[i] = test_buffer_create(width, height, TEST_XR24, 0);
		test_buffer_fill(buffers[i], 0x102030 + i);
	}
}

static void buffers_drop(struct test_buffer *const *buffers)
{
	for (unsigned i = 0; i < 2; i++) {
		buffer_drop(&buffers[i]->base);
	}
}

/* The value of a line of the report. */
static void report_value(struct bench *bench, const char *key, char *value, size_t size)
{
	char *text = NULL, *line;
	size_t text_size;
	FILE *out = open_memstream(&text, &text_size);

	assert_non_null(out);
	repaint_report(bench->server.repaint, out);
	fclose(out);
	line = strstr(text, key);
	assert_non_null(line);
	snprintf(value, size, "%.*s", (int)strcspn(line + strlen(key) + 1, "\n"),
		 line + strlen(key) + 1);
	free(text);
}

/* ---- what they save ---- */

static void a_steady_guest_costs_no_pixels(void **state)
{
	struct test_buffer *buffers[2];
	struct scene_output *output;
	struct scene_head *head;
	uint64_t moved, frames;
	struct bench bench;
	struct eye eye;
	char value[80];

	(void)state;
	bench_init(&bench, WITH_PLANES);
	eye_open(&eye, &bench);
	output = repaint_output(bench.server.repaint, 0);
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, 3);
	report_value(&bench, "output.HEADLESS-1.path", value, sizeof(value));
	assert_string_equal(value, "composed");
	report_value(&bench, "output.HEADLESS-1.why", value, sizeof(value));
	assert_string_equal(value, "not steady yet");
	flip_for(&bench, head, buffers, ENOUGH);
	assert_int_equal(eye.tests, 1);
	moved = output->bytes_read + output->bytes_written + output->bytes_compared;
	frames = output->frames;
	flip_for(&bench, head, buffers, 120);
	assert_int_equal(output->frames - frames, 120);
	assert_int_equal(output->bytes_read + output->bytes_written + output->bytes_compared, moved);
	assert_int_equal(headless_device_tests(eye.device), 1);
	assert_int_equal(pixel_at(&bench, 0, head->dst.x, head->dst.y), 0x102031);
	report_value(&bench, "output.HEADLESS-1.path", value, sizeof(value));
	assert_string_equal(value, "plane");
	report_value(&bench, "output.HEADLESS-1.why", value, sizeof(value));
	assert_string_equal(value, "-");
	report_value(&bench, "output.HEADLESS-1.planes", value, sizeof(value));
	assert_string_equal(value, "1");
	bench_finish(&bench);
	buffers_drop(buffers);
}

/* What is drawn beside a plane is the strip only. */
static void a_changed_mark_is_drawn_beside_the_plane(void **state)
{
	struct test_buffer *buffers[2];
	struct scene_output *output;
	struct scene_head *head;
	struct bench bench;
	uint64_t read, written;

	(void)state;
	bench_init(&bench, WITH_PLANES);
	output = repaint_output(bench.server.repaint, 0);
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, ENOUGH);
	/* Not all targets have the last picture that was drawn, and none needs it. */
	read = output->bytes_read;
	written = output->bytes_written;
	for (unsigned i = 0; i < 4; i++) {
		scene_set_keyboard(bench.server.scene, i % 2 ? NULL : head->guest);
		flip_for(&bench, head, buffers, 2);
	}
	assert_int_equal(output->bytes_read, read);
	assert_in_range(output->bytes_written - written, 4 * 800 * STRIP_HEIGHT * 4,
			6 * 800 * STRIP_HEIGHT * 4);
	bench_finish(&bench);
	buffers_drop(buffers);
}

static void kiosk(struct bench *bench, const char *guest)
{
	struct layout *layout = xcalloc(1, sizeof(*layout));
	struct layout_output *output = &layout->outputs[0];

	snprintf(layout->name, sizeof(layout->name), "kiosk");
	layout->n_outputs = 1;
	snprintf(output->name, sizeof(output->name), "HEADLESS-1");
	output->is_unmarked = true;
	output->n_regions = 1;
	output->regions[0] = (struct layout_region){.shows = LAYOUT_GUEST, .w = 1, .h = 1};
	snprintf(output->regions[0].guest, sizeof(output->regions[0].guest), "%s", guest);
	assert_int_equal(scene_set_layout(bench->server.scene, layout), 0);
	free(layout);
}

/* One guest on all of a monitor without marks: the primary plane shows it, and the host's card when there is one. */
static void an_unmarked_monitor_is_scanned_out(void **state)
{
	static const struct card card = {.lines = {"halt"}, .n_lines = 1};
	struct test_buffer *buffers[2];
	struct scene_output *output;
	struct scene_head *head;
	struct bench bench;
	const char *why;
	uint64_t moved;

	(void)state;
	bench_init(&bench, "800x600@60+memory");
	output = repaint_output(bench.server.repaint, 0);
	kiosk(&bench, "work");
	head = add_guest(&bench, "work");
	buffers_make(buffers, 800, 600);
	flip_for(&bench, head, buffers, ENOUGH);
	moved = output->bytes_read + output->bytes_written + output->bytes_compared;
	flip_for(&bench, head, buffers, 120);
	assert_int_equal(output->bytes_read + output->bytes_written + output->bytes_compared, moved);
	assert_int_equal(pixel_at(&bench, 0, 0, 0), 0x102031);
	assert_int_equal(pixel_at(&bench, 0, 799, 599), 0x102031);
	assert_string_equal(repaint_head_path(bench.server.repaint, head, &why), "plane");
	assert_null(why);
	scene_set_card(bench.server.scene, &card);
	run_for(&bench, HZ_60_NS);
	assert_int_not_equal(pixel_at(&bench, 0, 0, 0), 0x102031);
	assert_int_not_equal(pixel_at(&bench, 0, 799, 599), 0x102031);
	scene_set_card(bench.server.scene, NULL);
	run_for(&bench, HZ_60_NS);
	assert_int_equal(pixel_at(&bench, 0, 0, 0), 0x102031);
	assert_string_equal(repaint_head_path(bench.server.repaint, head, &why), "composed");
	assert_string_equal(why, "not steady yet");
	bench_finish(&bench);
	buffers_drop(buffers);
}

/* A front buffer on a plane is seen without being looked at; drawn again, it is looked at again. */
static void scanned_out_pictures_are_not_compared(void **state)
{
	static const struct card card = {.lines = {"halt"}, .n_lines = 1};
	struct test_buffer *buffers[2];
	struct scene_output *output;
	struct scene_head *head;
	struct bench bench;
	uint64_t compared, frames;

	(void)state;
	bench_init(&bench, WITH_PLANES);
	output = repaint_output(bench.server.repaint, 0);
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, ENOUGH);
	compared = output->bytes_compared;
	frames = output->frames;
	run_for(&bench, 10 * NSEC_PER_SEC);
	assert_int_equal(output->bytes_compared, compared);
	assert_int_equal(output->frames, frames);
	test_buffer_set(buffers[1], 5, 5, 0xabcdef);
	assert_int_equal(pixel_at(&bench, 0, head->dst.x + 5, head->dst.y + 5), 0xabcdef);
	scene_set_card(bench.server.scene, &card);
	run_for(&bench, HZ_60_NS);
	scene_set_card(bench.server.scene, NULL);
	run_for(&bench, NSEC_PER_SEC);
	assert_true(output->bytes_compared > compared);
	test_buffer_set(buffers[1], 5, 5, 0x123456);
	run_for(&bench, NSEC_PER_SEC);
	assert_int_equal(pixel_at(&bench, 0, head->dst.x + 5, head->dst.y + 5), 0x123456);
	bench_finish(&bench);
	buffers_drop(buffers);
}

/* ---- what is seen ---- */

static void compare_glass(struct bench *a, struct bench *b)
{
	struct target left, right;

	headless_device_picture(repaint_device(a->server.repaint, 0), &left);
	headless_device_picture(repaint_device(b->server.repaint, 0), &right);
	for (int y = 0; y < left.height; y++) {
		const uint32_t *l = (const uint32_t *)(const void *)(left.pixels +
								     (size_t)y *
									     (size_t)left.stride);
		const uint32_t *r = (const uint32_t *)(const void *)(right.pixels +
								     (size_t)y *
									     (size_t)right.stride);

		for (int x = 0; x < left.width; x++) {
			if ((l[x] ^ r[x]) & 0xffffff) {
				fail_msg("at %d,%d: %06x with planes, %06x without", x, y, l[x],
					 r[x]);
			}
		}
	}
}

#define PLAYERS 3
#define SIZES 6

/* One of the two servers that live through the same history. */
struct stage {
	struct bench bench;
	struct settings settings;
	struct scene_head *heads[PLAYERS];
	struct test_buffer *buffers[PLAYERS][SIZES][2];
};

static void stage_init(struct stage *stage, const char *spec)
{
	static const int sizes[SIZES][2] = {{320, 240}, {400, 300}, {450, 250},
					    {150, 100}, {100, 75},  {50, 30}};

	bench_init(&stage->bench, spec);
	stage->settings.use_planes = true;
	stage->bench.server.settings = &stage->settings;
	for (unsigned i = 0; i < PLAYERS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "guest%u", i);
		stage->heads[i] = add_guest(&stage->bench, name);
		for (unsigned k = 0; k < SIZES; k++) {
			for (unsigned n = 0; n < 2; n++) {
				stage->buffers[i][k][n] =
					test_buffer_create(sizes[k][0], sizes[k][1], TEST_XR24, 0);
				test_buffer_fill(stage->buffers[i][k][n],
						 0x010101 * (i * 40 + k * 10 + n + 1));
			}
		}
	}
}

static void stage_finish(struct stage *stage)
{
	bench_finish(&stage->bench);
	for (unsigned i = 0; i < PLAYERS; i++) {
		for (unsigned k = 0; k < SIZES; k++) {
			buffers_drop(stage->buffers[i][k]);
		}
	}
}

#define LAYOUTS 5

/* The default one, two guests side by side, one guest without marks, a mosaic, a turned monitor. */
static void layout_switch(struct scene *scene, unsigned which)
{
	struct layout *layout = xcalloc(1, sizeof(*layout));
	struct layout_output *output = &layout->outputs[0];

	layout->n_outputs = which ? 1 : 0;
	snprintf(output->name, sizeof(output->name), "HEADLESS-1");
	output->transform = which == 4 ? TRANSFORM_90 : TRANSFORM_NORMAL;
	output->is_unmarked = which == 2;
	output->n_regions = which == 1 ? 2 : which < 4 ? 1 : 0;
	for (unsigned i = 0; i < output->n_regions; i++) {
		struct layout_region *region = &output->regions[i];

		region->shows = which == 3 ? LAYOUT_MOSAIC : LAYOUT_GUEST;
		region->x = i * 0.5;
		region->w = output->n_regions == 2 ? 0.5 : 1;
		region->h = 1;
		snprintf(region->guest, sizeof(region->guest), "guest%u", i);
	}
	assert_int_equal(scene_set_layout(scene, layout), 0);
	free(layout);
}

/* All of another picture, or some pixels of the same one. */
static void stage_commit(struct scene_head *head, struct test_buffer *buffer, uint32_t dice)
{
	int x = (int)(dice % 31), y = (int)(dice / 31 % 23), size = 1 + (int)(dice % 7);
	pixman_region32_t damage;

	if (scene_head_buffer(head) != &buffer->base) {
		test_commit(head, buffer, 0);
		return;
	}
	for (int i = 0; i < size * size; i++) {
		test_buffer_set(buffer, x + i % size, y + i / size, dice & 0xffffff);
	}
	pixman_region32_init_rect(&damage, x, y, (unsigned)size, (unsigned)size);
	test_commit_damage(head, buffer, 0, &damage);
	pixman_region32_fini(&damage);
}

/* Of the numbers the same thing happens on each stage. */
static void stage_step(struct stage *stage, const uint32_t *dice, unsigned *size)
{
	struct scene *scene = stage->bench.server.scene;
	struct scene_output *output = repaint_output(stage->bench.server.repaint, 0);
	static const struct card card = {.lines = {"halt"}, .n_lines = 1};
	unsigned player = dice[1] % PLAYERS;

	switch (dice[0] % 64) {
	case 0:
		scene_set_front(scene, stage->heads[player]->guest);
		break;
	case 1:
		scene_set_card(scene, &card);
		break;
	case 2:
	case 3:
		scene_set_card(scene, NULL);
		break;
	case 4:
		scene_set_keyboard(scene, dice[1] % 2 ? stage->heads[player]->guest : NULL);
		break;
	case 5:
		size[player] = dice[2] % SIZES;
		break;
	case 6:
		scene_output_damage_all(output);
		break;
	case 10:
		stage->settings.use_planes = !stage->settings.use_planes;
		break;
	case 8:
	case 9:
		layout_switch(scene, dice[2] % LAYOUTS);
		size[0] = dice[2] % LAYOUTS == 2 ? 1 : size[0]; /* as large as the monitor */
		break;
	case 7:
		repaint_output_listener.damaged(stage->bench.server.repaint,
						repaint_device(stage->bench.server.repaint, 0));
		break;
	default:
		break;
	}
	for (unsigned i = 0; i < PLAYERS; i++) {
		if (dice[3] >> i & 3) {
			stage_commit(stage->heads[i], stage->buffers[i][size[i]][dice[4] >> i & 1],
				     dice[5]);
		}
	}
	run_for(&stage->bench, HZ_60_NS);
}

/* Fewer frames where a sanitizer or valgrind looks at each of their pixels. */
static unsigned history_length(void)
{
	const char *slowdown = getenv("VITRINE_TEST_SLOWDOWN");

	/* Of fewer than 8000 too few come to have several planes. */
	return 40000 / (unsigned)MAX(1, MIN(slowdown ? atoi(slowdown) : 1, 5));
}

/* The same history with planes and without: every frame on the glass is the same, marks included. */
static void planes_change_nothing_that_is_seen(void **state)
{
	struct stage *stages = xcalloc(2, sizeof(*stages));
	unsigned sizes[2][PLAYERS] = {{0}};
	unsigned n = history_length();
	uint32_t random = 99;
	struct eye eye;

	(void)state;
	stage_init(&stages[0], "400x300@60+overlay+overlay+memory");
	stage_init(&stages[1], "400x300@60");
	eye_open(&eye, &stages[0].bench);
	for (unsigned i = 0; i < n; i++) {
		uint32_t dice[6];

		for (unsigned k = 0; k < ARRAY_SIZE(dice); k++) {
			dice[k] = test_random(&random) >> 8;
		}
		/* Quiet stretches: something must become steady. */
		dice[0] = i / 32 % 8 == 0 ? dice[0] : 63;
		stage_step(&stages[0], dice, sizes[0]);
		stage_step(&stages[1], dice, sizes[1]);
		compare_glass(&stages[0].bench, &stages[1].bench);
	}
	print_message("frames with planes: %lu, %lu of them the primary one, %lu with several\n",
		      eye.commits, eye.n_primary, eye.n_several);
	assert_true(eye.commits > n / 40 && eye.n_primary > n / 800 && eye.n_several > n / 800);
	for (unsigned i = 0; i < 2; i++) {
		stage_finish(&stages[i]);
	}
	free(stages);
}

/* ---- cursors ---- */

#define CURSOR_SIZE 16

/* One frame with a cursor above all, as scene, planes and device have it. Returns what was drawn, as a region. */
static void cursor_frame(struct bench *bench, struct planes *planes, const struct layer *cursor,
			 pixman_region32_t *drawn, unsigned *n_layers)
{
	struct scene_output *output = repaint_output(bench->server.repaint, 0);
	struct layer layers[SCENE_MAX_LAYERS];
	struct presented how = {.time_ns = 1};
	struct frame frame;

	assert_true(scene_output_latch(output, 1, &frame));
	memcpy(layers, frame.layers, frame.n_layers * sizeof(layers[0]));
	layers[frame.n_layers] = *cursor;
	frame.layers = layers;
	frame.n_layers++;
	(void)planes_choose(planes, output, 1, &frame);
	pixman_region32_copy(drawn, &frame.damage);
	*n_layers = frame.n_layers;
	for (unsigned i = 0; i < frame.n_layers; i++) {
		*n_layers -= frame.layers[i].kind != LAYER_CURSOR;
	}
	planes_committed(planes, 0);
	scene_output_committed(output, true);
	planes_flipped(planes, clock_now(bench->server.clock),
		       clock_now(bench->server.clock) + NSEC_PER_SEC);
	clock_virtual_advance(bench->server.clock, clock_now(bench->server.clock));
	scene_output_presented(output, &how);
	frame_finish(&frame);
}

static bool is_drawn_at(pixman_region32_t *drawn, const struct rect *dst)
{
	pixman_box32_t box = {dst->x, dst->y, dst->x + dst->w, dst->y + dst->h};

	return pixman_region32_contains_rectangle(drawn, &box) == PIXMAN_REGION_IN;
}

/* A cursor that goes to its plane is drawn over once, then neither drawn nor damaged; back again, it is drawn at once. */
static void a_cursor_leaves_no_trace(void **state)
{
	struct test_buffer *arrow = test_buffer_create(CURSOR_SIZE, CURSOR_SIZE,
						       TEST_FOURCC('A', 'R', '2', '4'), 0);
	struct test_buffer *buffer = test_buffer_create(100, 100, TEST_XR24, 0);
	struct layer cursor = {.kind = LAYER_CURSOR, .dst = {5, 400, CURSOR_SIZE, CURSOR_SIZE}};
	pixman_region32_t drawn, tiny;
	struct settings settings = {.use_planes = true};
	struct scene_head *head;
	struct planes *planes;
	struct bench bench;
	unsigned n, went = 0;

	(void)state;
	bench_init(&bench, "800x600@60+cursor:16+memory");
	bench.server.settings = &settings;
	head = add_guest(&bench, "work");
	test_commit(head, buffer, 0);
	run_for(&bench, NSEC_PER_SEC);
	pixman_region32_init(&drawn);
	pixman_region32_init_rect(&tiny, 0, 0, 1, 1);
	cursor.picture.buffer = &arrow->base;
	cursor.picture.src = (struct rect){0, 0, CURSOR_SIZE, CURSOR_SIZE};
	planes = planes_create(&bench.server, repaint_device(bench.server.repaint, 0));
	for (unsigned i = 0; i < 2 * ENOUGH; i++) {
		test_commit_damage(head, buffer, 0, &tiny);
		cursor_frame(&bench, planes, &cursor, &drawn, &n);
		if (planes_count(planes) == 0) {
			assert_int_equal(n, 1);
			continue;
		}
		assert_int_equal(n, 0);
		assert_int_equal(is_drawn_at(&drawn, &cursor.dst), went == 0);
		went++;
	}
	assert_true(went > ENOUGH);
	settings.use_planes = false;
	test_commit_damage(head, buffer, 0, &tiny);
	cursor_frame(&bench, planes, &cursor, &drawn, &n);
	assert_int_equal(n, 1);
	assert_true(is_drawn_at(&drawn, &cursor.dst));
	test_commit_damage(head, buffer, 0, &tiny);
	cursor_frame(&bench, planes, &cursor, &drawn, &n);
	assert_false(is_drawn_at(&drawn, &cursor.dst));
	planes_destroy(planes);
	pixman_region32_fini(&drawn);
	pixman_region32_fini(&tiny);
	bench_finish(&bench);
	buffer_drop(&buffer->base);
	buffer_drop(&arrow->base);
}

/* ---- what stays locked ---- */

/* A buffer is the device's until the flip of a frame without it, even when its head or guest is gone. */
static void buffers_on_planes_are_locked(void **state)
{
	struct test_buffer *buffers[2];
	struct scene_guest *guest;
	struct scene_head *head;
	struct bench bench;
	struct eye eye;

	(void)state;
	bench_init(&bench, WITH_PLANES);
	eye_open(&eye, &bench);
	head = add_guest(&bench, "work");
	guest = head->guest;
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, ENOUGH);
	assert_ptr_equal(eye.flying[0], &buffers[1]->base);
	/* Its successor is on the way, but not there: both are locked. */
	test_commit(head, buffers[0], 1);
	run_for(&bench, HZ_60_NS - 1);
	assert_ptr_equal(eye.flying[0], &buffers[0]->base);
	assert_true(buffers[0]->base.locks && buffers[1]->base.locks);
	run_for(&bench, 1);
	assert_int_equal(buffers[1]->base.locks, 0);
	/* The head goes while its buffer is on the glass: the next flip, without it, lets go. */
	scene_head_remove(head);
	scene_guest_remove(guest);
	assert_true(buffers[0]->base.locks);
	run_for(&bench, HZ_60_NS - 1);
	assert_true(buffers[0]->base.locks);
	run_for(&bench, HZ_60_NS + 1);
	assert_int_equal(buffers[0]->base.locks, 0);
	bench_finish(&bench);
	buffers_drop(buffers);
}

static void a_monitor_that_goes_lets_go(void **state)
{
	struct test_buffer *buffers[2];
	struct scene_head *head;
	struct bench bench;

	(void)state;
	bench_init(&bench, WITH_PLANES);
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, ENOUGH);
	test_commit(head, buffers[0], 1);
	bench_finish(&bench);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(buffers[i]->base.locks, 0);
	}
	buffers_drop(buffers);
}

/* ---- when the device is asked ---- */

static void tests_keep_out_of_the_way(void **state)
{
	struct test_buffer *buffers[2];
	struct scene_head *head;
	struct bench bench;
	struct eye eye;

	(void)state;
	bench_init(&bench, WITH_PLANES);
	eye_open(&eye, &bench);
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	while (!eye.tests) {
		assert_true(bench.n_shown < ENOUGH);
		flip_for(&bench, head, buffers, 1);
	}
	/* Right after a flip, when the next frame is far away. */
	assert_int_equal(eye.test_ns, bench.shown_ns[bench.n_shown - 1]);
	assert_int_equal(eye.commits, 0);
	flip_for(&bench, head, buffers, 2);
	assert_true(eye.commits >= 1);
	bench_finish(&bench);
	buffers_drop(buffers);
}

/* A monitor so fast that there is never time, and one that is not. */
struct fast_device {
	struct output_device base;
	uint8_t pixels[64 * 64 * 4];
	unsigned commits, tests;
	bool is_away;
};

static int fast_acquire(struct output_device *base, struct target *target)
{
	struct fast_device *device = (struct fast_device *)base;

	*target =
		(struct target){.pixels = device->pixels, .width = 64, .height = 64, .stride = 256};
	return device->is_away ? -EACCES : 0;
}

static int fast_commit(struct output_device *base, const struct output_frame *frame)
{
	((struct fast_device *)base)->commits++;
	return 0;
}

static int fast_test(struct output_device *base, const struct output_frame *frame)
{
	((struct fast_device *)base)->tests++;
	return 0;
}

static void fast_cancel(struct output_device *base)
{
}

static const struct output_device_ops fast_ops = {
	.acquire = fast_acquire,
	.commit = fast_commit,
	.test = fast_test,
	.cancel = fast_cancel,
};

struct fast_world {
	struct bench bench;
	struct fast_device fast;
	struct test_buffer *buffer;
	struct scene_head *head;
	const struct repaint_output *output;
	uint64_t period_ns;
};

static void fast_start(struct fast_world *world, int refresh_hz)
{
	struct output_device *device = &world->fast.base;

	memset(world, 0, sizeof(*world));
	world->period_ns = NSEC_PER_SEC / (uint64_t)refresh_hz;
	world->buffer = test_buffer_create(8, 8, TEST_XR24, 0);
	*device = (struct output_device){.ops = &fast_ops,
					 .name = "FAST-1",
					 .width = 64,
					 .height = 64,
					 .refresh_mhz = refresh_hz * 1000,
					 .has_vblank = true,
					 .n_planes = 1,
					 .planes_read_memory = true};
	device->planes[0] = (struct output_plane){.formats = &world->buffer->base.format,
						  .n_formats = 1};
	bench_init(&world->bench, WITHOUT_PLANES);
	repaint_output_listener.added(world->bench.server.repaint, device);
	world->output = repaint_output(world->bench.server.repaint, 1)->data;
	world->head = scene_head_add(add_guest(&world->bench, "work")->guest, 1, 8, 8, NULL);
}

static void fast_run(struct fast_world *world, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t flip_ns = clock_now(world->bench.server.clock) + world->period_ns;
		unsigned commits = world->fast.commits;

		test_commit(world->head, world->buffer, 0);
		clock_virtual_advance(world->bench.server.clock, flip_ns);
		if (world->fast.commits > commits) {
			repaint_output_listener.flipped(world->bench.server.repaint,
							&world->fast.base, flip_ns);
		}
	}
	assert_true(world->fast.commits > n / 2);
}

static void fast_finish(struct fast_world *world)
{
	repaint_output_listener.removed(world->bench.server.repaint, &world->fast.base);
	bench_finish(&world->bench);
	buffer_drop(&world->buffer->base);
}

static unsigned tests_at(int refresh_hz)
{
	struct fast_world world;

	fast_start(&world, refresh_hz);
	fast_run(&world, 2 * ENOUGH);
	fast_finish(&world);
	return world.fast.tests;
}

/* The session is another's: what its planes show is not ours, and comes back when we do. */
static void an_absent_session_holds_no_buffers(void **state)
{
	struct fast_world world;
	unsigned locks;

	(void)state;
	fast_start(&world, 60);
	fast_run(&world, 2 * ENOUGH);
	assert_int_equal(planes_count(world.output->planes), 1);
	test_commit(world.head, world.buffer, 0);
	locks = world.buffer->base.locks;
	world.fast.is_away = true;
	run_for(&world.bench, world.period_ns);
	assert_true(world.output->away);
	assert_int_equal(world.buffer->base.locks, locks - 1);
	assert_int_equal(planes_count(world.output->planes), 0);
	world.fast.is_away = false;
	repaint_output_listener.damaged(world.bench.server.repaint, &world.fast.base);
	fast_run(&world, 2 * ENOUGH);
	assert_int_equal(planes_count(world.output->planes), 1);
	fast_finish(&world);
}

/* Whoever was promised time for a test and comes late must not begin it. */
static void a_test_that_comes_late_waits(void **state)
{
	struct fast_world world;
	uint64_t now_ns;

	(void)state;
	fast_start(&world, 1000);
	fast_run(&world, 2 * ENOUGH);
	now_ns = clock_now(world.bench.server.clock);
	planes_flipped(world.output->planes, now_ns - 10 * NSEC_PER_MSEC,
		       now_ns - 5 * NSEC_PER_MSEC);
	clock_virtual_advance(world.bench.server.clock, now_ns);
	assert_int_equal(world.fast.tests, 0);
	planes_flipped(world.output->planes, now_ns, now_ns + 5 * NSEC_PER_MSEC);
	clock_virtual_advance(world.bench.server.clock, now_ns);
	assert_int_equal(world.fast.tests, 1);
	fast_finish(&world);
}

static void where_there_is_no_time_nothing_is_asked(void **state)
{
	(void)state;
	assert_int_equal(tests_at(240), 1);
	assert_int_equal(tests_at(1000), 0);
}

static int refuse_frames(struct eye *eye, const struct output_frame *frame, bool is_test)
{
	return is_test ? 0 : -EINVAL;
}

static int refuse_all(struct eye *eye, const struct output_frame *frame, bool is_test)
{
	return -EINVAL;
}

static int be_away(struct eye *eye, const struct output_frame *frame, bool is_test)
{
	return is_test ? -EACCES : 0;
}

/* A frame that the device refuses although it had agreed: drawn from then on, and seen. */
static void a_broken_promise_is_drawn(void **state)
{
	struct test_buffer *buffers[2];
	struct scene_head *head;
	struct bench bench;
	struct eye eye;
	char value[80];

	(void)state;
	bench_init(&bench, WITH_PLANES);
	eye_open(&eye, &bench);
	eye.answer = refuse_frames;
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, 3 * ENOUGH);
	/* One for each of the two planes. */
	assert_int_equal(eye.tests, 2);
	report_value(&bench, "output.HEADLESS-1.why", value, sizeof(value));
	assert_string_equal(value, "the kernel said no");
	report_value(&bench, "output.HEADLESS-1.failed", value, sizeof(value));
	assert_string_equal(value, "2");
	assert_int_equal(pixel_at(&bench, 0, head->dst.x, head->dst.y), 0x102031);
	bench_finish(&bench);
	buffers_drop(buffers);
}

static int refuse_busy_frames(struct eye *eye, const struct output_frame *frame, bool is_test)
{
	return is_test ? 0 : -EBUSY;
}

/* Another monitor has the plane: that says nothing about the configuration, but frames must go on. */
static void a_busy_plane_holds_up_nobody(void **state)
{
	struct test_buffer *buffers[2];
	struct scene_output *output;
	struct scene_head *head;
	struct bench bench;
	struct eye eye;
	uint64_t frames;
	char value[80];

	(void)state;
	bench_init(&bench, WITH_PLANES);
	eye_open(&eye, &bench);
	eye.answer = refuse_busy_frames;
	output = repaint_output(bench.server.repaint, 0);
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, ENOUGH);
	frames = output->frames;
	flip_for(&bench, head, buffers, 10 * ENOUGH);
	/* One in 64 is tried with the plane, and lost. */
	assert_in_range(output->frames - frames, 10 * ENOUGH - 2 * 11, 10 * ENOUGH - 1);
	frames = output->frames;
	do {
		assert_true(output->frames < frames + 5 * ENOUGH);
		flip_for(&bench, head, buffers, 1);
		report_value(&bench, "output.HEADLESS-1.why", value, sizeof(value));
	} while (strcmp(value, "the planes are busy") != 0);
	eye.answer = NULL;
	flip_for(&bench, head, buffers, 10 * ENOUGH);
	report_value(&bench, "output.HEADLESS-1.path", value, sizeof(value));
	assert_string_equal(value, "plane");
	assert_int_equal(eye.tests, 1);
	bench_finish(&bench);
	buffers_drop(buffers);
}

static void answers_count_until_something_changes(void **state)
{
	struct test_buffer *buffers[2];
	struct scene_head *head;
	struct bench bench;
	struct eye eye;

	(void)state;
	bench_init(&bench, WITH_PLANES);
	eye_open(&eye, &bench);
	eye.answer = refuse_all;
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, 2 * ENOUGH);
	assert_int_equal(eye.tests, 2);
	/* The session was away, or a mode was set. */
	eye.answer = NULL;
	repaint_output_listener.damaged(bench.server.repaint, eye.device);
	flip_for(&bench, head, buffers, ENOUGH);
	assert_int_equal(eye.tests, 3);
	assert_true(eye.commits > 0);
	bench_finish(&bench);
	buffers_drop(buffers);
	/* No answer is none: it is asked for again, and nothing is shown unasked. */
	bench_init(&bench, WITH_PLANES);
	eye_open(&eye, &bench);
	eye.answer = be_away;
	head = add_guest(&bench, "work");
	buffers_make(buffers, 640, 480);
	flip_for(&bench, head, buffers, 4 * ENOUGH);
	assert_in_range(eye.tests, 2, 5);
	assert_int_equal(eye.commits, 0);
	bench_finish(&bench);
	buffers_drop(buffers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_guest_costs_no_pixels),
		cmocka_unit_test(a_changed_mark_is_drawn_beside_the_plane),
		cmocka_unit_test(an_unmarked_monitor_is_scanned_out),
		cmocka_unit_test(scanned_out_pictures_are_not_compared),
		cmocka_unit_test(planes_change_nothing_that_is_seen),
		cmocka_unit_test(a_cursor_leaves_no_trace),
		cmocka_unit_test(buffers_on_planes_are_locked),
		cmocka_unit_test(a_monitor_that_goes_lets_go),
		cmocka_unit_test(tests_keep_out_of_the_way),
		cmocka_unit_test(an_absent_session_holds_no_buffers),
		cmocka_unit_test(a_test_that_comes_late_waits),
		cmocka_unit_test(where_there_is_no_time_nothing_is_asked),
		cmocka_unit_test(a_broken_promise_is_drawn),
		cmocka_unit_test(a_busy_plane_holds_up_nobody),
		cmocka_unit_test(answers_count_until_something_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
