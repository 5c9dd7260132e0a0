/* SPDX-License-Identifier: MIT */
/* What a worker leaves to the next one: whole wherever it was killed, and never believed. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "pvdispl/worker/state.h"
#include "tests/skip.h"

#define DEVID 3u
#define PAGES 150u /* three blocks */

static int file; /* memfd */
static struct state_file *shared;

static int setup(void **state)
{
	file = memfd_create("state", MFD_CLOEXEC);
	if (file < 0 || ftruncate(file, PV_STATE_SIZE) < 0) {
		return -1;
	}
	shared = mmap(NULL, PV_STATE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	return shared == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
	munmap(shared, PV_STATE_SIZE);
	close(file);
	return 0;
}

static void open_file(struct state *state)
{
	assert_int_equal(state_open(state, dup(file)), 0);
}

static uint32_t *make_refs(uint32_t pages, uint32_t first)
{
	uint32_t *refs = calloc(pages, sizeof(*refs));

	assert_non_null(refs);
	for (uint32_t i = 0; i < pages; i++) {
		refs[i] = first + i;
	}
	return refs;
}

static int add_dbuf(struct state *state, int display, uint64_t cookie, uint32_t pages,
		    uint32_t first)
{
	const struct geometry_dbuf geometry = {.pages = pages, .width = 64, .bpp = 32};
	uint32_t *refs = make_refs(pages, first);
	int ret = state_add_dbuf(state, display, cookie, &geometry, refs, false);

	free(refs);
	return ret;
}

static void set_config(struct state *state, int display, uint64_t fb)
{
	const struct state_config config = {.fb = fb,
					    .config = fb,
					    .x = (uint32_t)fb,
					    .y = (uint32_t)fb,
					    .is_enabled = 1,
					    .events = (uint32_t)fb,
					    .requests = (uint32_t)fb};

	state_set_config(state, display, 1, &config);
}

/* ---- what the next worker sees, as text ---- */

static void describe_dbuf(const struct state *state, int i, FILE *out)
{
	const struct state_dbuf *dbuf = &state->entries.dbufs[i];
	uint32_t *refs = calloc(dbuf->pages, sizeof(*refs));

	assert_non_null(refs);
	state_read_refs(state, i, refs);
	fprintf(out, "dbuf %llu of %u: %u %u %u %u:", (unsigned long long)dbuf->cookie,
		dbuf->display, dbuf->pages, dbuf->offset, dbuf->width, dbuf->bpp);
	for (uint32_t k = 0; k < dbuf->pages; k++) {
		fprintf(out, " %u", refs[k]);
	}
	fputc('\n', out);
	free(refs);
}

static char *describe(int fd)
{
	struct state *state = calloc(1, sizeof(*state));
	struct state_config config;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int display;

	assert_non_null(state);
	assert_int_equal(state_open(state, dup(fd)), 0);
	display = state_take_display(state, DEVID);
	fprintf(out, "display %d\n", display);
	if (display >= 0 && state_config(state, display, 1, &config)) {
		fprintf(out, "config %llu %llu %u %u %u %u\n", (unsigned long long)config.fb,
			(unsigned long long)config.config, config.x, config.y, config.events,
			config.requests);
	}
	for (int i = 0; i < (int)PV_MAX_BUFFERS; i++) {
		if (state->entries.dbufs[i].valid) {
			describe_dbuf(state, i, out);
		}
	}
	for (unsigned i = 0; i < PV_MAX_FRAMEBUFFERS; i++) {
		const struct state_fb *fb = &state->entries.fbs[i];

		if (fb->valid) {
			fprintf(out, "fb %llu of %u: %u %u %x\n", (unsigned long long)fb->cookie,
				fb->dbuf, fb->width, fb->height, fb->fourcc);
		}
	}
	fclose(out);
	state_close(state);
	free(state);
	return text;
}

/* ---- killed at any point ---- */

struct subject {
	struct state *state;
	int display, dbuf, fb;
};

static void begin_subject(struct subject *subject)
{
	subject->state = calloc(1, sizeof(*subject->state));
	assert_non_null(subject->state);
	open_file(subject->state);
	subject->display = state_add_display(subject->state, DEVID);
	/* Slots and blocks that were something else before. */
	subject->dbuf = add_dbuf(subject->state, subject->display, 9, 2 * PAGES, 7000);
	subject->fb = state_add_fb(subject->state, subject->dbuf, 99, 8, 8, 0x34325258);
	state_remove_fb(subject->state, subject->fb);
	state_remove_dbuf(subject->state, subject->dbuf);
	subject->dbuf = add_dbuf(subject->state, subject->display, 10, PAGES, 1000);
	subject->fb = state_add_fb(subject->state, subject->dbuf, 100, 64, 32, 0x34325258);
	set_config(subject->state, subject->display, 100);
}

static void op_add_dbuf(struct subject *s)
{
	(void)!add_dbuf(s->state, s->display, 11, PAGES, 2000);
}

static void op_add_fb(struct subject *s)
{
	(void)!state_add_fb(s->state, s->dbuf, 101, 32, 16, 0x34325241);
}

static void op_remove_fb(struct subject *s)
{
	state_remove_fb(s->state, s->fb);
}

static void op_remove_dbuf(struct subject *s)
{
	state_remove_dbuf(s->state, s->dbuf);
}

static void op_set_config(struct subject *s)
{
	set_config(s->state, s->display, 101);
}

static void op_set_other(struct subject *s)
{
	set_config(s->state, s->display, 102);
}

static void op_remove_display(struct subject *s)
{
	state_remove_display(s->state, s->display);
}

static void op_add_display(struct subject *s)
{
	(void)!state_add_display(s->state, DEVID);
}

static void prepare_nothing(struct subject *s)
{
}

static const struct operation {
	void (*prepare)(struct subject *subject);
	void (*run)(struct subject *subject);
} operations[] = {
	{prepare_nothing, op_add_dbuf},       {prepare_nothing, op_add_fb},
	{prepare_nothing, op_remove_fb},      {op_remove_fb, op_remove_dbuf},
	{prepare_nothing, op_set_config},     {op_set_other, op_set_config},
	{prepare_nothing, op_remove_display}, {op_remove_display, op_add_display},
};

static void run_child(const struct operation *operation, struct subject *subject)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0) {
		_exit(2);
	}
	raise(SIGSTOP);
	operation->run(subject);
	_exit(0);
}

