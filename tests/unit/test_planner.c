/* SPDX-License-Identifier: MIT */
/*
 * The planner: who gets which plane and why not, what the device is asked and how often, and that no history of frames makes it cover
 * a mark or use what was never answered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/scene/planner.h"
#include "tests/scene_fixture.h"

#define AR24 TEST_FOURCC('A', 'R', '2', '4')
#define RG16 TEST_FOURCC('R', 'G', '1', '6')
#define WIDTH 800
#define HEIGHT 600
#define ENOUGH 40 /* frames until all that is steady is on a plane */

static const uint32_t formats_rgb[] = {TEST_XR24};
static const uint32_t formats_cursor[] = {AR24};
static const struct buffer_dmabuf coherent = {.fd = -1, .stride = 3200, .is_coherent = true};
static const struct buffer_dmabuf incoherent = {.fd = -1, .stride = 3200};

enum {
	OVERLAY,
	SCALER,
	CURSOR
};

static const struct output_plane planes[] = {
	[OVERLAY] = {OUTPUT_PLANE_OVERLAY, false, 0, 0, formats_rgb, 1},
	[SCALER] = {OUTPUT_PLANE_OVERLAY, true, 400, 400, formats_rgb, 1},
	[CURSOR] = {OUTPUT_PLANE_CURSOR, false, 64, 64, formats_cursor, 1},
};

/* A desk with a few buffers, a list of layers and a device that answers tests. */
struct rig {
	struct plan_device device;
	struct planner *planner;
	struct plan_policy policy;
	struct plan_input input;
	struct layer layers[16];
	struct mark mark;
	struct card card;
	struct buffer screen, window, icon, arrow;
	struct plan plan;
	unsigned refuses; /* sets with more uses than this are refused */
	bool (*answer)(const struct plan_set *set);
	unsigned tests;
};

static void buffer_make(struct buffer *buffer, int width, int height, uint32_t format)
{
	buffer->width = width;
	buffer->height = height;
	buffer->stride = width * 4;
	buffer->format = format;
	buffer->dmabuf = &coherent;
}

static void rig_init(struct rig *rig, unsigned n_planes)
{
	memset(rig, 0, sizeof(*rig));
	rig->device = (struct plan_device){.planes = planes, .n_planes = n_planes, .can_test = true};
	rig->planner = planner_create(&rig->device);
	rig->policy.use_planes = true;
	rig->refuses = OUTPUT_MAX_USES;
	rig->input.layers = rig->layers;
	rig->input.width = WIDTH;
	rig->input.height = HEIGHT;
	buffer_make(&rig->screen, WIDTH, HEIGHT, TEST_XR24);
	buffer_make(&rig->window, 400, 300, TEST_XR24);
	buffer_make(&rig->icon, 100, 100, TEST_XR24);
	buffer_make(&rig->arrow, 64, 64, AR24);
}

static struct layer *push(struct rig *rig, enum layer_kind kind, int x, int y, int w, int h)
{
	struct layer *layer = &rig->layers[rig->input.n_layers++];

	memset(layer, 0, sizeof(*layer));
	layer->kind = kind;
	layer->dst = (struct rect){x, y, w, h};
	return layer;
}

static struct layer *push_picture(struct rig *rig, const struct buffer *buffer, int x, int y)
{
	enum layer_kind kind = buffer == &rig->arrow ? LAYER_CURSOR : LAYER_BUFFER;
	struct layer *layer = push(rig, kind, x, y, buffer->width, buffer->height);

	layer->picture.buffer = buffer;
	layer->picture.src = (struct rect){0, 0, buffer->width, buffer->height};
	return layer;
}

static void push_frame(struct rig *rig, int x, int y, int w, int h)
{
	struct layer *layer = push(rig, LAYER_FRAME, x - 8, y - 8, w + 16, h + 16);

	layer->frame.mark = &rig->mark;
	layer->frame.hole = (struct rect){x, y, w, h};
}

static void push_strip(struct rig *rig)
{
	push(rig, LAYER_STRIP, 0, 0, WIDTH, 24);
}

/* Ground, the window in its frame, the strip: what a monitor shows most of the time. */
static void desk(struct rig *rig)
{
	rig->input.n_layers = 0;
	push(rig, LAYER_SOLID, 0, 0, WIDTH, HEIGHT);
	push_picture(rig, &rig->window, 100, 100);
	push_frame(rig, 100, 100, 400, 300);
	push_strip(rig);
}

