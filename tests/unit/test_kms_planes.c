/* SPDX-License-Identifier: MIT */
/*
 * Frames with guests' buffers on planes, against a kernel that is played here: it holds the properties that were
 * committed, so that what is asserted is what a monitor would show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <errno.h>

#include "compositor/output/kms/kms.h"

#define OBJECTS 64
#define PROPS 64
#define CRTC_A 1
#define CRTC_B 2
#define CONNECTOR_A 3
#define CONNECTOR_B 4
#define PRIMARY_A 10
#define PRIMARY_B 11
#define OVERLAY 12 /* shared by both CRTCs, and so is the next one */
#define CURSOR 14  /* A's alone */

/* ---- the kernel ---- */

struct _drmModeAtomicReq {
	struct {
		uint32_t object, prop;
		uint64_t value;
	} sets[256];
	unsigned n;
};

static struct {
	uint64_t values[OBJECTS][PROPS];
	int error;     /* of the next commits */
	unsigned busy; /* so many say EBUSY first */
	unsigned tests, commits, imports, fbs, removed, closed;
	int import_error;
	uint32_t last_format, handle;
	uint64_t last_flip;
} kernel;

drmModeAtomicReqPtr drmModeAtomicAlloc(void)
{
	return xcalloc(1, sizeof(struct _drmModeAtomicReq));
}

void drmModeAtomicFree(drmModeAtomicReqPtr req)
{
	free(req);
}

int drmModeAtomicAddProperty(drmModeAtomicReqPtr req, uint32_t object, uint32_t prop, uint64_t value)
{
	assert_true(req->n < 256 && object < OBJECTS && prop < PROPS);
	req->sets[req->n].object = object;
	req->sets[req->n].prop = prop;
	req->sets[req->n++].value = value;
	return (int)req->n;
}

/* NOLINTNEXTLINE(misc-misplaced-const): as libdrm declares it */
int drmModeAtomicCommit(int fd, const drmModeAtomicReqPtr req, uint32_t flags, void *user_data)
{
	if (flags & DRM_MODE_ATOMIC_TEST_ONLY) {
		assert_false(flags & DRM_MODE_PAGE_FLIP_EVENT);
		kernel.tests++;
		return kernel.error;
	}
	kernel.commits++;
	if (kernel.busy > 0) {
		kernel.busy--;
		return -EBUSY;
	}
	if (kernel.error) {
		return kernel.error;
	}
	for (unsigned i = 0; i < req->n; i++) {
		kernel.values[req->sets[i].object][req->sets[i].prop] = req->sets[i].value;
	}
	kernel.last_flip = (uint64_t)(uintptr_t)user_data;
	return 0;
}

int drmPrimeFDToHandle(int fd, int prime_fd, uint32_t *handle)
{
	kernel.imports++;
	*handle = kernel.handle;
	errno = -kernel.import_error;
	return kernel.import_error ? -1 : 0;
}

int drmModeAddFB2(int fd, uint32_t width, uint32_t height, uint32_t format,
		  const uint32_t handles[4], const uint32_t pitches[4], const uint32_t offsets[4],
		  uint32_t *buf_id, uint32_t flags)
{
	assert_int_equal(handles[0], kernel.handle);
	kernel.last_format = format;
	*buf_id = 100 + ++kernel.fbs;
	return 0;
}

int drmModeRmFB(int fd, uint32_t id)
{
	kernel.removed++;
	return 0;
}

int drmCloseBufferHandle(int fd, uint32_t handle)
{
	kernel.closed++;
	return 0;
}

/* ---- two outputs on one card ---- */

struct card {
	struct kms_backend backend;
	struct kms kms;
	struct kms_output a, b;
	unsigned damaged;
};

static void on_flipped(void *data, struct output_device *device, uint64_t time_ns)
{
}

static void on_damaged(void *data, struct output_device *device)
{
	struct card *card = data;

	card->damaged++;
}

static const struct output_listener listener = {.flipped = on_flipped, .damaged = on_damaged};

static void plane_make(struct kms_plane *plane, uint32_t id, uint64_t type, uint32_t crtcs,
		       uint64_t zpos)
{
	*plane = (struct kms_plane){
		.id = id,
		.type = type,
		.possible_crtcs = crtcs,
		.zpos = zpos,
		.formats = {DRM_FORMAT_XRGB8888},
		.n_formats = 1,
	};
	for (unsigned i = 0; i < PLANE_PROPS; i++) {
		plane->props[i] = i + 1;
	}
}

