/* SPDX-License-Identifier: MIT */
/* For tests of renderers: targets that show what was written to them, layers, pictures. */
#ifndef TESTS_RENDER_RIG_H
#define TESTS_RENDER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "compositor/render/render.h"
#include "tests/scene_fixture.h"

#define RIG_POISON 0xa5 /* what targets hold before */
#define RIG_GUARD 64    /* bytes after each target that must stay */

/* The one that the tests of this run are about. */
extern struct renderer *rig_renderer;
/* By how much a channel may be off from what the CPU renderer makes. */
extern int rig_tolerance;
/* Runs the group with each renderer in turn; one that this machine can't have is skipped. For main. */
#define rig_run(tests) rig_run_all(tests, ARRAY_SIZE(tests))
int rig_run_all(const struct CMUnitTest *tests, size_t n);
/* Tests of GLES2 alone, which make their renderers themselves; skipped where there is none. For main. */
#define rig_run_gles2(tests, setup, teardown) \
	rig_run_gles2_all(tests, ARRAY_SIZE(tests), setup, teardown)
int rig_run_gles2_all(const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
		      CMFixtureFunction teardown);

/* stride 0: packed. To be freed with free(pixels). */
struct target rig_target(int width, int height, int stride);
uint32_t rig_get(const struct target *target, int x, int y);
bool rig_is_untouched(const struct target *target, int x, int y);
/* Nothing was written behind its last row. */
void rig_assert_guard(const struct target *target);
/* Each channel, give or take the tolerance. */
void rig_assert_same(const struct target *a, const struct target *b, int tolerance);
/* cost may be NULL. */
void rig_draw(struct renderer *renderer, const struct target *target, const struct layer *layers,
	      unsigned n, const pixman_region32_t *damage, struct render_cost *cost);
void rig_draw_all(struct renderer *renderer, const struct target *target,
		  const struct layer *layers, unsigned n, struct render_cost *cost);

struct layer rig_solid(int x, int y, int w, int h, uint32_t colour);
struct layer rig_picture(const struct test_buffer *buffer, struct rect src, struct rect dst);
struct rect rig_whole(const struct test_buffer *buffer);
/* A pattern in which each pixel differs from its neighbours. XR24. */
void rig_gradient(struct test_buffer *buffer);

#endif
