/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/backoff.h"

uint64_t backoff_due(const struct backoff *backoff, uint64_t last_ns)
{
	if (last_ns == 0 || last_ns < backoff->start_ns) {
		return 0;
	}
	return backoff->start_ns + backoff->length_ns;
}

void backoff_take(struct backoff *backoff, uint64_t last_ns, uint64_t now)
{
	uint64_t end = backoff->start_ns + backoff->length_ns;

	if (backoff->length_ns != 0 && (last_ns == 0 || last_ns < backoff->start_ns)) {
		return; /* first time in this window */
	}
	if (backoff->length_ns == 0 || now - end > BACKOFF_MAX_NS) {
		backoff->length_ns = BACKOFF_MIN_NS;
	} else {
		backoff->length_ns = MIN(2 * backoff->length_ns, BACKOFF_MAX_NS);
	}
	backoff->start_ns = now;
}

bool budget_take(struct budget *budget, uint64_t per_second, uint64_t amount, uint64_t now)
{
	uint64_t gained = MIN(now - budget->refill_ns, NSEC_PER_SEC) * per_second / NSEC_PER_SEC;

	if (budget->refill_ns == 0) {
		budget->left = per_second;
		budget->refill_ns = now;
	} else if (gained > 0) {
		budget->left = MIN(budget->left + gained, per_second);
		budget->refill_ns = now;
	}
	if (budget->left < amount) {
		return false;
	}
	budget->left -= amount;
	return true;
}
