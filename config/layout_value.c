/* SPDX-License-Identifier: MIT */
/* The values that only layouts have: what a region shows, where it is, how a monitor stands. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compositor/scene/layout.h"
#include "config/schema.h"

#define MAX_TOKENS 64
#define MAX_POSITION 65535
#define MAX_SIDE 16384
#define MAX_RATE_MHZ 1000000 /* 1000 Hz in mHz */

struct tokens {
	char text[512];
	char *at[MAX_TOKENS];
	unsigned n;
};

static const char *const show_names[] = {"front", "guest", "mosaic", "nothing", NULL};
static const char *const fit_names[] = {"centre", "integer", "scale", NULL};

static int refuse(char *why, const char *text, const char *form)
{
	snprintf(why, SCHEMA_WHY_SIZE, "%.60s is not %s", text, form);
	return -EINVAL;
}

static int choose(const char *text, const char *const *names, char *why)
{
	for (int i = 0; names[i]; i++) {
		if (strcmp(text, names[i]) == 0) {
			return i;
		}
	}
	return value_refuse_choice(text, names, why);
}

/* Words between blanks. -EINVAL when they are too many, or too long for a line that inih passes on. */
static int tokens_split(struct tokens *tokens, const char *text, const char *blanks)
{
	char *save = NULL;

	if (strlen(text) >= sizeof(tokens->text)) {
		return -EINVAL;
	}
	strcpy(tokens->text, text);
	tokens->n = 0;
	for (char *word = strtok_r(tokens->text, blanks, &save); word;
	     word = strtok_r(NULL, blanks, &save)) {
		if (tokens->n == MAX_TOKENS) {
			return -EINVAL;
		}
		tokens->at[tokens->n++] = word;
	}
	return 0;
}

/* ---- layouts ---- */

int layout_set_reachable(void *object, const char *text, char *why)
{
	struct layout *layout = object;
	struct tokens tokens;

	if (tokens_split(&tokens, text, " \t") < 0 || tokens.n > ARRAY_SIZE(layout->reachable)) {
		snprintf(why, SCHEMA_WHY_SIZE, "more than %zu guests",
			 ARRAY_SIZE(layout->reachable));
		return -EINVAL;
	}
	if (tokens.n == 0) {
		/* An empty list is how a layout says that it shuts nobody out. */
		snprintf(why, SCHEMA_WHY_SIZE, "no guest at all");
		return -EINVAL;
	}
	for (unsigned i = 0; i < tokens.n; i++) {
		if (!guest_name_valid(tokens.at[i])) {
			return refuse(why, tokens.at[i], "a guest's name");
		}
	}
	layout->n_reachable = tokens.n;
	for (unsigned i = 0; i < tokens.n; i++) {
		strcpy(layout->reachable[i], tokens.at[i]);
	}
	return 0;
}

/* ---- monitors ---- */

static int position_parse(const char *text, size_t len, int *out)
{
	bool is_negative = len > 0 && *text == '-';
	uint64_t value;

	if (parse_uint(text + is_negative, len - is_negative, MAX_POSITION, &value) < 0) {
		return -EINVAL;
	}
	*out = is_negative ? -(int)value : (int)value;
	return 0;
}

static int place_at(struct layout_place *place, const char *text, char *why)
{
	const char *comma = strchr(text, ',');
	int x, y;

	if (!comma || position_parse(text, (size_t)(comma - text), &x) < 0 ||
	    position_parse(comma + 1, strlen(comma + 1), &y) < 0) {
		return refuse(why, text,
			      "auto, X,Y or right-of, left-of, above or below a CONNECTOR");
	}
	*place = (struct layout_place){.has_position = true, .x = x, .y = y};
	return 0;
}

