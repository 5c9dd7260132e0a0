/* SPDX-License-Identifier: MIT */
/*
 * The GLES2 renderer and memory of devices: dma-bufs are sampled and drawn into where they lie. Their import, which takes
 * a GPU, is played by textures, and what it is asked for is looked at.
 */
#include <string.h>

#include "compositor/render/gles2/gles2.h"
#include "tests/render/rig.h"

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

/* ---- the import ---- */

struct fake_import {
	const struct buffer_dmabuf *dmabuf;
	const uint8_t *pixels; /* what a sampled one holds */
	int width, height;
	uint32_t fourcc;
	GLuint texture;
	unsigned imports, closed;
	bool is_refused;
};

static struct fake_import fake;

static void fake_fill(void)
{
	uint8_t *rgba = xcalloc((size_t)fake.width * (size_t)fake.height, 4);

	for (int i = 0; fake.pixels && i < fake.width * fake.height; i++) {
		const uint8_t *bgrx = fake.pixels + (ptrdiff_t)i * 4;
		const uint8_t pixel[] = {bgrx[2], bgrx[1], bgrx[0], 0xff};

		memcpy(rgba + (ptrdiff_t)i * 4, pixel, 4);
	}
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, fake.width, fake.height, 0, GL_RGBA,
		     GL_UNSIGNED_BYTE, rgba);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	free(rgba);
}

static EGLint attribute(const EGLint *attributes, EGLint name)
{
	for (; *attributes != EGL_NONE; attributes += 2) {
		if (attributes[0] == name) {
			return attributes[1];
		}
	}
	return -1;
}

static EGLImageKHR EGLAPIENTRY fake_create(EGLDisplay display, EGLContext context, EGLenum target,
					   EGLClientBuffer buffer, const EGLint *attributes)
{
	PFNEGLCREATEIMAGEKHRPROC create = (PFNEGLCREATEIMAGEKHRPROC)eglGetProcAddress(
		"eglCreateImageKHR");
	GLint bound;

	assert_int_equal(target, EGL_LINUX_DMA_BUF_EXT);
	assert_int_equal(attribute(attributes, EGL_DMA_BUF_PLANE0_FD_EXT), fake.dmabuf->fd);
	assert_int_equal(attribute(attributes, EGL_DMA_BUF_PLANE0_OFFSET_EXT), fake.dmabuf->offset);
	assert_int_equal(attribute(attributes, EGL_DMA_BUF_PLANE0_PITCH_EXT), fake.dmabuf->stride);
	assert_int_equal(attribute(attributes, EGL_LINUX_DRM_FOURCC_EXT), fake.fourcc);
	assert_int_equal(attribute(attributes, EGL_WIDTH), fake.width);
	assert_int_equal(attribute(attributes, EGL_HEIGHT), fake.height);
	fake.imports++;
	if (fake.is_refused) {
		return EGL_NO_IMAGE_KHR;
	}
	glGetIntegerv(GL_TEXTURE_BINDING_2D, &bound);
	glGenTextures(1, &fake.texture);
	glBindTexture(GL_TEXTURE_2D, fake.texture);
	fake_fill();
	glBindTexture(GL_TEXTURE_2D, (GLuint)bound);
	return create(display, eglGetCurrentContext(), EGL_GL_TEXTURE_2D_KHR,
		      (EGLClientBuffer)(uintptr_t)fake.texture, NULL);
}

static EGLBoolean EGLAPIENTRY fake_destroy(EGLDisplay display, EGLImageKHR image)
{
	PFNEGLDESTROYIMAGEKHRPROC destroy = (PFNEGLDESTROYIMAGEKHRPROC)eglGetProcAddress(
		"eglDestroyImageKHR");

	fake.closed++;
	return destroy(display, image);
}

static void fake_start(const struct buffer_dmabuf *dmabuf, int width, int height)
{
	struct egl *egl = egl_of(gl);

	fake = (struct fake_import){
		.dmabuf = dmabuf, .width = width, .height = height, .fourcc = TEST_XR24};
	egl->has_dmabuf = true;
	egl->create_image = fake_create;
	egl->destroy_image = fake_destroy;
}

/* ---- what is sampled, what is drawn into ---- */

static void dmabufs_are_sampled_and_not_read(void **state)
{
	static const struct buffer_dmabuf dmabuf = {.fd = 77, .offset = 4096, .stride = 512};
	struct target target = rig_target(120, 90, 0), want = rig_target(120, 90, 0);
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct layer layers[] = {
		rig_picture(buffer, rig_whole(buffer), (struct rect){0, 0, 100, 80}),
		rig_picture(buffer, (struct rect){10, 10, 30, 20}, (struct rect){60, 40, 49, 50}),
	};
	struct render_cost cost;

	(void)state;
	rig_gradient(buffer);
	rig_draw_all(cpu, &want, layers, ARRAY_SIZE(layers), NULL);
	fake_start(&dmabuf, 100, 80);
	fake.pixels = buffer->bytes;
	buffer->base.dmabuf = &dmabuf;
	assert_int_equal(renderer_rung(gl, &buffer->base), RUNG_SAMPLED);
	rig_draw_all(gl, &target, layers, ARRAY_SIZE(layers), &cost);
	rig_assert_same(&target, &want, 1);
	assert_int_equal(cost.bytes_read, 0);
	layers[0].picture.serial++;
	rig_draw_all(gl, &target, layers, ARRAY_SIZE(layers), &cost);
	assert_int_equal(cost.bytes_read, 0);
	assert_int_equal(fake.imports, 1);
	free(target.pixels);
	free(want.pixels);
	buffer_drop(&buffer->base);
}

