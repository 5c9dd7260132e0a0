/* SPDX-License-Identifier: MIT */
/*
 * What the files of the scene share. Life of a commit: pending (newest, not yet drawn), then
 * current: latched (drawn into a frame of the head's main output), flying (the device took the
 * frame), shown (its flip event came). Other outputs that show the head draw what is current.
 * Whatever a frame shows is locked by that frame (struct shown) until the flip of a frame without
 * it.
 */
#ifndef SCENE_PRIV_H
#define SCENE_PRIV_H

#include "compositor/scene/scene.h"

#define DAMAGE_RING 4       /* older targets are drawn whole */
#define DAMAGE_MAX_RECTS 32 /* more collapse to their bounds */
#define SAMPLE_BANDS 512
#define SAMPLE_BAND_ROWS 16 /* more when the picture has more rows than bands */

struct picture {
	struct buffer *buffer; /* locked, or NULL: no picture */
	struct rect src;
	uint64_t token;
	uint64_t time_ns; /* of its commit; 0: unknown */
};

enum commit_stage {
	COMMIT_NONE,  /* nothing was committed since the head is visible */
	COMMIT_MOVED, /* is to be in a frame of another output than before */
	COMMIT_LATCHED,
	COMMIT_FLYING,
	COMMIT_SHOWN,
};

struct sampler {
	bool has_baseline;    /* hashes are of the current picture */
	unsigned band;        /* where the pass under way goes on; 0: none is */
	unsigned n_changed;   /* bands of the pass under way */
	unsigned quiet;       /* passes in a row that found no change */
	unsigned busy;        /* passes in a row that found most of them changed */
	unsigned blind;       /* passes to come that compare nothing */
	unsigned blind_span;  /* how many those were the last time; 0: comparing pays */
	uint64_t interval_ns; /* between passes */
	uint64_t next_ns;
	uint64_t hashes[SAMPLE_BANDS];
};

struct head_state {
	struct scene_head *head;
	bool has_pending;
	struct picture pending;
	pixman_region32_t pending_damage; /* buffer pixels, since current */
	bool pending_full;                /* all of it is damaged */

	enum commit_stage stage;
	struct picture current; /* its token is 0 once it was on the glass */
	bool was_shown;         /* current was */
	uint64_t serial;        /* of scene.serials when the picture last changed */

	struct list views;   /* scene_view.link; empty: hidden */
	struct list visible; /* in scene.visible, while it is */
	bool is_moved;       /* head_placed is due */

	uint64_t presented_ns; /* when current was shown, or the frame without a picture */
	uint64_t changed_ns;   /* when the picture was last seen to change; 0: not looked at yet */
	uint64_t flip_interval_ns; /* between the last two that were shown; 0: unknown */
	bool has_card;             /* has been without a picture for too long */
	bool is_frozen;
	struct sampler sampler;
};

/* What a frame shows: whose marks, and which head's picture where. */
struct shown {
	uint64_t marks; /* a bit for each guest: 1 << guest_priv.slot */
	bool is_lit;    /* neither of a locked scene nor of an output that is switched off */
	struct buffer *covers[COVER_PARTS]; /* locked */
	unsigned n_covers;
	bool has_card; /* the host's, over some of it at least */
	bool has_strip;
	unsigned keyboard; /* whom the strip names: guest_priv.slot + 1; 0: nobody */
	/* The host's panel, as far as a person can point at it; an empty box: none. */
	struct shown_panel {
		struct rect box;
		unsigned n_rows;
		enum panel_row_kind kinds[PANEL_ROWS];
		uint32_t ids[PANEL_ROWS];
	} panel;
	unsigned n_places;
	struct shown_place {
		struct scene_head *head;
		struct buffer *buffer; /* locked; NULL: no picture */
		struct rect dst;
		int width, height; /* of the head */
	} places[SCENE_MAX_VIEWS];
};

struct output_state {
	int panel_width, panel_height;
	const struct layout_output *entry; /* in scene.layout; NULL: the layout does not name it */
	bool is_dark;                      /* switched off */
	unsigned number;                   /* to be told by; 0: nobody asked */
	struct card identity;
	struct cover cover; /* shown while the scene is locked; its buffers are */
	uint64_t cover_serials[COVER_PARTS];
	/* What the regions for the guest in front show, by their number. */
	struct scene_head *fronts[LAYOUT_MAX_REGIONS];
	struct scene_view views[SCENE_MAX_VIEWS];
	unsigned n_views;
	bool is_shared; /* several views: each has its own strip */

	struct card cards[SCENE_MAX_VIEWS]; /* texts where there is no picture */
	struct layer layers[SCENE_MAX_LAYERS];
	unsigned n_layers;

