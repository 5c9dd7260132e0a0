/* SPDX-License-Identifier: MIT */
/*
 * Random histories of the whole server but the protocol: guests, heads, commits, monitors, flips,
 * layouts (split, tiled, mirrored, turned, dark, kiosks), devices, chords, late frames, a session that
 * comes and goes. After each step, what is on the glass
 * (pixels) and what guests were told must keep the promises: the owner's mark is beside its
 * pixels, one owner of each event, no input before the frame, the attention chord is the host's,
 * nothing sticks.
 */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/options.h"
#include "compositor/server.h"
#include "compositor/trusted/trusted.h"
#include "compositor/wayland/wayland.h"
#include "tests/scene_fixture.h"

#define HISTORIES 40
#define STEPS 2500
#define MONITORS 3
#define GUESTS 5
#define DEVICES 2
#define WIDTH 160
#define HEIGHT 120
#define GROUND 0x181818u /* of monitors, where nothing is */
#define PERIOD_NS (NSEC_PER_SEC / 60)
#define GUEST_COLOURS 0x0a0b00u /* of guests' pixels; no mark or text has them */

struct monitor {
	struct output_device base;
	uint32_t pixels[WIDTH * HEIGHT];
	/* Of the frame under way: how the panel stands, and whose it is when that is not marked. */
	enum transform transform;
	char bound[33];
	/* On the glass, as the panel has it and as a person sees it. */
	uint32_t glass[WIDTH * HEIGHT], upright[WIDTH * HEIGHT];
	int width, height;
	bool plugged, acquired, flying;
	bool has_cursor; /* the frame under way shows the host's, above whatever is there */
};

/* A guest, and what it believes to hold. */
struct player {
	struct scene_guest *guest; /* NULL: none */
	unsigned number;           /* of all guests there were, from 1 */
	bool keys[KEY_CNT], buttons[KEY_CNT], contacts[SEAT_MAX_CONTACTS];
	unsigned n_keys, n_buttons, n_contacts; /* that it holds */
	bool over, keyboard;
};

struct world {
	struct server server;
	struct server_options options;
	struct monitor monitors[MONITORS];
	struct player players[GUESTS];
	unsigned numbers;    /* given out */
	uint32_t marks[256]; /* colours of the marks, by the guest's number */
	uint32_t random;
	bool away;   /* the session */
	int touched; /* the monitor that is being touched, -1: none */
	double touch_x, touch_y;
	uint64_t told, seen; /* events, frames with a guest's pixels: the test must have had some */
	uint64_t granted, attentions, layouts, touches;
};

static struct world *world;

static unsigned draw(unsigned n)
{
	return test_random(&world->random) % n;
}

/* ---- what guests are told ---- */

static struct player *player_of(const struct scene_guest *guest)
{
	for (unsigned i = 0; guest && i < GUESTS; i++) {
		if (world->players[i].guest == guest) {
			return &world->players[i];
		}
	}
	return NULL;
}

static struct scene_output *output_of(const struct monitor *monitor)
{
	int number = repaint_output_number(world->server.repaint, monitor->base.name);

	return number < 0 ? NULL : repaint_output(world->server.repaint, (unsigned)number);
}

/* What the scene says is held against the pixels at each flip. */
static bool shows(const struct monitor *monitor, const struct player *player)
{
	const struct scene_output *output = monitor->plugged ? output_of(monitor) : NULL;

	return output && scene_output_shows_guest(output, player->guest);
}

static bool on_glass(const struct player *player)
{
	for (unsigned i = 0; i < MONITORS; i++) {
		if (shows(&world->monitors[i], player)) {
			return true;
		}
	}
	return false;
}

/* Anything but a release: only for who is on the glass. */
static struct player *news_for(struct seat_guest *seat_guest)
{
	struct player *player = player_of((struct scene_guest *)seat_guest);

	assert_non_null(player);
	assert_true(on_glass(player));
	world->told++;
	return player;
}

static void hold(bool *what, unsigned *n, bool down)
{
	assert_true(*what != down);
	*what = down;
	*n += down ? 1u : -1u;
}

