/* SPDX-License-Identifier: MIT */
#include "config/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "config/command_line.h"
#include "config/settings.h"

#define AT(type, field) \
	.offset = offsetof(struct type, field), .size = sizeof(((struct type *)0)->field)
#define LIST_AT(type, field, counter)                            \
	.repeats = true, .offset = offsetof(struct type, field), \
	.size = sizeof(((struct type *)0)->field[0]),            \
	.max = ARRAY_SIZE(((struct type *)0)->field),            \
	.count_offset = offsetof(struct type, counter)

#define CHORD_FORM "a chord: ctrl, alt, shift or meta and a key, joined by +, or leftctrl+rightctrl"
#define TIME_FORM "a time: a number with ms, s, min or h, or never"

static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const renderers[] = {"auto", "pixman", "gles2", NULL};
static const char *const fits[] = {"centre", "integer", "scale", NULL};

static const char *const num_locks[] = {"remember", "on", "off", "host", NULL};
static const char *const switches[] = {"default", "yes", "no", NULL};
static const char *const accels[] = {"default", "flat", "adaptive", NULL};
static const char *const clicks[] = {"default", "areas", "fingers", NULL};
static const char *const scrolls[] = {"default", "none", "two-fingers", "edge", "button", NULL};

static const char *const follows[] = {"switch", "click", "pointer", NULL};
static const char *const captures[] = {"auto", "chord", "click", "never", NULL};

static int refuse_key(const char *name, char *why)
{
	const char *const *names = host_key_names();
	struct nearest nearest;

	nearest_init(&nearest, name, strlen(name));
	for (unsigned i = 0; names[i]; i++) {
		nearest_offer(&nearest, names[i]);
	}
	snprintf(why, SCHEMA_WHY_SIZE, "%.40s is no key that can be kept; %s%s%s", name,
		 nearest.best ? "did you mean " : "vitrine.conf(5) lists them",
		 nearest.best ? nearest.best : "", nearest.best ? "?" : "");
	return -EINVAL;
}

/* Names between commas or blanks. */
static int set_keep_keys(void *object, const char *text, char *why)
{
	struct settings *settings = object;
	uint32_t codes[HOST_KEYS_MAX];
	char copy[512], *save = NULL;
	unsigned n = 0;

	if (strlen(text) >= sizeof(copy)) {
		snprintf(why, SCHEMA_WHY_SIZE, "longer than %zu characters", sizeof(copy) - 1);
		return -EINVAL;
	}
	strcpy(copy, text);
	for (char *name = strtok_r(copy, ", \t", &save); name;
	     name = strtok_r(NULL, ", \t", &save)) {
		if (n == HOST_KEYS_MAX) {
			snprintf(why, SCHEMA_WHY_SIZE, "more than %d keys", HOST_KEYS_MAX);
			return -EINVAL;
		}
		if (host_key_parse(name, &codes[n++]) < 0) {
			return refuse_key(name, why);
		}
	}
	memcpy(settings->keep_keys, codes, n * sizeof(codes[0]));
	settings->n_keep_keys = n;
	return 0;
}

static int check_binding(void *object, const char *text, char *why)
{
	const char *equals = strrchr(text, '=');

	if (!equals || equals == text || !equals[1]) {
		snprintf(why, SCHEMA_WHY_SIZE, "%.60s is not DEVICE NAME=CONNECTOR", text);
		return -EINVAL;
	}
	return 0;
}

static int check_command(void *object, const char *text, char *why)
{
	/* As long as a name can be. */
	static const char guest[] = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
	struct command_line line;

	return *text ? command_line_split(text, guest, &line, why) : 0;
}

#define COMMAND_FORM "a program's path and its arguments"

