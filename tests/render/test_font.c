/* SPDX-License-Identifier: MIT */
/* A machine without fonts: the renderer says so and is not made. With them, it is made as often as asked. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compositor/render/render.h"

static void write_config(char *path)
{
	static const char config[] = "<?xml version=\"1.0\"?><fontconfig></fontconfig>";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, config, strlen(config)), (ssize_t)strlen(config));
	close(fd);
}

/* In a process that is killed: what fontconfig leaks when it finds nothing is not ours to mend. */
static int create_without_fonts(const char *config)
{
	struct renderer *renderer = NULL;
	int ret = 0, pipes[2];
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		ret = setenv("FONTCONFIG_FILE", config, 1);
		ret = ret == 0 ? renderer_pixman_create(&renderer, NULL) : ret;
		(void)!write(pipes[1], &ret, sizeof(ret));
		raise(SIGKILL);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &ret, sizeof(ret)), sizeof(ret));
	close(pipes[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return ret;
}

static void no_font_is_an_error(void **state)
{
	char path[] = "/tmp/test_font.XXXXXX";

	(void)state;
	write_config(path);
	assert_int_equal(create_without_fonts(path), -ENOENT);
	assert_int_equal(unlink(path), 0);
}

static void renderers_share_the_font_library(void **state)
{
	struct renderer *first, *second;

	(void)state;
	assert_int_equal(renderer_pixman_create(&first, NULL), 0);
	assert_int_equal(renderer_pixman_create(&second, "DejaVu Sans Mono"), 0);
	renderer_destroy(first);
	renderer_destroy(second);
	assert_int_equal(renderer_pixman_create(&first, NULL), 0);
	renderer_destroy(first);
	renderer_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_font_is_an_error),
		cmocka_unit_test(renderers_share_the_font_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
