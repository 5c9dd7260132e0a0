/* SPDX-License-Identifier: MIT */
/*
 * The settings of vitrined: what the configuration file, its drop-ins and the command line say, checked, with defaults
 * filled in. Plain values: made whole by settings_load, read by everybody, replaced as a whole by a reload. The schema
 * table in config/schema.c is the one place that knows sections, keys, defaults, checks and their description; the
 * manual page vitrine.conf(5) is printed from it.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "base/util.h"
#include "compositor/scene/layout.h"
#include "hid/devices/lights.h"
#include "hid/devices/policy.h"
#include "hid/seat/host_key.h"

#include "build-config.h"

#define SETTINGS_DEFAULT_PATH VITRINE_SYSCONFDIR "/vitrine/vitrine.conf"
#define SETTINGS_MAX_GUESTS 64
#define SETTINGS_MAX_LAYOUTS 16
#define SETTINGS_MAX_BINDINGS 16
#define SETTINGS_MAX_DEVICES DEVICE_MAX_POLICIES
#define SETTINGS_MAX_WARNINGS 32

/* How the pointer is caught for a guest, which then has it until the chord (or anything of the host's) frees it. */
enum settings_capture {
	CAPTURE_AUTO,  /* by a click where the guest takes motions alone, else by the chord */
	CAPTURE_CHORD, /* by the chord */
	CAPTURE_CLICK, /* by a click as well */
	CAPTURE_NEVER,
};

/* What the keyboard goes to another guest by, beside the switch chord and the menu. */
enum settings_follows {
	FOLLOWS_SWITCH,  /* nothing */
	FOLLOWS_CLICK,   /* a click or a touch on its picture */
	FOLLOWS_POINTER, /* the pointer that stays on its picture, too */
};

/* [guest NAME]; defaults for guests without a section. */
struct settings_guest {
	char name[33];           /* "" in the defaults */
	int64_t colour;          /* of its mark, 0xRRGGBB; -1: given by arrival */
	uint32_t pace_hz;        /* hidden: acknowledged flips per second, 1 to 10 */
	bool allow_be_alloc;     /* the server may allocate its buffers */
	uint64_t be_alloc_bytes; /* quota of memory allocated so */
	/* Commands, as command_line_split takes them; "": none. Run by vitrine-command, and only by the guest's own section. */
	char start[256], stop[256], reboot[256];
	uint32_t command_s; /* at most so long each; 0: as long as it takes */
	/* A picture that has not changed for this long is frozen: alarm event and host card. 0: never. */
	uint32_t frozen_ms;
	double pointer_speed; /* of relative motion, 0.1 to 10 */
	bool natural_scroll;  /* the wheel the other way round */
	enum lights_policy num_lock;
	enum settings_capture capture;
};

/* What is done when nobody has touched anything for so long; 0: never. */
struct settings_idle {
	uint32_t dim_s, off_s;
	uint32_t dim_percent; /* of the backlight that was set */
};

/* [lock]: the host's own lock. Nothing is ever locked by us without a user. */
struct settings_lock {
	char user[33];    /* whose password ends it; "": there is none */
	uint32_t after_s; /* nobody has touched anything for so long; 0: never */
	bool on_lid, at_start;
	/* Of the keyboard, as XKB calls them: what vitrine-auth reads keys by. */
	char layout[64], layout_variant[64], layout_options[128];
};

struct settings {
	/* [server] */
	enum log_level log_level;
	char font[128];        /* "": the default one */
	char renderer[16];     /* auto, pixman, gles2 */
	char render_node[108]; /* "": any */
	char cards[4][108]; /* [server] card=, repeatable: the first composes; "": the first usable one */
	unsigned n_cards;
	bool use_planes; /* direct scanout and overlay planes */
	bool allow_incoherent_scanout; /* exported grants on planes where the driver is not known to be coherent */
	char trusted_user[33]; /* may be a trusted client, beside root and the server's user; "": nobody */
	char state_dir[108]; /* where the layout of each set of monitors is remembered; "": nowhere */

	/* [input]: chords as text (seat_chord_parse), "": none */
	char attention_key[64], switch_key[64], layout_key[64], brighter_key[64], darker_key[64];
	char capture_key[64];
	enum settings_follows keyboard_follows;
	uint32_t keep_keys[HOST_KEYS_MAX]; /* codes that no guest gets */
	unsigned n_keep_keys;
	char lock_key[64];
	char bind_input[SETTINGS_MAX_BINDINGS][160]; /* NAME=OUTPUT */
	unsigned n_bind_input;

	struct device_policy devices[SETTINGS_MAX_DEVICES]; /* [device NAME] */
	unsigned n_devices;

	struct settings_idle idle; /* [idle] */
	struct settings_lock lock; /* [lock] */

	struct settings_guest guest_defaults; /* [guest] */
	struct settings_guest guests[SETTINGS_MAX_GUESTS];
	unsigned n_guests;

	/* [layout NAME] and its [layout NAME output CONNECTOR], [layout NAME region CONNECTOR N]; at least one */
	struct layout layouts[SETTINGS_MAX_LAYOUTS];
	unsigned n_layouts;
	char start_layout[LAYOUT_NAME_SIZE]; /* "": what is remembered for these monitors, or the first */

	/* What is no mistake and may be none of the administrator's wishes either: `FILE:LINE: [SECTION] KEY: what`. */
	char warnings[SETTINGS_MAX_WARNINGS][240];
	unsigned n_warnings;
};

/*
 * Reads path (NULL: the default, which need not exist), then DIR/\*.conf of path's drop-in folder (path + ".d") in
 * order of name. Each mistake is one line in errors: `FILE:LINE: [SECTION] KEY: what is wrong; did you mean X?`; all are
 * found, not only the first. Returns NULL and errno (EINVAL after mistakes, or why the file could not be read). Freed with free().
 */
struct settings *settings_load(const char *path, FILE *errors);
/* The same of one text in memory, which is called name in errors, without drop-ins. */
struct settings *settings_parse(const char *name, const char *text, size_t len, FILE *errors);
/* What a file without a line gives. */
struct settings *settings_default(void);
/* The guest's section, or the defaults. */
const struct settings_guest *settings_guest(const struct settings *settings, const char *name);
/* NULL: it has no section. */
const struct settings_guest *settings_own_guest(const struct settings *settings, const char *name);
/* NULL: no such layout. */
const struct layout *settings_layout(const struct settings *settings, const char *name);
/*
 * Two chords that can't be told apart, as keys of [input]: what the command line puts in can clash with the file. NULL:
 * none do.
 */
const char *settings_chord_clash(const struct settings *settings, const char **other);
/* What is no mistake and yet worth a word (settings.warnings), to the log. */
void settings_log_warnings(const struct settings *settings);
/* The manual page of the file (roff), from the schema. */
void settings_write_manual(FILE *out);

#endif
