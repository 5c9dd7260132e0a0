/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tools/pvfront/display.h"
#include "tools/pvfront/front.h"
#include "tools/pvfront/hostile.h"
#include "tools/pvfront/input.h"
#include "tools/pvfront/options.h"
#include "tools/pvfront/pattern.h"
#include "tools/pvfront/report.h"
#include "tools/pvfront/show.h"
#include "tools/pvfront/toolstack.h"

struct program {
	struct front front;
	struct toolstack *toolstack; /* NULL: somebody else plays it */
	struct display display;
	struct event_log log;
	struct input inputs[FRONT_MAX_INPUTS];
	unsigned n_inputs;
};

static int write_ppm(const uint32_t *pixels, struct size size)
{
	printf("P6\n%u %u\n255\n", size.width, size.height);
	for (size_t i = 0; i < (size_t)size.width * size.height; i++) {
		const uint8_t rgb[] = {(uint8_t)(pixels[i] >> 16), (uint8_t)(pixels[i] >> 8),
				       (uint8_t)pixels[i]};

		fwrite(rgb, 1, sizeof(rgb), stdout);
	}
	return fflush(stdout) == 0 ? 0 : -errno;
}

/* "CONNECTOR:FRAME" */
static bool parse_numbers(const char *text, struct pattern *pattern)
{
	size_t len = strcspn(text, ":");
	uint64_t connector, frame;

	if (text[len] == '\0' || parse_uint(text, len, UINT32_MAX, &connector) < 0 ||
	    parse_uint(text + len + 1, strlen(text + len + 1), UINT32_MAX, &frame) < 0) {
		return false;
	}
	pattern->connector = (uint32_t)connector;
	pattern->frame = (uint32_t)frame;
	return true;
}

static int print_picture(const struct options *options)
{
	struct pattern pattern = {.nonce = options->nonce};
	struct size size;
	const char *rest = size_parse(options->picture, ':', &size);
	uint32_t *pixels;
	int ret;

	if (!rest || !parse_numbers(rest, &pattern) || size.width == 0 || size.height == 0) {
		fprintf(stderr, "pvfront: --picture=%s is not WxH:CONNECTOR:FRAME\n",
			options->picture);
		return 2;
	}
	pixels = xcalloc((size_t)size.width * size.height, sizeof(*pixels));
	pattern_draw(pixels, size.width, size.width, size.height, &pattern);
	ret = write_ppm(pixels, size);
	free(pixels);
	return ret < 0 ? 1 : 0;
}

static int report(struct program *program)
{
	const char *path = program->front.options->report;

	program->front.report_wanted = false;
	if (!path) {
		return 0;
	}
	return report_write(path, &program->front, &program->display, program->inputs,
			    program->n_inputs);
}

static void idle(void *data)
{
	struct program *program = data;

	if (program->front.report_wanted) {
		(void)report(program);
	}
}

static bool never(void *data)
{
	idle(data);
	return false;
}

/* The domain's number: as it said to be on the loopback, else as the store says. */
static uint32_t own_domid(const struct front *front)
{
	const char *colon = strchr(front->options->xen, ':');

	return colon ? (uint32_t)strtoul(colon + 1, NULL, 10) :
		       (uint32_t)store_number(front, "domid", 0);
}

static int connect_inputs(struct program *program)
{
	int ret = 0;

	for (unsigned i = 0; i < FRONT_MAX_INPUTS && program->front.options->inputs; i++) {
		struct input *input = &program->inputs[program->n_inputs];

		ret = input_init(input, &program->front, i);
		if (ret == -EBUSY) {
			log_info(LOG_ADMIN, "keyboard %u belongs to another driver of this domain",
				 i);
			continue;
		}
		if (ret < 0) {
			return ret == -ENOENT ? 0 : ret;
		}
		program->n_inputs++;
		ret = input_connect(input);
		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}

/* As xl create, which lets the guest run when its display's backend is there and gives up after 10 s. */
static int wait_for_backend(struct program *program)
{
	int ret = bus_wait(&program->display.bus, 1u << BUS_INIT_WAIT, 10 * NSEC_PER_SEC);

	if (ret == -ETIMEDOUT) {
		log_error(LOG_ADMIN,
			  "no backend for the display within 10 s: does vitrine-broker run?");
	}
	return ret;
}

static int run(struct program *program)
{
	const struct options *options = program->front.options;
	struct display *display = &program->display;
	int ret = program->toolstack ? wait_for_backend(program) : 0;

	if (ret == 0) {
		ret = connect_inputs(program);
	}
	if (ret == 0) {
		ret = display_connect(display);
	}
	if (ret == 0) {
		log_info(LOG_US, "connected: domain %u, %u connectors, %u keyboards",
			 program->front.domid, display->n_connectors, program->n_inputs);
		ret = show_start(display);
	}
	if (ret == 0 && options->hostile) {
		return hostile_run(display, options->hostile, options->hostile_seconds);
	}
	if (ret == 0) {
		ret = show_run(display, idle, program);
	}
	if (ret == 0 && options->stay && !program->front.stop) {
		ret = front_wait(&program->front, never, program, UINT64_MAX);
	}
	return ret;
}

static int serve(struct program *program, const struct options *options)
{
	int ret = front_init(&program->front, options);

	if (ret < 0) {
		return ret;
	}
	program->front.log = &program->log;
	program->front.display = &program->display;
	program->front.domid = own_domid(&program->front);
	if (options->toolstack) {
		ret = toolstack_create(&program->toolstack, options->xen, program->front.domid,
				       options);
	}
	if (ret == 0) {
		ret = display_init(&program->display, &program->front);
	}
	if (ret < 0) {
		return ret;
	}
	ret = run(program);
	for (unsigned i = 0; i < program->n_inputs; i++) {
		input_take_events(&program->inputs[i]);
	}
	/* A signal is the way to end. */
	return ret == -EINTR ? 0 : ret;
}

static void finish(struct program *program)
{
	for (unsigned i = 0; i < program->n_inputs; i++) {
		input_finish(&program->inputs[i]);
	}
	if (program->display.front) {
		display_finish(&program->display);
	}
	event_log_finish(&program->log);
	front_finish(&program->front);
}

int main(int argc, char **argv)
{
	struct program program = {0};
	struct options options;
	int status = options_parse(&options, argc, argv);
	int ret;

	log_init("pvfront", LOG_LEVEL_INFO);
	if (status >= 0) {
		return status;
	}
	if (options.list_hostile) {
		hostile_list(stdout);
		return 0;
	}
	if (options.picture) {
		return print_picture(&options);
	}
	if (options.hostile && !hostile_names_valid(options.hostile)) {
		fprintf(stderr, "pvfront: --hostile=%s: see --hostile=list\n", options.hostile);
		return 2;
	}
	ret = serve(&program, &options);
	if (program.display.front && report(&program) < 0) {
		ret = -EIO;
	}
	if (program.toolstack && toolstack_destroy(program.toolstack) < 0 && ret == 0) {
		ret = -ETIMEDOUT;
	}
	finish(&program);
	return ret < 0 ? 1 : 0;
}
