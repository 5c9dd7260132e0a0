/* SPDX-License-Identifier: MIT */
#include "hid/devices/roster.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "hid/seat/seat.h"

struct roster_device {
	bool used;
	struct device_identity identity; /* its texts are owned */
	char *shown;                     /* its name, fit for a log and a report */
	const struct device_policy *policy;
	uint64_t matching; /* a bit for each policy that is about it */
	struct sane sane;
};

struct roster {
	struct device_policy *policies;
	unsigned n_policies;
	struct roster_device devices[SEAT_MAX_DEVICES];
};

_Static_assert(DEVICE_MAX_POLICIES <= 64, "a bit of roster_device.matching for each");

static struct roster_device *device_get(const struct roster *roster, unsigned number)
{
	/* The caller of a function that takes a const roster gets no more than that out of it. */
	struct roster_device *devices = (struct roster_device *)roster->devices;

	return number < SEAT_MAX_DEVICES && devices[number].used ? &devices[number] : NULL;
}

/* ---- policies ---- */

static void device_judge(const struct roster *roster, struct roster_device *device)
{
	device->policy = device_policy_find(roster->policies, roster->n_policies, &device->identity);
	device->matching = 0;
	for (unsigned i = 0; i < roster->n_policies; i++) {
		if (device_policy_matches(&roster->policies[i], &device->identity)) {
			device->matching |= UINT64_C(1) << i;
		}
	}
}

void roster_set_policies(struct roster *roster, const struct device_policy *policies, unsigned n)
{
	free(roster->policies);
	roster->n_policies = MIN(n, (unsigned)DEVICE_MAX_POLICIES);
	roster->policies = xcalloc(roster->n_policies + 1, sizeof(*policies));
	if (roster->n_policies > 0) {
		memcpy(roster->policies, policies, roster->n_policies * sizeof(*policies));
	}
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		if (roster->devices[i].used) {
			device_judge(roster, &roster->devices[i]);
		}
	}
}

const struct device_policy *roster_policy(const struct roster *roster, unsigned number)
{
	const struct roster_device *device = device_get(roster, number);

	return device ? device->policy : NULL;
}

bool roster_allows(const struct roster *roster, unsigned number, const char *guest)
{
	const struct roster_device *device = device_get(roster, number);
	bool is_reserved = false, is_its = false;

	for (unsigned i = 0; i < roster->n_policies; i++) {
		const struct device_policy *policy = &roster->policies[i];
		bool is_about_it = device && (device->matching >> i & 1);

		if (is_about_it && !device_policy_allows(policy, guest)) {
			return false;
		}
		if (device_policy_reserves(policy, guest)) {
			is_reserved = true;
			is_its = is_its || is_about_it;
		}
	}
	return !is_reserved || is_its;
}

bool roster_disabled(const struct roster *roster, unsigned number)
{
	const struct roster_device *device = device_get(roster, number);

	for (unsigned i = 0; device && i < roster->n_policies; i++) {
		if ((device->matching >> i & 1) && roster->policies[i].is_disabled) {
			return true;
		}
	}
	return false;
}

/* ---- devices ---- */

struct roster *roster_create(const struct device_policy *policies, unsigned n)
{
	struct roster *roster = xcalloc(1, sizeof(*roster));

	roster_set_policies(roster, policies, n);
	return roster;
}

static char *text_copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* A device can call itself anything: line ends, what a terminal obeys. */
static char *text_printable(const char *text)
{
	char *copy = xstrdup(text);

	for (char *c = copy; *c; c++) {
		if (*c < ' ' || *c > '~') {
			*c = '?';
		}
	}
	return copy;
}

static void device_finish(struct roster_device *device)
{
	free((char *)device->identity.name);
	free((char *)device->identity.path);
	free((char *)device->identity.phys);
	free(device->shown);
	*device = (struct roster_device){0};
}

void roster_destroy(struct roster *roster)
{
	if (!roster) {
		return;
	}
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		roster_remove(roster, i);
	}
	free(roster->policies);
	free(roster);
}

static void complain(void *data, enum sane_fault fault)
{
	const struct roster_device *device = data;

	log_warn(LOG_HOST, "input device '%s' %s: put right, and counted from here on",
		 device->shown, sane_fault_text(fault));
}

int roster_add(struct roster *roster, const struct device_identity *identity)
{
	for (int i = 0; i < SEAT_MAX_DEVICES; i++) {
		struct roster_device *device = &roster->devices[i];

		if (device->used) {
			continue;
		}
		*device = (struct roster_device){.used = true, .identity = *identity};
		device->identity.name = xstrdup(identity->name ? identity->name : "");
		device->shown = text_printable(device->identity.name);
		device->identity.path = text_copy(identity->path);
		device->identity.phys = text_copy(identity->phys);
		sane_init(&device->sane, complain, device);
		device_judge(roster, device);
		return i;
	}
	return -ENOSPC;
}

void roster_remove(struct roster *roster, unsigned number)
{
	struct roster_device *device = device_get(roster, number);

	if (device) {
		device_finish(device);
	}
}

const char *roster_name(const struct roster *roster, unsigned number)
{
	const struct roster_device *device = device_get(roster, number);

	return device ? device->shown : NULL;
}

const struct device_identity *roster_identity(const struct roster *roster, unsigned number)
{
	const struct roster_device *device = device_get(roster, number);

	return device ? &device->identity : NULL;
}

struct sane *roster_sane(struct roster *roster, unsigned number)
{
	struct roster_device *device = device_get(roster, number);

	return device ? &device->sane : NULL;
}

void roster_report(const struct roster *roster, FILE *out)
{
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		const struct roster_device *device = &roster->devices[i];

		if (!device->used) {
			continue;
		}
		fprintf(out, "input.%u.name %s\n", i, device->shown);
		if (device->sane.events > 0) {
			fprintf(out, "input.%u.events %" PRIu64 "\n", i, device->sane.events);
		}
		for (unsigned fault = 0; fault < SANE_FAULTS; fault++) {
			if (device->sane.faults[fault] > 0) {
				fprintf(out, "input.%u.%s %" PRIu64 "\n", i,
					sane_fault_name((enum sane_fault)fault),
					device->sane.faults[fault]);
			}
		}
	}
}