static struct player *told(struct seat_guest *guest, bool is_release)
{
	struct player *player = is_release ? player_of((struct scene_guest *)guest) :
					     news_for(guest);

	assert_non_null(player);
	/* No hand does anything while the session is away. */
	assert_true(is_release || !world->away);
	return player;
}

static void on_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct player *player = told(guest, !pressed);

	/* Completes both chords here; and what completes one is the host's. */
	assert_true(!pressed || code != KEY_DELETE);
	assert_true(!pressed || player->keyboard);
	hold(&player->keys[code], &player->n_keys, pressed);
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_true(&world->players[i] == player || world->players[i].n_keys == 0);
	}
}

static void on_place(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		     double y)
{
	const struct scene_head *scene = (struct scene_head *)head;
	/* Where the pointer stands: a flip that was due when the session went away may tell that, too. */
	struct player *player = head ? news_for(guest) : told(guest, true);

	assert_true(!scene || scene->guest == player->guest);
	player->over = head != NULL;
	for (unsigned i = 0; head && i < GUESTS; i++) {
		assert_true(&world->players[i] == player || !world->players[i].over);
	}
}

static void on_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	(void)told(guest, false);
}

static void on_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct player *player = told(guest, !pressed);

	assert_true(player->over);
	hold(&player->buttons[code], &player->n_buttons, pressed);
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_true(&world->players[i] == player || world->players[i].n_buttons == 0);
	}
}

static void on_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	(void)told(guest, false);
}

/* What is under the finger, on the panel, is this guest's or no guest's pixel (it has no picture). */
static void touch_check(const struct monitor *monitor, const struct player *player)
{
	int x = (int)(world->touch_x * WIDTH), y = (int)(world->touch_y * HEIGHT);
	uint32_t pixel = monitor->glass[y * WIDTH + x] & 0xffffff;

	if ((pixel & 0xffff00) == GUEST_COLOURS) {
		assert_int_equal(pixel, GUEST_COLOURS + player->number % 256);
		world->touches++;
	}
}

static void on_down(void *data, struct seat_guest *guest, struct seat_head *head, int contact,
		    double x, double y)
{
	struct player *player = told(guest, false);

	/* The finger is on this guest's picture, as a person sees it. */
	assert_in_range(world->touched, 0, MONITORS - 1);
	assert_true(shows(&world->monitors[world->touched], player));
	touch_check(&world->monitors[world->touched], player);
	hold(&player->contacts[contact], &player->n_contacts, true);
}

static void on_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	assert_true(told(guest, false)->contacts[contact]);
}

static void on_up(void *data, struct seat_guest *guest, int contact)
{
	struct player *player = told(guest, true);

	hold(&player->contacts[contact], &player->n_contacts, false);
}

static void on_frame(void *data, struct seat_guest *guest)
{
}

const struct seat_sink wayland_seat_sink = {
	.key = on_key,
	.pointer_enter = on_place,
	.pointer_motion = on_place,
	.pointer_relative = on_relative,
	.pointer_button = on_button,
	.pointer_axis = on_axis,
	.touch_down = on_down,
	.touch_motion = on_touch_motion,
	.touch_up = on_up,
	.frame = on_frame,
};

void wayland_input_read(struct wayland *wayland)
{
}

bool wayland_input_behind(const struct scene_guest *guest)
{
	return false;
}

struct seat_head *wayland_external(const struct scene_guest *guest, int width, int height)
{
	return NULL;
}

enum seat_pointer_kind wayland_guest_pointer_kind(const struct scene_guest *guest)
{
	return SEAT_POINTER_BOTH;
}

void wayland_set_keyboard(struct wayland *wayland, struct scene_guest *guest)
{
	struct player *player = player_of(guest);

	for (unsigned i = 0; i < GUESTS; i++) {
		world->players[i].keyboard = false;
	}
	if (player) {
		assert_true(on_glass(player));
		player->keyboard = true;
		world->granted++;
	}
}

void test_input_poll(struct test_input *test)
{
}

