/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pvdispl/worker/displif_parse.h"

#define XR24 0x34325258u
#define AR24 0x34325241u
#define YUYV 0x56595559u

static struct displif_request request(uint8_t operation)
{
	return (struct displif_request){.id = 0x1234, .operation = operation};
}

static struct displif_request create(void)
{
	struct displif_request r = request(DISPLIF_DBUF_CREATE);

	r.op.dbuf_create.dbuf_cookie = 5;
	r.op.dbuf_create.width = 640;
	r.op.dbuf_create.height = 480;
	r.op.dbuf_create.bpp = 32;
	r.op.dbuf_create.buffer_sz = 640 * 480 * 4;
	r.op.dbuf_create.gref_directory = 9;
	return r;
}

static int parse(const struct displif_request *r, struct displif_command *out)
{
	return displif_parse(r, true, out);
}

static void a_buffer_as_linux_makes_it(void **state)
{
	struct displif_request r = create();
	struct displif_command c;

	/* What is left of an older request in the slot: it looks like REQ_ALLOC. */
	r.op.dbuf_create.flags = AR24;
	assert_int_equal(parse(&r, &c), 0);
	assert_int_equal(c.id, 0x1234);
	assert_int_equal(c.operation, DISPLIF_DBUF_CREATE);
	assert_int_equal(c.u.dbuf_create.cookie, 5);
	assert_int_equal(c.u.dbuf_create.geometry.pages, 300);
	assert_int_equal(c.u.dbuf_create.directory, 9);
}

static void an_imported_buffer_has_no_size_but_an_offset(void **state)
{
	struct displif_request r = create();
	struct displif_command c;

	r.op.dbuf_create.width = r.op.dbuf_create.height = r.op.dbuf_create.bpp = 0;
	r.op.dbuf_create.data_ofs = 64;
	assert_int_equal(parse(&r, &c), 0);
	assert_int_equal(c.u.dbuf_create.geometry.offset, 64);
	r.op.dbuf_create.data_ofs = 300 * 4096;
	assert_int_equal(parse(&r, &c), -EINVAL);
	r.op.dbuf_create.data_ofs = UINT32_MAX;
	assert_int_equal(parse(&r, &c), -EINVAL);
}

static void a_buffer_that_is_too_short_is_refused(void **state)
{
	struct displif_request r = create();
	struct displif_command c;

	r.op.dbuf_create.buffer_sz = 299 * 4096;
	assert_int_equal(parse(&r, &c), -EINVAL);
	r = create();
	r.op.dbuf_create.data_ofs = 4;
	assert_int_equal(parse(&r, &c), -EINVAL);
}

static void names_must_be_there(void **state)
{
	struct displif_request r = create();
	struct displif_command c;

	r.op.dbuf_create.dbuf_cookie = 0;
	assert_int_equal(parse(&r, &c), -EINVAL);
	r = create();
	r.op.dbuf_create.gref_directory = 0;
	assert_int_equal(parse(&r, &c), -EINVAL);
	r = request(DISPLIF_PG_FLIP);
	assert_int_equal(parse(&r, &c), -EINVAL);
	r.op.pg_flip.fb_cookie = 1ull << 63;
	assert_int_equal(parse(&r, &c), 0);
	assert_true(c.u.cookie == 1ull << 63);
}

static void formats_that_nobody_reads_are_refused(void **state)
{
	struct displif_request r = request(DISPLIF_FB_ATTACH);
	struct displif_command c;

	r.op.fb_attach.dbuf_cookie = 1;
	r.op.fb_attach.fb_cookie = 2;
	r.op.fb_attach.pixel_format = YUYV;
	assert_int_equal(parse(&r, &c), -EINVAL);
	r.op.fb_attach.pixel_format = XR24;
	assert_int_equal(parse(&r, &c), 0);
	assert_int_equal(c.u.fb_attach.format->bytes_per_pixel, 4);
	r.op.fb_attach.dbuf_cookie = 0;
	assert_int_equal(parse(&r, &c), -EINVAL);
	r.op.fb_attach.dbuf_cookie = 1;
	r.op.fb_attach.fb_cookie = 0;
	assert_int_equal(parse(&r, &c), -EINVAL);
}

static void a_configuration_is_on_or_off(void **state)
{
	struct displif_request r = request(DISPLIF_SET_CONFIG);
	struct displif_command c;

	assert_int_equal(parse(&r, &c), 0);
	assert_false(c.u.set_config.enable);
	r.op.set_config.width = 640;
	r.op.set_config.height = 480;
	assert_int_equal(parse(&r, &c), -EINVAL);
	r.op.set_config.fb_cookie = 3;
	assert_int_equal(parse(&r, &c), 0);
	assert_true(c.u.set_config.enable);
	r.op.set_config.width = r.op.set_config.height = 0;
	assert_int_equal(parse(&r, &c), -EINVAL);
}

static void buffers_belong_to_the_first_ring(void **state)
{
	struct displif_request r = create();
	struct displif_command c;

	assert_int_equal(displif_parse(&r, false, &c), -EINVAL);
	r = request(DISPLIF_PG_FLIP);
	r.op.pg_flip.fb_cookie = 1;
	assert_int_equal(displif_parse(&r, false, &c), 0);
}

static void each_unknown_operation_is_named_so(void **state)
{
	for (unsigned op = 0; op < 256; op++) {
		struct displif_request r = request((uint8_t)op);
		struct displif_command c;
		bool known = op >= DISPLIF_DBUF_CREATE && op <= DISPLIF_GET_EDID;

		assert_int_equal(parse(&r, &c) == -EOPNOTSUPP, !known);
		assert_int_equal(c.operation, op);
		assert_int_equal(c.id, 0x1234);
	}
}

static void an_edid_needs_all_of_its_buffer(void **state)
{
	struct displif_request r = request(DISPLIF_GET_EDID);
	struct displif_command c;

	r.op.get_edid.gref_directory = 8;
	r.op.get_edid.buffer_sz = DISPLIF_EDID_MAX - 1;
	assert_int_equal(parse(&r, &c), -EINVAL);
	r.op.get_edid.buffer_sz = DISPLIF_EDID_MAX;
	assert_int_equal(parse(&r, &c), 0);
	assert_int_equal(c.u.directory, 8);
	r.op.get_edid.gref_directory = 0;
	assert_int_equal(parse(&r, &c), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_as_linux_makes_it),
		cmocka_unit_test(an_imported_buffer_has_no_size_but_an_offset),
		cmocka_unit_test(a_buffer_that_is_too_short_is_refused),
		cmocka_unit_test(names_must_be_there),
		cmocka_unit_test(formats_that_nobody_reads_are_refused),
		cmocka_unit_test(a_configuration_is_on_or_off),
		cmocka_unit_test(buffers_belong_to_the_first_ring),
		cmocka_unit_test(each_unknown_operation_is_named_so),
		cmocka_unit_test(an_edid_needs_all_of_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
