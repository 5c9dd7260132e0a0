/* SPDX-License-Identifier: MIT */
/* Layouts: which are taken, and where exactly everything is in those that are. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compositor/scene/scene_priv.h"
#include "tests/scene_fixture.h"

#define PERIOD_NS (NSEC_PER_SEC / 60)

/* ---- a scene ---- */

struct world {
	struct scene *scene;
	struct layout layout;
	unsigned placed, wanted, done;
	unsigned frozen, moving;
	const struct scene_head *frozen_head;
	struct test_buffer *fresh; /* committed at once by a head that becomes visible */
	uint64_t now_ns;
};

static void handle_wanted(void *data, struct scene_output *output)
{
	((struct world *)data)->wanted++;
}

static void handle_placed(void *data, struct scene_head *head)
{
	struct world *world = data;

	world->placed++;
	if (head->visible && world->fresh) {
		test_commit(head, world->fresh, 77);
		world->fresh = NULL;
	}
}

static void handle_done(void *data, struct scene_head *head, uint64_t token,
			const struct presented *how)
{
	((struct world *)data)->done++;
}

static void handle_frozen(void *data, struct scene_head *head, bool is_frozen)
{
	struct world *world = data;

	world->frozen_head = head;
	world->frozen += is_frozen;
	world->moving += !is_frozen;
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .head_placed = handle_placed,
					   .commit_done = handle_done,
					   .head_frozen = handle_frozen};

static void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->scene = scene_create(&events, world);
	scene_set_key(world->scene, (const uint64_t[2]){0x9ae16a3b2f90404f, 0xc949c7defebe6f2f});
	world->now_ns = NSEC_PER_SEC;
}

static void world_finish(struct world *world)
{
	struct list *outputs = &world->scene->outputs;
	struct scene_guest *guest;

	while ((guest = scene_guest_next(world->scene, NULL))) {
		for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
			if (guest->heads[i]) {
				scene_head_remove(guest->heads[i]);
			}
		}
		scene_guest_remove(guest);
	}
	while (!list_empty(outputs)) {
		scene_output_remove(container_of(outputs->next, struct scene_output, link));
	}
	scene_destroy(world->scene);
}

static struct scene_guest *guest_add(struct world *world, const char *name, unsigned n_heads)
{
	struct scene_guest *guest = scene_guest_add(world->scene, name, NULL);

	for (unsigned i = 0; i < n_heads; i++) {
		scene_head_add(guest, i, 640, 480, NULL);
	}
	return guest;
}

static struct scene_output *output_add(struct world *world, const char *name, int width, int height)
{
	return scene_output_add(world->scene, name, width, height, 60000, NULL);
}

static bool frame_run(struct world *world, struct scene_output *output)
{
	struct presented how = {.time_ns = world->now_ns, .refresh_ns = PERIOD_NS, .sequence = 1};
	struct frame frame;
	bool any = scene_output_latch(output, 1, &frame);

	frame_finish(&frame);
	if (any) {
		scene_output_committed(output, true);
		scene_output_presented(output, &how);
	}
	return any;
}

/* ---- writing layouts ---- */

static struct layout_output *monitor(struct world *world, const char *name)
{
	struct layout_output *output = &world->layout.outputs[world->layout.n_outputs++];

	memset(output, 0, sizeof(*output));
	snprintf(output->name, sizeof(output->name), "%s", name);
	return output;
}

static struct layout_region *region(struct layout_output *output, enum layout_shows shows, double x,
				    double y, double w, double h)
{
	struct layout_region *made = &output->regions[output->n_regions++];

	memset(made, 0, sizeof(*made));
	*made = (struct layout_region){.shows = shows,
				       .x = x,
				       .y = y,
				       .w = w,
				       .h = h,
				       .head = shows == LAYOUT_FRONT ? -1 : 0};
	return made;
}

static struct layout_region *bound(struct layout_output *output, const char *guest, double x,
				   double y, double w, double h)
{
	struct layout_region *made = region(output, LAYOUT_GUEST, x, y, w, h);

	snprintf(made->guest, sizeof(made->guest), "%s", guest);
	return made;
}

static void apply(struct world *world)
{
	assert_int_equal(scene_set_layout(world->scene, &world->layout), 0);
}

static void assert_rect(struct rect r, int x, int y, int w, int h)
{
	if (r.x != x || r.y != y || r.w != w || r.h != h) {
		fail_msg("%d %d %d %d, not %d %d %d %d", r.x, r.y, r.w, r.h, x, y, w, h);
	}
}

static const struct scene_view *view_of(const struct scene_output *output, unsigned i)
{
	unsigned n;
	const struct scene_view *views = scene_output_views(output, &n);

	assert_true(i < n);
	return &views[i];
}

static unsigned n_views(const struct scene_output *output)
{
	unsigned n;

	scene_output_views(output, &n);
	return n;
}

/* ---- which layouts are taken ---- */

static void refused(struct world *world, const char *because)
{
	char why[256] = "";
	struct layout before = *scene_layout(world->scene);

	assert_int_equal(layout_check(&world->layout, why, sizeof(why)), -EINVAL);
	if (!strstr(why, because)) {
		fail_msg("\"%s\" does not say \"%s\"", why, because);
	}
	assert_int_equal(scene_set_layout(world->scene, &world->layout), -EINVAL);
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): both are zeroed copies */
	assert_memory_equal(&before, scene_layout(world->scene), sizeof(before));
	memset(&world->layout, 0, sizeof(world->layout));
}

