/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/local/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

/* All clients' maps, with some that are still shown. */
#define GUARDS 2048

/* Written by the loop's thread; size is 0 while it is free, and is written last. */
static struct {
	atomic_uintptr_t base;
	atomic_size_t size;
	atomic_bool is_broken;
} guards[GUARDS];

/* The fault that is not ours happens again, and ends the process as it would have. */
static void handle_sigbus(int signal_number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	int saved = errno;

	for (unsigned i = 0; i < GUARDS; i++) {
		size_t size = atomic_load(&guards[i].size);
		uintptr_t base = atomic_load(&guards[i].base);

		if (size == 0 || at < base || at - base >= size) {
			continue;
		}
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		if (mmap((void *)base, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == MAP_FAILED) {
			break;
		}
		atomic_store(&guards[i].is_broken, true);
		errno = saved;
		return;
	}
	signal(SIGBUS, SIG_DFL);
}

static void handler_install(void)
{
	struct sigaction action = {.sa_sigaction = handle_sigbus, .sa_flags = SA_SIGINFO}, now;

	/* Libraries may have put in place one of their own. */
	if (sigaction(SIGBUS, NULL, &now) == 0 && now.sa_sigaction != handle_sigbus) {
		sigemptyset(&action.sa_mask);
		(void)sigaction(SIGBUS, &action, NULL);
	}
}

int guard_add(void *base, size_t size)
{
	handler_install();
	for (unsigned i = 0; i < GUARDS; i++) {
		if (atomic_load(&guards[i].size) == 0) {
			atomic_store(&guards[i].is_broken, false);
			atomic_store(&guards[i].base, (uintptr_t)base);
			atomic_store(&guards[i].size, size);
			return (int)i;
		}
	}
	return -ENOSPC;
}

void guard_remove(int guard)
{
	atomic_store(&guards[guard].size, 0);
}

bool guard_is_broken(int guard)
{
	return atomic_load(&guards[guard].is_broken);
}