static void output_make(struct card *card, struct kms_output *output, unsigned index)
{
	struct kms *kms = &card->kms;

	output->kms = kms;
	output->connector_id = CONNECTOR_A + index;
	kms->connectors[index] = (struct kms_connector){.id = output->connector_id,
							.props = {40, 0}};
	kms->crtcs[index] = (struct kms_crtc){
		.id = CRTC_A + index, .index = index, .props = {50, 51}, .output = output};
	output->crtc = &kms->crtcs[index];
	output->plane = &kms->planes[index];
	output->plane->output = output;
	output->device.refresh_mhz = 60000;
	output->device.width = 640;
	output->device.height = 480;
	output->needs_modeset = true;
	pixman_region32_init(&output->damage);
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		output->buffers[i].fb = 20 + 2 * index + i;
		pixman_region32_init(&output->buffers[i].stale);
	}
	kms_planes_offer(output);
	list_append(&kms->outputs, &output->link);
}

static int setup(void **state)
{
	struct card *card = xcalloc(1, sizeof(*card));
	struct kms *kms = &card->kms;

	memset(&kernel, 0, sizeof(kernel));
	kernel.handle = 7;
	list_init(&card->backend.cards);
	list_init(&card->backend.imports);
	list_append(&card->backend.cards, &kms->link);
	kms->backend = &card->backend;
	kms->listener = &listener;
	kms->data = card;
	kms->is_active = kms->can_import = true;
	kms->cursor_width = kms->cursor_height = 64;
	list_init(&kms->outputs);
	list_init(&kms->memories);
	assert_int_equal(sd_event_new(&kms->event), 0);
	kms->n_planes = 5;
	kms->n_crtcs = kms->n_connectors = 2;
	plane_make(&kms->planes[0], PRIMARY_A, DRM_PLANE_TYPE_PRIMARY, 1, 1);
	plane_make(&kms->planes[1], PRIMARY_B, DRM_PLANE_TYPE_PRIMARY, 2, 1);
	/* Out of order: who is above whom is zpos' to say. */
	plane_make(&kms->planes[2], CURSOR, DRM_PLANE_TYPE_CURSOR, 1, 9);
	plane_make(&kms->planes[3], OVERLAY + 1, DRM_PLANE_TYPE_OVERLAY, 3, 3);
	plane_make(&kms->planes[4], OVERLAY, DRM_PLANE_TYPE_OVERLAY, 3, 2);
	output_make(card, &card->a, 0);
	output_make(card, &card->b, 1);
	*state = card;
	return 0;
}

static void output_end(struct kms_output *output)
{
	sd_event_source_disable_unref(output->retry);
	pixman_region32_fini(&output->damage);
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		pixman_region32_fini(&output->buffers[i].stale);
	}
}

static int teardown(void **state)
{
	struct card *card = *state;

	kms_import_forget_all(&card->backend);
	output_end(&card->a);
	output_end(&card->b);
	sd_event_unref(card->kms.event);
	free(card);
	return 0;
}

/* ---- guests' buffers ---- */

static void buffer_gone(struct buffer *buffer)
{
}

static const struct buffer_ops buffer_ops = {.destroy = buffer_gone};
static const struct buffer_dmabuf dmabuf = {.fd = 5,
					    .stride = 1280,
					    .modifier = DRM_FORMAT_MOD_LINEAR};

static struct buffer buffer_of(const struct buffer_dmabuf *memory)
{
	struct buffer buffer = {.width = 320, .height = 200, .format = DRM_FORMAT_ARGB8888};

	buffer_init(&buffer, &buffer_ops);
	buffer.dmabuf = memory;
	return buffer;
}

static struct output_plane_use use_of(unsigned plane, struct buffer *buffer)
{
	return (struct output_plane_use){.plane = plane,
					 .buffer = buffer,
					 .src = {0, 0, 320, 200},
					 .dst = {-10, 30, 320, 200}};
}

static int show(struct kms_output *output, bool composed, const struct output_plane_use *uses,
		unsigned n)
{
	struct output_frame frame = {.is_composed = composed, .uses = uses, .n_uses = n};

	output->acquired = composed ? &output->buffers[output->front == &output->buffers[0]] : NULL;
	return kms_commit(output, &frame);
}

