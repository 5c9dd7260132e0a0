/* SPDX-License-Identifier: MIT */
#include "hid/devices/match.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 0.05

static bool is_built_in(const struct devices_output *output)
{
	static const char *const kinds[] = {"eDP", "LVDS", "DSI"};

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(output->name, kinds[i], strlen(kinds[i])) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_near(double screen_mm, int panel_mm)
{
	return panel_mm > 0 && fabs(screen_mm - panel_mm) <= TOLERANCE * panel_mm;
}

static bool size_matches(const struct match_screen *screen, const struct devices_output *output)
{
	return is_near(screen->width_mm, output->width_mm) &&
	       is_near(screen->height_mm, output->height_mm);
}

int match_output(const struct match_screen *screen, const struct devices_output *outputs,
		 unsigned n, const char **why)
{
	unsigned n_built_in = 0, n_size = 0;
	int built_in = -1, size = -1;

	for (unsigned i = 0; i < n; i++) {
		if (is_built_in(&outputs[i])) {
			built_in = (int)i;
			n_built_in++;
		}
		if (size_matches(screen, &outputs[i])) {
			size = (int)i;
			n_size++;
		}
	}
	if (!screen->is_plugged && n_built_in == 1) {
		*why = "both are built in";
		return built_in;
	}
	if (n_size == 1) {
		*why = "both have the same size";
		return size;
	}
	*why = n == 1 ? "it is the only one" : "nothing says which one is its own";
	return n == 1 ? 0 : -1;
}
