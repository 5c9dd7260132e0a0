/* SPDX-License-Identifier: MIT */
/*
 * Random histories of guests, heads, outputs, commits, refusals and late flips, drawn by the real
 * renderer into the buffers of pretended devices. After each frame the pixels are looked at, not
 * the layers:
 * - where a pixel of a guest is seen, that guest's strip and frame are around it, whole, in the
 *   same picture;
 * - a buffer that was given back is not seen (it is scribbled over at that moment);
 * - what the damage repaired is what drawing everything gives;
 * - each commit ends once, and at the end nothing is locked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compositor/render/render.h"
#include "tests/scene_fixture.h"

#define GUESTS 4
#define HEADS 3
#define OUTPUTS 3
#define POOL 4
#define TARGETS 3
#define TOKENS 20000
#define STEPS 3000
#define SCRIBBLE 0xbadbad
#define GUEST_BLUE 0x77 /* with the red of the guest: a pixel of a guest, and of nothing else */

struct pool {
	struct test_buffer *buffers[POOL];
	struct test_buffer *last;
};

struct device {
	struct scene_output *output;
	struct target targets[TARGETS];
	uint64_t committed[TARGETS];
	uint64_t commits;
	unsigned front;
	bool flying;
	unsigned flying_target;
};

struct history {
	struct scene *scene;
	struct renderer *renderer;
	struct scene_guest *guests[GUESTS];
	struct pool pools[GUESTS][HEADS];
	struct device devices[OUTPUTS];
	uint32_t random;
	uint64_t token;
	uint8_t ended[TOKENS];
	uint64_t time_ns;
	unsigned n_seen[GUESTS], n_frames;
};

static unsigned roll(struct history *h, unsigned sides)
{
	return test_random(&h->random) % sides;
}

/* ---- buffers that are scribbled over when they are given back ---- */

static void handle_released(struct buffer *buffer)
{
	test_buffer_fill((struct test_buffer *)buffer, SCRIBBLE);
}

static void handle_destroy(struct buffer *buffer)
{
	handle_released(buffer);
	test_buffer_destroy(buffer);
}

static const struct buffer_ops scribbling_ops = {handle_released, handle_destroy};

static uint32_t guest_pixel(unsigned guest, unsigned shade)
{
	return (0xa1 + 8 * guest) << 16 | (shade & 0xff) << 8 | GUEST_BLUE;
}

static int pixel_guest(uint32_t pixel)
{
	unsigned red = pixel >> 16 & 0xff;

	if ((pixel & 0xff) != GUEST_BLUE || red < 0xa1 || (red - 0xa1) % 8) {
		return -1;
	}
	return (red - 0xa1) / 8 < GUESTS ? (int)(red - 0xa1) / 8 : -1;
}

static struct test_buffer *pool_take(struct history *h, struct pool *pool)
{
	for (unsigned i = 0; i < POOL; i++) {
		struct test_buffer *buffer = pool->buffers[i];

		if (buffer && buffer->base.locks == 0) {
			if (roll(h, 2)) {
				return buffer;
			}
			buffer_drop(&buffer->base);
			pool->last = pool->last == buffer ? NULL : pool->last;
			buffer = pool->buffers[i] = NULL;
		}
		if (!buffer) {
			buffer = test_buffer_create(1 + (int)roll(h, 300), 1 + (int)roll(h, 250),
						    TEST_XR24, 0);
			buffer->base.ops = &scribbling_ops;
			return pool->buffers[i] = buffer;
		}
	}
	return NULL;
}

static void pool_drop(struct pool *pool)
{
	for (unsigned i = 0; i < POOL; i++) {
		if (pool->buffers[i]) {
			buffer_drop(&pool->buffers[i]->base);
		}
	}
	*pool = (struct pool){0};
}

/* ---- what may happen ---- */

static void handle_done(void *data, struct scene_head *head, uint64_t token,
			const struct presented *how)
{
	struct history *h = data;

	assert_true(token > 0 && token <= h->token);
	assert_int_equal(h->ended[token - 1], 0);
	h->ended[token - 1] = 1;
}

static const struct scene_events events = {.commit_done = handle_done};

static struct scene_head *some_head(struct history *h, unsigned *guest, unsigned *index)
{
	*guest = roll(h, GUESTS);
	*index = roll(h, HEADS);
	return h->guests[*guest] ? h->guests[*guest]->heads[*index] : NULL;
}