/* ---- monitors ---- */

static int monitor_acquire(struct output_device *device, struct target *target)
{
	struct monitor *monitor = device->data;

	if (world->away) {
		return -EACCES;
	}
	if (monitor->flying) {
		return -EBUSY;
	}
	monitor->acquired = true;
	*target = (struct target){
		.pixels = (uint8_t *)monitor->pixels,
		.width = WIDTH,
		.height = HEIGHT,
		.stride = WIDTH * 4,
	};
	return 0;
}

static const struct layout_output *entry_of(const struct monitor *monitor)
{
	const struct layout *layout = scene_layout(world->server.scene);

	for (unsigned i = 0; i < layout->n_outputs; i++) {
		if (strcmp(layout->outputs[i].name, monitor->base.name) == 0) {
			return &layout->outputs[i];
		}
	}
	return NULL;
}

static void stand_note(struct monitor *monitor)
{
	const struct layout_output *entry = entry_of(monitor);

	monitor->transform = entry ? entry->transform : TRANSFORM_NORMAL;
	snprintf(monitor->bound, sizeof(monitor->bound), "%s",
		 entry && entry->is_unmarked ? entry->regions[0].guest : "");
}

static int monitor_commit(struct output_device *device, const struct output_frame *frame)
{
	struct monitor *monitor = device->data;

	assert_true(monitor->acquired && !monitor->flying);
	stand_note(monitor);
	monitor->acquired = false;
	monitor->has_cursor = scene_cursor_output(world->server.scene) == output_of(monitor);
	if (draw(50) == 0) {
		return -EINVAL;
	}
	monitor->flying = true;
	return 0;
}

static void monitor_cancel(struct output_device *device)
{
	((struct monitor *)device->data)->acquired = false;
}

static void monitor_lost(struct output_device *device)
{
	((struct monitor *)device->data)->flying = false;
}

static const struct output_device_ops monitor_ops = {
	.acquire = monitor_acquire,
	.commit = monitor_commit,
	.cancel = monitor_cancel,
	.lost = monitor_lost,
};

static void monitor_plug(unsigned i)
{
	struct monitor *monitor = &world->monitors[i];

	*monitor = (struct monitor){
		.base = {.ops = &monitor_ops,
			 .width = WIDTH,
			 .height = HEIGHT,
			 .refresh_mhz = 60000,
			 .data = monitor},
		.plugged = true,
	};
	snprintf(monitor->base.name, sizeof(monitor->base.name), "M-%u", i);
	repaint_output_listener.added(world->server.repaint, &monitor->base);
}

static void monitor_unplug(unsigned i)
{
	world->monitors[i].plugged = false;
	repaint_output_listener.removed(world->server.repaint, &world->monitors[i].base);
}

static uint32_t colour_of(unsigned number)
{
	return GUEST_COLOURS + number % 256;
}

static uint32_t pixel_at(const struct monitor *monitor, int x, int y)
{
	return monitor->upright[y * monitor->width + x] & 0xffffff;
}

static bool row_has(const struct monitor *monitor, int y, int x1, int x2, uint32_t colour)
{
	for (int x = MAX(x1, 0); x < MIN(x2, monitor->width); x++) {
		if (pixel_at(monitor, x, y) == colour) {
			return true;
		}
	}
	return false;
}

/* NULL: one that is gone. */
static const struct player *player_by_colour(uint32_t colour)
{
	for (unsigned i = 0; i < GUESTS; i++) {
		if (world->players[i].guest && colour_of(world->players[i].number) == colour) {
			return &world->players[i];
		}
	}
	return NULL;
}

/* The strip over a picture whose first row is this one: the next above it that is not ground. */
static void name_check(const struct monitor *monitor, uint32_t mark, int x1, int x2, int y)
{
	bool named = false, framed = false;

	assert_true(y > FRAME_WIDTH);
	for (int up = 1; up <= FRAME_WIDTH; up++) {
		framed |= pixel_at(monitor, x1, y - up) == mark;
	}
	y -= FRAME_WIDTH + 1;
	while (y > 0 && pixel_at(monitor, x1, y) == GROUND) {
		y--;
	}
	for (int row = y; row >= 0 && row > y - STRIP_HEIGHT; row--) {
		named |= row_has(monitor, row, x1 - FRAME_WIDTH, x2 + FRAME_WIDTH, mark);
	}
	assert_true(framed && named);
}

