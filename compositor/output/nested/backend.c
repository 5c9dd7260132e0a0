/* SPDX-License-Identifier: MIT */
/* The connection to the desktop, on the server's loop: read when readable, written when it must be, never waited for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/list.h"
#include "base/log.h"
#include "compositor/output/nested/nested_priv.h"
#include "presentation-time-client-protocol.h"
#include "xdg-shell-client-protocol.h"

static struct nested *to_nested(struct output_backend *backend)
{
	return container_of(backend, struct nested, base);
}

/* ---- globals ---- */

static void on_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial)
{
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = on_ping};

static void on_clock(void *data, struct wp_presentation *presentation, uint32_t clock)
{
	struct nested *nested = data;

	nested->has_monotonic_times = clock == CLOCK_MONOTONIC;
}

static const struct wp_presentation_listener presentation_listener = {.clock_id = on_clock};

static void on_global(void *data, struct wl_registry *registry, uint32_t name,
		      const char *interface, uint32_t version)
{
	struct nested *nested = data;

	if (strcmp(interface, wl_compositor_interface.name) == 0 && version >= 4) {
		nested->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		nested->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		nested->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(nested->wm_base, &wm_base_listener, nested);
	} else if (strcmp(interface, wp_presentation_interface.name) == 0) {
		nested->presentation = wl_registry_bind(registry, name, &wp_presentation_interface,
							1);
		wp_presentation_add_listener(nested->presentation, &presentation_listener, nested);
	} else if (strcmp(interface, wl_seat_interface.name) == 0 && !nested->seat) {
		nested_input_bind(nested, name, version);
	}
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
	struct nested *nested = data;

	if (nested->seat && name == nested->seat_name) {
		nested_input_unbind(nested);
	}
}

static const struct wl_registry_listener registry_listener = {
	.global = on_global,
	.global_remove = on_global_remove,
};

/* ---- the loop ---- */

static int desktop_gone(struct nested *nested)
{
	log_error(LOG_HOST, "the desktop that shows vitrined's windows is gone: %s",
		  strerror(wl_display_get_error(nested->display) ?
				   wl_display_get_error(nested->display) :
				   EPIPE));
	sd_event_source_set_enabled(nested->source, SD_EVENT_OFF);
	return sd_event_exit(nested->event, -EPIPE);
}

/* What does not fit into the socket is written when there is room. */
static int flush(struct nested *nested)
{
	int ret = wl_display_flush(nested->display);

	if (ret < 0 && errno != EAGAIN) {
		return -errno;
	}
	return sd_event_source_set_io_events(nested->source, ret < 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static int read_events(struct nested *nested)
{
	while (wl_display_prepare_read(nested->display) < 0) {
		if (wl_display_dispatch_pending(nested->display) < 0) {
			return -errno;
		}
	}
	if (wl_display_read_events(nested->display) < 0 && errno != EAGAIN) {
		return -errno;
	}
	return wl_display_dispatch_pending(nested->display) < 0 ? -errno : 0;
}

static int handle_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct nested *nested = data;

	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && read_events(nested) < 0) {
		return desktop_gone(nested);
	}
	return 0;
}

/* Before the loop sleeps all requests of this turn leave together. */
static int handle_prepare(sd_event_source *source, void *data)
{
	struct nested *nested = data;

	return flush(nested) < 0 ? desktop_gone(nested) : 0;
}

static int handle_closed(sd_event_source *source, void *data)
{
	struct nested *nested = data;

	for (unsigned i = 0; i < nested->n_windows; i++) {
		struct nested_window *window = nested->windows[i];

		if (window && window->is_closed) {
			nested->windows[i] = NULL;
			nested_window_destroy(window);
		}
	}
	return 0;
}

