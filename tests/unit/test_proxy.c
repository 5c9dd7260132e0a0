/* SPDX-License-Identifier: MIT */
/* What another domain's device may be and do here, and its bytes in whatever pieces they come. */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hid/proxy/filter.h"
#include "hid/proxy/stream.h"

#define BIT(n) (UINT64_C(1) << (unsigned)(n))
#define MAX_EVENTS 1024

struct told {
	uint16_t type, code;
	int32_t value;
};

struct world {
	struct proxy_device device;
	struct proxy_filter filter;
	struct told told[MAX_EVENTS];
	unsigned n_told;
	char why[PROXY_WHY_SIZE];
};

static void emit(void *data, uint16_t type, uint16_t code, int32_t value)
{
	struct world *world = data;

	assert_true(world->n_told < MAX_EVENTS);
	world->told[world->n_told++] = (struct told){type, code, value};
}

static void set(uint64_t *words, unsigned n)
{
	words[n / 64] |= BIT(n % 64);
}

/* A device that claims to be everything. */
static struct proxy_caps everything(void)
{
	struct proxy_caps caps;

	memset(&caps, 0xff, sizeof(caps));
	memset(caps.name, 0, sizeof(caps.name));
	memcpy(caps.name, "Universal", 9);
	for (unsigned i = 0; i < PROXY_AXES; i++) {
		caps.axes[i] = (struct proxy_absinfo){.maximum = i == ABS_MT_SLOT ? 9 : 4095};
	}
	return caps;
}

static int parse(struct world *world, const struct proxy_caps *caps, unsigned classes)
{
	memset(world, 0, sizeof(*world));
	return proxy_device_parse(caps, classes, "sys-usb", NULL, &world->device, world->why);
}

static void start(struct world *world, unsigned classes)
{
	struct proxy_caps caps = everything();

	assert_int_equal(parse(world, &caps, classes), 0);
	proxy_filter_init(&world->filter, &world->device, emit, world);
}

static void send(struct world *world, uint16_t type, uint16_t code, int32_t value)
{
	struct proxy_event event = {.sec = 7, .type = type, .code = code, .value = value};

	proxy_filter_event(&world->filter, &event);
}

static void assert_told(const struct world *world, unsigned i, uint16_t type, uint16_t code,
			int32_t value)
{
	assert_true(i < world->n_told);
	assert_int_equal(world->told[i].type, type);
	assert_int_equal(world->told[i].code, code);
	assert_int_equal(world->told[i].value, value);
}

/* ---- what it may be ---- */

static void a_keyboard_is_no_switch_and_turns_nothing_off(void **state)
{
	static const unsigned denied[] = {KEY_SYSRQ,   KEY_POWER,         KEY_POWER2,  KEY_SLEEP,
					  KEY_SUSPEND, KEY_WAKEUP,        KEY_RESTART, BTN_LEFT,
					  BTN_TOUCH,   BTN_TRIGGER_HAPPY1};
	struct world world;

	start(&world, PROXY_KEYBOARD);
	assert_int_equal(world.device.ev, BIT(EV_SYN) | BIT(EV_KEY) | BIT(EV_LED));
	for (unsigned i = 0; i < ARRAY_SIZE(denied); i++) {
		assert_false(proxy_bit(world.device.key, denied[i]));
	}
	assert_true(proxy_bit(world.device.key, KEY_A));
	assert_true(proxy_bit(world.device.key, KEY_MICMUTE));
	assert_int_equal(world.device.abs | world.device.rel | world.device.prop, 0);
	assert_string_equal(world.device.name, "sys-usb: Universal");
}

static void a_mouse_types_nothing(void **state)
{
	struct world world;

	start(&world, PROXY_MOUSE);
	for (unsigned code = 0; code < KEY_CNT; code++) {
		assert_int_equal(proxy_bit(world.device.key, code),
				 code >= BTN_LEFT && code <= BTN_TASK);
	}
	assert_int_equal(world.device.led, 0);
	assert_true(world.device.rel & BIT(REL_WHEEL_HI_RES));
}

static void a_touchscreen_keeps_its_kind(void **state)
{
	struct world world;

	start(&world, PROXY_TOUCH);
	assert_true(world.device.prop & BIT(INPUT_PROP_DIRECT));
	assert_true(world.device.abs & BIT(ABS_MT_SLOT));
	assert_int_equal(world.device.axes[ABS_MT_POSITION_X].maximum, 4095);
	assert_false(proxy_bit(world.device.key, KEY_A));
	assert_false(proxy_bit(world.device.key, BTN_TOOL_PEN));
}

