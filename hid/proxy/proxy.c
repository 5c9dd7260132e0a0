/* SPDX-License-Identifier: MIT */
#include "hid/proxy/proxy.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/input.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "hid/proxy/filter.h"
#include "hid/proxy/stream.h"
#include "hid/proxy/uinput.h"

#define READ_EVENTS 64 /* in a turn */
/*
 * Above what any device does: a mouse of 8 kHz sends three events each time. Then the stream is left unread for a while,
 * which holds the sender up and loses nothing.
 */
#define EVENTS_PER_SECOND 40000u
#define EVENTS_BURST 4096u
/* A sender that has said nothing by then is none. */
#define HANDSHAKE_NS (10 * NSEC_PER_SEC)
#define LED_CODES 16u

struct proxy {
	const struct proxy_options *options;
	struct proxy_stream stream;
	struct proxy_device device;
	struct proxy_filter filter;
	bool has_device;
	int error; /* of the kernel's side */
	struct input_event frame[PROXY_FRAME_EVENTS + 2 * PROXY_MAX_SLOTS];
	unsigned n_frame;
	uint32_t leds, leds_told; /* bits by LED_ code; told to the sender */
	struct proxy_event light; /* half written to the sender: light_left bytes are left of it */
	size_t light_left;
	uint32_t events_left;
	uint64_t events_at_ns;
	struct log_limit limit;
};

/* ---- to the kernel ---- */

static void frame_write(struct proxy *proxy)
{
	size_t size = proxy->n_frame * sizeof(proxy->frame[0]);

	if (proxy->error == 0 && size > 0 &&
	    write(proxy->options->device_fd, proxy->frame, size) != (ssize_t)size) {
		proxy->error = errno ? -errno : -EIO;
	}
	explicit_bzero(proxy->frame, size);
	proxy->n_frame = 0;
}

static void emit(void *data, uint16_t type, uint16_t code, int32_t value)
{
	struct proxy *proxy = data;

	proxy->frame[proxy->n_frame++] =
		(struct input_event){.type = type, .code = code, .value = value};
	if (type == EV_SYN || proxy->n_frame == ARRAY_SIZE(proxy->frame)) {
		frame_write(proxy);
	}
}

/* ---- from the other domain ---- */

static int handle_caps(void *data, const struct proxy_caps *untrusted)
{
	struct proxy *proxy = data;
	const struct proxy_options *options = proxy->options;
	int ret = proxy_device_parse(untrusted, options->classes, options->origin, options->name,
				     &proxy->device, proxy->stream.why);

	if (ret < 0) {
		return ret;
	}
	ret = uinput_make(options->device_fd, &proxy->device, options->origin, options->vendor,
			  options->product);
	if (ret < 0) {
		log_error(LOG_HOST, "the kernel does not make '%s': %s", proxy->device.name,
			  strerror(-ret));
		proxy->error = ret;
		return ret;
	}
	proxy_filter_init(&proxy->filter, &proxy->device, emit, proxy);
	proxy->has_device = true;
	log_info(LOG_US, "input device '%s' is here", proxy->device.name);
	return 0;
}

/* Told at the first one, then each time that their number has doubled. */
static void tell_ignored(struct proxy *proxy)
{
	uint64_t ignored = proxy->filter.ignored;

	if ((ignored & (ignored - 1)) == 0) {
		log_guest(LOG_LEVEL_WARN, proxy->options->origin, &proxy->limit,
			  "'%s': %" PRIu64
			  " events ignored that it may not send or that said nothing",
			  proxy->device.name, ignored);
	}
}

static void handle_event(void *data, const struct proxy_event *untrusted)
{
	struct proxy *proxy = data;
	uint64_t ignored = proxy->filter.ignored;

	proxy_filter_event(&proxy->filter, untrusted);
	if (proxy->filter.ignored != ignored) {
		tell_ignored(proxy);
	}
}

static const struct proxy_stream_ops stream_ops = {
	.caps = handle_caps,
	.event = handle_event,
};

static void blame(struct proxy *proxy, int error)
{
	if (proxy->stream.why[0]) {
		log_guest(LOG_LEVEL_WARN, proxy->options->origin, NULL,
			  "its input device is refused: %s", proxy->stream.why);
	} else {
		log_error(LOG_HOST, "input device '%s' ends: %s", proxy->device.name,
			  strerror(-error));
	}
}

/* 1, 0 at the end, or -errno. */
static int take_stream(struct proxy *proxy)
{
	unsigned char bytes[READ_EVENTS * sizeof(struct proxy_event)];
	ssize_t n = read(proxy->options->in_fd, bytes, sizeof(bytes));
	int ret;

	if (n <= 0) {
		return n == 0 ? 0 : errno == EINTR || errno == EAGAIN ? 1 : -errno;
	}
	proxy->events_left -= MIN(proxy->events_left,
				  (uint32_t)((size_t)n / sizeof(struct proxy_event)) + 1);
	ret = proxy_stream_feed(&proxy->stream, bytes, (size_t)n);
	explicit_bzero(bytes, sizeof(bytes));
	if (ret == 0) {
		ret = proxy->error;
	}
	return ret < 0 ? ret : 1;
}

