/* SPDX-License-Identifier: MIT */
#include "compositor/planes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/trace.h"
#include "config/settings.h"

/* Frames whose flips were lost keep their buffers until one comes; with more than this, planes stay empty. */
#define MAX_HELD (3 * OUTPUT_MAX_USES)
/* A test is only begun when the next frame is at least this far away. */
#define TEST_ROOM_NS NSEC_PER_MSEC
/* After the device had no answer, frames until it is tried again: another monitor may have the plane for long. */
#define PAUSE_FRAMES 64

/* A buffer that a plane shows, or did when it was last heard of. */
struct held {
	struct buffer *buffer;
	uint64_t commit; /* the last one that had it */
};

struct planes {
	struct server *server;
	struct output_device *device;
	struct planner *planner;
	struct plan plan; /* of the latched frame, and then of the one that was accepted */
	struct layer drawn[SCENE_MAX_LAYERS]; /* of a frame with cursors on planes: all others */
	struct held held[MAX_HELD];
	unsigned n_held;
	uint64_t commits;
	struct clock_timer *timer; /* to the test */
	struct plan_set test;   /* asked for by the last accepted frame; its buffers are locked */
	uint64_t test_until_ns; /* not begun later than that */
	uint64_t tests;
	uint64_t paused_until, untested_until; /* of commits: no planes, no tests before */
};

/* ---- what is on planes ---- */

static struct held *held_find(struct planes *planes, const struct buffer *buffer)
{
	for (unsigned i = 0; i < planes->n_held; i++) {
		if (planes->held[i].buffer == buffer) {
			return &planes->held[i];
		}
	}
	return NULL;
}

static void hold(struct planes *planes, struct buffer *buffer)
{
	struct held *held = held_find(planes, buffer);

	if (!held) {
		held = &planes->held[planes->n_held++];
		held->buffer = buffer;
		buffer_lock(buffer);
	}
	held->commit = planes->commits;
}

/* Lets go of what no commit from this one on shows. */
static void let_go(struct planes *planes, uint64_t from)
{
	for (unsigned i = planes->n_held; i-- > 0;) {
		struct held held = planes->held[i];

		if (held.commit < from) {
			planes->held[i] = planes->held[--planes->n_held];
			buffer_unlock(held.buffer);
		}
	}
}

/* ---- asking the device ---- */

static void test_drop(struct planes *planes)
{
	unsigned n = planes->test.n_uses;

	clock_timer_disarm(planes->timer);
	planes->test.n_uses = 0;
	for (unsigned i = 0; i < n; i++) {
		buffer_unlock(planes->test.uses[i].buffer);
	}
}

static void test_take(struct planes *planes)
{
	if (planes->commits < planes->untested_until) {
		planes->plan.test.n_uses = 0;
	}
	for (unsigned i = 0; i < planes->plan.test.n_uses; i++) {
		buffer_lock(planes->plan.test.uses[i].buffer);
	}
	test_drop(planes);
	if (planes->plan.test.n_uses) {
		planes->test = planes->plan.test;
	}
}

/* The others say nothing about the configuration: it was asked for at the wrong time. */
static bool is_answer(int ret)
{
	return ret != -EBUSY && ret != -EACCES && ret != -EINTR && ret != -EAGAIN && ret != -ENODEV;
}

static void handle_test(void *data, uint64_t now_ns)
{
	struct planes *planes = data;
	struct trace *trace = planes->server->trace;
	const struct output_frame frame = {.uses = planes->test.uses, .n_uses = planes->test.n_uses};
	uint64_t took_ns;
	int ret;

	if (now_ns > planes->test_until_ns) {
		return; /* after the next flip */
	}
	ret = planes->device->ops->test(planes->device, &frame);
	took_ns = clock_now(planes->server->clock) - now_ns;
	trace_add(trace, TRACE_TEST, trace_track(trace, "monitor", planes->device->name), now_ns,
		  MAX(took_ns, 1), ret == 0);
	planes->tests++;
	if (is_answer(ret)) {
		planner_learn(planes->planner, &planes->test.config, ret == 0);
	} else {
		planes->untested_until = planes->commits + PAUSE_FRAMES;
	}
	test_drop(planes);
}

/* ---- frames ---- */

static struct plan_policy policy_of(const struct planes *planes)
{
	const struct settings *settings = planes->server->settings;
	bool has_room = planes->n_held + OUTPUT_MAX_USES <= MAX_HELD;

	return (struct plan_policy){
		.use_planes = has_room && (!settings || settings->use_planes),
		.allow_incoherent = settings && settings->allow_incoherent_scanout,
		.is_paused = planes->commits < planes->paused_until,
	};
}

static bool is_on_plane(const struct plan_set *set, unsigned layer)
{
	for (unsigned i = 0; i < set->n_uses; i++) {
		if (set->layers[i] == layer) {
			return true;
		}
	}
	return false;
}

