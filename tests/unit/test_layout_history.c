/* SPDX-License-Identifier: MIT */
/*
 * Random histories of a scene under layouts: regions, mosaics, mirrors, turned and scaled monitors, monitors that come
 * and go, refuse frames and lose flips. A model of each monitor's glass is made of the layers alone, and after each step:
 * whatever may be on a glass is locked; each picture has its guest's frame around it and its name above it in the same
 * frame; nothing lies above a mark; what the scene says is shown is shown; each commit ends once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compositor/scene/scene_priv.h"
#include "tests/scene_fixture.h"

#define HISTORIES 100
#define STEPS 1500
#define OUTPUTS 4
#define GUESTS 5
#define HEADS 3
#define BUFFERS (STEPS + 1)

struct tracked {
	struct test_buffer *buffer;
	const struct scene_head *head; /* of its commit; NULL once that was hidden or removed */
	const struct mark *mark;
	bool is_done;
};

/* A frame as its layers say it is. */
struct glass {
	struct tracked *pictures[SCENE_MAX_VIEWS];
	unsigned n_pictures;
	struct {
		const struct mark *mark;
		struct rect hole;
	} frames[SCENE_MAX_VIEWS];
	unsigned n_frames;
	const struct mark *names[SCENE_MAX_VIEWS + 1]; /* of strips */
	unsigned n_names;
	bool is_unmarked;
};

struct world {
	struct scene *scene;
	uint32_t random;
	uint64_t now_ns;
	struct {
		struct scene_output *output;
		bool is_flying;
		struct glass flying, lost, shown;
	} outputs[OUTPUTS];
	struct scene_guest *guests[GUESTS];
	struct tracked tracked[BUFFERS]; /* token - 1 is the index */
	unsigned n_tracked, n_guests, n_ended;
	uint64_t pictures, shared, unmarked, picks; /* what histories had in them */
};

static struct world *world;

static unsigned draw(unsigned n)
{
	return test_random(&world->random) % n;
}

/* ---- what the scene reports ---- */

static void forget_head(const struct scene_head *head)
{
	for (unsigned i = 0; i < world->n_tracked; i++) {
		if (world->tracked[i].head == head) {
			world->tracked[i].head = NULL;
		}
	}
}

static void handle_placed(void *data, struct scene_head *head)
{
	if (!head->visible) {
		/* Before it is told, none of its buffers is locked any more. */
		for (unsigned i = 0; i < world->n_tracked; i++) {
			if (world->tracked[i].head == head) {
				assert_int_equal(world->tracked[i].buffer->base.locks, 0);
			}
		}
		forget_head(head);
	}
}

static void handle_done(void *data, struct scene_head *head, uint64_t token,
			const struct presented *how)
{
	assert_in_range(token, 1, world->n_tracked);
	assert_false(world->tracked[token - 1].is_done);
	world->tracked[token - 1].is_done = true;
	world->n_ended++;
}

static void handle_wanted(void *data, struct scene_output *output)
{
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .head_placed = handle_placed,
					   .commit_done = handle_done};

/* ---- frames ---- */

static struct tracked *tracked_of(const struct buffer *buffer)
{
	for (unsigned i = 0; i < world->n_tracked; i++) {
		if (&world->tracked[i].buffer->base == buffer) {
			return &world->tracked[i];
		}
	}
	fail_msg("a buffer that was never committed");
	return NULL;
}

static bool inside(const struct rect *r, const struct rect *of)
{
	return r->x >= of->x && r->y >= of->y && r->x + r->w <= of->x + of->w &&
	       r->y + r->h <= of->y + of->h;
}

