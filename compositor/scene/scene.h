/* SPDX-License-Identifier: MIT */
/*
 * What is shown where: guests with their heads, outputs, and the arrangement that joins them. Pure
 * logic: no system call, no clock (time is an argument), no drawing. The single truth that the seat
 * asks about positions and the frame loop asks about pictures.
 *
 * Units: pixels; nanoseconds of CLOCK_MONOTONIC (or of a virtual clock); refresh in mHz.
 */
#ifndef SCENE_SCENE_H
#define SCENE_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include <pixman.h>

#include "base/histogram.h"
#include "base/list.h"
#include "base/rect.h"
#include "base/util.h"
#include "compositor/scene/buffer.h"
#include "compositor/scene/layer.h"
#include "compositor/scene/layout.h"
#include "compositor/scene/plane.h"

#define SCENE_MAX_GUESTS 64
#define SCENE_MAX_HEADS 16 /* of one guest */
#define SCENE_MAX_OUTPUTS 16
#define SCENE_MAX_VIEWS 64       /* of one output; a mosaic has no more tiles */
#define SCENE_IDENTIFY_LAYERS 16 /* ground, two digits of seven segments, card */
/* Beside views and numbers: ground, host's card, notice, panel, strip, cursor. */
#define SCENE_MAX_LAYERS (3 * SCENE_MAX_VIEWS + 7 + SCENE_IDENTIFY_LAYERS)
#define STRIP_HEIGHT 24 /* pixels of the strip along the top of each output, at scale 1 */
#define FRAME_WIDTH 8   /* pixels of the frame around a guest's rectangle, at scale 1 */

struct scene;
struct scene_guest;
struct scene_output;

/* How a commit ended. */
struct presented {
	uint64_t time_ns;
	uint32_t refresh_ns;
	uint64_t sequence; /* of the output's frames */
};

/* One commit of a head, after wl_surface.commit. */
struct head_commit {
	struct buffer *buffer; /* NULL: no picture */
	struct rect src;       /* the part of buffer that the head shows; inside it */
	/* In buffer pixels; NULL means everything. Copied. */
	const pixman_region32_t *damage;
	/* Named again in scene_events.commit_done; 0: nobody wants to know. */
	uint64_t token;
	uint64_t time_ns; /* when it came, for the age of frames; 0: nobody wants to know */
};

/* One virtual monitor of a guest. */
struct scene_head {
	struct scene_guest *guest;
	unsigned index;
	int width, height; /* configured, until a commit says otherwise */
	void *data;        /* of whoever added it */
	bool visible;
	/*
	 * Where it is shown, NULL when it is not. A head may be shown in several places (a mosaic beside the whole picture, a
	 * mirror); this is the largest of them, which its mode and its pace follow.
	 */
	struct scene_output *output;
	struct rect dst;       /* on that output: where its picture goes, set while visible */
	uint64_t frames;       /* of its pictures that were shown */
	struct histogram ages; /* ns from a commit to the flip that showed it; what is long ago fades */
	/* Private to the scene: pending and current commit, damage, sampling, counters. */
	struct head_state *state;
};

struct scene_guest {
	struct list link; /* scene.guests, in the order of arrival */
	struct scene *scene;
	struct mark mark;
	struct scene_head *heads[SCENE_MAX_HEADS];
	void *data;
	uint64_t frames_shown, frames_superseded;
};

/*
 * What the scene tells its owner. Called at once, from inside the calls below; the owner must not
 * add or remove guests, heads or outputs from within one.
 */
