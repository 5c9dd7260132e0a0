/* SPDX-License-Identifier: MIT */
#include "helpers/auth/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int secret_init(struct secret *secret)
{
	void *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED) {
		return -errno;
	}
	if (mlock(page, page_size()) < 0 || madvise(page, page_size(), MADV_DONTDUMP) < 0 ||
	    madvise(page, page_size(), MADV_WIPEONFORK) < 0) {
		int ret = -errno;

		munmap(page, page_size());
		return ret;
	}
	*secret = (struct secret){.text = page};
	return 0;
}

void secret_finish(struct secret *secret)
{
	if (secret->text) {
		secret_clear(secret);
		munmap(secret->text, page_size());
		secret->text = NULL;
	}
}

void secret_add(struct secret *secret, const char *character)
{
	size_t size = strlen(character);

	if (size > 0 && secret->used + size <= SECRET_MAX) {
		memcpy(secret->text + secret->used, character, size);
		secret->used += size;
		secret->text[secret->used] = '\0';
		secret->characters++;
	}
}

/* Bytes of UTF-8 after the first of a character. */
static bool goes_on(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

void secret_erase(struct secret *secret)
{
	if (secret->used == 0) {
		return;
	}
	while (secret->used > 1 && goes_on(secret->text[secret->used - 1])) {
		secret->text[--secret->used] = '\0';
	}
	secret->text[--secret->used] = '\0';
	secret->characters--;
}

void secret_clear(struct secret *secret)
{
	explicit_bzero(secret->text, page_size());
	secret->used = 0;
	secret->characters = 0;
}
