/* SPDX-License-Identifier: MIT */
/* Which backlight belongs to which panel, and how bright it is, in a directory like the kernel's. */
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "compositor/output/kms/backlight.h"

struct class
{
	char dir[64];
};

static void put(const struct class *class, const char *device, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", class->dir, device, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void device_make(const struct class *class, const char *device, const char *parent,
			const char *type, const char *max, const char *now)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", class->dir, device);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/device", class->dir, device);
	assert_int_equal(symlink(parent, path), 0);
	put(class, device, "type", type);
	put(class, device, "max_brightness", max);
	put(class, device, "brightness", now);
}

static void expect(const struct class *class, const char *device, const char *wanted)
{
	char path[256], line[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/brightness", class->dir, device);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_string_equal(line, wanted);
}

static int setup(void **state)
{
	struct class *class = xcalloc(1, sizeof(*class));

	snprintf(class->dir, sizeof(class->dir), "/tmp/backlight-XXXXXX");
	assert_non_null(mkdtemp(class->dir));
	*state = class;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static int teardown(void **state)
{
	struct class *class = *state;

	assert_int_equal(nftw(class->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(class);
	return 0;
}

static void the_panel_s_own_is_taken_before_the_machine_s(void **state)
{
	struct class *class = *state;
	struct kms_backlight light;

	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), -ENOENT);
	device_make(class, "other", "../../card0-eDP-2", "raw\n", "10\n", "5\n");
	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), -ENOENT);
	device_make(class, "acpi", "../../pci", "firmware\n", "15\n", "3\n");
	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), 0);
	assert_int_equal(light.max, 15);
	kms_backlight_close(&light);
	device_make(class, "intel", "../../card0-eDP-1", "raw\n", "1000\n", "250\n");
	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), 0);
	assert_int_equal(light.max, 1000);
	assert_float_equal(kms_backlight_get(&light), 0.25, 1e-6);
	kms_backlight_close(&light);
	/* The other card's panel of the same name is another one. */
	assert_int_equal(kms_backlight_open(&light, class->dir, "card1", "eDP-1"), 0);
	assert_int_equal(light.max, 15);
	kms_backlight_close(&light);
}

static void levels_are_shares_of_the_most(void **state)
{
	struct class *class = *state;
	struct kms_backlight light;

	device_make(class, "intel", "../../card0-eDP-1", "raw\n", "1000\n", "250\n");
	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), 0);
	assert_int_equal(kms_backlight_set(&light, 1), 0);
	expect(class, "intel", "1000\n");
	assert_int_equal(kms_backlight_set(&light, 0.5), 0);
	assert_float_equal(kms_backlight_get(&light), 0.5, 1e-6);
	assert_int_equal(kms_backlight_set(&light, 1.5), -EINVAL);
	assert_int_equal(kms_backlight_set(&light, -0.1), -EINVAL);
	assert_int_equal(kms_backlight_set(&light, NAN), -EINVAL);
	assert_float_equal(kms_backlight_get(&light), 0.5, 1e-6);
	kms_backlight_close(&light);
	assert_int_equal(kms_backlight_set(&light, 0.5), -EINVAL);
	assert_true(kms_backlight_get(&light) < 0);
}

static void nonsense_is_no_backlight(void **state)
{
	struct class *class = *state;
	struct kms_backlight light;

	device_make(class, "intel", "../../card0-eDP-1", "raw\n", "0\n", "0\n");
	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), -ENOENT);
	put(class, "intel", "max_brightness", "many\n");
	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), -ENOENT);
	put(class, "intel", "max_brightness", "100\n");
	put(class, "intel", "brightness", "5000\n");
	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), 0);
	assert_true(kms_backlight_get(&light) < 0);
	kms_backlight_close(&light);
}

static void one_that_cannot_be_written_is_none(void **state)
{
	struct class *class = *state;
	struct kms_backlight light;
	char path[128];

	device_make(class, "intel", "../../card0-eDP-1", "raw\n", "100\n", "50\n");
	snprintf(path, sizeof(path), "%s/intel/brightness", class->dir);
	/* Root, too, cannot write to a directory. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(kms_backlight_open(&light, class->dir, "card0", "eDP-1"), -EISDIR);
	assert_int_equal(light.fd, -1);
	assert_int_equal(kms_backlight_set(&light, 0.5), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_panel_s_own_is_taken_before_the_machine_s),
		TEST(levels_are_shares_of_the_most),
		TEST(nonsense_is_no_backlight),
		TEST(one_that_cannot_be_written_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
