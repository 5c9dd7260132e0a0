/* SPDX-License-Identifier: MIT */
/* Flip events as the kernel writes them: which are told, which are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "compositor/output/kms/kms.h"

struct card {
	struct kms kms;
	struct kms_output outputs[2];
	struct output_device *flipped; /* the last one */
	unsigned flips;
	int write_fd;
};

static void on_flipped(void *data, struct output_device *device, uint64_t time_ns)
{
	struct card *card = data;

	card->flipped = device;
	card->flips++;
}

static const struct output_listener listener = {.flipped = on_flipped};

static int setup(void **state)
{
	struct card *card = xcalloc(1, sizeof(*card));
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	card->kms.fd = fds[0];
	card->write_fd = fds[1];
	card->kms.listener = &listener;
	card->kms.data = card;
	card->kms.has_monotonic_times = true;
	list_init(&card->kms.outputs);
	for (unsigned i = 0; i < 2; i++) {
		struct kms_output *output = &card->outputs[i];

		output->kms = &card->kms;
		output->device.refresh_mhz = 60000;
		output->pending = &output->buffers[0];
		output->is_flying = true;
		output->front = &output->buffers[1];
		output->flip_id = 7 + i;
		list_append(&card->kms.outputs, &output->link);
	}
	*state = card;
	return 0;
}

static int teardown(void **state)
{
	struct card *card = *state;

	close(card->kms.fd);
	close(card->write_fd);
	free(card);
	return 0;
}

static struct drm_event_vblank event_of(uint64_t flip_id)
{
	return (struct drm_event_vblank){
		.base = {.type = DRM_EVENT_FLIP_COMPLETE, .length = sizeof(struct drm_event_vblank)},
		.user_data = flip_id,
	};
}

static void tell(struct card *card, const void *bytes, size_t size)
{
	assert_int_equal(write(card->write_fd, bytes, size), (ssize_t)size);
	kms_flip_dispatch(&card->kms);
}

static void each_flip_is_its_own(void **state)
{
	struct card *card = *state;
	struct drm_event_vblank events[2] = {event_of(8), event_of(7)};

	kms_flip_dispatch(&card->kms); /* nothing is there: it does not wait */
	tell(card, events, sizeof(events));
	assert_int_equal(card->flips, 2);
	assert_ptr_equal(card->flipped, &card->outputs[0].device);
	assert_ptr_equal(card->outputs[0].front, &card->outputs[0].buffers[0]);
	assert_false(card->outputs[0].is_flying);
	/* Once. */
	tell(card, events, sizeof(events));
	assert_int_equal(card->flips, 2);
}

/*
 * A flip that was given up happens after all, when the next one is under way: nobody is told that
 * what is drawn now is on the glass.
 */
static void a_late_flip_is_not_the_next_one(void **state)
{
	struct card *card = *state;
	struct kms_output *output = &card->outputs[0];
	struct drm_event_vblank event = event_of(7);

	kms_flip_forget(output);
	tell(card, &event, sizeof(event));
	output->pending = &output->buffers[1];
	output->is_flying = true;
	output->flip_id = 9;
	tell(card, &event, sizeof(event));
	assert_int_equal(card->flips, 0);
	assert_true(output->is_flying);
	event = event_of(9);
	tell(card, &event, sizeof(event));
	assert_int_equal(card->flips, 1);
}

static void other_events_are_skipped(void **state)
{
	struct card *card = *state;
	struct drm_event_vblank events[3] = {event_of(7), event_of(7), event_of(7)};

	events[0].base.type = DRM_EVENT_VBLANK;
	events[1].base.type = DRM_EVENT_CRTC_SEQUENCE;
	tell(card, events, sizeof(events));
	assert_int_equal(card->flips, 1);
}

static void broken_events_are_none(void **state)
{
	struct card *card = *state;
	struct drm_event_vblank event = event_of(7);

	tell(card, &event, 4);
	tell(card, &event, sizeof(event) - 1);
	event.base.length = sizeof(event.base);
	tell(card, &event, sizeof(event.base));
	event.base.length = 0;
	tell(card, &event, sizeof(event));
	event.base.length = sizeof(event) + 1;
	tell(card, &event, sizeof(event));
	assert_int_equal(card->flips, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_flip_is_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_flip_is_not_the_next_one, setup, teardown),
		cmocka_unit_test_setup_teardown(other_events_are_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_events_are_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