	pixman_region32_t damage; /* since the last latch */
	bool frame_due;           /* a commit waits for a frame even without damage */
	bool has_latched, has_flying;
	uint64_t flip_ns; /* of the last frame; 0: none yet */
	pixman_region32_t latched_damage;
	pixman_region32_t ring[DAMAGE_RING]; /* of accepted frames, newest first */
	unsigned ring_fill;
	/* What planes cover in the last accepted frame, in the latched one: nothing there is drawn. */
	pixman_region32_t planes, latched_planes;
	pixman_region32_t cursors, latched_cursors; /* likewise: blended above what is drawn */
	bool is_undrawn; /* the latched frame leaves the drawn picture as it is */

	/* Of the frame drawn, accepted, presented; lost: accepted, and its flip never came. */
	struct shown *latched, *flying, *shown, *lost;
	struct shown records[4];
};

struct guest_priv {
	struct scene_guest base;
	uint64_t front_order; /* of scene.front_orders when it was last in front; 0: never */
	unsigned mark_index;
	unsigned slot; /* in scene.slots */
	uint64_t frozen_ns;
};

#define CURSOR_IMAGES 8 /* of different scales */

struct cursor {
	bool is_shown;
	double x, y; /* in the layout */
	struct cursor_image {
		double scale;
		struct buffer *buffer; /* NULL: none yet */
	} images[CURSOR_IMAGES];
	unsigned next_image;
};

#define MARK_COUNT 28 /* distinct combinations of colour and pattern */

struct marks {
	bool used[MARK_COUNT];
	char last_name[MARK_COUNT][33]; /* who had it last: gets it again when it returns */
};

struct scene {
	const struct scene_events *events;
	void *data;
	struct list guests;  /* scene_guest.link */
	struct list outputs; /* scene_output.link */
	struct list visible; /* head_state.visible */
	struct scene_guest *slots[SCENE_MAX_GUESTS];
	unsigned n_guests, n_outputs;
	struct scene_guest *front, *keyboard;
	uint64_t front_orders, serials;
	struct layout layout;
	struct scene_external externals[LAYOUT_MAX_EXTERNALS];
	unsigned n_externals;
	/* Of one output while it is arranged. */
	struct scene_view views[SCENE_MAX_VIEWS];
	unsigned n_views;
	bool has_card;
	struct card card;
	struct card notice; /* n_lines 0: none */
	char strip_note[STRIP_NOTE_SIZE];
	struct cursor cursor;
	bool has_panel;
	struct panel panel;
	bool is_locked;
	uint64_t key[2];
	struct marks marks;
};

static inline struct guest_priv *guest_priv(struct scene_guest *guest)
{
	return container_of(guest, struct guest_priv, base);
}

/* ---- scene.c ---- */
bool layout_is_reachable(const struct layout *layout, const char *name);

/* ---- mark.c ---- */
/* Fills colour and pattern for mark->name; returns the index to give back. */
unsigned marks_take(struct marks *marks, struct mark *mark);
/* That goes with the index that marks_take gave. */
uint32_t marks_colour(unsigned index);
void marks_give_back(struct marks *marks, unsigned index);

/* ---- head.c ---- */
/* Discards pending and current, unlocks all, in frames too: the head has no picture any more. */
void head_discard(struct scene_head *head);
/* It goes on on another main output: what it shows is to be latched there, too. */
void head_move(struct scene_head *head);
/*
 * For a frame of its main output: pending becomes current. Returns true when there was one; its
 * damage goes to all outputs that show it.
 */
bool head_latch(struct scene_head *head);
void head_accepted(struct scene_head *head);
void head_presented(struct scene_head *head, const struct presented *how);
/* Its picture was seen to change without a commit. */
void head_changed(struct scene_head *head, uint64_t now_ns);
/* What is known of when it changed counts no longer. */
void head_watch_anew(struct scene_head *head);
/* Says so when it has not for too long. Returns when to look again; UINT64_MAX: not by time. */
uint64_t head_watch(struct scene_head *head, uint64_t now_ns);
/* The picture to draw, or NULL. */
const struct picture *head_picture(const struct scene_head *head);

/* ---- space.c: what the layout says of outputs ---- */
/* Fills out with the outputs in the order in which they are given what to show; returns how many. */
unsigned outputs_ordered(struct scene *scene, struct scene_output *out[SCENE_MAX_OUTPUTS]);
/* Takes transform, scale and position of all outputs from the layout. */
void outputs_configure(struct scene *scene);
struct scene_output *output_find(struct scene *scene, const char *name);
/* Its regions, or those of the output that it mirrors: always at least one. */
const struct layout_region *output_regions(const struct scene_output *output, unsigned *n);
/* The output that it mirrors, when that is there. */
struct scene_output *output_mirrored(const struct scene_output *output);
/* Shows something: neither the layout nor anybody else has switched it off. */
bool output_is_lit(const struct scene_output *output);
/* A guest's own, whole: without strip and frame. */
bool output_is_unmarked(const struct scene_output *output);