static bool overlap(const struct rect *a, const struct rect *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static bool has_frame(const struct frame *frame, const struct rect *dst, const struct mark *mark)
{
	for (unsigned i = 0; i < frame->n_layers; i++) {
		const struct layer *layer = &frame->layers[i];

		if (layer->kind == LAYER_FRAME && layer->frame.mark == mark &&
		    rect_equal(&layer->frame.hole, dst)) {
			return true;
		}
	}
	return false;
}

/* A strip above the picture, over all of its width, with no other guest's picture between. */
static bool has_name(const struct frame *frame, const struct rect *dst, const struct mark *mark)
{
	const struct layer *nearest = NULL;

	for (unsigned i = 0; i < frame->n_layers; i++) {
		const struct layer *layer = &frame->layers[i];

		if (layer->kind == LAYER_STRIP && layer->dst.x <= dst->x &&
		    layer->dst.x + layer->dst.w >= dst->x + dst->w &&
		    layer->dst.y + layer->dst.h <= dst->y &&
		    (!nearest || layer->dst.y > nearest->dst.y)) {
			nearest = layer;
		}
	}
	return nearest && nearest->strip.mark == mark;
}

/* Pictures, cards and marks share no pixel: the frame's hole is the picture's, the rest is apart. */
static void assert_apart(const struct frame *frame, unsigned i)
{
	const struct layer *layer = &frame->layers[i];

	for (unsigned k = 0; k < frame->n_layers; k++) {
		const struct layer *other = &frame->layers[k];

		if (k == i || other->kind == LAYER_SOLID) {
			continue;
		}
		if (other->kind == LAYER_FRAME) {
			assert_true(rect_equal(&other->frame.hole, &layer->dst) ||
				    !overlap(&other->dst, &layer->dst));
		} else {
			assert_false(overlap(&other->dst, &layer->dst));
		}
	}
}

static bool is_unmarked(const struct scene_output *output)
{
	const struct layout *layout = scene_layout(world->scene);

	for (unsigned i = 0; i < layout->n_outputs; i++) {
		if (strcmp(layout->outputs[i].name, output->name) == 0) {
			return layout->outputs[i].is_unmarked;
		}
	}
	return false;
}

static void frame_check(const struct scene_output *output, const struct frame *frame)
{
	const struct rect all = {0, 0, output->width, output->height};

	for (unsigned i = 0; i < frame->n_layers; i++) {
		const struct layer *layer = &frame->layers[i];
		const struct mark *mark;

		assert_true(inside(&layer->dst, &all));
		if (layer->kind != LAYER_BUFFER) {
			continue;
		}
		mark = tracked_of(layer->picture.buffer)->mark;
		assert_true(layer->picture.buffer->locks > 0);
		assert_apart(frame, i);
		world->pictures++;
		if (is_unmarked(output)) {
			const struct layout_region *bound = output->state->entry->regions;

			assert_string_equal(mark->name, bound->guest);
			world->unmarked++;
		} else {
			assert_true(has_frame(frame, &layer->dst, mark));
			assert_true(has_name(frame, &layer->dst, mark));
		}
	}
}

static void glass_make(struct glass *glass, const struct scene_output *output,
		       const struct frame *frame)
{
	*glass = (struct glass){.is_unmarked = is_unmarked(output)};
	for (unsigned i = 0; i < frame->n_layers; i++) {
		const struct layer *layer = &frame->layers[i];

		if (layer->kind == LAYER_BUFFER) {
			glass->pictures[glass->n_pictures++] = tracked_of(layer->picture.buffer);
		} else if (layer->kind == LAYER_FRAME) {
			glass->frames[glass->n_frames].mark = layer->frame.mark;
			glass->frames[glass->n_frames++].hole = layer->frame.hole;
		} else if (layer->kind == LAYER_STRIP && layer->strip.mark) {
			glass->names[glass->n_names++] = layer->strip.mark;
		}
	}
	world->shared += glass->n_names > 1;
}

static void step_frame(void)
{
	unsigned i = draw(OUTPUTS);
	struct scene_output *output = world->outputs[i].output;
	struct frame frame;

	if (!output || (world->outputs[i].is_flying && draw(20))) {
		return;
	}
	if (world->outputs[i].is_flying) {
		/* Its flip is given up: it may be on the glass all the same. */
		world->outputs[i].is_flying = false;
		world->outputs[i].lost = world->outputs[i].flying;
		world->outputs[i].flying = (struct glass){0};
	}
	if (scene_output_latch(output, draw(4), &frame)) {
		bool accepted = draw(10) > 0;

		frame_check(output, &frame);
		if (accepted) {
			glass_make(&world->outputs[i].flying, output, &frame);
			world->outputs[i].is_flying = true;
		}
		scene_output_committed(output, accepted);
	}
	frame_finish(&frame);
}

static void step_flip(void)
{
	unsigned i = draw(OUTPUTS);

	if (world->outputs[i].is_flying) {
		struct presented how = {.time_ns = world->now_ns, .refresh_ns = 16666667};

		world->outputs[i].is_flying = false;
		world->outputs[i].shown = world->outputs[i].flying;
		world->outputs[i].flying = (struct glass){0};
		world->outputs[i].lost = (struct glass){0};
		scene_output_presented(world->outputs[i].output, &how);
	}
}

/* ---- monitors and layouts ---- */

static void output_toggle(unsigned i)
{
	static const int sizes[][2] = {{400, 300}, {640, 480}, {300, 500}, {1024, 600}};
	char name[8];

	if (world->outputs[i].output) {
		scene_output_remove(world->outputs[i].output);
		memset(&world->outputs[i], 0, sizeof(world->outputs[i]));
		return;
	}
	snprintf(name, sizeof(name), "O-%u", i);
	world->outputs[i].output = scene_output_add(world->scene, name, sizes[i][0], sizes[i][1],
						    60000, NULL);
	assert_non_null(world->outputs[i].output);
}

static void region_draw(struct layout_region *region)
{
	region->shows = draw(8) ? draw(3) : LAYOUT_NOTHING;
	region->fit = draw(3);
	region->head = region->shows == LAYOUT_FRONT ? (int)draw(HEADS + 1) - 1 : (int)draw(HEADS);
	snprintf(region->guest, sizeof(region->guest), "g%u",
		 world->n_guests - draw(MIN(GUESTS, world->n_guests) + 1));
}

static void regions_draw(struct layout_output *output)
{
	static const struct rect quarters[] = {
		{0, 0, 1, 1}, {1, 0, 1, 1}, {0, 1, 1, 1}, {1, 1, 1, 1}};
	bool is_split = draw(2);

	output->n_regions = is_split ? draw(4) + 1 : draw(2);
	for (unsigned i = 0; i < output->n_regions; i++) {
		region_draw(&output->regions[i]);
		output->regions[i].x = is_split ? quarters[i].x / 2.0 : 0;
		output->regions[i].y = is_split ? quarters[i].y / 2.0 : 0;
		output->regions[i].w = is_split ? 0.5 : 1;
		output->regions[i].h = is_split ? 0.5 : 1;
	}
	if (draw(4) == 0) {
		output->is_unmarked = true;
		output->n_regions = 1;
		output->regions[0] = (struct layout_region){.shows = LAYOUT_GUEST, .w = 1, .h = 1};
		snprintf(output->regions[0].guest, sizeof(output->regions[0].guest), "g%u",
			 world->n_guests - draw(MIN(GUESTS, world->n_guests) + 1));
	}
}

static void layout_draw(struct layout *layout)
{
	memset(layout, 0, sizeof(*layout));
	for (unsigned i = 0; i < OUTPUTS; i++) {
		struct layout_output *output = &layout->outputs[layout->n_outputs];

		if (draw(3) == 0) {
			continue;
		}
		layout->n_outputs++;
		snprintf(output->name, sizeof(output->name), "O-%u", i);
		output->transform = draw(TRANSFORMS);
		output->scale = draw(3) ? 0 : 0.5 + draw(4) / 2.0;
		output->is_off = draw(8) == 0;
		output->place.has_position = draw(2);
		output->place.x = (int)draw(500);
		if (draw(4) == 0 && !output->is_off) {
			snprintf(output->mirror_of, sizeof(output->mirror_of), "O-%u",
				 (i + 1 + draw(OUTPUTS - 1)) % OUTPUTS);
		} else {
			regions_draw(output);
		}
	}
	if (draw(5) == 0) {
		layout->n_reachable = 1;
		snprintf(layout->reachable[0], sizeof(layout->reachable[0]), "g%u",
			 draw(world->n_guests + 1));
	}
}

static void step_host(void)
{
	struct card card = {.n_lines = 1};
	struct layout layout;
	char why[256];
	unsigned what = draw(OUTPUTS);

	switch (draw(7)) {
	case 0:
	case 1:
		layout_draw(&layout);
		if (layout_check(&layout, why, sizeof(why)) == 0) {
			assert_int_equal(scene_set_layout(world->scene, &layout), 0);
		}
		break;
	case 2:
		output_toggle(what);
		break;
	case 3:
		scene_set_front(world->scene, world->guests[draw(GUESTS)]);
		break;
	case 4:
		scene_set_keyboard(world->scene, world->guests[draw(GUESTS)]);
		break;
	case 5:
		scene_set_card(world->scene, draw(5) ? NULL : &card);
		break;
	default:
		if (world->outputs[what].output) {
			scene_output_set_power(world->outputs[what].output, draw(5) > 0);
		}
	}
}

/* ---- guests ---- */

static void head_remove(struct scene_head *head)
{
	const struct scene_head *gone = head;

	scene_head_remove(head);
	forget_head(gone);
}

static void guest_remove(unsigned i)
{
	struct scene_guest *guest = world->guests[i];

	for (unsigned k = 0; k < SCENE_MAX_HEADS; k++) {
		if (guest->heads[k]) {
			head_remove(guest->heads[k]);
		}
	}
	scene_guest_remove(guest);
	world->guests[i] = NULL;
	/* Names in frames that fly point to what is gone. */
	for (unsigned k = 0; k < OUTPUTS; k++) {
		struct glass *all[] = {&world->outputs[k].flying, &world->outputs[k].shown,
				       &world->outputs[k].lost};

		for (unsigned n = 0; n < ARRAY_SIZE(all); n++) {
			for (unsigned j = 0; j < all[n]->n_names; j++) {
				all[n]->names[j] = all[n]->names[j] == &guest->mark ?
							   NULL :
							   all[n]->names[j];
			}
			for (unsigned j = 0; j < all[n]->n_frames; j++) {
				all[n]->frames[j].mark = all[n]->frames[j].mark == &guest->mark ?
								 NULL :
								 all[n]->frames[j].mark;
			}
		}
	}
}

static void guest_add(unsigned i)
{
	char name[16];

	snprintf(name, sizeof(name), "g%u", world->n_guests++);
	world->guests[i] = scene_guest_add(world->scene, name, NULL);
	assert_non_null(world->guests[i]);
	scene_guest_watch(world->guests[i], draw(2) ? 0 : 300 * NSEC_PER_MSEC);
}

static void head_commit(struct scene_head *head)
{
	struct tracked *tracked = &world->tracked[world->n_tracked++];
	int width = draw(4) ? head->width : 20 + (int)draw(700);
	int height = draw(4) ? head->height : 20 + (int)draw(500);
	bool is_picture = draw(10) > 0;

	*tracked = (struct tracked){
		.buffer = test_buffer_create(width, height, TEST_XR24, 0),
		.head = head,
		.mark = &head->guest->mark,
	};
	test_commit(head, is_picture ? tracked->buffer : NULL, world->n_tracked);
	if (!head->visible) {
		assert_true(tracked->is_done);
		tracked->head = NULL;
	}
}

static void step_guest(void)
{
	unsigned i = draw(GUESTS), k = draw(HEADS), what = draw(24);
	struct scene_guest *guest = world->guests[i];

	if (!guest) {
		guest_add(i);
	} else if (what == 0) {
		guest_remove(i);
	} else if (!guest->heads[k]) {
		assert_non_null(
			scene_head_add(guest, k, 100 + (int)draw(700), 100 + (int)draw(500), NULL));
	} else if (what == 1) {
		head_remove(guest->heads[k]);
	} else {
		head_commit(guest->heads[k]);
	}
}

/* ---- what holds ---- */

static void locks_check(const struct glass *glass)
{
	for (unsigned i = 0; i < glass->n_pictures; i++) {
		if (glass->pictures[i]->head) {
			assert_true(glass->pictures[i]->buffer->base.locks > 0);
		}
	}
}

static bool glass_names(const struct glass *glass, const struct mark *mark)
{
	for (unsigned i = 0; i < glass->n_names; i++) {
		if (glass->names[i] == mark) {
			return true;
		}
	}
	return false;
}

static bool glass_frames(const struct glass *glass, const struct mark *mark, double x, double y)
{
	for (unsigned i = 0; i < glass->n_frames; i++) {
		if (glass->frames[i].mark == mark &&
		    (x < 0 || rect_contains(&glass->frames[i].hole, x, y))) {
			return true;
		}
	}
	return false;
}

static void shows_check(const struct scene_output *output, const struct glass *glass)
{
	unsigned n = 0;

	for (unsigned i = 0; i < GUESTS; i++) {
		const struct scene_guest *guest = world->guests[i];

		if (!guest) {
			continue;
		}
		if (scene_output_shows_guest(output, guest)) {
			assert_true(glass->is_unmarked || glass_names(glass, &guest->mark));
			n++;
		} else {
			assert_false(glass_frames(glass, &guest->mark, -1, -1));
			assert_ptr_not_equal(scene_output_shows(output), guest);
		}
	}
	assert_true(n > 0 || !scene_output_shows(output));
	assert_true(n < 2 || !scene_output_shows(output));
}

static void pick_check(struct scene_output *output, const struct glass *glass)
{
	double x = draw((unsigned)output->width), y = draw((unsigned)output->height), hx, hy;
	struct scene_head *head = scene_pick(output, x, y, &hx, &hy);

	if (head) {
		assert_true(head->visible);
		assert_true(glass->is_unmarked || glass_frames(glass, &head->guest->mark, x, y));
		assert_true(scene_output_shows_guest(output, head->guest));
		world->picks++;
	}
}

static void check(void)
{
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (world->outputs[i].output) {
			locks_check(&world->outputs[i].shown);
			locks_check(&world->outputs[i].lost);
			locks_check(&world->outputs[i].flying);
			shows_check(world->outputs[i].output, &world->outputs[i].shown);
			pick_check(world->outputs[i].output, &world->outputs[i].shown);
		}
	}
}