static int set_place(struct layout_place *place, const char *text, char *why)
{
	/* In the order of enum layout_side. */
	static const char *const sides[] = {"auto", "right-of", "left-of", "above", "below", NULL};
	struct tokens tokens;
	int side;

	if (tokens_split(&tokens, text, " \t") < 0 || tokens.n == 0 || tokens.n > 2) {
		return refuse(why, text, "auto, X,Y or a side and a CONNECTOR");
	}
	if (tokens.n == 1 && strcmp(tokens.at[0], "auto") != 0) {
		return place_at(place, tokens.at[0], why);
	}
	side = choose(tokens.at[0], sides, why);
	if (side < 0) {
		return side;
	}
	if ((side == LAYOUT_AUTO) != (tokens.n == 1) ||
	    (tokens.n == 2 && strlen(tokens.at[1]) >= sizeof(place->beside))) {
		return refuse(why, text, "auto, X,Y or a side and a CONNECTOR");
	}
	*place = (struct layout_place){.side = (enum layout_side)side};
	strcpy(place->beside, tokens.n == 2 ? tokens.at[1] : "");
	return 0;
}

int layout_set_place(void *object, const char *text, char *why)
{
	return set_place(&((struct layout_output *)object)->place, text, why);
}

int layout_set_walls(void *object, const char *text, char *why)
{
	/* In the order of the bits of enum layout_wall. */
	static const char *const edges[] = {"left", "right", "top", "bottom", NULL};
	struct layout_output *output = object;
	struct tokens tokens;
	unsigned walls = 0;

	if (tokens_split(&tokens, text, " \t,") < 0 || tokens.n == 0) {
		return refuse(why, text, "none, or left, right, top and bottom");
	}
	if (tokens.n == 1 && strcmp(tokens.at[0], "none") == 0) {
		tokens.n = 0;
	}
	for (unsigned i = 0; i < tokens.n; i++) {
		int edge = choose(tokens.at[i], edges, why);

		if (edge < 0) {
			return edge;
		}
		walls |= 1u << edge;
	}
	output->walls = walls;
	return 0;
}

int layout_set_mode(void *object, const char *text, char *why)
{
	struct layout_output *output = object;
	size_t size_len = strcspn(text, "@"), width_len = strcspn(text, "x");
	uint64_t width = 0, height = 0;
	int64_t mhz = 0;

	if (strcmp(text, "auto") != 0 &&
	    (width_len >= size_len || parse_uint(text, width_len, MAX_SIDE, &width) < 0 ||
	     parse_uint(text + width_len + 1, size_len - width_len - 1, MAX_SIDE, &height) < 0 ||
	     width == 0 || height == 0 ||
	     (text[size_len] && (value_thousandths(text + size_len + 1, strlen(text + size_len + 1),
						   MAX_RATE_MHZ, &mhz) < 0 ||
				 mhz < 1000)))) {
		return refuse(why, text, "auto, or WIDTHxHEIGHT or WIDTHxHEIGHT@HERTZ");
	}
	output->width = (int)width;
	output->height = (int)height;
	output->refresh_mhz = (int)mhz;
	return 0;
}

int layout_set_transform(void *object, const char *text, char *why)
{
	struct layout_output *output = object;
	const char *names[TRANSFORMS + 1] = {0};

	if (transform_parse(text, &output->transform) == 0) {
		return 0;
	}
	for (int i = 0; i < TRANSFORMS; i++) {
		names[i] = transform_name((enum transform)i);
	}
	return value_refuse_choice(text, names, why);
}

int layout_set_output_scale(void *object, const char *text, char *why)
{
	struct layout_output *output = object;
	int64_t thousandths;

	if (value_thousandths(text, strlen(text), 4000, &thousandths) < 0 || thousandths < 500) {
		return refuse(why, text, "a number from 0.5 to 4");
	}
	output->scale = (double)thousandths / 1000;
	return 0;
}

int layout_set_mark(void *object, const char *text, char *why)
{
	static const char *const names[] = {"full", "none", NULL};
	struct layout_output *output = object;
	int index = choose(text, names, why);

	if (index < 0) {
		return index;
	}
	output->is_unmarked = index == 1;
	return 0;
}