/* ---- geometry.c ---- */
/* Length of ours in pixels of the output, at least one. */
int output_px(const struct scene_output *output, int length);
struct rect output_strip_rect(const struct scene_output *output);
struct rect output_below_strip(const struct scene_output *output);
/* Where a picture of this size goes in the area; empty when it cannot be shown. */
struct rect geometry_fit(const struct rect *area, enum layout_fit fit, int width, int height);
/* The part of the output that is the region's. */
struct rect geometry_region(const struct scene_output *output, const struct layout_region *region);
/* Tile i of n that share a rectangle. */
struct rect geometry_tile(const struct rect *all, unsigned i, unsigned n);
/* Strip, area and dst of a view, from its region. */
void geometry_view(struct scene_view *view, bool is_shared);

/* ---- assign.c ---- */
/* Which heads the places for the guest in front show: output_state.fronts of all outputs. */
void assign_fronts(struct scene *scene);

/* ---- arrange.c ---- */
/* Arranges anew and tells of what changed: hidden heads first, with their buffers released. */
void scene_arrange(struct scene *scene);
/* The head's picture has another size. */
void arrange_resized(struct scene_head *head);

/* ---- layers.c ---- */
/* Builds the layers; returns whose marks are among them. */
uint64_t layers_build(struct scene_output *output);

/* ---- shown.c ---- */
/* The frame that is latched shows these marks, and the current pictures of its views. */
void shown_latch(struct scene_output *output, uint64_t marks);
/* It was refused. */
void shown_drop(struct output_state *state);
/* Its flip did not come: what it shows may be on the glass, or what was there before. */
void shown_lose(struct output_state *state);
void shown_accept(struct output_state *state);
/* On the glass: buffers of the frame before are unlocked. */
void shown_flip(struct output_state *state);
/* Nobody is pointed to by where pictures are: the output's geometry is another. */
void shown_unplace(struct output_state *state);
/* No frame names it any more, and none keeps its buffers. */
void shown_forget_head(struct scene_head *head);
void shown_forget_guest(struct scene_guest *guest);
void shown_finish(struct output_state *state);

/* ---- locked.c ---- */
/* All there is on a lit output while the scene is locked. */
void locked_push(struct scene_output *output);

/* ---- notice.c ---- */
void notice_push(struct scene_output *output);
bool notice_covers(const struct scene_output *output, double x, double y);

/* ---- cursor.c ---- */
/* Above all else of the output that it is on. */
void cursor_push(struct scene_output *output);
void cursor_finish(struct cursor *cursor);

/* ---- panel.c ---- */
/* Guests' pictures are covered, kept views left out: by a card or by what surrounds the panel. */
bool scene_is_covered(const struct scene *scene);
/* This one is. Kept views are when the panel would have no room on any output otherwise. */
bool view_is_covered(const struct scene_view *view);
/* Where the panel is on this output; empty when none is up, or it has no room. */
struct rect panel_box(const struct scene_output *output);
void panel_push(struct scene_output *output);
/* What the frame that is latched shows of it. */
void panel_latch(const struct scene_output *output, struct shown_panel *out);

/* ---- cover.c ---- */
/* At most COVER_PARTS. */
void cover_push(struct scene_output *output);
/* The output goes. */
void cover_finish(struct output_state *state);

/* ---- identify.c ---- */
/* At most SCENE_IDENTIFY_LAYERS. */
void identify_push(struct scene_output *output);
/* The next of the output's layers. */
struct layer *layer_push(struct output_state *state, enum layer_kind kind, struct rect dst);

/* ---- damage.c ---- */
void damage_init(struct output_state *state);
void damage_finish(struct output_state *state);
/* Output pixels; clipped to the output. Asks for a frame. */
void damage_add(struct scene_output *output, const struct rect *rect);
void damage_add_all(struct scene_output *output);
/*
 * Buffer pixels of the head's current picture, in all its views; NULL means all of it. Rounded
 * outwards.
 */
void damage_add_picture(struct scene_head *head, const pixman_region32_t *region);
/* What differs from a target of this age, into the initialised region out. */
void damage_for_age(const struct scene_output *output, unsigned age, pixman_region32_t *out);
void damage_accepted(struct output_state *state);

/* ---- sampler.c ---- */
void sampler_reset(struct sampler *sampler);

#endif
