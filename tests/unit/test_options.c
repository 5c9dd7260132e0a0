/* SPDX-License-Identifier: MIT */
/* The command line of vitrined: as a library, and what the program answers to a wrong one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compositor/options.h"
#include "tests/skip.h"

#define MAX_ARGS 40

static enum options_result parse(struct server_options *options, const char *line)
{
	static char buffer[4096];
	char *argv[MAX_ARGS] = {"vitrined"}, *save = NULL;
	int argc = 1;

	snprintf(buffer, sizeof(buffer), "%s", line);
	for (char *word = strtok_r(buffer, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		assert_true(argc < MAX_ARGS - 1);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return options_parse(argc, argv, options);
}

static void test_defaults(void **state)
{
	struct server_options o;

	assert_int_equal(parse(&o, ""), OPTIONS_RUN);
	assert_string_equal(o.runtime_dir, "/run/vitrine");
	assert_null(o.headless);
	assert_int_equal(o.n_kms_cards, 0);
	assert_false(o.test_input);
	assert_null(o.config);
	assert_false(o.check_config);
	assert_null(o.nested);
	assert_null(o.attention_key);
	assert_null(o.switch_key);
	assert_int_equal(o.log_level, -1);
}

static void test_all(void **state)
{
	struct server_options o;

	assert_int_equal(
		parse(&o,
		      "--headless=8x8,9x9@30 --runtime-dir=/x --bind-input=A=B --bind-input=C=D=E "
		      "--switch-key=meta+f5 --attention-key=ctrl+shift+escape --font=Mono "
		      "--log-level=debug --test-input --renderer=pixman"),
		OPTIONS_RUN);
	assert_string_equal(o.headless, "8x8,9x9@30");
	assert_string_equal(o.runtime_dir, "/x");
	assert_int_equal(o.n_bind_input, 2);
	assert_string_equal(o.bind_input[1], "C=D=E");
	assert_string_equal(o.switch_key, "meta+f5");
	assert_string_equal(o.attention_key, "ctrl+shift+escape");
	assert_string_equal(o.font, "Mono");
	assert_string_equal(o.renderer, "pixman");
	assert_int_equal(o.log_level, LOG_LEVEL_DEBUG);
	assert_true(o.test_input);
	assert_int_equal(parse(&o, "--kms"), OPTIONS_RUN);
	assert_int_equal(o.n_kms_cards, 0);
	assert_int_equal(parse(&o, "--nested"), OPTIONS_RUN);
	assert_string_equal(o.nested, "1280x800");
	assert_int_equal(parse(&o, "--kms=/dev/dri/card1 --kms=/dev/dri/card0"), OPTIONS_RUN);
	assert_int_equal(o.n_kms_cards, 2);
	assert_string_equal(o.kms_cards[0], "/dev/dri/card1");
	assert_string_equal(o.kms_cards[1], "/dev/dri/card0");
	assert_int_equal(parse(&o, "--kms=a --kms=b --kms=c --kms=d --kms=e"), OPTIONS_WRONG);
}

static void test_wrong(void **state)
{
	static const char *const lines[] = {
		"--headles=8x8",
		"headless=8x8",
		"-h",
		"--",
		"--=x",
		"--headless",
		"--headless=",
		"--kms=",
		"--runtime-dir",
		"--help=x",
		"--test-input=1 --headless=8x8",
		"--bind-input=A",
		"--bind-input==B",
		"--bind-input=A=",
		"--switch-key=tab",
		"--switch-key=ctrl+nothing",
		"--attention-key=",
		"--log-level=loud",
		"--headless=8x8 --kms=/dev/dri/card0",
		"--test-input",
		"stray",
		"--attention-key=none",
		"--renderer=vulkan",
		"--headless=8x8 --nested",
		"--nested=8x8 --kms=/dev/dri/card0",
		"--nested=",
		"--config",
		"--check-config=x",
	};
	struct server_options o;

	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse(&o, lines[i]), OPTIONS_WRONG);
	}
}

static void test_too_many_bindings(void **state)
{
	struct server_options o;
	char line[1024] = "";

	for (unsigned i = 0; i < SETTINGS_MAX_BINDINGS; i++) {
		strcat(line, " --bind-input=A=B");
	}
	assert_int_equal(parse(&o, line), OPTIONS_RUN);
	strcat(line, " --bind-input=A=B");
	assert_int_equal(parse(&o, line), OPTIONS_WRONG);
}

/* ---- over the configuration ---- */

static char *config_file(const char *text)
{
	char path[] = "/tmp/vitrine-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return xstrdup(path);
}

