/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/log.h"
#include "config/command_line.h"
#include "config/settings.h"
#include "helpers/command/helper.h"
#include "helpers/command/trust.h"

/* Between being asked to end and being ended. */
#define GRACE_USEC 2000000u
/* Of syslog. */
#define PRIORITY_INFO 6

struct job {
	struct list link; /* helper.jobs */
	struct helper *helper;
	struct client *client; /* NULL: it has gone */
	struct command_request request;
	sd_event_source *child, *timeout;
	pid_t pid; /* also its process group */
	bool is_late;
};

static void job_destroy(struct job *job)
{
	list_remove(&job->link);
	job->helper->n_jobs--;
	sd_event_source_disable_unref(job->child);
	sd_event_source_disable_unref(job->timeout);
	free(job);
}

void job_forget_client(struct job *job)
{
	job->client = NULL;
}

/* ---- the command ---- */

/* Lines of what it prints, by guest. Without a journal, where our own go. */
static int output_open(const struct command_request *request)
{
	char *name = xasprintf("vitrine-command[%s]", request->guest);
	int fd = sd_journal_stream_fd(name, PRIORITY_INFO, 0);

	free(name);
	return fd >= 0 ? fd : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
}

/* In the child: nothing of ours is left but its streams. */
static void become(const struct command_line *line, const struct command_request *request,
		   int output)
{
	char *guest = xasprintf("VITRINE_GUEST=%s", request->guest);
	char *env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		       "LANG=C", guest, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (setsid() < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 ||
	    close_range(3, ~0u, 0) < 0 || chdir("/") < 0) {
		_exit(126);
	}
	umask(022);
	execve(line->argv[0], line->argv, env);
	_exit(127);
}

/* Of a group that may have ended meanwhile. */
static void group_kill(const struct job *job, int signal)
{
	if (kill(-job->pid, signal) < 0 && errno != ESRCH) {
		log_warn(LOG_HOST, "a command could not be ended");
	}
}

static void job_tell_end(struct job *job, int value)
{
	const char *verb = command_verb_name(job->request.verb);
	enum command_answer_kind kind = job->is_late ? COMMAND_TIMEOUT : COMMAND_ENDED;

	log_info(LOG_ADMIN, "%s %s ended with %d%s", verb, job->request.guest, value,
		 job->is_late ? ", as it took too long" : "");
	if (job->client) {
		client_answer(job->client, kind, value, job->is_late ? "it took too long" : "");
	}
}

static int handle_exit(sd_event_source *source, const siginfo_t *info, void *data)
{
	struct job *job = data;
	int value = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;

	helper_touch(job->helper);
	if (job->is_late) {
		/* What it left behind of its group. */
		group_kill(job, SIGKILL);
	}
	job_tell_end(job, value);
	job_destroy(job);
	return 0;
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	struct job *job = data;

	group_kill(job, job->is_late ? SIGKILL : SIGTERM);
	if (!job->is_late) {
		job->is_late = true;
		if (sd_event_source_set_time_relative(source, GRACE_USEC) < 0 ||
		    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0) {
			group_kill(job, SIGKILL);
		}
	}
	return 0;
}

/* 0 or -errno. */
static int job_spawn(struct job *job, const struct command_line *line)
{
	int output = output_open(&job->request);

	if (output < 0) {
		return -errno;
	}
	job->pid = fork();
	if (job->pid == 0) {
		become(line, &job->request, output);
	}
	close_fd(&output);
	if (job->pid < 0) {
		return -errno;
	}
	return 0;
}

static int job_watch(struct job *job, uint32_t timeout_s)
{
	sd_event *event = job->helper->event;
	int ret = sd_event_add_child(event, &job->child, job->pid, WEXITED, handle_exit, job);

	if (ret >= 0 && timeout_s > 0) {
		ret = sd_event_add_time_relative(event, &job->timeout, CLOCK_MONOTONIC,
						 (uint64_t)timeout_s * 1000000, 0, handle_timeout,
						 job);
	}
	return ret;
}

/* ---- which command ---- */

static const char *command_of(const struct settings_guest *guest, enum command_verb verb)
{
	switch (verb) {
	case COMMAND_START:
		return guest->start;
	case COMMAND_STOP:
		return guest->stop;
	default:
		return guest->reboot;
	}
}

/* 0, or -EINVAL, -EPERM with why. */
static int find_command(const struct helper *helper, const struct command_request *request,
			struct command_line *out, uint32_t *timeout_s, char *why)
{
	const char *path = helper->options->config;
	const struct settings_guest *guest;
	struct settings *settings;
	int ret;

	if (trust_configuration(path, why, COMMAND_TEXT_SIZE) < 0) {
		return -EPERM;
	}
	settings = settings_load(path, stderr);
	if (!settings) {
		snprintf(why, COMMAND_TEXT_SIZE, "the configuration has mistakes");
		return -EINVAL;
	}
	guest = settings_own_guest(settings, request->guest);
	if (!guest || !*command_of(guest, request->verb)) {
		snprintf(why, COMMAND_TEXT_SIZE, "no command is configured for this");
		ret = -EINVAL;
	} else {
		*timeout_s = guest->command_s;
		ret = command_line_split(command_of(guest, request->verb), request->guest, out, why);
	}
	free(settings);
	return ret;
}

static bool is_running(const struct helper *helper, const char *guest)
{
	const struct job *job;

	list_for_each(job, &helper->jobs, link) {
		if (strcmp(job->request.guest, guest) == 0) {
			return true;
		}
	}
	return false;
}

static int job_prepare(const struct helper *helper, const struct command_request *request,
		       struct command_line *line, uint32_t *timeout_s, char *why)
{
	if (is_running(helper, request->guest)) {
		snprintf(why, COMMAND_TEXT_SIZE, "another command for this guest is running");
		return -EBUSY;
	}
	if (helper->n_jobs == HELPER_JOBS) {
		snprintf(why, COMMAND_TEXT_SIZE, "too many commands are running");
		return -EBUSY;
	}
	return find_command(helper, request, line, timeout_s, why);
}

void job_start(struct helper *helper, struct client *client, const struct command_request *request)
{
	char why[COMMAND_TEXT_SIZE] = "";
	struct command_line line;
	uint32_t timeout_s = 0;
	struct job *job;
	int ret = job_prepare(helper, request, &line, &timeout_s, why);

	if (ret < 0) {
		helper_warn(helper, "%s %s was refused: %s", command_verb_name(request->verb),
			    request->guest, why);
		client_answer(client, COMMAND_REFUSED, -ret, why);
		return;
	}
	job = xcalloc(1, sizeof(*job));
	job->helper = helper;
	job->request = *request;
	list_append(&helper->jobs, &job->link);
	helper->n_jobs++;
	ret = job_spawn(job, &line);
	if (ret == 0) {
		ret = job_watch(job, timeout_s);
	}
	if (ret < 0) {
		if (job->pid > 0) {
			group_kill(job, SIGKILL);
		}
		job_destroy(job);
		client_answer(client, COMMAND_REFUSED, -ret, "it could not be started");
		return;
	}
	job->client = client;
	client_set_job(client, job);
	log_info(LOG_ADMIN, "%s %s", command_verb_name(request->verb), request->guest);
	client_answer(client, COMMAND_STARTED, 0, "");
}

void jobs_finish(struct helper *helper)
{
	struct job *job, *tmp;

	/* They run on: a guest that is being started is not left half started because nobody looks any more. */
	list_for_each_safe(job, tmp, &helper->jobs, link) {
		job_destroy(job);
	}
}