static int run_end(const struct monitor *monitor, int x, int y)
{
	uint32_t colour = pixel_at(monitor, x, y);

	while (x < monitor->width && pixel_at(monitor, x, y) == colour) {
		x++;
	}
	return x;
}

/* A row of one guest's pixels, from x to where they end. */
static void run_check(const struct monitor *monitor, const struct scene_output *output, int x1,
		      int x2, int y)
{
	uint32_t colour = pixel_at(monitor, x1, y), mark = world->marks[colour & 0xff];
	const struct player *player = player_by_colour(colour);

	/* One that went while this frame was under way is nobody's to say. */
	assert_true(!player || scene_output_shows_guest(output, player->guest));
	world->seen++;
	if (monitor->bound[0]) {
		assert_true(!player || strcmp(player->guest->mark.name, monitor->bound) == 0);
		return;
	}
	assert_true(x1 >= FRAME_WIDTH && row_has(monitor, y, x1 - FRAME_WIDTH, x1, mark));
	if (pixel_at(monitor, x1, y - 1) != colour) {
		name_check(monitor, mark, x1, x2, y);
	}
}

static void upright_make(struct monitor *monitor)
{
	bool swaps = transform_swaps(monitor->transform);

	monitor->width = swaps ? HEIGHT : WIDTH;
	monitor->height = swaps ? WIDTH : HEIGHT;
	for (int y = 0; y < monitor->height; y++) {
		for (int x = 0; x < monitor->width; x++) {
			struct rect at = transform_rect(monitor->transform, WIDTH, HEIGHT,
							&(struct rect){x, y, 1, 1});

			monitor->upright[y * monitor->width + x] =
				monitor->glass[at.y * WIDTH + at.x];
		}
	}
}

/* Each guest's pixels have its mark beside and above them, and the scene knows. */
static void glass_check(struct monitor *monitor, const struct scene_output *output)
{
	memcpy(monitor->glass, monitor->pixels, sizeof(monitor->glass));
	upright_make(monitor);
	for (int y = 0; y < monitor->height && !monitor->has_cursor; y++) {
		for (int x = 0; x < monitor->width; x++) {
			if ((pixel_at(monitor, x, y) & 0xffff00) == GUEST_COLOURS) {
				int end = run_end(monitor, x, y);

				run_check(monitor, output, x, end, y);
				x = end - 1;
			}
		}
	}
}

static void flip(unsigned i)
{
	struct monitor *monitor = &world->monitors[i];

	if (!monitor->plugged || !monitor->flying) {
		return;
	}
	monitor->flying = false;
	repaint_output_listener.flipped(world->server.repaint, &monitor->base,
					clock_now(world->server.clock));
	glass_check(monitor, output_of(monitor));
}

/* ---- guests ---- */

static void guest_add(struct player *player)
{
	char name[16];

	*player = (struct player){.number = ++world->numbers};
	snprintf(name, sizeof(name), "g%u", player->number);
	player->guest = scene_guest_add(world->server.scene, name, NULL);
	assert_non_null(player->guest);
	world->marks[player->number % 256] = player->guest->mark.colour;
	input_guest_added(world->server.input, player->guest);
}

static void head_remove(struct player *player, unsigned index)
{
	input_head_removed(world->server.input, player->guest->heads[index]);
	scene_head_remove(player->guest->heads[index]);
}

static void guest_remove(struct player *player)
{
	struct scene_guest *guest = player->guest;

	input_guest_removed(world->server.input, guest);
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->heads[i]) {
			head_remove(player, i);
		}
	}
	scene_guest_remove(guest);
	*player = (struct player){0};
}