/* One monitor, one guest, no marks. */
static void kiosk(struct rig *rig)
{
	rig->input.n_layers = 0;
	push(rig, LAYER_SOLID, 0, 0, WIDTH, HEIGHT);
	push_picture(rig, &rig->screen, 0, 0);
}

static void plan(struct rig *rig)
{
	planner_plan(rig->planner, &rig->policy, &rig->input, &rig->plan);
}

/* A frame, and then, when it is on the glass, the test that it asked for. */
static void frame(struct rig *rig)
{
	plan(rig);
	if (rig->plan.test.n_uses) {
		bool yes = rig->answer ? rig->answer(&rig->plan.test) :
					 rig->plan.test.n_uses <= rig->refuses;

		rig->tests++;
		planner_learn(rig->planner, &rig->plan.test.config, yes);
	}
}

static void frames(struct rig *rig, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		frame(rig);
	}
}

static enum plan_verdict verdict_of(const struct rig *rig, unsigned note)
{
	assert_true(note < rig->plan.n_notes);
	return rig->plan.notes[note].verdict;
}

static void rig_finish(struct rig *rig)
{
	planner_destroy(rig->planner);
}

/* ---- the ladder ---- */

static void a_steady_picture_gets_a_plane(void **state)
{
	struct rig rig;
	unsigned n;

	(void)state;
	rig_init(&rig, 1);
	desk(&rig);
	frame(&rig);
	assert_int_equal(verdict_of(&rig, 0), PLAN_UNSTEADY);
	for (n = 1; rig.tests == 0; n++) {
		frame(&rig);
		/* Drawn while nobody knows. */
		assert_int_equal(rig.plan.set.n_uses, 0);
		assert_true(n < ENOUGH);
	}
	assert_in_range(n, 8, ENOUGH);
	assert_int_equal(verdict_of(&rig, 0), PLAN_TESTING);
	frames(&rig, 1000);
	assert_int_equal(rig.tests, 1);
	assert_int_equal(verdict_of(&rig, 0), PLAN_PLANE);
	assert_int_equal(rig.plan.set.n_uses, 1);
	assert_int_equal(rig.plan.set.layers[0], 1);
	assert_int_equal(rig.plan.set.uses[0].plane, OVERLAY);
	assert_ptr_equal(rig.plan.set.uses[0].buffer, &rig.window);
	assert_true(rect_equal(&rig.plan.set.uses[0].dst, &rig.layers[1].dst));
	assert_true(rect_equal(&rig.plan.set.uses[0].src, &rig.layers[1].picture.src));
	rig_finish(&rig);
}

static void a_whole_picture_is_scanned_out(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 3);
	kiosk(&rig);
	frames(&rig, ENOUGH);
	assert_int_equal(rig.plan.set.n_uses, 1);
	assert_int_equal(rig.plan.set.uses[0].plane, OUTPUT_PRIMARY);
	/* A cursor above it, on a plane of its own, changes nothing once the device agreed. */
	push_picture(&rig, &rig.arrow, 10, 10);
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(rig.plan.set.n_uses, 2);
	assert_int_equal(rig.plan.set.uses[0].plane, CURSOR);
	assert_int_equal(rig.plan.set.uses[1].plane, OUTPUT_PRIMARY);
	/* It may go anywhere: nothing is asked for again. */
	rig.tests = 0;
	for (int i = 0; i < 300; i++) {
		rig.layers[2].dst.x = i;
		frame(&rig);
		assert_int_equal(rig.plan.set.n_uses, 2);
		assert_int_equal(rig.plan.set.uses[0].dst.x, i);
	}
	assert_int_equal(rig.tests, 0);
	/* A strip comes: the picture is drawn in the very same frame. */
	push_strip(&rig);
	frame(&rig);
	assert_int_equal(verdict_of(&rig, 0), PLAN_COVERED);
	for (unsigned i = 0; i < rig.plan.set.n_uses; i++) {
		assert_int_not_equal(rig.plan.set.uses[i].plane, OUTPUT_PRIMARY);
	}
	rig_finish(&rig);
}

