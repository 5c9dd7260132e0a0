/* SPDX-License-Identifier: MIT */
/* Framebuffers of a connector: requests as Linux's frontend fills them. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "tools/pvfront/display.h"
#include "tools/pvfront/front.h"

#define XRGB8888 0x34325258u /* XR24 */
#define BYTES_PER_PIXEL 4u

static uint32_t buffer_bytes(const struct connector *connector)
{
	return connector->size.width * connector->size.height * BYTES_PER_PIXEL;
}

struct displif_request request_dbuf_create(const struct connector *connector,
					   const struct buffer *buffer)
{
	return (struct displif_request){
		.operation = DISPLIF_DBUF_CREATE,
		.op.dbuf_create =
			{
				.dbuf_cookie = buffer->dbuf_cookie,
				.width = connector->size.width,
				.height = connector->size.height,
				.bpp = 8 * BYTES_PER_PIXEL,
				.buffer_sz = buffer_bytes(connector),
				.gref_directory = buffer->dir_refs[0],
				.flags = buffer->is_allocated ? DISPLIF_DBUF_REQ_ALLOC : 0,
			},
	};
}

struct displif_request request_fb_attach(const struct connector *connector,
					 const struct buffer *buffer)
{
	return (struct displif_request){
		.operation = DISPLIF_FB_ATTACH,
		.op.fb_attach =
			{
				.dbuf_cookie = buffer->dbuf_cookie,
				.fb_cookie = buffer->fb_cookie,
				.width = connector->size.width,
				.height = connector->size.height,
				.pixel_format = XRGB8888,
			},
	};
}

struct displif_request request_set_config(const struct connector *connector, uint64_t fb_cookie)
{
	return (struct displif_request){
		.operation = DISPLIF_SET_CONFIG,
		.op.set_config =
			{
				.fb_cookie = fb_cookie,
				.width = connector->size.width,
				.height = connector->size.height,
				.bpp = 8 * BYTES_PER_PIXEL,
			},
	};
}

static int make_buffer(struct connector *connector, struct buffer *buffer)
{
	struct display *display = connector->display;
	struct connector *first = &display->connectors[0];
	struct displif_request request;
	struct xen *xen = display->front->xen;
	uint32_t backend = display->bus.backend_id;
	int ret = display->be_alloc ?
			  buffer_init_allocated(buffer, xen, backend, buffer_bytes(connector)) :
			  buffer_init(buffer, xen, backend, buffer_bytes(connector));

	if (ret < 0) {
		log_error(LOG_HOST, "connector %u: cannot share %u pages: %s", connector->index,
			  buffer_bytes(connector) / XEN_PAGE_SIZE, strerror(-ret));
		return ret;
	}
	connector->n_buffers++;
	request = request_dbuf_create(connector, buffer);
	ret = display_request(first, &request);
	if (ret == 0 && buffer->is_allocated) {
		ret = buffer_map(buffer, xen, backend);
	}
	if (ret == 0) {
		request = request_fb_attach(connector, buffer);
		ret = display_request(first, &request);
	}
	if (ret < 0) {
		log_error(LOG_HOST, "connector %u: the backend refused a buffer: %s",
			  connector->index, strerror(-ret));
	}
	return ret;
}

int connector_make_buffers(struct connector *connector, unsigned n)
{
	int ret = 0;

	connector->front_buffer = 0;
	while (ret == 0 && connector->n_buffers < n) {
		ret = make_buffer(connector, &connector->buffers[connector->n_buffers]);
	}
	return ret;
}

int connector_enable(struct connector *connector)
{
	struct displif_request request = request_set_config(
		connector, connector->buffers[connector->front_buffer].fb_cookie);
	int ret = display_request(connector, &request);

	if (ret < 0) {
		log_error(LOG_HOST, "connector %u: SET_CONFIG: %s", connector->index,
			  strerror(-ret));
	}
	return ret;
}

uint32_t *connector_pixels(const struct connector *connector, unsigned buffer)
{
	return connector->buffers[buffer].memory;
}