static void head_toggle(struct player *player, unsigned index)
{
	if (player->guest->heads[index]) {
		head_remove(player, index);
	} else {
		input_head_placed(world->server.input,
				  scene_head_add(player->guest, index, 60, 40, NULL));
	}
}

static void head_commit(struct player *player, unsigned index)
{
	struct test_buffer *buffer;

	if (player->guest->heads[index]) {
		buffer = test_buffer_create(20 + (int)draw(200), 20 + (int)draw(200), TEST_XR24, 0);
		test_buffer_fill(buffer, colour_of(player->number));
		test_commit(player->guest->heads[index], draw(8) ? buffer : NULL, 0);
		buffer_drop(&buffer->base);
	}
}

static void step_guest(void)
{
	struct player *player = &world->players[draw(GUESTS)];
	unsigned what = draw(20);

	if (!player->guest) {
		guest_add(player);
	} else if (what == 0) {
		guest_remove(player);
	} else if (what < 6) {
		head_toggle(player, draw(3));
	} else {
		head_commit(player, draw(3));
	}
}

/* ---- people and their devices ---- */

static void key(unsigned device, uint32_t code, bool pressed)
{
	seat_key(input_seat(world->server.input), device, code, pressed, 0);
}

static void chord(uint32_t code)
{
	static const uint32_t modifiers[] = {KEY_LEFTCTRL, KEY_LEFTALT};
	unsigned device = draw(DEVICES);

	/* Whatever keys were down: up first, so that they go down now. */
	key(device, code, false);
	for (unsigned i = 0; i < 2; i++) {
		key(device, modifiers[i], true);
	}
	key(device, code, true);
	if (code == KEY_DELETE) {
		assert_true(input_attention(world->server.input));
		assert_null(input_owner(world->server.input));
		world->attentions++;
	}
	key(device, code, false);
	for (unsigned i = 0; i < 2; i++) {
		key(device, modifiers[i], false);
	}
}

static void step_pointer(struct seat *seat, unsigned device)
{
	switch (draw(4)) {
	case 0:
		seat_motion(seat, device, draw(41) - 20.0, draw(41) - 20.0, 0);
		break;
	case 1:
		seat_motion_absolute(seat, device, (int)draw(MONITORS + 1) - 1, draw(100) / 100.0,
				     draw(100) / 100.0, 0);
		break;
	case 2:
		seat_button(seat, device, BTN_LEFT + draw(2), draw(2), 0);
		break;
	default:
		seat_axis(seat, device, SEAT_AXIS_VERTICAL, 120, 0);
	}
}

static void step_touch(struct seat *seat, unsigned device)
{
	unsigned i = draw(MONITORS);
	int number, slot = (int)draw(4);

	number = repaint_output_number(world->server.repaint, world->monitors[i].base.name);
	if (number < 0) {
		return;
	}
	world->touched = (int)i;
	/* In the middle of pixels. */
	world->touch_x = (draw(WIDTH) + 0.5) / WIDTH;
	world->touch_y = (draw(HEIGHT) + 0.5) / HEIGHT;
	switch (draw(5)) {
	case 0:
	case 1:
	case 2:
		seat_touch_down(seat, device, number, slot, world->touch_x, world->touch_y, 0);
		break;
	case 3:
		seat_touch_motion(seat, device, number, slot, draw(100) / 100.0, 0.5, 0);
		break;
	default:
		seat_touch_up(seat, device, slot, 0);
	}
	world->touched = -1;
	seat_touch_frame(seat, device);
}

static void step_device(void)
{
	struct seat *seat = input_seat(world->server.input);
	unsigned device = draw(DEVICES), what = draw(20);

	if (world->away) {
		return;
	}
	if (what < 8) {
		key(device, what < 2 ? KEY_ESC : KEY_A + draw(4), draw(2));
	} else if (what < 13) {
		step_pointer(seat, device);
	} else if (what < 17) {
		step_touch(seat, device);
	} else if (what == 17) {
		chord(KEY_TAB);
	} else if (what == 18 && draw(3) == 0) {
		chord(KEY_DELETE);
	} else if (what == 19 && draw(4) == 0) {
		seat_device_removed(seat, device);
	}
}

