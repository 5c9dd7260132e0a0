/* SPDX-License-Identifier: MIT */
/* What the real vitrine-pv tells the server of its guest's input devices, and when it serves them. */
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>
#include <wayland-server.h>

#include "base/util.h"
#include "tests/loopback/worker_rig.h"
#include "vitrine-guest-v1-server-protocol.h"

#define DIRECTORY 10u /* page of the guest that holds one */
#define BUFFER 16u    /* first of the pages that are drawn to */
#define FB_PAGES 2u
#define MARK 9u

static struct rig rig;

static int start_with(bool is_mouse, bool is_old)
{
	rig_start(&rig);
	rig.is_mouse = is_mouse;
	rig.is_old = is_old;
	rig_add_devices(&rig, false);
	return 0;
}

static int start(void **state)
{
	return start_with(false, false);
}

static int start_with_mouse(void **state)
{
	return start_with(true, false);
}

static int start_with_old_server(void **state)
{
	return start_with(false, true);
}

static int stop(void **state)
{
	rig_stop(&rig);
	return 0;
}

static bool has_seat(struct rig *r)
{
	return r->server.heads[0].resource && r->server.heads[1].resource && r->server.keyboard &&
	       r->server.pointer;
}

static bool is_acknowledged(struct rig *r)
{
	return r->server.acknowledged == MARK;
}

static bool is_told(struct rig *r)
{
	return r->server.n_set_pointer > 0;
}

static void start_server(void)
{
	rig_server_start(&rig);
	rig_wait(&rig, has_seat);
}

static void strike(void)
{
	wl_keyboard_send_key(rig.server.keyboard, 1, 0, KEY_A, 1);
	vitrine_guest_v1_send_mark_input(rig.server.guest, MARK);
}

static void the_server_learns_when_the_guest_was_notified(void **state)
{
	uint64_t before_ns;

	start_server();
	before_ns = now_ns();
	strike();
	rig_wait(&rig, is_acknowledged);
	assert_in_range(rig.server.notified_ns, before_ns, now_ns());
	assert_int_equal(rig.kbd->in_prod, 1);
}

static void a_server_of_before_is_told_no_time(void **state)
{
	start_server();
	strike();
	rig_wait(&rig, is_acknowledged);
	assert_int_equal(rig.server.notified_ns, 0);
	assert_int_equal(rig.server.n_set_pointer, 0);
}

/* The devices are there before the server is, and once they are told they are not told again. */
static void the_server_learns_of_a_tablet(void **state)
{
	start_server();
	rig_wait(&rig, is_told);
	assert_int_equal(rig.server.pointer_kinds, VITRINE_GUEST_V1_POINTER_ABSOLUTE);
	strike();
	rig_wait(&rig, is_acknowledged);
	assert_int_equal(rig.server.n_set_pointer, 1);
}

static void the_server_learns_of_a_mouse(void **state)
{
	start_server();
	rig_wait(&rig, is_told);
	assert_int_equal(rig.server.pointer_kinds, VITRINE_GUEST_V1_POINTER_RELATIVE);
}

static bool is_kbd_closed(struct rig *r)
{
	return r->kbd_closed;
}

static bool is_kbd_connected(struct rig *r)
{
	return r->kbd_connected;
}

static void replace_keyboard(bool is_mouse)
{
	rig.kbd_closed = rig.kbd_connected = false;
	rig_send_device(&rig, WORKER_INPUT_CLOSED, WORKER_KIND_INPUT, RIG_INPUT);
	rig_wait(&rig, is_kbd_closed);
	close_fd(&rig.kbd_ports);
	rig.is_mouse = is_mouse;
	rig_add_input(&rig, false);
	rig_wait(&rig, is_kbd_connected);
	rig.server.acknowledged = 0;
	strike();
	rig_wait(&rig, is_acknowledged);
}

/* Told when something is different, and only then. */
static void the_server_learns_of_changes(void **state)
{
	start_server();
	rig_wait(&rig, is_told);
	replace_keyboard(false);
	assert_int_equal(rig.server.n_set_pointer, 1);
	replace_keyboard(true);
	assert_int_equal(rig.server.n_set_pointer, 2);
	assert_int_equal(rig.server.pointer_kinds, VITRINE_GUEST_V1_POINTER_RELATIVE);
}

/* ---- input before all that the guest asks for ---- */

static bool has_commit(struct rig *r)
{
	return r->server.heads[0].n_feedbacks > 0;
}

static bool has_commit_after(struct rig *r)
{
	return r->server.heads[0].n_commits > r->server.commits_before;
}

static void make_framebuffers(void)
{
	for (unsigned i = 0; i < 2; i++) {
		rig_directory(&rig, DIRECTORY, 0, BUFFER + i * FB_PAGES, FB_PAGES);
		assert_int_equal(rig_do(&rig, 0, rig_create(10 + i, DIRECTORY, FB_PAGES)), 0);
		assert_int_equal(rig_do(&rig, 0, rig_attach(10 + i, 100 + i, RIG_WIDTH, RIG_HEIGHT)),
				 0);
	}
}

/* Both wait for a worker that does not run: the key is with the guest before the flip is with the server. */
static void input_comes_before_what_the_guest_asks_for(void **state)
{
	unsigned commits;

	start_server();
	make_framebuffers();
	assert_int_equal(rig_do(&rig, 0, rig_config(100, 0, 0, RIG_WIDTH, RIG_HEIGHT)), 0);
	rig_visible(&rig, 0, true, 0);
	rig_wait(&rig, has_commit);
	rig_present(&rig, 0);
	rig_run_ms(&rig, 50);
	commits = rig.server.heads[0].n_commits;
	kill(rig.pid, SIGSTOP);
	assert_int_equal(waitpid(rig.pid, NULL, WUNTRACED), rig.pid);
	rig_ask(&rig, 0, rig_simple(DISPLIF_PG_FLIP, 101));
	strike();
	rig_server_turn(&rig);
	kill(rig.pid, SIGCONT);
	rig_wait(&rig, is_acknowledged);
	assert_int_equal(rig.server.commits_before, commits);
	rig_wait(&rig, has_commit_after);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_server_learns_when_the_guest_was_notified, start),
		TEST(a_server_of_before_is_told_no_time, start_with_old_server),
		TEST(the_server_learns_of_a_tablet, start),
		TEST(the_server_learns_of_a_mouse, start_with_mouse),
		TEST(the_server_learns_of_changes, start),
		TEST(input_comes_before_what_the_guest_asks_for, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
