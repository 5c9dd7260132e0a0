/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/toolstack.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "tools/pvfront/bus.h"
#include "xen/xen.h"

#define CLOSE_TIMEOUT_NS (10 * NSEC_PER_SEC)
#define MAX_DEVICES (1 + FRONT_MAX_INPUTS)
#define MAX_PATH 256

struct device {
	char *frontend, *backend; /* directories */
};

struct toolstack {
	struct xen *xen; /* as domain 0 */
	uint32_t domid;
	char *domain, *vm, *libxl; /* directories */
	struct device devices[MAX_DEVICES];
	unsigned n_devices;
	int error; /* the first */
};

/* Later calls do nothing after the first that failed; toolstack_create looks at the end. */
PRINTF(3, 4)
static void put(struct toolstack *t, const char *path, const char *fmt, ...)
{
	char value[MAX_PATH];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	if (t->error == 0) {
		t->error = xen_store_write(t->xen, path, value);
	}
}

PRINTF(4, 5)
static void put_in(struct toolstack *t, const char *dir, const char *name, const char *fmt, ...)
{
	char path[MAX_PATH], value[MAX_PATH];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	put(t, path, "%s", value);
}

static void own(struct toolstack *t, const char *path, uint32_t owner, uint32_t reader)
{
	if (t->error == 0) {
		t->error = xen_store_set_owner(t->xen, path, owner, reader);
	}
}

static void make_domain(struct toolstack *t, const char *name)
{
	uint8_t id[16];
	char uuid[40];

	if (getrandom(id, sizeof(id), 0) != sizeof(id)) {
		t->error = -EIO;
		return;
	}
	snprintf(uuid, sizeof(uuid),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0],
		 id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11],
		 id[12], id[13], id[14], id[15]);
	t->vm = xasprintf("/vm/%s", uuid);
	put_in(t, t->vm, "uuid", "%s", uuid);
	put_in(t, t->vm, "name", "%s", name);
	put(t, t->domain, "%s", "");
	own(t, t->domain, 0, t->domid);
	put_in(t, t->domain, "vm", "%s", t->vm);
	put_in(t, t->domain, "name", "%s", name);
	put_in(t, t->domain, "domid", "%u", t->domid);
	put_in(t, t->domain, "device", "%s", "");
}

/*
 * What the guest may not write hangs below what it may: see the backend's caution about it. The backend's directory comes
 * last and its state at its very end: libxl does all in one transaction.
 */
static struct device *make_frontend(struct toolstack *t, const char *kind, const char *backend_kind,
				    unsigned number)
{
	struct device *device = &t->devices[t->n_devices++];

	device->frontend = xasprintf("%s/device/%s/%u", t->domain, kind, number);
	device->backend = xasprintf("/local/domain/0/backend/%s/%u/%u", backend_kind, t->domid,
				    number);
	put(t, device->frontend, "%s", "");
	own(t, device->frontend, t->domid, 0);
	put_in(t, device->frontend, "backend", "%s", device->backend);
	put_in(t, device->frontend, "backend-id", "0");
	put_in(t, device->frontend, "state", "1");
	return device;
}

static void make_backend(struct toolstack *t, const struct device *device)
{
	put(t, device->backend, "%s", "");
	own(t, device->backend, 0, t->domid);
	put_in(t, device->backend, "frontend", "%s", device->frontend);
	put_in(t, device->backend, "frontend-id", "%u", t->domid);
	put_in(t, device->backend, "online", "1");
}

