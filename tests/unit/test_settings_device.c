/* SPDX-License-Identifier: MIT */
/* [device NAME] and what guests say of input: values right and wrong, what overrides what, and what is worth a warning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/settings.h"
#include "hid/devices/devices.h"

/* What is said when these lines are refused; fails when they are not. Valid until the next call. */
static const char *refusal(const char *text)
{
	static char *errors;
	size_t size;
	FILE *out;
	struct settings *settings;

	free(errors);
	errors = NULL;
	out = open_memstream(&errors, &size);
	settings = settings_parse("v.conf", text, strlen(text), out);
	assert_int_equal(fclose(out), 0);
	assert_null(settings);
	return errors;
}

static struct settings *parse(const char *text)
{
	char *errors = NULL;
	size_t size;
	FILE *out = open_memstream(&errors, &size);
	struct settings *settings = settings_parse("v.conf", text, strlen(text), out);

	assert_int_equal(fclose(out), 0);
	if (!settings) {
		fail_msg("%s", errors);
	}
	free(errors);
	return settings;
}

static void every_key_is_taken(void **state)
{
	static const char *const text = "[device Acme Pad 2000]\n"
					"id = 46d:C31C\npath = *usb-1*\nname = Acme*\n"
					"guests = work web\nnot-guests = vault\noutput = DP-1\n"
					"calibration = 0 -1 1.0625 1 0 -0.25\nnatural-scroll = yes\n"
					"speed = -0.5\naccel-profile = flat\nleft-handed = no\n"
					"middle-emulation = yes\ntap = yes\ntap-drag = no\n"
					"click-method = fingers\nscroll-method = edge\n"
					"disable-while-typing = no\ndisabled = no\n"
					"[guest work]\npointer-speed = 1.5\nnatural-scroll = yes\n"
					"num-lock = host\n";
	struct settings *settings = parse(text);
	const struct device_policy *policy = &settings->devices[0];
	const float matrix[6] = {0, -1, 1.0625F, 1, 0, -0.25F};

	assert_int_equal(settings->n_devices, 1);
	assert_string_equal(policy->label, "Acme Pad 2000");
	assert_true(policy->has_id && policy->vendor == 0x46d && policy->product == 0xc31c);
	assert_string_equal(policy->path, "*usb-1*");
	assert_int_equal(policy->guests.n, 2);
	assert_string_equal(policy->guests.names[1], "web");
	assert_string_equal(policy->not_guests.names[0], "vault");
	assert_string_equal(policy->output, "DP-1");
	assert_memory_equal(policy->calibration, matrix, sizeof(matrix));
	assert_true(policy->has_speed && policy->speed == -0.5);
	assert_int_equal(policy->accel, DEVICE_ACCEL_FLAT);
	assert_int_equal(policy->natural_scroll, DEVICE_YES);
	assert_int_equal(policy->left_handed, DEVICE_NO);
	assert_int_equal(policy->click, DEVICE_CLICK_FINGERS);
	assert_int_equal(policy->scroll, DEVICE_SCROLL_EDGE);
	assert_true(settings_guest(settings, "work")->pointer_speed == 1.5);
	assert_true(settings_guest(settings, "work")->natural_scroll);
	assert_int_equal(settings_guest(settings, "work")->num_lock, LIGHTS_HOST);
	assert_true(settings_guest(settings, "web")->pointer_speed == 1);
	free(settings);
}

static void wrong_values_name_their_line(void **state)
{
	static const char *const wrong[] = {
		"id = 46d",
		"id = 46dxx:1",
		"id = 12345:1",
		"id = :1",
		"guests = ",
		"guests = a/b",
		"not-guests = \"x\"",
		"reserves = ",
		"calibration = 45",
		"calibration = 1 2 3",
		"calibration = 1 0 0 2 0 0",
		"calibration = nan 0 0 0 1 0",
		"calibration = 1e3 0 0 0 1 0",
		"calibration = 1 0 0 0 1 0 0",
		"speed = 1.1",
		"speed = -",
		"speed = 0x1",
		"speed = .",
		"speed = inf",
		"tap = maybe",
		"accel-profile = fast",
		"disabled = default",
		"scroll-method = wheel",
		"outputs = DP-1",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		char text[160];
		const char *said;

		snprintf(text, sizeof(text), "[device x]\n%s\n", wrong[i]);
		said = refusal(text);
		if (strncmp(said, "v.conf:2: [device x] ", 21) != 0) {
			fail_msg("%s: %s", wrong[i], said);
		}
	}
	assert_non_null(strstr(refusal("[guest work]\npointer-speed = 0\n"), "v.conf:2:"));
	assert_non_null(strstr(refusal("[device]\n"), "v.conf:1:"));
}