static void what_is_not_offered_is_not_there(void **state)
{
	struct proxy_caps caps = {.ev = BIT(EV_KEY)};
	struct world world;

	set(caps.key, BTN_LEFT);
	caps.rel = BIT(REL_X); /* without EV_REL */
	assert_int_equal(parse(&world, &caps, PROXY_MOUSE), 0);
	assert_int_equal(world.device.rel, 0);
	assert_string_equal(world.device.name, "sys-usb: input device");
	assert_int_equal(parse(&world, &caps, PROXY_KEYBOARD), -EINVAL);
}

static void an_axis_without_a_range_is_none(void **state)
{
	struct proxy_caps caps = everything();
	struct world world;

	memset(caps.axes, 0, sizeof(caps.axes));
	assert_int_equal(parse(&world, &caps, PROXY_TOUCH), 0);
	assert_int_equal(world.device.abs, 0);
	caps = everything();
	caps.axes[ABS_MT_SLOT] = (struct proxy_absinfo){0};
	assert_int_equal(parse(&world, &caps, PROXY_TOUCH), 0);
	assert_int_equal(world.device.abs, BIT(ABS_X) | BIT(ABS_Y) | BIT(ABS_PRESSURE));
}

static void nonsense_ranges_are_refused(void **state)
{
	static const struct proxy_absinfo wrong[] = {
		{.minimum = 5, .maximum = 4},        {.minimum = INT32_MIN, .maximum = INT32_MAX},
		{.maximum = 100, .fuzz = -1},        {.maximum = 100, .fuzz = 101},
		{.maximum = 100, .flat = INT32_MAX}, {.maximum = 100, .resolution = -1},
		{.minimum = 1, .maximum = 1},
	};
	struct world world;

	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct proxy_caps caps = everything();

		caps.axes[ABS_X] = wrong[i];
		assert_int_equal(parse(&world, &caps, PROXY_TOUCH), -EINVAL);
		assert_string_not_equal(world.why, "");
	}
}

static void slots_are_bounded(void **state)
{
	struct proxy_caps caps = everything();
	struct world world;

	caps.axes[ABS_MT_SLOT].maximum = PROXY_MAX_SLOTS;
	assert_int_equal(parse(&world, &caps, PROXY_TOUCH), -EINVAL);
	caps.axes[ABS_MT_SLOT].maximum = PROXY_MAX_SLOTS - 1;
	assert_int_equal(parse(&world, &caps, PROXY_TOUCH), 0);
}

static void names_cannot_pretend(void **state)
{
	struct proxy_caps caps = everything();
	struct world world;

	memset(caps.name, 'x', sizeof(caps.name));
	assert_int_equal(parse(&world, &caps, PROXY_KEYBOARD), -EINVAL);
	strcpy(caps.name, "two\nlines");
	assert_int_equal(parse(&world, &caps, PROXY_KEYBOARD), -EINVAL);
	strcpy(caps.name, "caf\xc3\xa9");
	assert_int_equal(parse(&world, &caps, PROXY_KEYBOARD), -EINVAL);
	strcpy(caps.name, "it's 'me'");
	assert_int_equal(parse(&world, &caps, PROXY_KEYBOARD), 0);
	assert_string_equal(world.device.name, "sys-usb: it_s _me_");
	/* However long, its origin stays in front and it ends. */
	memset(caps.name, 'y', sizeof(caps.name) - 1);
	caps.name[sizeof(caps.name) - 1] = '\0';
	assert_int_equal(parse(&world, &caps, PROXY_KEYBOARD), 0);
	assert_memory_equal(world.device.name, "sys-usb: yyy", 12);
	assert_true(strlen(world.device.name) < PROXY_DEVICE_NAME_SIZE);
}

/* ---- what it may do ---- */

static void keys_go_down_and_up_in_turn(void **state)
{
	struct world world;

	start(&world, PROXY_KEYBOARD);
	send(&world, EV_KEY, KEY_A, 0); /* was not down */
	send(&world, EV_KEY, KEY_A, 1);
	send(&world, EV_KEY, KEY_A, 2);
	send(&world, EV_KEY, KEY_A, 1);
	send(&world, EV_KEY, KEY_A, INT32_MIN);
	send(&world, EV_SYN, SYN_REPORT, 5);
	send(&world, EV_KEY, KEY_A, 0);
	send(&world, EV_SYN, SYN_REPORT, 0);
	assert_int_equal(world.n_told, 4);
	assert_told(&world, 0, EV_KEY, KEY_A, 1);
	assert_told(&world, 1, EV_SYN, SYN_REPORT, 0);
	assert_told(&world, 2, EV_KEY, KEY_A, 0);
	assert_int_equal(world.filter.ignored, 4);
}