static int try(struct kms_output *output, bool composed, const struct output_plane_use *uses,
	       unsigned n)
{
	struct output_frame frame = {.is_composed = composed, .uses = uses, .n_uses = n};

	return kms_commit_test(output, &frame);
}

static void flip(struct kms_output *output)
{
	assert_true(output->is_flying);
	output->front = output->pending;
	output->is_flying = false;
	kms_planes_flipped(output);
}

static uint64_t shown(uint32_t plane, enum kms_plane_prop prop)
{
	return kernel.values[plane][prop + 1];
}

/* ---- tests ---- */

static void planes_are_offered_bottom_to_top(void **state)
{
	struct card *card = *state;

	assert_int_equal(card->a.device.n_planes, 3);
	assert_int_equal(card->a.overlays[0]->id, OVERLAY);
	assert_int_equal(card->a.overlays[1]->id, OVERLAY + 1);
	assert_int_equal(card->a.device.planes[2].kind, OUTPUT_PLANE_CURSOR);
	assert_int_equal(card->a.device.planes[2].max_width, 64);
	assert_false(card->a.device.planes[2].can_scale);
	assert_int_equal(card->b.device.n_planes, 2);
	/* Under the primary plane nobody would see it. */
	card->kms.planes[4].zpos = 0;
	kms_planes_offer(&card->b);
	assert_int_equal(card->b.device.n_planes, 1);
	/* Without import there is nothing to put on one. */
	card->kms.can_import = false;
	kms_planes_offer(&card->a);
	assert_int_equal(card->a.device.n_planes, 0);
}

static void a_named_plane_shows_and_an_unnamed_one_is_off(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf);
	struct output_plane_use use = use_of(1, &buffer);

	use.src = (struct rect){1, 2, 300, 100};
	assert_int_equal(show(&card->a, true, &use, 1), 0);
	assert_int_equal(shown(OVERLAY + 1, PLANE_CRTC_ID), CRTC_A);
	assert_int_equal(shown(OVERLAY + 1, PLANE_FB_ID), 101);
	assert_int_equal(shown(OVERLAY + 1, PLANE_SRC_X), 1 << 16);
	assert_int_equal(shown(OVERLAY + 1, PLANE_SRC_H), 100 << 16);
	assert_true((int64_t)shown(OVERLAY + 1, PLANE_CRTC_X) == -10);
	assert_int_equal(shown(OVERLAY + 1, PLANE_CRTC_H), 200);
	assert_int_equal(shown(PRIMARY_A, PLANE_FB_ID), card->a.buffers[0].fb);
	/* A guest's alpha says nothing about its monitor. */
	assert_int_equal(kernel.last_format, DRM_FORMAT_XRGB8888);
	flip(&card->a);
	assert_int_equal(show(&card->a, true, NULL, 0), 0);
	assert_int_equal(shown(OVERLAY + 1, PLANE_FB_ID), 0);
	assert_int_equal(shown(OVERLAY + 1, PLANE_CRTC_ID), 0);
	buffer_drop(&buffer);
}

static void a_frame_that_is_not_composed_keeps_the_primary_plane(void **state)
{
	struct card *card = *state;
	struct buffer one = buffer_of(&dmabuf), other = buffer_of(&dmabuf);
	struct output_plane_use use = use_of(0, &one);

	/* There is nothing to keep yet. */
	assert_int_equal(show(&card->a, false, &use, 1), -EINVAL);
	assert_int_equal(show(&card->a, true, &use, 1), 0);
	flip(&card->a);
	use.buffer = &other;
	assert_int_equal(show(&card->a, false, &use, 1), 0);
	flip(&card->a);
	assert_int_equal(shown(OVERLAY, PLANE_FB_ID), 102);
	assert_int_equal(shown(PRIMARY_A, PLANE_FB_ID), card->a.buffers[0].fb);
	/* What is on the glass is not lent out to be drawn into. */
	assert_ptr_equal(card->a.front, &card->a.buffers[0]);
	/* Nor did the composed picture age by it. */
	assert_int_equal(card->a.commits - card->a.front->serial, 0);
	buffer_drop(&one);
	buffer_drop(&other);
}