static void mistakes_are_named(void **state)
{
	struct world w;
	struct layout_output *output;

	(void)state;
	world_init(&w);
	monitor(&w, "");
	refused(&w, "needs a name");
	monitor(&w, "A");
	monitor(&w, "A");
	refused(&w, "needs a name of its own");
	monitor(&w, "A")->scale = 0.4;
	refused(&w, "scale");
	monitor(&w, "A")->scale = NAN;
	refused(&w, "scale");
	monitor(&w, "A")->transform = TRANSFORMS;
	refused(&w, "transform");
	monitor(&w, "A")->width = 640;
	refused(&w, "mode");
	output = monitor(&w, "A");
	output->place.has_position = true;
	output->place.x = 70000;
	refused(&w, "position");
	region(monitor(&w, "A"), LAYOUT_FRONT, 0.5, 0, 0.6, 1);
	refused(&w, "region 1 does not lie on the monitor");
	region(monitor(&w, "A"), LAYOUT_FRONT, 0, 0, 1, INFINITY);
	refused(&w, "does not lie");
	output = monitor(&w, "A");
	region(output, LAYOUT_FRONT, 0, 0, 0.6, 1);
	region(output, LAYOUT_MOSAIC, 0.5, 0, 0.5, 1);
	refused(&w, "regions 1 and 2 overlap");
	bound(monitor(&w, "A"), "a b", 0, 0, 1, 1);
	refused(&w, "name of a guest");
	bound(monitor(&w, "A"), "work", 0, 0, 1, 1)->head = 16;
	refused(&w, "head from 0");
	monitor(&w, "A")->is_unmarked = true;
	refused(&w, "without its mark");
	output = monitor(&w, "A");
	output->is_unmarked = true;
	bound(output, "work", 0, 0, 1, 0.9);
	refused(&w, "without its mark");
	output = monitor(&w, "A");
	output->is_unmarked = true;
	region(output, LAYOUT_FRONT, 0, 0, 1, 1);
	refused(&w, "without its mark");
	strcpy(monitor(&w, "A")->mirror_of, "A");
	refused(&w, "mirrors itself");
	strcpy(monitor(&w, "A")->mirror_of, "B");
	strcpy(monitor(&w, "B")->mirror_of, "C");
	refused(&w, "shows nothing of its own");
	strcpy(monitor(&w, "A")->mirror_of, "B");
	monitor(&w, "B")->is_off = true;
	refused(&w, "shows nothing of its own");
	output = monitor(&w, "A");
	strcpy(output->mirror_of, "B");
	region(output, LAYOUT_FRONT, 0, 0, 1, 1);
	refused(&w, "nothing of its own to show");
	strcpy(w.layout.reachable[0], "a/b");
	w.layout.n_reachable = 1;
	refused(&w, "not the name of a guest");
	world_finish(&w);
}

/* ---- exact places ---- */

static void splits_have_a_strip_for_each(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *work, *web;
	struct layout_output *entry;
	int width, height;
	double x, y;

	(void)state;
	world_init(&w);
	output = output_add(&w, "A", 1001, 624);
	work = guest_add(&w, "work", 2);
	web = guest_add(&w, "web", 1);
	scene_set_front(w.scene, web);
	entry = monitor(&w, "A");
	bound(entry, "work", 0, 0, 0.5, 1)->head = 1;
	region(entry, LAYOUT_FRONT, 0.5, 0, 0.5, 1)->fit = LAYOUT_FIT_SCALE;
	apply(&w);
	/* 1001 is odd: the two still share a side. */
	assert_rect(view_of(output, 0)->region, 0, 24, 501, 600);
	assert_rect(view_of(output, 1)->region, 501, 24, 500, 600);
	assert_rect(view_of(output, 0)->strip, 0, 24, 501, 24);
	assert_rect(view_of(output, 0)->area, 8, 56, 485, 560);
	assert_rect(view_of(output, 1)->area, 509, 56, 484, 560);
	assert_ptr_equal(view_of(output, 0)->head, work->heads[1]);
	assert_ptr_equal(view_of(output, 1)->head, web->heads[0]);
	assert_false(work->heads[0]->visible);
	assert_rect(work->heads[1]->dst, 8, 154, 485, 363);
	assert_rect(web->heads[0]->dst, 509, 154, 484, 363);
	assert_true(scene_head_room(work->heads[1], &width, &height));
	assert_true(width == 485 && height == 560);
	assert_false(scene_head_room(work->heads[0], &width, &height));
	/* Both marks are on the glass, and neither is the output's. */
	assert_null(scene_pick(output, 100, 300, &x, &y));
	frame_run(&w, output);
	assert_null(scene_output_shows(output));
	assert_true(scene_output_shows_guest(output, work));
	assert_true(scene_output_shows_guest(output, web));
	assert_ptr_equal(scene_pick(output, 8, 154, &x, &y), work->heads[1]);
	assert_true(x == 0 && y == 0);
	assert_ptr_equal(scene_pick(output, 992, 516, &x, &y), web->heads[0]);
	assert_true(x > 638 && x < 640 && y > 478 && y < 480);
	assert_null(scene_pick(output, 501, 300, &x, &y));
	world_finish(&w);
}