static void what_it_may_not_send_goes_nowhere(void **state)
{
	struct world world;

	start(&world, PROXY_KEYBOARD);
	send(&world, EV_KEY, KEY_POWER, 1);
	send(&world, EV_KEY, BTN_LEFT, 1);
	send(&world, EV_KEY, KEY_CNT, 1);
	send(&world, EV_KEY, UINT16_MAX, 1);
	send(&world, EV_REL, REL_X, 1);
	send(&world, EV_ABS, ABS_X, 1);
	send(&world, EV_ABS, UINT16_MAX, 1);
	send(&world, EV_SW, SW_LID, 1);
	send(&world, EV_LED, LED_CAPSL, 1);
	send(&world, EV_MSC, MSC_SCAN, 1);
	send(&world, EV_REP, REP_DELAY, 1);
	send(&world, UINT16_MAX, 0, 1);
	send(&world, EV_SYN, SYN_CONFIG, 0);
	send(&world, EV_SYN, SYN_REPORT, 0); /* of nothing */
	assert_int_equal(world.n_told, 0);
	assert_int_equal(world.filter.ignored, 13);
}

/* What lies behind the keys in memory is not asked whether a key is one. */
static void a_code_past_the_last_is_no_key(void **state)
{
	struct world world;

	start(&world, PROXY_MOUSE);
	send(&world, EV_KEY, KEY_CNT, 1);
	assert_int_equal(world.n_told, 0);
}

static void values_stay_in_their_ranges(void **state)
{
	struct world world;

	start(&world, PROXY_MOUSE | PROXY_TOUCH);
	send(&world, EV_REL, REL_X, INT32_MIN);
	send(&world, EV_ABS, ABS_X, INT32_MAX);
	send(&world, EV_ABS, ABS_Y, -1);
	assert_told(&world, 0, EV_REL, REL_X, -PROXY_MOTION_MAX);
	assert_told(&world, 1, EV_ABS, ABS_X, 4095);
	assert_told(&world, 2, EV_ABS, ABS_Y, 0);
}

static void contacts_live_in_their_slots(void **state)
{
	struct world world;

	start(&world, PROXY_TOUCH);
	send(&world, EV_ABS, ABS_MT_TRACKING_ID, -1); /* there is none */
	send(&world, EV_ABS, ABS_MT_SLOT, 10);
	send(&world, EV_ABS, ABS_MT_SLOT, -1);
	send(&world, EV_ABS, ABS_MT_TRACKING_ID, 65536);
	send(&world, EV_ABS, ABS_MT_TRACKING_ID, -2);
	assert_int_equal(world.n_told, 0);
	send(&world, EV_ABS, ABS_MT_SLOT, 9);
	send(&world, EV_ABS, ABS_MT_TRACKING_ID, 4);
	send(&world, EV_SYN, SYN_REPORT, 0);
	world.n_told = 0;
	proxy_filter_release(&world.filter);
	assert_int_equal(world.n_told, 3);
	assert_told(&world, 0, EV_ABS, ABS_MT_SLOT, 9);
	assert_told(&world, 1, EV_ABS, ABS_MT_TRACKING_ID, -1);
	assert_told(&world, 2, EV_SYN, SYN_REPORT, 0);
	proxy_filter_release(&world.filter);
	assert_int_equal(world.n_told, 3);
}

/* The sender's kernel threw events away: a release may be among them. */
static void lost_events_leave_nothing_held(void **state)
{
	struct world world;

	start(&world, PROXY_KEYBOARD);
	send(&world, EV_KEY, KEY_LEFTSHIFT, 1);
	send(&world, EV_SYN, SYN_REPORT, 0);
	send(&world, EV_SYN, SYN_DROPPED, 0);
	send(&world, EV_KEY, KEY_B, 1); /* a piece of a frame */
	send(&world, EV_SYN, SYN_REPORT, 0);
	assert_int_equal(world.n_told, 4);
	assert_told(&world, 2, EV_KEY, KEY_LEFTSHIFT, 0);
	assert_told(&world, 3, EV_SYN, SYN_REPORT, 0);
	send(&world, EV_KEY, KEY_B, 1);
	assert_told(&world, 4, EV_KEY, KEY_B, 1);
}

static void a_frame_without_end_is_ended(void **state)
{
	struct world world;
	unsigned in_frame = 0;

	start(&world, PROXY_MOUSE);
	for (unsigned i = 0; i < 3 * PROXY_FRAME_EVENTS; i++) {
		send(&world, EV_REL, REL_X, 1);
	}
	for (unsigned i = 0; i < world.n_told; i++) {
		in_frame = world.told[i].type == EV_SYN ? 0 : in_frame + 1;
		assert_true(in_frame <= PROXY_FRAME_EVENTS);
	}
	assert_int_equal(world.n_told, 3 * PROXY_FRAME_EVENTS + 3);
}

/* ---- the bytes ---- */

struct heard {
	struct proxy_caps caps;
	unsigned n_caps, n_events;
	int64_t sum;
	int answer;
};