static void put_readonly(struct toolstack *t, const char *dir, const char *name, const char *value)
{
	char path[MAX_PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	put(t, path, "%s", value);
	own(t, path, 0, t->domid);
}

static void make_display(struct toolstack *t, const struct options *options)
{
	const struct device *device = make_frontend(t, "vdispl", "vdispl", 0);

	put_readonly(t, device->frontend, "be-alloc", options->be_alloc ? "1" : "0");
	for (unsigned i = 0; i < options->n_connectors; i++) {
		char name[32], value[32];

		snprintf(name, sizeof(name), "%u/unique-id", i);
		snprintf(value, sizeof(value), "%u", i);
		put_readonly(t, device->frontend, name, value);
		snprintf(name, sizeof(name), "%u/resolution", i);
		snprintf(value, sizeof(value), "%ux%u", options->connectors[i].width,
			 options->connectors[i].height);
		put_readonly(t, device->frontend, name, value);
	}
	make_backend(t, device);
	put_in(t, device->backend, "state", "1");
}

static void make_input(struct toolstack *t, const struct input_offer *offer, unsigned number)
{
	const struct device *device = make_frontend(t, "vkbd", "vinput", number);

	make_backend(t, device);
	put_in(t, device->backend, "feature-abs-pointer", "%d", offer->absolute);
	if (offer->touch) {
		put_in(t, device->backend, "feature-multi-touch", "1");
		put_in(t, device->backend, "multi-touch-num-contacts", "10");
	}
	put_in(t, device->backend, "state", "1");
}

static char *domain0_spec(const char *spec)
{
	const char *path = strchr(strchr(spec, ':') + 1, ':');

	return xasprintf("loopback:0%s", path);
}

int toolstack_create(struct toolstack **out, const char *spec, uint32_t domid,
		     const struct options *options)
{
	struct toolstack *t = xcalloc(1, sizeof(*t));
	char *own_spec = domain0_spec(spec);
	int ret = xen_open(&t->xen, own_spec);

	free(own_spec);
	if (ret < 0) {
		log_error(LOG_ADMIN, "toolstack: %s", strerror(-ret));
		free(t);
		return ret;
	}
	t->domid = domid;
	t->domain = xasprintf("/local/domain/%u", domid);
	make_domain(t, options->name);
	t->libxl = xasprintf("/libxl/%u", domid);
	put_in(t, t->libxl, "type", "%s", options->type);
	make_display(t, options);
	for (unsigned i = 0; i < options->n_offers; i++) {
		make_input(t, &options->offers[i], i);
	}
	ret = t->error;
	if (ret < 0) {
		log_error(LOG_HOST, "toolstack: cannot write the store: %s", strerror(-ret));
		(void)toolstack_destroy(t);
		return ret;
	}
	*out = t;
	return 0;
}

static bool is_closed(struct toolstack *t, const struct device *device)
{
	char path[MAX_PATH];
	size_t len;
	char *state;
	bool closed;

	snprintf(path, sizeof(path), "%s/state", device->backend);
	state = xen_store_read(t->xen, path, &len);
	closed = !state || strcmp(state, "6") == 0;
	free(state);
	return closed;
}

static int wait_closed(struct toolstack *t, const struct device *device, uint64_t end_ns)
{
	struct pollfd pollfd = {.fd = xen_store_fd(t->xen), .events = POLLIN};
	char *path, *token;

	while (!is_closed(t, device)) {
		uint64_t now = now_ns();

		if (now >= end_ns ||
		    poll(&pollfd, 1, (int)((end_ns - now) / NSEC_PER_MSEC) + 1) < 0) {
			return -ETIMEDOUT;
		}
		if (xen_store_next_event(t->xen, &path, &token) == 0) {
			free(path);
			free(token);
		}
	}
	return 0;
}

static int remove_device(struct toolstack *t, struct device *device)
{
	char path[MAX_PATH];
	int ret = -ETIMEDOUT;

	snprintf(path, sizeof(path), "%s/state", device->backend);
	t->error = 0;
	put_in(t, device->backend, "online", "0");
	put(t, path, "%d", BUS_CLOSING);
	if (t->error == 0 && xen_store_watch(t->xen, path, "close") == 0) {
		ret = wait_closed(t, device, now_ns() + CLOSE_TIMEOUT_NS);
	}
	if (ret < 0) {
		log_warn(LOG_HOST, "toolstack: unable to remove device with path %s",
			 device->backend);
	}
	(void)xen_store_unwatch(t->xen, path, "close");
	(void)xen_store_remove(t->xen, device->frontend);
	(void)xen_store_remove(t->xen, device->backend);
	free(device->frontend);
	free(device->backend);
	return ret;
}

static void remove_parents(struct toolstack *t)
{
	static const char *const kinds[] = {"vdispl", "vinput"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char path[MAX_PATH];

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", kinds[i], t->domid);
		(void)xen_store_remove(t->xen, path);
	}
}

int toolstack_destroy(struct toolstack *t)
{
	int ret = 0;

	while (t->n_devices > 0) {
		int one = remove_device(t, &t->devices[--t->n_devices]);

		ret = ret < 0 ? ret : one;
	}
	remove_parents(t);
	(void)xen_store_remove(t->xen, t->domain);
	if (t->vm) {
		(void)xen_store_remove(t->xen, t->vm);
	}
	(void)xen_store_remove(t->xen, t->libxl);
	xen_close(t->xen);
	free(t->libxl);
	free(t->domain);
	free(t->vm);
	free(t);
	return ret;
}