static void fits_are_as_asked(void **state)
{
	static const struct rect area = {10, 20, 1000, 700};

	(void)state;
	assert_rect(geometry_fit(&area, LAYOUT_FIT_CENTRE, 320, 200), 350, 270, 320, 200);
	assert_rect(geometry_fit(&area, LAYOUT_FIT_INTEGER, 320, 200), 30, 70, 960, 600);
	assert_rect(geometry_fit(&area, LAYOUT_FIT_SCALE, 320, 200), 10, 57, 1000, 625);
	/* What is larger is scaled down in any case. */
	for (unsigned fit = LAYOUT_FIT_CENTRE; fit <= LAYOUT_FIT_SCALE; fit++) {
		assert_rect(geometry_fit(&area, fit, 2000, 700), 10, 195, 1000, 350);
		assert_rect(geometry_fit(&area, fit, 1000, 700), 10, 20, 1000, 700);
		assert_rect(geometry_fit(&area, fit, 100000, 1), 10, 369, 1000, 1);
		assert_true(rect_empty(&(struct rect){0}));
		assert_rect(geometry_fit(&(struct rect){5, 5, 0, 9}, fit, 4, 4), 0, 0, 0, 0);
	}
}

static void mosaics_tile_all_heads(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *guests[3];
	char name[8];
	int width, height;

	(void)state;
	world_init(&w);
	output = output_add(&w, "A", 1600, 924);
	region(monitor(&w, "A"), LAYOUT_MOSAIC, 0, 0, 1, 1);
	apply(&w);
	assert_int_equal(n_views(output), 1); /* the place of a card that nobody runs */
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		guests[i] = guest_add(&w, name, i == 0 ? 2 : 1);
	}
	assert_int_equal(n_views(output), 4);
	assert_rect(view_of(output, 0)->region, 0, 24, 800, 450);
	assert_rect(view_of(output, 3)->region, 800, 474, 800, 450);
	assert_ptr_equal(view_of(output, 1)->head, guests[0]->heads[1]);
	assert_ptr_equal(view_of(output, 3)->head, guests[2]->heads[0]);
	assert_rect(view_of(output, 3)->area, 808, 506, 784, 410);
	assert_rect(guests[2]->heads[0]->dst, 927, 506, 546, 410);
	/* A tile is no reason to change the mode. */
	assert_false(scene_head_room(guests[2]->heads[0], &width, &height));
	/* Five heads, two by three: the last row is not stretched. */
	guest_add(&w, "g3", 1);
	assert_rect(view_of(output, 4)->region, 0, 624, 800, 300);
	world_finish(&w);
}

static void mosaics_have_an_end(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *last;
	struct frame frame;
	char name[8];

	(void)state;
	world_init(&w);
	output = output_add(&w, "A", 3840, 2160);
	region(monitor(&w, "A"), LAYOUT_MOSAIC, 0, 0, 1, 1);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		last = guest_add(&w, name, SCENE_MAX_HEADS);
	}
	apply(&w);
	assert_int_equal(n_views(output), SCENE_MAX_VIEWS);
	assert_false(last->heads[0]->visible);
	assert_true(scene_output_latch(output, 0, &frame));
	assert_true(frame.n_layers <= SCENE_MAX_LAYERS);
	frame_finish(&frame);
	world_finish(&w);
}

static void outputs_stand_as_the_layout_says(void **state)
{
	struct world w;
	struct scene_output *a, *b, *c, *d;
	struct layout_output *entry;
	struct scene_guest *work;
	int width, height;

	(void)state;
	world_init(&w);
	work = guest_add(&w, "work", 2);
	scene_set_front(w.scene, work);
	a = output_add(&w, "A", 1920, 1080);
	b = output_add(&w, "B", 3840, 2160);
	c = output_add(&w, "C", 800, 600);
	entry = monitor(&w, "B");
	entry->scale = 1.5;
	entry = monitor(&w, "A");
	entry->transform = TRANSFORM_90;
	entry->place.has_position = true;
	entry->place.x = -1080;
	entry->place.y = 100;
	monitor(&w, "C")->is_off = true;
	apply(&w);
	assert_true(a->width == 1080 && a->height == 1920 && a->transform == TRANSFORM_90);
	assert_rect(a->layout, -1080, 100, 1080, 1920);
	assert_rect(b->layout, 0, 0, 2560, 1440);
	assert_rect(c->layout, 0, 0, 0, 0);
	/* The layout's order counts: B is first. Its strip and frame are one and a half times as large. */
	assert_ptr_equal(work->heads[0]->output, b);
	assert_ptr_equal(work->heads[1]->output, a);
	assert_rect(view_of(b, 0)->area, 12, 48, 3816, 2100);
	assert_true(scene_head_room(work->heads[1], &width, &height));
	assert_true(width == 1080 - 16 && height == 1920 - 24 - 16);
	/* One that the layout does not name stands to the right of all. */
	d = output_add(&w, "D", 640, 480);
	assert_rect(d->layout, 2560, 0, 640, 480);
	/* And back. */
	memset(&w.layout, 0, sizeof(w.layout));
	apply(&w);
	assert_true(a->width == 1920 && a->height == 1080 && b->scale == 1);
	assert_rect(a->layout, 0, 0, 1920, 1080);
	assert_rect(c->layout, 1920 + 3840, 0, 800, 600);
	world_finish(&w);
}

static struct layout_output *beside(struct world *w, const char *name, enum layout_side side,
				    const char *other)
{
	struct layout_output *entry = monitor(w, name);

	entry->place.side = side;
	snprintf(entry->place.beside, sizeof(entry->place.beside), "%s", other);
	return entry;
}

static struct layout_external *external(struct world *w, const char *label, const char *other)
{
	struct layout_external *entry = &w->layout.externals[w->layout.n_externals++];

	*entry = (struct layout_external){.width = 500, .height = 400};
	strcpy(entry->guest, label);
	strcpy(entry->label, label);
	entry->place.side = other ? LAYOUT_LEFT_OF : LAYOUT_AUTO;
	strcpy(entry->place.beside, other ? other : "");
	return entry;
}

