/* SPDX-License-Identifier: MIT */
/* What others ask of the frame loop: its monitors by number, and how pictures came to the glass. */
#include <string.h>

#include "compositor/planes.h"
#include "compositor/repaint_priv.h"

int repaint_output_number(struct repaint *repaint, const char *name)
{
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint->outputs[i].output;

		if (output && strcmp(output->name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

struct scene_output *repaint_output(struct repaint *repaint, unsigned number)
{
	return number < SCENE_MAX_OUTPUTS ? repaint->outputs[number].output : NULL;
}

struct output_device *repaint_device(struct repaint *repaint, unsigned number)
{
	return number < SCENE_MAX_OUTPUTS ? repaint->outputs[number].device : NULL;
}

/* ---- paths ---- */

/* What the output shows at this place. */
static const struct buffer *buffer_at(const struct scene_output *output, const struct rect *dst)
{
	unsigned n;
	const struct scene_view *views = scene_output_views(output, &n);

	for (unsigned i = 0; i < n; i++) {
		if (views[i].head && rect_equal(&views[i].dst, dst)) {
			return scene_head_buffer(views[i].head);
		}
	}
	return NULL;
}

static const char *path_of(const struct repaint_output *slot, const struct plan_note *note,
			   const char **why)
{
	struct renderer *renderer = slot->repaint->server->renderer;
	const struct buffer *buffer = note ? buffer_at(slot->output, &note->dst) : NULL;

	*why = NULL;
	if (!buffer) {
		return "-";
	}
	if (note->verdict == PLAN_PLANE) {
		return "plane";
	}
	*why = plan_verdict_text(note->verdict);
	return renderer_rung(renderer, buffer) == RUNG_SAMPLED ? "sampled" : "composed";
}

const char *repaint_head_path(struct repaint *repaint, const struct scene_head *head,
			      const char **why)
{
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		const struct repaint_output *slot = &repaint->outputs[i];

		if (slot->output && slot->output == head->output) {
			return path_of(slot, planes_note(slot->planes, &head->dst), why);
		}
	}
	*why = NULL;
	return "-";
}

static void report_planes(const struct repaint_output *slot, FILE *out)
{
	const char *name = slot->output->name, *why;
	const char *path = path_of(slot, planes_note(slot->planes, NULL), &why);

	fprintf(out, "output.%s.path %s\n", name, path);
	fprintf(out, "output.%s.why %s\n", name, why ? why : "-");
	fprintf(out, "output.%s.planes %u\n", name, planes_count(slot->planes));
	fprintf(out, "output.%s.tests %llu\n", name, (unsigned long long)planes_tests(slot->planes));
}

void repaint_report(struct repaint *repaint, FILE *out)
{
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		const struct repaint_output *slot = &repaint->outputs[i];

		if (!slot->output) {
			continue;
		}
		report_planes(slot, out);
		fprintf(out, "output.%s.missed %llu\n", slot->output->name,
			(unsigned long long)slot->clock.missed);
		fprintf(out, "output.%s.failed %llu\n", slot->output->name,
			(unsigned long long)slot->failed);
		fprintf(out, "output.%s.lost %llu\n", slot->output->name,
			(unsigned long long)slot->lost);
		fprintf(out, "output.%s.cost_us %llu\n", slot->output->name,
			(unsigned long long)(slot->clock.cost_ns / NSEC_PER_USEC));
		fprintf(out, "output.%s.margin_us %llu\n", slot->output->name,
			(unsigned long long)(slot->clock.margin_ns / NSEC_PER_USEC));
	}
}
