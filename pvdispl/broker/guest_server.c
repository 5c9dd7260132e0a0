/* SPDX-License-Identifier: MIT */
/* What the display server asks for a guest: its worker's connection, maps of its pages, memory that it draws into. */
#include <errno.h>
#include <string.h>

#include "pvdispl/broker/guest.h"
#include "pvdispl/broker/memory.h"

/*
 * For the display server, which a guest makes map by creating buffers: all that it may have, twice. So a server that
 * has just come back gets what it needs, and no guest keeps this loop busy preparing.
 */
#define SERVER_PAGES_PER_SECOND (2 * 65536u)
/* A worker whose connections end this fast hangs. */
#define DROP_INTERVAL_NS (10 * NSEC_PER_SEC)

static int handle_connection(void *data, int fd)
{
	const struct worker_header message = {.type = WORKER_SERVER};
	struct guest *guest = data;

	return guest->worker ? worker_send(guest->worker, &message, sizeof(message), &fd, 1) :
			       -EPIPE;
}

static void handle_dropped(void *data, const char *reason)
{
	struct guest *guest = data;
	uint64_t now = now_ns();

	if (!guest->worker) {
		return; /* that is why */
	}
	log_guest(LOG_LEVEL_WARN, guest->name, &guest->log,
		  "the display server ended its connection: %s", reason);
	if (guest->dropped_ns != 0 && now - guest->dropped_ns < DROP_INTERVAL_NS) {
		log_guest(LOG_LEVEL_WARN, guest->name, &guest->log, "its worker is restarted");
		worker_kill(guest->worker);
	}
	guest->dropped_ns = now;
}

/* A guest that grants its pages only for reading has none: its pictures are read by the processor then. */
static void export_pages(struct guest *guest, const uint32_t *refs, uint32_t n, int *dmabuf)
{
	int ret = xen_dmabuf_export(guest->broker->xen, guest->domid, refs, n, dmabuf);

	if (ret == 0) {
		guest->exports++;
		return;
	}
	log_guest(LOG_LEVEL_INFO, guest->name, &guest->log,
		  "%u of its pages can't be a dma-buf: %s", n, strerror(-ret));
}

static int handle_server_map(void *data, const uint32_t *refs, uint32_t n, struct xen_prepared *out,
			     int *dmabuf)
{
	struct guest *guest = data;
	int ret;

	for (uint32_t i = 0; i < n; i++) {
		if (refs[i] == 0) {
			return -EINVAL;
		}
	}
	if (!budget_take(&guest->server_budget, SERVER_PAGES_PER_SECOND, n, now_ns())) {
		log_guest(LOG_LEVEL_WARN, guest->name, &guest->log,
			  "has more than %u pages mapped in a second: refused",
			  SERVER_PAGES_PER_SECOND);
		return -EBUSY;
	}
	ret = guest_prepare_map(guest, refs, n, false, out);
	if (ret == 0 && guest->broker->dmabuf.export == 0) {
		export_pages(guest, refs, n, dmabuf);
	}
	return ret;
}

static void handle_announced(void *data, struct server_guest *here)
{
	struct guest *guest = data;
	const struct memory *memory;
	const char *reason;
	int code = memory_obstacle(guest, &reason);

	server_tell_be_alloc(here, code, reason);
	list_for_each(memory, &guest->memories, link) {
		server_tell_kept(here, memory->serial, memory->fd, memory->refs, memory->width,
				 memory->height);
	}
}

static int handle_grant(void *data, uint32_t serial, int fd, uint32_t width, uint32_t height,
			int *refs)
{
	struct memory *memory;
	int ret = memory_grant(data, serial, fd, width, height, &memory);

	if (ret == 0) {
		*refs = memory->refs;
	}
	return ret;
}

static void handle_end_grant(void *data, uint32_t serial)
{
	(void)memory_end(data, serial);
}

const struct server_ops guest_server_ops = {
	.announced = handle_announced,
	.grant = handle_grant,
	.end_grant = handle_end_grant,
	.connection = handle_connection,
	.dropped = handle_dropped,
	.map = handle_server_map,
};
