/* SPDX-License-Identifier: MIT */
/* base/: strict numbers, guest names, sealed memory, messages with descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fdmsg.h"
#include "base/list.h"
#include "base/log.h"
#include "base/util.h"

static int parse(const char *text, uint64_t max, uint64_t *out)
{
	return parse_uint(text, strlen(text), max, out);
}

static void numbers_are_strict(void **state)
{
	static const char *const bad[] = {"",     "-1",  "+1",  " 1",      "1 ",
					  "0x10", "1e3", "1,0", "\xd9\xa1"};
	uint64_t value = 7;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse(bad[i], UINT64_MAX, &value), -EINVAL);
	}
	assert_int_equal(parse_uint("1\0002", 3, 100, &value), -EINVAL);
	assert_int_equal(parse("18446744073709551616", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(parse("99999999999999999999999", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(parse("256", 255, &value), -ERANGE);
	assert_int_equal(value, 7);
	assert_int_equal(parse("18446744073709551615", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(parse("007", 255, &value), 0);
	assert_int_equal(value, 7);
}

static void guest_names_are_plain(void **state)
{
	(void)state;
	assert_true(guest_name_valid("work"));
	assert_true(guest_name_valid("12345678901234567890123456789012"));
	assert_false(guest_name_valid("123456789012345678901234567890123"));
	assert_false(guest_name_valid(""));
	assert_false(guest_name_valid("a b"));
	assert_false(guest_name_valid("a/b"));
	assert_false(guest_name_valid("a\nb"));
	assert_false(guest_name_valid("caf\xc3\xa9"));
}

static void only_sealed_memory_of_the_right_size_is_read(void **state)
{
	const char data[8] = "12345678";
	char out[8];
	int fd = memfd_create_sealed("test", data, sizeof(data));
	int open_fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0 && open_fd >= 0 && file >= 0);
	assert_int_equal(memfd_read_sealed(fd, out, 7), -EINVAL);
	assert_int_equal(memfd_read_sealed(fd, out, 8), 0);
	assert_memory_equal(out, data, 8);
	assert_true(write(fd, "x", 1) < 0);
	assert_int_equal(ftruncate(fd, 4), -1);
	assert_int_equal(write(open_fd, data, 8), 8);
	assert_int_equal(memfd_read_sealed(open_fd, out, 8), -EINVAL);
	assert_int_equal(fcntl(open_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_int_equal(memfd_read_sealed(open_fd, out, 8), -EINVAL);
	assert_int_equal(memfd_read_sealed(file, out, 8), -EINVAL);
	close(fd);
	close(open_fd);
	close(file);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++) {
		n += fcntl(fd, F_GETFD) >= 0;
	}
	return n;
}

static void messages_come_whole_or_not_at_all(void **state)
{
	int pair[2], got[2], sent[3] = {0, 1, 2}, before;
	char buf[4];

	(void)state;
	assert_int_equal(fdmsg_pair(pair), 0);
	before = open_descriptors();
	assert_int_equal(fdmsg_recv(pair[1], buf, sizeof(buf), got, 2), -EAGAIN);
	assert_int_equal(fdmsg_send(pair[0], "abcd", 4, sent, 2), 0);
	assert_int_equal(fdmsg_recv(pair[1], buf, sizeof(buf), got, 2), 4);
	assert_memory_equal(buf, "abcd", 4);
	assert_true(got[0] >= 0 && got[1] >= 0 && (fcntl(got[0], F_GETFD) & FD_CLOEXEC));
	close(got[0]);
	close(got[1]);
	assert_int_equal(fdmsg_send(pair[0], "abcde", 5, sent, 1), 0);
	assert_int_equal(fdmsg_recv(pair[1], buf, sizeof(buf), got, 2), -EMSGSIZE);
	assert_int_equal(fdmsg_send(pair[0], "ab", 2, sent, 3), 0);
	assert_int_equal(fdmsg_recv(pair[1], buf, sizeof(buf), got, 2), -EMSGSIZE);
	assert_int_equal(got[0], -1);
	assert_int_equal(open_descriptors(), before);
	close(pair[0]);
	assert_int_equal(fdmsg_recv(pair[1], buf, sizeof(buf), got, 2), 0);
	assert_int_equal(fdmsg_send(pair[1], "a", 1, NULL, 0), -EPIPE);
	close(pair[1]);
}

struct item {
	int value;
	struct list link;
};

static void a_guest_fills_no_log(void **state)
{
	int file = memfd_create("log", MFD_CLOEXEC), err = dup(STDERR_FILENO);
	struct log_limit limit = {0};
	char text[16384];
	unsigned lines = 0;
	ssize_t n;

	assert_true(file >= 0 && err >= 0 && dup2(file, STDERR_FILENO) >= 0);
	for (unsigned i = 0; i < 1000; i++) {
		log_guest(LOG_LEVEL_WARN, "work", &limit, "asks for too much");
	}
	assert_true(dup2(err, STDERR_FILENO) >= 0);
	n = pread(file, text, sizeof(text), 0);
	for (ssize_t i = 0; i < n; i++) {
		lines += text[i] == '\n';
	}
	assert_in_range(lines, 10, 12);
	close(file);
	close(err);
}

static void a_list_survives_removal_while_walked(void **state)
{
	struct item items[4] = {{.value = 1}, {.value = 2}, {.value = 4}, {.value = 8}};
	struct item *pos, *tmp;
	struct list head;
	int sum = 0;

	(void)state;
	list_init(&head);
	for (unsigned i = 0; i < ARRAY_SIZE(items); i++) {
		list_append(&head, &items[i].link);
	}
	list_for_each_safe(pos, tmp, &head, link) {
		if (pos->value & 5) {
			list_remove(&pos->link);
			list_remove(&pos->link);
		}
	}
	list_for_each(pos, &head, link) {
		sum = sum * 10 + pos->value;
	}
	assert_int_equal(sum, 28);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(guest_names_are_plain),
		cmocka_unit_test(only_sealed_memory_of_the_right_size_is_read),
		cmocka_unit_test(messages_come_whole_or_not_at_all),
		cmocka_unit_test(a_guest_fills_no_log),
		cmocka_unit_test(a_list_survives_removal_while_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
