/* SPDX-License-Identifier: MIT */
#include "compositor/scene/layout.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SCALE_MIN 0.5
#define SCALE_MAX 4.0
#define POSITION_MAX 65535
#define SIDE_MAX 16384
#define REFRESH_MAX_MHZ 1000000
#define HEADS_MAX 16
/* Sides that were written as decimal fractions meet within this. */
#define TOUCH 1e-6

/* Where the reason goes. */
struct why {
	char *text;
	size_t size;
};

static int fault(const struct why *why, const char *fmt, ...) PRINTF(2, 3);

static int fault(const struct why *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, why->size, fmt, args);
	va_end(args);
	return -EINVAL;
}

/* ---- regions ---- */

static bool is_within(double value, double from, double to)
{
	return isfinite(value) && value >= from && value <= to;
}

static bool region_is_all(const struct layout_region *region)
{
	return region->x <= TOUCH && region->y <= TOUCH && region->w >= 1 - TOUCH &&
	       region->h >= 1 - TOUCH;
}

static bool regions_overlap(const struct layout_region *a, const struct layout_region *b)
{
	return a->x + TOUCH < b->x + b->w && b->x + TOUCH < a->x + a->w &&
	       a->y + TOUCH < b->y + b->h && b->y + TOUCH < a->y + a->h;
}

static int region_check(const struct layout_output *output, unsigned n, const struct why *why)
{
	const struct layout_region *region = &output->regions[n];

	if (!is_within(region->x, 0, 1) || !is_within(region->y, 0, 1) ||
	    !is_within(region->w, 0.01, 1) || !is_within(region->h, 0.01, 1) ||
	    region->x + region->w > 1 + TOUCH || region->y + region->h > 1 + TOUCH) {
		return fault(why, "%s: region %u does not lie on the monitor", output->name, n + 1);
	}
	if (region->shows > LAYOUT_NOTHING || region->fit > LAYOUT_FIT_SCALE) {
		return fault(why, "%s: region %u shows nothing known", output->name, n + 1);
	}
	if (region->shows == LAYOUT_GUEST &&
	    (!guest_name_valid(region->guest) || region->head < 0 || region->head >= HEADS_MAX)) {
		return fault(why, "%s: region %u needs the name of a guest and a head from 0 to %d",
			     output->name, n + 1, HEADS_MAX - 1);
	}
	if (region->shows == LAYOUT_FRONT && (region->head < -1 || region->head >= HEADS_MAX)) {
		return fault(why, "%s: region %u: heads are numbered from 0 to %d", output->name,
			     n + 1, HEADS_MAX - 1);
	}
	for (unsigned i = 0; i < n; i++) {
		if (regions_overlap(&output->regions[i], region)) {
			return fault(why, "%s: regions %u and %u overlap", output->name, i + 1,
				     n + 1);
		}
	}
	return 0;
}

/* ---- monitors ---- */

static const struct layout_output *find(const struct layout *layout, const char *name)
{
	for (unsigned i = 0; i < layout->n_outputs; i++) {
		if (strcmp(layout->outputs[i].name, name) == 0) {
			return &layout->outputs[i];
		}
	}
	return NULL;
}

static int mirror_check(const struct layout *layout, const struct layout_output *output,
			const struct why *why)
{
	const struct layout_output *source = find(layout, output->mirror_of);

	if (output->n_regions > 0 || output->is_unmarked || output->is_off) {
		return fault(why, "%s: a mirror has nothing of its own to show", output->name);
	}
	if (strcmp(output->mirror_of, output->name) == 0) {
		return fault(why, "%s: mirrors itself", output->name);
	}
	if (source && (source->mirror_of[0] || source->is_off)) {
		return fault(why, "%s: %s, which it mirrors, shows nothing of its own",
			     output->name, source->name);
	}
	return 0;
}

static int place_check(const char *name, const struct layout_place *place, const struct why *why)
{
	if (place->has_position && (!is_within(place->x, -POSITION_MAX, POSITION_MAX) ||
				    !is_within(place->y, -POSITION_MAX, POSITION_MAX))) {
		return fault(why, "%s: a position is from %d to %d", name, -POSITION_MAX,
			     POSITION_MAX);
	}
	return 0;
}

