/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "xen/loopback/hub.h"

struct hub_thread {
	pthread_t thread;
	sd_event *event;
	struct hub *hub;
	int stop; /* eventfd */
	char *directory;
	char *path;
};

static int stop_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static void *serve(void *data)
{
	const struct hub_thread *thread = data;

	(void)sd_event_loop(thread->event);
	return NULL;
}

static void thread_free(struct hub_thread *thread)
{
	hub_destroy(thread->hub);
	sd_event_unref(thread->event);
	close_fd(&thread->stop);
	if (thread->directory) {
		rmdir(thread->directory);
	}
	free(thread->directory);
	free(thread->path);
	free(thread);
}

static int prepare(struct hub_thread *thread)
{
	const char *tmp = getenv("TMPDIR");
	char *directory = xasprintf("%s/vitrine-hub-XXXXXX", tmp ? tmp : "/tmp");
	int ret;

	if (!mkdtemp(directory)) {
		ret = -errno;
		free(directory);
		return ret;
	}
	thread->directory = directory;
	thread->path = xasprintf("%s/hub", directory);
	thread->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thread->stop < 0) {
		return -errno;
	}
	ret = sd_event_new(&thread->event);
	if (ret == 0) {
		ret = sd_event_add_io(thread->event, NULL, thread->stop, EPOLLIN, stop_readable,
				      NULL);
	}
	return ret < 0 ? ret : hub_create(&thread->hub, thread->event, thread->path);
}

int hub_thread_start(struct hub_thread **out)
{
	struct hub_thread *thread = xcalloc(1, sizeof(*thread));
	int ret;

	thread->stop = -1;
	ret = prepare(thread);
	if (ret == 0) {
		ret = -pthread_create(&thread->thread, NULL, serve, thread);
	}
	if (ret < 0) {
		thread_free(thread);
		return ret;
	}
	*out = thread;
	return 0;
}

char *hub_thread_spec(const struct hub_thread *thread, uint32_t domid)
{
	return xasprintf("loopback:%u:%s", domid, thread->path);
}

void hub_thread_stop(struct hub_thread *thread)
{
	uint64_t one = 1;

	if (write(thread->stop, &one, sizeof(one)) == sizeof(one)) {
		pthread_join(thread->thread, NULL);
	}
	thread_free(thread);
}
