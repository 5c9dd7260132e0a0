/* SPDX-License-Identifier: MIT */
/*
 * vitrine-auth: one process for each attempt to unlock the screen, and for each passphrase that the host asks for. It alone sees
 * what is typed as text, tells the display server yes or no, and ends.
 */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "config/settings.h"
#include "helpers/auth/ask.h"
#include "helpers/auth/check.h"
#include "helpers/auth/guard.h"
#include "helpers/auth/options.h"
#include "helpers/auth/session.h"

/* The server has one attempt and one question under way. */
#define BACKLOG 4

/* ---- who is there ---- */

static bool peer_is_server(int fd, const struct auth_options *options)
{
	const struct passwd *server = getpwnam(options->peer);
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		return false;
	}
	return peer.uid == 0 || peer.uid == geteuid() || (server && peer.uid == server->pw_uid);
}

/* ---- one connection ---- */

static int serve(int fd, const struct auth_options *options)
{
	struct settings *settings;
	struct session session;
	int ret;

	if (!peer_is_server(fd, options)) {
		log_warn(LOG_ADMIN, "somebody who is not the display server was refused");
		return -EACCES;
	}
	settings = settings_load(options->config, stderr);
	if (!settings) {
		log_error(LOG_ADMIN, "the configuration has mistakes: no password is checked");
		return -EINVAL;
	}
	ret = session_init(&session, fd, settings);
	if (ret == 0 && session.mode == AUTH_ASK) {
		ask_run(&session);
	} else if (ret == 0 && settings->lock.user[0] == '\0') {
		session_say(&session, AUTH_FAILED, 0, "[lock] user= is not set");
	} else if (ret == 0) {
		check_run(&session, &(struct check_options){
					    .user = settings->lock.user,
					    .service = options->service,
					    .confdir = options->pam_dir,
					    .delay_ms = options->delay_ms,
				    });
	}
	if (ret == 0) {
		session_finish(&session);
	}
	free(settings);
	return ret;
}

/* ---- without systemd: a process for each ---- */

static int listen_at(const char *runtime_dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const struct passwd *owner;
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", runtime_dir,
			 AUTH_SOCKET);

	if (fd < 0 || n < 0 || (size_t)n >= sizeof(address.sun_path)) {
		close_fd(&fd);
		return fd < 0 ? -errno : -ENAMETOOLONG;
	}
	unlink(address.sun_path);
	umask(0177);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, BACKLOG) < 0) {
		int ret = -errno;

		log_error(LOG_ADMIN, "%s: %s", address.sun_path, strerror(-ret));
		close_fd(&fd);
		return ret;
	}
	owner = getpwnam("vitrine");
	if (geteuid() == 0 && owner && chown(address.sun_path, owner->pw_uid, (gid_t)-1) < 0) {
		log_warn(LOG_HOST, "%s: its owner could not be changed", address.sun_path);
	}
	return fd;
}

static int serve_all(int listener, const struct auth_options *options)
{
	signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pid_t pid;

		if (fd < 0 && errno != EINTR && errno != ECONNABORTED) {
			return -errno;
		}
		pid = fd >= 0 ? fork() : -1;
		if (pid == 0) {
			int ret;

			/* PAM's modules wait for processes of theirs. */
			signal(SIGCHLD, SIG_DFL);
			close(listener);
			ret = guard_raise();
			ret = ret < 0 ? ret : serve(fd, options);
			_exit(ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
		}
		close_fd(&fd);
	}
}

static int run(const struct auth_options *options)
{
	int n = sd_listen_fds(1), listener;

	if (n == 1 && sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_SEQPACKET, 0) > 0) {
		return serve(SD_LISTEN_FDS_START, options);
	}
	listener = n == 1 ? SD_LISTEN_FDS_START : listen_at(options->runtime_dir);
	return listener < 0 ? listener : serve_all(listener, options);
}

int main(int argc, char **argv)
{
	struct auth_options options;
	int ret;

	log_init("vitrine-auth", LOG_LEVEL_INFO);
	ret = auth_options_parse(&options, argc, argv);
	if (ret != 0) {
		return ret < 0 ? 2 : EXIT_SUCCESS;
	}
	signal(SIGPIPE, SIG_IGN);
	ret = guard_raise();
	if (ret < 0) {
		log_error(LOG_HOST, "this process can't be closed: %s", strerror(-ret));
		return EXIT_FAILURE;
	}
	return run(&options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