/* ---- a history ---- */

static void step(void)
{
	unsigned what = draw(16);

	if (what < 5) {
		step_guest();
	} else if (what < 6) {
		step_host();
	} else if (what < 11) {
		step_frame();
	} else if (what < 15) {
		step_flip();
	} else {
		world->now_ns += draw(100) * NSEC_PER_MSEC;
		scene_sample(world->scene, world->now_ns);
	}
	check();
}

static void history(uint32_t seed)
{
	world->random = seed;
	world->now_ns = NSEC_PER_SEC;
	world->scene = scene_create(&events, NULL);
	scene_set_key(world->scene, (const uint64_t[2]){0x9ae16a3b2f90404f, 0xc949c7defebe6f2f});
	for (unsigned i = 0; i < 3; i++) {
		output_toggle(i);
		guest_add(i);
	}
	for (unsigned i = 0; i < STEPS; i++) {
		step();
	}
	for (unsigned i = 0; i < GUESTS; i++) {
		if (world->guests[i]) {
			guest_remove(i);
		}
	}
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (world->outputs[i].output) {
			output_toggle(i);
		}
	}
	scene_destroy(world->scene);
	assert_int_equal(world->n_ended, world->n_tracked);
	for (unsigned i = 0; i < world->n_tracked; i++) {
		assert_int_equal(world->tracked[i].buffer->base.locks, 0);
		buffer_drop(&world->tracked[i].buffer->base);
	}
	world->n_tracked = 0;
	world->n_ended = 0;
	world->n_guests = 0;
}

static void promises_hold(void **state)
{
	(void)state;
	world = xcalloc(1, sizeof(*world));
	for (uint32_t seed = 1; seed <= HISTORIES; seed++) {
		history(seed * 104729);
	}
	/* Histories in which nothing happens prove nothing. */
	assert_true(world->pictures > 5000 && world->shared > 1000);
	assert_true(world->unmarked > 150 && world->picks > 5000);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(promises_hold)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
