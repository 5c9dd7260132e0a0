/* SPDX-License-Identifier: MIT */
/*
 * What the files of the control interface share. Each client of the socket has a bus object of its own, and the system
 * bus is one more; all of them answer from the same table. Everything here runs after frames, input and guests.
 */
#ifndef CONTROL_CONTROL_PRIV_H
#define CONTROL_CONTROL_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/control.h"
#include "base/list.h"
#include "base/log.h"
#include "base/util.h"
#include "compositor/server.h"

/* In turn with guests, before which a client that asks without end would otherwise come. */
#define CONTROL_PRIORITY PRIORITY_LAST
/* Connections to the socket; a further one takes the place of one that has not said who it is, or is refused. */
#define CONTROL_CLIENTS 16u
/* Answers and signals that wait for a client to read: one that lets more pile up is disconnected. */
#define CONTROL_QUEUED 32u
/* Pictures and traces that are made at a time. */
#define CONTROL_JOBS 2u

struct control {
	struct server *server;
	char *path;
	int listen_fd;
	sd_event_source *accept;
	struct list clients; /* struct client.link */
	unsigned n_clients;
	sd_event_source *reaper; /* destroys clients that are finished, on a turn of its own */
	gid_t group;             /* that may connect; -1: none */
	uint64_t refused;

	sd_bus *system; /* NULL: there is no system bus */

	struct list jobs; /* struct job.link */
	unsigned n_jobs;
	int jobs_fd; /* counts jobs that are done */
	sd_event_source *jobs_done;
	struct list shots; /* struct shot.link: pictures that are being taken */
	/* Pictures of all monitors, one after the other, into files. */
	struct {
		char *directory; /* NULL: none are being taken */
		char stamp[32];  /* when, for their names */
		unsigned next;   /* number of the output that is next */
		unsigned n_done;
	} album;

	sd_bus_message *asking; /* waits for a passphrase; NULL: none does */
	int asking_fd;          /* what it will come through */
};

/* ---- client.c: the socket ---- */
MUST_USE int clients_listen(struct control *control);
void clients_finish(struct control *control);
/* Calls each for the bus of each client that has said who it is. */
void clients_signal(struct control *control, const char *name, const char *guest,
		    const char *detail);

/* ---- methods.c ---- */
/* Makes bus answer for us. */
MUST_USE int methods_add(struct control *control, sd_bus *bus);

/* ---- lists.c: append an answer's body ---- */
int monitors_append(struct control *control, sd_bus_message *reply);
int devices_append(struct control *control, sd_bus_message *reply);
int guests_append(struct control *control, sd_bus_message *reply);
int heads_append(struct control *control, sd_bus_message *reply);
int stats_append(struct control *control, sd_bus_message *reply);

/* ---- job.c: what takes too long for the loop, on a thread that touches only what it was given ---- */
struct job;

/* Writes the result. Runs on the thread. */
typedef int (*job_fn)(void *data, FILE *out);

MUST_USE int jobs_create(struct control *control);
/* Waits for those that run: none runs longer than it takes to compress a picture. */
void jobs_finish(struct control *control);
bool jobs_full(const struct control *control);
/*
 * Runs fn on a thread and answers call with a sealed memfd of what it wrote (h). Without a call it writes a new file of this
 * path, and album_next follows. Takes data, freed by free_data, also on failure. 0 or -errno: then the call is not answered.
 */
MUST_USE int job_start(struct control *control, sd_bus_message *call, const char *path, job_fn fn,
		       void *data, void (*free_data)(void *data));

/* ---- ask.c ---- */
/* A method of the table. */
int ask_start(sd_bus_message *call, void *data, sd_bus_error *error);
/* Nobody waits for an answer of this client's any more. */
void ask_client_gone(struct control *control, const sd_bus *bus);

/* ---- screenshot.c ---- */
/* Answers call later; without one, writes the file. 0 or -errno. */
MUST_USE int shot_start(struct control *control, sd_bus_message *call, const char *path,
			struct scene_output *output);
void shots_finish(struct control *control);

/* ---- album.c ---- */
/* One is written, or could not be (-errno): the next one. */
void album_next(struct control *control, int ret);

#endif
