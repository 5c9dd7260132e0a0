/* SPDX-License-Identifier: MIT */
/* The values that only input devices have, and guests as far as input goes. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/schema.h"
#include "config/settings.h"

#define MAX_CALIBRATION 100.0
/* What fits into a line. */
#define MAX_VALUE 200

static int refuse(char *why, const char *text, const char *form)
{
	snprintf(why, SCHEMA_WHY_SIZE, "%.60s is not %s", text, form);
	return -EINVAL;
}

/* An optional sign, digits and a point: nothing of what else strtod takes. */
static int number_parse(const char *text, double min, double max, double *out)
{
	const char *digits = text + (*text == '-');
	char *end;
	double value;

	if (!*digits || strspn(digits, "0123456789.") != strlen(digits) ||
	    strspn(digits, ".") == strlen(digits)) {
		return -EINVAL;
	}
	value = strtod(text, &end);
	if (*end || !(value >= min && value <= max)) {
		return -EINVAL;
	}
	*out = value;
	return 0;
}

static bool hex_parse(const char *text, size_t len, uint16_t *out)
{
	char digits[5] = "";

	if (len == 0 || len > 4 || strspn(text, "0123456789abcdefABCDEF") < len) {
		return false;
	}
	memcpy(digits, text, len);
	*out = (uint16_t)strtoul(digits, NULL, 16);
	return true;
}

int device_set_id(void *object, const char *text, char *why)
{
	struct device_policy *policy = object;
	const char *colon = strchr(text, ':');
	uint16_t vendor, product;

	if (!colon || !hex_parse(text, (size_t)(colon - text), &vendor) ||
	    !hex_parse(colon + 1, strlen(colon + 1), &product)) {
		return refuse(why, text, "VENDOR:PRODUCT in hexadecimal digits, such as 046d:c31c");
	}
	policy->vendor = vendor;
	policy->product = product;
	policy->has_id = true;
	return 0;
}

static int guests_parse(struct device_guests *guests, const char *text, char *why)
{
	struct device_guests found = {0};
	char copy[MAX_VALUE], *save = NULL;

	if (strlen(text) >= sizeof(copy)) {
		return refuse(why, text, "as short as a line");
	}
	strcpy(copy, text);
	for (char *word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		if (!guest_name_valid(word)) {
			return refuse(why, word, "a guest's name");
		}
		if (found.n == DEVICE_MAX_NAMED) {
			snprintf(why, SCHEMA_WHY_SIZE, "more than %d guests", DEVICE_MAX_NAMED);
			return -EINVAL;
		}
		strcpy(found.names[found.n++], word);
	}
	if (found.n == 0) {
		snprintf(why, SCHEMA_WHY_SIZE,
			 "no guest at all; a device for nobody is disabled = yes");
		return -EINVAL;
	}
	*guests = found;
	return 0;
}

int device_set_guests(void *object, const char *text, char *why)
{
	struct device_policy *policy = object;

	return guests_parse(&policy->guests, text, why);
}

int device_set_not_guests(void *object, const char *text, char *why)
{
	struct device_policy *policy = object;

	return guests_parse(&policy->not_guests, text, why);
}

int device_set_reserves(void *object, const char *text, char *why)
{
	struct device_policy *policy = object;

	return guests_parse(&policy->reserves, text, why);
}

int device_set_speed(void *object, const char *text, char *why)
{
	struct device_policy *policy = object;

	if (number_parse(text, -1, 1, &policy->speed) < 0) {
		return refuse(why, text, "a number from -1 to 1");
	}
	policy->has_speed = true;
	return 0;
}

/* Six numbers with blanks between them. */
static int matrix_parse(const char *text, float *matrix)
{
	char copy[MAX_VALUE], *save = NULL;
	unsigned n = 0;

	if (strlen(text) >= sizeof(copy)) {
		return -EINVAL;
	}
	strcpy(copy, text);
	for (char *word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		double value;

		if (n == 6 || number_parse(word, -MAX_CALIBRATION, MAX_CALIBRATION, &value) < 0) {
			return -EINVAL;
		}
		matrix[n++] = (float)value;
	}
	/* One that makes a line or a point of the whole surface is none. */
	return n == 6 && fabsf(matrix[0] * matrix[4] - matrix[1] * matrix[3]) > 1e-6F ? 0 : -EINVAL;
}

int device_set_calibration(void *object, const char *text, char *why)
{
	static const struct {
		const char *name;
		float matrix[6];
	} turns[] = {
		{"identity", {1, 0, 0, 0, 1, 0}},
		{"90", {0, -1, 1, 1, 0, 0}},
		{"180", {-1, 0, 1, 0, -1, 1}},
		{"270", {0, 1, 0, -1, 0, 1}},
	};
	struct device_policy *policy = object;
	float matrix[6];
	int ret = matrix_parse(text, matrix);

	for (unsigned i = 0; i < ARRAY_SIZE(turns); i++) {
		if (strcmp(text, turns[i].name) == 0) {
			memcpy(matrix, turns[i].matrix, sizeof(matrix));
			ret = 0;
		}
	}
	if (ret < 0) {
		return refuse(
			why, text,
			"identity, 90, 180, 270 or the six numbers of a matrix that can be undone");
	}
	memcpy(policy->calibration, matrix, sizeof(matrix));
	policy->has_calibration = true;
	return 0;
}

int guest_set_pointer_speed(void *object, const char *text, char *why)
{
	struct settings_guest *guest = object;

	return number_parse(text, 0.1, 10, &guest->pointer_speed) < 0 ?
		       refuse(why, text, "a number from 0.1 to 10") :
		       0;
}