static void guests_own_monitors_stand_beside_ours(void **state)
{
	const struct scene_external *found;
	struct scene_output *a;
	struct world w;
	unsigned n;

	(void)state;
	world_init(&w);
	a = output_add(&w, "A", 800, 600);
	external(&w, "one", "A");
	external(&w, "two", "one");
	external(&w, "three", NULL);
	external(&w, "four", "Z");
	apply(&w);
	found = scene_externals(w.scene, &n);
	assert_int_equal(n, 4);
	assert_rect(found[0].layout, -500, 0, 500, 400);
	assert_rect(found[1].layout, -1000, 0, 500, 400);
	assert_rect(found[2].layout, 800, 0, 500, 400);
	/* What it is to stand beside is not there: right of all. */
	assert_rect(found[3].layout, 1300, 0, 500, 400);
	assert_string_equal(found[3].entry->label, "four");
	scene_output_remove(a);
	found = scene_externals(w.scene, &n);
	assert_rect(found[1].layout, -500, 0, 500, 400);
	world_finish(&w);
}

static void outputs_stand_beside_each_other(void **state)
{
	struct world w;
	struct scene_output *a, *b, *c, *d, *e;

	(void)state;
	world_init(&w);
	a = output_add(&w, "A", 800, 600);
	b = output_add(&w, "B", 640, 480);
	c = output_add(&w, "C", 1024, 768);
	d = output_add(&w, "D", 320, 200);
	/* In any order of the layout's entries, along chains, turned ones as they stand. */
	beside(&w, "D", LAYOUT_BELOW, "C");
	beside(&w, "B", LAYOUT_ABOVE, "A");
	beside(&w, "C", LAYOUT_LEFT_OF, "A")->transform = TRANSFORM_270;
	apply(&w);
	assert_rect(a->layout, 0, 0, 800, 600);
	assert_rect(b->layout, 0, -480, 640, 480);
	assert_rect(c->layout, -768, 0, 768, 1024);
	assert_rect(d->layout, -768, 1024, 320, 200);
	/* What stands right of one is not covered by the next that goes to the right of all. */
	memset(&w.layout, 0, sizeof(w.layout));
	beside(&w, "D", LAYOUT_RIGHT_OF, "A");
	apply(&w);
	assert_rect(d->layout, 800, 0, 320, 200);
	assert_rect(b->layout, 1120, 0, 640, 480);
	/* While the other is not there, is off, or stands beside this one itself: to the right. */
	memset(&w.layout, 0, sizeof(w.layout));
	beside(&w, "A", LAYOUT_ABOVE, "E");
	beside(&w, "B", LAYOUT_ABOVE, "C");
	monitor(&w, "C")->is_off = true;
	beside(&w, "D", LAYOUT_ABOVE, "D");
	apply(&w);
	assert_rect(a->layout, 0, 0, 800, 600);
	assert_rect(b->layout, 800, 0, 640, 480);
	assert_rect(d->layout, 1440, 0, 320, 200);
	e = output_add(&w, "E", 100, 100);
	assert_rect(b->layout, 0, 0, 640, 480);
	assert_rect(e->layout, 640 + 320, 0, 100, 100);
	assert_rect(a->layout, 640 + 320, -600, 800, 600);
	/* A ring begins somewhere, and everything has a place. */
	memset(&w.layout, 0, sizeof(w.layout));
	beside(&w, "A", LAYOUT_RIGHT_OF, "B");
	beside(&w, "B", LAYOUT_RIGHT_OF, "A");
	apply(&w);
	assert_int_equal(b->layout.x - a->layout.x, 800);
	world_finish(&w);
}

static void dark_outputs_show_nothing(void **state)
{
	struct world w;
	struct scene_output *a, *b;
	struct scene_guest *work;
	struct frame frame;

	(void)state;
	world_init(&w);
	work = guest_add(&w, "work", 1);
	scene_set_front(w.scene, work);
	a = output_add(&w, "A", 800, 600);
	b = output_add(&w, "B", 800, 600);
	monitor(&w, "A")->is_off = true;
	apply(&w);
	assert_ptr_equal(work->heads[0]->output, b);
	assert_true(scene_output_latch(a, 0, &frame));
	assert_int_equal(frame.n_layers, 1);
	assert_int_equal(frame.layers[0].kind, LAYER_SOLID);
	assert_int_equal(frame.layers[0].colour, 0);
	frame_finish(&frame);
	/* Not even with a card of the host's. */
	scene_set_card(w.scene, &(struct card){.n_lines = 1});
	assert_true(scene_output_latch(a, 0, &frame));
	assert_int_equal(frame.n_layers, 1);
	frame_finish(&frame);
	/* Power is another matter: its head waits there, and goes nowhere else. */
	scene_set_card(w.scene, NULL);
	output_add(&w, "C", 800, 600);
	scene_output_set_power(b, false);
	assert_false(work->heads[0]->visible);
	scene_output_set_power(b, true);
	assert_ptr_equal(work->heads[0]->output, b);
	world_finish(&w);
}

