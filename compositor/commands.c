/* SPDX-License-Identifier: MIT */
/*
 * Commands for guests: asks vitrine-command, which alone knows and runs what is configured. A request is a verb and a name; a
 * connection lasts as long as the command.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fdmsg.h"
#include "base/log.h"
#include "compositor/server.h"
#include "helpers/command/command.h"

#define MAX_RUNNING 8u
/* The helper says at once whether it could start something. */
#define PATIENCE_NS (5 * NSEC_PER_SEC)

struct command {
	struct list link; /* commands.running */
	struct commands *commands;
	struct command_request request;
	command_started_fn fn; /* NULL: was told, or nobody wants to know */
	void *data;
	int fd;
	sd_event_source *source;
	struct clock_timer *patience;
};

struct commands {
	struct server *server;
	struct list running; /* struct command.link */
	unsigned n_running;
};

static void command_destroy(struct command *command)
{
	list_remove(&command->link);
	command->commands->n_running--;
	sd_event_source_disable_unref(command->source);
	if (command->patience) {
		clock_timer_destroy(command->patience);
	}
	close_fd(&command->fd);
	free(command);
}

static void tell_started(struct command *command, const char *why)
{
	command_started_fn fn = command->fn;

	command->fn = NULL;
	if (fn) {
		fn(command->data, why);
	}
}

/* how: for people; "": it ended well. */
static void command_end(struct command *command, const char *how)
{
	struct server *server = command->commands->server;
	const char *verb = command_verb_name(command->request.verb);
	char words[COMMAND_TEXT_SIZE + 64] = "", guest[sizeof(command->request.guest)];

	memcpy(guest, command->request.guest, sizeof(guest));
	if (*how) {
		snprintf(words, sizeof(words), "%s %s: %s", verb, guest, how);
		log_warn(LOG_ADMIN, "%s", words);
	}
	tell_started(command, how);
	command_destroy(command);
	server_tell(server, "CommandEnded", guest, *how ? words : verb);
	menu_notice(server->menu, words);
	menu_guests_changed(server->menu);
}

/* ---- what the helper says ---- */

static void take_answer(struct command *command, const struct command_answer *answer)
{
	char how[COMMAND_TEXT_SIZE + 32] = "";

	switch (answer->kind) {
	case COMMAND_STARTED:
		clock_timer_disarm(command->patience);
		tell_started(command, "");
		return;
	case COMMAND_REFUSED:
		snprintf(how, sizeof(how), "%s", answer->text);
		break;
	case COMMAND_ENDED:
		if (answer->value != 0) {
			snprintf(how, sizeof(how), "it ended with status %d", answer->value);
		}
		break;
	case COMMAND_TIMEOUT:
		snprintf(how, sizeof(how), "it took too long and was ended");
		break;
	default:
		snprintf(how, sizeof(how), "vitrine-command speaks another version");
		break;
	}
	command_end(command, how);
}

/* For a panel, a log and a bus: whoever wrote it. */
static void make_printable(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (; *text; text++) {
		if (*text < ' ' || *text > '~') {
			*text = '?';
		}
	}
}

static int handle_answer(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct command *command = data;
	struct command_answer answer;
	int n = fdmsg_recv(fd, &answer, sizeof(answer), NULL, 0);

	if (n == -EAGAIN) {
		return 0;
	}
	if (n != (int)sizeof(answer)) {
		command_end(command,
			    n == 0 ? "vitrine-command ended" : "vitrine-command talks nonsense");
		return 0;
	}
	make_printable(answer.text, sizeof(answer.text));
	take_answer(command, &answer);
	return 0;
}

static void handle_patience(void *data, uint64_t now_ns)
{
	command_end(data, "vitrine-command does not answer");
}

/* ---- asking ---- */

static int verb_parse(const char *name, uint32_t *out)
{
	for (uint32_t verb = COMMAND_START; verb < COMMAND_VERBS; verb++) {
		if (strcmp(command_verb_name(verb), name) == 0) {
			*out = verb;
			return 0;
		}
	}
	return -EINVAL;
}

