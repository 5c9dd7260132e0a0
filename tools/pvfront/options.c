/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PIXELS 16384u /* so that a picture has less than 2^32 bytes */

static const char usage[] =
	"usage: pvfront [OPTION]...\n"
	"\n"
	"A PV display and keyboard frontend in user space: draws numbered frames, says what input came.\n"
	"Inside a domU it takes the devices that no driver has; on the loopback it can play toolstack.\n"
	"\n"
	"  --xen=real                 the domU that this runs in (default)\n"
	"  --xen=loopback:DOMID:PATH  domain DOMID at the vitrine-loopback that listens on PATH\n"
	"  --frames=N                 frames to draw on each connector, then end (default: no end)\n"
	"  --stay                     after the last frame keep it shown and take input until a signal\n"
	"  --fps=N                    frames a second at most (default 60)\n"
	"  --nonce=HEX                what the pictures are made of (default 1)\n"
	"  --buffers=N                framebuffers of each connector, 2 to 4 (default 2)\n"
	"  --no-flip[=I,J,...]        draw in place, without page flips; all connectors or these\n"
	"  --no-input                 leave the keyboards alone\n"
	"  --report=FILE              write as JSON what was drawn and received, at the end and on SIGUSR1\n"
	"  --hostile=NAME,...         when connected do harm; --hostile=list names all, all does them\n"
	"  --hostile-seconds=N        how long a flood takes (default 2)\n"
	"  --picture=WxH:CONNECTOR:FRAME  write the picture with the nonce to stdout as PPM and end\n"
	"\n"
	"loopback only:\n"
	"  --toolstack                create and destroy domain and devices as xl does, with:\n"
	"  --name=NAME                the domain's name (default guest)\n"
	"  --connectors=WxH,...       connectors of the display (default 1024x768)\n"
	"  --be-alloc                 the backend allocates the buffers\n"
	"  --type=TYPE                of the domain: pv, pvh (default) or hvm\n"
	"  --inputs=KIND,...          keyboards, each abs, rel, abs+touch, rel+touch or none (default abs+touch)\n";

enum {
	OPT_XEN = 256,
	OPT_FRAMES,
	OPT_STAY,
	OPT_FPS,
	OPT_NONCE,
	OPT_BUFFERS,
	OPT_NO_FLIP,
	OPT_NO_INPUT,
	OPT_REPORT,
	OPT_HOSTILE,
	OPT_HOSTILE_SECONDS,
	OPT_PICTURE,
	OPT_TOOLSTACK,
	OPT_NAME,
	OPT_CONNECTORS,
	OPT_INPUTS,
	OPT_BE_ALLOC,
	OPT_TYPE,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"xen", required_argument, NULL, OPT_XEN},
	{"frames", required_argument, NULL, OPT_FRAMES},
	{"stay", no_argument, NULL, OPT_STAY},
	{"fps", required_argument, NULL, OPT_FPS},
	{"nonce", required_argument, NULL, OPT_NONCE},
	{"buffers", required_argument, NULL, OPT_BUFFERS},
	{"no-flip", optional_argument, NULL, OPT_NO_FLIP},
	{"no-input", no_argument, NULL, OPT_NO_INPUT},
	{"report", required_argument, NULL, OPT_REPORT},
	{"hostile", required_argument, NULL, OPT_HOSTILE},
	{"hostile-seconds", required_argument, NULL, OPT_HOSTILE_SECONDS},
	{"picture", required_argument, NULL, OPT_PICTURE},
	{"toolstack", no_argument, NULL, OPT_TOOLSTACK},
	{"name", required_argument, NULL, OPT_NAME},
	{"connectors", required_argument, NULL, OPT_CONNECTORS},
	{"inputs", required_argument, NULL, OPT_INPUTS},
	{"be-alloc", no_argument, NULL, OPT_BE_ALLOC},
	{"type", required_argument, NULL, OPT_TYPE},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static bool number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	return parse_uint(text, strlen(text), max, out) == 0 && *out >= min;
}

const char *size_parse(const char *text, char end, struct size *out)
{
	size_t w_len = strspn(text, "0123456789");
	size_t h_len = text[w_len] == 'x' ? strspn(text + w_len + 1, "0123456789") : 0;
	const char *rest = text + w_len + 1 + h_len;
	uint64_t w, h;

	if (h_len == 0 || (*rest != '\0' && *rest != end) ||
	    parse_uint(text, w_len, MAX_PIXELS, &w) < 0 ||
	    parse_uint(text + w_len + 1, h_len, MAX_PIXELS, &h) < 0) {
		return NULL;
	}
	*out = (struct size){.width = (uint32_t)w, .height = (uint32_t)h};
	return rest + (*rest == end);
}

static bool parse_connectors(struct options *o, const char *text)
{
	o->n_connectors = 0;
	while (text && *text && o->n_connectors < FRONT_MAX_CONNECTORS) {
		text = size_parse(text, ',', &o->connectors[o->n_connectors++]);
	}
	return text && *text == '\0' && o->n_connectors > 0;
}

