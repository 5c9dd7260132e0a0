/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fdmsg.h"
#include "xen/loopback/hub_priv.h"

#define MAX_WATCHES 128u /* of one client of a guest */

struct watch {
	struct list link; /* on hub_client.watches */
	char *path;       /* absolute, or beginning with '@' */
	char *token;
	size_t strip; /* the client said a relative path and hears relative ones */
};

struct pending_event {
	struct list link; /* on hub_client.events */
	size_t size;
	char data[]; /* path, 0, token, 0 */
};

static bool path_valid(const char *path)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@";
	size_t len = strlen(path);

	if (len == 0 || len >= LOOP_PATH_MAX || strspn(path, allowed) != len) {
		return false;
	}
	return strcmp(path, "/") == 0 || (path[len - 1] != '/' && !strstr(path, "//"));
}

char *hub_path_absolute(const struct hub_client *client, const char *path, size_t *strip)
{
	char *absolute;

	*strip = 0;
	if (!path_valid(path)) {
		return NULL;
	}
	if (path[0] == '/' || path[0] == '@') {
		return xstrdup(path);
	}
	absolute = xasprintf("/local/domain/%u/%s", client->domain->domid, path);
	*strip = strlen(absolute) - strlen(path);
	if (!path_valid(absolute)) {
		free(absolute);
		return NULL;
	}
	return absolute;
}

/* Equal events that wait are one, so what waits is bounded by watches and nodes. */
static bool event_queued(const struct hub_client *client, const char *data, size_t size)
{
	const struct pending_event *event;

	list_for_each(event, &client->events, link) {
		if (event->size == size && memcmp(event->data, data, size) == 0) {
			return true;
		}
	}
	return false;
}

static int send_queued(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct hub_client *client = data;
	struct pending_event *event, *next;

	list_for_each_safe(event, next, &client->events, link) {
		if (fdmsg_send(fd, event->data, event->size, NULL, 0) == -EAGAIN) {
			return 0;
		}
		list_remove(&event->link);
		free(event);
	}
	client->watch_source = sd_event_source_disable_unref(source);
	return 0;
}

static void event_queue(struct hub_client *client, const char *data, size_t size)
{
	struct pending_event *event;

	if (event_queued(client, data, size)) {
		return;
	}
	event = xcalloc(1, sizeof(*event) + size);
	memcpy(event->data, data, size);
	event->size = size;
	list_append(&client->events, &event->link);
	if (!client->watch_source) {
		/* Without memory for the source the event waits for the next one. */
		(void)sd_event_add_io(client->hub->event, &client->watch_source, client->watch_sock,
				      EPOLLOUT, send_queued, client);
	}
}

static void watch_fire(struct hub_client *client, const struct watch *watch, const char *path)
{
	const char *told = path + watch->strip;
	size_t path_size = strlen(told) + 1;
	size_t token_size = strlen(watch->token) + 1;
	char data[2 * LOOP_PATH_MAX];

	memcpy(data, told, path_size);
	memcpy(data + path_size, watch->token, token_size);
	if (!list_empty(&client->events) ||
	    fdmsg_send(client->watch_sock, data, path_size + token_size, NULL, 0) == -EAGAIN) {
		event_queue(client, data, path_size + token_size);
	}
}

static struct watch *watch_find(struct hub_client *client, const char *path, const char *token)
{
	struct watch *watch;

	list_for_each(watch, &client->watches, link) {
		if (strcmp(watch->path, path) == 0 && strcmp(watch->token, token) == 0) {
			return watch;
		}
	}
	return NULL;
}

static unsigned watch_count(const struct hub_client *client)
{
	const struct watch *watch;
	unsigned n = 0;

	list_for_each(watch, &client->watches, link) {
		n++;
	}
	return n;
}

int hub_watch_add(struct hub_client *client, const char *path, const char *token)
{
	size_t strip;
	char *absolute = hub_path_absolute(client, path, &strip);
	struct watch *watch;
	int ret = 0;

	if (!absolute || strlen(token) >= LOOP_PATH_MAX) {
		ret = -EINVAL;
	} else if (watch_find(client, absolute, token)) {
		ret = -EEXIST;
	} else if (client->domain->domid != 0 && watch_count(client) >= MAX_WATCHES) {
		ret = -E2BIG;
	}
	if (ret < 0) {
		free(absolute);
		return ret;
	}
	watch = xcalloc(1, sizeof(*watch));
	watch->path = absolute;
	watch->token = xstrdup(token);
	watch->strip = strip;
	list_append(&client->watches, &watch->link);
	watch_fire(client, watch, watch->path);
	return 0;
}

static void watch_destroy(struct watch *watch)
{
	list_remove(&watch->link);
	free(watch->path);
	free(watch->token);
	free(watch);
}

int hub_watch_remove(struct hub_client *client, const char *path, const char *token)
{
	size_t strip;
	char *absolute = hub_path_absolute(client, path, &strip);
	struct watch *watch = absolute ? watch_find(client, absolute, token) : NULL;

	free(absolute);
	if (!watch) {
		return -ENOENT;
	}
	watch_destroy(watch);
	return 0;
}

void hub_watches_clear(struct hub_client *client)
{
	struct watch *watch, *next_watch;
	struct pending_event *event, *next_event;

	list_for_each_safe(watch, next_watch, &client->watches, link) {
		watch_destroy(watch);
	}
	list_for_each_safe(event, next_event, &client->events, link) {
		list_remove(&event->link);
		free(event);
	}
	client->watch_source = sd_event_source_disable_unref(client->watch_source);
}

static bool covers(const struct watch *watch, const char *path, bool exact)
{
	size_t len = strlen(watch->path);

	if (strcmp(watch->path, path) == 0) {
		return true;
	}
	if (exact || path[0] != '/') {
		return false;
	}
	return strcmp(watch->path, "/") == 0 ||
	       (strncmp(watch->path, path, len) == 0 && path[len] == '/');
}

void hub_watches_fire(struct hub *hub, const char *path, const struct hub_node *node, bool exact)
{
	struct hub_client *client;
	const struct watch *watch;

	list_for_each(client, &hub->clients, link) {
		if (!client->domain || (node && !hub_node_readable(node, client->domain->domid)) ||
		    (!node && client->domain->domid != 0)) {
			continue;
		}
		list_for_each(watch, &client->watches, link) {
			if (covers(watch, path, exact)) {
				watch_fire(client, watch, path);
			}
		}
	}
}