static void unmarked_outputs_are_one_guests_whole(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *work;
	struct layout_output *entry;
	struct frame frame;
	double x, y;

	(void)state;
	world_init(&w);
	output = output_add(&w, "A", 640, 480);
	entry = monitor(&w, "A");
	entry->is_unmarked = true;
	bound(entry, "work", 0, 0, 1, 1);
	apply(&w);
	/* Before the guest is there, the host is, with its strip. */
	assert_true(scene_output_latch(output, 0, &frame));
	assert_int_equal(frame.layers[frame.n_layers - 1].kind, LAYER_STRIP);
	frame_finish(&frame);
	scene_output_committed(output, true);
	work = guest_add(&w, "work", 1);
	scene_set_front(w.scene, work);
	assert_rect(work->heads[0]->dst, 0, 0, 640, 480);
	assert_true(scene_output_latch(output, 0, &frame));
	assert_int_equal(frame.n_layers, 1);
	frame_finish(&frame);
	scene_output_committed(output, true);
	scene_output_presented(output, &(struct presented){.time_ns = 1});
	assert_ptr_equal(scene_output_shows(output), work);
	assert_ptr_equal(scene_pick(output, 0, 0, &x, &y), work->heads[0]);
	/* The host's card comes with the strip. */
	scene_set_card(w.scene, &(struct card){.n_lines = 1});
	assert_true(scene_output_latch(output, 0, &frame));
	assert_int_equal(frame.layers[frame.n_layers - 1].kind, LAYER_STRIP);
	assert_null(frame.layers[frame.n_layers - 1].strip.mark);
	frame_finish(&frame);
	world_finish(&w);
}

/* ---- one head in several places ---- */

struct mirrored {
	struct world w;
	struct scene_output *a, *b;
	struct scene_head *head;
	struct test_buffer *buffers[3];
};

static void mirrored_init(struct mirrored *m)
{
	world_init(&m->w);
	m->a = output_add(&m->w, "A", 1016, 608);
	m->b = output_add(&m->w, "B", 516, 308);
	strcpy(monitor(&m->w, "B")->mirror_of, "A");
	apply(&m->w);
	m->head = guest_add(&m->w, "work", 1)->heads[0];
	scene_set_front(m->w.scene, m->head->guest);
	for (unsigned i = 0; i < 3; i++) {
		m->buffers[i] = test_buffer_create(640, 480, TEST_XR24, 0);
	}
	frame_run(&m->w, m->a);
	frame_run(&m->w, m->b);
}

static void mirrored_finish(struct mirrored *m)
{
	world_finish(&m->w);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(m->buffers[i]->base.locks, 0);
		buffer_drop(&m->buffers[i]->base);
	}
}

static void mirrors_show_the_same(void **state)
{
	struct mirrored m;
	double x, y;
	int width, height;

	(void)state;
	mirrored_init(&m);
	assert_ptr_equal(m.head->output, m.a);
	assert_ptr_equal(view_of(m.b, 0)->head, m.head);
	assert_rect(view_of(m.b, 0)->dst, 79, 32, 357, 268);
	assert_true(scene_head_room(m.head, &width, &height));
	assert_true(width == 1000 && height == 568);
	assert_true(scene_output_shows_guest(m.b, m.head->guest));
	assert_ptr_equal(scene_pick(m.b, 79, 32, &x, &y), m.head);
	assert_true(scene_output_is_mirror(m.b) && !scene_output_is_mirror(m.a));
	/* Nearest points of the head, by the output that is pointed at. */
	assert_true(scene_head_point(m.head, m.b, 0, 1000, &x, &y));
	assert_true(x == 0 && y > 479 && y < 480);
	/* Its source gone, it takes the place: the head gets a mode of it. */
	scene_output_remove(m.a);
	assert_ptr_equal(m.head->output, m.b);
	assert_true(m.head->visible);
	assert_true(scene_head_room(m.head, &width, &height));
	assert_true(width == 500 && height == 268);
	mirrored_finish(&m);
}

static void buffers_are_free_when_no_glass_shows_them(void **state)
{
	struct mirrored m;
	unsigned wanted;

	(void)state;
	mirrored_init(&m);
	test_commit(m.head, m.buffers[0], 1);
	frame_run(&m.w, m.a);
	assert_int_equal(m.w.done, 1);
	assert_true(frame_run(&m.w, m.b));
	assert_int_equal(m.w.done, 1); /* once */
	wanted = m.w.wanted;
	test_commit(m.head, m.buffers[1], 2);
	frame_run(&m.w, m.a);
	assert_int_equal(m.w.done, 2);
	/* The mirror is behind: it asked for a frame, and still shows the first. */
	assert_true(m.w.wanted >= wanted + 2);
	assert_int_equal(m.buffers[0]->releases, 0);
	test_commit(m.head, m.buffers[2], 3);
	frame_run(&m.w, m.a);
	/* The mirror never showed the second. */
	assert_int_equal(m.buffers[0]->releases, 0);
	assert_int_equal(m.buffers[1]->releases, 1);
	assert_true(frame_run(&m.w, m.b));
	assert_int_equal(m.buffers[0]->releases, 1);
	assert_int_equal(m.buffers[2]->releases, 0);
	mirrored_finish(&m);
}

static void lost_flips_keep_both_pictures(void **state)
{
	struct mirrored m;
	struct frame frame;

	(void)state;
	mirrored_init(&m);
	test_commit(m.head, m.buffers[0], 1);
	frame_run(&m.w, m.a);
	frame_run(&m.w, m.b);
	/* The mirror's flip never comes: it may show either. */
	test_commit(m.head, m.buffers[1], 2);
	frame_run(&m.w, m.a);
	assert_true(scene_output_latch(m.b, 1, &frame));
	frame_finish(&frame);
	scene_output_committed(m.b, true);
	test_commit(m.head, m.buffers[2], 3);
	frame_run(&m.w, m.a);
	assert_true(scene_output_latch(m.b, 1, &frame));
	frame_finish(&frame);
	scene_output_committed(m.b, true);
	assert_int_equal(m.buffers[0]->releases + m.buffers[1]->releases, 0);
	scene_output_presented(m.b, &(struct presented){.time_ns = 1});
	assert_int_equal(m.buffers[0]->releases, 1);
	assert_int_equal(m.buffers[1]->releases, 1);
	mirrored_finish(&m);
}

