/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/host.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "pvdispl/broker/broker.h"

/*
 * Entries that Xen keeps for the maps of a domain, unless gnttab_max_maptrack_frames (1024 of 256 each) says otherwise:
 * nobody but Xen's log tells.
 */
#define MAPTRACK_ENTRIES 262144u
#define GNTDEV_LIMIT "/sys/module/xen_gntdev/parameters/limit"

static const char *support_text(int code)
{
	switch (code) {
	case 0:
		return "works";
	case -EOPNOTSUPP:
		return "not in this kernel";
	default:
		return strerror(-code);
	}
}

static const char *export_obstacle(const struct xen_dmabuf_support *support)
{
	if (support->export == 0) {
		return "";
	}
	if (support->is_pv) {
		return "its own pages, which can't be given to devices in a PV domain";
	}
	return support->export == -EOPNOTSUPP ?
		       "its own pages, which this kernel can't give to devices" :
		       "its own pages, which Xen doesn't let this kernel give to devices";
}

/* A PV domain needs two entries for each page that a process maps, and a dma-buf maps each page once more. */
static uint32_t map_budget(const struct broker *broker)
{
	uint32_t entries_a_page = broker->dmabuf.is_pv ? 2 : 1;

	if (broker->options->map_pages) {
		return broker->options->map_pages;
	}
	if (xen_kind(broker->xen) != XEN_REAL) {
		return 0;
	}
	return MAPTRACK_ENTRIES / (entries_a_page + (broker->dmabuf.export == 0));
}

void host_probe(struct broker *broker)
{
	struct xen_dmabuf_support *support = &broker->dmabuf;

	xen_dmabuf_probe(broker->xen, broker->domid, support);
	broker->host = (struct server_host){
		.map_pages = map_budget(broker),
		.export_code = -support->export,
		.reason = export_obstacle(support),
	};
	log_info(LOG_HOST,
		 "guests that draw into memory of ours (be-alloc): %s; pages of guests as dma-bufs: %s%s",
		 support_text(support->import),
		 support->export_tried ? support_text(support->export) : "not tried, no gntalloc",
		 support->is_pv ? "; this is a PV domain" : "");
}

/* Grants of one request, or of all: kernels differ. It is shown as it is. */
static void report_limit(FILE *out)
{
	FILE *file = fopen(GNTDEV_LIMIT, "re");
	unsigned limit;

	if (file && fscanf(file, "%u", &limit) == 1) {
		fprintf(out, "gntdev.limit %u\n", limit);
	}
	if (file) {
		fclose(file);
	}
}

void host_report(const struct broker *broker, FILE *out)
{
	fprintf(out, "dmabuf.import %s\n", support_text(broker->dmabuf.import));
	fprintf(out, "dmabuf.export %s\n", support_text(broker->dmabuf.export));
	fprintf(out, "maps.budget %u\n", broker->host.map_pages);
	report_limit(out);
}
