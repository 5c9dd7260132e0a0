/* SPDX-License-Identifier: MIT */
/*
 * The attention menu's model: some stories, and random histories of keys, clicks on what is or was on the glass, and guests
 * that come and go. What must hold: something is always selected and in sight; a click does what the row said that was
 * clicked, or nothing; nothing that cannot be taken back happens without its question; a locked screen's menu names nobody
 * and offers nothing that concerns guests; three Escapes always lead out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "compositor/trusted/menu_model.h"
#include "tests/scene_fixture.h"

static struct menu_model model;
static struct menu_facts facts;

static struct menu_guest *add(const char *name, bool is_running)
{
	struct menu_guest *guest = &facts.guests[facts.n_guests++];

	snprintf(guest->name, sizeof(guest->name), "%s", name);
	snprintf(guest->state, sizeof(guest->state), "%s", is_running ? "hidden" : "not running");
	snprintf(guest->mark.name, sizeof(guest->mark.name), "%s", name);
	guest->is_running = guest->can_front = guest->can_send = is_running;
	guest->can_start = !is_running;
	guest->can_stop = guest->can_reboot = is_running;
	return guest;
}

static int setup(void **state)
{
	memset(&model, 0, sizeof(model));
	memset(&facts, 0, sizeof(facts));
	facts.can_lock = facts.can_detach = facts.can_screenshot = true;
	return 0;
}

static int setup_two(void **state)
{
	setup(state);
	add("work", true);
	add("web", false);
	menu_model_open(&model, &facts);
	return 0;
}

static struct panel shown(void)
{
	struct panel panel;

	menu_model_panel(&model, &panel);
	return panel;
}

static const struct panel_row *selected(const struct panel *panel)
{
	const struct panel_row *found = NULL;

	for (unsigned i = 0; i < panel->n_rows; i++) {
		if (panel->rows[i].is_selected) {
			assert_null(found);
			found = &panel->rows[i];
		}
	}
	assert_non_null(found);
	return found;
}

static void assert_selected(const char *text)
{
	struct panel panel = shown();

	assert_string_equal(selected(&panel)->text, text);
}

static uint32_t id_of(const char *text)
{
	struct panel panel = shown();

	for (unsigned i = 0; i < panel.n_rows; i++) {
		if (panel.rows[i].kind == PANEL_ITEM && strcmp(panel.rows[i].text, text) == 0) {
			return panel.rows[i].id;
		}
	}
	return 0;
}

static void assert_wish(struct menu_wish wish, enum menu_do what, const char *guest)
{
	assert_int_equal(wish.what, what);
	assert_string_equal(wish.guest, guest);
}

static struct menu_wish press(enum menu_key key)
{
	return menu_model_key(&model, key);
}

static struct menu_wish click(const char *text)
{
	return menu_model_choose(&model, id_of(text));
}

/* ---- stories ---- */

static void two_enters_switch(void **state)
{
	assert_selected("work");
	assert_wish(press(MENU_KEY_ENTER), MENU_NOTHING, "");
	assert_selected("Bring to the front");
	assert_wish(press(MENU_KEY_ENTER), MENU_FRONT, "work");
}

static void keys_go_round(void **state)
{
	press(MENU_KEY_UP);
	assert_selected("Go back");
	press(MENU_KEY_DOWN);
	assert_selected("work");
	press(MENU_KEY_DOWN);
	assert_selected("web");
	press(MENU_KEY_OPEN);
	assert_selected("Start");
	press(MENU_KEY_CLOSE);
	assert_selected("web");
	/* Left never leads out. */
	assert_wish(press(MENU_KEY_CLOSE), MENU_NOTHING, "");
	press(MENU_KEY_LAST);
	assert_selected("Go back");
	/* Right is no Enter. */
	assert_wish(press(MENU_KEY_OPEN), MENU_NOTHING, "");
	assert_wish(press(MENU_KEY_ENTER), MENU_CLOSE, "");
	menu_model_letter(&model, 'W');
	assert_selected("work");
	menu_model_letter(&model, 'w');
	assert_selected("web");
	menu_model_letter(&model, '1');
	assert_selected("work");
	menu_model_letter(&model, 'x');
	assert_selected("work");
	assert_wish(press(MENU_KEY_ESCAPE), MENU_CLOSE, "");
}

