/* SPDX-License-Identifier: MIT */
/* libinput's own settings of a device: what its policy says, else what they were. */
#include "base/log.h"
#include "hid/devices/priv.h"

static const struct device_policy nothing_said;

/* What was said is remembered as unused where the device has no such thing: people share one file over machines. */
static void setup_scrolling(struct libinput_device *handle, const struct device_policy *policy)
{
	static const enum libinput_config_scroll_method methods[] = {
		[DEVICE_SCROLL_NONE] = LIBINPUT_CONFIG_SCROLL_NO_SCROLL,
		[DEVICE_SCROLL_TWO_FINGERS] = LIBINPUT_CONFIG_SCROLL_2FG,
		[DEVICE_SCROLL_EDGE] = LIBINPUT_CONFIG_SCROLL_EDGE,
		[DEVICE_SCROLL_BUTTON] = LIBINPUT_CONFIG_SCROLL_ON_BUTTON_DOWN,
	};
	bool natural = policy->natural_scroll == DEVICE_DEFAULT ?
			       libinput_device_config_scroll_get_default_natural_scroll_enabled(
				       handle) :
			       policy->natural_scroll == DEVICE_YES;

	libinput_device_config_scroll_set_natural_scroll_enabled(handle, natural);
	libinput_device_config_scroll_set_method(
		handle, policy->scroll == DEVICE_SCROLL_DEFAULT ?
				libinput_device_config_scroll_get_default_method(handle) :
				methods[policy->scroll]);
}

static void setup_pointer(struct libinput_device *handle, const struct device_policy *policy)
{
	static const enum libinput_config_accel_profile profiles[] = {
		[DEVICE_ACCEL_FLAT] = LIBINPUT_CONFIG_ACCEL_PROFILE_FLAT,
		[DEVICE_ACCEL_ADAPTIVE] = LIBINPUT_CONFIG_ACCEL_PROFILE_ADAPTIVE,
	};

	libinput_device_config_accel_set_speed(
		handle, policy->has_speed ? policy->speed :
					    libinput_device_config_accel_get_default_speed(handle));
	libinput_device_config_accel_set_profile(
		handle, policy->accel == DEVICE_ACCEL_DEFAULT ?
				libinput_device_config_accel_get_default_profile(handle) :
				profiles[policy->accel]);
	libinput_device_config_left_handed_set(
		handle, policy->left_handed == DEVICE_DEFAULT ?
				libinput_device_config_left_handed_get_default(handle) :
				policy->left_handed == DEVICE_YES);
	libinput_device_config_middle_emulation_set_enabled(
		handle,
		policy->middle_emulation == DEVICE_DEFAULT ?
			libinput_device_config_middle_emulation_get_default_enabled(handle) :
		policy->middle_emulation == DEVICE_YES ? LIBINPUT_CONFIG_MIDDLE_EMULATION_ENABLED :
							 LIBINPUT_CONFIG_MIDDLE_EMULATION_DISABLED);
}

static void setup_touchpad(struct libinput_device *handle, const struct device_policy *policy)
{
	static const enum libinput_config_click_method clicks[] = {
		[DEVICE_CLICK_AREAS] = LIBINPUT_CONFIG_CLICK_METHOD_BUTTON_AREAS,
		[DEVICE_CLICK_FINGERS] = LIBINPUT_CONFIG_CLICK_METHOD_CLICKFINGER,
	};

	libinput_device_config_tap_set_enabled(
		handle, policy->tap == DEVICE_DEFAULT ?
				libinput_device_config_tap_get_default_enabled(handle) :
			policy->tap == DEVICE_YES ? LIBINPUT_CONFIG_TAP_ENABLED :
						    LIBINPUT_CONFIG_TAP_DISABLED);
	libinput_device_config_tap_set_drag_enabled(
		handle, policy->tap_drag == DEVICE_DEFAULT ?
				libinput_device_config_tap_get_default_drag_enabled(handle) :
			policy->tap_drag == DEVICE_YES ? LIBINPUT_CONFIG_DRAG_ENABLED :
							 LIBINPUT_CONFIG_DRAG_DISABLED);
	libinput_device_config_click_set_method(
		handle, policy->click == DEVICE_CLICK_DEFAULT ?
				libinput_device_config_click_get_default_method(handle) :
				clicks[policy->click]);
	libinput_device_config_dwt_set_enabled(
		handle, policy->while_typing == DEVICE_DEFAULT ?
				libinput_device_config_dwt_get_default_enabled(handle) :
			policy->while_typing == DEVICE_YES ? LIBINPUT_CONFIG_DWT_ENABLED :
							     LIBINPUT_CONFIG_DWT_DISABLED);
}

static void setup_calibration(struct libinput_device *handle, const struct device_policy *policy)
{
	float matrix[6];

	if (!libinput_device_config_calibration_has_matrix(handle)) {
		return;
	}
	if (policy->has_calibration) {
		libinput_device_config_calibration_set_matrix(handle, policy->calibration);
		return;
	}
	libinput_device_config_calibration_get_default_matrix(handle, matrix);
	libinput_device_config_calibration_set_matrix(handle, matrix);
}

void device_setup(struct devices *devices, struct input_device *device)
{
	unsigned number = device_number(devices, device);
	const struct device_policy *policy = roster_policy(devices->roster, number);
	struct libinput_device *handle = device->handle;
	bool is_disabled = roster_disabled(devices->roster, number);

	policy = policy ? policy : &nothing_said;
	setup_scrolling(handle, policy);
	setup_pointer(handle, policy);
	setup_touchpad(handle, policy);
	setup_calibration(handle, policy);
	if (libinput_device_config_send_events_set_mode(
		    handle, is_disabled ? LIBINPUT_CONFIG_SEND_EVENTS_DISABLED :
					  LIBINPUT_CONFIG_SEND_EVENTS_ENABLED) !=
	    LIBINPUT_CONFIG_STATUS_SUCCESS) {
		log_warn(LOG_HOST, "input device '%s' can't be switched %s",
			 roster_name(devices->roster, number), is_disabled ? "off" : "on");
	}
}
