/* SPDX-License-Identifier: MIT */
/* Whether this build filters its system calls: a sanitizer's run-time makes calls of its own. */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_FILTERS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANDBOX_FILTERS 0
#endif
#endif
#ifndef SANDBOX_FILTERS
#define SANDBOX_FILTERS 1
#endif

#endif
