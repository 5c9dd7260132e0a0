/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xen/loopback/hub_priv.h"

#define MAX_NODES 1000u /* of one guest, as xenstored's default */

static struct hub_node *node_create(struct hub_node *parent, const char *name, size_t len)
{
	struct hub_node *node = xcalloc(1, sizeof(*node));

	node->name = xcalloc(len + 1, 1);
	memcpy(node->name, name, len);
	node->parent = parent;
	node->reader = HUB_NOBODY;
	list_init(&node->link);
	list_init(&node->children);
	if (parent) {
		node->owner = parent->owner;
		node->reader = parent->reader;
		list_append(&parent->children, &node->link);
	}
	return node;
}

static void node_destroy(struct hub_node *node)
{
	struct hub_node *child, *next;

	list_for_each_safe(child, next, &node->children, link) {
		node_destroy(child);
	}
	list_remove(&node->link);
	free(node->name);
	free(node->value);
	free(node);
}

struct hub_node *hub_store_create(void)
{
	return node_create(NULL, "", 0);
}

void hub_store_destroy(struct hub_node *root)
{
	node_destroy(root);
}

bool hub_node_readable(const struct hub_node *node, uint32_t domid)
{
	return domid == 0 || node->owner == domid || node->reader == domid;
}

static bool node_writable(const struct hub_node *node, uint32_t domid)
{
	return domid == 0 || node->owner == domid;
}

static struct hub_node *child_find(const struct hub_node *node, const char *name, size_t len)
{
	struct hub_node *child;

	list_for_each(child, &node->children, link) {
		if (strlen(child->name) == len && memcmp(child->name, name, len) == 0) {
			return child;
		}
	}
	return NULL;
}

/* The deepest node on the path; *rest is what is missing below it, "" when nothing is. */
static struct hub_node *walk(struct hub_node *root, const char *path, const char **rest)
{
	struct hub_node *node = root;

	path++;
	while (*path) {
		size_t len = strcspn(path, "/");
		struct hub_node *child = child_find(node, path, len);

		if (!child) {
			break;
		}
		node = child;
		path += len;
		path += *path == '/';
	}
	*rest = path;
	return node;
}

int hub_store_find(struct hub *hub, uint32_t domid, const char *path, struct hub_node **out)
{
	const char *rest;
	struct hub_node *node = walk(hub->root, path, &rest);

	/* What is missing is told only to who could read it if it were there. */
	if (!hub_node_readable(node, domid)) {
		return -EACCES;
	}
	if (*rest) {
		return -ENOENT;
	}
	*out = node;
	return 0;
}

static struct hub_domain *node_payer(struct hub *hub, const struct hub_node *node)
{
	return node->owner ? hub_domain_find(hub, node->owner) : NULL;
}

static struct hub_node *create_missing(struct hub *hub, struct hub_node *node, uint32_t domid,
				       const char *rest)
{
	while (*rest) {
		size_t len = strcspn(rest, "/");
		struct hub_domain *payer;

		node = node_create(node, rest, len);
		if (domid != 0) {
			node->owner = domid;
		}
		payer = node_payer(hub, node);
		if (payer) {
			payer->nodes++;
		}
		rest += len;
		rest += *rest == '/';
	}
	return node;
}

static unsigned count_parts(const char *rest)
{
	unsigned n = *rest != '\0';

	for (; *rest; rest++) {
		n += *rest == '/';
	}
	return n;
}

int hub_store_write(struct hub *hub, struct hub_domain *domain, const char *path, const char *value,
		    size_t len)
{
	const char *rest;
	struct hub_node *node = walk(hub->root, path, &rest);
	char *copy;

	if (!node_writable(node, domain->domid)) {
		return -EACCES;
	}
	if (domain->domid != 0 && domain->nodes + count_parts(rest) > MAX_NODES) {
		return -ENOSPC;
	}
	copy = xcalloc(len + 1, 1);
	memcpy(copy, value, len);
	node = create_missing(hub, node, domain->domid, rest);
	free(node->value);
	node->value = copy;
	node->len = len;
	hub_watches_fire(hub, path, node, false);
	return 0;
}

static void refund(struct hub *hub, const struct hub_node *node)
{
	struct hub_domain *payer = node_payer(hub, node);

	if (payer && payer->nodes > 0) {
		payer->nodes--;
	}
}

/* Who watches exactly something below a removed node hears of it; who watches above hears of the node only. */
static void fire_below(struct hub *hub, const char *path, const struct hub_node *node)
{
	const struct hub_node *child;

	list_for_each(child, &node->children, link) {
		char *child_path = xasprintf("%s/%s", path, child->name);

		hub_watches_fire(hub, child_path, child, true);
		fire_below(hub, child_path, child);
		refund(hub, child);
		free(child_path);
	}
}

int hub_store_remove(struct hub *hub, uint32_t domid, const char *path)
{
	const char *rest;
	struct hub_node *node = walk(hub->root, path, &rest);

	if (!node_writable(node, domid)) {
		return -EACCES;
	}
	if (*rest) {
		return -ENOENT;
	}
	if (!node->parent) {
		return -EINVAL;
	}
	hub_watches_fire(hub, path, node, false);
	fire_below(hub, path, node);
	refund(hub, node);
	node_destroy(node);
	return 0;
}

int hub_store_set_owner(struct hub *hub, uint32_t domid, const char *path, uint32_t owner,
			uint32_t reader)
{
	const char *rest;
	struct hub_node *node = walk(hub->root, path, &rest);
	struct hub_domain *payer;

	if (!node_writable(node, domid) || (domid != 0 && owner != node->owner)) {
		return -EACCES;
	}
	if (*rest) {
		return -ENOENT;
	}
	refund(hub, node);
	node->owner = owner;
	node->reader = reader;
	payer = node_payer(hub, node);
	if (payer) {
		payer->nodes++;
	}
	hub_watches_fire(hub, path, node, false);
	return 0;
}