/* A copy, as who comes next also writes. */
static char *describe_copy(const void *content)
{
	int fd = memfd_create("copy", MFD_CLOEXEC);
	char *text;

	assert_int_equal(write(fd, content, PV_STATE_SIZE), PV_STATE_SIZE);
	text = describe(fd);
	close(fd);
	return text;
}

static bool entries_changed(const struct state_file *last)
{
	return memcmp(last, shared, offsetof(struct state_file, blocks)) != 0;
}

/* Instruction by instruction; what is left after each store that changes an entry is looked at. */
static unsigned step_through(pid_t pid, const char *before, const char *after)
{
	struct state_file *last = malloc(PV_STATE_SIZE);
	unsigned n = 0;
	bool is_new = false;
	int status;

	assert_non_null(last);
	memcpy(last, shared, PV_STATE_SIZE);
	while (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status)) {
		char *now;

		if (!entries_changed(last)) {
			continue;
		}
		memcpy(last, shared, PV_STATE_SIZE);
		now = describe_copy(last);
		is_new |= strcmp(now, before) != 0;
		assert_string_equal(now, is_new ? after : before);
		free(now);
		n++;
	}
	free(last);
	return n;
}

static void cut(const struct operation *operation)
{
	char *content = malloc(PV_STATE_SIZE), *before, *after;
	struct subject subject;
	int status;
	pid_t pid;

	assert_non_null(content);
	memset(shared, 0, PV_STATE_SIZE);
	begin_subject(&subject);
	operation->prepare(&subject);
	memcpy(content, shared, PV_STATE_SIZE);
	before = describe_copy(content);
	/* What it comes to, in a process of its own, so that it can be done again. */
	pid = fork();
	if (pid == 0) {
		operation->run(&subject);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	after = describe_copy(shared);
	assert_string_not_equal(before, after);
	memcpy(shared, content, PV_STATE_SIZE);
	pid = fork();
	if (pid == 0) {
		run_child(operation, &subject);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSTOPPED(status)) {
		assert_true(step_through(pid, before, after) > 0);
	}
	free(before);
	before = describe_copy(shared);
	assert_string_equal(before, after);
	state_close(subject.state);
	free(subject.state);
	free(before);
	free(after);
	free(content);
}

/* valgrind runs a child that is traced by its own means: no step is one of the program. */
static bool can_step(void)
{
	const char *preload = getenv("LD_PRELOAD");
	pid_t pid;
	int status;

	if (preload && strstr(preload, "vgpreload")) {
		return false;
	}
	pid = fork();
	if (pid == 0) {
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void a_kill_leaves_the_old_or_the_new(void **state)
{
	if (!can_step()) {
		SKIP_TEST("no child can be stepped through here");
	}
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		cut(&operations[i]);
	}
}

/* ---- the books ---- */

static void all_that_is_allowed_fits(void **state)
{
	struct state *books = calloc(1, sizeof(*books));
	uint32_t each = PV_MAX_PAGES / PV_MAX_BUFFERS;
	int display;

	assert_non_null(books);
	open_file(books);
	display = state_add_display(books, DEVID);
	/* In every order of sizes, also with holes. */
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < PV_MAX_BUFFERS; i++) {
			uint32_t pages = i % 2 ? each + 500 - round : each - 500 + round;

			assert_in_range(add_dbuf(books, display, i + 1, pages, 1), 0,
					PV_MAX_BUFFERS - 1);
		}
		assert_int_equal(add_dbuf(books, display, 99, 1, 1), -ENOSPC);
		for (int i = 0; i < (int)PV_MAX_BUFFERS; i++) {
			state_remove_dbuf(books, (i * 37) % (int)PV_MAX_BUFFERS);
		}
	}
	assert_int_equal(add_dbuf(books, display, 1, PV_MAX_PAGES, 1), 0);
	state_close(books);
	free(books);
}

