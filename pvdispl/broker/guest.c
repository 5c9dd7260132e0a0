/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fdmsg.h"
#include "pvdispl/broker/memory.h"
#include "pvdispl/broker/state_dir.h"
#include "pvdispl/broker/store.h"

/* What a guest may have; the display server takes no less. */
static const struct guest_limits guest_limits = {
	.heads = PV_MAX_DISPLAYS * PV_MAX_CONNECTORS,
	.buffers = PV_MAX_BUFFERS,
	.framebuffers = PV_MAX_FRAMEBUFFERS,
	.pages = PV_MAX_PAGES,
};

/* For the worker's own maps, directories of grants and EDIDs; one that is not broken asks for far less. */
#define MAP_PAGES_PER_SECOND 1024u

/* ---- identity ---- */

static char *read_domain_node(struct broker *broker, uint32_t domid, const char *name, size_t *len)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, name);
	return xen_store_read(broker->xen, path, len);
}

static char *read_vm(struct broker *broker, uint32_t domid)
{
	size_t len;

	return read_domain_node(broker, domid, "vm", &len);
}

bool guest_is_same(const struct guest *guest)
{
	char *vm = read_vm(guest->broker, guest->domid);
	bool same = !vm || !guest->vm || strcmp(vm, guest->vm) == 0;

	free(vm);
	return same;
}

static bool name_is_taken(const struct broker *broker, const char *name)
{
	const struct guest *guest;

	list_for_each(guest, &broker->guests, link) {
		if (strcmp(guest->name, name) == 0) {
			return true;
		}
	}
	return false;
}

static int guest_choose_name(struct guest *guest)
{
	size_t len = 0;
	char *untrusted = read_domain_node(guest->broker, guest->domid, "name", &len);

	xenstore_make_name(untrusted, untrusted ? len : 0, guest->name);
	free(untrusted);
	if (!name_is_taken(guest->broker, guest->name)) {
		return 0;
	}
	xenstore_extend_name(guest->name, guest->domid);
	return name_is_taken(guest->broker, guest->name) ? -EEXIST : 0;
}

/* ---- heads and maps ---- */

int guest_take_heads(struct guest *guest, uint32_t n)
{
	const uint32_t total = PV_MAX_DISPLAYS * PV_MAX_CONNECTORS;
	uint32_t mask = (1u << n) - 1;

	for (uint32_t first = 0; first + n <= total; first++) {
		if (!(guest->heads & (mask << first))) {
			guest->heads |= mask << first;
			return (int)first;
		}
	}
	return -ENOSPC;
}

void guest_return_heads(struct guest *guest, uint32_t first, uint32_t n)
{
	guest->heads &= ~(((1u << n) - 1) << first);
}

int guest_prepare_map(struct guest *guest, const uint32_t *refs, uint32_t n, bool writable,
		      struct xen_prepared *out)
{
	int ret = xen_map_prepare(guest->broker->xen, guest->domid, refs, n, writable, out);

	if (ret == 0) {
		guest->maps++;
		guest->grants += n;
	}
	return ret;
}

/* ---- the worker ---- */

static void handle_ready(void *data)
{
	struct guest *guest = data;
	struct device *device;

	log_info(LOG_US, "guest %s: worker %d is ready", guest->name,
		 (int)worker_pid(guest->worker));
	list_for_each(device, &guest->devices, link) {
		device_hand_over(device);
	}
}

static struct device *find_by_id(struct guest *guest, enum worker_device_kind kind, uint32_t id)
{
	struct device *device;

	list_for_each(device, &guest->devices, link) {
		if (device->kind == kind && device->id == id) {
			return device;
		}
	}
	return NULL;
}

/* A message may have crossed with the device's end, so an unknown number is no offence. */
static void handle_device(void *data, enum worker_request request, enum worker_device_kind kind,
			  uint32_t id)
{
	struct guest *guest = data;
	struct device *device = find_by_id(guest, kind, id);

	if (!device) {
		return;
	}
	if (request == WORKER_CONNECTED) {
		device_event(device, XENBUS_SERVING);
	} else if (request == WORKER_CLOSED) {
		device_event(device, XENBUS_LET_GO);
	} else if (request == WORKER_STATELESS) {
		log_guest(LOG_LEVEL_WARN, guest->name, &guest->log,
			  "%s %u: its worker's state is lost: it starts over",
			  device_kind_name(kind), device->devid);
		device_event(device, XENBUS_STATELESS);
	} else {
		guest->faults++;
		log_guest(LOG_LEVEL_WARN, guest->name, &guest->log,
			  "%s %u: broke its ring: device closed", device_kind_name(kind),
			  device->devid);
		device_event(device, XENBUS_FAULT);
	}
}