static struct rect damage_of(struct scene_output *output)
{
	struct frame frame;
	const pixman_box32_t *box;
	struct rect rect = {0};

	if (scene_output_latch(output, 1, &frame)) {
		box = pixman_region32_extents(&frame.damage);
		rect = (struct rect){box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1};
		scene_output_committed(output, true);
		scene_output_presented(output, &(struct presented){.time_ns = 1});
	}
	frame_finish(&frame);
	return rect;
}

static void damage_reaches_all_views(void **state)
{
	struct mirrored m;
	pixman_region32_t damage;
	struct rect at;

	(void)state;
	mirrored_init(&m);
	test_commit(m.head, m.buffers[0], 1);
	frame_run(&m.w, m.a);
	frame_run(&m.w, m.b);
	pixman_region32_init_rect(&damage, 320, 240, 20, 10);
	test_commit_damage(m.head, m.buffers[1], 2, &damage);
	pixman_region32_fini(&damage);
	at = m.head->dst;
	assert_rect(damage_of(m.a), at.x + 320, at.y + 240, 20, 10);
	at = damage_of(m.b);
	/* Scaled by 357/640 and rounded outwards with a neighbour on each side. */
	assert_rect(at, 79 + 177, 32 + 133, 14, 8);
	assert_false(frame_run(&m.w, m.a));
	assert_false(frame_run(&m.w, m.b));
	mirrored_finish(&m);
}

/* ---- who can be in front ---- */

static void kiosks_keep_others_out(void **state)
{
	struct world w;
	struct scene_output *a;
	struct scene_guest *work, *web;

	(void)state;
	world_init(&w);
	a = output_add(&w, "A", 800, 600);
	output_add(&w, "B", 800, 600);
	work = guest_add(&w, "work", 1);
	web = guest_add(&w, "web", 1);
	scene_set_front(w.scene, web);
	strcpy(w.layout.reachable[0], "work");
	w.layout.n_reachable = 1;
	apply(&w);
	assert_null(scene_front(w.scene));
	assert_true(scene_guest_reachable(work) && !scene_guest_reachable(web));
	scene_set_front(w.scene, web);
	assert_null(scene_front(w.scene));
	scene_set_front(w.scene, work);
	assert_ptr_equal(work->heads[0]->output, a);
	assert_false(web->heads[0]->visible); /* not on the spare monitor either */
	world_finish(&w);
}

static void guests_without_a_place_are_known(void **state)
{
	struct world w;
	struct scene_guest *work, *web, *bare;
	struct layout_output *entry;
	struct scene_output *output;

	(void)state;
	world_init(&w);
	work = guest_add(&w, "work", 1);
	web = guest_add(&w, "web", 1);
	bare = guest_add(&w, "bare", 1);
	entry = monitor(&w, "A");
	bound(entry, "work", 0, 0, 0.5, 1);
	bound(entry, "web", 0.5, 0, 0.5, 1)->head = 1;
	apply(&w);
	assert_true(scene_guest_showable(bare)); /* no monitor: no reason to prefer anybody */
	output = output_add(&w, "A", 800, 600);
	assert_true(scene_guest_showable(work));
	assert_false(scene_guest_showable(web)); /* has no such head */
	assert_false(scene_guest_showable(bare));
	output_add(&w, "B", 800, 600); /* not named: for whoever is in front */
	assert_true(scene_guest_showable(bare));
	/* Its monitor goes, and comes back: so does its picture. */
	scene_set_front(w.scene, bare);
	assert_ptr_equal(work->heads[0]->output, output);
	scene_output_remove(output);
	assert_false(work->heads[0]->visible);
	output = output_add(&w, "A", 800, 600);
	assert_ptr_equal(work->heads[0]->output, output);
	world_finish(&w);
}

/* ---- cards, and what they may not cover ---- */

static bool has_layer(const struct frame *frame, enum layer_kind kind, const struct buffer *buffer)
{
	for (unsigned i = 0; i < frame->n_layers; i++) {
		if (frame->layers[i].kind == kind &&
		    (!buffer || frame->layers[i].picture.buffer == buffer)) {
			return true;
		}
	}
	return false;
}

static void instruments_are_never_covered(void **state)
{
	struct world w;
	struct scene_output *a, *b;
	struct scene_guest *cluster, *fun;
	struct test_buffer *gauges = test_buffer_create(640, 480, TEST_XR24, 0);
	struct test_buffer *film = test_buffer_create(640, 480, TEST_XR24, 0);
	struct frame frame;

	(void)state;
	world_init(&w);
	a = output_add(&w, "A", 800, 600);
	b = output_add(&w, "B", 800, 600);
	bound(monitor(&w, "A"), "cluster", 0, 0, 1, 1);
	strcpy(w.layout.reachable[0], "fun");
	w.layout.n_reachable = 1;
	apply(&w);
	cluster = guest_add(&w, "cluster", 1);
	fun = guest_add(&w, "fun", 1);
	scene_set_front(w.scene, fun);
	test_commit(cluster->heads[0], gauges, 0);
	test_commit(fun->heads[0], film, 0);
	frame_run(&w, a);
	frame_run(&w, b);
	scene_set_card(w.scene, &(struct card){.n_lines = 1});
	assert_true(scene_output_latch(a, 0, &frame));
	assert_true(has_layer(&frame, LAYER_BUFFER, &gauges->base));
	assert_false(has_layer(&frame, LAYER_CARD, NULL));
	frame_finish(&frame);
	scene_output_committed(a, true);
	scene_output_presented(a, &(struct presented){.time_ns = 1});
	assert_ptr_equal(scene_output_shows(a), cluster);
	assert_false(scene_output_shows_card(a));
	assert_true(scene_output_latch(b, 0, &frame));
	assert_false(has_layer(&frame, LAYER_BUFFER, NULL));
	assert_true(has_layer(&frame, LAYER_CARD, NULL));
	frame_finish(&frame);
	scene_output_committed(b, true);
	scene_output_presented(b, &(struct presented){.time_ns = 1});
	assert_null(scene_output_shows(b));
	assert_true(scene_output_shows_card(b));
	world_finish(&w);
	buffer_drop(&gauges->base);
	buffer_drop(&film->base);
}