/* ---- the host ---- */

static void session_toggle(void)
{
	world->away = !world->away;
	if (world->away) {
		seat_all_up(input_seat(world->server.input));
		return;
	}
	for (unsigned i = 0; i < MONITORS; i++) {
		if (world->monitors[i].plugged) {
			world->monitors[i].flying = false;
			repaint_output_listener.damaged(world->server.repaint,
							&world->monitors[i].base);
		}
	}
}

static void region_draw(struct layout_region *region, bool is_half, bool is_second)
{
	*region = (struct layout_region){
		.shows = draw(6) ? draw(3) : LAYOUT_NOTHING,
		.x = is_second ? 0.5 : 0,
		.w = is_half ? 0.5 : 1,
		.h = 1,
		.fit = draw(3),
	};
	region->head = region->shows == LAYOUT_FRONT ? (int)draw(3) - 1 : (int)draw(2);
	snprintf(region->guest, sizeof(region->guest), "g%u",
		 world->numbers - MIN(world->numbers, draw(GUESTS)));
}

static void output_draw(struct layout_output *output, unsigned i)
{
	snprintf(output->name, sizeof(output->name), "M-%u", i);
	output->transform = draw(TRANSFORMS);
	output->is_off = draw(10) == 0;
	output->n_regions = draw(3);
	for (unsigned k = 0; k < output->n_regions; k++) {
		region_draw(&output->regions[k], output->n_regions > 1, k > 0);
	}
	if (draw(6) == 0 && !output->is_off) {
		output->n_regions = 0;
		snprintf(output->mirror_of, sizeof(output->mirror_of), "M-%u",
			 (i + 1 + draw(MONITORS - 1)) % MONITORS);
	} else if (output->n_regions == 1 && output->regions[0].shows == LAYOUT_GUEST) {
		output->is_unmarked = draw(2);
	}
}

/* As layouts.c puts one in force. */
static void layout_take(void)
{
	struct layout layout = {0};
	char why[256];

	for (unsigned i = 0; i < MONITORS; i++) {
		if (draw(3)) {
			output_draw(&layout.outputs[layout.n_outputs++], i);
		}
	}
	if (draw(5) == 0) {
		layout.n_reachable = 1;
		snprintf(layout.reachable[0], sizeof(layout.reachable[0]), "g%u", world->numbers);
	}
	if (layout_check(&layout, why, sizeof(why)) == 0) {
		assert_int_equal(scene_set_layout(world->server.scene, &layout), 0);
		input_outputs_changed(world->server.input);
		world->layouts++;
	}
}

static void step_host(void)
{
	unsigned i = draw(MONITORS), what = draw(40);

	if (what == 0 && world->monitors[i].plugged) {
		monitor_unplug(i);
	} else if (what < 2 && !world->monitors[i].plugged) {
		monitor_plug(i);
	} else if (what == 3) {
		session_toggle();
	} else if (what == 4) {
		layout_take();
	} else if (world->away && draw(4) == 0) {
		session_toggle();
	}
}

static void turn(void)
{
	while (sd_event_run(world->server.event, 0) > 0) {
	}
}

static void pass(uint64_t ns)
{
	clock_virtual_advance(world->server.clock, clock_now(world->server.clock) + ns);
}

static void step_time(void)
{
	unsigned what = draw(40);

	/* Mostly a frame after the other; now and then monitors are late, or lose a flip. */
	pass(what == 0 ? 4 * PERIOD_NS : what == 1 ? 2 * NSEC_PER_SEC : draw(2) * PERIOD_NS);
	turn();
	for (unsigned i = 0; i < MONITORS; i++) {
		if (draw(8)) {
			flip(i);
		}
	}
}

/* ---- what holds after each step ---- */