struct scene_events {
	/* This output needs a frame (again). */
	void (*frame_wanted)(void *data, struct scene_output *output);
	/*
	 * The head's visibility or place changed. When it is hidden, its commits have been
	 * discarded and its buffers unlocked before this is called.
	 */
	void (*head_placed)(void *data, struct scene_head *head);
	/*
	 * The commit is on the glass of head->output (how), or never will be (how is NULL): its
	 * predecessor's buffer is free, unless another output that shows the head is behind.
	 */
	void (*commit_done)(void *data, struct scene_head *head, uint64_t token,
			    const struct presented *how);
	/* A picture that came at commit_ns is on the glass. May be NULL. */
	void (*picture_shown)(void *data, struct scene_head *head, uint64_t commit_ns,
			      const struct presented *how);
	/* Outputs were added, removed, or have another place, size or scale. May be NULL. */
	void (*outputs_changed)(void *data);
	/* A frame of the output is on the glass; after all else was told of it. May be NULL. */
	void (*output_presented)(void *data, struct scene_output *output,
				 const struct presented *how);
	/* scene_guest_watch: the head's picture stands still, or moves again. May be NULL. */
	void (*head_frozen)(void *data, struct scene_head *head, bool is_frozen);
};

struct scene *scene_create(const struct scene_events *events, void *data);
/*
 * Random bits that guests do not know, for the hashes of scene_sample: once, before the first
 * guest.
 */
void scene_set_key(struct scene *scene, const uint64_t key[2]);
/* All guests and outputs must be gone. */
void scene_destroy(struct scene *scene);

/* ---- guests and heads ---- */

/*
 * NULL and errno: EEXIST, EINVAL for a bad name, ENOSPC. Colour and pattern differ from those of
 * the others while there are any left.
 */
struct scene_guest *scene_guest_add(struct scene *scene, const char *name, void *data);
/*
 * A picture of this guest that is visible and has not changed for so long is frozen: head_frozen is
 * called, and a card of the host's stands in for it until it changes. 0: never.
 */
void scene_guest_watch(struct scene_guest *guest, uint64_t frozen_ns);
/* Of its mark, 0xRRGGBB; -1: the one that it was given when it came. */
void scene_guest_set_colour(struct scene_guest *guest, int64_t colour);
/* Its heads must be gone. */
void scene_guest_remove(struct scene_guest *guest);
struct scene_guest *scene_guest_find(struct scene *scene, const char *name);
/* NULL and errno: EEXIST, ENOSPC, ENOMEM. */
struct scene_head *scene_head_add(struct scene_guest *guest, unsigned index, int width, int height,
				  void *data);
/* Discards its commits and unlocks its buffers first. */
void scene_head_remove(struct scene_head *head);
/* What it shows now, or is about to; NULL: nothing. Valid until the next call that changes the head. */
const struct buffer *scene_head_buffer(const struct scene_head *head);
/* scene_guest_watch: its picture stands still. */
bool scene_head_is_frozen(const struct scene_head *head);
/*
 * The newest commit replaces one that has not been latched yet, which is discarded. For a hidden
 * head the commit is discarded at once.
 */
void scene_head_commit(struct scene_head *head, const struct head_commit *commit);

/* ---- outputs ---- */

struct scene_output {
	struct list link; /* scene.outputs, in the order of their names' arrival */
	struct scene *scene;
	char name[32];
	int width, height; /* upright: sides changed when the layout turns the panel */
	int refresh_mhz;
	enum transform transform; /* from upright to the panel, as the layout says */
	double scale;             /* likewise */
	/* In the space that the pointer moves in: its size is the upright one divided by scale. */
	struct rect layout;
	void *data;
	/* When the first frame was on the glass, and the first of a guest's pictures that is told of here; 0: none was. */
	uint64_t first_frame_ns, first_picture_ns;
	uint64_t frames, bytes_read, bytes_written, bytes_compared;
	/* Looks at front buffers: all, those that did not compare, and the number of the last that saw a change. */
	uint64_t samples, samples_blind, sample_changed;
	struct output_state *state; /* private: layers, damage ring, what was latched */
};

/* Size of the panel, as the device has it. NULL and errno: EEXIST, ENOSPC. */
struct scene_output *scene_output_add(struct scene *scene, const char *name, int width, int height,
				      int refresh_mhz, void *data);