static int prepare_for_worker(struct guest *guest, const struct worker_map *request,
			      struct xen_prepared *prepared)
{
	for (uint32_t i = 0; i < request->n_refs; i++) {
		if (request->refs[i] == 0) {
			return -EINVAL;
		}
	}
	if (!budget_take(&guest->map_budget, MAP_PAGES_PER_SECOND, request->n_refs, now_ns())) {
		log_guest(LOG_LEVEL_WARN, guest->name, &guest->log,
			  "maps more than %u pages a second: refused", MAP_PAGES_PER_SECOND);
		return -EBUSY;
	}
	return guest_prepare_map(guest, request->refs, request->n_refs, request->writable != 0,
				 prepared);
}

static void handle_map(void *data, const struct worker_map *request)
{
	struct guest *guest = data;
	struct worker_mapped answer = {.type = WORKER_MAPPED, .serial = request->serial};
	struct xen_prepared prepared = {.fd = -1};
	int ret = prepare_for_worker(guest, request, &prepared);

	if (ret == 0) {
		answer.n_segments = prepared.n_segments;
		memcpy(answer.segments, prepared.segments,
		       prepared.n_segments * sizeof(prepared.segments[0]));
	} else {
		answer.error = (uint32_t)-ret;
	}
	(void)worker_send(guest->worker, &answer,
			  offsetof(struct worker_mapped, segments) +
				  answer.n_segments * sizeof(answer.segments[0]),
			  &prepared.fd, ret == 0 ? 1 : 0);
	close_fd(&prepared.fd);
}

static void arm_restart(struct guest *guest)
{
	uint64_t due = backoff_due(&guest->restart_backoff, guest->started_ns);

	sd_event_source_set_time(guest->restart, due / NSEC_PER_USEC + 1);
	sd_event_source_set_enabled(guest->restart, SD_EVENT_ONESHOT);
}

static void handle_lost(void *data)
{
	struct guest *guest = data;
	struct device *device;

	guest->worker = NULL;
	broker_kick(guest->broker, false);
	if (guest->broker->stopping) {
		return; /* devices stay as they are */
	}
	if (guest->server) {
		server_set_worker(guest->server, false);
	}
	list_for_each(device, &guest->devices, link) {
		device_event(device, XENBUS_LOST);
	}
	if (!guest->ending) {
		guest->restarts++;
		arm_restart(guest);
	}
}

static const struct worker_ops worker_ops = {
	.ready = handle_ready,
	.device = handle_device,
	.map = handle_map,
	.lost = handle_lost,
};

/* Returns the fd; -1 when the guest has to do without; -EWOULDBLOCK while another worker has it. */
static int open_state(const struct guest *guest)
{
	int fd;

	if (!guest->state) {
		return -1;
	}
	fd = state_file_open(guest->broker->state_dir, guest->state);
	if (fd < 0 && fd != -EWOULDBLOCK) {
		log_warn(LOG_HOST, "guest %s: no file for its state: %s", guest->name,
			 strerror(-fd));
		return -1;
	}
	return fd;
}

static int start_process(struct guest *guest)
{
	const struct options *options = guest->broker->options;
	const struct spawn spawn = {
		.path = options->worker,
		.name = guest->name,
		.own_uid = guest->broker->own_uids,
		.uid = options->worker_uid_base + guest->slot,
	};
	struct worker_hello hello = {
		.type = WORKER_HELLO,
		.xen_kind = xen_kind(guest->broker->xen),
		.limits = guest_limits,
	};
	int state = open_state(guest);
	int ret;

	if (state == -EWOULDBLOCK) {
		return state;
	}
	memcpy(hello.name, guest->name, sizeof(hello.name));
	ret = worker_start(&guest->worker, guest->broker->event, &spawn, &hello, state, &worker_ops,
			   guest);
	close_fd(&state);
	return ret;
}

static void guest_start_worker(struct guest *guest)
{
	uint64_t now = now_ns();
	int ret;

	backoff_take(&guest->restart_backoff, guest->started_ns, now);
	guest->started_ns = now;
	ret = start_process(guest);
	if (ret == -EWOULDBLOCK) {
		log_debug(LOG_US, "guest %s: a worker of another broker is still there",
			  guest->name);
		arm_restart(guest);
		return;
	}
	if (ret < 0) {
		log_error(LOG_HOST, "cannot start a worker for guest %s: %s; tried again later",
			  guest->name, strerror(-ret));
		arm_restart(guest);
		return;
	}
	if (guest->server) {
		server_set_worker(guest->server, true);
	}
}

static int handle_restart(sd_event_source *source, uint64_t usec, void *data)
{
	struct guest *guest = data;

	if (!guest->worker && !guest->ending && !guest->broker->stopping) {
		guest_start_worker(guest);
	}
	return 0;
}

/* ---- life ---- */

