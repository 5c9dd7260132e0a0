/* SPDX-License-Identifier: MIT */
#include "compositor/output/kms/edid.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 128
#define MAKER_AT 8
#define PRODUCT_AT 10
#define SERIAL_AT 12
#define SIZE_CM_AT 21
#define DESCRIPTORS_AT 54
#define DESCRIPTORS 4
#define DESCRIPTOR 18
#define TEXT_AT 5 /* in a descriptor */
#define TEXT 13
#define TAG_SERIAL 0xff
#define TAG_NAME 0xfc

static bool is_edid(const uint8_t *bytes, size_t size)
{
	static const uint8_t header[8] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
	uint8_t sum = 0;

	if (size < BLOCK || memcmp(bytes, header, sizeof(header)) != 0) {
		return false;
	}
	for (unsigned i = 0; i < BLOCK; i++) {
		sum = (uint8_t)(sum + bytes[i]);
	}
	return sum == 0;
}

/* Three letters of five bits each; 1 is A. */
static void take_maker(const uint8_t *bytes, struct output_identity *out)
{
	unsigned packed = (unsigned)bytes[MAKER_AT] << 8 | bytes[MAKER_AT + 1];
	char name[4] = {0};

	for (unsigned i = 0; i < 3; i++) {
		unsigned letter = packed >> (10 - 5 * i) & 0x1f;

		if (letter < 1 || letter > 26) {
			return;
		}
		name[i] = (char)('A' + letter - 1);
	}
	memcpy(out->make, name, sizeof(name));
}

/* Ends at a line feed; what is not printable is left out, and so are blanks at the ends. */
static void take_text(const uint8_t *descriptor, char out[16])
{
	unsigned n = 0;

	for (unsigned i = 0; i < TEXT && descriptor[TEXT_AT + i] != '\n'; i++) {
		uint8_t c = descriptor[TEXT_AT + i];

		if (c > ' ' && c < 0x7f) {
			out[n++] = (char)c;
		} else if (c == ' ' && n > 0) {
			out[n++] = ' ';
		}
	}
	while (n > 0 && out[n - 1] == ' ') {
		n--;
	}
	out[n] = '\0';
}

/* A descriptor that begins with two zeros is a text, not a timing. */
static void take_descriptor(const uint8_t *descriptor, struct output_identity *out)
{
	if (descriptor[0] == 0 && descriptor[1] == 0) {
		if (descriptor[3] == TAG_NAME) {
			take_text(descriptor, out->model);
		} else if (descriptor[3] == TAG_SERIAL) {
			take_text(descriptor, out->serial);
		}
	}
}

static void take_size(const uint8_t *bytes, struct output_identity *out)
{
	/* One of them alone is an aspect ratio: a projector. */
	if (bytes[SIZE_CM_AT] && bytes[SIZE_CM_AT + 1]) {
		out->width_mm = bytes[SIZE_CM_AT] * 10;
		out->height_mm = bytes[SIZE_CM_AT + 1] * 10;
	}
}

/* Those without a text have numbers. */
static void take_numbers(const uint8_t *bytes, struct output_identity *out)
{
	unsigned product = bytes[PRODUCT_AT] | (unsigned)bytes[PRODUCT_AT + 1] << 8;
	uint32_t serial = 0;

	for (unsigned i = 0; i < 4; i++) {
		serial |= (uint32_t)bytes[SERIAL_AT + i] << (8 * i);
	}
	if (!out->model[0]) {
		snprintf(out->model, sizeof(out->model), "0x%04X", product);
	}
	if (!out->serial[0] && serial) {
		snprintf(out->serial, sizeof(out->serial), "0x%08X", (unsigned)serial);
	}
}

int edid_parse(const uint8_t *untrusted_edid, size_t size, struct output_identity *out)
{
	*out = (struct output_identity){0};
	if (!is_edid(untrusted_edid, size)) {
		return -EINVAL;
	}
	take_maker(untrusted_edid, out);
	take_size(untrusted_edid, out);
	for (unsigned i = 0; i < DESCRIPTORS; i++) {
		take_descriptor(untrusted_edid + DESCRIPTORS_AT + i * DESCRIPTOR, out);
	}
	take_numbers(untrusted_edid, out);
	return 0;
}
