/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "build-config.h"

/* Room above the base for a uid of each guest, below those that mean something else. */
#define MAX_UID_BASE 4294900000u

static const char usage[] =
	"vitrine-broker: gives Xen guests' displays and keyboards to the display server\n"
	"\n"
	"  --runtime-dir=DIR       where broker.sock is and broker.stats goes (/run/vitrine)\n"
	"  --worker=FILE           the program to run for each guest (" VITRINE_LIBEXECDIR
	"/vitrine-pv)\n"
	"  --worker-uid-base=UID   first of the uids that workers run under (61000)\n"
	"  --map-pages=N           pages of guests that the server may have mapped at a time\n"
	"                          (what Xen's default of gnttab_max_maptrack_frames gives)\n"
	"  --xen=real              this host's Xen; or loopback:DOMID:SOCKET of vitrine-loopback\n"
	"  --log-level=LEVEL       error, warn, info or debug (info)\n"
	"  --help, --version\n";

enum option_code {
	OPT_RUNTIME_DIR = 256,
	OPT_WORKER,
	OPT_UID_BASE,
	OPT_MAP_PAGES,
	OPT_XEN,
	OPT_LOG_LEVEL,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"runtime-dir", required_argument, NULL, OPT_RUNTIME_DIR},
	{"worker", required_argument, NULL, OPT_WORKER},
	{"worker-uid-base", required_argument, NULL, OPT_UID_BASE},
	{"map-pages", required_argument, NULL, OPT_MAP_PAGES},
	{"xen", required_argument, NULL, OPT_XEN},
	{"log-level", required_argument, NULL, OPT_LOG_LEVEL},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int reject(const char *what, const char *value, const char *hint)
{
	log_error(LOG_ADMIN, "%s '%s': %s; see vitrine-broker --help", what, value, hint);
	return -EINVAL;
}

static int parse_uid_base(struct options *options, const char *value)
{
	uint64_t base;

	/* Never root: 0 would hand each guest's worker the host. */
	if (parse_uint(value, strlen(value), MAX_UID_BASE, &base) < 0 || base == 0) {
		return reject("--worker-uid-base", value, "give a uid from 1 to 4294900000");
	}
	options->worker_uid_base = (uint32_t)base;
	return 0;
}

static int parse_map_pages(struct options *options, const char *value)
{
	uint64_t pages;

	if (parse_uint(value, strlen(value), UINT32_MAX, &pages) < 0 || pages == 0) {
		return reject("--map-pages", value, "give a number from 1 on");
	}
	options->map_pages = (uint32_t)pages;
	return 0;
}

static int take_option(struct options *options, int code, const char *value)
{
	switch (code) {
	case OPT_RUNTIME_DIR:
		options->runtime_dir = value;
		return 0;
	case OPT_WORKER:
		options->worker = value;
		return 0;
	case OPT_UID_BASE:
		return parse_uid_base(options, value);
	case OPT_MAP_PAGES:
		return parse_map_pages(options, value);
	case OPT_XEN:
		options->xen = value;
		return 0;
	case OPT_LOG_LEVEL:
		if (log_level_parse(value, &options->log_level) < 0) {
			return reject("--log-level", value, "give error, warn, info or debug");
		}
		return 0;
	case OPT_HELP:
		fputs(usage, stdout);
		return 1;
	case OPT_VERSION:
		puts("vitrine-broker " VITRINE_VERSION);
		return 1;
	default:
		return -EINVAL;
	}
}

int options_parse(struct options *options, int argc, char **argv)
{
	int code, ret;

	*options = (struct options){
		.runtime_dir = "/run/vitrine",
		.worker = VITRINE_LIBEXECDIR "/vitrine-pv",
		.xen = "real",
		.worker_uid_base = 61000,
		.log_level = LOG_LEVEL_INFO,
	};
	opterr = 0;
	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (code == '?') {
			return reject("option", argv[optind - 1],
				      "not known, or its value is missing");
		}
		ret = take_option(options, code, optarg);
		if (ret != 0) {
			return ret;
		}
	}
	if (optind < argc) {
		return reject("argument", argv[optind], "there are only options");
	}
	return 0;
}