static const struct schema_key server_keys[] = {
	{"log-level", SCHEMA_CHOICE, "error, warn, info or debug", "info",
	 "What is worth a line in the log.", AT(settings, log_level), .choices = levels},
	{"font", SCHEMA_TEXT, "a name, as fontconfig calls it", "",
	 "For names and cards; empty for the default one.", AT(settings, font)},
	{"renderer", SCHEMA_WORD, "auto, pixman or gles2", "auto",
	 "What draws where pictures are composed. auto takes the graphics processor when there is one, never an imitation of "
	 "one in software.",
	 AT(settings, renderer), .choices = renderers},
	{"render-node", SCHEMA_PATH, "a path such as /dev/dri/renderD128", "",
	 "The graphics processor that composes; empty for any.", AT(settings, render_node)},
	{"card", SCHEMA_PATH, "a path such as /dev/dri/card0", NULL,
	 "A graphics card whose monitors are used; may be repeated. The first one composes. Without a line: the first usable "
	 "one.",
	 LIST_AT(settings, cards, n_cards)},
	{"planes", SCHEMA_BOOL, "yes or no", "yes",
	 "Whether a guest's picture may go to the monitor without being drawn at all, where the hardware can do that.",
	 AT(settings, use_planes)},
	{"incoherent-scanout", SCHEMA_BOOL, "yes or no", "no",
	 "Whether guests' own memory may be scanned out by drivers that are not known to see what the processor has written. "
	 "Where they do not, the picture has stale lines.",
	 AT(settings, allow_incoherent_scanout)},
	{"trusted-user", SCHEMA_NAME, "a user's name", "",
	 "Whose lock screen and idle watcher may connect, beside root's and those of the server's own user: what they show "
	 "covers all guests, and what is typed while the screen is locked goes to them. Takes effect at the next start.",
	 AT(settings, trusted_user)},
	{"state-dir", SCHEMA_PATH, "a path", "",
	 "Where the layout of each set of monitors is remembered; empty for the folder that systemd gives the service, and "
	 "without one nowhere.",
	 AT(settings, state_dir)},
	{"start-layout", SCHEMA_NAME, "a layout's name", "",
	 "The layout to start with; empty for the one that is remembered for these monitors, or else the first in the file.",
	 AT(settings, start_layout)},
};

static const struct schema_key input_keys[] = {
	{"attention-key", SCHEMA_CHORD, CHORD_FORM, "ctrl+alt+delete",
	 "Gives the host all input. It can be another one, but not none.",
	 AT(settings, attention_key)},
	{"switch-key", SCHEMA_CHORD, CHORD_FORM ", or none", "ctrl+alt+tab",
	 "Brings the next guest to the front.", AT(settings, switch_key), .max = 1},
	{"layout-key", SCHEMA_CHORD, CHORD_FORM ", or none", "ctrl+alt+space",
	 "Takes the next layout. No key is taken from the guests while there is only one layout.",
	 AT(settings, layout_key), .max = 1},
	{"brighter-key", SCHEMA_CHORD, CHORD_FORM ", or none", "none", "Turns the backlight up.",
	 AT(settings, brighter_key), .max = 1},
	{"darker-key", SCHEMA_CHORD, CHORD_FORM ", or none", "none", "Turns the backlight down.",
	 AT(settings, darker_key), .max = 1},
	{"capture-key", SCHEMA_CHORD, CHORD_FORM ", or none", "ctrl+alt+g",
	 "Catches the pointer for the guest under it, and frees it again.",
	 AT(settings, capture_key), .max = 1},
	{"keyboard-follows", SCHEMA_CHOICE, "switch, click or pointer", "switch",
	 "What gives the keyboard to another guest that is shown: the switch key and the menu alone, a click or touch on its "
	 "picture as well, or the pointer as soon as it stays there. With click and pointer the switch key leaves pictures where they "
	 "are, if the next guest is shown already.",
	 AT(settings, keyboard_follows), .choices = follows},
	{"keep-keys", SCHEMA_OWN, "names of keys, such as volumeup, mute or power", NULL,
	 "Keys that no guest gets; whoever listens to the control interface is told their names (signal HostKey). They are "
	 "volumeup, volumedown, mute, micmute, play, stop, next, previous, brightnessup, brightnessdown, keyboardlightup, "
	 "keyboardlightdown, keyboardlight, power, sleep, suspend, wakeup, battery, screenlock, display, eject, wlan, bluetooth, "
	 "airplane and touchpad.",
	 .set = set_keep_keys},
	{"lock-key", SCHEMA_CHORD, CHORD_FORM ", or none", "ctrl+alt+l",
	 "Locks the screen. No key is taken from the guests while [lock] names no user.",
	 AT(settings, lock_key), .max = 1},
	{"bind", SCHEMA_TEXT, "DEVICE NAME=CONNECTOR", NULL,
	 "This absolute pointer or touchscreen, called as the kernel calls it, belongs to this monitor; may be repeated.",
	 LIST_AT(settings, bind_input, n_bind_input), .set = check_binding},
};