static void refused_dmabufs_are_uploaded(void **state)
{
	static const struct buffer_dmabuf dmabuf = {.fd = 78, .stride = 400};
	static const struct buffer_dmabuf tiled = {.fd = 79, .stride = 400, .modifier = 1};
	struct target target = rig_target(100, 80, 0), want = rig_target(100, 80, 0);
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct test_buffer *other = test_buffer_create(100, 80, TEST_XR24, 0);
	struct layer layer = rig_picture(buffer, rig_whole(buffer), (struct rect){0, 0, 100, 80});
	struct render_cost cost;

	(void)state;
	rig_gradient(buffer);
	fake_start(&dmabuf, 100, 80);
	fake.is_refused = true;
	buffer->base.dmabuf = &dmabuf;
	assert_int_equal(renderer_rung(gl, &buffer->base), RUNG_COPIED);
	rig_draw_all(gl, &target, &layer, 1, &cost);
	rig_draw_all(cpu, &want, &layer, 1, NULL);
	rig_assert_same(&target, &want, 1);
	assert_int_equal(cost.bytes_read, 100 * 80 * 4);
	/* A layout that we don't know is not even tried. */
	fake.imports = 0;
	other->base.dmabuf = &tiled;
	assert_int_equal(renderer_rung(gl, &other->base), RUNG_COPIED);
	assert_int_equal(fake.imports, 0);
	free(target.pixels);
	free(want.pixels);
	buffer_drop(&buffer->base);
	buffer_drop(&other->base);
}

/* What is in the memory that GL drew into, as XRGB8888. */
static void fake_read(struct target *out)
{
	GLuint framebuffer;

	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, fake.texture, 0);
	glReadPixels(0, 0, out->width, out->height, GL_RGBA, GL_UNSIGNED_BYTE, out->pixels);
	glDeleteFramebuffers(1, &framebuffer);
	for (int i = 0; i < out->width * out->height; i++) {
		uint8_t *pixel = out->pixels + (ptrdiff_t)i * 4, red = pixel[0];

		pixel[0] = pixel[2];
		pixel[2] = red;
	}
}

static void targets_of_devices_are_drawn_into(void **state)
{
	static const struct buffer_dmabuf dmabuf = {.fd = 80, .stride = 512};
	struct target target = rig_target(90, 120, 0), want = rig_target(90, 120, 0);
	struct target got = rig_target(90, 120, 0);
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct mark mark = {.name = "w", .colour = 0xd55e00, .pattern = MARK_CHECKS};
	struct layer layers[] = {
		rig_solid(0, 0, 120, 90, 0x123456),
		rig_picture(buffer, rig_whole(buffer), (struct rect){8, 8, 100, 80}),
		{.kind = LAYER_FRAME, .dst = {0, 0, 116, 90}, .frame = {&mark, {8, 8, 100, 80}}},
	};

	(void)state;
	rig_gradient(buffer);
	target.transform = want.transform = TRANSFORM_90;
	rig_draw_all(cpu, &want, layers, ARRAY_SIZE(layers), NULL);
	fake_start(&dmabuf, 90, 120);
	target.dmabuf = &dmabuf;
	target.dmabuf_id = 5;
	for (unsigned i = 0; i < 3; i++) {
		rig_draw_all(gl, &target, layers, ARRAY_SIZE(layers), NULL);
	}
	fake_read(&got);
	rig_assert_same(&got, &want, 1);
	assert_int_equal(fake.imports, 1);
	/* Nothing was read back. */
	assert_true(rig_is_untouched(&target, 50, 50));
	/* One that GL can't draw into is tried once, and gets its picture. */
	fake.is_refused = true;
	target.dmabuf_id = 6;
	rig_draw_all(gl, &target, layers, ARRAY_SIZE(layers), NULL);
	rig_draw_all(gl, &target, layers, ARRAY_SIZE(layers), NULL);
	rig_assert_same(&target, &want, 1);
	assert_int_equal(fake.imports, 2);
	free(target.pixels);
	free(want.pixels);
	free(got.pixels);
	buffer_drop(&buffer->base);
}

#define GL_TEST(f) cmocka_unit_test_setup_teardown(f, setup_gl, teardown_gl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GL_TEST(dmabufs_are_sampled_and_not_read),
		GL_TEST(refused_dmabufs_are_uploaded),
		GL_TEST(targets_of_devices_are_drawn_into),
	};

	return rig_run_gles2(tests, setup, teardown);
}