static void check(void)
{
	const struct scene_guest *owner = input_owner(world->server.input);
	const struct player *has_it = player_of(owner);

	assert_true(!owner || has_it);
	assert_true(!owner || scene_guest_reachable(owner));
	assert_true(!has_it || (on_glass(has_it) && !input_attention(world->server.input)));
	for (unsigned i = 0; i < GUESTS; i++) {
		const struct player *player = &world->players[i];

		if (!has_it || player != has_it) {
			assert_int_equal(player->n_keys, 0);
			assert_false(player->keyboard);
		}
		if (input_attention(world->server.input) || !on_glass(player)) {
			assert_int_equal(player->n_buttons + player->n_contacts, 0);
			assert_false(player->over);
		}
	}
}

static void step(void)
{
	unsigned what = draw(10);

	if (what < 2) {
		step_guest();
	} else if (what < 6) {
		step_device();
	} else if (what < 7) {
		step_host();
	} else {
		step_time();
	}
	if (draw(2)) {
		turn();
	}
	check();
}

/* ---- a history ---- */

static void handle_wanted(void *data, struct scene_output *output)
{
	repaint_schedule(world->server.repaint, output);
}

static void handle_placed(void *data, struct scene_head *head)
{
	input_head_placed(world->server.input, head);
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .head_placed = handle_placed};

static void history_begin(uint32_t seed)
{
	struct server *server = &world->server;
	char *argv[] = {"vitrined", NULL};

	world->random = seed;
	world->touched = -1;
	world->away = false;
	world->numbers = 0;
	assert_int_equal(options_parse(1, argv, &world->options), OPTIONS_RUN);
	server->options = &world->options;
	server->settings = settings_default();
	assert_true(sd_event_new(&server->event) >= 0);
	server->clock = clock_virtual_create(NSEC_PER_SEC);
	server->scene = scene_create(&events, server);
	assert_int_equal(renderer_pixman_create(&server->renderer, NULL), 0);
	assert_int_equal(repaint_create(&server->repaint, server), 0);
	assert_int_equal(input_create(&server->input, server), 0);
	assert_int_equal(trusted_create(&server->trusted, server), 0);
	assert_int_equal(menu_create(&server->menu, server), 0);
	for (unsigned i = 0; i < DEVICES; i++) {
		seat_device_added(input_seat(server->input), i);
	}
	monitor_plug(0);
	monitor_plug(1);
}

static void history_end(void)
{
	struct server *server = &world->server;

	for (unsigned i = 0; i < GUESTS; i++) {
		if (world->players[i].guest) {
			guest_remove(&world->players[i]);
		}
	}
	for (unsigned i = 0; i < MONITORS; i++) {
		if (world->monitors[i].plugged) {
			monitor_unplug(i);
		}
	}
	turn();
	repaint_destroy(server->repaint);
	menu_destroy(server->menu);
	trusted_destroy(server->trusted);
	input_destroy(server->input);
	renderer_destroy(server->renderer);
	scene_destroy(server->scene);
	clock_destroy(server->clock);
	sd_event_unref(server->event);
	free(server->settings);
}

/* Fewer where valgrind looks at each pixel that is drawn. */
static unsigned histories(void)
{
	const char *slowdown = getenv("VITRINE_TEST_SLOWDOWN");

	return slowdown && atoi(slowdown) > 10 ? HISTORIES / 3 : HISTORIES;
}

/* Histories in which nothing happens prove nothing. */
static void assert_much_happened(unsigned n)
{
	assert_true(world->told * HISTORIES > 1000 * n && world->seen * HISTORIES > 1000 * n);
	assert_true(world->granted * HISTORIES > 200 * n);
	assert_true(world->attentions * HISTORIES > 50 * n);
	assert_true(world->layouts * HISTORIES > 100 * n && world->touches * HISTORIES > 40 * n);
}

static void promises_hold(void **state)
{
	unsigned n = histories();

	log_init("test_server_history", LOG_LEVEL_ERROR);
	world = xcalloc(1, sizeof(*world));
	for (uint32_t seed = 1; seed <= n; seed++) {
		history_begin(seed * 7919);
		for (unsigned i = 0; i < STEPS; i++) {
			step();
		}
		history_end();
	}
	assert_much_happened(n);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(promises_hold)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