#define SWITCH_FORM "yes, no or default"

static const struct schema_key device_keys[] = {
	{"name", SCHEMA_TEXT, "a pattern", "",
	 "What the device's name must look like, as a shell matches names of files: * stands for anything, ? for any byte. With "
	 "one of name, id and path the section's own name is only a word for people; with several all must be so.",
	 AT(device_policy, name)},
	{"id", SCHEMA_OWN, "VENDOR:PRODUCT in hexadecimal digits", NULL,
	 "What the device must be, as lsusb says.", .set = device_set_id},
	{"path", SCHEMA_TEXT, "a pattern", "",
	 "What its path in /sys, or the place where it is plugged in (P: Phys= in /proc/bus/input/devices), must look like.",
	 AT(device_policy, path)},
	{"guests", SCHEMA_OWN, "names of guests, with blanks between them", NULL,
	 "Its events reach these guests only. The host's own keys, menu and lock take any device.",
	 .set = device_set_guests},
	{"not-guests", SCHEMA_OWN, "names of guests, with blanks between them", NULL,
	 "Its events never reach these guests.", .set = device_set_not_guests},
	{"reserves", SCHEMA_OWN, "names of guests, with blanks between them", NULL,
	 "These guests get input from devices whose section says so, and from no other, whatever it calls itself.",
	 .set = device_set_reserves},
	{"disabled", SCHEMA_BOOL, "yes or no", "no",
	 "The device is not used at all. The attention key does not work on it either.",
	 AT(device_policy, is_disabled)},
	{"output", SCHEMA_TEXT, "a CONNECTOR, or empty", "",
	 "The monitor that this touchscreen, tablet or absolute pointer belongs to. Goes over bind in [input].",
	 AT(device_policy, output)},
	{"calibration", SCHEMA_OWN, "identity, 90, 180, 270 or six numbers", NULL,
	 "How a touchscreen is mounted on its monitor: turned clockwise, or two rows of a matrix that takes its surface, 0 to 1 "
	 "each way, to the panel. Without a line: what udev says.",
	 .set = device_set_calibration},
	{"natural-scroll", SCHEMA_CHOICE, SWITCH_FORM, "default",
	 "Whether what is scrolled follows the fingers.", AT(device_policy, natural_scroll),
	 .choices = switches},
	{"speed", SCHEMA_OWN, "a number from -1 to 1", NULL, "Of the pointer.",
	 .set = device_set_speed},
	{"accel-profile", SCHEMA_CHOICE, "default, flat or adaptive", "default",
	 "Whether the pointer's speed depends on the hand's.", AT(device_policy, accel),
	 .choices = accels},
	{"left-handed", SCHEMA_CHOICE, SWITCH_FORM, "default",
	 "Whether buttons change sides, and a tablet is turned round.",
	 AT(device_policy, left_handed), .choices = switches},
	{"middle-emulation", SCHEMA_CHOICE, SWITCH_FORM, "default",
	 "Whether both buttons together are the middle one.", AT(device_policy, middle_emulation),
	 .choices = switches},
	{"tap", SCHEMA_CHOICE, SWITCH_FORM, "default", "Whether a tap on a touchpad is a click.",
	 AT(device_policy, tap), .choices = switches},
	{"tap-drag", SCHEMA_CHOICE, SWITCH_FORM, "default",
	 "Whether a tap and a movement right after it drag.", AT(device_policy, tap_drag),
	 .choices = switches},
	{"click-method", SCHEMA_CHOICE, "default, areas or fingers", "default",
	 "Whether the place on a touchpad or the number of fingers says which button is pressed.",
	 AT(device_policy, click), .choices = clicks},
	{"scroll-method", SCHEMA_CHOICE, "default, none, two-fingers, edge or button", "default",
	 "How a device without a wheel scrolls.", AT(device_policy, scroll), .choices = scrolls},
	{"disable-while-typing", SCHEMA_CHOICE, SWITCH_FORM, "default",
	 "Whether a touchpad rests while keys are pressed.", AT(device_policy, while_typing),
	 .choices = switches},
};