static void the_primary_plane_refused_leaves_overlays(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	rig.refuses = 0;
	kiosk(&rig);
	frames(&rig, 200);
	assert_int_equal(verdict_of(&rig, 0), PLAN_REFUSED);
	assert_int_equal(rig.plan.set.n_uses, 0);
	assert_int_equal(rig.tests, 2); /* the primary plane, the overlay, and never again */
	rig_finish(&rig);
}

static bool refuses_primary(const struct plan_set *set)
{
	return set->uses[0].plane != OUTPUT_PRIMARY;
}

static void overlays_come_largest_first(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 2);
	desk(&rig);
	push_picture(&rig, &rig.icon, 600, 100);
	push_picture(&rig, &rig.icon, 600, 300);
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(rig.plan.set.n_uses, 2);
	assert_ptr_equal(rig.plan.set.uses[0].buffer, &rig.window);
	assert_ptr_equal(rig.plan.set.uses[1].buffer, &rig.icon);
	assert_int_equal(verdict_of(&rig, 2), PLAN_NONE_LEFT);
	assert_int_equal(rig.tests, 2);
	rig_finish(&rig);
	/* Where two are too many, one it is. */
	rig_init(&rig, 2);
	rig.refuses = 1;
	desk(&rig);
	push_picture(&rig, &rig.icon, 600, 100);
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(rig.plan.set.n_uses, 1);
	assert_int_equal(verdict_of(&rig, 1), PLAN_REFUSED);
	rig_finish(&rig);
	rig_init(&rig, 1);
	rig.answer = refuses_primary;
	kiosk(&rig);
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(rig.plan.set.uses[0].plane, OVERLAY);
	rig_finish(&rig);
}

/* ---- why not ---- */

struct reason {
	const char *what;
	void (*change)(struct rig *rig);
	enum plan_verdict verdict;
};

static void no_planes_wanted(struct rig *rig)
{
	rig->policy.use_planes = false;
}

static void no_dmabuf(struct rig *rig)
{
	rig->window.dmabuf = NULL;
}

static void not_coherent(struct rig *rig)
{
	rig->window.dmabuf = &incoherent;
}

static void turned(struct rig *rig)
{
	rig->input.transform = TRANSFORM_180;
}

static void card_above(struct rig *rig)
{
	push(rig, LAYER_CARD, 0, 24, WIDTH, HEIGHT - 24)->card = &rig->card;
}

static void other_above(struct rig *rig)
{
	push_picture(rig, &rig->icon, 450, 350);
}

static void narrow_frame_above(struct rig *rig)
{
	rig->layers[2].frame.hole.w--;
}

static void cursor_above(struct rig *rig)
{
	push_picture(rig, &rig->arrow, 120, 120);
	rig->arrow.width = 32; /* no cursor plane takes that */
}

static void outside(struct rig *rig)
{
	rig->layers[1].dst.x = WIDTH - 399;
	rig->layers[2].frame.hole = rig->layers[1].dst;
}

static void other_format(struct rig *rig)
{
	rig->window.format = RG16;
}

static void scaled(struct rig *rig)
{
	rig->layers[1].picture.src.w = 399;
}

static void refused(struct rig *rig)
{
	rig->refuses = 0;
}

static void reasons_are_told(void **state)
{
	static const struct reason reasons[] = {
		{"off", no_planes_wanted, PLAN_OFF},
		{"no dma-buf", no_dmabuf, PLAN_NO_DMABUF},
		{"incoherent", not_coherent, PLAN_INCOHERENT},
		{"turned", turned, PLAN_TURNED},
		{"card", card_above, PLAN_CARD},
		{"picture above", other_above, PLAN_COVERED},
		{"frame above", narrow_frame_above, PLAN_COVERED},
		{"cursor above", cursor_above, PLAN_COVERED},
		{"outside", outside, PLAN_CUT},
		{"format", other_format, PLAN_FORMAT},
		{"scaled", scaled, PLAN_SCALED},
		{"refused", refused, PLAN_REFUSED},
	};
	struct rig rig;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(reasons); i++) {
		rig_init(&rig, 1);
		desk(&rig);
		reasons[i].change(&rig);
		frames(&rig, 2 * ENOUGH);
		if (verdict_of(&rig, 0) != reasons[i].verdict) {
			fail_msg("%s: %s", reasons[i].what, plan_verdict_text(verdict_of(&rig, 0)));
		}
		for (unsigned j = 0; j < rig.plan.set.n_uses; j++) {
			assert_ptr_not_equal(rig.plan.set.uses[j].buffer, &rig.window);
		}
		/* What the planes' own description rules out is not asked for. */
		assert_int_equal(rig.tests, reasons[i].verdict == PLAN_REFUSED ||
						    reasons[i].change == other_above);
		rig_finish(&rig);
	}
	for (unsigned i = 0; i < PLAN_VERDICTS; i++) {
		assert_non_null(plan_verdict_text(i));
	}
}

