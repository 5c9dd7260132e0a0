/* SPDX-License-Identifier: MIT */
/*
 * What a client of the loopback and its hub say to each other over SOCK_SEQPACKET. On the main socket the client sends
 * one struct loop_request and waits for one struct loop_reply, and so on; on the watch socket, which the answer to
 * LOOP_HELLO carries, the hub sends one struct loop_event each time a watch fires. On the socket of an event channel
 * handle either side sends a struct loop_port.
 */
#ifndef XEN_LOOPBACK_WIRE_H
#define XEN_LOOPBACK_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "xen/map.h"

#define LOOP_PATH_MAX 1024u  /* with its 0 */
#define LOOP_VALUE_MAX 4096u /* without a 0 */
#define LOOP_DATA_MAX 65536u
#define LOOP_MAX_SHARE (LOOP_DATA_MAX / sizeof(uint32_t))
#define LOOP_MAX_PORTS 64u

enum loop_op {
	LOOP_HELLO =
		1, /* domid: who the client is. Answer: 2 fds: watch socket, memory of the domain */
	LOOP_READ, /* path. Answer: value in data */
	LOOP_WRITE,     /* path, value */
	LOOP_REPLACE,   /* path, value = what is there with a 0, then what is to be */
	LOOP_REMOVE,    /* path */
	LOOP_LIST,      /* path. Answer: names in data, each with its 0 */
	LOOP_WATCH,     /* path, value = token with its 0 */
	LOOP_UNWATCH,   /* path, value = token with its 0 */
	LOOP_SET_OWNER, /* path, domid = owner, n = reader */
	LOOP_PREPARE, /* domid, n, flag = writable; 1 fd: sealed memfd of n refs. Answer: 1 fd, n segments */
	LOOP_SHARE,   /* domid, n pages. Answer: value = offset in the memory, n refs in data */
	LOOP_UNSHARE, /* n refs in the value */
	LOOP_BIND,    /* domid, n remote ports in the value. Answer: 1 fd, n local ports in data */
	LOOP_BIND_UNBOUND, /* domid, n. Answer as to LOOP_BIND */
	LOOP_GRANT, /* domid, n; 1 fd: memory of n pages. Answer: value = its number, n refs in data */
	LOOP_UNGRANT, /* n = that number */
};

struct loop_request {
	uint32_t op;
	uint32_t domid;
	uint32_t n;
	uint32_t flag;
	uint32_t path_size;  /* with its 0; the path is at data */
	uint32_t value_size; /* the value follows the path */
	char data[LOOP_PATH_MAX + LOOP_DATA_MAX];
};

struct loop_reply {
	int32_t error; /* 0 or -errno; then nothing else counts */
	uint32_t n;
	uint64_t value;
	uint32_t size; /* of data */
	uint32_t reserved;
	union {
		char data[LOOP_DATA_MAX];
		uint32_t numbers[LOOP_DATA_MAX / sizeof(uint32_t)];
		struct xen_segment segments[XEN_MAX_SEGMENTS];
	};
};

/* path and token, each with its 0 */
struct loop_event {
	char data[2 * LOOP_PATH_MAX];
};

enum loop_port_op {
	LOOP_PORT_EVENT = 1, /* hub to client: the port has an event and is masked */
	LOOP_PORT_UNMASK,
	LOOP_PORT_NOTIFY,
};

struct loop_port {
	uint32_t op;
	uint32_t port;
};

/* A segment that cannot be mapped: xen_map_step fails on it as gntdev's mmap does on a bad reference. */
#define LOOP_BAD_OFFSET 1u

#define LOOP_REQUEST_SIZE(r) \
	(offsetof(struct loop_request, data) + (r)->path_size + (r)->value_size)
#define LOOP_REPLY_SIZE(r) (offsetof(struct loop_reply, data) + (r)->size)

#endif