static const struct schema_key idle_keys[] = {
	{"dim-after", SCHEMA_TIME, TIME_FORM, "never",
	 "After so long without input the backlight is turned down.", AT(settings, idle.dim_s),
	 .min = 1, .max = 86400, .unit_ms = 1000},
	{"dim-to", SCHEMA_NUMBER, "a number from 1 to 100", "30",
	 "To so many percent of what it was.", AT(settings, idle.dim_percent), .min = 1, .max = 100},
	{"off-after", SCHEMA_TIME, TIME_FORM, "never",
	 "After so long without input the monitors are turned off. The input that turns them on again goes to no guest.",
	 AT(settings, idle.off_s), .min = 1, .max = 86400, .unit_ms = 1000},
};

static const struct schema_key lock_keys[] = {
	{"user", SCHEMA_NAME, "a user of this host", "",
	 "Whose password ends the lock, as PAM's service vitrine checks it. Without one, nothing is ever locked, and the "
	 "lock key is the guests'.",
	 AT(settings, lock.user)},
	{"after", SCHEMA_TIME, TIME_FORM, "never",
	 "Locks when nobody has touched anything for so long.", AT(settings, lock.after_s),
	 .min = 1, .max = 86400, .unit_ms = 1000},
	{"on-lid", SCHEMA_BOOL, "yes or no", "yes", "Locks when the lid is closed.",
	 AT(settings, lock.on_lid)},
	{"at-start", SCHEMA_BOOL, "yes or no", "no",
	 "Whether the machine begins locked. A server that is only started again is as locked as the one before it.",
	 AT(settings, lock.at_start)},
	{"layout", SCHEMA_TEXT, "a keyboard layout, or several with commas, as XKB calls them", "us",
	 "How passwords are typed. The lock shows which one is in use; a click on its name takes the next.",
	 AT(settings, lock.layout)},
	{"layout-variant", SCHEMA_TEXT, "a variant for each layout, with commas", "",
	 "Such as nodeadkeys.", AT(settings, lock.layout_variant)},
	{"layout-options", SCHEMA_TEXT, "options of XKB, with commas", "",
	 "Such as grp:alt_shift_toggle, a key that takes the next layout.",
	 AT(settings, lock.layout_options)},
};

