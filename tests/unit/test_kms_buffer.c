/* SPDX-License-Identifier: MIT */
/* The buffers that monitors scan out, on a card that is played: who gets at their memory, and that nothing is left. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "compositor/output/kms/kms.h"

#define WIDTH 64
#define HEIGHT 32
#define PITCH 320

static struct {
	int handles, framebuffers;
	bool can_export, can_map;
	int exported; /* the last */
} card;

int drmModeCreateDumbBuffer(int fd, uint32_t width, uint32_t height, uint32_t bpp, uint32_t flags,
			    uint32_t *handle, uint32_t *pitch, uint64_t *size)
{
	*handle = (uint32_t)++card.handles;
	*pitch = PITCH;
	*size = PITCH * HEIGHT;
	return 0;
}

int drmModeDestroyDumbBuffer(int fd, uint32_t handle)
{
	card.handles--;
	return 0;
}

int drmModeMapDumbBuffer(int fd, uint32_t handle, uint64_t *offset)
{
	*offset = 0;
	errno = ENOMEM;
	return card.can_map ? 0 : -1;
}

int drmModeAddFB2(int fd, uint32_t width, uint32_t height, uint32_t format,
		  const uint32_t handles[4], const uint32_t pitches[4], const uint32_t offsets[4],
		  uint32_t *id, uint32_t flags)
{
	*id = (uint32_t)++card.framebuffers;
	return 0;
}

int drmModeRmFB(int fd, uint32_t id)
{
	card.framebuffers--;
	return 0;
}

int drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime_fd)
{
	assert_true(flags & DRM_RDWR);
	if (!card.can_export) {
		errno = EOPNOTSUPP;
		return -1;
	}
	card.exported = *prime_fd = dup(fd);
	return 0;
}

static struct kms kms;

static int setup(void **state)
{
	(void)state;
	kms = (struct kms){.fd = memfd_create("card", MFD_CLOEXEC)};
	card.can_map = card.can_export = true;
	return kms.fd < 0 || ftruncate(kms.fd, PITCH * HEIGHT) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	close(kms.fd);
	/* Whatever happened: all was given back. */
	return card.handles || card.framebuffers;
}

static void memory_is_lent_to_gpus_and_taken_back(void **state)
{
	struct kms_buffer a, b;

	(void)state;
	assert_int_equal(kms_buffer_init(&kms, &a, WIDTH, HEIGHT), 0);
	assert_int_equal(a.dmabuf.fd, card.exported);
	assert_int_equal(a.dmabuf.stride, PITCH);
	assert_int_equal(kms_buffer_init(&kms, &b, WIDTH, HEIGHT), 0);
	assert_true(a.dmabuf_id && b.dmabuf_id && a.dmabuf_id != b.dmabuf_id);
	kms_buffer_finish(&kms, &a);
	kms_buffer_finish(&kms, &b);
	assert_int_equal(fcntl(card.exported, F_GETFD), -1);
	assert_int_equal(b.dmabuf_id, 0);
}

static void a_card_that_exports_nothing_is_drawn_to(void **state)
{
	struct kms_buffer buffer;

	(void)state;
	card.can_export = false;
	assert_int_equal(kms_buffer_init(&kms, &buffer, WIDTH, HEIGHT), 0);
	assert_int_equal(buffer.dmabuf_id, 0);
	assert_non_null(buffer.pixels);
	buffer.pixels[PITCH * HEIGHT - 1] = 1;
	kms_buffer_finish(&kms, &buffer);
}

static void a_buffer_that_cannot_be_mapped_leaves_nothing(void **state)
{
	struct kms_buffer buffer;

	(void)state;
	card.can_map = false;
	assert_int_equal(kms_buffer_init(&kms, &buffer, WIDTH, HEIGHT), -ENOMEM);
}

#define CARD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CARD_TEST(memory_is_lent_to_gpus_and_taken_back),
		CARD_TEST(a_card_that_exports_nothing_is_drawn_to),
		CARD_TEST(a_buffer_that_cannot_be_mapped_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
