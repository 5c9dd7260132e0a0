/* SPDX-License-Identifier: MIT */
/*
 * agent PORT DIRECTORY...: lets the host run commands in dom0 and read its growing log files.
 *
 * One virtio-serial port carries frames both ways: a line "KIND NAME LENGTH\n", then LENGTH bytes.
 *   host:  run ID     a shell command, a zero byte, and what it reads as its standard input
 *          kill ID    send SIGTERM to that command and its children
 *   dom0:  out ID     what the command wrote to its standard output or error
 *          exit ID    its exit status in decimal, 128 + signal when a signal ended it
 *          log FILE   what was appended to a file in one of the directories
 *          hello -    the agent is there
 * Commands run beside each other; nothing here waits for anything but events.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_JOBS 64
#define MAX_LOGS 256
#define CHUNK 65536

struct job {
	pid_t pid;
	int exit_fd;
	int output;
	char id[32];
};

struct log {
	char path[512];
	off_t offset;
};

static int port;
static struct job jobs[MAX_JOBS];
static int job_count;
static struct log logs[MAX_LOGS];
static int log_count;
static const char *directories[8];
static int directory_watch[8];
static int directory_count;

static void die(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_all(int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			die("write");
		}
		done += n > 0 ? (size_t)n : 0;
	}
}

static void frame_send(const char *kind, const char *name, const void *data, size_t size)
{
	char header[640];
	int length = snprintf(header, sizeof(header), "%s %s %zu\n", kind, name, size);

	write_all(port, header, (size_t)length);
	write_all(port, data, size);
}

/* Commands: each in its own session, so that a kill reaches its children too. */

