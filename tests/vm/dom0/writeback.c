/* SPDX-License-Identifier: MIT */
/*
 * writeback PID CARD FILE: what the monitor of a card shows, planes and all, as the driver itself writes it back. The card
 * belongs to the display server PID: its descriptor is borrowed, which root may, and nothing of what it shows is changed.
 */
#include <dirent.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define TRIES 200

struct capture {
	int fd;
	uint32_t connector, monitor; /* of the monitor that gives way */
	uint32_t crtc;
	uint32_t width, height;
	uint32_t handle, pitch, fb;
	uint64_t size;
};

static void fail(const char *what)
{
	fprintf(stderr, "writeback: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The number that the card's descriptor has in the server. */
static int find_fd(const char *pid, const char *card)
{
	char path[64], link[400], target[300];
	const struct dirent *entry;
	int found = -1;
	DIR *all;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	all = opendir(path);
	while (all && (entry = readdir(all))) {
		ssize_t n;

		snprintf(link, sizeof(link), "%s/%s", path, entry->d_name);
		n = readlink(link, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strcmp(target, card) == 0) {
			found = atoi(entry->d_name);
		}
	}
	if (all) {
		closedir(all);
	}
	return found;
}

static int borrow(const char *pid, const char *card)
{
	int number = find_fd(pid, card);
	int process = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
	int fd = number < 0 || process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, number, 0);

	if (fd < 0) {
		fail("the server does not have the card open");
	}
	return fd;
}

static uint32_t prop(int fd, uint32_t object, const char *name)
{
	drmModeObjectProperties *props = drmModeObjectGetProperties(fd, object,
								    DRM_MODE_OBJECT_CONNECTOR);
	uint32_t id = 0;

	for (uint32_t i = 0; props && i < props->count_props; i++) {
		drmModePropertyRes *one = drmModeGetProperty(fd, props->props[i]);

		if (one && strcmp(one->name, name) == 0) {
			id = one->prop_id;
		}
		drmModeFreeProperty(one);
	}
	drmModeFreeObjectProperties(props);
	if (!id) {
		fail(name);
	}
	return id;
}

/* The CRTC that a connector is on, 0: none. */
static uint32_t crtc_of(int fd, const drmModeConnector *connector)
{
	drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoder_id);
	uint32_t crtc = encoder ? encoder->crtc_id : 0;

	drmModeFreeEncoder(encoder);
	return crtc;
}

static void find_connectors(struct capture *capture, const drmModeRes *res)
{
	for (int i = 0; i < res->count_connectors; i++) {
		drmModeConnector *connector = drmModeGetConnectorCurrent(capture->fd,
									 res->connectors[i]);

		if (connector && connector->connector_type == DRM_MODE_CONNECTOR_WRITEBACK) {
			capture->connector = connector->connector_id;
		} else if (connector && crtc_of(capture->fd, connector)) {
			capture->monitor = connector->connector_id;
			capture->crtc = crtc_of(capture->fd, connector);
		}
		drmModeFreeConnector(connector);
	}
}

static void find_objects(struct capture *capture)
{
	drmModeRes *res = drmModeGetResources(capture->fd);
	drmModeCrtc *crtc;

	if (res) {
		find_connectors(capture, res);
	}
	drmModeFreeResources(res);
	crtc = capture->crtc ? drmModeGetCrtc(capture->fd, capture->crtc) : NULL;
	if (!capture->connector || !crtc || !crtc->mode_valid) {
		errno = ENODEV;
		fail("no writeback connector, or nothing is shown");
	}
	capture->width = crtc->mode.hdisplay;
	capture->height = crtc->mode.vdisplay;
	drmModeFreeCrtc(crtc);
}