static const struct schema_key guest_keys[] = {
	{"colour", SCHEMA_COLOUR, "#RRGGBB or auto", "auto",
	 "Of the guest's mark. auto gives colours in the order of arrival, different ones while there are any left.",
	 AT(settings_guest, colour)},
	{"pace", SCHEMA_NUMBER, "a number from 1 to 10", "10",
	 "How many pictures in a second are acknowledged to a guest while none of it is shown.",
	 AT(settings_guest, pace_hz), .min = 1, .max = 10},
	{"be-alloc", SCHEMA_BOOL, "yes or no", "no",
	 "Whether the guest may draw straight into memory that the server allocates for it.",
	 AT(settings_guest, allow_be_alloc)},
	{"be-alloc-bytes", SCHEMA_BYTES, "a number of bytes, or with KiB, MiB or GiB", "128 MiB",
	 "At most so much of such memory.", AT(settings_guest, be_alloc_bytes),
	 .max = INT64_C(64) << 30},
	{"frozen-after", SCHEMA_TIME, TIME_FORM, "never",
	 "A picture that has not changed for so long is frozen: the host's card covers it and the signal GuestFrozen is sent.",
	 AT(settings_guest, frozen_ms), .min = 50, .max = 3600000, .unit_ms = 1},
	{"pointer-speed", SCHEMA_OWN, "a number from 0.1 to 10", "1",
	 "What the motion of mice and touchpads is multiplied by over this guest.",
	 .set = guest_set_pointer_speed},
	{"natural-scroll", SCHEMA_BOOL, "yes or no", "no",
	 "Whether wheels and fingers scroll the other way round in this guest.",
	 AT(settings_guest, natural_scroll)},
	{"start", SCHEMA_TEXT, COMMAND_FORM, "",
	 "What the attention menu runs to start this guest. No shell takes part: words are split at blanks, quotes keep them "
	 "together, %n is the guest's name. It runs as root, only for guests with a section of their own, and only while nobody but "
	 "root can write this file.",
	 AT(settings_guest, start), .set = check_command},
	{"stop", SCHEMA_TEXT, COMMAND_FORM, "", "Likewise, to stop it.", AT(settings_guest, stop),
	 .set = check_command},
	{"reboot", SCHEMA_TEXT, COMMAND_FORM, "", "Likewise, to reboot it.",
	 AT(settings_guest, reboot), .set = check_command},
	{"command-timeout", SCHEMA_TIME, TIME_FORM, "2min",
	 "A command that takes longer is ended, with all processes that it started.",
	 AT(settings_guest, command_s), .min = 1, .max = 3600, .unit_ms = 1000},
	{"num-lock", SCHEMA_CHOICE, "remember, on, off or host", "remember",
	 "What keyboards' lights show while this guest has the keyboard, if its source does not tell: what the strokes that it "
	 "got have made of it, beginning with Num Lock off (remember) or on; nothing (off); or what they showed before (host). No "
	 "key is ever made up.",
	 AT(settings_guest, num_lock), .choices = num_locks},
	{"capture", SCHEMA_CHOICE, "auto, chord, click or never", "auto",
	 "How the guest catches the pointer, as games want to: by the capture key, or by a click as well. auto: by a click if it "
	 "takes motions alone, and no positions.",
	 AT(settings_guest, capture), .choices = captures},
};

static const struct schema_key layout_keys[] = {
	{"reachable", SCHEMA_OWN, "names of guests, with blanks between them", NULL,
	 "Only these guests can be in front or have input. Without a line: all.",
	 .set = layout_set_reachable},
};

static const struct schema_key output_keys[] = {
	{"shows", SCHEMA_OWN, "front, guest NAME, guest NAME head N, mosaic or nothing", NULL,
	 "What this monitor shows: the guest in front (its next head on each further monitor), always this guest, tiles of all "
	 "guests, or the host's ground. Without a line: front.",
	 .set = layout_set_output_shows, .group = "shows"},
	{"columns", SCHEMA_OWN, "as for shows, with | between the parts", NULL,
	 "Equal parts side by side, as in columns = guest work | guest web.",
	 .set = layout_set_columns, .group = "shows"},
	{"rows", SCHEMA_OWN, "as for shows, with | between the parts", NULL,
	 "Equal parts, one above the other.", .set = layout_set_rows, .group = "shows"},
	{"fit", SCHEMA_OWN, "centre, integer or scale", NULL,
	 "How a picture of another size is put into its place: one to one in the middle, by the largest whole multiple that has "
	 "room, or as large as there is room. What is too large is scaled down in any case. Without a line: centre.",
	 .set = layout_set_output_fit, .is_late = true},
	{"place", SCHEMA_OWN, "auto, X,Y or right-of, left-of, above or below and a CONNECTOR",
	 "auto",
	 "Where the monitor stands, for the pointer's way from one to the other. auto: right of all others.",
	 .set = layout_set_place},
	{"mode", SCHEMA_OWN, "auto, WIDTHxHEIGHT or WIDTHxHEIGHT@HERTZ", "auto",
	 "Of the panel, before it is turned. auto: the one that the monitor prefers.",
	 .set = layout_set_mode},
	{"transform", SCHEMA_OWN,
	 "normal, 90, 180, 270, flipped, flipped-90, flipped-180 or flipped-270", "normal",
	 "How the panel is mounted: turned clockwise by so many degrees.",
	 .set = layout_set_transform},
	{"scale", SCHEMA_OWN, "a number from 0.5 to 4", "1",
	 "Of strip, frame and text, and of the pointer's way.", .set = layout_set_output_scale},
	{"walls", SCHEMA_OWN, "none, or some of left, right, top and bottom", "none",
	 "Edges that the pointer does not cross, in either direction.", .set = layout_set_walls},
	{"resistance", SCHEMA_NUMBER, "a number from 0 to 10000", "0",
	 "So many of the pointer's pixels a mouse must push on after it has reached an edge, before the pointer crosses it.",
	 AT(layout_output, resistance), .max = LAYOUT_MAX_RESISTANCE},
	{"mirror", SCHEMA_TEXT, "a CONNECTOR, or empty", "", "Shows what that monitor shows.",
	 AT(layout_output, mirror_of)},
	{"off", SCHEMA_BOOL, "yes or no", "no", "Shows nothing of any guest.",
	 AT(layout_output, is_off)},
	{"mark", SCHEMA_OWN, "full or none", "full",
	 "none leaves out strip and frame. Only for a monitor that shows one guest, always the same one, on all of it.",
	 .set = layout_set_mark},
};

