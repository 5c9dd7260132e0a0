/* SPDX-License-Identifier: MIT */
/*
 * A layout: where the monitors stand and what each of them shows. Plain values, made by the configuration, applied by
 * scene_set_layout. Monitors that a layout does not name are placed to the right of the others and show what
 * LAYOUT_FRONT gives them, so that a layout without any monitor is the default one.
 */
#ifndef SCENE_LAYOUT_H
#define SCENE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/transform.h"
#include "base/util.h"

#define LAYOUT_NAME_SIZE 33
#define LAYOUT_MAX_OUTPUTS 16
#define LAYOUT_MAX_REGIONS 16
#define LAYOUT_MAX_EXTERNALS 4
#define LAYOUT_MAX_RESISTANCE 10000

/* How a picture of another size is put into its place. Nothing is ever cut off: what is larger is scaled down. */
enum layout_fit {
	LAYOUT_FIT_CENTRE,  /* one to one in the middle */
	LAYOUT_FIT_INTEGER, /* the largest whole multiple that has room */
	LAYOUT_FIT_SCALE,   /* as large as there is room, sides in proportion */
};

enum layout_shows {
	LAYOUT_FRONT, /* the guest in front; on further monitors its other heads, then other guests' */
	LAYOUT_GUEST,  /* always this guest's head, or a card with its name */
	LAYOUT_MOSAIC, /* all guests' heads as tiles, each as large as its tile */
	LAYOUT_NOTHING /* the host's ground */
};

/* Where a monitor without a position stands. */
enum layout_side {
	LAYOUT_AUTO, /* right of all others */
	LAYOUT_RIGHT_OF,
	LAYOUT_LEFT_OF,
	LAYOUT_ABOVE,
	LAYOUT_BELOW,
};

/* A part of a monitor and what it shows. */
struct layout_region {
	enum layout_shows shows;
	/* Of the upright monitor below its strip, 0 to 1 each: 0 0 1 1 is all of it. Regions of a monitor do not overlap. */
	double x, y, w, h;
	char guest[33]; /* LAYOUT_GUEST */
	int head;       /* LAYOUT_GUEST: 0 and up. LAYOUT_FRONT: -1 the next one in order */
	enum layout_fit fit;
};

/* Upper left corner in the space that the pointer moves in. */
struct layout_place {
	bool has_position; /* at x, y; if not, as side says */
	int x, y;
	/* Edge to edge with beside, upper or left edges in line. While that one is not there: right of all others. */
	enum layout_side side;
	char beside[32];
};

/* Edges that the pointer does not cross: bits. */
enum layout_wall {
	LAYOUT_WALL_LEFT = 1,
	LAYOUT_WALL_RIGHT = 2,
	LAYOUT_WALL_TOP = 4,
	LAYOUT_WALL_BOTTOM = 8,
};

struct layout_output {
	char name[32]; /* of the connector */
	bool is_off;
	char mirror_of[32]; /* shows what that one shows, fitted; "": shows its regions */
	struct layout_place place;
	unsigned walls;      /* bits of enum layout_wall, in either direction */
	uint32_t resistance; /* how far the pointer must push to leave it, in the pointer's pixels */
	int width, height, refresh_mhz; /* mode to set, 0: the monitor's own choice */
	enum transform transform;
	double scale; /* of strip, frame and text, and how many panel pixels one of the pointer's is; 0.5 to 4, 0 means 1 */
	/* No strip and no frame: only when its one region is LAYOUT_GUEST, all of the monitor (checked, -EINVAL). */
	bool is_unmarked;
	struct layout_region regions[LAYOUT_MAX_REGIONS];
	unsigned n_regions; /* 0: LAYOUT_FRONT on all of it */
};

/* A monitor that a guest drives by itself: nothing of ours is on it, but the pointer crosses into it and is that guest's. */
struct layout_external {
	char label[32];
	char guest[33];
	struct layout_place place;
	int width, height; /* in the space that the pointer moves in */
};

struct layout {
	char name[LAYOUT_NAME_SIZE];
	struct layout_output outputs[LAYOUT_MAX_OUTPUTS];
	unsigned n_outputs;
	struct layout_external externals[LAYOUT_MAX_EXTERNALS];
	unsigned n_externals;
	/* Kiosk: only these guests can be in front or have input; none named: all. */
	char reachable[8][33];
	unsigned n_reachable;
};

/* 0, or -EINVAL with the reason in why (for whoever wrote the layout). */
MUST_USE int layout_check(const struct layout *layout, char *why, size_t why_size);

#endif
