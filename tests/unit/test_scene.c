/* SPDX-License-Identifier: MIT */
/* Scene: who is shown where, and when buffers are locked, commits done. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compositor/scene/scene_priv.h"
#include "tests/scene_fixture.h"

#define LOG_SIZE 64

struct world {
	struct scene *scene;
	struct {
		uint64_t token;
		bool shown;
	} done[LOG_SIZE];
	unsigned n_done;
	unsigned wanted, placed;
	struct test_buffer *watch; /* must be released when a head is reported hidden */
	unsigned watch_locks;
};

static void handle_wanted(void *data, struct scene_output *output)
{
	((struct world *)data)->wanted++;
}

static void handle_placed(void *data, struct scene_head *head)
{
	struct world *world = data;

	world->placed++;
	if (!head->visible && world->watch) {
		world->watch_locks = world->watch->base.locks;
	}
}

static void handle_done(void *data, struct scene_head *head, uint64_t token,
			const struct presented *how)
{
	struct world *world = data;

	assert_true(world->n_done < LOG_SIZE);
	world->done[world->n_done].token = token;
	world->done[world->n_done++].shown = how != NULL;
}

static const struct scene_events events = {handle_wanted, handle_placed, handle_done};

static void world_init(struct world *world)
{
	*world = (struct world){0};
	world->scene = scene_create(&events, world);
}

static void guest_remove(struct scene_guest *guest)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->heads[i]) {
			scene_head_remove(guest->heads[i]);
		}
	}
	scene_guest_remove(guest);
}

static void world_finish(struct world *world)
{
	struct list *outputs = &world->scene->outputs;
	struct scene_guest *guest;

	while ((guest = scene_guest_next(world->scene, NULL))) {
		guest_remove(guest);
	}
	while (!list_empty(outputs)) {
		scene_output_remove(container_of(outputs->next, struct scene_output, link));
	}
	scene_destroy(world->scene);
}

static const struct presented at_vblank = {.time_ns = 1000000,
					   .refresh_ns = 16666666,
					   .sequence = 1};

/* Draws nothing; returns whether there was a frame. */
static bool frame_begin(struct scene_output *output, bool accepted)
{
	struct frame frame;
	bool any = scene_output_latch(output, 1, &frame);

	frame_finish(&frame);
	if (any) {
		scene_output_committed(output, accepted);
	}
	return any;
}

static bool frame_run(struct scene_output *output)
{
	bool any = frame_begin(output, true);

	if (any) {
		scene_output_presented(output, &at_vblank);
	}
	return any;
}

/* ---- arrangement ---- */

static void heads_follow_the_front(void **state)
{
	struct world w;
	struct scene_output *out[3];
	struct scene_guest *work, *web, *chat;

	(void)state;
	world_init(&w);
	for (unsigned i = 0; i < 3; i++) {
		char name[8];

		snprintf(name, sizeof(name), "O-%u", i);
		out[i] = scene_output_add(w.scene, name, 800, 600, 60000, NULL);
		assert_int_equal(out[i]->layout.x, 800 * (int)i);
	}
	work = scene_guest_add(w.scene, "work", NULL);
	web = scene_guest_add(w.scene, "web", NULL);
	chat = scene_guest_add(w.scene, "chat", NULL);
	for (unsigned i = 0; i < 2; i++) {
		scene_head_add(work, i, 640, 480, NULL);
		scene_head_add(web, i, 640, 480, NULL);
		scene_head_add(chat, i, 640, 480, NULL);
	}
	assert_false(work->heads[0]->visible);
	scene_set_front(w.scene, chat);
	scene_set_front(w.scene, web);
	scene_set_front(w.scene, work);
	assert_ptr_equal(work->heads[0]->output, out[0]);
	assert_ptr_equal(work->heads[1]->output, out[1]);
	assert_ptr_equal(web->heads[0]->output, out[2]); /* was in front more recently than chat */
	assert_false(web->heads[1]->visible);
	assert_false(chat->heads[0]->visible);
	scene_output_remove(out[2]);
	assert_false(web->heads[0]->visible);
	assert_null(web->heads[0]->output);
	scene_set_front(w.scene, NULL);
	assert_false(work->heads[0]->visible);
	assert_ptr_equal(scene_guest_next(w.scene, NULL), work);
	assert_ptr_equal(scene_guest_next(w.scene, chat), work);
	world_finish(&w);
}

