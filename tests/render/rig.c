/* SPDX-License-Identifier: MIT */
#include "tests/render/rig.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/skip.h"

struct renderer *rig_renderer;
int rig_tolerance;

static int setup_pixman(void **state)
{
	(void)state;
	rig_tolerance = 0;
	return renderer_pixman_create(&rig_renderer, NULL);
}

static int setup_gles2(void **state)
{
	(void)state;
	rig_tolerance = 1;
	return renderer_gles2_create(&rig_renderer, NULL, NULL);
}

static int teardown(void **state)
{
	(void)state;
	renderer_destroy(rig_renderer);
	rig_renderer = NULL;
	return 0;
}

static const char *why_no_gles2;

static void gles2_is_left_out(void **state)
{
	(void)state;
	SKIP_TEST("%s", why_no_gles2);
}

static bool has_gles2(void)
{
	const char *slowdown = getenv("VITRINE_TEST_SLOWDOWN");
	struct renderer *renderer;

	if (slowdown && atoi(slowdown) > 10) {
		why_no_gles2 = "GLES2: what drivers compile at run time is not for valgrind";
		return false;
	}
	if (renderer_gles2_create(&renderer, NULL, NULL) < 0) {
		why_no_gles2 =
			"no GLES2 here: install Debian packages libegl-mesa0 and libgl1-mesa-dri";
		return false;
	}
	renderer_destroy(renderer);
	return true;
}

int rig_run_gles2_all(const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
		      CMFixtureFunction teardown_group)
{
	const struct CMUnitTest left_out[] = {cmocka_unit_test(gles2_is_left_out)};

	if (!has_gles2()) {
		return cmocka_run_group_tests_name("gles2", left_out, NULL, NULL);
	}
	return _cmocka_run_group_tests("gles2", tests, n, setup, teardown_group);
}

int rig_run_all(const struct CMUnitTest *tests, size_t n)
{
	int failed = _cmocka_run_group_tests("pixman", tests, n, setup_pixman, teardown);

	/* The reference is what the CPU makes. */
	if (getenv("UPDATE")) {
		return failed;
	}
	return failed + rig_run_gles2_all(tests, n, setup_gles2, teardown);
}

struct target rig_target(int width, int height, int stride)
{
	struct target target = {.width = width,
				.height = height,
				.stride = stride ? stride : width * 4};
	size_t size = (size_t)target.stride * (size_t)height + RIG_GUARD;

	target.pixels = xcalloc(1, size);
	memset(target.pixels, RIG_POISON, size);
	return target;
}

uint32_t rig_get(const struct target *target, int x, int y)
{
	uint32_t pixel;

	memcpy(&pixel, target->pixels + (size_t)y * (size_t)target->stride + (size_t)x * 4, 4);
	return pixel & 0xffffff;
}

bool rig_is_untouched(const struct target *target, int x, int y)
{
	return rig_get(target, x, y) == 0xa5a5a5;
}

void rig_assert_guard(const struct target *target)
{
	for (int b = 0; b < RIG_GUARD; b++) {
		assert_int_equal(target->pixels[target->stride * target->height + b], RIG_POISON);
	}
}

static int off_by(uint32_t a, uint32_t b)
{
	int off = 0;

	for (unsigned shift = 0; shift < 24; shift += 8) {
		int d = (int)(a >> shift & 0xff) - (int)(b >> shift & 0xff);

		off = MAX(off, abs(d));
	}
	return off;
}

void rig_assert_same(const struct target *a, const struct target *b, int tolerance)
{
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	for (int y = 0; y < a->height; y++) {
		for (int x = 0; x < a->width; x++) {
			if (off_by(rig_get(a, x, y), rig_get(b, x, y)) > tolerance) {
				fail_msg("%d,%d: %06x is not %06x", x, y, rig_get(a, x, y),
					 rig_get(b, x, y));
			}
		}
	}
}

void rig_draw(struct renderer *renderer, const struct target *target, const struct layer *layers,
	      unsigned n, const pixman_region32_t *damage, struct render_cost *cost)
{
	struct render_cost unused;

	renderer_draw(renderer, target, layers, n, damage, cost ? cost : &unused);
}

void rig_draw_all(struct renderer *renderer, const struct target *target,
		  const struct layer *layers, unsigned n, struct render_cost *cost)
{
	bool swaps = transform_swaps(target->transform);
	pixman_region32_t all;

	pixman_region32_init_rect(&all, 0, 0, (unsigned)(swaps ? target->height : target->width),
				  (unsigned)(swaps ? target->width : target->height));
	rig_draw(renderer, target, layers, n, &all, cost);
	pixman_region32_fini(&all);
}

struct layer rig_solid(int x, int y, int w, int h, uint32_t colour)
{
	return (struct layer){.kind = LAYER_SOLID, .dst = {x, y, w, h}, .colour = colour};
}

struct layer rig_picture(const struct test_buffer *buffer, struct rect src, struct rect dst)
{
	return (struct layer){.kind = LAYER_BUFFER, .dst = dst, .picture = {&buffer->base, src, 1}};
}

struct rect rig_whole(const struct test_buffer *buffer)
{
	return (struct rect){0, 0, buffer->base.width, buffer->base.height};
}

void rig_gradient(struct test_buffer *buffer)
{
	for (int y = 0; y < buffer->base.height; y++) {
		for (int x = 0; x < buffer->base.width; x++) {
			uint32_t r = (uint32_t)(x * 255 / buffer->base.width);
			uint32_t g = (uint32_t)(y * 255 / buffer->base.height);

			test_buffer_set(buffer, x, y,
					r << 16 | g << 8 | (uint32_t)((x ^ y) & 8) << 4);
		}
	}
}
