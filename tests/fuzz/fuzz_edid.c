/* SPDX-License-Identifier: MIT */
/* A monitor's EDID: nothing is read beyond it, and no text that comes of it could be anything but a text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/output/kms/edid.h"

#define BLOCK 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	if (length == size) {
		abort();
	}
	for (size_t i = 0; i < length; i++) {
		if (text[i] < ' ' || text[i] > '~') {
			abort();
		}
	}
	if (length && (text[0] == ' ' || text[length - 1] == ' ')) {
		abort();
	}
}

static void check(const uint8_t *bytes, size_t size)
{
	struct output_identity who;

	if (edid_parse(bytes, size, &who) < 0 && (who.make[0] || who.model[0] || who.serial[0])) {
		abort();
	}
	check_text(who.make, sizeof(who.make));
	check_text(who.model, sizeof(who.model));
	check_text(who.serial, sizeof(who.serial));
	if (who.width_mm < 0 || who.width_mm > 2550 || who.height_mm < 0 || who.height_mm > 2550) {
		abort();
	}
}

/* As it is, and with a header and a sum that let it in. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1), total = 0;

	if (!copy) {
		return 0;
	}
	memcpy(copy, data, size);
	check(copy, size);
	if (size >= BLOCK) {
		memcpy(copy, "\0\xff\xff\xff\xff\xff\xff", 8);
		for (unsigned i = 0; i < BLOCK - 1; i++) {
			total = (uint8_t)(total + copy[i]);
		}
		copy[BLOCK - 1] = (uint8_t)-total;
		check(copy, size);
	}
	free(copy);
	return 0;
}
