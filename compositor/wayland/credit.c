/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/credit.h"

#include <assert.h>
#include <errno.h>

void credit_init(struct credit *credit)
{
	*credit = (struct credit){.dry_ns = UINT64_MAX};
}

static uint64_t under_way(const struct credit *credit)
{
	return credit->sent - credit->returned;
}

bool credit_left(const struct credit *credit)
{
	return under_way(credit) < CREDIT_GROUPS;
}

bool credit_whole(const struct credit *credit)
{
	return under_way(credit) == 0;
}

uint32_t credit_take(struct credit *credit, uint64_t now_ns)
{
	assert(credit_left(credit));
	credit->sent++;
	if (!credit_left(credit)) {
		credit->dry_ns = now_ns;
	}
	return (uint32_t)credit->sent;
}

int credit_return(struct credit *credit, uint32_t untrusted_serial)
{
	/* How many marks before the newest one. */
	uint32_t age = (uint32_t)credit->sent - untrusted_serial;

	if (age >= credit->sent || age > INT32_MAX) {
		return -EINVAL;
	}
	if (age >= under_way(credit)) {
		return 0;
	}
	credit->returned = credit->sent - age;
	credit->dry_ns = UINT64_MAX;
	return 0;
}

uint64_t credit_deadline(const struct credit *credit)
{
	return credit->dry_ns == UINT64_MAX ? UINT64_MAX : credit->dry_ns + CREDIT_PATIENCE_NS;
}
