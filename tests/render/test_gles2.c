/* SPDX-License-Identifier: MIT */
/*
 * The GLES2 renderer beside the CPU renderer: they draw alike, GL uploads what is damaged and nothing else, and what it
 * can't do any more the CPU does.
 */
#include <errno.h>
#include <string.h>

#include "compositor/render/gles2/gles2.h"
#include "tests/render/rig.h"

#define WIDTH 200
#define HEIGHT 150

static struct renderer *cpu, *gl;

static int setup(void **state)
{
	(void)state;
	return renderer_pixman_create(&cpu, NULL);
}

static int teardown(void **state)
{
	(void)state;
	renderer_destroy(cpu);
	return 0;
}

static int setup_gl(void **state)
{
	(void)state;
	return renderer_gles2_create(&gl, NULL, NULL);
}

static int teardown_gl(void **state)
{
	(void)state;
	renderer_destroy(gl);
	return 0;
}

static struct egl *egl_of(struct renderer *renderer)
{
	return &((struct renderer_gles2 *)renderer)->egl;
}

/* ---- alike ---- */

static uint32_t random_state;

static int roll(int sides)
{
	return (int)(test_random(&random_state) % (unsigned)sides);
}

static struct rect roll_rect(int width, int height)
{
	struct rect r = {.w = 1 + roll(width), .h = 1 + roll(height)};

	r.x = roll(width - r.w + 1);
	r.y = roll(height - r.h + 1);
	return r;
}

static const uint32_t formats[] = {
	TEST_FOURCC('X', 'R', '2', '4'), TEST_FOURCC('A', 'R', '2', '4'),
	TEST_FOURCC('R', 'G', '2', '4'), TEST_FOURCC('R', 'G', '1', '6'),
	TEST_FOURCC('X', 'R', '1', '5'), TEST_FOURCC('A', 'R', '1', '2'),
};

static struct test_buffer *roll_buffer(bool is_cursor)
{
	uint32_t format = is_cursor ? formats[1] : formats[roll(ARRAY_SIZE(formats))];
	int width = 1 + roll(120), height = 1 + roll(90);
	int stride = width * pixel_format_find(format)->bytes_per_pixel + roll(3) * roll(9);
	struct test_buffer *buffer = test_buffer_create(width, height, format, stride);

	for (size_t i = 0; i < buffer->size; i++) {
		buffer->bytes[i] = (uint8_t)test_random(&random_state);
	}
	for (size_t i = 0; is_cursor && i + 4 <= buffer->size && stride % 4 == 0; i += 4) {
		for (unsigned c = 0; c < 3; c++) {
			buffer->bytes[i + c] = (uint8_t)(buffer->bytes[i + c] *
							 buffer->bytes[i + 3] / 255);
		}
	}
	return buffer;
}

static struct layer roll_layer(struct test_buffer *buffer, const struct mark *mark, bool is_cursor)
{
	struct rect dst = roll_rect(WIDTH, HEIGHT), src;
	struct layer layer;

	if (roll(3) == 0 && !is_cursor) {
		return (struct layer){.kind = LAYER_FRAME,
				      .dst = dst,
				      .frame = {mark,
						{dst.x + 8, dst.y + 8, dst.w - 16, dst.h - 16}}};
	}
	src = roll_rect(buffer->base.width, buffer->base.height);
	if (roll(2) || is_cursor) {
		dst.w = src.w;
		dst.h = src.h;
	} else if (roll(2)) {
		dst.w = src.w * (1 + roll(4));
		dst.h = src.h * (1 + roll(4));
	}
	layer = rig_picture(buffer, src, dst);
	layer.kind = is_cursor ? LAYER_CURSOR : LAYER_BUFFER;
	return layer;
}

#define LAYERS 9

static void both_renderers_draw_alike(void **state)
{
	static const double scales[] = {0.5, 1, 1.5, 2};
	struct mark mark = {.name = "work", .colour = 0x009e73, .pattern = MARK_DOTS};

	(void)state;
	random_state = 7;
	for (unsigned round = 0; round < 150; round++) {
		enum transform transform = round % TRANSFORMS;
		bool swaps = transform_swaps(transform);
		struct target a = rig_target(swaps ? HEIGHT : WIDTH, swaps ? WIDTH : HEIGHT, 0), b;
		struct test_buffer *buffers[LAYERS] = {NULL};
		struct layer layers[LAYERS];
		struct rect damaged = roll_rect(WIDTH, HEIGHT);
		pixman_region32_t damage;

		b = rig_target(a.width, a.height, round % 2 ? 0 : (a.width + 5) * 4);
		a.transform = b.transform = transform;
		a.scale = b.scale = scales[round % 4];
		for (unsigned i = 0; i < LAYERS; i++) {
			bool is_cursor = i >= LAYERS - 2;

			buffers[i] = roll_buffer(is_cursor);
			layers[i] = roll_layer(buffers[i], &mark, is_cursor);
			layers[i].picture.serial = layers[i].kind == LAYER_FRAME ?
							   layers[i].picture.serial :
							   round + 1;
		}
		layers[3] = (struct layer){.kind = LAYER_STRIP,
					   .dst = {0, 0, WIDTH, (int)(24 * a.scale)},
					   .strip = {.mark = &mark}};
		pixman_region32_init_rect(&damage, damaged.x, damaged.y, (unsigned)damaged.w,
					  (unsigned)damaged.h);
		rig_draw(cpu, &a, layers, LAYERS, &damage, NULL);
		rig_draw(gl, &b, layers, LAYERS, &damage, NULL);
		rig_assert_same(&b, &a, 1);
		assert_string_equal(renderer_name(gl), "gles2");
		pixman_region32_fini(&damage);
		free(a.pixels);
		free(b.pixels);
		for (unsigned i = 0; i < LAYERS; i++) {
			buffer_drop(&buffers[i]->base);
		}
	}
}