static void pictures_fit_below_the_strip(void **state)
{
	struct world w;
	struct scene_output *output;
	struct scene_guest *guest;
	struct scene_head *head;
	struct rect area, dst;
	struct test_buffer *big;
	double x, y;

	(void)state;
	world_init(&w);
	output = scene_output_add(w.scene, "O", 1000, 600, 60000, NULL);
	guest = scene_guest_add(w.scene, "work", NULL);
	head = scene_head_add(guest, 0, 640, 480, NULL);
	scene_set_front(w.scene, guest);
	area = scene_output_area(output);
	assert_int_equal(area.x, 8);
	assert_int_equal(area.y, 32);
	assert_int_equal(area.w, 984);
	assert_int_equal(area.h, 560);
	dst = head->dst;
	assert_true(dst.x == 180 && dst.y == 72 && dst.w == 640 && dst.h == 480);
	/* A commit of another size moves it when it is drawn, and points map to its pixels. */
	big = test_buffer_create(1968, 1000, TEST_XR24, 0);
	test_commit(head, big, 0);
	assert_int_equal(head->dst.w, 640);
	frame_run(output);
	assert_true(head->dst.w == 984 && head->dst.h == 500 && head->dst.x == 8 &&
		    head->dst.y == 62);
	assert_ptr_equal(scene_pick(output, 9, 63, &x, &y), head);
	assert_true(x == 2 && y == 2);
	assert_null(scene_pick(output, 7.9, 63, &x, &y));
	assert_null(scene_pick(output, 500, 10, &x, &y));
	scene_set_card(w.scene, &(struct card){.n_lines = 1});
	assert_null(scene_pick(output, 9, 63, &x, &y));
	world_finish(&w);
	buffer_drop(&big->base);
}

static void tiny_outputs_show_no_pixel(void **state)
{
	static const struct rect sizes[] = {
		{0, 0, 1, 1}, {0, 0, 16, 40}, {0, 0, 17, 40}, {0, 0, 16, 41}, {0, 0, 8, 8192}};
	struct test_buffer *buffer = test_buffer_create(640, 480, TEST_XR24, 0);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct world w;
		struct scene_output *output;
		struct scene_guest *guest;
		struct frame frame;

		world_init(&w);
		output = scene_output_add(w.scene, "O", sizes[i].w, sizes[i].h, 60000, NULL);
		guest = scene_guest_add(w.scene, "work", NULL);
		scene_head_add(guest, 0, 640, 480, NULL);
		scene_set_front(w.scene, guest);
		test_commit(guest->heads[0], buffer, 1);
		assert_true(scene_output_latch(output, 0, &frame));
		for (unsigned n = 0; n < frame.n_layers; n++) {
			assert_int_not_equal(frame.layers[n].kind, LAYER_BUFFER);
		}
		frame_finish(&frame);
		world_finish(&w);
	}
	assert_int_equal(buffer->base.locks, 0);
	buffer_drop(&buffer->base);
}

static void limits_are_answers(void **state)
{
	struct world w;
	struct scene_guest *guest;
	char name[16];

	(void)state;
	world_init(&w);
	guest = scene_guest_add(w.scene, "work", NULL);
	assert_null(scene_guest_add(w.scene, "work", NULL));
	assert_int_equal(errno, EEXIST);
	assert_null(scene_guest_add(w.scene, "a b", NULL));
	assert_int_equal(errno, EINVAL);
	assert_non_null(scene_head_add(guest, SCENE_MAX_HEADS - 1, 1, 1, NULL));
	assert_null(scene_head_add(guest, SCENE_MAX_HEADS - 1, 1, 1, NULL));
	assert_int_equal(errno, EEXIST);
	assert_null(scene_head_add(guest, SCENE_MAX_HEADS, 1, 1, NULL));
	assert_int_equal(errno, ENOSPC);
	for (unsigned i = 1; i < SCENE_MAX_GUESTS; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		assert_non_null(scene_guest_add(w.scene, name, NULL));
	}
	assert_null(scene_guest_add(w.scene, "more", NULL));
	assert_int_equal(errno, ENOSPC);
	world_finish(&w);
}

