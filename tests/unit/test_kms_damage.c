/* SPDX-License-Identifier: MIT */
/* What drivers are told of what changed (FB_DAMAGE_CLIPS), against a kernel that is played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/output/kms/kms.h"

#define WIDTH 640
#define HEIGHT 480
#define CLIPS_PROP (PLANE_FB_DAMAGE_CLIPS + 1)
#define BLOB 77
#define UNSET 99

/* ---- the kernel ---- */

static struct {
	pixman_region32_t told; /* of the last blob */
	unsigned n_told, created, destroyed;
	uint64_t clips; /* what the last commit set; UNSET: nothing */
} kernel;

drmModeAtomicReqPtr drmModeAtomicAlloc(void)
{
	return xcalloc(1, 1);
}

void drmModeAtomicFree(drmModeAtomicReqPtr req)
{
	free(req);
}

int drmModeAtomicAddProperty(drmModeAtomicReqPtr req, uint32_t object, uint32_t prop, uint64_t value)
{
	if (prop == CLIPS_PROP) {
		kernel.clips = value;
	}
	return 1;
}

int drmModeAtomicCommit(int fd, drmModeAtomicReqPtr req, uint32_t flags, void *user_data)
{
	/* A blob that is gone by now would be refused. */
	assert_int_equal(kernel.created - kernel.destroyed, kernel.clips == BLOB);
	return 0;
}

int drmModeCreatePropertyBlob(int fd, const void *data, size_t size, uint32_t *id)
{
	const struct drm_mode_rect *clips = data;

	kernel.n_told = (unsigned)(size / sizeof(*clips));
	pixman_region32_clear(&kernel.told);
	for (unsigned i = 0; i < kernel.n_told; i++) {
		assert_true(clips[i].x1 >= 0 && clips[i].x1 < clips[i].x2 && clips[i].x2 <= WIDTH);
		assert_true(clips[i].y1 >= 0 && clips[i].y1 < clips[i].y2 && clips[i].y2 <= HEIGHT);
		pixman_region32_union_rect(&kernel.told, &kernel.told, clips[i].x1, clips[i].y1,
					   (unsigned)(clips[i].x2 - clips[i].x1),
					   (unsigned)(clips[i].y2 - clips[i].y1));
	}
	kernel.created++;
	*id = BLOB;
	return 0;
}

int drmModeDestroyPropertyBlob(int fd, uint32_t id)
{
	assert_int_equal(id, BLOB);
	kernel.destroyed++;
	return 0;
}

/* ---- an output with all buffers on the glass once ---- */

struct card {
	struct kms_backend backend;
	struct kms kms;
	struct kms_output output;
	pixman_region32_t damage;
};

static void show(struct card *card)
{
	struct kms_output *output = &card->output;
	struct output_frame frame = {.is_composed = true, .damage = &card->damage};
	unsigned next = output->front ? (unsigned)(output->front - output->buffers) + 1 : 0;

	kernel.clips = UNSET;
	output->acquired = &output->buffers[next % KMS_BUFFERS];
	assert_int_equal(kms_commit(output, &frame), 0);
	assert_int_equal(kernel.created, kernel.destroyed);
	output->front = output->pending;
	output->is_flying = false;
	kms_planes_flipped(output);
}

static void damage_set(struct card *card, int x, int y, unsigned width, unsigned height)
{
	pixman_region32_fini(&card->damage);
	pixman_region32_init_rect(&card->damage, x, y, width, height);
}

static int setup(void **state)
{
	struct card *card = xcalloc(1, sizeof(*card));
	struct kms *kms = &card->kms;
	struct kms_output *output = &card->output;

	memset(&kernel, 0, sizeof(kernel));
	pixman_region32_init(&kernel.told);
	list_init(&card->backend.cards);
	list_init(&card->backend.imports);
	list_append(&card->backend.cards, &kms->link);
	kms->backend = &card->backend;
	kms->is_active = true;
	kms->n_planes = kms->n_crtcs = kms->n_connectors = 1;
	list_init(&kms->outputs);
	list_init(&kms->memories);
	kms->crtcs[0] = (struct kms_crtc){.id = 1, .props = {50, 51}, .output = output};
	kms->planes[0] = (struct kms_plane){.id = 10, .possible_crtcs = 1};
	for (unsigned i = 0; i < PLANE_PROPS; i++) {
		kms->planes[0].props[i] = i + 1;
	}
	kms->connectors[0] = (struct kms_connector){.id = 3, .props = {40, 0}};
	output->kms = kms;
	output->connector_id = 3;
	output->crtc = &kms->crtcs[0];
	output->plane = &kms->planes[0];
	output->plane->output = output;
	output->device.width = WIDTH;
	output->device.height = HEIGHT;
	output->needs_modeset = true;
	pixman_region32_init(&output->damage);
	pixman_region32_init(&card->damage);
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		output->buffers[i].fb = 20 + i;
		pixman_region32_init(&output->buffers[i].stale);
	}
	list_append(&kms->outputs, &output->link);
	*state = card;
	return 0;
}