static int hear_caps(void *data, const struct proxy_caps *untrusted)
{
	struct heard *heard = data;

	heard->caps = *untrusted;
	heard->n_caps++;
	return heard->answer;
}

static void hear_event(void *data, const struct proxy_event *untrusted)
{
	struct heard *heard = data;

	heard->n_events++;
	heard->sum += (int64_t)untrusted->value * heard->n_events;
}

static const struct proxy_stream_ops ops = {.caps = hear_caps, .event = hear_event};

static size_t stream_write(unsigned char *out, uint32_t caps_size)
{
	struct proxy_hello hello = {.version = PROXY_VERSION, .caps_size = caps_size};
	struct proxy_caps caps = everything();
	size_t size = sizeof(hello);

	memcpy(out, &hello, sizeof(hello));
	memset(out + size, 0x5a, caps_size);
	memcpy(out + size, &caps, MIN(caps_size, sizeof(caps)));
	size += caps_size;
	for (int32_t i = 1; i <= 5; i++) {
		struct proxy_event event = {.type = EV_REL, .value = 1000 * i};

		memcpy(out + size, &event, sizeof(event));
		size += sizeof(event);
	}
	return size;
}

static void pieces_mean_what_the_whole_does(void **state)
{
	static const uint32_t sizes[] = {1, 8, 176, 304, 1839, 1840, 1841, 4000};
	unsigned char bytes[8 + 4000 + 5 * 24];

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = stream_write(bytes, sizes[i]);

		for (size_t piece = 1; piece <= size; piece = piece * 2 + 1) {
			struct proxy_stream stream;
			struct heard heard = {0};

			proxy_stream_init(&stream, &ops, &heard);
			for (size_t at = 0; at < size; at += piece) {
				assert_int_equal(proxy_stream_feed(&stream, bytes + at,
								   MIN(piece, size - at)),
						 0);
			}
			assert_int_equal(heard.n_caps, 1);
			assert_int_equal(heard.n_events, 5);
			assert_int_equal(heard.sum, 1000 * (1 + 4 + 9 + 16 + 25));
			/* What did not come reads as nothing. */
			assert_int_equal(heard.caps.name[0], sizes[i] > 176 ? 'U' : 0);
			assert_int_equal(heard.caps.axes[63].maximum, sizes[i] >= 1828 ? 4095 : 0);
		}
	}
}

static void a_wrong_hello_ends_it(void **state)
{
	static const struct proxy_hello wrong[] = {
		{.version = 2, .caps_size = 1840},
		{.version = 0, .caps_size = 1840},
		{.version = 1, .caps_size = 0},
		{.version = 1, .caps_size = PROXY_CAPS_MAX + 1},
		{.version = 1, .caps_size = UINT32_MAX},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct proxy_stream stream;
		struct heard heard = {0};

		proxy_stream_init(&stream, &ops, &heard);
		assert_int_equal(proxy_stream_feed(&stream, &wrong[i], sizeof(wrong[i])), -EPROTO);
		assert_string_not_equal(stream.why, "");
		assert_int_equal(heard.n_caps, 0);
	}
}

static void a_refused_device_sends_nothing(void **state)
{
	unsigned char bytes[8 + 1840 + 5 * 24];
	struct proxy_stream stream;
	struct heard heard = {.answer = -EINVAL};

	proxy_stream_init(&stream, &ops, &heard);
	assert_int_equal(proxy_stream_feed(&stream, bytes, stream_write(bytes, 1840)), -EINVAL);
	assert_int_equal(heard.n_events, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_keyboard_is_no_switch_and_turns_nothing_off),
		cmocka_unit_test(a_mouse_types_nothing),
		cmocka_unit_test(a_touchscreen_keeps_its_kind),
		cmocka_unit_test(what_is_not_offered_is_not_there),
		cmocka_unit_test(an_axis_without_a_range_is_none),
		cmocka_unit_test(nonsense_ranges_are_refused),
		cmocka_unit_test(slots_are_bounded),
		cmocka_unit_test(names_cannot_pretend),
		cmocka_unit_test(keys_go_down_and_up_in_turn),
		cmocka_unit_test(what_it_may_not_send_goes_nowhere),
		cmocka_unit_test(a_code_past_the_last_is_no_key),
		cmocka_unit_test(values_stay_in_their_ranges),
		cmocka_unit_test(contacts_live_in_their_slots),
		cmocka_unit_test(lost_events_leave_nothing_held),
		cmocka_unit_test(a_frame_without_end_is_ended),
		cmocka_unit_test(pieces_mean_what_the_whole_does),
		cmocka_unit_test(a_wrong_hello_ends_it),
		cmocka_unit_test(a_refused_device_sends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