static const struct schema_key region_keys[] = {
	{"area", SCHEMA_OWN,
	 "all, left half (right, top, bottom), top-left quarter (...), or X Y W H in percent", NULL,
	 "Where on the monitor; regions do not overlap. Each needs one.", .set = layout_set_area},
	{"shows", SCHEMA_OWN, "front, guest NAME, guest NAME head N, mosaic or nothing", "front",
	 "What this part shows.", .set = layout_set_region_shows},
	{"fit", SCHEMA_CHOICE, "centre, integer or scale", "centre",
	 "How a picture of another size is put into it.", AT(layout_region, fit), .choices = fits,
	 .is_late = true},
};

static const struct schema_key external_keys[] = {
	{"guest", SCHEMA_NAME, "a guest's name", "",
	 "Whose monitor it is. The pointer that crosses into it is this guest's.",
	 AT(layout_external, guest)},
	{"place", SCHEMA_OWN, "as for a monitor of the host", "auto",
	 "Where it stands, for the pointer's way.", .set = layout_set_external_place},
	{"size", SCHEMA_OWN, "WIDTHxHEIGHT", NULL, "How far the pointer goes on it.",
	 .set = layout_set_external_size},
};

#define KEYS(keys) keys, ARRAY_SIZE(keys)

const struct schema_section schema_sections[] = {
	{"server", SCHEMA_SETTINGS, "The server itself.", KEYS(server_keys)},
	{"input", SCHEMA_SETTINGS, "Keys of the host, and devices.", KEYS(input_keys)},
	{"device NAME...", SCHEMA_DEVICE,
	 "One input device, by its name as the kernel has it (N: Name= in /proc/bus/input/devices), or by the keys name, id and "
	 "path. When several sections are about a device, one that says path goes before one that says id, that before the "
	 "others, of equals the first, and the others are left aside; but what any of them says by guests, not-guests, reserves and disabled "
	 "holds.",
	 KEYS(device_keys)},
	{"idle", SCHEMA_SETTINGS, "What happens when nobody has touched anything for a while.",
	 KEYS(idle_keys)},
	{"lock", SCHEMA_SETTINGS, "The lock of the screen.", KEYS(lock_keys)},
	{"guest", SCHEMA_GUEST_DEFAULTS,
	 "What holds for guests whose own section does not say otherwise.", KEYS(guest_keys)},
	{"guest NAME", SCHEMA_GUEST, "One guest, by its name.", KEYS(guest_keys)},
	{"layout NAME", SCHEMA_LAYOUT,
	 "A layout: what is where. Monitors that it does not name stand to the right of the others and show the guest in front. "
	 "Without any layout there is one, called default, that names none.",
	 KEYS(layout_keys)},
	{"layout NAME output CONNECTOR", SCHEMA_OUTPUT,
	 "One monitor of a layout, by its connector, such as HDMI-A-1. The keys shows, columns and rows exclude each other.",
	 KEYS(output_keys)},
	{"layout NAME region CONNECTOR NUMBER", SCHEMA_REGION,
	 "A part of a monitor, numbered from 1, where columns and rows are not enough.",
	 KEYS(region_keys)},
	{"layout NAME external LABEL", SCHEMA_EXTERNAL,
	 "A monitor that a guest drives by itself, with a graphics card of its own. The host shows nothing there, but the pointer "
	 "crosses into it, and all other monitors say so.",
	 KEYS(external_keys)},
};