void scene_output_remove(struct scene_output *output);
/* The one after this one (NULL: the first), in the order of their arrival; NULL: there are no more. */
struct scene_output *scene_output_next(const struct scene *scene, const struct scene_output *after);

/*
 * Switched off (false) it shows no guest; its place in the layout stays its own. On when added.
 */
void scene_output_set_power(struct scene_output *output, bool is_on);
/*
 * Its device went dark or is another session's: nothing is on the glass any more, no flip of what was drawn follows, and
 * buffers that it showed are free.
 */
void scene_output_lost(struct scene_output *output);
/*
 * Which monitor this is: its number, large, and a card below it, over the middle of what it shows. 0: no more. The strip
 * stays. The card is copied.
 */
void scene_output_identify(struct scene_output *output, unsigned number, const struct card *card);

/*
 * Where a guest's picture fits one to one: the output less its strip and the frame. May be empty on
 * a tiny output.
 */
struct rect scene_output_area(const struct scene_output *output);

/* A monitor that a guest drives by itself, as the layout has it. */
struct scene_external {
	const struct layout_external *entry;
	struct rect layout; /* in the space that the pointer moves in */
};

/* All of them, n; borrowed until the layout changes or an output comes or goes. */
const struct scene_external *scene_externals(const struct scene *scene, unsigned *n);

/* A place on an output for the picture of one head, or for a card where there is none. */
struct scene_view {
	struct list link; /* in a list of the head's views; private */
	struct scene_output *output;
	struct scene_head *head; /* NULL: none has this place */
	struct rect region;      /* all that is the view's */
	struct rect strip;       /* its own, which names its guest; empty where the output's does */
	struct rect area;        /* where a picture fits one to one, its frame around it */
	struct rect dst;         /* where head's picture is */
	enum layout_shows shows;
	enum layout_fit fit;
	bool is_copy;      /* a tile of a mosaic, a mirror: the head takes no mode from it */
	bool is_kept;      /* no card of the host's covers it: its guest can never have the input */
	const char *guest; /* LAYOUT_GUEST: whose place it is, there or not */
	unsigned index;    /* LAYOUT_GUEST: of that guest's heads */
};

/* What is arranged on an output now, n of them; borrowed until the arrangement changes. */
const struct scene_view *scene_output_views(const struct scene_output *output, unsigned *n);
/* It shows what another one shows, which is there, too. */
bool scene_output_is_mirror(const struct scene_output *output);
/*
 * The room that a visible head's place has for its picture, and so the mode to ask of the guest.
 * False: its place is for a small copy of whatever it has.
 */
bool scene_head_room(const struct scene_head *head, int *width, int *height);
/*
 * The point of a visible head that is nearest to a point of an output that shows it, in pixels of
 * the head. False: this output does not show it.
 */
bool scene_head_point(const struct scene_head *head, const struct scene_output *output, double x,
		      double y, double *head_x, double *head_y);

/* ---- who is shown, who is named ---- */

/*
 * Places and contents of all outputs, now and of those that come later. Copied. Heads that no layout region shows are
 * hidden. 0, or -EINVAL (layout_check): then nothing changed.
 */
MUST_USE int scene_set_layout(struct scene *scene, const struct layout *layout);
const struct layout *scene_layout(const struct scene *scene);
/* The layout lets this guest be in front and have input. */
bool scene_guest_reachable(const struct scene_guest *guest);
/* In front, it would be on a monitor, as far as the layout goes; true when there is no monitor. */
bool scene_guest_showable(const struct scene_guest *guest);

/*
 * The guest whose heads come first: head k in the k-th place for what is in front. Places left over
 * show the other guests' heads in the order in which those were last in front, then the host's card.
 * NULL: nothing but cards. A guest that is not reachable does not get there.
 */