/* The same guest, kept here and covered there: under the card there is nothing to point at. */
static void what_a_card_covers_is_not_pointed_at(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *cluster;
	struct layout_output *entry;
	struct rect kept, tile;
	double x, y;

	(void)state;
	world_init(&w);
	output = output_add(&w, "A", 1000, 600);
	entry = monitor(&w, "A");
	bound(entry, "cluster", 0, 0, 0.5, 1);
	region(entry, LAYOUT_MOSAIC, 0.5, 0, 0.5, 1);
	strcpy(w.layout.reachable[0], "fun");
	w.layout.n_reachable = 1;
	apply(&w);
	cluster = guest_add(&w, "cluster", 1);
	kept = view_of(output, 0)->dst;
	tile = view_of(output, 1)->dst;
	scene_set_card(w.scene, &(struct card){.n_lines = 1});
	frame_run(&w, output);
	/* Taken away, and still on the glass. */
	scene_set_card(w.scene, NULL);
	assert_ptr_equal(scene_pick(output, kept.x, kept.y, &x, &y), cluster->heads[0]);
	assert_null(scene_pick(output, tile.x, tile.y, &x, &y));
	frame_run(&w, output);
	assert_ptr_equal(scene_pick(output, tile.x, tile.y, &x, &y), cluster->heads[0]);
	world_finish(&w);
}

static void pass(struct world *world, uint64_t until_ns)
{
	/* As the frame loop does: at the times that the scene asks for, and no others. */
	while (world->now_ns < until_ns) {
		uint64_t next = scene_sample(world->scene, world->now_ns);

		if (next > until_ns) {
			world->now_ns = until_ns;
			return;
		}
		world->now_ns = MAX(next, world->now_ns);
		scene_sample(world->scene, world->now_ns);
		world->now_ns += next == world->now_ns ? 1 : 0;
	}
}

static void frozen_pictures_raise_the_alarm(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *cluster;
	struct scene_head *head;
	struct test_buffer *gauges = test_buffer_create(640, 480, TEST_XR24, 0);
	struct frame frame;
	uint64_t shown_ns;

	(void)state;
	world_init(&w);
	output = output_add(&w, "A", 800, 600);
	cluster = guest_add(&w, "cluster", 1);
	head = cluster->heads[0];
	scene_guest_watch(cluster, 500 * NSEC_PER_MSEC);
	scene_set_front(w.scene, cluster);
	test_commit(head, gauges, 1);
	shown_ns = w.now_ns;
	frame_run(&w, output);
	/* Its watchdog counter moves, in its front buffer: no alarm. */
	for (unsigned i = 0; i < 20; i++) {
		test_buffer_set(gauges, 10, 10, i + 1);
		pass(&w, shown_ns + (i + 1) * 200 * NSEC_PER_MSEC);
		frame_run(&w, output);
	}
	assert_int_equal(w.frozen, 0);
	/* Commits count, too, whatever is in them. */
	for (unsigned i = 0; i < 20; i++) {
		test_commit(head, gauges, 1);
		frame_run(&w, output);
		pass(&w, w.now_ns + 400 * NSEC_PER_MSEC);
	}
	assert_int_equal(w.frozen, 0);
	/* It stands still: the alarm comes in time, once, and the card takes the picture's place. */
	test_commit(head, gauges, 1);
	shown_ns = w.now_ns;
	frame_run(&w, output);
	pass(&w, shown_ns + 500 * NSEC_PER_MSEC - 1);
	assert_int_equal(w.frozen, 0);
	pass(&w, shown_ns + 501 * NSEC_PER_MSEC);
	assert_int_equal(w.frozen, 1);
	assert_ptr_equal(w.frozen_head, head);
	assert_true(scene_output_latch(output, 0, &frame));
	assert_false(has_layer(&frame, LAYER_BUFFER, NULL));
	assert_true(has_layer(&frame, LAYER_CARD, NULL));
	assert_true(has_layer(&frame, LAYER_FRAME, NULL));
	frame_finish(&frame);
	scene_output_committed(output, true);
	scene_output_presented(output, &(struct presented){.time_ns = w.now_ns});
	pass(&w, w.now_ns + 2 * NSEC_PER_SEC);
	assert_int_equal(w.frozen, 1);
	/* One pixel moves: the picture is back within the pace at which it is looked at. */
	test_buffer_set(gauges, 600, 400, 0x123456);
	pass(&w, w.now_ns + 125 * NSEC_PER_MSEC + 1);
	assert_int_equal(w.moving, 1);
	assert_true(scene_output_latch(output, 0, &frame));
	assert_true(has_layer(&frame, LAYER_BUFFER, &gauges->base));
	frame_finish(&frame);
	world_finish(&w);
	buffer_drop(&gauges->base);
}