/* Cursors on planes are not drawn. Pictures on planes may stay in the list: nothing of their place is damaged. */
static void cursors_leave_out(struct planes *planes, struct frame *frame)
{
	unsigned n = 0;

	for (unsigned i = 0; i < frame->n_layers; i++) {
		if (frame->layers[i].kind != LAYER_CURSOR || !is_on_plane(&planes->plan.set, i)) {
			planes->drawn[n++] = frame->layers[i];
		}
	}
	frame->layers = planes->drawn;
	frame->n_layers = n;
}

bool planes_choose(struct planes *planes, struct scene_output *output, unsigned target_age,
		   struct frame *frame)
{
	struct plan_policy policy = policy_of(planes);
	const struct plan_input input = {
		.layers = frame->layers,
		.n_layers = frame->n_layers,
		.width = output->width,
		.height = output->height,
		.transform = output->transform,
	};
	const struct plan_set *set = &planes->plan.set;
	struct frame_planes on;

	planner_plan(planes->planner, &policy, &input, &planes->plan);
	on.n_opaque = on.n_cursors = 0;
	for (unsigned i = 0; i < set->n_uses; i++) {
		if (frame->layers[set->layers[i]].kind == LAYER_CURSOR) {
			on.cursors[on.n_cursors++] = set->uses[i].dst;
		} else {
			on.opaque[on.n_opaque++] = set->uses[i].dst;
		}
	}
	if (on.n_cursors) {
		cursors_leave_out(planes, frame);
	}
	return scene_output_set_planes(output, target_age, &on, frame);
}

void planes_fill(const struct planes *planes, struct output_frame *frame)
{
	frame->uses = planes->plan.set.uses;
	frame->n_uses = planes->plan.set.n_uses;
}

/* The next try must do without them, or there is never a frame. */
static void frame_refused(struct planes *planes, int ret)
{
	if (is_answer(ret)) {
		planner_learn(planes->planner, &planes->plan.set.config, false);
	} else if (ret != -EACCES) {
		planes->paused_until = planes->commits + PAUSE_FRAMES;
	}
}

void planes_committed(struct planes *planes, int ret)
{
	const struct plan_set *set = &planes->plan.set;

	if (ret < 0 && set->n_uses) {
		frame_refused(planes, ret);
	}
	if (ret < 0) {
		return;
	}
	planes->commits++;
	for (unsigned i = 0; i < set->n_uses; i++) {
		hold(planes, set->uses[i].buffer);
	}
	test_take(planes);
}

void planes_flipped(struct planes *planes, uint64_t now_ns, uint64_t deadline_ns)
{
	let_go(planes, planes->commits);
	if (planes->test.n_uses) {
		planes->test_until_ns = deadline_ns - TEST_ROOM_NS;
		clock_timer_arm(planes->timer, now_ns);
	}
}

void planes_lost(struct planes *planes)
{
	test_drop(planes);
	planes->plan.set.n_uses = 0;
	let_go(planes, UINT64_MAX);
}

void planes_forget(struct planes *planes)
{
	test_drop(planes);
	planes->paused_until = planes->untested_until = 0;
	planner_forget(planes->planner);
}

/* ---- what is told of them ---- */

/* Of two, the one that costs more. */
static bool is_worse(const struct plan_note *note, const struct plan_note *than)
{
	bool is_drawn = note->verdict != PLAN_PLANE, was_drawn = than->verdict != PLAN_PLANE;

	if (is_drawn != was_drawn) {
		return is_drawn;
	}
	return (int64_t)note->dst.w * note->dst.h > (int64_t)than->dst.w * than->dst.h;
}

const struct plan_note *planes_note(const struct planes *planes, const struct rect *dst)
{
	const struct plan_note *best = NULL;

	for (unsigned i = 0; i < planes->plan.n_notes; i++) {
		const struct plan_note *note = &planes->plan.notes[i];

		if (dst ? rect_equal(&note->dst, dst) : !best || is_worse(note, best)) {
			best = note;
		}
	}
	return best;
}

unsigned planes_count(const struct planes *planes)
{
	return planes->plan.set.n_uses;
}

uint64_t planes_tests(const struct planes *planes)
{
	return planes->tests;
}

/* ---- from plugging to unplugging ---- */

struct planes *planes_create(struct server *server, struct output_device *device)
{
	struct planes *planes = xcalloc(1, sizeof(*planes));
	const struct plan_device what = {
		.planes = device->planes,
		.n_planes = device->n_planes,
		.can_test = device->ops->test != NULL,
		.reads_memory = device->planes_read_memory,
	};

	planes->server = server;
	planes->device = device;
	/* Behind all that is urgent. */
	planes->timer = clock_timer_create(server->clock, PRIORITY_LAST, handle_test, planes);
	if (!planes->timer) {
		free(planes);
		return NULL;
	}
	planes->planner = planner_create(&what);
	return planes;
}

void planes_destroy(struct planes *planes)
{
	if (!planes) {
		return;
	}
	test_drop(planes);
	let_go(planes, UINT64_MAX);
	planner_destroy(planes->planner);
	clock_timer_destroy(planes->timer);
	free(planes);
}