static void head_commit_new(struct history *h, struct scene_head *head, struct pool *pool,
			    unsigned guest)
{
	struct test_buffer *buffer = pool_take(h, pool);
	struct head_commit commit = {.token = ++h->token};

	if (!buffer) {
		h->token--;
		return;
	}
	test_buffer_fill(buffer, guest_pixel(guest, roll(h, 256)));
	commit.buffer = roll(h, 12) ? &buffer->base : NULL;
	commit.src.x = (int)roll(h, (unsigned)buffer->base.width);
	commit.src.y = (int)roll(h, (unsigned)buffer->base.height);
	commit.src.w = 1 + (int)roll(h, (unsigned)(buffer->base.width - commit.src.x));
	commit.src.h = 1 + (int)roll(h, (unsigned)(buffer->base.height - commit.src.y));
	pool->last = NULL;
	if (roll(h, 2)) {
		commit.src = (struct rect){0, 0, buffer->base.width, buffer->base.height};
		pool->last = buffer;
	}
	scene_head_commit(head, &commit);
}

/* Draws into the buffer that it committed last, and says where. */
static void head_commit_damaged(struct history *h, struct scene_head *head, struct pool *pool,
				unsigned guest)
{
	struct test_buffer *buffer = pool->last;
	uint32_t pixel = guest_pixel(guest, roll(h, 256));
	pixman_region32_t damage;
	struct rect r;

	if (!buffer || buffer->base.locks == 0) {
		return;
	}
	r.x = (int)roll(h, (unsigned)buffer->base.width);
	r.y = (int)roll(h, (unsigned)buffer->base.height);
	r.w = 1 + (int)roll(h, (unsigned)(buffer->base.width - r.x));
	r.h = 1 + (int)roll(h, (unsigned)(buffer->base.height - r.y));
	for (int y = r.y; y < r.y + r.h; y++) {
		for (int x = r.x; x < r.x + r.w; x++) {
			test_buffer_set(buffer, x, y, pixel);
		}
	}
	pixman_region32_init_rect(&damage, r.x, r.y, (unsigned)r.w, (unsigned)r.h);
	test_commit_damage(head, buffer, ++h->token, &damage);
	pixman_region32_fini(&damage);
}

static void step_commit(struct history *h)
{
	unsigned guest, index;
	struct scene_head *head = some_head(h, &guest, &index);

	if (!head || h->token + 2 >= TOKENS) {
		return;
	}
	if (roll(h, 3)) {
		head_commit_new(h, head, &h->pools[guest][index], guest);
	} else {
		head_commit_damaged(h, head, &h->pools[guest][index], guest);
	}
}

static void step_head(struct history *h)
{
	unsigned guest, index;
	struct scene_head *head = some_head(h, &guest, &index);

	if (head) {
		scene_head_remove(head);
	} else if (h->guests[guest]) {
		scene_head_add(h->guests[guest], index, 1 + (int)roll(h, 300),
			       1 + (int)roll(h, 200), NULL);
	}
}

static void guest_remove(struct history *h, unsigned guest)
{
	for (unsigned i = 0; i < HEADS; i++) {
		if (h->guests[guest]->heads[i]) {
			scene_head_remove(h->guests[guest]->heads[i]);
		}
	}
	scene_guest_remove(h->guests[guest]);
	h->guests[guest] = NULL;
}

static void step_guest(struct history *h)
{
	unsigned guest = roll(h, GUESTS);
	char name[16];

	if (h->guests[guest] && roll(h, 4) == 0) {
		guest_remove(h, guest);
	} else if (!h->guests[guest]) {
		snprintf(name, sizeof(name), "guest%u", guest);
		h->guests[guest] = scene_guest_add(h->scene, name, NULL);
		scene_head_add(h->guests[guest], 0, 1 + (int)roll(h, 300), 1 + (int)roll(h, 200),
			       NULL);
	}
}

static void device_remove(struct device *device)
{
	scene_output_remove(device->output);
	for (unsigned i = 0; i < TARGETS; i++) {
		free(device->targets[i].pixels);
	}
	memset(device, 0, sizeof(*device));
}

static void step_output(struct history *h)
{
	struct device *device = &h->devices[roll(h, OUTPUTS)];
	char name[16];

	if (device->output) {
		if (roll(h, 5) == 0) {
			device_remove(device);
		}
		return;
	}
	snprintf(name, sizeof(name), "O-%u", (unsigned)(device - h->devices));
	device->output = scene_output_add(h->scene, name, 60 + (int)roll(h, 300),
					  50 + (int)roll(h, 200), 60000, NULL);
	for (unsigned i = 0; i < TARGETS; i++) {
		device->targets[i].width = device->output->width;
		device->targets[i].height = device->output->height;
		device->targets[i].stride = device->output->width * 4;
		device->targets[i].pixels = xcalloc((size_t)device->output->width * 4,
						    (size_t)device->output->height);
	}
}