/* ---- uploads ---- */

static uint64_t draw_part(struct target *target, const struct layer *layer, int x, int y, int w,
			  int h)
{
	pixman_region32_t damage;
	struct render_cost cost;

	pixman_region32_init_rect(&damage, x, y, (unsigned)w, (unsigned)h);
	rig_draw(gl, target, layer, 1, &damage, &cost);
	pixman_region32_fini(&damage);
	return cost.bytes_read;
}

static void only_what_is_damaged_is_uploaded(void **state)
{
	struct target target = rig_target(100, 80, 0);
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct layer layer = rig_picture(buffer, rig_whole(buffer), (struct rect){0, 0, 100, 80});

	(void)state;
	test_buffer_fill(buffer, 0x112233);
	assert_int_equal(draw_part(&target, &layer, 0, 0, 100, 80), 100 * 80 * 4);
	/* A new picture that says that little of it has changed; it lies. */
	layer.picture.serial++;
	test_buffer_fill(buffer, 0x445566);
	assert_int_equal(draw_part(&target, &layer, 10, 20, 30, 5), 30 * 5 * 4);
	assert_int_equal(rig_get(&target, 10, 20), 0x445566);
	assert_int_equal(rig_get(&target, 39, 24), 0x445566);
	assert_int_equal(rig_get(&target, 40, 24), 0x112233);
	assert_int_equal(rig_get(&target, 9, 20), 0x112233);
	/* The same picture for another monitor: what is there already is not read again. */
	assert_int_equal(draw_part(&target, &layer, 0, 20, 100, 5), 70 * 5 * 4);
	assert_int_equal(draw_part(&target, &layer, 0, 20, 100, 5), 0);
	assert_int_equal(rig_get(&target, 9, 20), 0x445566);
	/* Nobody says when it changes: read each time. */
	layer.picture.serial = 0;
	assert_int_equal(draw_part(&target, &layer, 0, 0, 10, 10), 400);
	assert_int_equal(draw_part(&target, &layer, 0, 0, 10, 10), 400);
	free(target.pixels);
	buffer_drop(&buffer->base);
}

/* A buffer that is freed and one that takes its place in memory have nothing in common. */
static void textures_do_not_outlive_their_buffers(void **state)
{
	struct target target = rig_target(64, 64, 0);

	(void)state;
	for (unsigned i = 0; i < 2 * TEXTURES; i++) {
		struct test_buffer *buffer = test_buffer_create(64, 64, TEST_XR24, 0);
		struct layer layer = rig_picture(buffer, rig_whole(buffer),
						 (struct rect){0, 0, 64, 64});

		test_buffer_fill(buffer, 0x10301 * i);
		assert_int_equal(draw_part(&target, &layer, 0, 0, 64, 64), 64 * 64 * 4);
		assert_int_equal(rig_get(&target, 63, 63), 0x10301 * i & 0xffffff);
		buffer_drop(&buffer->base);
	}
	free(target.pixels);
}

/* ---- what GL can't do ---- */

static void assert_cpu_picture(struct renderer *renderer, const struct layer *layers, unsigned n)
{
	struct target target = rig_target(120, 90, 0), want = rig_target(120, 90, 0);

	rig_draw_all(renderer, &target, layers, n, NULL);
	rig_draw_all(cpu, &want, layers, n, NULL);
	rig_assert_same(&target, &want, 0);
	free(target.pixels);
	free(want.pixels);
}

static void too_large_is_drawn_by_the_cpu(void **state)
{
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct layer layer = rig_picture(buffer, rig_whole(buffer), (struct rect){0, 0, 97, 77});

	(void)state;
	rig_gradient(buffer);
	egl_of(gl)->max_size = 99;
	assert_cpu_picture(gl, &layer, 1);
	layer.picture.src.w = 50;
	assert_cpu_picture(gl, &layer, 1);
	assert_string_equal(renderer_name(gl), "gles2");
	buffer_drop(&buffer->base);
}

