/* SPDX-License-Identifier: MIT */
/* Grants and event channels, both sides. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "xen/loopback/client.h"

int loop_map_prepare(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
		     bool writable, struct xen_prepared *out)
{
	struct loop_client *client = loop_client(xen);
	struct loop_request *request = loop_request(client, LOOP_PREPARE);
	int list = memfd_create_sealed("refs", refs, n * sizeof(*refs));
	int fd = -1;
	int ret;

	if (list < 0) {
		return list;
	}
	request->domid = domid;
	request->n = n;
	request->flag = writable;
	ret = loop_call(client, list, &fd, 1);
	close_fd(&list);
	if (ret < 0) {
		return ret;
	}
	out->fd = fd;
	out->n_segments = MIN(client->reply.n, XEN_MAX_SEGMENTS);
	memcpy(out->segments, client->reply.segments, out->n_segments * sizeof(*out->segments));
	return 0;
}

int loop_grants_create(struct xen *xen, uint32_t domid, int dmabuf, uint32_t n, uint32_t *refs,
		       struct xen_grants *grants)
{
	struct loop_client *client = loop_client(xen);
	struct loop_request *request = loop_request(client, LOOP_GRANT);
	int ret;

	if (n > LOOP_MAX_SHARE) {
		return -E2BIG;
	}
	request->domid = domid;
	request->n = n;
	ret = loop_call(client, dmabuf, NULL, 0);
	if (ret == 0) {
		grants->handle = client->reply.value;
		memcpy(refs, client->reply.numbers, n * sizeof(*refs));
	}
	return ret;
}

void loop_grants_end(struct xen_grants *grants)
{
	struct loop_client *client = loop_client(grants->xen);

	loop_request(client, LOOP_UNGRANT)->n = (uint32_t)grants->handle;
	(void)loop_call(client, -1, NULL, 0);
}

/* As an x86 kernel. */
int loop_dmabuf_export(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n, int *fd)
{
	return -EOPNOTSUPP;
}

void loop_dmabuf_probe(struct xen *xen, uint32_t own_domid, struct xen_dmabuf_support *out)
{
	out->export = -EOPNOTSUPP;
	out->export_tried = true;
}

static int call_ports(struct loop_client *client, uint32_t n, uint32_t *ports, int *fd)
{
	int handle = -1;
	int ret = loop_call(client, -1, &handle, 1);

	if (ret < 0) {
		return ret;
	}
	memcpy(ports, client->reply.numbers, n * sizeof(*ports));
	*fd = handle;
	return 0;
}

int loop_evtchn_bind(struct xen *xen, uint32_t domid, const uint32_t *remote, uint32_t n,
		     uint32_t *local, int *fd)
{
	struct loop_client *client = loop_client(xen);
	struct loop_request *request = loop_request(client, LOOP_BIND);
	int ret;

	if (n > LOOP_MAX_PORTS) {
		return -E2BIG;
	}
	request->domid = domid;
	request->n = n;
	ret = loop_request_fill(client, NULL, remote, n * sizeof(*remote));
	return ret < 0 ? ret : call_ports(client, n, local, fd);
}

int loop_front_ports(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *ports, int *fd)
{
	struct loop_client *client = loop_client(xen);
	struct loop_request *request = loop_request(client, LOOP_BIND_UNBOUND);

	if (n > LOOP_MAX_PORTS) {
		return -E2BIG;
	}
	request->domid = domid;
	request->n = n;
	return call_ports(client, n, ports, fd);
}

int loop_front_share(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *refs, void **addr)
{
	struct loop_client *client = loop_client(xen);
	struct loop_request *request = loop_request(client, LOOP_SHARE);
	void *pages;
	int ret;

	if (n > LOOP_MAX_SHARE) {
		return -E2BIG;
	}
	request->domid = domid;
	request->n = n;
	ret = loop_call(client, -1, NULL, 0);
	if (ret < 0) {
		return ret;
	}
	memcpy(refs, client->reply.numbers, n * sizeof(*refs));
	pages = mmap(NULL, (size_t)n * XEN_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		     client->memory, (off_t)client->reply.value);
	if (pages == MAP_FAILED) {
		ret = -errno;
		loop_front_unshare(xen, NULL, n, refs);
		return ret;
	}
	*addr = pages;
	return 0;
}

void loop_front_unshare(struct xen *xen, void *addr, uint32_t n, const uint32_t *refs)
{
	struct loop_client *client = loop_client(xen);

	if (addr) {
		munmap(addr, (size_t)n * XEN_PAGE_SIZE);
	}
	loop_request(client, LOOP_UNSHARE)->n = n;
	if (loop_request_fill(client, NULL, refs, n * sizeof(*refs)) == 0) {
		(void)loop_call(client, -1, NULL, 0);
	}
}