static void turns_are_matrices(void **state)
{
	struct settings *settings = parse("[device a]\ncalibration = 90\n"
					  "[device b]\ncalibration = 0 -1 1 1 0 0\n");

	assert_memory_equal(settings->devices[0].calibration, settings->devices[1].calibration,
			    sizeof(settings->devices[0].calibration));
	free(settings);
}

static void too_many_devices_are_a_mistake(void **state)
{
	char text[4096] = "";

	for (unsigned i = 0; i <= SETTINGS_MAX_DEVICES; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "[device %u]\ntap = yes\n", i);
	}
	assert_non_null(strstr(refusal(text), "too many devices"));
}

/* A policy about somebody who is never spoken of again is no mistake: guests come later. But it is told. */
static void unknown_guests_are_told(void **state)
{
	struct settings *settings = parse(
		"[guest work]\n[layout l]\nreachable = work web\n"
		"[device keys]\nguests = work web\nnot-guests = wrok vault\n");

	assert_int_equal(settings->n_warnings, 2);
	assert_string_equal(
		settings->warnings[0],
		"v.conf:6: [device keys] not-guests: no section and no layout speaks of a "
		"guest wrok; did you mean work?");
	assert_non_null(strstr(settings->warnings[1], "a guest vault"));
	free(settings);
	settings = parse("[layout l]\n[layout l output DP-1]\nshows = guest vault\n"
			 "[device keys]\nnot-guests = vault\n");
	assert_int_equal(settings->n_warnings, 0);
	free(settings);
}

static void users_that_are_none_are_told(void **state)
{
	struct settings *settings = parse("[server]\ntrusted-user = nobody-of-this-name\n");

	assert_int_equal(settings->n_warnings, 1);
	assert_string_equal(
		settings->warnings[0],
		"v.conf:2: [server] trusted-user: this host has no user nobody-of-this-name");
	free(settings);
	settings = parse("[server]\ntrusted-user = root\n");
	assert_int_equal(settings->n_warnings, 0);
	free(settings);
}

/* ---- lights ---- */

static uint32_t wanted(const struct lights *lights, enum lights_policy policy)
{
	uint32_t leds = ~0u;

	assert_true(lights_wanted(lights, policy, &leds));
	return leds;
}

static void lights_follow_strokes_until_told(void **state)
{
	struct lights lights = {0};
	uint32_t leds = 77;

	lights_stroke(&lights, 69);
	assert_int_equal(wanted(&lights, LIGHTS_REMEMBER), DEVICES_LED_NUM_LOCK);
	assert_int_equal(wanted(&lights, LIGHTS_ON), 0);
	lights_stroke(&lights, 58);
	lights_stroke(&lights, 30);
	assert_int_equal(wanted(&lights, LIGHTS_REMEMBER),
			 DEVICES_LED_NUM_LOCK | DEVICES_LED_CAPS_LOCK);
	assert_int_equal(wanted(&lights, LIGHTS_OFF), 0);
	assert_false(lights_wanted(&lights, LIGHTS_HOST, &leds));
	assert_int_equal(leds, 77);
	lights.is_told = true;
	lights.told = DEVICES_LED_SCROLL_LOCK | 0xf0;
	assert_int_equal(wanted(&lights, LIGHTS_HOST), DEVICES_LED_SCROLL_LOCK);
}

/* However fast a guest's source blinks, people see at most five changes in a second, and the last state. */
static void lights_keep_their_pace(void **state)
{
	struct lights_pace pace = {0};
	uint64_t now = NSEC_PER_SEC, end = now + NSEC_PER_SEC;
	unsigned changes = 0;

	for (; now < end; now += NSEC_PER_MSEC) {
		if (lights_due(&pace, now) == now) {
			lights_changed(&pace, now);
			changes++;
		}
	}
	assert_int_equal(changes, 5);
	assert_in_range(lights_due(&pace, now - NSEC_PER_MSEC), now, now + LIGHTS_PAUSE_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_taken),
		cmocka_unit_test(wrong_values_name_their_line),
		cmocka_unit_test(turns_are_matrices),
		cmocka_unit_test(too_many_devices_are_a_mistake),
		cmocka_unit_test(unknown_guests_are_told),
		cmocka_unit_test(users_that_are_none_are_told),
		cmocka_unit_test(lights_follow_strokes_until_told),
		cmocka_unit_test(lights_keep_their_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