static void marks_differ_and_return(void **state)
{
	struct world w;
	struct scene_guest *guests[28];
	struct mark third;
	char name[16];

	(void)state;
	world_init(&w);
	for (unsigned i = 0; i < 28; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		guests[i] = scene_guest_add(w.scene, name, NULL);
		for (unsigned k = 0; k < i; k++) {
			assert_false(guests[i]->mark.colour == guests[k]->mark.colour &&
				     guests[i]->mark.pattern == guests[k]->mark.pattern);
		}
		if (i > 0) {
			assert_int_not_equal(guests[i]->mark.colour, guests[i - 1]->mark.colour);
			assert_int_not_equal(guests[i]->mark.pattern, guests[i - 1]->mark.pattern);
		}
	}
	third = guests[3]->mark;
	scene_guest_remove(guests[1]);
	scene_guest_remove(guests[3]);
	guests[3] = scene_guest_add(w.scene, "g3", NULL);
	assert_int_equal(guests[3]->mark.colour, third.colour);
	assert_int_equal(guests[3]->mark.pattern, third.pattern);
	world_finish(&w);
}

/* ---- commits ---- */

struct one_head {
	struct world w;
	struct scene_output *output;
	struct scene_guest *guest;
	struct scene_head *head;
	struct test_buffer *a, *b, *c;
};

static void one_head_init(struct one_head *t)
{
	world_init(&t->w);
	t->output = scene_output_add(t->w.scene, "O", 800, 600, 60000, NULL);
	t->guest = scene_guest_add(t->w.scene, "work", NULL);
	t->head = scene_head_add(t->guest, 0, 640, 480, NULL);
	scene_set_front(t->w.scene, t->guest);
	t->a = test_buffer_create(640, 480, TEST_XR24, 0);
	t->b = test_buffer_create(640, 480, TEST_XR24, 0);
	t->c = test_buffer_create(640, 480, TEST_XR24, 0);
	frame_run(t->output);
	t->w.n_done = 0;
}

static void one_head_finish(struct one_head *t)
{
	world_finish(&t->w);
	assert_int_equal(t->a->base.locks + t->b->base.locks + t->c->base.locks, 0);
	buffer_drop(&t->a->base);
	buffer_drop(&t->b->base);
	buffer_drop(&t->c->base);
}

static void assert_done(const struct world *w, unsigned i, uint64_t token, bool shown)
{
	assert_true(i < w->n_done);
	assert_int_equal(w->done[i].token, token);
	assert_int_equal(w->done[i].shown, shown);
}

static void buffers_are_free_at_their_successors_flip(void **state)
{
	struct one_head t;

	(void)state;
	one_head_init(&t);
	test_commit(t.head, t.a, 1);
	assert_true(frame_run(t.output));
	assert_done(&t.w, 0, 1, true);
	test_commit(t.head, t.b, 2);
	assert_true(frame_begin(t.output, true));
	assert_int_equal(t.a->releases, 0);
	assert_int_equal(t.w.n_done, 1);
	scene_output_presented(t.output, &at_vblank);
	assert_int_equal(t.a->releases, 1);
	assert_int_equal(t.b->releases, 0);
	assert_done(&t.w, 1, 2, true);
	assert_int_equal(t.guest->frames_shown, 2);
	assert_false(frame_run(t.output));
	/* The same buffer again is not free in between. */
	test_commit(t.head, t.b, 3);
	assert_true(frame_run(t.output));
	assert_int_equal(t.b->releases, 0);
	assert_done(&t.w, 2, 3, true);
	one_head_finish(&t);
	assert_int_equal(t.w.n_done, 3);
}