/* ---- monitors of guests ---- */

int layout_set_external_place(void *object, const char *text, char *why)
{
	return set_place(&((struct layout_external *)object)->place, text, why);
}

int layout_set_external_size(void *object, const char *text, char *why)
{
	struct layout_external *external = object;
	size_t width_len = strcspn(text, "x"), len = strlen(text);
	uint64_t width, height;

	if (width_len >= len || parse_uint(text, width_len, MAX_SIDE, &width) < 0 ||
	    parse_uint(text + width_len + 1, len - width_len - 1, MAX_SIDE, &height) < 0 ||
	    width == 0 || height == 0) {
		return refuse(why, text, "WIDTHxHEIGHT");
	}
	external->width = (int)width;
	external->height = (int)height;
	return 0;
}

/* ---- what is shown ---- */

static int shows_head(struct layout_region *region, char **words, unsigned n, char *why)
{
	uint64_t head;

	if (n == 0) {
		region->head = region->shows == LAYOUT_FRONT ? -1 : 0;
		return 0;
	}
	if (n != 2 || strcmp(words[0], "head") != 0 ||
	    parse_uint(words[1], strlen(words[1]), 15, &head) < 0) {
		return refuse(why, words[0], "head N, with N from 0 to 15");
	}
	region->head = (int)head;
	return 0;
}

/* "front", "front head 1", "guest work", "guest work head 1", "mosaic", "nothing" */
static int shows_words(struct layout_region *out, char **words, unsigned n, char *why)
{
	struct layout_region region = *out;
	int shows = n > 0 ? choose(words[0], show_names, why) :
			    refuse(why, "nothing at all", "what to show");
	unsigned used = 1;

	if (shows < 0) {
		return shows;
	}
	region.shows = (enum layout_shows)shows;
	region.guest[0] = '\0';
	if (region.shows == LAYOUT_GUEST) {
		if (n < 2 || !guest_name_valid(words[1])) {
			return refuse(why, n < 2 ? "guest" : words[1], "guest and a guest's name");
		}
		strcpy(region.guest, words[1]);
		used = 2;
	}
	if (n > used && region.shows != LAYOUT_GUEST && region.shows != LAYOUT_FRONT) {
		return refuse(why, words[used], "the end of the line, where it should be");
	}
	if (shows_head(&region, words + used, n - used, why) < 0) {
		return -EINVAL;
	}
	*out = region;
	return 0;
}

int layout_set_region_shows(void *object, const char *text, char *why)
{
	struct tokens tokens;

	if (tokens_split(&tokens, text, " \t") < 0) {
		return refuse(why, text, "what a region can show");
	}
	return shows_words(object, tokens.at, tokens.n, why);
}

/* Equal parts side by side or one above the other, between words "|". */
static int set_parts(struct layout_output *output, const char *text, bool is_row, char *why)
{
	struct layout_region regions[LAYOUT_MAX_REGIONS] = {0};
	struct tokens tokens;
	unsigned n = 0, start = 0;

	if (tokens_split(&tokens, text, " \t") < 0) {
		return refuse(why, text, "short enough");
	}
	for (unsigned i = 0; i <= tokens.n; i++) {
		if (i < tokens.n && strcmp(tokens.at[i], "|") != 0) {
			continue;
		}
		if (n == LAYOUT_MAX_REGIONS) {
			return refuse(why, text, "at most 16 parts");
		}
		if (shows_words(&regions[n++], tokens.at + start, i - start, why) < 0) {
			return -EINVAL;
		}
		start = i + 1;
	}
	for (unsigned i = 0; i < n; i++) {
		/* One's end is the next one's beginning, to the bit. */
		double from = (double)i / n, to = (double)(i + 1) / n;

		regions[i].x = is_row ? 0 : from;
		regions[i].w = is_row ? 1 : to - from;
		regions[i].y = is_row ? from : 0;
		regions[i].h = is_row ? to - from : 1;
	}
	memcpy(output->regions, regions, sizeof(regions));
	output->n_regions = n;
	return 0;
}

