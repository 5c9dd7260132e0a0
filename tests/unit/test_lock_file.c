/* SPDX-License-Identifier: MIT */
/* What one server leaves to the next: whatever cannot be read locks. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "compositor/trusted/lock_file.h"

struct place {
	char dir[64], file[96];
};

static void place_make(struct place *place)
{
	snprintf(place->dir, sizeof(place->dir), "/tmp/vitrine-lock-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->file, sizeof(place->file), "%s/lock", place->dir);
}

static void place_remove(struct place *place)
{
	unlink(place->file);
	rmdir(place->file);
	assert_int_equal(rmdir(place->dir), 0);
}

static void put(const struct place *place, const char *text)
{
	FILE *file = fopen(place->file, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void what_is_written_is_read(void **state)
{
	bool is_clients, is_first;
	struct place place;
	struct stat st;
	unsigned wrong;

	(void)state;
	place_make(&place);
	assert_false(lock_file_read(place.dir, &is_clients, &wrong, &is_first));
	assert_true(is_first);
	assert_int_equal(lock_file_write(place.dir, true, 7), 0);
	assert_int_equal(stat(place.file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(lock_file_read(place.dir, &is_clients, &wrong, &is_first));
	assert_true(is_clients);
	assert_false(is_first);
	assert_int_equal(wrong, 7);
	assert_int_equal(lock_file_write(place.dir, false, 0), 0);
	assert_true(lock_file_read(place.dir, &is_clients, &wrong, &is_first));
	assert_false(is_clients);
	assert_int_equal(wrong, 0);
	assert_int_equal(lock_file_clear(place.dir), 0);
	assert_false(lock_file_read(place.dir, &is_clients, &wrong, &is_first));
	assert_false(is_first);
	place_remove(&place);
	assert_int_equal(lock_file_write(place.dir, false, 0), -ENOENT);
}

static void what_is_not_ours_locks(void **state)
{
	static const char *const texts[] = {
		"",
		"ope",
		"open",
		"open\n\n",
		"locked",
		"locked client 99999999999\n",
		"locked prompt -1\n",
		"locked prompt 3x\n",
		"unlocked prompt 0\n",
	};
	bool is_clients, is_first;
	struct place place;
	unsigned wrong;

	(void)state;
	place_make(&place);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(&place, texts[i]);
		assert_true(lock_file_read(place.dir, &is_clients, &wrong, &is_first));
		assert_false(is_first);
		assert_int_equal(wrong, 0);
	}
	unlink(place.file);
	assert_int_equal(symlink("/dev/null", place.file), 0);
	assert_true(lock_file_read(place.dir, &is_clients, &wrong, &is_first));
	unlink(place.file);
	assert_int_equal(mkdir(place.file, 0700), 0);
	assert_true(lock_file_read(place.dir, &is_clients, &wrong, &is_first));
	assert_false(is_first);
	place_remove(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_not_ours_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
