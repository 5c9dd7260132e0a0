/* SPDX-License-Identifier: MIT */
/*
 * What a worker that was taken over leaves to the next one of its guest. The input is a list of changes to a good state:
 * where (2 bytes, words of the entries and of the first blocks) and what (4 bytes). A display is taken over from that;
 * what comes of it must hold as if the guest had asked for it, and at the end nothing may be left.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fdmsg.h"
#include "pvdispl/worker/buffers.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/worker.h"

#define CONNECTORS 2u
#define RING_PAGES (CONNECTORS * 2)
#define WORDS ((offsetof(struct state_file, blocks) + 8 * sizeof(struct state_block)) / 4)

static uint8_t *memory; /* the guest's rings */
static int memory_fd = -1;
static struct worker worker;
static int broker; /* our end */

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

/* Two displays, the first with two buffers and a framebuffer of each, one of which is shown. */
static void write_good(struct state *state)
{
	const struct geometry_dbuf geometry = {.pages = 70, .width = 64, .bpp = 32};
	struct state_config config = {.fb = 100, .config = 100, .is_enabled = 1, .events = 3};
	uint32_t refs[70];
	int display = state_add_display(state, 0);

	for (uint32_t i = 0; i < ARRAY_SIZE(refs); i++) {
		refs[i] = i + 1;
	}
	for (uint32_t i = 0; i < 2; i++) {
		int dbuf = state_add_dbuf(state, display, 10 + i, &geometry, refs, i == 1);

		check(state_add_fb(state, dbuf, 100 + i, 64, 48, 0x34325258) >= 0);
	}
	state_set_config(state, display, 0, &config);
	display = state_add_display(state, 1);
	check(state_add_dbuf(state, display, 10, &geometry, refs, false) >= 0);
}

static int make_state(const uint8_t *data, size_t size)
{
	struct state *state = calloc(1, sizeof(*state));
	int fd = memfd_create("state", MFD_CLOEXEC);

	check(state && fd >= 0 && ftruncate(fd, PV_STATE_SIZE) == 0);
	check(state_open(state, dup(fd)) == 0);
	write_good(state);
	for (size_t i = 0; i + 6 <= size; i += 6) {
		uint16_t at;

		memcpy(&at, data + i, sizeof(at));
		memcpy((uint8_t *)state->file + at % WORDS * 4, data + i + 2, 4);
	}
	state_close(state);
	free(state);
	return fd;
}

static void check_framebuffer(const struct fb *fb)
{
	const struct geometry_fb *g = &fb->geometry;

	check(g->width >= 1 && g->height >= 1);
	check(g->stride >= (uint64_t)g->width * fb->format->bytes_per_pixel);
	check(g->offset + (uint64_t)g->stride * g->height <=
	      (uint64_t)fb->dbuf->geometry.pages * XEN_PAGE_SIZE);
}

static void check_scanout(const struct scanout *scanout)
{
	const struct rect *area = &scanout->area;

	if (scanout->fb) {
		check(area->x >= 0 && area->y >= 0 && area->w > 0 && area->h > 0);
		check((uint32_t)(area->x + area->w) <= scanout->fb->geometry.width);
		check((uint32_t)(area->y + area->h) <= scanout->fb->geometry.height);
	}
	check(scanout->flips.end - scanout->flips.first <= FLIPS_MAX);
}

static void check_display(const struct display *display, struct usage *sum)
{
	const struct dbuf *dbuf;
	const struct fb *fb;

	list_for_each(dbuf, &display->dbufs, link) {
		sum->buffers++;
		sum->pages += dbuf->geometry.pages;
		for (uint32_t i = 0; i < dbuf->geometry.pages; i++) {
			check(dbuf->refs[i] != 0);
		}
	}
	list_for_each(fb, &display->fbs, link) {
		sum->framebuffers++;
		check_framebuffer(fb);
	}
	for (unsigned k = 0; k < display->n_connectors; k++) {
		check_scanout(&display->connectors[k].scanout);
	}
}

static void check_books(void)
{
	const struct display *display;
	struct usage sum = {0};

	list_for_each(display, &worker.displays, link) {
		check_display(display, &sum);
	}
	check(memcmp(&sum, &worker.used, sizeof(sum)) == 0);
	check(sum.buffers <= worker.limits.buffers && sum.pages <= worker.limits.pages);
	check(sum.framebuffers <= worker.limits.framebuffers);
}

static void take_over(uint32_t devid)
{
	struct worker_display message = {
		.type = WORKER_DISPLAY,
		.id = devid + 1,
		.devid = devid,
		.first_head = devid * CONNECTORS,
		.attach = 1,
		.n_connectors = CONNECTORS,
		.segment = {.offset = (uint64_t)devid * RING_PAGES * XEN_PAGE_SIZE,
			    .pages = RING_PAGES},
	};
	int fds[2] = {dup(memory_fd), -1};
	int ports[2];

	check(fdmsg_pair(ports) == 0);
	close(ports[0]);
	fds[1] = ports[1];
	for (unsigned k = 0; k < CONNECTORS; k++) {
		message.connectors[k] = (struct worker_connector){64, 48, 2 * k + 1, 2 * k + 2};
	}
	check(display_open(&worker, &message, fds) == 0);
	close_fd(&fds[0]);
	close_fd(&fds[1]);
}

static void set_up(int state_fd)
{
	int fds[2];

	log_init("fuzz", LOG_LEVEL_ERROR);
	memory_fd = memfd_create("guest", MFD_CLOEXEC);
	check(memory_fd >= 0 && ftruncate(memory_fd, 2 * RING_PAGES * XEN_PAGE_SIZE) == 0);
	memory = mmap(NULL, 2 * RING_PAGES * XEN_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      memory_fd, 0);
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
		(struct guest_limits){.heads = 4, .buffers = 3, .framebuffers = 3, .pages = 220};
	check(state_open(&worker.state, state_fd) == 0 && broker_link_start(&worker) == 0);
}

static void tear_down(void)
{
	displays_finish(&worker);
	check(worker.used.buffers == 0 && worker.used.pages == 0 && worker.used.framebuffers == 0);
	state_close(&worker.state);
	broker_link_finish(&worker.broker);
	sd_event_unref(worker.event);
	close(broker);
	munmap(memory, 2 * RING_PAGES * XEN_PAGE_SIZE);
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
	int before = lowest_fd();

	set_up(make_state(data, size));
	for (uint32_t devid = 0; devid < 2; devid++) {
		take_over(devid);
		check_books();
	}
	for (unsigned i = 0; i < 16 && sd_event_run(worker.event, 0) > 0; i++) {
	}
	check_books();
	/* Both displays were there before anything was changed. */
	check(size >= 6 || worker.used.buffers == 3);
	check(display_close(&worker, 1) == 0);
	check_books();
	tear_down();
	check(lowest_fd() == before);
	return 0;
}
