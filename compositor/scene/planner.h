/* SPDX-License-Identifier: MIT */
/*
 * Which layer of a frame goes to which plane of its monitor, and why the others are drawn. Pure; one planner per output.
 *
 * The ladder: a picture that covers the monitor with nothing above it is scanned out by the primary plane; others go to
 * overlay planes above the drawn picture as long as nothing lies above them (strip and frame lie beside a picture, never
 * above it, so that the owner's mark is drawn in the same frame); the rest is drawn.
 *
 * What the device would take is known by asking it only (test), which is slow: a configuration that was never asked for is drawn now,
 * and asked for when the frame is on the glass. Answers are kept until planner_forget; nothing is asked twice.
 *
 * Per frame: planner_plan. When there is time: ask the device for plan.test and tell its answer (planner_learn). When it
 * refuses a real frame with uses, whatever it answered before: that is an answer, too.
 */
#ifndef SCENE_PLANNER_H
#define SCENE_PLANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/transform.h"
#include "compositor/scene/layer.h"
#include "compositor/scene/plan_cache.h"
#include "compositor/scene/plane.h"

#define PLAN_MAX_NOTES 64

/* Where a picture went, and if it is drawn, why. */
enum plan_verdict {
	PLAN_PLANE,
	PLAN_OFF,        /* planes are not to be used */
	PLAN_NO_PLANES,  /* the device has none that can be tested */
	PLAN_BUSY,       /* somebody else had them just now */
	PLAN_TURNED,     /* planes do not turn pictures */
	PLAN_NO_DMABUF,  /* no device can read its buffer */
	PLAN_INCOHERENT, /* a device may read what is no longer true */
	PLAN_CUT,        /* it reaches out of the monitor */
	PLAN_CARD,       /* a host card lies above it */
	PLAN_COVERED,    /* something else does */
	PLAN_UNSTEADY,   /* too new */
	PLAN_FORMAT,
	PLAN_SCALED,
	PLAN_SIZE,
	PLAN_NONE_LEFT, /* planes that could show it are taken */
	PLAN_TESTING,   /* the device has not answered yet */
	PLAN_REFUSED,   /* it said no */
	PLAN_VERDICTS,  /* how many */
};

/* A short clause for people: "the kernel refused it". */
const char *plan_verdict_text(enum plan_verdict verdict);

struct plan_policy {
	bool use_planes;
	bool allow_incoherent; /* buffers that scanout may read stale */
	bool is_paused;        /* nothing goes to a plane in this frame */
};

/* What the planner has to work with. */
struct plan_device {
	const struct output_plane *planes;
	unsigned n_planes;
	bool can_test;
	bool reads_memory; /* buffers need no dma-buf */
};

struct plan_input {
	const struct layer *layers; /* bottom to top, upright */
	unsigned n_layers;
	int width, height; /* upright */
	enum transform transform;
};

/* About one layer with a picture. */
struct plan_note {
	unsigned layer;
	struct rect dst; /* the layer's */
	enum plan_verdict verdict;
};

/* Uses with what they mean to the cache. Buffers are the layers': locked by whoever keeps them longer. */
struct plan_set {
	struct output_plane_use uses[OUTPUT_MAX_USES];
	unsigned layers[OUTPUT_MAX_USES]; /* of each use */
	unsigned n_uses;
	struct plan_config config;
};

struct plan {
	struct plan_set set;  /* what planes show in this frame; the rest is drawn */
	struct plan_set test; /* to be asked for; n_uses 0: nothing */
	/* All layers with pictures, the first PLAN_MAX_NOTES of them. */
	struct plan_note notes[PLAN_MAX_NOTES];
	unsigned n_notes;
};

struct planner;

/* device's planes and formats are borrowed as long as the planner exists. */
struct planner *planner_create(const struct plan_device *device);
void planner_destroy(struct planner *planner);
void planner_plan(struct planner *planner, const struct plan_policy *policy,
		  const struct plan_input *input, struct plan *plan);
/* The device's answer; when it gave none (it was away), nothing is told. */
void planner_learn(struct planner *planner, const struct plan_config *config, bool yes);
/* A mode set, another monitor, the session was away: what was answered counts no longer. */
void planner_forget(struct planner *planner);

#endif