static void job_exec(const char *command, int input, int output)
{
	setsid();
	dup2(input, 0);
	dup2(output, 1);
	dup2(output, 2);
	signal(SIGPIPE, SIG_DFL);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void job_start(const char *id, const char *payload, size_t size)
{
	size_t command_size = strnlen(payload, size) + 1;
	int input = memfd_create("stdin", MFD_CLOEXEC);
	int pipes[2];
	struct job *job;

	if (job_count == MAX_JOBS || input < 0 || pipe2(pipes, O_CLOEXEC) != 0) {
		frame_send("exit", id, "126", 3);
		return;
	}
	if (command_size < size) {
		write_all(input, payload + command_size, size - command_size);
		lseek(input, 0, SEEK_SET);
	}
	job = &jobs[job_count++];
	snprintf(job->id, sizeof(job->id), "%s", id);
	job->output = pipes[0];
	job->pid = fork();
	if (job->pid == 0) {
		job_exec(payload, input, pipes[1]);
	}
	job->exit_fd = pidfd_open(job->pid, 0);
	if (job->pid < 0 || job->exit_fd < 0) {
		die("fork");
	}
	close(input);
	close(pipes[1]);
}

/* Passes on what is there; false when no more can come, as nobody has the other end. */
static bool job_read(struct job *job)
{
	static char buffer[CHUNK];
	ssize_t n = read(job->output, buffer, sizeof(buffer));

	if (n > 0) {
		frame_send("out", job->id, buffer, (size_t)n);
	}
	return n > 0 || (n < 0 && errno == EINTR);
}

/* A background child may keep the pipe: the end of the command itself is what counts. */
static void job_finish(struct job *job)
{
	char text[16];
	int status = 0;
	int length;

	fcntl(job->output, F_SETFL, O_NONBLOCK);
	while (job->output >= 0 && job_read(job)) {
	}
	while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR) {
	}
	length = snprintf(text, sizeof(text), "%d",
			  WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	close(job->exit_fd);
	close(job->output);
	frame_send("exit", job->id, text, (size_t)length);
	*job = jobs[--job_count];
}

static void job_handle(struct job *job, bool readable, bool ended)
{
	if (ended) {
		job_finish(job);
	} else if (readable && !job_read(job)) {
		close(job->output);
		job->output = -1;
	}
}

static void job_kill(const char *id)
{
	for (int i = 0; i < job_count; i++) {
		if (strcmp(jobs[i].id, id) == 0) {
			/* Its children too, unless it has not come so far as to be a session. */
			if (kill(-jobs[i].pid, SIGTERM) != 0) {
				kill(jobs[i].pid, SIGTERM);
			}
		}
	}
}

/* Logs: every regular file in the watched directories, from its first byte on. */

static struct log *log_find(const char *path)
{
	for (int i = 0; i < log_count; i++) {
		if (strcmp(logs[i].path, path) == 0) {
			return &logs[i];
		}
	}
	if (log_count == MAX_LOGS) {
		return NULL;
	}
	snprintf(logs[log_count].path, sizeof(logs[log_count].path), "%s", path);
	logs[log_count].offset = 0;
	return &logs[log_count++];
}

static void log_ship(const char *directory, const char *name)
{
	static char buffer[CHUNK];
	char path[512];
	struct log *log;
	ssize_t n;
	int fd;

	if (name[0] == '.') {
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	log = log_find(path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (!log || fd < 0) {
		return;
	}
	while ((n = pread(fd, buffer, sizeof(buffer), log->offset)) > 0) {
		log->offset += n;
		frame_send("log", name, buffer, (size_t)n);
	}
	close(fd);
}

static int logs_watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	for (int i = 0; i < directory_count; i++) {
		DIR *directory = opendir(directories[i]);
		struct dirent *entry;

		directory_watch[i] = inotify_add_watch(fd, directories[i], IN_MODIFY);
		if (!directory || directory_watch[i] < 0) {
			die(directories[i]);
		}
		while ((entry = readdir(directory))) {
			log_ship(directories[i], entry->d_name);
		}
		closedir(directory);
	}
	return fd;
}

static void logs_read(int fd)
{
	char buffer[16384] __attribute__((aligned(8)));
	ssize_t n = read(fd, buffer, sizeof(buffer));

	for (ssize_t at = 0; at < n;) {
		struct inotify_event *event = (struct inotify_event *)(buffer + at);

		for (int i = 0; i < directory_count && event->len > 0; i++) {
			if (directory_watch[i] == event->wd) {
				log_ship(directories[i], event->name);
			}
		}
		at += (ssize_t)(sizeof(*event) + event->len);
	}
}

/* The port: frames are collected until they are whole. */

static void frame_handle(const char *header, const char *payload, size_t size)
{
	char kind[16];
	char name[32];

	if (sscanf(header, "%15s %31s", kind, name) != 2) {
		fprintf(stderr, "agent: the host sent a bad header: %s\n", header);
	} else if (strcmp(kind, "run") == 0) {
		job_start(name, payload, size);
	} else if (strcmp(kind, "kill") == 0) {
		job_kill(name);
	}
}

static size_t frames_take(char *data, size_t size)
{
	size_t taken = 0;

	for (;;) {
		char *newline = memchr(data + taken, '\n', size - taken);
		const char *length_text;
		size_t length;
		char saved;

		if (!newline) {
			return taken;
		}
		*newline = '\0';
		length_text = strrchr(data + taken, ' ');
		length = length_text ? strtoul(length_text, NULL, 10) : 0;
		if (size - (size_t)(newline + 1 - data) < length) {
			*newline = '\n';
			return taken;
		}
		saved = newline[1 + length];
		newline[1 + length] = '\0';
		frame_handle(data + taken, newline + 1, length);
		newline[1 + length] = saved;
		taken = (size_t)(newline + 1 - data) + length;
	}
}

/* Returns false while no host is connected: the port then reads as ended. */
static bool port_read(void)
{
	static char *data;
	static size_t size;
	static size_t capacity;
	size_t taken;
	ssize_t n;

	if (capacity - size < CHUNK + 1) {
		capacity = capacity * 2 + 2 * CHUNK;
		data = realloc(data, capacity);
		if (!data) {
			die("realloc");
		}
	}
	n = read(port, data + size, CHUNK);
	if (n <= 0) {
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	}
	size += (size_t)n;
	taken = frames_take(data, size);
	size -= taken;
	memmove(data, data + taken, size);
	return true;
}

int main(int argc, char **argv)
{
	int notify;

	if (argc < 3 || argc > 2 + (int)(sizeof(directories) / sizeof(directories[0]))) {
		fprintf(stderr, "usage: agent PORT DIRECTORY...\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	port = open(argv[1], O_RDWR | O_CLOEXEC);
	if (port < 0) {
		die(argv[1]);
	}
	for (int i = 2; i < argc; i++) {
		directories[directory_count++] = argv[i];
	}
	frame_send("hello", "-", "", 0);
	notify = logs_watch();
	for (;;) {
		struct pollfd fds[2 + 2 * MAX_JOBS] = {
			{.fd = port, .events = POLLIN},
			{.fd = notify, .events = POLLIN},
		};
		struct pollfd *job_fds = fds + 2;
		int polled = job_count;

		for (int i = 0; i < polled; i++) {
			job_fds[2 * i] = (struct pollfd){.fd = jobs[i].output, .events = POLLIN};
			job_fds[2 * i + 1] = (struct pollfd){.fd = jobs[i].exit_fd,
							     .events = POLLIN};
		}
		if (poll(fds, (nfds_t)(2 + 2 * polled), -1) < 0) {
			if (errno == EINTR) {
				continue;
			}
			die("poll");
		}
		/* Downwards, as a finished job's place is taken by the last one. */
		for (int i = polled - 1; i >= 0; i--) {
			job_handle(&jobs[i], job_fds[2 * i].revents, job_fds[2 * i + 1].revents);
		}
		if (fds[1].revents) {
			logs_read(notify);
		}
		if (fds[0].revents && !port_read()) {
			die("the host closed the port");
		}
	}
}