static int teardown(void **state)
{
	struct card *card = *state;

	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		pixman_region32_fini(&card->output.buffers[i].stale);
	}
	pixman_region32_fini(&card->output.damage);
	pixman_region32_fini(&card->damage);
	pixman_region32_fini(&kernel.told);
	free(card);
	return 0;
}

/* Until each buffer was on the glass: of those before, drivers must take everything. */
static void warm_up(struct card *card)
{
	damage_set(card, 0, 0, WIDTH, HEIGHT);
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		show(card);
		assert_int_equal(kernel.clips, 0);
	}
	assert_int_equal(kernel.created, 0);
	/* What is behind by nothing but a pixel. */
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		damage_set(card, 0, 0, 1, 1);
		show(card);
	}
}

static bool told_is(struct card *card, const int (*rects)[4], unsigned n)
{
	pixman_region32_t wanted;
	bool same;

	pixman_region32_init(&wanted);
	for (unsigned i = 0; i < n; i++) {
		pixman_region32_union_rect(&wanted, &wanted, rects[i][0], rects[i][1],
					   (unsigned)rects[i][2], (unsigned)rects[i][3]);
	}
	same = pixman_region32_equal(&wanted, &kernel.told);
	pixman_region32_fini(&wanted);
	return same && kernel.clips == BLOB;
}

/* ---- tests ---- */

/* What changed since this buffer was shown, which is at least what changed since the last one. */
static void drivers_are_told_what_changed(void **state)
{
	struct card *card = *state;
	const int rects[][4] = {{0, 0, 1, 1}, {10, 20, 30, 40}, {600, 400, 40, 80}, {100, 7, 5, 5}};

	warm_up(card);
	for (unsigned i = 1; i < ARRAY_SIZE(rects); i++) {
		unsigned behind = MIN(KMS_BUFFERS - 1, i);

		damage_set(card, rects[i][0], rects[i][1], (unsigned)rects[i][2],
			   (unsigned)rects[i][3]);
		show(card);
		assert_true(told_is(card, &rects[i - behind], behind + 1));
	}
}

static void what_lies_outside_is_not_told(void **state)
{
	struct card *card = *state;
	const int rects[][4] = {{0, 0, 1, 1}, {630, 470, 10, 10}};

	warm_up(card);
	damage_set(card, 630, 470, 5000, 5000);
	show(card);
	assert_true(told_is(card, rects, 2));
}

static void many_rectangles_become_one(void **state)
{
	struct card *card = *state;
	const int all[][4] = {{0, 0, 592, 401}};

	warm_up(card);
	pixman_region32_clear(&card->damage);
	for (int i = 0; i < 40; i++) {
		pixman_region32_union_rect(&card->damage, &card->damage, i * 15, i % 2 * 400, 7, 1);
	}
	show(card);
	assert_int_equal(kernel.n_told, 1);
	assert_true(told_is(card, all, 1));
}

/* Nothing is known of what the plane had before, or the driver does not ask. */
static void who_can_not_use_it_gets_none(void **state)
{
	struct card *card = *state;

	warm_up(card);
	damage_set(card, 1, 2, 3, 4);
	card->output.needs_modeset = true;
	show(card);
	assert_int_equal(kernel.clips, 0);
	card->output.plane->props[PLANE_FB_DAMAGE_CLIPS] = 0;
	kernel.created = kernel.destroyed = 0;
	show(card);
	assert_int_equal(kernel.created, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(drivers_are_told_what_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_lies_outside_is_not_told, setup, teardown),
		cmocka_unit_test_setup_teardown(many_rectangles_become_one, setup, teardown),
		cmocka_unit_test_setup_teardown(who_can_not_use_it_gets_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