int layout_set_columns(void *output, const char *text, char *why)
{
	return set_parts(output, text, false, why);
}

int layout_set_rows(void *output, const char *text, char *why)
{
	return set_parts(output, text, true, why);
}

int layout_set_output_shows(void *output, const char *text, char *why)
{
	if (strchr(text, '|')) {
		return refuse(why, text, "one thing; columns and rows take several");
	}
	return set_parts(output, text, false, why);
}

static int fit_of(const char *text, enum layout_fit *out, char *why)
{
	int index = choose(text, fit_names, why);

	if (index < 0) {
		return index;
	}
	*out = (enum layout_fit)index;
	return 0;
}

/* Of all that the monitor shows; comes after what says what that is. */
int layout_set_output_fit(void *object, const char *text, char *why)
{
	struct layout_output *output = object;
	enum layout_fit fit;

	if (fit_of(text, &fit, why) < 0) {
		return -EINVAL;
	}
	if (output->n_regions == 0) {
		output->regions[0] = (struct layout_region){.w = 1, .h = 1, .head = -1};
		output->n_regions = 1;
	}
	for (unsigned i = 0; i < output->n_regions; i++) {
		output->regions[i].fit = fit;
	}
	return 0;
}

/* ---- where ---- */

static int area_by_name(const struct tokens *tokens, struct layout_region *out)
{
	static const struct {
		const char *side, *part;
		double x, y, w, h;
	} areas[] = {
		{"left", "half", 0, 0, 0.5, 1},
		{"right", "half", 0.5, 0, 0.5, 1},
		{"top", "half", 0, 0, 1, 0.5},
		{"bottom", "half", 0, 0.5, 1, 0.5},
		{"top-left", "quarter", 0, 0, 0.5, 0.5},
		{"top-right", "quarter", 0.5, 0, 0.5, 0.5},
		{"bottom-left", "quarter", 0, 0.5, 0.5, 0.5},
		{"bottom-right", "quarter", 0.5, 0.5, 0.5, 0.5},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(areas) && tokens->n == 2; i++) {
		if (strcmp(tokens->at[0], areas[i].side) == 0 &&
		    strcmp(tokens->at[1], areas[i].part) == 0) {
			out->x = areas[i].x;
			out->y = areas[i].y;
			out->w = areas[i].w;
			out->h = areas[i].h;
			return 0;
		}
	}
	return -EINVAL;
}

static int area_by_percent(const struct tokens *tokens, struct layout_region *out)
{
	int64_t value[4];

	if (tokens->n != ARRAY_SIZE(value)) {
		return -EINVAL;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(value); i++) {
		if (value_thousandths(tokens->at[i], strlen(tokens->at[i]), 100000, &value[i]) < 0) {
			return -EINVAL;
		}
	}
	if (value[2] == 0 || value[3] == 0 || value[0] + value[2] > 100000 ||
	    value[1] + value[3] > 100000) {
		return -EINVAL;
	}
	out->x = (double)value[0] / 100000;
	out->y = (double)value[1] / 100000;
	/* By the far edges, so that neighbours meet. */
	out->w = (double)(value[0] + value[2]) / 100000 - out->x;
	out->h = (double)(value[1] + value[3]) / 100000 - out->y;
	return 0;
}

int layout_set_area(void *object, const char *text, char *why)
{
	struct layout_region *region = object;
	struct tokens tokens;

	if (strcmp(text, "all") == 0) {
		region->x = region->y = 0;
		region->w = region->h = 1;
		return 0;
	}
	if (tokens_split(&tokens, text, " \t") < 0 ||
	    (area_by_name(&tokens, region) < 0 && area_by_percent(&tokens, region) < 0)) {
		return refuse(
			why, text,
			"all, left half (right, top, bottom), top-left quarter (...), or X Y W H in percent");
	}
	return 0;
}