void scene_set_front(struct scene *scene, struct scene_guest *guest);
struct scene_guest *scene_front(const struct scene *scene);
/* The guest after this one in the order of arrival, round and round; NULL when there is none. */
struct scene_guest *scene_guest_next(struct scene *scene, struct scene_guest *after);
/* What every output's strip names as the keyboard's owner. */
void scene_set_keyboard(struct scene *scene, struct scene_guest *guest);
/*
 * A card over all guest pixels of all outputs, or NULL to take it away. Copied. The strip stays
 * above it and names the host as the owner of what is shown, so that no guest's picture of a card
 * looks like one: scene_output_shows is NULL as long as it is up, and scene_pick finds nothing.
 * Heads stay placed. Views that are kept (struct scene_view) are left out.
 */
void scene_set_card(struct scene *scene, const struct card *card);
/*
 * The host's overlay: a line of text at the foot of every lit output, above all guests' pixels, those of unmarked outputs
 * and of guests that no card covers included. scene_pick finds nothing under it. Copied; "": none. -EINVAL: longer than
 * CARD_LINE_SIZE - 1, or not printable ASCII; then nothing changed.
 */
MUST_USE int scene_set_notice(struct scene *scene, const char *text);
const char *scene_notice(const struct scene *scene);

/*
 * The host's panel, above all guests' pixels, cards and notices of all lit outputs, below the strip, of which unmarked ones
 * have one for as long. What it leaves of an output is covered as by a card. Kept views stay, and it is beside them; only
 * when they leave no room on any output they are covered, too. NULL: none. Copied; only what differs is drawn again.
 * scene_pick finds nothing while it is up.
 */
void scene_set_panel(struct scene *scene, const struct panel *panel);
/* The PANEL_ITEM row under a point of the output (pixels), as it was last presented there; -1: none. */
int scene_panel_row(const struct scene_output *output, double x, double y);
/* Its id: what a person points at is on the glass, whatever has been put into the rows since. 0: none. */
uint32_t scene_panel_id(const struct scene_output *output, double x, double y);
/*
 * Locked: no output, present or to come, shows any pixel or name of a guest from its next frame on: a dark ground, covers,
 * the panel and the host's strip are all there is. Heads stay placed but are told that they are hidden.
 */
void scene_set_locked(struct scene *scene, bool is_locked);
bool scene_is_locked(const struct scene *scene);
/* The last presented frame was one of a locked scene; true as well while the output is dark or its device away. */
bool scene_output_is_dark(const struct scene_output *output);
/*
 * While locked, a trusted client's pictures, below the panel and the strip: the first one is opaque and lies under the
 * others. dst: inside scene_output_cover_area, of src's size but for the first. damage: what of the output differs from
 * the same part before, when that stood there, too. Locks the buffers; cover NULL: none.
 */
#define COVER_PARTS 8
struct cover_part {
	struct buffer *buffer;
	struct rect src, dst, damage;
};
struct cover {
	struct cover_part parts[COVER_PARTS];
	unsigned n_parts;
};
void scene_output_set_cover(struct scene_output *output, const struct cover *cover);
struct rect scene_output_cover_area(const struct scene_output *output);
/*
 * The host's own cursor, at a point of the layout, where no guest has the pointer. One on the whole desk. Not shown: false.
 */
void scene_set_cursor(struct scene *scene, bool is_shown, double x, double y);
/* Where it is drawn from the next frame on; NULL: nowhere. */
const struct scene_output *scene_cursor_output(const struct scene *scene);
/* Whom the strip of the last presented frame named as the keyboard's owner; NULL: nobody. */
struct scene_guest *scene_output_names_keyboard(const struct scene_output *output);
/* A few words of the host's in every strip ("pointer caught: Ctrl+Alt+G frees it"). Copied; "": none. */
void scene_set_strip_note(struct scene *scene, const char *text);
/* It shows something: neither the layout nor anybody else has switched it off. */
bool scene_output_is_lit(const struct scene_output *output);
/* The last presented frame had the host's strip: that of a guest which has the monitor whole and without a mark has none. */
bool scene_output_has_strip(const struct scene_output *output);

