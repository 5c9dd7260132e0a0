/* SPDX-License-Identifier: MIT */
#include "compositor/output/headless/headless_spec.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

static int refuse(const char *part, size_t len, const char *why)
{
	log_error(LOG_ADMIN, "headless monitor \"%.*s\": %s, as in 1920x1080@60,1280x1024+overlay",
		  (int)MIN(len, 64), part, why);
	return -EINVAL;
}

/* A number from 1 to max, whole text. */
static int number_parse(const char *text, size_t len, uint64_t max, int *out)
{
	uint64_t value;
	int ret = parse_uint(text, len, max, &value);

	if (ret < 0 || value == 0) {
		return ret < 0 ? ret : -ERANGE;
	}
	*out = (int)value;
	return 0;
}

static int size_parse(const char *part, size_t len, struct headless_mode *mode)
{
	const char *end = part + len;
	const char *x = memchr(part, 'x', len);
	const char *at = memchr(part, '@', len);
	const char *size_end = at ? at : end;

	if (!x || x > size_end) {
		return refuse(part, len, "not WIDTHxHEIGHT or WIDTHxHEIGHT@HZ");
	}
	if (number_parse(part, (size_t)(x - part), HEADLESS_MAX_PX, &mode->width) < 0) {
		return refuse(part, len, "its width is not a number from 1 to 8192");
	}
	if (number_parse(x + 1, (size_t)(size_end - x - 1), HEADLESS_MAX_PX, &mode->height) < 0) {
		return refuse(part, len, "its height is not a number from 1 to 8192");
	}
	mode->refresh_hz = HEADLESS_DEFAULT_HZ;
	if (at &&
	    number_parse(at + 1, (size_t)(end - at - 1), HEADLESS_MAX_HZ, &mode->refresh_hz) < 0) {
		return refuse(part, len, "its rate is not a number from 1 to 500");
	}
	return 0;
}

static bool is_word(const char *part, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(part, word, len) == 0;
}

static int plane_parse(const char *part, size_t len, struct headless_plane *plane)
{
	static const char cursor[] = "cursor:";
	size_t skip = sizeof(cursor) - 1;

	*plane = (struct headless_plane){.kind = OUTPUT_PLANE_OVERLAY};
	if (is_word(part, len, "overlay")) {
		return 0;
	}
	if (is_word(part, len, "overlay:scale")) {
		plane->can_scale = true;
		return 0;
	}
	plane->kind = OUTPUT_PLANE_CURSOR;
	if (len > skip && memcmp(part, cursor, skip) == 0 &&
	    number_parse(part + skip, len - skip, HEADLESS_MAX_CURSOR, &plane->size) == 0) {
		return 0;
	}
	return refuse(part, len, "not overlay, overlay:scale, cursor:SIZE or memory");
}

static int planes_parse(const char *part, size_t len, struct headless_mode *mode)
{
	const char *end = part + len;

	while (part < end) {
		size_t n;

		part++; /* the plus */
		n = strcspn(part, "+,");
		if (is_word(part, n, "memory")) {
			mode->planes_read_memory = true;
		} else if (mode->n_planes == OUTPUT_MAX_PLANES) {
			return refuse(part, n, "more than 8 planes");
		} else if (plane_parse(part, n, &mode->planes[mode->n_planes++]) < 0) {
			return -EINVAL;
		}
		part += n;
	}
	return 0;
}

static int mode_parse(const char *part, size_t len, struct headless_mode *mode)
{
	const char *plus = memchr(part, '+', len);
	size_t size_len = plus ? (size_t)(plus - part) : len;
	int ret = size_parse(part, size_len, mode);

	return ret < 0 ? ret : planes_parse(part + size_len, len - size_len, mode);
}

int headless_spec_parse(const char *text, struct headless_spec *out)
{
	*out = (struct headless_spec){0};
	for (;;) {
		size_t len = strcspn(text, ",");

		if (out->n_modes == HEADLESS_MAX_OUTPUTS) {
			return refuse(text, len, "more than 16 monitors");
		}
		if (mode_parse(text, len, &out->modes[out->n_modes]) < 0) {
			return -EINVAL;
		}
		out->n_modes++;
		if (!text[len]) {
			return 0;
		}
		text += len + 1;
	}
}
