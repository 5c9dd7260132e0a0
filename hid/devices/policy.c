/* SPDX-License-Identifier: MIT */
#include "hid/devices/policy.h"

#include <fnmatch.h>
#include <string.h>

static bool pattern_matches(const char *pattern, const char *text)
{
	return text && fnmatch(pattern, text, 0) == 0;
}

/* A section's line can't end in blanks, a device's name can. */
static bool label_matches(const char *label, const char *name)
{
	size_t len = strlen(label);

	return name && strncmp(name, label, len) == 0 &&
	       name[len + strspn(name + len, " \t")] == '\0';
}

bool device_policy_matches(const struct device_policy *policy,
			   const struct device_identity *identity)
{
	if (!policy->name[0] && !policy->path[0] && !policy->has_id) {
		return label_matches(policy->label, identity->name);
	}
	if (policy->name[0] && !pattern_matches(policy->name, identity->name)) {
		return false;
	}
	if (policy->path[0] && !pattern_matches(policy->path, identity->path) &&
	    !pattern_matches(policy->path, identity->phys)) {
		return false;
	}
	return !policy->has_id ||
	       (policy->vendor == identity->vendor && policy->product == identity->product);
}

static unsigned rank(const struct device_policy *policy)
{
	if (policy->path[0]) {
		return 3;
	}
	return policy->has_id ? 2 : 1;
}

const struct device_policy *device_policy_find(const struct device_policy *policies, unsigned n,
					       const struct device_identity *identity)
{
	const struct device_policy *best = NULL;

	for (unsigned i = 0; i < n; i++) {
		if (device_policy_matches(&policies[i], identity) &&
		    (!best || rank(&policies[i]) > rank(best))) {
			best = &policies[i];
		}
	}
	return best;
}

static bool guests_name(const struct device_guests *guests, const char *guest)
{
	for (unsigned i = 0; i < guests->n; i++) {
		if (strcmp(guests->names[i], guest) == 0) {
			return true;
		}
	}
	return false;
}

bool device_policy_allows(const struct device_policy *policy, const char *guest)
{
	return !policy->is_disabled &&
	       (policy->guests.n == 0 || guests_name(&policy->guests, guest)) &&
	       !guests_name(&policy->not_guests, guest);
}

bool device_policy_reserves(const struct device_policy *policy, const char *guest)
{
	return guests_name(&policy->reserves, guest);
}
