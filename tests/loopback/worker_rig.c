/* SPDX-License-Identifier: MIT */
#include "tests/loopback/worker_rig.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <wayland-server.h>

#include "base/fdmsg.h"
#include "base/util.h"
#include "xen/loopback/wire.h"
#include "xen/xen.h"

static uint64_t patience_ns(void)
{
	const char *slowdown = getenv("VITRINE_TEST_SLOWDOWN");

	return 5 * NSEC_PER_SEC * (slowdown ? strtoul(slowdown, NULL, 10) : 1);
}

/* ---- the broker ---- */

static void answer_map(struct rig *rig, const struct worker_map *map)
{
	struct worker_mapped mapped = {.type = WORKER_MAPPED,
				       .serial = map->serial,
				       .n_segments = map->n_refs};

	rig->n_maps++;
	assert_true(map->n_refs <= XEN_MAX_SEGMENTS);
	for (uint32_t i = 0; i < map->n_refs; i++) {
		bool is_good = map->refs[i] > 0 && map->refs[i] < RIG_PAGES;

		mapped.segments[i].offset = is_good ? map->refs[i] * 4096ull : LOOP_BAD_OFFSET;
		mapped.segments[i].pages = 1;
	}
	assert_int_equal(fdmsg_send(rig->broker, &mapped,
				    offsetof(struct worker_mapped, segments) +
					    map->n_refs * sizeof(struct xen_segment),
				    &rig->memory, 1),
			 0);
}

static void hear_device(struct rig *rig, const struct worker_device *device)
{
	bool is_input = device->kind == WORKER_KIND_INPUT;

	assert_int_equal(device->id, is_input ? RIG_INPUT : RIG_DISPLAY);
	if (device->type == WORKER_CONNECTED) {
		*(is_input ? &rig->kbd_connected : &rig->connected) = true;
	} else if (device->type == WORKER_CLOSED) {
		*(is_input ? &rig->kbd_closed : &rig->closed) = true;
	} else if (device->type == WORKER_FAULT) {
		rig->faulted = true;
	} else if (device->type == WORKER_STATELESS) {
		rig->stateless = true;
	}
}

static void hear_worker(struct rig *rig)
{
	union {
		struct worker_header header;
		struct worker_map map;
		struct worker_device device;
	} message;

	while (fdmsg_recv(rig->broker, &message, sizeof(message), NULL, 0) > 0) {
		if (message.header.type == WORKER_READY) {
			rig->ready = true;
		} else if (message.header.type == WORKER_MAP) {
			rig->n_asked++;
			if (!rig->is_deaf) {
				answer_map(rig, &message.map);
			}
		} else {
			hear_device(rig, &message.device);
		}
	}
}

static void hear_ports(struct rig *rig, int fd)
{
	struct loop_port message;

	while (fdmsg_recv(fd, &message, sizeof(message), NULL, 0) > 0) {
		assert_true(message.port < ARRAY_SIZE(rig->notified));
		if (message.op == LOOP_PORT_NOTIFY) {
			rig->notified[message.port]++;
			continue;
		}
		rig->masked[message.port] = false;
		if (rig->pending[message.port]) {
			rig_kick(rig, message.port);
		}
	}
}

static void turn(struct rig *rig, int ms)
{
	struct pollfd fds[4] = {
		{.fd = rig->broker, .events = POLLIN},
		{.fd = rig->ports, .events = POLLIN},
		{.fd = rig->kbd_ports, .events = POLLIN},
		{.fd = -1, .events = POLLIN},
	};

	if (rig->server.display) {
		fds[3].fd = wl_event_loop_get_fd(wl_display_get_event_loop(rig->server.display));
	}
	poll(fds, 4, ms);
	hear_worker(rig);
	hear_ports(rig, rig->ports);
	hear_ports(rig, rig->kbd_ports);
	rig_server_turn(rig);
}