static void what_may_be_is_used(void **state)
{
	struct rig rig;

	(void)state;
	/* Alpha of a guest's picture is ignored: its opaque twin is what the plane must have. */
	rig_init(&rig, 1);
	rig.window.format = AR24;
	desk(&rig);
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(verdict_of(&rig, 0), PLAN_PLANE);
	assert_int_equal(rig.plan.set.config.parts[0].format, TEST_XR24);
	rig_finish(&rig);
	/* The administrator knows better. */
	rig_init(&rig, 1);
	rig.policy.allow_incoherent = true;
	rig.window.dmabuf = &incoherent;
	desk(&rig);
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(verdict_of(&rig, 0), PLAN_PLANE);
	rig_finish(&rig);
	/* A plane that scales, but only up to a size. */
	rig_init(&rig, 1);
	kiosk(&rig);
	rig.layers[1].picture.src.w--;
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(verdict_of(&rig, 0), PLAN_SCALED); /* the primary plane does not */
	rig_finish(&rig);
	rig_init(&rig, 2);
	desk(&rig);
	rig.layers[1].picture.src.w = 399;
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(rig.plan.set.uses[0].plane, SCALER);
	rig.window.width = 401;
	rig.layers[1].picture.src.w = 401;
	frames(&rig, 2 * ENOUGH);
	assert_int_equal(verdict_of(&rig, 0), PLAN_SIZE);
	rig_finish(&rig);
}

/* ---- asking ---- */

static void nothing_is_asked_twice_until_forgotten(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	rig.refuses = 0;
	desk(&rig);
	frames(&rig, 500);
	assert_int_equal(rig.tests, 1);
	/* Coming and going is no reason to ask again, nor is a new buffer of the same kind. */
	for (unsigned i = 0; i < 20; i++) {
		struct buffer other = rig.window;

		rig.layers[1].picture.buffer = &other;
		frames(&rig, 50);
		card_above(&rig);
		frame(&rig);
		desk(&rig);
		frames(&rig, 50);
	}
	assert_int_equal(rig.tests, 1);
	planner_forget(rig.planner);
	rig.refuses = 1;
	frames(&rig, ENOUGH);
	assert_int_equal(rig.tests, 2);
	assert_int_equal(verdict_of(&rig, 0), PLAN_PLANE);
	/* A real frame was refused: drawn from then on, and not asked for. */
	planner_learn(rig.planner, &rig.plan.set.config, false);
	frames(&rig, 500);
	assert_int_equal(verdict_of(&rig, 0), PLAN_REFUSED);
	assert_int_equal(rig.tests, 2);
	rig_finish(&rig);
}

static void the_cache_is_bounded(void **state)
{
	struct plan_cache *cache = xcalloc(1, sizeof(*cache));
	struct plan_config config = {.n_parts = 1};

	(void)state;
	for (int i = 0; i < 10 * PLAN_CACHE_SIZE; i++) {
		config.parts[0].width = i;
		assert_int_equal(plan_cache_find(cache, &config), PLAN_ANSWER_UNKNOWN);
		plan_cache_store(cache, &config, i % 2);
		/* The first one is needed all the time, and stays. */
		config.parts[0].width = 0;
		assert_int_equal(plan_cache_find(cache, &config), PLAN_ANSWER_NO);
	}
	assert_int_equal(plan_cache_count(cache), PLAN_CACHE_SIZE);
	config.parts[0].width = 10 * PLAN_CACHE_SIZE - 1;
	assert_int_equal(plan_cache_find(cache, &config), PLAN_ANSWER_YES);
	plan_cache_store(cache, &config, false);
	assert_int_equal(plan_cache_find(cache, &config), PLAN_ANSWER_NO);
	assert_int_equal(plan_cache_count(cache), PLAN_CACHE_SIZE);
	plan_cache_clear(cache);
	assert_int_equal(plan_cache_count(cache), 0);
	free(cache);
}

