/* SPDX-License-Identifier: MIT */
#include "helpers/auth/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#include "build-config.h"

#define MAX_DELAY_MS 60000

static const char usage[] =
	"vitrine-auth: checks the password of a locked screen, and reads passphrases for the host\n"
	"\n"
	"Started by systemd for each attempt; without that it listens itself.\n"
	"\n"
	"  --config=FILE       the display server's (" VITRINE_SYSCONFDIR "/vitrine/vitrine.conf)\n"
	"  --runtime-dir=DIR   where to listen, on auth.sock (/run/vitrine)\n"
	"  --peer=USER         whom the display server runs as (vitrine); root may, too\n"
	"  --service=NAME      of PAM (vitrine)\n"
	"  --pam-dir=DIR       where PAM finds the service, and nothing else\n"
	"  --delay=MS          how long a wrong password takes at least (1000)\n"
	"  --help, --version\n";

enum option_code {
	OPT_CONFIG = 256,
	OPT_RUNTIME_DIR,
	OPT_PEER,
	OPT_SERVICE,
	OPT_PAM_DIR,
	OPT_DELAY,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"runtime-dir", required_argument, NULL, OPT_RUNTIME_DIR},
	{"peer", required_argument, NULL, OPT_PEER},
	{"service", required_argument, NULL, OPT_SERVICE},
	{"pam-dir", required_argument, NULL, OPT_PAM_DIR},
	{"delay", required_argument, NULL, OPT_DELAY},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int take_delay(struct auth_options *options, const char *value)
{
	uint64_t delay_ms;

	if (parse_uint(value, strlen(value), MAX_DELAY_MS, &delay_ms) < 0) {
		log_error(LOG_ADMIN, "--delay '%s': give milliseconds, at most %d", value,
			  MAX_DELAY_MS);
		return -EINVAL;
	}
	options->delay_ms = (uint32_t)delay_ms;
	return 0;
}

static int take(struct auth_options *options, int code, const char *value)
{
	switch (code) {
	case OPT_CONFIG:
		options->config = value;
		return 0;
	case OPT_RUNTIME_DIR:
		options->runtime_dir = value;
		return 0;
	case OPT_PEER:
		options->peer = value;
		return 0;
	case OPT_SERVICE:
		options->service = value;
		return 0;
	case OPT_PAM_DIR:
		options->pam_dir = value;
		return 0;
	case OPT_DELAY:
		return take_delay(options, value);
	case OPT_HELP:
		fputs(usage, stdout);
		return 1;
	case OPT_VERSION:
		puts("vitrine-auth " VITRINE_VERSION);
		return 1;
	default:
		log_error(LOG_ADMIN, "an option is not known, or its value is missing; see --help");
		return -EINVAL;
	}
}

int auth_options_parse(struct auth_options *options, int argc, char **argv)
{
	int code, ret = 0;

	*options = (struct auth_options){
		.runtime_dir = "/run/vitrine",
		.service = "vitrine",
		.peer = "vitrine",
		.delay_ms = 1000,
	};
	opterr = 0;
	while (ret == 0 && (code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		ret = take(options, code, optarg);
	}
	if (ret == 0 && optind < argc) {
		log_error(LOG_ADMIN, "argument '%s': there are only options", argv[optind]);
		ret = -EINVAL;
	}
	return ret;
}