/* How long the stream is to be left unread. */
static uint64_t stream_pause(struct proxy *proxy, uint64_t now)
{
	uint64_t gained = (now - proxy->events_at_ns) * EVENTS_PER_SECOND / NSEC_PER_SEC;

	if (gained > 0) {
		proxy->events_left = (uint32_t)MIN(proxy->events_left + gained, EVENTS_BURST);
		proxy->events_at_ns = now;
	}
	return proxy->events_left > READ_EVENTS ? 0 : NSEC_PER_MSEC * 5;
}

/* ---- the lights, back to the other domain ---- */

static int take_lights(struct proxy *proxy)
{
	struct input_event events[16];
	ssize_t n = read(proxy->options->device_fd, events, sizeof(events));

	if (n < 0) {
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	}
	for (size_t i = 0; i < (size_t)n / sizeof(events[0]); i++) {
		const struct input_event *event = &events[i];

		if (event->type == EV_LED && event->code < LED_CODES &&
		    (proxy->device.led >> event->code & 1)) {
			proxy->leds &= ~(UINT32_C(1) << event->code);
			proxy->leds |= (event->value ? UINT32_C(1) : 0) << event->code;
		}
	}
	return 1;
}

/* The next event to tell: a light that differs, then the frame's end. */
static bool light_next(struct proxy *proxy)
{
	uint32_t differ = proxy->leds ^ proxy->leds_told;

	if (proxy->light_left > 0) {
		return true;
	}
	if (differ) {
		unsigned code = (unsigned)__builtin_ctz(differ);

		proxy->light = (struct proxy_event){.type = EV_LED,
						    .code = (uint16_t)code,
						    .value = (int32_t)(proxy->leds >> code & 1)};
		proxy->leds_told ^= UINT32_C(1) << code;
	} else if (proxy->light.type == EV_LED) {
		proxy->light = (struct proxy_event){.type = EV_SYN, .code = SYN_REPORT};
	} else {
		return false;
	}
	proxy->light_left = sizeof(proxy->light);
	return true;
}

/* Only what its reader takes at once: one that does not read must not hold up the keys. */
static int tell_lights(struct proxy *proxy)
{
	const unsigned char *left = (const unsigned char *)&proxy->light + sizeof(proxy->light) -
				    proxy->light_left;
	ssize_t n = write(proxy->options->out_fd, left, proxy->light_left);

	if (n < 0) {
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	}
	proxy->light_left -= (size_t)n;
	return 1;
}

/* ---- the loop ---- */

/* 1, 0 at the stream's end, or -errno. */
static int turn(struct proxy *proxy, uint64_t start)
{
	uint64_t now = now_ns(), pause = stream_pause(proxy, now);
	struct pollfd fds[] = {
		{.fd = pause ? -1 : proxy->options->in_fd, .events = POLLIN},
		{.fd = proxy->has_device ? proxy->options->device_fd : -1, .events = POLLIN},
		{.fd = light_next(proxy) ? proxy->options->out_fd : -1, .events = POLLOUT},
	};
	int wait_ms = pause ? (int)(pause / NSEC_PER_MSEC) : -1, ret = 1;

	if (!proxy->has_device && !pause) {
		if (now - start >= HANDSHAKE_NS) {
			return -ETIMEDOUT;
		}
		wait_ms = (int)((start + HANDSHAKE_NS - now) / NSEC_PER_MSEC) + 1;
	}
	if (poll(fds, ARRAY_SIZE(fds), wait_ms) < 0) {
		return errno == EINTR ? 1 : -errno;
	}
	if (fds[0].revents) {
		ret = take_stream(proxy);
	}
	if (ret > 0 && fds[1].revents) {
		ret = take_lights(proxy);
	}
	if (ret > 0 && fds[2].revents) {
		ret = tell_lights(proxy);
	}
	return ret;
}

int proxy_serve(const struct proxy_options *options)
{
	struct proxy proxy = {.options = options, .events_left = EVENTS_BURST};
	uint64_t start = now_ns();
	int ret;

	proxy.events_at_ns = start;
	proxy_stream_init(&proxy.stream, &stream_ops, &proxy);
	do {
		ret = turn(&proxy, start);
	} while (ret > 0);
	if (proxy.has_device) {
		proxy_filter_release(&proxy.filter);
		log_info(LOG_US, "input device '%s' is gone", proxy.device.name);
	}
	if (ret < 0) {
		blame(&proxy, ret);
	}
	explicit_bzero(&proxy, sizeof(proxy));
	return ret;
}