static void step_names(struct history *h)
{
	struct card card = {.lines = {"host"}, .n_lines = 1};

	switch (roll(h, 4)) {
	case 0:
		scene_set_card(h->scene, roll(h, 3) ? NULL : &card);
		break;
	case 1:
		scene_set_keyboard(h->scene, h->guests[roll(h, GUESTS)]);
		break;
	default:
		scene_set_front(h->scene, h->guests[roll(h, GUESTS)]);
		break;
	}
}

/* ---- looking at the pixels ---- */

static uint32_t get(const struct target *target, int x, int y)
{
	uint32_t pixel;

	memcpy(&pixel, target->pixels + (size_t)y * (size_t)target->stride + (size_t)x * 4, 4);
	return pixel & 0xffffff;
}

static void draw(struct history *h, const struct target *target, const struct layer *layers,
		 unsigned n, const pixman_region32_t *damage)
{
	pixman_region32_t all;
	struct render_cost cost;

	pixman_region32_init_rect(&all, 0, 0, (unsigned)target->width, (unsigned)target->height);
	renderer_draw(h->renderer, target, layers, n, damage ? damage : &all, &cost);
	pixman_region32_fini(&all);
}

static struct target scratch_create(const struct target *like)
{
	struct target scratch = *like;

	scratch.pixels = xcalloc((size_t)like->stride, (size_t)like->height);
	return scratch;
}

/* Bounds of the guests' pixels; returns whose they are, -1 for none. One owner only. */
static int guest_bounds(const struct target *target, struct rect *out)
{
	int owner = -1, x2 = 0, y2 = 0;

	*out = (struct rect){target->width, target->height, 0, 0};
	for (int y = 0; y < target->height; y++) {
		for (int x = 0; x < target->width; x++) {
			uint32_t pixel = get(target, x, y);
			int guest = pixel_guest(pixel);

			assert_int_not_equal(pixel, SCRIBBLE);
			if (guest < 0) {
				continue;
			}
			assert_true(owner < 0 || owner == guest);
			owner = guest;
			out->x = MIN(out->x, x);
			out->y = MIN(out->y, y);
			x2 = MAX(x2, x + 1);
			y2 = MAX(y2, y + 1);
		}
	}
	out->w = x2 - out->x;
	out->h = y2 - out->y;
	return owner;
}

static void assert_same(const struct target *a, const struct target *b, struct rect in)
{
	for (int y = in.y; y < in.y + in.h; y++) {
		for (int x = in.x; x < in.x + in.w; x++) {
			assert_int_equal(get(a, x, y), get(b, x, y));
		}
	}
}

/*
 * Strip and frame as this guest's mark draws them, and the guest's pixels nowhere but in the
 * frame's hole.
 */
static void assert_marked(struct history *h, const struct target *target, int owner,
			  struct rect seen, const struct mark *keyboard)
{
	const struct mark *mark = &h->guests[owner]->mark;
	struct rect around = {seen.x - FRAME_WIDTH, seen.y - FRAME_WIDTH, seen.w + 2 * FRAME_WIDTH,
			      seen.h + 2 * FRAME_WIDTH};
	struct layer layers[] = {
		{.kind = LAYER_FRAME, .dst = around, .frame = {mark, seen}},
		{.kind = LAYER_STRIP,
		 .dst = {0, 0, target->width, STRIP_HEIGHT},
		 .strip = {mark, keyboard}},
	};
	struct target want = scratch_create(target);

	assert_true(seen.y >= STRIP_HEIGHT + FRAME_WIDTH && seen.x >= FRAME_WIDTH);
	assert_true(seen.x + seen.w + FRAME_WIDTH <= target->width &&
		    seen.y + seen.h + FRAME_WIDTH <= target->height);
	draw(h, &want, layers, ARRAY_SIZE(layers), NULL);
	assert_same(target, &want, layers[1].dst);
	assert_same(target, &want, (struct rect){around.x, around.y, around.w, FRAME_WIDTH});
	assert_same(target, &want, (struct rect){around.x, seen.y + seen.h, around.w, FRAME_WIDTH});
	assert_same(target, &want, (struct rect){around.x, around.y, FRAME_WIDTH, around.h});
	assert_same(target, &want, (struct rect){seen.x + seen.w, around.y, FRAME_WIDTH, around.h});
	free(want.pixels);
}