static void make_buffer(struct capture *capture)
{
	uint32_t handles[4] = {0}, pitches[4] = {0}, offsets[4] = {0};

	if (drmModeCreateDumbBuffer(capture->fd, capture->width, capture->height, 32, 0,
				    &capture->handle, &capture->pitch, &capture->size) != 0) {
		fail("no buffer");
	}
	handles[0] = capture->handle;
	pitches[0] = capture->pitch;
	if (drmModeAddFB2(capture->fd, capture->width, capture->height, DRM_FORMAT_XRGB8888,
			  handles, pitches, offsets, &capture->fb, 0) != 0) {
		fail("no framebuffer");
	}
}

/* The server may be committing itself: then once more. */
static void commit(struct capture *capture, drmModeAtomicReq *req)
{
	for (int i = 0; i < TRIES; i++) {
		if (drmModeAtomicCommit(capture->fd, req, DRM_MODE_ATOMIC_ALLOW_MODESET, NULL) ==
		    0) {
			drmModeAtomicFree(req);
			return;
		}
		if (errno != EBUSY) {
			break;
		}
		usleep(10000);
	}
	fail("the commit");
}

static void set(struct capture *capture, drmModeAtomicReq *req, uint32_t object, const char *name,
		uint64_t value)
{
	drmModeAtomicAddProperty(req, object, prop(capture->fd, object, name), value);
}

/*
 * For the length of a frame the writeback connector has the CRTC in the monitor's place: not every kernel lets them share it.
 * Planes stay as they are.
 */
static void write_back(struct capture *capture)
{
	drmModeAtomicReq *req = drmModeAtomicAlloc();
	struct pollfd done = {.events = POLLIN};
	int32_t fence = -1;

	set(capture, req, capture->monitor, "CRTC_ID", 0);
	set(capture, req, capture->connector, "CRTC_ID", capture->crtc);
	set(capture, req, capture->connector, "WRITEBACK_FB_ID", capture->fb);
	set(capture, req, capture->connector, "WRITEBACK_OUT_FENCE_PTR",
	    (uint64_t)(uintptr_t)&fence);
	commit(capture, req);
	done.fd = fence;
	if (poll(&done, 1, 5000) != 1) {
		errno = ETIMEDOUT;
		fail("nothing was written back");
	}
	req = drmModeAtomicAlloc();
	set(capture, req, capture->connector, "CRTC_ID", 0);
	set(capture, req, capture->monitor, "CRTC_ID", capture->crtc);
	commit(capture, req);
}

static void save(struct capture *capture, const char *path)
{
	FILE *file = fopen(path, "w");
	uint64_t offset;
	const uint8_t *pixels;

	if (!file || drmModeMapDumbBuffer(capture->fd, capture->handle, &offset) != 0) {
		fail(path);
	}
	pixels = mmap(NULL, capture->size, PROT_READ, MAP_SHARED, capture->fd, (off_t)offset);
	if (pixels == MAP_FAILED) {
		fail("mmap");
	}
	fprintf(file, "P6\n%u %u\n255\n", capture->width, capture->height);
	for (uint32_t y = 0; y < capture->height; y++) {
		for (uint32_t x = 0; x < capture->width; x++) {
			const uint8_t *pixel = pixels + (size_t)y * capture->pitch + 4 * (size_t)x;

			fputc(pixel[2], file);
			fputc(pixel[1], file);
			fputc(pixel[0], file);
		}
	}
	if (fclose(file) != 0) {
		fail(path);
	}
}

int main(int argc, char **argv)
{
	struct capture capture = {0};

	if (argc != 4) {
		fprintf(stderr, "usage: writeback PID CARD FILE\n");
		return 2;
	}
	capture.fd = borrow(argv[1], argv[2]);
	/* Of the descriptor, and so of the server, too: it is taken back. */
	if (drmSetClientCap(capture.fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1) != 0) {
		fail("the card has no writeback");
	}
	find_objects(&capture);
	make_buffer(&capture);
	write_back(&capture);
	save(&capture, argv[3]);
	drmModeRmFB(capture.fd, capture.fb);
	drmModeDestroyDumbBuffer(capture.fd, capture.handle);
	drmSetClientCap(capture.fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 0);
	return 0;
}