/* A display that nobody asks for must not be in the way of those that are there. */
static void what_nobody_wants_makes_room(void **state)
{
	struct state *books = calloc(1, sizeof(*books));

	assert_non_null(books);
	open_file(books);
	for (uint32_t i = 0; i < PV_MAX_DISPLAYS; i++) {
		int display = state_add_display(books, i);

		assert_int_equal(add_dbuf(books, display, 1, PV_MAX_PAGES / PV_MAX_DISPLAYS, 1), i);
	}
	state_close(books);
	open_file(books);
	assert_int_equal(state_take_display(books, 2), 2);
	assert_int_equal(state_take_display(books, 2), -ENOENT);
	assert_true(state_add_display(books, 77) >= 0);
	assert_int_equal(state_take_display(books, 1), -ENOENT);
	assert_true(books->entries.dbufs[2].valid);
	assert_false(books->entries.dbufs[1].valid);
	state_close(books);
	free(books);
}

static void another_version_is_no_state(void **state)
{
	struct subject subject;
	char *text;

	begin_subject(&subject);
	state_close(subject.state);
	free(subject.state);
	text = describe(file);
	assert_non_null(strstr(text, "display 0\nconfig 100"));
	free(text);
	shared->version++;
	text = describe(file);
	assert_string_equal(text, "display -2\n");
	free(text);
}

/* ---- what a worker that was taken over leaves ---- */

static void check_books(const struct state *books)
{
	uint32_t used = 0, counted = 0;

	for (unsigned i = 0; i < PV_MAX_BUFFERS; i++) {
		const struct state_dbuf *dbuf = &books->entries.dbufs[i];

		if (dbuf->valid) {
			assert_in_range(dbuf->pages, 1, PV_MAX_PAGES);
			assert_true(books->entries.displays[dbuf->display].valid);
			counted += (dbuf->pages + STATE_BLOCK_REFS - 1) / STATE_BLOCK_REFS;
		}
	}
	for (unsigned i = 0; i < PV_MAX_FRAMEBUFFERS; i++) {
		const struct state_fb *fb = &books->entries.fbs[i];

		assert_true(!fb->valid || books->entries.dbufs[fb->dbuf].valid);
	}
	for (unsigned i = 0; i < STATE_BLOCKS; i++) {
		used += books->is_used[i];
	}
	assert_int_equal(used, counted);
}

static void each_word_may_be_anything(void **state)
{
	static const uint32_t values[] = {0, 1, 2, 3, 64, 65535, 65537, 0x7fffffff, UINT32_MAX};
	struct state *books = calloc(1, sizeof(*books));
	size_t words = (offsetof(struct state_file, blocks) + 4 * sizeof(struct state_block)) / 4;
	uint32_t *content = malloc(PV_STATE_SIZE);
	struct subject subject;

	assert_non_null(books);
	assert_non_null(content);
	log_init("test", LOG_LEVEL_ERROR);
	begin_subject(&subject);
	assert_true(add_dbuf(subject.state, subject.display, 12, 10, 5) > 0);
	state_close(subject.state);
	free(subject.state);
	memcpy(content, shared, PV_STATE_SIZE);
	for (size_t i = 0; i < words; i++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			memcpy(shared, content, words * 4);
			memcpy((char *)shared + 4 * i, &values[v], 4);
			open_file(books);
			check_books(books);
			state_close(books);
		}
	}
	free(content);
	free(books);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_kill_leaves_the_old_or_the_new), TEST(all_that_is_allowed_fits),
		TEST(what_nobody_wants_makes_room),     TEST(another_version_is_no_state),
		TEST(each_word_may_be_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