static void what_cannot_be_taken_back_is_asked(void **state)
{
	click("work");
	assert_wish(click("Stop"), MENU_NOTHING, "");
	assert_selected("No, go back");
	assert_wish(press(MENU_KEY_ENTER), MENU_NOTHING, "");
	assert_selected("Stop");
	click("Reboot");
	assert_wish(click("Yes, stop work"), MENU_NOTHING, "");
	assert_wish(click("Yes, reboot work"), MENU_REBOOT, "work");
	press(MENU_KEY_ESCAPE);
	click("web");
	assert_wish(click("Start"), MENU_START, "web");
}

static void guests_die_under_their_page(void **state)
{
	uint32_t front, yes;

	click("work");
	front = id_of("Bring to the front");
	click("Stop");
	yes = id_of("Yes, stop work");
	facts.n_guests = 0;
	add("web", true);
	menu_model_update(&model, &facts);
	assert_selected("web");
	assert_wish(menu_model_choose(&model, yes), MENU_NOTHING, "");
	assert_wish(menu_model_choose(&model, front), MENU_NOTHING, "");
	/* Another one of the same name is another one. */
	add("work", true);
	menu_model_update(&model, &facts);
	click("work");
	assert_int_not_equal(id_of("Bring to the front"), front);
	assert_wish(menu_model_choose(&model, front), MENU_NOTHING, "");
}

static void the_question_goes_with_its_reason(void **state)
{
	click("work");
	click("Stop");
	facts.guests[0].can_stop = false;
	menu_model_update(&model, &facts);
	assert_selected("work");
	facts.guests[0].can_stop = true;
	menu_model_update(&model, &facts);
	click("work");
	click("Stop");
	facts.guests[0].is_busy = true;
	menu_model_update(&model, &facts);
	assert_selected("work");
	click("work");
	assert_wish(click("Stop"), MENU_NOTHING, "");
	assert_int_equal(model.page, MENU_PAGE_GUEST);
}

static void who_has_no_place_cannot_be_chosen(void **state)
{
	facts.guests[0].can_front = false;
	menu_model_update(&model, &facts);
	click("work");
	assert_selected("Send it the attention keys");
	assert_wish(click("Bring to the front"), MENU_NOTHING, "");
	menu_model_point(&model, id_of("Bring to the front"));
	assert_selected("Send it the attention keys");
}

static void a_locked_screen_says_nothing_of_guests(void **state)
{
	click("work");
	facts.is_locked = true;
	menu_model_update(&model, &facts);
	assert_selected("Go back to unlocking");
	assert_int_equal(id_of("work"), 0);
	assert_int_equal(id_of("Take a picture of all monitors"), 0);
	assert_int_equal(id_of("Lock"), 0);
	assert_wish(press(MENU_KEY_ENTER), MENU_CLOSE, "");
}

static void long_lists_are_reached_by_every_way(void **state)
{
	bool seen[100] = {false};
	unsigned n = 0, clicks = 0;
	char name[16];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "vm%02u", i);
		add(name, true);
	}
	menu_model_open(&model, &facts);
	for (unsigned i = 0; i < 100; i++, press(MENU_KEY_DOWN)) {
		snprintf(name, sizeof(name), "vm%02u", i);
		assert_selected(name);
	}
	assert_selected("Lock");
	press(MENU_KEY_UP);
	assert_selected("vm99");
	menu_model_scroll(&model, -1000);
	assert_selected("vm00");
	/* By clicks alone, on what tells that there are more. */
	for (;; clicks++) {
		struct panel panel = shown();
		uint32_t more = 0;

		for (unsigned i = 0; i < panel.n_rows; i++) {
			if (panel.rows[i].has_mark) {
				unsigned vm = (unsigned)atoi(panel.rows[i].text + 2);

				n += !seen[vm];
				seen[vm] = true;
			}
			more = panel.rows[i].id == MENU_PAGE_DOWN ? MENU_PAGE_DOWN : more;
		}
		if (!more) {
			break;
		}
		assert_wish(menu_model_choose(&model, more), MENU_NOTHING, "");
		assert_true(clicks < 20);
	}
	assert_int_equal(n, 100);
	for (unsigned i = 0; i < 20; i++) {
		menu_model_choose(&model, MENU_PAGE_UP);
	}
	assert_int_equal(model.first, 0);
}