void rig_wait(struct rig *rig, rig_fn done)
{
	uint64_t end_ns = now_ns() + patience_ns();

	while (!done(rig)) {
		if (now_ns() > end_ns) {
			fail_msg("nothing happened for too long");
		}
		turn(rig, 20);
	}
}

void rig_run_ms(struct rig *rig, unsigned ms)
{
	uint64_t end_ns = now_ns() + ms * NSEC_PER_MSEC;

	while (now_ns() < end_ns) {
		turn(rig, 5);
	}
}

/* ---- life ---- */

static void spawn(struct rig *rig)
{
	const char *build = getenv("VITRINE_BUILD");
	char path[256];
	int fds[2];

	snprintf(path, sizeof(path), "%s/bin/vitrine-pv", build ? build : "build");
	assert_int_equal(fdmsg_pair(fds), 0);
	rig->pid = fork();
	assert_true(rig->pid >= 0);
	if (rig->pid == 0) {
		if (fds[1] == 3) {
			fds[1] = dup(fds[1]);
		}
		dup2(fds[1], 3);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	rig->broker = fds[0];
}

static bool is_ready(struct rig *rig)
{
	return rig->ready;
}

static bool has_devices(struct rig *rig)
{
	return (rig->connected || rig->stateless) && rig->kbd_connected;
}

static void add_display(struct rig *rig, bool attach)
{
	static const struct worker_connector connectors[2] = {
		{RIG_WIDTH, RIG_HEIGHT, 10, 11},
		{RIG_WIDTH, RIG_HEIGHT, 12, 13},
	};
	struct worker_display display;
	int ports[2], fds[2];

	memset(&display, 0, sizeof(display));
	display.type = WORKER_DISPLAY;
	display.id = RIG_DISPLAY;
	display.attach = attach;
	display.n_connectors = 2;
	display.may_allocate = rig->may_allocate;
	memcpy(display.connectors, connectors, sizeof(connectors));
	display.segment.pages = 4;
	assert_int_equal(fdmsg_pair(ports), 0);
	rig->ports = ports[0];
	fds[0] = rig->memory;
	fds[1] = ports[1];
	assert_int_equal(fdmsg_send(rig->broker, &display, sizeof(display), fds, 2), 0);
	close(ports[1]);
}

void rig_add_input(struct rig *rig, bool attach)
{
	struct worker_input input = {
		.type = WORKER_INPUT,
		.id = RIG_INPUT,
		.attach = attach,
		.keyboard = 1,
		.pointer = 1,
		.absolute = !rig->is_mouse,
		.width = RIG_WIDTH,
		.height = RIG_HEIGHT,
		.touch = 1,
		.touch_width = RIG_WIDTH,
		.touch_height = RIG_HEIGHT,
		.touch_contacts = 10,
		.port = RIG_KBD_PORT,
		.segment = {.offset = RIG_KBD_PAGE * 4096, .pages = 1},
	};
	int ports[2], fds[2];

	assert_int_equal(fdmsg_pair(ports), 0);
	rig->kbd_ports = ports[0];
	fds[0] = rig->memory;
	fds[1] = ports[1];
	assert_int_equal(fdmsg_send(rig->broker, &input, sizeof(input), fds, 2), 0);
	close(ports[1]);
}

void rig_add_devices(struct rig *rig, bool attach)
{
	add_display(rig, attach);
	rig_add_input(rig, attach);
	rig_wait(rig, has_devices);
}

static void greet(struct rig *rig)
{
	struct worker_hello hello = {
		.type = WORKER_HELLO,
		.xen_kind = XEN_LOOPBACK,
		.name = "guest",
		.limits = {.heads = 4, .buffers = 4, .framebuffers = 6, .pages = 1200},
	};

	assert_int_equal(fdmsg_send(rig->broker, &hello, sizeof(hello), &rig->state, 1), 0);
	rig_wait(rig, is_ready);
}

void rig_start(struct rig *rig)
{
	if (rig->pages == NULL) {
		memset(rig, 0, sizeof(*rig));
		rig->memory = memfd_create("guest", MFD_CLOEXEC);
		assert_true(rig->memory >= 0);
		assert_int_equal(ftruncate(rig->memory, RIG_PAGES * 4096), 0);
		rig->state = memfd_create("state", MFD_CLOEXEC);
		assert_int_equal(ftruncate(rig->state, PV_STATE_SIZE), 0);
		rig->pages = mmap(NULL, RIG_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
				  rig->memory, 0);
		assert_true(rig->pages != MAP_FAILED);
	}
	rig->ports = rig->kbd_ports = -1;
	rig->ready = rig->connected = rig->kbd_connected = false;
	for (unsigned k = 0; k < 2; k++) {
		rig->rings[k] = (void *)(rig->pages + 2 * k * 4096);
		rig->events[k] = (void *)(rig->pages + (2 * k + 1) * 4096);
	}
	rig->kbd = (void *)(rig->pages + RIG_KBD_PAGE * 4096);
	spawn(rig);
	greet(rig);
}

/*
 * The worker ends because its broker has gone, and nothing else: not by the sandbox, not by a
 * fault.
 */
void rig_stop(struct rig *rig)
{
	int status;

	rig_server_stop(rig);
	close(rig->broker);
	assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
	close_fd(&rig->ports);
	close_fd(&rig->kbd_ports);
	munmap(rig->pages, RIG_PAGES * 4096);
	close(rig->memory);
	close(rig->state);
	memset(rig, 0, sizeof(*rig));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void rig_replace(struct rig *rig)
{
	bool has_server = rig->server.display != NULL;

	rig_server_stop(rig);
	kill(rig->pid, SIGKILL);
	assert_int_equal(waitpid(rig->pid, NULL, 0), rig->pid);
	/* What it has written to its ports is told. */
	hear_ports(rig, rig->ports);
	hear_ports(rig, rig->kbd_ports);
	close(rig->broker);
	close_fd(&rig->ports);
	close_fd(&rig->kbd_ports);
	memset(rig->masked, 0, sizeof(rig->masked));
	memset(rig->pending, 0, sizeof(rig->pending));
	rig_start(rig);
	rig_add_devices(rig, true);
	if (has_server) {
		rig_server_start(rig);
	}
}

void rig_send_device(struct rig *rig, enum worker_command type, enum worker_device_kind kind,
		     uint32_t id)
{
	struct worker_device message = {.type = type, .kind = kind, .id = id};

	assert_int_equal(fdmsg_send(rig->broker, &message, sizeof(message), NULL, 0), 0);
}

/* ---- the guest ---- */

void rig_kick(struct rig *rig, uint32_t port)
{
	struct loop_port message = {.op = LOOP_PORT_EVENT, .port = port};
	int fd = port == RIG_KBD_PORT ? rig->kbd_ports : rig->ports;

	/*
	 * As a hypervisor does: one event, and a second one only when the first was acknowledged.
	 */
	rig->pending[port] = rig->masked[port];
	if (!rig->masked[port]) {
		rig->masked[port] = true;
		assert_int_equal(fdmsg_send(fd, &message, sizeof(message), NULL, 0), 0);
	}
}

uint16_t rig_ask(struct rig *rig, unsigned k, struct displif_request request)
{
	struct displif_ring *ring = rig->rings[k];

	request.id = rig->next_id[k]++;
	rig->asked[k] = request;
	ring->slots[ring->req_prod % DISPLIF_RING_SIZE].request = request;
	__atomic_store_n(&ring->req_prod, ring->req_prod + 1, __ATOMIC_RELEASE);
	ring->rsp_event = rig->rsp_cons[k] + 1;
	turn(rig, 0);
	rig_kick(rig, 10 + 2 * k);
	return request.id;
}

bool rig_has_answer(struct rig *rig, unsigned k)
{
	return __atomic_load_n(&rig->rings[k]->rsp_prod, __ATOMIC_ACQUIRE) != rig->rsp_cons[k];
}

struct displif_response rig_answer(struct rig *rig, unsigned k)
{
	uint64_t end_ns = now_ns() + patience_ns();
	struct displif_response response;

	while (!rig_has_answer(rig, k)) {
		if (now_ns() > end_ns) {
			fail_msg("no answer on connector %u", k);
		}
		turn(rig, 10);
	}
	response = rig->rings[k]->slots[rig->rsp_cons[k] % DISPLIF_RING_SIZE].response;
	rig->rsp_cons[k]++;
	return response;
}

int rig_do(struct rig *rig, unsigned k, struct displif_request request)
{
	uint16_t id = rig_ask(rig, k, request);
	struct displif_response response = rig_answer(rig, k);

	assert_int_equal(response.id, id);
	assert_int_equal(response.operation, request.operation);
	return response.status;
}

unsigned rig_events(struct rig *rig, unsigned k)
{
	return __atomic_load_n(&rig->events[k]->in_prod, __ATOMIC_ACQUIRE) - rig->events[k]->in_cons;
}

uint64_t rig_event(struct rig *rig, unsigned k)
{
	struct displif_event_page *page = rig->events[k];
	uint64_t end_ns = now_ns() + patience_ns();
	struct displif_event event;

	while (rig_events(rig, k) == 0) {
		if (now_ns() > end_ns) {
			fail_msg("no event on connector %u", k);
		}
		turn(rig, 10);
	}
	event = page->events[page->in_cons % DISPLIF_EVENTS];
	assert_int_equal(event.id, page->in_cons & 0xffff);
	assert_int_equal(event.type, DISPLIF_EVENT_PG_FLIP);
	page->in_cons++;
	return event.fb_cookie;
}

struct displif_request rig_create(uint64_t cookie, uint32_t directory, uint32_t pages)
{
	struct displif_request r = {.operation = DISPLIF_DBUF_CREATE};

	r.op.dbuf_create.dbuf_cookie = cookie;
	r.op.dbuf_create.buffer_sz = pages * 4096;
	r.op.dbuf_create.gref_directory = directory;
	return r;
}

struct displif_request rig_attach(uint64_t dbuf, uint64_t fb, uint32_t width, uint32_t height)
{
	struct displif_request r = {.operation = DISPLIF_FB_ATTACH};

	r.op.fb_attach.dbuf_cookie = dbuf;
	r.op.fb_attach.fb_cookie = fb;
	r.op.fb_attach.width = width;
	r.op.fb_attach.height = height;
	r.op.fb_attach.pixel_format = 0x34325258; /* XR24 */
	return r;
}

struct displif_request rig_config(uint64_t fb, uint32_t x, uint32_t y, uint32_t width,
				  uint32_t height)
{
	struct displif_request r = {.operation = DISPLIF_SET_CONFIG};

	r.op.set_config.fb_cookie = fb;
	r.op.set_config.x = x;
	r.op.set_config.y = y;
	r.op.set_config.width = width;
	r.op.set_config.height = height;
	r.op.set_config.bpp = fb ? 32 : 0;
	return r;
}

struct displif_request rig_simple(uint8_t operation, uint64_t cookie)
{
	struct displif_request r = {.operation = operation};

	r.op.pg_flip.fb_cookie = cookie;
	return r;
}

void rig_directory(struct rig *rig, uint32_t page, uint32_t next, uint32_t first, uint32_t n)
{
	struct displif_directory *directory = (void *)(rig->pages + page * 4096);

	memset(directory, 0, sizeof(*directory));
	directory->next = next;
	for (uint32_t i = 0; i < n; i++) {
		directory->refs[i] = first + i;
	}
}