static void superseded_commits_are_discarded(void **state)
{
	struct one_head t;

	(void)state;
	one_head_init(&t);
	test_commit(t.head, t.a, 1);
	test_commit(t.head, t.b, 2);
	assert_done(&t.w, 0, 1, false);
	assert_int_equal(t.a->releases, 1);
	assert_int_equal(t.guest->frames_superseded, 1);
	/* While a frame flies: the newest waits for the next one. */
	assert_true(frame_begin(t.output, true));
	test_commit(t.head, t.c, 3);
	test_commit(t.head, t.a, 4);
	assert_done(&t.w, 1, 3, false);
	scene_output_presented(t.output, &at_vblank);
	assert_done(&t.w, 2, 2, true);
	assert_int_equal(t.b->releases, 0);
	assert_true(frame_run(t.output));
	assert_done(&t.w, 3, 4, true);
	assert_int_equal(t.b->releases, 1);
	one_head_finish(&t);
}

static void refused_and_lost_frames_are_made_good(void **state)
{
	struct one_head t;

	(void)state;
	one_head_init(&t);
	test_commit(t.head, t.a, 1);
	frame_run(t.output);
	test_commit(t.head, t.b, 2);
	assert_true(frame_begin(t.output, false));
	assert_int_equal(t.w.n_done, 1);
	assert_true(frame_run(t.output)); /* the same commit, in the next frame */
	assert_done(&t.w, 1, 2, true);
	assert_int_equal(t.a->releases, 1);
	/* Refused, then superseded: it never was on the glass, its predecessor still is. */
	test_commit(t.head, t.a, 3);
	assert_true(frame_begin(t.output, false));
	test_commit(t.head, t.c, 4);
	assert_true(frame_begin(t.output, true));
	assert_done(&t.w, 2, 3, false);
	assert_int_equal(t.a->releases, 2);
	assert_int_equal(t.b->releases, 0);
	/* Its flip never comes: the next frame carries it. */
	assert_true(frame_begin(t.output, true));
	scene_output_presented(t.output, &at_vblank);
	assert_done(&t.w, 3, 4, true);
	assert_int_equal(t.b->releases, 1);
	scene_output_presented(t.output, &at_vblank); /* a flip too many */
	assert_int_equal(t.w.n_done, 4);
	one_head_finish(&t);
}

static void hiding_lets_go_first(void **state)
{
	struct one_head t;
	struct scene_guest *web;
	struct frame frame;

	(void)state;
	one_head_init(&t);
	web = scene_guest_add(t.w.scene, "web", NULL);
	scene_head_add(web, 0, 640, 480, NULL);
	test_commit(t.head, t.a, 1);
	frame_run(t.output);
	test_commit(t.head, t.b, 2);
	frame_begin(t.output, true);
	test_commit(t.head, t.c, 3);
	t.w.watch = t.b;
	t.w.watch_locks = 99;
	scene_set_front(t.w.scene, web);
	assert_int_equal(t.w.watch_locks, 0); /* at the moment of head_placed */
	assert_int_equal(t.a->releases + t.b->releases + t.c->releases, 3);
	assert_done(&t.w, 1, 2, false);
	assert_done(&t.w, 2, 3, false);
	scene_output_presented(t.output, &at_vblank); /* of the frame that was under way */
	assert_int_equal(t.w.n_done, 3);
	test_commit(t.head, t.a, 4); /* to a hidden head */
	assert_done(&t.w, 3, 4, false);
	assert_int_equal(t.a->releases, 2);
	/* Back in front: nothing of before is shown. */
	scene_set_front(t.w.scene, t.guest);
	assert_true(scene_output_latch(t.output, 0, &frame));
	for (unsigned i = 0; i < frame.n_layers; i++) {
		assert_int_not_equal(frame.layers[i].kind, LAYER_BUFFER);
	}
	frame_finish(&frame);
	one_head_finish(&t);
}