/* ---- random histories ---- */

#define STEPS 60000
#define NAMES 40
#define KNOWN 4096

static uint32_t random_state;

/* What an id said when it was seen first. */
static struct {
	uint32_t id;
	char text[PANEL_TEXT_SIZE];
} known[KNOWN];
static unsigned n_known;

static unsigned roll(unsigned sides)
{
	return test_random(&random_state) % sides;
}

static const char *known_text(uint32_t id, const char *text)
{
	for (unsigned i = 0; i < n_known; i++) {
		if (known[i].id == id) {
			return known[i].text;
		}
	}
	if (n_known < KNOWN && text) {
		known[n_known].id = id;
		snprintf(known[n_known++].text, PANEL_TEXT_SIZE, "%s", text);
	}
	return text;
}

static void facts_roll(void)
{
	unsigned n = roll(4) ? roll(6) : roll(NAMES);

	memset(&facts, 0, sizeof(facts));
	facts.can_screenshot = roll(2);
	facts.is_locked = roll(8) == 0;
	facts.can_lock = roll(2);
	facts.can_detach = roll(2);
	facts.has_layouts = roll(2);
	facts.has_backlight = roll(2);
	facts.is_detached = roll(2);
	snprintf(facts.notice, sizeof(facts.notice), "%s", roll(3) ? "" : "work did not start");
	for (unsigned i = 0, at = roll(NAMES); i < n; i++, at = (at + 1) % NAMES) {
		char name[16];
		struct menu_guest *guest;

		snprintf(name, sizeof(name), "Guest-%u", at);
		guest = add(name, roll(3));
		guest->can_front = guest->is_running && roll(3);
		guest->can_send = guest->is_running && roll(3);
		guest->can_start = roll(2);
		guest->can_stop = roll(2);
		guest->can_reboot = roll(2);
		guest->is_busy = roll(4) == 0;
	}
}

static void check_panel(void)
{
	struct panel panel = shown();

	assert_true(panel.n_rows <= PANEL_ROWS);
	selected(&panel);
	for (unsigned i = 0; i < panel.n_rows; i++) {
		const struct panel_row *row = &panel.rows[i];

		assert_true(!row->is_selected || (row->kind == PANEL_ITEM && !row->is_disabled));
		if (facts.is_locked) {
			assert_null(strstr(row->text, "Guest"));
			assert_null(strstr(row->detail, "Guest"));
			assert_false(row->has_mark);
		}
		if (row->kind == PANEL_ITEM && row->id > 0xff) {
			assert_string_equal(known_text(row->id, row->text), row->text);
		}
	}
}

static const struct menu_guest *fact_of(const char *name)
{
	for (unsigned i = 0; i < facts.n_guests; i++) {
		if (strcmp(facts.guests[i].name, name) == 0) {
			return &facts.guests[i];
		}
	}
	return NULL;
}