static struct guest *guest_alloc(struct broker *broker, uint32_t domid)
{
	struct guest *guest = xcalloc(1, sizeof(*guest));

	guest->broker = broker;
	guest->domid = domid;
	list_init(&guest->link);
	list_init(&guest->devices);
	list_init(&guest->memories);
	guest->slot = (unsigned)__builtin_ctzll(~broker->slots);
	broker->slots |= 1ull << guest->slot;
	return guest;
}

struct guest *guest_create(struct broker *broker, uint32_t domid)
{
	struct guest *guest;
	int ret;

	if (broker->slots == UINT64_MAX) {
		if (broker_may_complain(broker)) {
			log_error(LOG_ADMIN,
				  "domain %u has no displays: %u guests have some already", domid,
				  BROKER_MAX_GUESTS);
		}
		return NULL;
	}
	guest = guest_alloc(broker, domid);
	ret = guest_choose_name(guest);
	if (ret == 0) {
		ret = sd_event_add_time(broker->event, &guest->restart, CLOCK_MONOTONIC, 0, 1000,
					handle_restart, guest);
	}
	if (ret < 0) {
		if (broker_may_complain(broker)) {
			log_error(LOG_ADMIN, "domain %u has no displays: its name %s: %s", domid,
				  guest->name, strerror(-ret));
		}
		guest_destroy(guest);
		return NULL;
	}
	sd_event_source_set_enabled(guest->restart, SD_EVENT_OFF);
	guest->vm = read_vm(broker, domid);
	guest->state = broker->state_dir < 0 ? NULL : state_name(domid, guest->vm);
	list_append(&broker->guests, &guest->link);
	return guest;
}

void guest_start(struct guest *guest)
{
	log_info(LOG_US, "guest %s: domain %u", guest->name, guest->domid);
	guest->server = server_add_guest(guest->broker->server, guest->name, guest);
	guest_start_worker(guest);
}

struct guest *guest_find(struct broker *broker, uint32_t domid)
{
	struct guest *guest;

	list_for_each(guest, &broker->guests, link) {
		if (guest->domid == domid) {
			return guest;
		}
	}
	return NULL;
}

static void guest_end(struct guest *guest)
{
	guest->ending = true;
	log_info(LOG_US, "guest %s: has no devices any more", guest->name);
	memories_end(guest);
	server_remove_guest(guest->server);
	guest->server = NULL;
	guest_stop(guest);
}

bool guest_sweep(struct guest *guest)
{
	struct device *device, *next;

	list_for_each_safe(device, next, &guest->devices, link) {
		if (device_is_gone(device)) {
			device_destroy(device);
			/* Its place may have been taken again already. */
			broker_kick(guest->broker, true);
		}
	}
	if (list_empty(&guest->devices) && !guest->ending) {
		guest_end(guest);
	}
	return guest->ending && !guest->worker;
}

void guest_stop(struct guest *guest)
{
	if (guest->worker) {
		worker_stop(guest->worker);
	}
}

void guest_destroy(struct guest *guest)
{
	struct device *device, *next;

	list_for_each_safe(device, next, &guest->devices, link) {
		device_destroy(device);
	}
	if (guest->worker) {
		worker_destroy(guest->worker);
	}
	memories_end(guest);
	if (guest->server) {
		server_remove_guest(guest->server);
	}
	if (guest->state && !guest->broker->stopping) {
		state_file_remove(guest->broker->state_dir, guest->state);
	}
	sd_event_source_disable_unref(guest->restart);
	guest->broker->slots &= ~(1ull << guest->slot);
	list_remove(&guest->link);
	free(guest->state);
	free(guest->vm);
	free(guest);
}

void guest_report(const struct guest *guest, FILE *out)
{
	const struct device *device;

	fprintf(out, "guest.%s.domid %u\n", guest->name, guest->domid);
	fprintf(out, "guest.%s.worker_pid %d\n", guest->name,
		guest->worker ? (int)worker_pid(guest->worker) : 0);
	fprintf(out, "guest.%s.worker_ready %d\n", guest->name,
		guest->worker && worker_is_ready(guest->worker));
	fprintf(out, "guest.%s.worker_restarts %llu\n", guest->name,
		(unsigned long long)guest->restarts);
	fprintf(out, "guest.%s.maps_prepared %llu\n", guest->name, (unsigned long long)guest->maps);
	fprintf(out, "guest.%s.grants_handed %llu\n", guest->name,
		(unsigned long long)guest->grants);
	fprintf(out, "guest.%s.exports %llu\n", guest->name, (unsigned long long)guest->exports);
	fprintf(out, "guest.%s.faults %llu\n", guest->name, (unsigned long long)guest->faults);
	memories_report(guest, out);
	list_for_each(device, &guest->devices, link) {
		device_report(device, out);
	}
}