static int geometry_check(const struct layout_output *output, const struct why *why)
{
	if (output->scale != 0 && !is_within(output->scale, SCALE_MIN, SCALE_MAX)) {
		return fault(why, "%s: scale is from %g to %g", output->name, SCALE_MIN, SCALE_MAX);
	}
	if (output->transform >= TRANSFORMS) {
		return fault(why, "%s: no such transform", output->name);
	}
	if (place_check(output->name, &output->place, why) < 0) {
		return -EINVAL;
	}
	if (output->resistance > LAYOUT_MAX_RESISTANCE || output->walls >= 16) {
		return fault(why, "%s: no possible edges", output->name);
	}
	if (!is_within(output->width, 0, SIDE_MAX) || !is_within(output->height, 0, SIDE_MAX) ||
	    !is_within(output->refresh_mhz, 0, REFRESH_MAX_MHZ) ||
	    (output->width == 0) != (output->height == 0)) {
		return fault(why, "%s: no possible mode", output->name);
	}
	return 0;
}

static int output_check(const struct layout *layout, unsigned n, const struct why *why)
{
	const struct layout_output *output = &layout->outputs[n];
	int ret = geometry_check(output, why);

	if (ret == 0 && (output->name[0] == '\0' || find(layout, output->name) != output)) {
		ret = fault(why, "%s: monitor %u needs a name of its own", output->name, n + 1);
	}
	if (ret == 0 && output->n_regions > LAYOUT_MAX_REGIONS) {
		ret = fault(why, "%s: more than %d regions", output->name, LAYOUT_MAX_REGIONS);
	}
	for (unsigned i = 0; i < output->n_regions && ret == 0; i++) {
		ret = region_check(output, i, why);
	}
	if (ret == 0 && output->mirror_of[0]) {
		ret = mirror_check(layout, output, why);
	}
	if (ret == 0 && output->is_unmarked &&
	    (output->n_regions != 1 || output->regions[0].shows != LAYOUT_GUEST ||
	     !region_is_all(&output->regions[0]))) {
		ret = fault(
			why,
			"%s: only a monitor whose one region shows one named guest can go without its mark",
			output->name);
	}
	return ret;
}

static const struct layout_external *find_external(const struct layout *layout, const char *label)
{
	for (unsigned i = 0; i < layout->n_externals; i++) {
		if (strcmp(layout->externals[i].label, label) == 0) {
			return &layout->externals[i];
		}
	}
	return NULL;
}

static int external_check(const struct layout *layout, const struct layout_external *external,
			  const struct why *why)
{
	const char *label = external->label;

	if (label[0] == '\0' || find(layout, label) || find_external(layout, label) != external) {
		return fault(why, "%s: a guest's own monitor needs a name of its own", label);
	}
	if (!guest_name_valid(external->guest)) {
		return fault(why, "%s: it needs the name of the guest whose monitor it is", label);
	}
	for (unsigned i = 0; &layout->externals[i] != external; i++) {
		if (strcmp(layout->externals[i].guest, external->guest) == 0) {
			return fault(why, "%s: %s has one already", label, external->guest);
		}
	}
	if (!is_within(external->width, 1, SIDE_MAX) || !is_within(external->height, 1, SIDE_MAX)) {
		return fault(why, "%s: it needs a size", label);
	}
	return place_check(label, &external->place, why);
}

int layout_check(const struct layout *layout, char *why_text, size_t why_size)
{
	const struct why why = {why_text, why_size};
	int ret = 0;

	if (layout->n_outputs > LAYOUT_MAX_OUTPUTS) {
		return fault(&why, "more than %d monitors", LAYOUT_MAX_OUTPUTS);
	}
	if (layout->n_reachable > ARRAY_SIZE(layout->reachable)) {
		return fault(&why, "more than %zu reachable guests", ARRAY_SIZE(layout->reachable));
	}
	for (unsigned i = 0; i < layout->n_reachable && ret == 0; i++) {
		if (!guest_name_valid(layout->reachable[i])) {
			ret = fault(&why, "\"%s\" is not the name of a guest", layout->reachable[i]);
		}
	}
	for (unsigned i = 0; i < layout->n_outputs && ret == 0; i++) {
		ret = output_check(layout, i, &why);
	}
	if (layout->n_externals > LAYOUT_MAX_EXTERNALS) {
		return fault(&why, "more than %d monitors of guests", LAYOUT_MAX_EXTERNALS);
	}
	for (unsigned i = 0; i < layout->n_externals && ret == 0; i++) {
		ret = external_check(layout, &layout->externals[i], &why);
	}
	return ret;
}