const unsigned schema_n_sections = ARRAY_SIZE(schema_sections);

/* ---- looking up ---- */

static size_t trimmed_length(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
		len--;
	}
	return len;
}

/* The last of n_whole words is all that is left. False: more words, or longer ones, than any section has. */
static bool words_split(const char *text, unsigned n_whole, struct schema_names *words)
{
	words->n = 0;
	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		size_t len = words->n + 1 == n_whole ? trimmed_length(text) : strcspn(text, " \t");

		if (words->n == SCHEMA_MAX_WORDS || len >= sizeof(words->words[0])) {
			return false;
		}
		memcpy(words->words[words->n], text, len);
		words->words[words->n++][len] = '\0';
		text += len;
	}
	return true;
}

static bool is_parameter(const char *word)
{
	return *word >= 'A' && *word <= 'Z';
}

static bool takes_rest(const struct schema_names *pattern)
{
	return strstr(pattern->words[pattern->n - 1], "...") != NULL;
}

/* How many changes would make a section of this kind of it; large when the number of words differs. */
static unsigned pattern_distance(const struct schema_names *pattern,
				 const struct schema_names *words)
{
	unsigned distance = 0;

	if (pattern->n != words->n) {
		return UINT32_MAX;
	}
	for (unsigned i = 0; i < words->n; i++) {
		if (!is_parameter(pattern->words[i])) {
			distance += text_distance(words->words[i], strlen(words->words[i]),
						  pattern->words[i]);
		}
	}
	return distance;
}

static void keep_parameters(const struct schema_names *pattern, const struct schema_names *words,
			    struct schema_names *names)
{
	names->n = 0;
	for (unsigned i = 0; i < words->n; i++) {
		if (is_parameter(pattern->words[i])) {
			memcpy(names->words[names->n++], words->words[i], sizeof(names->words[0]));
		}
	}
}

const struct schema_section *schema_find_section(const char *text, struct schema_names *names,
						 char *why)
{
	const struct schema_section *best = NULL;
	struct schema_names words, pattern;
	unsigned best_distance = 4;

	for (unsigned i = 0; i < schema_n_sections; i++) {
		unsigned distance;

		if (!words_split(schema_sections[i].pattern, 0, &pattern)) {
			abort(); /* the table is ours */
		}
		if (!words_split(text, takes_rest(&pattern) ? pattern.n : 0, &words)) {
			continue;
		}
		distance = pattern_distance(&pattern, &words);
		if (distance == 0) {
			keep_parameters(&pattern, &words, names);
			return &schema_sections[i];
		}
		if (distance < best_distance) {
			best_distance = distance;
			best = &schema_sections[i];
		}
	}
	if (best) {
		snprintf(why, SCHEMA_WHY_SIZE, "no such section; did you mean [%s]?", best->pattern);
	} else {
		snprintf(why, SCHEMA_WHY_SIZE, "no such section; vitrine.conf(5) lists them");
	}
	return NULL;
}

const struct schema_key *schema_find_key(const struct schema_section *section, const char *name,
					 char *why)
{
	struct nearest nearest;

	nearest_init(&nearest, name, strlen(name));
	for (unsigned i = 0; i < section->n_keys; i++) {
		if (strcmp(section->keys[i].name, name) == 0) {
			return &section->keys[i];
		}
		nearest_offer(&nearest, section->keys[i].name);
	}
	if (nearest.best) {
		snprintf(why, SCHEMA_WHY_SIZE, "no such key; did you mean %s?", nearest.best);
	} else {
		snprintf(why, SCHEMA_WHY_SIZE, "no such key; vitrine.conf(5) lists them");
	}
	return NULL;
}

void schema_set_defaults(enum schema_object kind, void *object)
{
	char why[SCHEMA_WHY_SIZE];

	for (unsigned i = 0; i < schema_n_sections; i++) {
		const struct schema_section *section = &schema_sections[i];

		for (unsigned j = 0; section->object == kind && j < section->n_keys; j++) {
			const struct schema_key *key = &section->keys[j];

			if (key->fallback && schema_set(key, object, key->fallback, why) < 0) {
				abort(); /* the table is ours */
			}
		}
	}
}