static void a_lost_context_is_replaced_by_the_cpu(void **state)
{
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct layer layer = rig_picture(buffer, rig_whole(buffer), (struct rect){0, 0, 97, 77});
	struct target target = rig_target(120, 90, 0);

	(void)state;
	rig_gradient(buffer);
	assert_int_equal(draw_part(&target, &layer, 0, 0, 10, 10) > 0, 1);
	/* Not all drivers can tell. */
	egl_of(gl)->reset_status = NULL;
	assert_true(eglMakeCurrent(eglGetCurrentDisplay(), EGL_NO_SURFACE, EGL_NO_SURFACE,
				   EGL_NO_CONTEXT));
	assert_cpu_picture(gl, &layer, 1);
	assert_string_equal(renderer_name(gl), "pixman");
	assert_int_equal(renderer_rung(gl, &buffer->base), RUNG_MAPPED);
	assert_cpu_picture(gl, &layer, 1);
	free(target.pixels);
	buffer_drop(&buffer->base);
}

static GLenum GL_APIENTRY reset_happened(void)
{
	return GL_UNKNOWN_CONTEXT_RESET_EXT;
}

static void a_reset_gpu_is_replaced_by_the_cpu(void **state)
{
	struct layer layer = rig_solid(0, 0, 120, 90, 0x654321);

	(void)state;
	egl_of(gl)->reset_status = reset_happened;
	assert_cpu_picture(gl, &layer, 1);
	assert_string_equal(renderer_name(gl), "pixman");
}

static void a_gl_error_is_replaced_by_the_cpu(void **state)
{
	struct layer layer = rig_solid(0, 0, 120, 90, 0x654321);

	(void)state;
	glEnable(0xdead);
	assert_cpu_picture(gl, &layer, 1);
	assert_string_equal(renderer_name(gl), "pixman");
}

/* ---- which one ---- */

/* Not all that draw in software say so before they are opened. */
static void software_is_known_by_its_name(void **state)
{
	static const char *const software[] = {"llvmpipe (LLVM 15.0.6, 256 bits)", "softpipe",
					       "zink (llvmpipe (LLVM 15.0.6, 256 bits))",
					       "Google SwiftShader"};
	static const char *const hardware[] = {"Mesa Intel(R) UHD Graphics 620 (KBL GT2)",
					       "AMD Radeon Graphics (renoir)", "Mali-G52",
					       "NVIDIA H200/PCIe/SSE2"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(software); i++) {
		assert_true(egl_is_software(software[i]));
		assert_false(egl_is_software(hardware[i]));
	}
	assert_true(egl_is_software(NULL));
}

static void auto_takes_no_software_gl(void **state)
{
	struct renderer *renderer;
	char why[128];

	(void)state;
	assert_int_equal(renderer_create(&renderer, "auto", NULL, ""), 0);
	if (strcmp(renderer_name(renderer), "gles2") == 0) {
		assert_false(egl_is_software(renderer_detail(renderer)));
	}
	renderer_destroy(renderer);
	if (egl_is_software(egl_of(gl)->detail)) {
		assert_int_equal(renderer_gles2_open(&renderer, NULL, NULL, true, why, sizeof(why)),
				 -ENODEV);
		/* Its driver, which is large, was not even loaded. */
		assert_string_equal(why, "EGL has no hardware device");
	}
	assert_int_equal(renderer_create(&renderer, "vulkan", NULL, NULL), -EINVAL);
	assert_int_equal(renderer_gles2_create(&renderer, NULL, "/dev/dri/none"), -ENODEV);
}

/* What auto makes of hardware: no pixel is read back, so a target that GL can't draw into is the CPU's. */
static void auto_reads_nothing_back(void **state)
{
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct layer layer = rig_picture(buffer, rig_whole(buffer), (struct rect){0, 0, 97, 77});

	(void)state;
	rig_gradient(buffer);
	((struct renderer_gles2 *)gl)->only_direct = true;
	assert_cpu_picture(gl, &layer, 1);
	assert_int_equal(((struct renderer_gles2 *)gl)->targets.renderbuffer, 0);
	assert_string_equal(renderer_name(gl), "gles2");
	buffer_drop(&buffer->base);
}

#define GL_TEST(f) cmocka_unit_test_setup_teardown(f, setup_gl, teardown_gl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GL_TEST(both_renderers_draw_alike),
		GL_TEST(only_what_is_damaged_is_uploaded),
		GL_TEST(textures_do_not_outlive_their_buffers),
		GL_TEST(too_large_is_drawn_by_the_cpu),
		GL_TEST(a_lost_context_is_replaced_by_the_cpu),
		GL_TEST(a_reset_gpu_is_replaced_by_the_cpu),
		GL_TEST(a_gl_error_is_replaced_by_the_cpu),
		GL_TEST(software_is_known_by_its_name),
		GL_TEST(auto_takes_no_software_gl),
		GL_TEST(auto_reads_nothing_back),
	};

	return rig_run_gles2(tests, setup, teardown);
}