static bool parse_inputs(struct options *o, const char *text)
{
	static const struct {
		const char *name;
		struct input_offer offer;
	} kinds[] = {
		{"abs", {.absolute = true}},
		{"rel", {.absolute = false}},
		{"abs+touch", {.absolute = true, .touch = true}},
		{"rel+touch", {.touch = true}},
	};

	o->n_offers = 0;
	if (strcmp(text, "none") == 0) {
		return true;
	}
	for (;;) {
		size_t len = strcspn(text, ",");
		size_t i = 0;

		while (i < ARRAY_SIZE(kinds) &&
		       (strlen(kinds[i].name) != len || strncmp(kinds[i].name, text, len) != 0)) {
			i++;
		}
		if (i == ARRAY_SIZE(kinds) || o->n_offers == FRONT_MAX_INPUTS) {
			return false;
		}
		o->offers[o->n_offers++] = kinds[i].offer;
		if (text[len] == '\0') {
			return true;
		}
		text += len + 1;
	}
}

static bool parse_no_flip(struct options *o, const char *text)
{
	if (!text) {
		o->no_flip = UINT32_MAX;
		return true;
	}
	for (;;) {
		size_t len = strcspn(text, ",");
		uint64_t index;

		if (parse_uint(text, len, FRONT_MAX_CONNECTORS - 1, &index) < 0) {
			return false;
		}
		o->no_flip |= 1u << index;
		if (text[len] == '\0') {
			return true;
		}
		text += len + 1;
	}
}

static bool parse_nonce(struct options *o, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > 16 || strspn(text, "0123456789abcdefABCDEF") != len) {
		return false;
	}
	o->nonce = strtoull(text, NULL, 16);
	return true;
}

static bool parse_number_option(struct options *o, int c, const char *text)
{
	uint64_t value = 0;
	bool ok = false;

	switch (c) {
	case OPT_FRAMES:
		return number(text, 1, UINT32_MAX, &o->frames);
	case OPT_FPS:
		ok = number(text, 1, 10000, &value);
		o->fps = (uint32_t)value;
		break;
	case OPT_HOSTILE_SECONDS:
		ok = number(text, 1, 3600, &value);
		o->hostile_seconds = (uint32_t)value;
		break;
	case OPT_BUFFERS:
		ok = number(text, 2, FRONT_MAX_BUFFERS, &value);
		o->n_buffers = (uint32_t)value;
		break;
	}
	return ok;
}

static bool parse_option(struct options *o, int c, const char *text)
{
	switch (c) {
	case OPT_XEN:
		o->xen = text;
		return true;
	case OPT_STAY:
		return o->stay = true;
	case OPT_NONCE:
		return parse_nonce(o, text);
	case OPT_NO_FLIP:
		return parse_no_flip(o, text);
	case OPT_NO_INPUT:
		o->inputs = false;
		return true;
	case OPT_REPORT:
		o->report = text;
		return true;
	case OPT_HOSTILE:
		o->list_hostile = strcmp(text, "list") == 0;
		o->hostile = text;
		return true;
	case OPT_PICTURE:
		o->picture = text;
		return true;
	case OPT_TOOLSTACK:
		return o->toolstack = true;
	case OPT_NAME:
		o->name = text;
		return guest_name_valid(text);
	case OPT_CONNECTORS:
		return parse_connectors(o, text);
	case OPT_INPUTS:
		return parse_inputs(o, text);
	case OPT_BE_ALLOC:
		return o->be_alloc = true;
	case OPT_TYPE:
		o->type = text;
		return strcmp(text, "pv") == 0 || strcmp(text, "pvh") == 0 ||
		       strcmp(text, "hvm") == 0;
	default:
		return parse_number_option(o, c, text);
	}
}

int options_parse(struct options *options, int argc, char **argv)
{
	int c, index = 0;

	*options = (struct options){
		.xen = "real",
		.name = "guest",
		.type = "pvh",
		.nonce = 1,
		.fps = 60,
		.hostile_seconds = 2,
		.n_buffers = 2,
		.inputs = true,
		.n_connectors = 1,
		.connectors = {{1024, 768}},
		.n_offers = 1,
		.offers = {{.absolute = true, .touch = true}},
	};
	while ((c = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		if (c == OPT_HELP) {
			fputs(usage, stdout);
			return 0;
		}
		if (c == '?') {
			fputs("see pvfront --help\n", stderr);
			return 2;
		}
		if (!parse_option(options, c, optarg)) {
			fprintf(stderr, "pvfront: --%s=%s makes no sense; see pvfront --help\n",
				long_options[index].name, optarg ? optarg : "");
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "pvfront: unexpected argument %s; see pvfront --help\n",
			argv[optind]);
		return 2;
	}
	if (options->toolstack && strcmp(options->xen, "real") == 0) {
		fputs("pvfront: --toolstack is for --xen=loopback:...; on Xen use xl create\n",
		      stderr);
		return 2;
	}
	return -1;
}