static const struct mark *keyboard_of(const struct frame *frame)
{
	return frame->layers[frame->n_layers - 1].strip.keyboard;
}

static void assert_picture(struct history *h, const struct target *target, const struct frame *frame)
{
	struct target whole = scratch_create(target);
	struct rect seen;
	int owner = guest_bounds(target, &seen);

	draw(h, &whole, frame->layers, frame->n_layers, NULL);
	assert_same(target, &whole, (struct rect){0, 0, target->width, target->height});
	free(whole.pixels);
	h->n_frames++;
	if (owner >= 0) {
		h->n_seen[owner]++;
		assert_non_null(h->guests[owner]);
		assert_marked(h, target, owner, seen, keyboard_of(frame));
	}
}

/* ---- frames ---- */

static void device_flip(struct history *h, struct device *device)
{
	struct presented how = {.time_ns = h->time_ns,
				.refresh_ns = 16666666,
				.sequence = device->commits};

	device->flying = false;
	device->front = device->flying_target;
	scene_output_presented(device->output, &how);
}

static void device_frame(struct history *h, struct device *device)
{
	unsigned i = (device->front + 1 + roll(h, TARGETS - 1)) % TARGETS;
	unsigned age = device->committed[i] ?
			       (unsigned)(device->commits - device->committed[i] + 1) :
			       0;
	struct frame frame;

	if (!scene_output_latch(device->output, age, &frame)) {
		frame_finish(&frame);
		return;
	}
	draw(h, &device->targets[i], frame.layers, frame.n_layers, &frame.damage);
	assert_picture(h, &device->targets[i], &frame);
	frame_finish(&frame);
	if (roll(h, 8) == 0) {
		scene_output_committed(device->output, false);
		return;
	}
	device->committed[i] = ++device->commits;
	device->flying = true;
	device->flying_target = i;
	scene_output_committed(device->output, true);
}

static void step_frame(struct history *h)
{
	struct device *device = &h->devices[roll(h, OUTPUTS)];

	h->time_ns += 5000000;
	(void)scene_sample(h->scene, h->time_ns);
	if (!device->output) {
		return;
	}
	if (device->flying) {
		device_flip(h, device);
	} else {
		device_frame(h, device);
	}
}

static void history_step(struct history *h)
{
	switch (roll(h, 40)) {
	case 0:
		step_output(h);
		break;
	case 1:
		step_guest(h);
		break;
	case 2:
	case 3:
		step_head(h);
		break;
	case 4:
	case 5:
	case 6:
		step_names(h);
		break;
	default:
		if (roll(h, 3) == 0) {
			step_commit(h);
		} else {
			step_frame(h);
		}
		break;
	}
}

static void history_end(struct history *h)
{
	for (unsigned g = 0; g < GUESTS; g++) {
		if (h->guests[g]) {
			guest_remove(h, g);
		}
		for (unsigned i = 0; i < HEADS; i++) {
			for (unsigned b = 0; b < POOL; b++) {
				struct test_buffer *buffer = h->pools[g][i].buffers[b];

				assert_true(!buffer || buffer->base.locks == 0);
			}
			pool_drop(&h->pools[g][i]);
		}
	}
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (h->devices[i].output) {
			device_remove(&h->devices[i]);
		}
	}
	scene_destroy(h->scene);
	for (uint64_t i = 0; i < h->token; i++) {
		assert_int_equal(h->ended[i], 1);
	}
}

static void whoever_is_seen_is_named(void **state)
{
	static const uint32_t seeds[] = {1, 2, 0xdecade, 0xfeedbeef};
	static struct history h;
	unsigned seen[GUESTS] = {0};

	(void)state;
	for (unsigned s = 0; s < ARRAY_SIZE(seeds); s++) {
		memset(&h, 0, sizeof(h));
		h.random = seeds[s];
		h.time_ns = NSEC_PER_SEC;
		h.scene = scene_create(&events, &h);
		assert_int_equal(renderer_pixman_create(&h.renderer, NULL), 0);
		for (unsigned i = 0; i < STEPS; i++) {
			history_step(&h);
		}
		history_end(&h);
		renderer_destroy(h.renderer);
		assert_true(h.n_frames > STEPS / 10);
		for (unsigned g = 0; g < GUESTS; g++) {
			seen[g] += h.n_seen[g];
		}
	}
	/* The history was worth looking at. */
	for (unsigned g = 0; g < GUESTS; g++) {
		assert_true(seen[g] > 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_is_seen_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