static void moved_heads_keep_their_picture(void **state)
{
	struct one_head t;
	struct scene_output *second;
	struct scene_guest *web;

	(void)state;
	one_head_init(&t);
	second = scene_output_add(t.w.scene, "P", 800, 600, 60000, NULL);
	web = scene_guest_add(t.w.scene, "web", NULL);
	scene_head_add(web, 0, 640, 480, NULL);
	frame_run(second);
	test_commit(t.head, t.a, 1);
	frame_run(t.output);
	test_commit(t.head, t.b, 2);
	frame_begin(t.output, true);
	scene_set_front(t.w.scene, web);
	assert_ptr_equal(t.head->output, second);
	assert_int_equal(t.b->releases, 0);
	scene_output_presented(t.output, &at_vblank);
	assert_int_equal(t.w.n_done, 1); /* the old place's flip says nothing of the new one */
	assert_true(frame_run(second));
	assert_done(&t.w, 1, 2, true);
	assert_int_equal(t.a->releases, 1);
	/* Where it was it still is on the glass: free once it is on neither. */
	assert_int_equal(t.b->releases, 0);
	test_commit(t.head, t.c, 3);
	assert_true(frame_run(second));
	assert_int_equal(t.b->releases, 0);
	assert_true(frame_run(t.output));
	assert_int_equal(t.b->releases, 1);
	one_head_finish(&t);
}

static void outputs_tell_whose_mark_they_show(void **state)
{
	struct one_head t;
	struct card card = {.n_lines = 1};

	(void)state;
	one_head_init(&t);
	assert_ptr_equal(scene_output_shows(t.output), t.guest);
	scene_set_card(t.w.scene, &card);
	assert_true(frame_begin(t.output, true));
	assert_ptr_equal(scene_output_shows(t.output), t.guest); /* until the flip */
	scene_output_presented(t.output, &at_vblank);
	assert_null(scene_output_shows(t.output));
	scene_set_card(t.w.scene, NULL);
	assert_true(frame_begin(t.output, false));
	assert_null(scene_output_shows(t.output));
	assert_true(frame_run(t.output));
	assert_ptr_equal(scene_output_shows(t.output), t.guest);
	guest_remove(t.guest);
	assert_null(scene_output_shows(t.output));
	one_head_finish(&t);
}

/* ---- damage ---- */

static struct rect frame_damage(struct scene_output *output, unsigned age)
{
	struct frame frame;
	struct rect bounds = {0};

	if (scene_output_latch(output, age, &frame)) {
		const pixman_box32_t *box = pixman_region32_extents(&frame.damage);

		bounds = (struct rect){box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1};
		scene_output_committed(output, true);
		scene_output_presented(output, &at_vblank);
	}
	frame_finish(&frame);
	return bounds;
}

static void commit_rect(struct scene_head *head, struct test_buffer *buffer, int x, int y, int w,
			int h)
{
	pixman_region32_t damage;

	pixman_region32_init_rect(&damage, x, y, (unsigned)w, (unsigned)h);
	test_commit_damage(head, buffer, 1, &damage);
	pixman_region32_fini(&damage);
}

static void assert_rect(struct rect r, int x, int y, int w, int h)
{
	assert_int_equal(r.x, x);
	assert_int_equal(r.y, y);
	assert_int_equal(r.w, w);
	assert_int_equal(r.h, h);
}

static void damage_lands_where_the_picture_is(void **state)
{
	struct one_head t;
	struct rect at;
	pixman_region32_t outside;

	(void)state;
	one_head_init(&t);
	test_commit(t.head, t.a, 1);
	at = frame_damage(t.output, 1);
	assert_rect(at, t.head->dst.x, t.head->dst.y, 640, 480);
	commit_rect(t.head, t.b, 10, 20, 30, 40);
	assert_rect(frame_damage(t.output, 1), at.x + 10, at.y + 20, 30, 40);
	/* Two commits before the frame: both count. */
	commit_rect(t.head, t.a, 0, 0, 1, 1);
	commit_rect(t.head, t.b, 639, 479, 1, 1);
	assert_rect(frame_damage(t.output, 1), at.x, at.y, 640, 480);
	/* A guest that damages what is not there damages nothing; the frame comes all the same. */
	pixman_region32_init_rect(&outside, 5000, -70000, 100000, 60000);
	test_commit_damage(t.head, t.a, 9, &outside);
	pixman_region32_fini(&outside);
	assert_rect(frame_damage(t.output, 1), 0, 0, 0, 0);
	assert_done(&t.w, t.w.n_done - 1, 9, true);
	one_head_finish(&t);
}