static const char *configured(const struct server *server, const struct command_request *request)
{
	const struct settings_guest *guest = settings_own_guest(server->settings, request->guest);

	if (!guest) {
		return "";
	}
	return request->verb == COMMAND_START ? guest->start :
	       request->verb == COMMAND_STOP  ? guest->stop :
						guest->reboot;
}

static const struct command *command_find(const struct commands *commands, const char *guest)
{
	const struct command *command;

	list_for_each(command, &commands->running, link) {
		if (strcmp(command->request.guest, guest) == 0) {
			return command;
		}
	}
	return NULL;
}

static int helper_connect(const struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, ret;
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
			 server->options->runtime_dir, COMMAND_SOCKET);

	if (n < 0 || (size_t)n >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	/* Never waits: without room in its queue it says so. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		ret = -errno;
		close_fd(&fd);
		return ret;
	}
	return fd;
}

static int command_ask(struct command *command)
{
	struct server *server = command->commands->server;
	int ret = helper_connect(server);

	if (ret < 0) {
		return ret;
	}
	command->fd = ret;
	ret = fdmsg_send(command->fd, &command->request, sizeof(command->request), NULL, 0);
	if (ret < 0) {
		return ret;
	}
	command->patience = clock_timer_create(server->clock, PRIORITY_STATS, handle_patience,
					       command);
	if (!command->patience) {
		return -ENOMEM;
	}
	clock_timer_arm(command->patience, clock_now(server->clock) + PATIENCE_NS);
	return sd_event_add_io(server->event, &command->source, command->fd, EPOLLIN, handle_answer,
			       command);
}

static int request_make(const struct commands *commands, const char *verb, const char *guest,
			struct command_request *out)
{
	memset(out, 0, sizeof(*out));
	out->version = COMMAND_VERSION;
	if (verb_parse(verb, &out->verb) < 0 || !guest_name_valid(guest)) {
		return -EINVAL;
	}
	memcpy(out->guest, guest, strlen(guest));
	if (!*configured(commands->server, out)) {
		return -ENOENT;
	}
	return command_find(commands, guest) || commands->n_running == MAX_RUNNING ? -EBUSY : 0;
}

int commands_run(struct commands *commands, const char *verb, const char *guest,
		 command_started_fn fn, void *data)
{
	struct command *command;
	struct command_request request;
	int ret = request_make(commands, verb, guest, &request);

	if (ret < 0) {
		return ret;
	}
	command = xcalloc(1, sizeof(*command));
	*command = (struct command){
		.commands = commands, .request = request, .fn = fn, .data = data, .fd = -1};
	list_append(&commands->running, &command->link);
	commands->n_running++;
	ret = command_ask(command);
	if (ret < 0) {
		log_warn(LOG_ADMIN, "vitrine-command can't be reached: %s", strerror(-ret));
		command_destroy(command);
		return -ECONNREFUSED;
	}
	menu_guests_changed(commands->server->menu);
	return 0;
}

const char *commands_state(const struct commands *commands, const char *guest)
{
	static const char *const states[COMMAND_VERBS] = {
		[COMMAND_START] = "starting...",
		[COMMAND_STOP] = "stopping...",
		[COMMAND_REBOOT] = "rebooting...",
	};
	const struct command *command = commands ? command_find(commands, guest) : NULL;

	return command ? states[command->request.verb] : NULL;
}

/* ---- start and stop ---- */

int commands_create(struct commands **out, struct server *server)
{
	struct commands *commands = xcalloc(1, sizeof(*commands));

	commands->server = server;
	list_init(&commands->running);
	*out = commands;
	return 0;
}

/* What runs goes on; who waits for an answer has gone by now. */
void commands_destroy(struct commands *commands)
{
	struct command *command, *tmp;

	if (!commands) {
		return;
	}
	list_for_each_safe(command, tmp, &commands->running, link) {
		tell_started(command, "the display server ends");
		command_destroy(command);
	}
	free(commands);
}
