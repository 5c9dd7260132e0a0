/* SPDX-License-Identifier: MIT */
/*
 * A hostile guest against all of a worker but the Wayland side: the input is a history of requests, bytes poked into
 * shared pages at any time, answers of the broker, devices closed and opened. After each step the books must agree with
 * what there is; at the end nothing may be left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fdmsg.h"
#include "pvdispl/worker/buffers.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/worker.h"

#define PAGES 32u
#define DISPLAYS 2u
#define CONNECTORS 2u
#define RING_PAGES (DISPLAYS * CONNECTORS * 2)

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t *memory; /* the guest's; page n is reference n, and any other that is n modulo PAGES */
static int memory_fd = -1;
static struct worker worker;
static int broker; /* our end */
static uint32_t last_id;
static uint32_t ids[DISPLAYS];

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static uint32_t take(struct input *in, size_t bytes)
{
	uint32_t value = 0;

	bytes = MIN(bytes, in->size);
	memcpy(&value, in->data, bytes);
	in->data += bytes;
	in->size -= bytes;
	return value;
}

static void turn(void)
{
	for (unsigned i = 0; i < 64 && sd_event_run(worker.event, 0) > 0; i++) {
	}
}

/* ---- what must hold ---- */

static void check_framebuffer(const struct fb *fb)
{
	const struct geometry_fb *g = &fb->geometry;

	check(g->width >= 1 && g->height >= 1);
	check(g->stride >= (uint64_t)g->width * fb->format->bytes_per_pixel);
	check(g->offset + (uint64_t)g->stride * g->height <=
	      (uint64_t)fb->dbuf->geometry.pages * XEN_PAGE_SIZE);
}

static void count(const struct display *display, struct usage *sum)
{
	const struct dbuf *dbuf;
	const struct fb *fb;

	list_for_each(dbuf, &display->dbufs, link) {
		sum->buffers++;
		sum->pages += dbuf->geometry.pages;
	}
	list_for_each(fb, &display->fbs, link) {
		sum->framebuffers++;
		check_framebuffer(fb);
	}
}

static void check_books(void)
{
	const struct display *display;
	struct usage sum = {0};

	list_for_each(display, &worker.displays, link) {
		count(display, &sum);
	}
	check(memcmp(&sum, &worker.used, sizeof(sum)) == 0);
	check(sum.buffers <= worker.limits.buffers && sum.pages <= worker.limits.pages);
	check(sum.framebuffers <= worker.limits.framebuffers);
}

/* ---- broker ---- */

static void answer_map(const struct worker_map *map, uint32_t error)
{
	struct worker_mapped mapped = {.type = WORKER_MAPPED, .serial = map->serial, .error = error};

	check(map->n_refs >= 1 && map->n_refs <= PV_MAX_MAP_REFS);
	for (uint32_t i = 0; i < map->n_refs && error == 0; i++) {
		check(map->refs[i] != 0);
		mapped.segments[mapped.n_segments++] = (struct xen_segment){
			.offset = (uint64_t)(map->refs[i] % PAGES) * XEN_PAGE_SIZE,
			.pages = 1,
		};
	}
	check(fdmsg_send(broker, &mapped,
			 offsetof(struct worker_mapped, segments) +
				 mapped.n_segments * sizeof(mapped.segments[0]),
			 &memory_fd, error == 0) == 0);
}

static void hear_worker(uint32_t error)
{
	union {
		uint32_t type;
		struct worker_device device;
		struct worker_map map;
	} message;

	while (fdmsg_recv(broker, &message, sizeof(message), NULL, 0) > 0) {
		if (message.type == WORKER_MAP) {
			answer_map(&message.map, error);
		}
	}
	worker.broker.window_pages = 0;
}

static void open_display(unsigned d)
{
	struct worker_display message = {
		.type = WORKER_DISPLAY,
		.id = ++last_id,
		.first_head = d * CONNECTORS,
		.n_connectors = CONNECTORS,
		.may_allocate = d, /* there is no server that has any */
		.segment = {.offset = (uint64_t)d * CONNECTORS * 2 * XEN_PAGE_SIZE,
			    .pages = CONNECTORS * 2},
	};
	int ports[2];
	int fds[2] = {dup(memory_fd), -1};

	check(fdmsg_pair(ports) == 0);
	close(ports[0]);
	fds[1] = ports[1];
	for (unsigned k = 0; k < CONNECTORS; k++) {
		message.connectors[k] = (struct worker_connector){64, 48, 2 * k + 1, 2 * k + 2};
	}
	memset(memory + message.segment.offset, 0, message.segment.pages * XEN_PAGE_SIZE);
	ids[d] = message.id;
	check(display_open(&worker, &message, fds) == 0);
}

/* ---- guest ---- */