static void no_alarm_for_what_nobody_looked_at(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *cluster;
	struct test_buffer *gauges = test_buffer_create(640, 480, TEST_XR24, 0);

	(void)state;
	world_init(&w);
	output = output_add(&w, "A", 800, 600);
	cluster = guest_add(&w, "cluster", 1);
	scene_set_front(w.scene, cluster);
	test_commit(cluster->heads[0], gauges, 1);
	frame_run(&w, output);
	pass(&w, w.now_ns + 10 * NSEC_PER_SEC);
	/* Watched from now on: what it did before does not count. */
	scene_guest_watch(cluster, 500 * NSEC_PER_MSEC);
	pass(&w, w.now_ns + 400 * NSEC_PER_MSEC);
	assert_int_equal(w.frozen, 0);
	/* Nor what it did under a card of the host's, or did not. */
	scene_set_card(w.scene, &(struct card){.n_lines = 1});
	frame_run(&w, output);
	pass(&w, w.now_ns + 10 * NSEC_PER_SEC);
	scene_set_card(w.scene, NULL);
	frame_run(&w, output);
	pass(&w, w.now_ns + 400 * NSEC_PER_MSEC);
	assert_int_equal(w.frozen, 0);
	pass(&w, w.now_ns + 200 * NSEC_PER_MSEC);
	assert_int_equal(w.frozen, 1);
	/* Nobody watches any more: the card goes. */
	scene_guest_watch(cluster, 0);
	assert_int_equal(w.moving, 1);
	world_finish(&w);
	buffer_drop(&gauges->base);
}

/* ---- hidden guests ---- */

static void hidden_guests_cost_nothing_and_come_at_once(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *work, *web;
	struct test_buffer *old = test_buffer_create(640, 480, TEST_XR24, 0);
	struct test_buffer *fresh = test_buffer_create(640, 480, TEST_XR24, 0);
	struct frame frame;
	uint64_t compared;
	unsigned wanted;

	(void)state;
	world_init(&w);
	output = output_add(&w, "A", 800, 600);
	work = guest_add(&w, "work", 1);
	web = guest_add(&w, "web", 1);
	scene_set_front(w.scene, work);
	frame_run(&w, output);
	w.now_ns += NSEC_PER_SEC;
	scene_sample(w.scene, w.now_ns);
	frame_run(&w, output); /* the card: no picture yet */
	wanted = w.wanted;
	compared = output->bytes_compared;
	for (unsigned i = 0; i < 100; i++) {
		test_commit(web->heads[0], old, i + 1);
		assert_int_equal(old->base.locks, 0);
		test_buffer_fill(old, i);
		w.now_ns += NSEC_PER_SEC;
		assert_int_equal(scene_sample(w.scene, w.now_ns), UINT64_MAX);
	}
	assert_int_equal(w.wanted, wanted);
	assert_int_equal(output->bytes_compared, compared);
	assert_int_equal(w.done, 100);
	assert_false(frame_run(&w, output));
	/* Shown: what its worker commits when it is told is in the very next frame. */
	w.fresh = fresh;
	scene_set_front(w.scene, web);
	assert_true(scene_output_latch(output, 1, &frame));
	assert_true(has_layer(&frame, LAYER_BUFFER, &fresh->base));
	frame_finish(&frame);
	world_finish(&w);
	buffer_drop(&old->base);
	buffer_drop(&fresh->base);
}

/* A place that the layout gives by number is nobody else's, and heads in it are not given twice. */
static void heads_by_number_have_their_place(void **state)
{
	struct world w;
	struct scene_output *a, *b, *c;
	struct scene_guest *work, *web;

	(void)state;
	world_init(&w);
	a = output_add(&w, "A", 800, 600);
	b = output_add(&w, "B", 800, 600);
	c = output_add(&w, "C", 800, 600);
	work = guest_add(&w, "work", 2);
	web = guest_add(&w, "web", 2);
	region(monitor(&w, "A"), LAYOUT_FRONT, 0, 0, 1, 1)->head = 1;
	apply(&w);
	scene_set_front(w.scene, work);
	assert_ptr_equal(work->heads[1]->output, a);
	assert_ptr_equal(work->heads[0]->output, b);
	assert_ptr_equal(web->heads[0]->output, c);
	scene_head_remove(work->heads[1]);
	assert_null(view_of(a, 0)->head);
	assert_ptr_equal(web->heads[0]->output, c);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(splits_have_a_strip_for_each),
		cmocka_unit_test(fits_are_as_asked),
		cmocka_unit_test(mosaics_tile_all_heads),
		cmocka_unit_test(mosaics_have_an_end),
		cmocka_unit_test(outputs_stand_as_the_layout_says),
		cmocka_unit_test(dark_outputs_show_nothing),
		cmocka_unit_test(unmarked_outputs_are_one_guests_whole),
		cmocka_unit_test(mirrors_show_the_same),
		cmocka_unit_test(buffers_are_free_when_no_glass_shows_them),
		cmocka_unit_test(lost_flips_keep_both_pictures),
		cmocka_unit_test(damage_reaches_all_views),
		cmocka_unit_test(kiosks_keep_others_out),
		cmocka_unit_test(outputs_stand_beside_each_other),
		cmocka_unit_test(guests_own_monitors_stand_beside_ours),
		cmocka_unit_test(guests_without_a_place_are_known),
		cmocka_unit_test(instruments_are_never_covered),
		cmocka_unit_test(what_a_card_covers_is_not_pointed_at),
		cmocka_unit_test(frozen_pictures_raise_the_alarm),
		cmocka_unit_test(no_alarm_for_what_nobody_looked_at),
		cmocka_unit_test(hidden_guests_cost_nothing_and_come_at_once),
		cmocka_unit_test(heads_by_number_have_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