static void check_wish(const struct menu_wish *wish, enum menu_page page, enum menu_do asked,
		       const char *asked_about)
{
	const struct menu_guest *guest = fact_of(wish->guest);

	if (facts.is_locked) {
		assert_true(wish->what == MENU_NOTHING || wish->what == MENU_CLOSE ||
			    wish->what == MENU_BLANK || wish->what == MENU_BRIGHTER ||
			    wish->what == MENU_DARKER);
	}
	switch (wish->what) {
	case MENU_FRONT:
		assert_true(guest && guest->can_front);
		break;
	case MENU_SEND_CHORD:
		assert_true(guest && guest->can_send);
		break;
	case MENU_START:
		assert_true(guest && guest->can_start && !guest->is_busy);
		break;
	case MENU_STOP:
	case MENU_REBOOT:
		assert_true(guest &&
			    (wish->what == MENU_STOP ? guest->can_stop : guest->can_reboot));
		assert_int_equal(page, MENU_PAGE_CONFIRM);
		assert_int_equal(asked, wish->what);
		assert_string_equal(asked_about, wish->guest);
		break;
	case MENU_LOCK:
		assert_true(facts.can_lock);
		break;
	default:
		assert_true(wish->what == MENU_NOTHING || wish->what >= MENU_CLOSE);
		assert_string_equal(wish->guest, "");
		break;
	}
}

/* An id that is or was on the glass, or none that ever was. */
static uint32_t some_id(void)
{
	struct panel panel = shown();

	switch (roll(4)) {
	case 0:
		return n_known > 0 ? known[roll(n_known)].id : 0;
	case 1:
		return roll(0x4000);
	default:
		return panel.rows[roll(panel.n_rows)].id;
	}
}

static struct menu_wish step(void)
{
	struct menu_wish nothing = {MENU_NOTHING};

	switch (roll(10)) {
	case 0:
		facts_roll();
		menu_model_update(&model, &facts);
		return nothing;
	case 1:
		if (roll(10) == 0) {
			menu_model_open(&model, &facts);
		}
		menu_model_letter(&model, (char)(' ' + roll(95)));
		return nothing;
	case 2:
		menu_model_scroll(&model, (int)roll(9) - 4);
		return nothing;
	case 3:
		menu_model_point(&model, some_id());
		return nothing;
	case 4:
	case 5:
	case 6: {
		uint32_t id = some_id();
		const char *said = known_text(id, NULL);
		struct menu_wish wish = menu_model_choose(&model, id);

		/* A guest's own row, whenever it was seen, is about that guest. */
		if (said && strncmp(said, "Guest", 5) == 0 && model.page == MENU_PAGE_GUEST &&
		    (id & 0xff) == MENU_OPEN_GUEST && model.selected >> 8 == id >> 8) {
			assert_string_equal(model.guest, said);
		}
		return wish;
	}
	default:
		return menu_model_key(&model, (enum menu_key)roll(MENU_KEY_ESCAPE + 1));
	}
}

static void check_way_out(void)
{
	struct menu_model copy = model;

	for (unsigned i = 0; i < 3; i++) {
		if (menu_model_key(&copy, MENU_KEY_ESCAPE).what == MENU_CLOSE) {
			return;
		}
	}
	fail_msg("three Escapes do not lead out");
}

static void histories(void **state)
{
	unsigned wishes[MENU_DARKER + 1] = {0};

	random_state = 20261121;
	n_known = 0;
	facts_roll();
	memset(&model, 0, sizeof(model));
	menu_model_open(&model, &facts);
	for (unsigned i = 0; i < STEPS; i++) {
		enum menu_page page = model.page;
		enum menu_do asked = model.asked;
		char guest[33];
		struct menu_wish wish;

		memcpy(guest, model.guest, sizeof(guest));
		wish = step();
		check_wish(&wish, page, asked, guest);
		check_panel();
		check_way_out();
		wishes[wish.what]++;
	}
	for (unsigned i = MENU_CLOSE; i <= MENU_DARKER; i++) {
		assert_true(wishes[i] > 5);
	}
}

#define MENU_TEST(name) cmocka_unit_test_setup(name, setup_two)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MENU_TEST(two_enters_switch),
		MENU_TEST(keys_go_round),
		MENU_TEST(what_cannot_be_taken_back_is_asked),
		MENU_TEST(guests_die_under_their_page),
		MENU_TEST(the_question_goes_with_its_reason),
		MENU_TEST(who_has_no_place_cannot_be_chosen),
		MENU_TEST(a_locked_screen_says_nothing_of_guests),
		cmocka_unit_test_setup(long_lists_are_reached_by_every_way, setup),
		cmocka_unit_test(histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