static void look_at_rings(void)
{
	struct display *display;

	list_for_each(display, &worker.displays, link) {
		for (unsigned k = 0; k < display->n_connectors; k++) {
			sd_event_source_set_enabled(display->connectors[k].resume, SD_EVENT_ONESHOT);
		}
	}
	turn();
}

static struct displif_request make_request(struct input *in)
{
	struct displif_request r = {.id = (uint16_t)take(in, 1)};
	uint32_t dbuf = take(in, 1) % 8, fb = take(in, 1) % 8;

	r.operation = (uint8_t)(DISPLIF_DBUF_CREATE + take(in, 1) % 8);
	switch (r.operation) {
	case DISPLIF_DBUF_CREATE:
		r.op.dbuf_create = (struct displif_dbuf_create){
			.dbuf_cookie = dbuf,
			.buffer_sz = take(in, 3),
			.gref_directory = RING_PAGES + take(in, 1),
			.data_ofs = take(in, 2),
		};
		break;
	case DISPLIF_FB_ATTACH:
		r.op.fb_attach = (struct displif_fb_attach){
			.dbuf_cookie = dbuf,
			.fb_cookie = fb,
			.width = take(in, 2),
			.height = take(in, 1),
			.pixel_format = pixel_format_at(take(in, 1) % 4)->fourcc,
		};
		break;
	case DISPLIF_GET_EDID:
		r.op.get_edid = (struct displif_get_edid){DISPLIF_EDID_MAX, take(in, 1)};
		break;
	case DISPLIF_SET_CONFIG:
		r.op.set_config = (struct displif_set_config){
			.fb_cookie = fb, .x = take(in, 1), .width = fb, .height = fb};
		break;
	default:
		r.op.pg_flip.fb_cookie = r.operation == DISPLIF_DBUF_DESTROY ? dbuf : fb;
	}
	return r;
}

static void publish(struct input *in)
{
	uint32_t ring = take(in, 1) % (DISPLAYS * CONNECTORS);
	struct displif_ring *shared = (void *)(memory + (size_t)ring * 2 * XEN_PAGE_SIZE);

	shared->slots[shared->req_prod % DISPLIF_RING_SIZE].request = make_request(in);
	shared->req_prod++;
	look_at_rings();
}

static void poke(struct input *in)
{
	uint32_t at = take(in, 3) % (PAGES * XEN_PAGE_SIZE / 4) * 4;
	uint32_t value = take(in, 4);

	memcpy(memory + at, &value, sizeof(value));
	look_at_rings();
}

static void step(struct input *in)
{
	uint32_t what = take(in, 1);

	switch (what % 8) {
	case 0:
		poke(in);
		break;
	case 1:
		hear_worker(EINVAL);
		turn();
		break;
	case 2:
		check(display_close(&worker, ids[what / 8 % DISPLAYS]) == 0);
		open_display(what / 8 % DISPLAYS);
		break;
	case 3:
	case 4:
		hear_worker(0);
		turn();
		break;
	default:
		publish(in);
	}
	check_books();
}

/* ---- */

static void set_up(void)
{
	int fds[2];

	log_init("fuzz", LOG_LEVEL_ERROR);
	memory_fd = memfd_create("guest", MFD_CLOEXEC);
	check(memory_fd >= 0 && ftruncate(memory_fd, PAGES * XEN_PAGE_SIZE) == 0);
	memory = mmap(NULL, PAGES * XEN_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
	check(memory != MAP_FAILED);
	memset(&worker, 0, sizeof(worker));
	list_init(&worker.displays);
	list_init(&worker.inputs);
	broker_link_init(&worker.broker);
	check(fdmsg_pair(fds) == 0 && sd_event_new(&worker.event) >= 0);
	worker.broker.fd = fds[0];
	broker = fds[1];
	strcpy(worker.name, "fuzz");
	worker.xen_kind = XEN_LOOPBACK;
	worker.limits =
		(struct guest_limits){.heads = 4, .buffers = 4, .framebuffers = 5, .pages = 1500};
	check(state_open(&worker.state, -1) == 0 && broker_link_start(&worker) == 0);
}

static void tear_down(void)
{
	displays_finish(&worker);
	check(worker.used.buffers == 0 && worker.used.pages == 0 && worker.used.framebuffers == 0);
	check(list_empty(&worker.broker.requests) && list_empty(&worker.broker.waiting));
	state_close(&worker.state);
	broker_link_finish(&worker.broker);
	sd_event_unref(worker.event);
	close(broker);
	munmap(memory, PAGES * XEN_PAGE_SIZE);
	close(memory_fd);
}

static int lowest_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	int before = lowest_fd();

	set_up();
	for (unsigned d = 0; d < DISPLAYS; d++) {
		open_display(d);
	}
	for (unsigned i = 0; i < 200 && in.size > 0; i++) {
		step(&in);
	}
	tear_down();
	check(lowest_fd() == before);
	return 0;
}
