/* SPDX-License-Identifier: MIT */
/*
 * seamgrant PAGES: the guest's half of the seam test. Grants a ring page and PAGES buffer pages to
 * domain 0, each filled with its own number, offers an event channel, prints all of that, and then
 * answers every event by counting it in the ring page and notifying back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/evtchn.h>
#include <xen/gntalloc.h>

#define PAGE_WORDS 1024
#define BATCH 256

static void die(const char *what)
{
	printf("seamgrant: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Grants one batch and returns its mapping; refs are appended to *refs. */
static uint32_t *grant(int fd, uint32_t count, uint32_t **refs)
{
	struct ioctl_gntalloc_alloc_gref *request = calloc(1, sizeof(*request) +
								      count * sizeof(uint32_t));
	uint32_t *pages;

	request->domid = 0;
	request->flags = GNTALLOC_FLAG_WRITABLE;
	request->count = count;
	if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, request) != 0) {
		die("gntalloc");
	}
	pages = mmap(NULL, count * 4096UL, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     (off_t)request->index);
	if (pages == MAP_FAILED) {
		die("mmap");
	}
	memcpy(*refs, request->gref_ids, count * sizeof(uint32_t));
	*refs += count;
	free(request);
	return pages;
}

int main(int argc, char **argv)
{
	uint32_t pages = argc > 1 ? (uint32_t)atoi(argv[1]) : 2025;
	uint32_t *refs = calloc(pages + 1, sizeof(*refs));
	uint32_t *next = refs;
	struct ioctl_evtchn_bind_unbound_port bind = {.remote_domain = 0};
	int gntalloc = open("/dev/xen/gntalloc", O_RDWR);
	int evtchn = open("/dev/xen/evtchn", O_RDWR);
	uint32_t *ring;
	int local;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (gntalloc < 0 || evtchn < 0) {
		die("/dev/xen");
	}
	ring = grant(gntalloc, 1, &next);
	for (uint32_t done = 0; done < pages;) {
		uint32_t count = pages - done < BATCH ? pages - done : BATCH;
		uint32_t *words = grant(gntalloc, count, &next);

		for (uint32_t page = 0; page < count; page++) {
			words[page * PAGE_WORDS] = done + page;
			words[page * PAGE_WORDS + PAGE_WORDS - 1] = ~(done + page);
		}
		done += count;
	}
	local = ioctl(evtchn, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
	if (local < 0) {
		die("bind");
	}
	printf("seamgrant: port %d ring %u pages %u\n", local, refs[0], pages);
	for (uint32_t i = 0; i < pages; i += 16) {
		printf("refs");
		for (uint32_t j = i; j < i + 16 && j < pages; j++) {
			printf(" %u", refs[1 + j]);
		}
		printf("\n");
	}
	printf("seamgrant: waiting\n");
	for (;;) {
		struct ioctl_evtchn_notify notify = {.port = (unsigned)local};
		uint32_t fired;

		if (read(evtchn, &fired, sizeof(fired)) != sizeof(fired)) {
			die("read");
		}
		ring[1] = ring[0] + 1;
		printf("seamgrant: event, ring holds %u\n", ring[0]);
		if (write(evtchn, &fired, sizeof(fired)) != sizeof(fired) ||
		    ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &notify) != 0) {
			die("notify");
		}
	}
}