static void older_targets_get_older_damage(void **state)
{
	struct one_head t;
	struct rect at;

	(void)state;
	one_head_init(&t);
	test_commit(t.head, t.a, 1);
	at = frame_damage(t.output, 0);
	assert_rect(at, 0, 0, 800, 600);
	at = t.head->dst;
	for (int i = 0; i < 4; i++) {
		commit_rect(t.head, t.a, i * 10, 0, 10, 10);
		assert_rect(frame_damage(t.output, 1), at.x + i * 10, at.y, 10, 10);
	}
	commit_rect(t.head, t.a, 40, 0, 10, 10);
	assert_rect(frame_damage(t.output, 3), at.x + 20, at.y, 30, 10);
	commit_rect(t.head, t.a, 50, 0, 10, 10);
	assert_rect(frame_damage(t.output, 100), 0, 0, 800, 600);
	one_head_finish(&t);
}

static void another_geometry_damages_all(void **state)
{
	struct one_head t;
	struct test_buffer *small = test_buffer_create(320, 480, TEST_XR24, 0);
	struct rect at;

	(void)state;
	one_head_init(&t);
	test_commit(t.head, t.a, 1);
	at = frame_damage(t.output, 1);
	/* The one in between never is drawn, but what the third says is relative to it. */
	commit_rect(t.head, small, 0, 0, 1, 1);
	commit_rect(t.head, t.b, 0, 0, 1, 1);
	assert_rect(frame_damage(t.output, 1), at.x, at.y, 640, 480);
	commit_rect(t.head, small, 0, 0, 1, 1);
	assert_rect(frame_damage(t.output, 1), 0, 0, 800, 600); /* the frame is elsewhere, too */
	test_commit(t.head, NULL, 0);
	at = frame_damage(t.output, 1);
	assert_rect(at, t.head->dst.x, t.head->dst.y, 320, 480);
	one_head_finish(&t);
	buffer_drop(&small->base);
}

static void sources_outside_the_buffer_are_not_shown(void **state)
{
	static const struct rect bad[] = {{-1, 0, 10, 10},       {0, 0, 641, 10},
					  {640, 0, 1, 1},        {0, 0, 0, 10},
					  {1, 1, 2147483647, 2}, {2147483647, 0, 1, 1},
					  {0, 471, 10, 10}};
	struct one_head t;

	(void)state;
	one_head_init(&t);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct head_commit commit = {.buffer = &t.a->base, .src = bad[i], .token = i + 1};
		struct frame frame;

		scene_head_commit(t.head, &commit);
		assert_int_equal(t.a->base.locks, 0);
		assert_true(scene_output_latch(t.output, 0, &frame));
		for (unsigned n = 0; n < frame.n_layers; n++) {
			assert_int_not_equal(frame.layers[n].kind, LAYER_BUFFER);
		}
		frame_finish(&frame);
		scene_output_committed(t.output, true);
		scene_output_presented(t.output, &at_vblank);
		assert_done(&t.w, i, i + 1, true);
	}
	one_head_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_follow_the_front),
		cmocka_unit_test(pictures_fit_below_the_strip),
		cmocka_unit_test(tiny_outputs_show_no_pixel),
		cmocka_unit_test(limits_are_answers),
		cmocka_unit_test(marks_differ_and_return),
		cmocka_unit_test(buffers_are_free_at_their_successors_flip),
		cmocka_unit_test(superseded_commits_are_discarded),
		cmocka_unit_test(refused_and_lost_frames_are_made_good),
		cmocka_unit_test(hiding_lets_go_first),
		cmocka_unit_test(moved_heads_keep_their_picture),
		cmocka_unit_test(outputs_tell_whose_mark_they_show),
		cmocka_unit_test(damage_lands_where_the_picture_is),
		cmocka_unit_test(older_targets_get_older_damage),
		cmocka_unit_test(another_geometry_damages_all),
		cmocka_unit_test(sources_outside_the_buffer_are_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