static void the_primary_plane_shows_a_guest_and_comes_back(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf);
	struct output_plane_use uses[2] = {use_of(OUTPUT_PRIMARY, &buffer),
					   use_of(OUTPUT_PRIMARY, &buffer)};

	assert_int_equal(show(&card->a, true, NULL, 0), 0);
	flip(&card->a);
	assert_int_equal(show(&card->a, true, uses, 1), -EINVAL);
	assert_int_equal(show(&card->a, false, uses, 2), -EINVAL);
	assert_int_equal(show(&card->a, false, uses, 1), 0);
	flip(&card->a);
	assert_int_equal(shown(PRIMARY_A, PLANE_FB_ID), 101);
	assert_int_equal(shown(PRIMARY_A, PLANE_CRTC_W), 320);
	assert_null(card->a.front);
	/* Back: position and size are said again. */
	assert_int_equal(show(&card->a, true, NULL, 0), 0);
	assert_int_equal(shown(PRIMARY_A, PLANE_CRTC_W), 640);
	assert_int_equal(shown(PRIMARY_A, PLANE_CRTC_X), 0);
	assert_int_equal(shown(PRIMARY_A, PLANE_SRC_W), 640 << 16);
	buffer_drop(&buffer);
}

static void a_shared_plane_is_its_user_s_until_the_flip_without_it(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf);
	struct output_plane_use use = use_of(0, &buffer);

	assert_int_equal(show(&card->a, true, &use, 1), 0);
	assert_int_equal(try(&card->b, true, &use, 1), -EBUSY);
	assert_int_equal(show(&card->b, true, &use, 1), -EBUSY);
	assert_int_equal(shown(OVERLAY, PLANE_CRTC_ID), CRTC_A);
	flip(&card->a);
	/* The other's frames without it leave it alone. */
	assert_int_equal(show(&card->b, true, NULL, 0), 0);
	flip(&card->b);
	assert_int_equal(shown(OVERLAY, PLANE_CRTC_ID), CRTC_A);
	assert_int_equal(show(&card->a, true, NULL, 0), 0);
	assert_int_equal(try(&card->b, true, &use, 1), -EBUSY);
	flip(&card->a);
	assert_int_equal(show(&card->b, true, &use, 1), 0);
	assert_int_equal(shown(OVERLAY, PLANE_CRTC_ID), CRTC_B);
	buffer_drop(&buffer);
}

static void a_test_changes_nothing(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf);
	struct output_plane_use use = use_of(0, &buffer);

	assert_int_equal(try(&card->a, true, &use, 1), 0);
	assert_int_equal(kernel.tests, 1);
	assert_int_equal(kernel.commits, 0);
	assert_int_equal(card->a.lit, 0);
	/* The other one may still have the plane. */
	assert_int_equal(try(&card->b, true, &use, 1), 0);
	kernel.error = -EINVAL;
	assert_int_equal(try(&card->a, true, &use, 1), -EINVAL);
	assert_true(card->a.needs_modeset);
	buffer_drop(&buffer);
}

static void what_makes_no_sense_is_refused_before_the_kernel(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf), mapped = buffer_of(NULL);
	struct output_plane_use twice[2] = {use_of(0, &buffer), use_of(0, &buffer)};
	struct output_plane_use use = use_of(3, &buffer);

	assert_int_equal(show(&card->a, true, twice, 2), -EINVAL);
	assert_int_equal(show(&card->a, true, &use, 1), -EINVAL);
	use = use_of(0, &buffer);
	use.src.w = 321;
	assert_int_equal(show(&card->a, true, &use, 1), -EINVAL);
	use.src = (struct rect){1, 0, INT32_MAX, 200};
	assert_int_equal(show(&card->a, true, &use, 1), -EINVAL);
	use = use_of(0, &buffer);
	use.dst.h = 0;
	assert_int_equal(show(&card->a, true, &use, 1), -EINVAL);
	use = use_of(0, &mapped);
	assert_int_equal(show(&card->a, true, &use, 1), -EOPNOTSUPP);
	assert_int_equal(kernel.commits, 0);
	assert_null(card->a.acquired);
	buffer_drop(&buffer);
	buffer_drop(&mapped);
}