/*
 * The visible head under a point of an output, and the point in pixels of the head. NULL: the
 * host's, or its guest's mark is not on the glass of this output yet (scene_output_shows).
 */
struct scene_head *scene_pick(struct scene_output *output, double x, double y, double *head_x,
			      double *head_y);

/* ---- frames: latch, set planes, draw, present, in that order per output ---- */

/* A frame to draw. Valid until the next call for the same output. */
struct frame {
	const struct layer *layers;
	unsigned n_layers;
	/* What differs from a target of this age: to be drawn, nothing else. Output pixels. */
	pixman_region32_t damage;
};

/*
 * Takes the newest commits of the heads on this output and says what to draw into a target of this
 * age. Returns false when nothing changed since the last frame: nothing to draw or commit. The
 * caller ends the frame's damage with frame_finish.
 */
bool scene_output_latch(struct scene_output *output, unsigned target_age, struct frame *frame);
void frame_finish(struct frame *frame);
/* What planes show of a frame, output pixels. */
struct frame_planes {
	struct rect opaque[OUTPUT_MAX_USES]; /* nothing is drawn there */
	unsigned n_opaque;
	struct rect cursors[OUTPUT_MAX_USES]; /* blended above what is drawn without them */
	unsigned n_cursors;
};

/*
 * After each scene_output_latch, where there are planes. frame->damage becomes what is left to draw. Returns false when that
 * is nothing, in no target of any age: the frame goes without a drawn picture, and the one before stays.
 */
bool scene_output_set_planes(struct scene_output *output, unsigned target_age,
			     const struct frame_planes *planes, struct frame *frame);
/*
 * What the output shows, all of it, apart from any frame: for a picture that somebody asks for. As frame above.
 */
void scene_output_picture(struct scene_output *output, struct frame *frame);
/* A frame is on its way to the glass: what the output shows now is not what scene_output_picture gives. */
bool scene_output_in_flight(const struct scene_output *output);
/*
 * The device took the frame (its flip is on the way), or refused it: then everything is damaged
 * again.
 */
void scene_output_committed(struct scene_output *output, bool accepted);
/*
 * The flip event of the last accepted frame. Commits that it carried are done, buffers that it
 * replaced unlocked.
 */
void scene_output_presented(struct scene_output *output, const struct presented *how);
/*
 * The guest whose pixels or card the last presented frame showed the mark of; NULL for none, or when there are several.
 */
struct scene_guest *scene_output_shows(const struct scene_output *output);
/* The last presented frame showed this guest's mark beside its pixels or card, alone or among others. */
bool scene_output_shows_guest(const struct scene_output *output, const struct scene_guest *guest);
/* Likewise this head of its guest: what it is pointed at on the glass. */
bool scene_output_shows_head(const struct scene_output *output, const struct scene_head *head);
/* The last presented frame showed the card of scene_set_card. */
bool scene_output_shows_card(const struct scene_output *output);
/* Its strip is to be drawn again: a flip follows, and what the glass shows is known then. */
void scene_output_damage_strip(struct scene_output *output);
/* Everything is to be drawn again: after a mode set, a session switch. */
void scene_output_damage_all(struct scene_output *output);

/*
 * Front buffers that a guest draws into without flipping: a visible head without a commit for 100
 * ms is compared (seeded hashes of bands of rows), at the rate of its output while it changes,
 * backing off to 4 Hz. Changed bands become damage. The card of a head that stays without a picture
 * comes from here, too. Call when now reaches what the last call returned, and after each
 * scene_output_presented; calling early is harmless. Returns when to call again: now when there is
 * more to do than fits one turn of a loop, UINT64_MAX for never.
 */
uint64_t scene_sample(struct scene *scene, uint64_t now_ns);

#endif
