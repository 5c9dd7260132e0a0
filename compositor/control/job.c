/* SPDX-License-Identifier: MIT */
/*
 * Compressing a picture or printing a trace takes longer than a frame may wait, so it is done on a thread, which gets
 * memory of its own, touches nothing else of the server, writes into a memfd and ends. The caller is handed that memfd:
 * we never write to a descriptor, or open a path, that a client chose.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "compositor/control/control_priv.h"

/* Below everything else of ours; the unit starts us above the rest of the host. */
#define JOB_NICE 10

struct job {
	struct list link; /* control.jobs */
	pthread_t thread;
	int done_fd; /* control.jobs_fd */
	atomic_bool is_done;
	sd_bus_message *call; /* NULL: it goes to path */
	char *path;
	job_fn fn;
	void *data;
	void (*free_data)(void *data);
	int fd;  /* the result */
	int ret; /* of the thread */
};

static void job_destroy(struct job *job)
{
	if (job->free_data) {
		job->free_data(job->data);
	}
	sd_bus_message_unref(job->call);
	close_fd(&job->fd);
	free(job->path);
	free(job);
}

/* ---- on the thread ---- */

/* What a person asked for is never written over something. */
static int file_create(struct job *job)
{
	job->fd = open(job->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return job->fd < 0 ? -errno : 0;
}

static int result_write(struct job *job)
{
	int ret = job->path ? file_create(job) : 0;
	int copy = ret == 0 ? fcntl(job->fd, F_DUPFD_CLOEXEC, 3) : -1;
	FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;

	if (ret < 0) {
		return ret;
	}
	if (!out) {
		close_fd(&copy);
		return -ENOMEM;
	}
	ret = job->fn(job->data, out);
	if (fclose(out) != 0 && ret == 0) {
		ret = -errno;
	}
	if (ret == 0 && !job->path &&
	    (lseek(job->fd, 0, SEEK_SET) < 0 ||
	     fcntl(job->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) <
		     0)) {
		ret = -errno;
	}
	return ret;
}

static void *job_run(void *data)
{
	struct job *job = data;
	uint64_t one = 1;

	(void)setpriority(PRIO_PROCESS, 0, JOB_NICE); /* of this thread, on Linux */
	job->ret = result_write(job);
	atomic_store(&job->is_done, true);
	/* Can't fail: the counter is far from full. */
	(void)!write(job->done_fd, &one, sizeof(one));
	return NULL;
}

/* ---- on the loop ---- */

static void job_answer(struct job *job)
{
	int ret = job->ret;

	if (ret == 0) {
		ret = sd_bus_reply_method_return(job->call, "h", job->fd);
	} else {
		ret = sd_bus_reply_method_errorf(job->call, CONTROL_ERROR_FAILED,
						 "it could not be written: %s", strerror(-ret));
	}
	if (ret < 0) {
		log_debug(LOG_US, "a control client did not wait for its answer");
	}
}

static void jobs_collect(struct control *control, bool all)
{
	struct job *job, *tmp;

	list_for_each_safe(job, tmp, &control->jobs, link) {
		if (!all && !atomic_load(&job->is_done)) {
			continue;
		}
		pthread_join(job->thread, NULL);
		list_remove(&job->link);
		control->n_jobs--;
		if (!all && job->call) {
			job_answer(job);
		} else if (!all) {
			album_next(control, job->ret);
		}
		job_destroy(job);
	}
}

static int handle_done(sd_event_source *source, int fd, uint32_t events, void *data)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count)) {
		jobs_collect(data, false);
	}
	return 0;
}

bool jobs_full(const struct control *control)
{
	return control->n_jobs >= CONTROL_JOBS;
}

int job_start(struct control *control, sd_bus_message *call, const char *path, job_fn fn,
	      void *data, void (*free_data)(void *data))
{
	struct job *job = xcalloc(1, sizeof(*job));
	int ret;

	job->done_fd = control->jobs_fd;
	job->call = sd_bus_message_ref(call);
	job->path = call ? NULL : xstrdup(path);
	job->fn = fn;
	job->data = data;
	job->free_data = free_data;
	job->fd = call ? memfd_create("vitrine-answer", MFD_CLOEXEC | MFD_ALLOW_SEALING) : -1;
	if (call && job->fd < 0) {
		ret = -errno;
		job_destroy(job);
		return ret;
	}
	ret = -pthread_create(&job->thread, NULL, job_run, job);
	if (ret < 0) {
		job_destroy(job);
		return ret;
	}
	list_append(&control->jobs, &job->link);
	control->n_jobs++;
	return 0;
}

int jobs_create(struct control *control)
{
	int ret;

	control->jobs_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (control->jobs_fd < 0) {
		return -errno;
	}
	ret = sd_event_add_io(control->server->event, &control->jobs_done, control->jobs_fd,
			      EPOLLIN, handle_done, control);
	return ret < 0 ? ret : sd_event_source_set_priority(control->jobs_done, CONTROL_PRIORITY);
}

void jobs_finish(struct control *control)
{
	jobs_collect(control, true);
	sd_event_source_disable_unref(control->jobs_done);
	close_fd(&control->jobs_fd);
}