static void test_options_win(void **state)
{
	char *path = config_file("[server]\nfont = Serif\nlog-level = debug\ncard = /a\ncard = /b\n"
				 "[input]\nbind = X=Y\nbind = V=W\nswitch-key = meta+a\n");
	struct settings *settings;
	struct server_options o;

	assert_int_equal(parse(&o, ""), OPTIONS_RUN);
	o.config = path;
	settings = options_load_settings(&o, stderr);
	assert_non_null(settings);
	assert_int_equal(settings->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(settings->n_cards, 2);
	assert_int_equal(settings->n_bind_input, 2);
	assert_string_equal(settings->switch_key, "meta+a");
	free(settings);
	assert_int_equal(parse(&o, "--font=Mono --log-level=warn --bind-input=A=B --switch-key=none "
				   "--kms=/c --renderer=gles2"),
			 OPTIONS_RUN);
	o.config = path;
	settings = options_load_settings(&o, stderr);
	assert_non_null(settings);
	assert_string_equal(settings->font, "Mono");
	assert_int_equal(settings->log_level, LOG_LEVEL_WARN);
	assert_int_equal(settings->n_cards, 1);
	assert_string_equal(settings->cards[0], "/c");
	assert_int_equal(settings->n_bind_input, 1);
	assert_string_equal(settings->bind_input[0], "A=B");
	assert_string_equal(settings->switch_key, "");
	assert_string_equal(settings->renderer, "gles2");
	free(settings);
	unlink(path);
	free(path);
}

/* Each alone is fine. */
static void test_options_clash_with_the_file(void **state)
{
	char *path = config_file("[input]\nlayout-key = meta+f5\n"), *text = NULL;
	struct server_options o;
	size_t size;
	FILE *errors = open_memstream(&text, &size);

	assert_int_equal(parse(&o, "--switch-key=meta+f5"), OPTIONS_RUN);
	o.config = path;
	assert_null(options_load_settings(&o, errors));
	fclose(errors);
	assert_non_null(strstr(text, "switch-key"));
	assert_non_null(strstr(text, "layout-key"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	unlink(path);
	free(path);
}

/* ---- the program ---- */

static int run_program(const char *arguments, char *output, size_t size)
{
	const char *build = getenv("VITRINE_BUILD");
	char *path = xasprintf("%s/bin/vitrined", build ? build : "build");
	char *command = xasprintf("exec %s %s 2>&1", path, arguments);
	size_t n;
	FILE *pipe;

	if (access(path, X_OK) < 0) {
		SKIP_TEST("%s is not built", path);
	}
	/* A command of the test's own. */
	/* NOLINTNEXTLINE(cert-env33-c) */
	pipe = popen(command, "r");
	assert_non_null(pipe);
	n = fread(output, 1, size - 1, pipe);
	output[n] = '\0';
	free(command);
	free(path);
	return WEXITSTATUS(pclose(pipe));
}

/* One line that says what, where and what to do. */
static void assert_one_line(const char *arguments, int status, const char *what, const char *remedy)
{
	char output[4096];

	assert_int_equal(run_program(arguments, output, sizeof(output)), status);
	assert_non_null(strstr(output, what));
	assert_non_null(strstr(output, remedy));
	assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
}

static void test_program(void **state)
{
	char output[4096];

	assert_int_equal(run_program("--help", output, sizeof(output)), 0);
	assert_non_null(strstr(output, "--headless=WxH"));
	assert_int_equal(run_program("--version", output, sizeof(output)), 0);
	assert_one_line("--headles=8x8", 2, "--headles=8x8", "did you mean --headless");
	assert_one_line("--xyzzy", 2, "--xyzzy", "--help");
	assert_one_line("--headless=8x8 --runtime-dir=/proc/nowhere", 1, "/proc/nowhere",
			"--runtime-dir");
	assert_one_line("--headless=8x8 --runtime-dir=/dev/null", 1, "/dev/null", "--runtime-dir");
}

static void test_program_outputs(void **state)
{
	char dir[] = "/tmp/vitrine-test-XXXXXX", *arguments, *lock;

	assert_non_null(mkdtemp(dir));
	lock = xasprintf("%s/vitrined.lock", dir);
	arguments = xasprintf("--headless=800xfoo --log-level=error --runtime-dir=%s", dir);
	assert_one_line(arguments, 1, "800xfoo", "as in 1920x1080");
	free(arguments);
	arguments = xasprintf("--kms=/dev/nowhere --log-level=error --runtime-dir=%s", dir);
	/* Without a seat that is what is missing; with one the device. */
	assert_one_line(arguments, 1, "error: ", ": ");
	free(arguments);
	unlink(lock);
	free(lock);
	/* That it is not locked is known to the next one. */
	lock = xasprintf("%s/lock", dir);
	unlink(lock);
	free(lock);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_too_many_bindings),
		cmocka_unit_test(test_options_win),
		cmocka_unit_test(test_options_clash_with_the_file),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_program_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
