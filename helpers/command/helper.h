/* SPDX-License-Identifier: MIT */
/*
 * vitrine-command: runs what the administrator configured for a verb and a guest, and nothing else, for a display server that
 * can run nothing at all. One process serves all requests and ends when there have been none for a while.
 */
#ifndef HELPERS_COMMAND_HELPER_H
#define HELPERS_COMMAND_HELPER_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "helpers/command/command.h"

#define HELPER_CLIENTS 16u
#define HELPER_JOBS 8u

struct helper_options {
	const char *config;      /* a path */
	const char *runtime_dir; /* where to listen when nobody hands a socket over */
	const char *peer;        /* the server's user */
	unsigned idle_s;         /* ends after so long without a request; 0: never */
};

struct helper {
	const struct helper_options *options;
	sd_event *event;
	sd_event_source *accept, *idle;
	int listener;
	struct list clients; /* struct client.link */
	unsigned n_clients;
	struct list jobs; /* struct job.link */
	unsigned n_jobs;
	uint64_t warned_ns; /* when the lines below were begun to be counted */
	unsigned warnings;
};

/* ---- client.c: who connects, and says what ---- */
struct client;

MUST_USE int clients_listen(struct helper *helper, int listener);
void clients_finish(struct helper *helper);
/* Sends it, if the client is still there, and lets go of the client when it is the last answer. */
void client_answer(struct client *client, enum command_answer_kind kind, int value,
		   const char *text);
/* The job that this client waits for is gone; NULL: none. */
struct job;
void client_set_job(struct client *client, struct job *job);

/* ---- job.c: what runs ---- */
/* Answers client, now and at the end. */
void job_start(struct helper *helper, struct client *client, const struct command_request *request);
/* Who asked has gone; the command runs on. */
void job_forget_client(struct job *job);
void jobs_finish(struct helper *helper);

/* ---- main.c ---- */
/* Something came or ended: the time without requests begins anew. */
void helper_touch(struct helper *helper);
/* Says what somebody who asks is at fault of: a few lines in ten seconds. */
void helper_warn(struct helper *helper, const char *fmt, ...) PRINTF(2, 3);

#endif