static void a_buffer_is_imported_once_and_forgotten_with_it(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf), refused = buffer_of(&dmabuf);
	struct output_plane_use use = use_of(0, &buffer);

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(try(&card->a, true, &use, 1), 0);
	}
	assert_int_equal(kernel.imports, 1);
	assert_int_equal(kernel.fbs, 1);
	assert_int_equal(kernel.closed, 1);
	buffer_drop(&buffer);
	assert_int_equal(kernel.removed, 1);
	assert_true(list_empty(&card->backend.imports));
	kernel.import_error = -ENODEV;
	use.buffer = &refused;
	assert_int_equal(try(&card->a, true, &use, 1), -ENODEV);
	kernel.import_error = 0;
	assert_int_equal(try(&card->a, true, &use, 1), -ENODEV);
	assert_int_equal(kernel.imports, 2);
	buffer_drop(&refused);
	assert_int_equal(kernel.removed, 1);
}

static void a_card_that_goes_takes_its_framebuffers_along(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf);
	struct output_plane_use use = use_of(0, &buffer);

	assert_int_equal(try(&card->a, true, &use, 1), 0);
	kms_import_forget_card(&card->kms);
	assert_int_equal(kernel.removed, 1);
	list_remove(&card->kms.link);
	/* Nobody is asked about it any more. */
	buffer_drop(&buffer);
	assert_int_equal(kernel.removed, 1);
}

static void a_busy_kernel_is_asked_again_for_the_whole_frame(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf);
	struct output_plane_use use = use_of(0, &buffer);

	assert_int_equal(show(&card->a, true, NULL, 0), 0);
	flip(&card->a);
	kernel.busy = 2;
	assert_int_equal(show(&card->a, true, &use, 1), 0);
	/* The frame was copied: its caller's memory may be another's by now. */
	memset(&use, 0xff, sizeof(use));
	assert_false(card->a.is_flying);
	for (unsigned i = 0; i < 20 && !card->a.is_flying; i++) {
		assert_true(sd_event_run(card->kms.event, 1000000) >= 0);
	}
	assert_true(card->a.is_flying);
	assert_int_equal(shown(OVERLAY, PLANE_FB_ID), 101);
	assert_int_equal(shown(OVERLAY, PLANE_CRTC_ID), CRTC_A);
	assert_int_equal(card->damaged, 0);
	buffer_drop(&buffer);
}

static void off_is_dark_and_on_begins_anew(void **state)
{
	struct card *card = *state;
	struct buffer buffer = buffer_of(&dmabuf);
	struct output_plane_use use = use_of(0, &buffer);

	assert_int_equal(show(&card->a, true, &use, 1), 0);
	assert_int_equal(kms_power_set(&card->a.device, false), 0);
	assert_int_equal(kernel.values[CRTC_A][50], 0);
	assert_int_equal(shown(PRIMARY_A, PLANE_FB_ID), 0);
	assert_int_equal(shown(OVERLAY, PLANE_FB_ID), 0);
	/* The flip that was due is nobody's now, and the plane anybody's. */
	assert_false(card->a.is_flying);
	assert_int_equal(try(&card->b, true, &use, 1), 0);
	assert_int_equal(show(&card->a, true, NULL, 0), -EACCES);
	assert_int_equal(try(&card->a, true, NULL, 0), -EACCES);
	assert_int_equal(card->damaged, 0);
	assert_int_equal(kms_power_set(&card->a.device, true), 0);
	assert_int_equal(card->damaged, 1);
	assert_int_equal(show(&card->a, true, NULL, 0), 0);
	assert_int_equal(kernel.values[CRTC_A][50], 1);
	assert_int_equal(kernel.values[CONNECTOR_A][40], CRTC_A);
	buffer_drop(&buffer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(planes_are_offered_bottom_to_top),
		TEST(a_named_plane_shows_and_an_unnamed_one_is_off),
		TEST(a_frame_that_is_not_composed_keeps_the_primary_plane),
		TEST(the_primary_plane_shows_a_guest_and_comes_back),
		TEST(a_shared_plane_is_its_user_s_until_the_flip_without_it),
		TEST(a_test_changes_nothing),
		TEST(what_makes_no_sense_is_refused_before_the_kernel),
		TEST(a_buffer_is_imported_once_and_forgotten_with_it),
		TEST(a_card_that_goes_takes_its_framebuffers_along),
		TEST(a_busy_kernel_is_asked_again_for_the_whole_frame),
		TEST(off_is_dark_and_on_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