/* ---- steadiness ---- */

static unsigned changes_of_path(struct rig *rig, unsigned cycles, unsigned clear)
{
	unsigned changes = 0;
	bool was = false;

	for (unsigned i = 0; i < cycles; i++) {
		desk(rig);
		for (unsigned j = 0; j < clear; j++) {
			frame(rig);
			changes += (rig->plan.set.n_uses > 0) != was;
			was = rig->plan.set.n_uses > 0;
		}
		card_above(rig);
		frame(rig);
		/* Down at once, always. */
		assert_int_equal(rig->plan.set.n_uses, 0);
		changes += was;
		was = false;
	}
	return changes;
}

static void what_comes_and_goes_stays_drawn(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	/* Something appears above the picture twice a second for ten minutes. */
	assert_in_range(changes_of_path(&rig, 1200, 30), 1, 8);
	/* Steady for long: trusted again. */
	desk(&rig);
	frames(&rig, 40000);
	assert_int_equal(verdict_of(&rig, 0), PLAN_PLANE);
	card_above(&rig);
	frame(&rig);
	desk(&rig);
	frames(&rig, ENOUGH);
	assert_int_equal(verdict_of(&rig, 0), PLAN_PLANE);
	/* A picture that never stands still is never asked for. */
	rig.tests = 0;
	for (int i = 0; i < 1000; i++) {
		rig.layers[1].picture.src.w = 300 + i % 8;
		rig.layers[1].dst.w = 300 + i % 8;
		rig.layers[2].frame.hole = rig.layers[1].dst;
		frame(&rig);
		assert_int_equal(rig.plan.set.n_uses, 0);
	}
	assert_int_equal(rig.tests, 0);
	rig_finish(&rig);
}

/* A second picture comes: the first one stays where it is while the device is asked. */
static void what_works_is_kept_while_more_is_asked_for(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 2);
	desk(&rig);
	rig.layers[1].picture.buffer = &rig.icon;
	rig.layers[1].picture.src = (struct rect){0, 0, 100, 100};
	rig.layers[1].dst = (struct rect){10, 100, 100, 100};
	rig.layers[2].frame.hole = rig.layers[1].dst;
	frames(&rig, ENOUGH);
	assert_int_equal(rig.plan.set.n_uses, 1);
	push_picture(&rig, &rig.window, 200, 200);
	for (unsigned i = 0; i < 3 * ENOUGH; i++) {
		frame(&rig);
		assert_true(rig.plan.set.n_uses >= 1);
	}
	assert_int_equal(rig.plan.set.n_uses, 2);
	rig_finish(&rig);
}

/* ---- any history ---- */

static bool answer_randomly(const struct plan_set *set)
{
	static uint32_t random = 77;

	return test_random(&random) % 3;
}

static void random_layers(struct rig *rig, uint32_t *random)
{
	const struct buffer *buffers[] = {&rig->screen, &rig->window, &rig->icon, &rig->arrow};
	unsigned n = test_random(random) % 5;

	rig->input.n_layers = 0;
	push(rig, LAYER_SOLID, 0, 0, WIDTH, HEIGHT);
	for (unsigned i = 0; i < n; i++) {
		const struct buffer *buffer = buffers[test_random(random) % 4];
		int x = (int)(test_random(random) % 5) * 100,
		    y = (int)(test_random(random) % 4) * 100;
		struct layer *layer = push_picture(rig, buffer, buffer == &rig->screen ? 0 : x,
						   buffer == &rig->screen ? 0 : y);

		if (test_random(random) % 8 == 0) {
			layer->dst.w /= 2;
		}
		if (test_random(random) % 2) {
			struct rect dst = layer->dst;

			push_frame(rig, dst.x, dst.y, dst.w, dst.h);
		}
	}
	if (test_random(random) % 2) {
		push_strip(rig);
	}
	if (test_random(random) % 16 == 0) {
		card_above(rig);
	}
}