static int watch(struct nested *nested)
{
	int ret = sd_event_add_io(nested->event, &nested->source,
				  wl_display_get_fd(nested->display), EPOLLIN, handle_io, nested);

	if (ret >= 0) {
		ret = sd_event_source_set_priority(nested->source, NESTED_PRIORITY);
	}
	if (ret >= 0) {
		ret = sd_event_source_set_prepare(nested->source, handle_prepare);
	}
	if (ret >= 0) {
		ret = sd_event_add_defer(nested->event, &nested->closer, handle_closed, nested);
	}
	return ret < 0 ? ret : sd_event_source_set_enabled(nested->closer, SD_EVENT_OFF);
}

/* ---- start and stop ---- */

static int backend_start(struct output_backend *backend)
{
	struct nested *nested = to_nested(backend);

	for (unsigned i = 0; i < nested->spec.n_modes; i++) {
		nested->windows[nested->n_windows++] = nested_window_create(nested, i);
	}
	return 0;
}

static void globals_destroy(struct nested *nested)
{
	nested_input_unbind(nested);
	if (nested->presentation) {
		wp_presentation_destroy(nested->presentation);
	}
	if (nested->wm_base) {
		xdg_wm_base_destroy(nested->wm_base);
	}
	if (nested->shm) {
		wl_shm_destroy(nested->shm);
	}
	if (nested->compositor) {
		wl_compositor_destroy(nested->compositor);
	}
	if (nested->registry) {
		wl_registry_destroy(nested->registry);
	}
}

static void backend_destroy(struct output_backend *backend)
{
	struct nested *nested = to_nested(backend);

	for (unsigned i = 0; i < nested->n_windows; i++) {
		if (nested->windows[i]) {
			nested_window_destroy(nested->windows[i]);
		}
	}
	sd_event_source_disable_unref(nested->source);
	sd_event_source_disable_unref(nested->closer);
	if (nested->display) {
		globals_destroy(nested);
		wl_display_flush(nested->display);
		wl_display_disconnect(nested->display);
	}
	sd_event_unref(nested->event);
	free(nested);
}

static const struct output_backend_ops backend_ops = {
	.start = backend_start,
	.destroy = backend_destroy,
};

static int connect_desktop(struct nested *nested, const char *name)
{
	nested->display = wl_display_connect(name);
	if (!nested->display) {
		int ret = -errno;

		log_error(
			LOG_ADMIN,
			"no Wayland desktop at %s: %s; start vitrined inside one, or set WAYLAND_DISPLAY",
			name ? name : "$WAYLAND_DISPLAY", strerror(-ret));
		return ret;
	}
	nested->registry = wl_display_get_registry(nested->display);
	wl_registry_add_listener(nested->registry, &registry_listener, nested);
	/* Once for the globals, once for what they say of themselves; nothing else runs yet. */
	for (unsigned i = 0; i < 2; i++) {
		if (wl_display_roundtrip(nested->display) < 0) {
			log_error(LOG_HOST, "the Wayland desktop does not answer: %s",
				  strerror(errno));
			return -EPIPE;
		}
	}
	if (!nested->compositor || !nested->shm || !nested->wm_base) {
		log_error(LOG_HOST, "the Wayland desktop lacks %s: vitrined's windows need it",
			  !nested->compositor ? "wl_compositor version 4" :
			  !nested->shm        ? "wl_shm" :
						"xdg_wm_base");
		return -EPROTONOSUPPORT;
	}
	return watch(nested);
}

int nested_backend_create(struct output_backend **out, sd_event *event, const char *display,
			  const char *spec, const struct output_listener *listener, void *data,
			  const struct nested_input *input, void *input_data)
{
	struct nested *nested = xcalloc(1, sizeof(*nested));
	int ret;

	nested->base.ops = &backend_ops;
	nested->event = sd_event_ref(event);
	nested->listener = listener;
	nested->data = data;
	nested->input = input;
	nested->input_data = input_data;
	ret = headless_spec_parse(spec, &nested->spec);
	if (ret == 0) {
		ret = connect_desktop(nested, display);
	}
	if (ret < 0) {
		backend_destroy(&nested->base);
		return ret;
	}
	*out = &nested->base;
	return 0;
}
