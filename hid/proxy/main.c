/* SPDX-License-Identifier: MIT */
/* vitrine-input-proxy: an input device of another domain becomes one of this host's. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "hid/proxy/device.h"
#include "hid/proxy/proxy.h"
#include "hid/proxy/sandbox.h"
#include "hid/proxy/uinput.h"

#include "build-config.h"

static const char help[] =
	"usage: vitrine-input-proxy --origin=DOMAIN --keyboard | --mouse | --tablet | --touch ...\n"
	"\n"
	"Makes an input device that another domain offers one of this host's, called \"DOMAIN: NAME\".\n"
	"It speaks the stream of Qubes' input-proxy-sender on standard input and output, as a service\n"
	"of qrexec, or behind whatever else carries bytes between domains.\n"
	"\n"
	"  --origin=DOMAIN    where the stream comes from; without it: $QREXEC_REMOTE_DOMAIN\n"
	"  --keyboard         it may be a keyboard (never with keys that turn the machine off, or SysRq)\n"
	"  --mouse            it may be a mouse\n"
	"  --tablet           it may be a pen\n"
	"  --touch            it may be a touchscreen or a touchpad\n"
	"  --name=NAME        call it so, whatever it calls itself\n"
	"  --vendor=HEX       USB ids that it is to have (ffff)\n"
	"  --product=HEX\n"
	"  --user=USER        become this user when started by root (vitrine-input)\n"
	"  --uinput=PATH      the kernel's node (/dev/uinput)\n"
	"  --log-level=LEVEL  error, warn, info or debug (info)\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 when the stream ended, 1 when it was cut, 2 for a wrong command line.\n";

enum option_code {
	OPTION_ORIGIN = 256,
	OPTION_KEYBOARD,
	OPTION_MOUSE,
	OPTION_TABLET,
	OPTION_TOUCH,
	OPTION_NAME,
	OPTION_VENDOR,
	OPTION_PRODUCT,
	OPTION_USER,
	OPTION_UINPUT,
	OPTION_LOG_LEVEL,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"origin", required_argument, NULL, OPTION_ORIGIN},
	{"keyboard", no_argument, NULL, OPTION_KEYBOARD},
	{"mouse", no_argument, NULL, OPTION_MOUSE},
	{"tablet", no_argument, NULL, OPTION_TABLET},
	{"touch", no_argument, NULL, OPTION_TOUCH},
	{"name", required_argument, NULL, OPTION_NAME},
	{"vendor", required_argument, NULL, OPTION_VENDOR},
	{"product", required_argument, NULL, OPTION_PRODUCT},
	{"user", required_argument, NULL, OPTION_USER},
	{"uinput", required_argument, NULL, OPTION_UINPUT},
	{"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

struct command_line {
	struct proxy_options proxy;
	const char *user, *uinput;
	enum log_level level;
	bool is_help, is_version;
};

static int take_id(const char *text, uint16_t *out)
{
	char *end = NULL;
	unsigned long value = strtoul(text, &end, 16);

	if (text[0] == '\0' || text[0] == '-' || *end != '\0' || value > UINT16_MAX) {
		fprintf(stderr, "vitrine-input-proxy: %s is no id of four hexadecimal digits\n",
			text);
		return -EINVAL;
	}
	*out = (uint16_t)value;
	return 0;
}

static int take_option(struct command_line *line, int option, const char *value)
{
	switch (option) {
	case OPTION_ORIGIN:
		line->proxy.origin = value;
		return 0;
	case OPTION_KEYBOARD:
		line->proxy.classes |= PROXY_KEYBOARD;
		return 0;
	case OPTION_MOUSE:
		line->proxy.classes |= PROXY_MOUSE;
		return 0;
	case OPTION_TABLET:
		line->proxy.classes |= PROXY_TABLET;
		return 0;
	case OPTION_TOUCH:
		line->proxy.classes |= PROXY_TOUCH;
		return 0;
	case OPTION_NAME:
		line->proxy.name = value;
		return 0;
	case OPTION_VENDOR:
		return take_id(value, &line->proxy.vendor);
	case OPTION_PRODUCT:
		return take_id(value, &line->proxy.product);
	case OPTION_USER:
		line->user = value;
		return 0;
	case OPTION_UINPUT:
		line->uinput = value;
		return 0;
	case OPTION_LOG_LEVEL:
		return log_level_parse(value, &line->level);
	case OPTION_HELP:
		line->is_help = true;
		return 0;
	case OPTION_VERSION:
		line->is_version = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int check(const struct command_line *line)
{
	if (!line->proxy.origin || !guest_name_valid(line->proxy.origin)) {
		fprintf(stderr, "vitrine-input-proxy: --origin=DOMAIN is missing or not a name\n");
		return -EINVAL;
	}
	if (!line->proxy.classes) {
		fprintf(stderr,
			"vitrine-input-proxy: what may it be? --keyboard, --mouse, --tablet or "
			"--touch\n");
		return -EINVAL;
	}
	return 0;
}

static int parse(struct command_line *line, int argc, char **argv)
{
	int option, ret = 0;

	*line = (struct command_line){
		.proxy = {.origin = getenv("QREXEC_REMOTE_DOMAIN"),
			  .vendor = 0xffff,
			  .product = 0xffff,
			  .in_fd = STDIN_FILENO,
			  .out_fd = STDOUT_FILENO},
		.user = "vitrine-input",
		.uinput = "/dev/uinput",
		.level = LOG_LEVEL_INFO,
	};
	while (ret == 0 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		ret = take_option(line, option, optarg);
	}
	if (ret < 0 || line->is_help || line->is_version) {
		return ret;
	}
	return optind < argc ? -EINVAL : check(line);
}

static int run(struct command_line *line)
{
	struct proxy_options *proxy = &line->proxy;
	int flags = fcntl(proxy->out_fd, F_GETFL), ret;

	proxy->device_fd = uinput_open(line->uinput);
	if (proxy->device_fd < 0) {
		return proxy->device_fd;
	}
	if (flags < 0 || fcntl(proxy->out_fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		log_error(LOG_ADMIN, "standard output is of no use: %s", strerror(errno));
		return -EBADF;
	}
	ret = proxy_sandbox_enter(geteuid() == 0 ? line->user : NULL);
	if (ret == 0) {
		ret = proxy_serve(proxy);
	}
	return ret;
}

int main(int argc, char **argv)
{
	struct command_line line;

	if (parse(&line, argc, argv) < 0) {
		fputs("vitrine-input-proxy: see --help\n", stderr);
		return 2;
	}
	if (line.is_help) {
		fputs(help, stdout);
		return 0;
	}
	if (line.is_version) {
		puts("vitrine-input-proxy " VITRINE_VERSION);
		return 0;
	}
	log_init("vitrine-input-proxy", line.level);
	signal(SIGPIPE, SIG_IGN);
	return run(&line) < 0 ? 1 : 0;
}