/* Nothing that is drawn above a picture is hidden by its plane. */
static void check_marks(const struct rig *rig)
{
	for (unsigned i = 0; i < rig->plan.set.n_uses; i++) {
		const struct rect *dst = &rig->plan.set.uses[i].dst;

		for (unsigned j = rig->plan.set.layers[i] + 1; j < rig->input.n_layers; j++) {
			const struct layer *above = &rig->layers[j];
			bool is_beside = above->kind == LAYER_FRAME &&
					 rect_covers(&above->frame.hole, dst);
			bool is_on_plane = false;

			for (unsigned k = 0; k < rig->plan.set.n_uses; k++) {
				is_on_plane = is_on_plane || (rig->plan.set.layers[k] == j &&
							      above->kind == LAYER_CURSOR);
			}
			assert_true(!rect_intersects(dst, &above->dst) || is_beside || is_on_plane);
		}
	}
}

static void check_uses(const struct rig *rig)
{
	for (unsigned i = 0; i < rig->plan.set.n_uses; i++) {
		const struct output_plane_use *use = &rig->plan.set.uses[i];
		const struct layer *layer = &rig->layers[rig->plan.set.layers[i]];

		assert_ptr_equal(use->buffer, layer->picture.buffer);
		assert_true(rect_equal(&use->dst, &layer->dst));
		assert_true(use->plane == OUTPUT_PRIMARY || use->plane < rig->device.n_planes);
		for (unsigned j = 0; j < i; j++) {
			assert_int_not_equal(rig->plan.set.uses[j].plane, use->plane);
			assert_int_not_equal(rig->plan.set.layers[j], rig->plan.set.layers[i]);
		}
	}
}

#define KNOWN_MAX 4096

/* What was answered, kept apart from the planner's own cache. */
struct known {
	struct plan_config configs[KNOWN_MAX];
	bool yes[KNOWN_MAX];
	unsigned n;
};

static int known_find(const struct known *known, const struct plan_config *config)
{
	for (unsigned i = known->n; i-- > 0;) {
		if (known->configs[i].n_parts == config->n_parts &&
		    memcmp(known->configs[i].parts, config->parts,
			   config->n_parts * sizeof(config->parts[0])) == 0) {
			return (int)i;
		}
	}
	return -1;
}

static void random_histories_keep_the_promises(void **state)
{
	struct known *known = xcalloc(1, sizeof(*known));
	uint32_t random = 4711;
	unsigned on_planes = 0;
	struct rig rig;

	(void)state;
	rig_init(&rig, 3);
	for (unsigned i = 0; i < 3000; i++) {
		unsigned n = 1 + test_random(&random) % 80;

		random_layers(&rig, &random);
		if (test_random(&random) % 64 == 0) {
			planner_forget(rig.planner);
			known->n = 0;
		}
		for (unsigned j = 0; j < n; j++) {
			plan(&rig);
			check_marks(&rig);
			check_uses(&rig);
			/* Never what the device was not asked for, or what it refused. */
			if (rig.plan.set.n_uses) {
				int at = known_find(known, &rig.plan.set.config);

				assert_true(at >= 0 && known->yes[at]);
				on_planes++;
			}
			if (rig.plan.test.n_uses && test_random(&random) % 2) {
				assert_true(known->n < KNOWN_MAX);
				known->configs[known->n] = rig.plan.test.config;
				known->yes[known->n] = answer_randomly(&rig.plan.test);
				planner_learn(rig.planner, &rig.plan.test.config,
					      known->yes[known->n++]);
				rig.tests++;
			}
		}
	}
	assert_true(on_planes > 1000 && rig.tests > 100);
	rig_finish(&rig);
	free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_picture_gets_a_plane),
		cmocka_unit_test(a_whole_picture_is_scanned_out),
		cmocka_unit_test(the_primary_plane_refused_leaves_overlays),
		cmocka_unit_test(overlays_come_largest_first),
		cmocka_unit_test(reasons_are_told),
		cmocka_unit_test(what_may_be_is_used),
		cmocka_unit_test(nothing_is_asked_twice_until_forgotten),
		cmocka_unit_test(the_cache_is_bounded),
		cmocka_unit_test(what_comes_and_goes_stays_drawn),
		cmocka_unit_test(what_works_is_kept_while_more_is_asked_for),
		cmocka_unit_test(random_histories_keep_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
