/* SPDX-License-Identifier: MIT */
/* A lock screen by ext-session-lock-v1: what it is told, what it shows, what it gets, and that nothing it does unlocks. */
#include "tests/wayland_world.h"

#include <linux/input-event-codes.h>

#include "compositor/wayland/local/local_priv.h"
#include "ext-session-lock-v1-client-protocol.h"

/* T-1 less its strip. */
#define WIDTH 640
#define HEIGHT (480 - STRIP_HEIGHT)

struct locker {
	struct world *world;
	struct peer peer;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	struct ext_session_lock_manager_v1 *manager;
	struct ext_session_lock_v1 *lock;
	unsigned n_locked, n_finished;
	/* What it was told of input. */
	char heard[4096];
};

/* One lock surface, or one above it. */
struct screen {
	struct locker *locker;
	struct wl_output *output;
	struct wl_surface *surface;
	struct ext_session_lock_surface_v1 *role;
	struct wl_callback *frame; /* that is waited for */
	uint32_t serial, width, height;
	unsigned n_configures, n_frames, n_released;
};

static void hear(struct locker *locker, const char *fmt, ...) PRINTF(2, 3);

static void hear(struct locker *locker, const char *fmt, ...)
{
	size_t used = strlen(locker->heard);
	va_list args;

	va_start(args, fmt);
	vsnprintf(locker->heard + used, sizeof(locker->heard) - used, fmt, args);
	va_end(args);
}

/* ---- the seat of the client ---- */

static void keyboard_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
			    uint32_t size)
{
	char *text;

	assert_int_equal(format, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1);
	text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(text != MAP_FAILED);
	assert_non_null(strstr(text, "xkb_keymap"));
	munmap(text, size);
	close(fd);
}

static void keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			   struct wl_surface *surface, struct wl_array *keys)
{
	assert_int_equal(keys->size, 0);
	hear(data, "enter ");
}

static void keyboard_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			   struct wl_surface *surface)
{
	hear(data, "leave ");
}

static void keyboard_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
			 uint32_t key, uint32_t pressed)
{
	hear(data, "key:%u:%u ", key, pressed);
}

static void keyboard_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			       uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	hear(data, "mods:%u:%u ", depressed, locked);
}

static void keyboard_repeat(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay)
{
}

static const struct wl_keyboard_listener keyboard_listener = {keyboard_keymap,    keyboard_enter,
							      keyboard_leave,     keyboard_key,
							      keyboard_modifiers, keyboard_repeat};

static void pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
			  struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	hear(data, "over:%d:%d ", wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void pointer_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
			  struct wl_surface *surface)
{
	hear(data, "off ");
}

static void pointer_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
			   wl_fixed_t y)
{
	hear(data, "at:%d:%d ", wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void pointer_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
			   uint32_t button, uint32_t pressed)
{
	hear(data, "button:%u ", pressed);
}

static void pointer_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
			 wl_fixed_t value)
{
	hear(data, "axis:%d ", wl_fixed_to_int(value));
}

static void pointer_frame(void *data, struct wl_pointer *pointer)
{
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_enter,
	.leave = pointer_leave,
	.motion = pointer_motion,
	.button = pointer_button,
	.axis = pointer_axis,
	.frame = pointer_frame,
};

static void touch_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
		       struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	hear(data, "down:%d:%d:%d ", id, wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void touch_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id)
{
	hear(data, "up:%d ", id);
}

static void touch_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id,
			 wl_fixed_t x, wl_fixed_t y)
{
	hear(data, "drag:%d:%d:%d ", id, wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void touch_frame(void *data, struct wl_touch *touch)
{
}

static void touch_cancel(void *data, struct wl_touch *touch)
{
	hear(data, "cancel ");
}

static const struct wl_touch_listener touch_listener = {
	.down = touch_down,
	.up = touch_up,
	.motion = touch_motion,
	.frame = touch_frame,
	.cancel = touch_cancel,
};

/* What was heard since the last time. */
static void assert_heard(struct locker *locker, const char *wanted)
{
	assert_true(peer_turn(locker->world, &locker->peer));
	assert_string_equal(locker->heard, wanted);
	locker->heard[0] = '\0';
}

/* ---- the client ---- */

static void lock_locked(void *data, struct ext_session_lock_v1 *lock)
{
	struct locker *locker = data;

	locker->n_locked++;
}

static void lock_finished(void *data, struct ext_session_lock_v1 *lock)
{
	struct locker *locker = data;

	locker->n_finished++;
}

static const struct ext_session_lock_v1_listener lock_listener = {lock_locked, lock_finished};

static bool turn(struct locker *locker)
{
	return peer_turn(locker->world, &locker->peer);
}

static void locker_connect(struct world *world, struct locker *locker)
{
	memset(locker, 0, sizeof(*locker));
	locker->world = world;
	peer_connect(&locker->peer, world_connect(world, "lock.sock"));
	assert_true(turn(locker));
	locker->compositor = peer_bind(&locker->peer, &wl_compositor_interface);
	locker->subcompositor = peer_bind(&locker->peer, &wl_subcompositor_interface);
	locker->shm = peer_bind(&locker->peer, &wl_shm_interface);
	locker->seat = peer_bind(&locker->peer, &wl_seat_interface);
	locker->manager = peer_bind(&locker->peer, &ext_session_lock_manager_v1_interface);
	locker->keyboard = wl_seat_get_keyboard(locker->seat);
	locker->pointer = wl_seat_get_pointer(locker->seat);
	locker->touch = wl_seat_get_touch(locker->seat);
	wl_keyboard_add_listener(locker->keyboard, &keyboard_listener, locker);
	wl_pointer_add_listener(locker->pointer, &pointer_listener, locker);
	wl_touch_add_listener(locker->touch, &touch_listener, locker);
	assert_true(turn(locker));
}

static void locker_init(struct locker *locker)
{
	locker_connect(world_create(), locker);
}

/* As when the process is killed: nothing is said before. */
static void locker_die(struct locker *locker)
{
	struct wl_proxy *proxies[] = {
		(struct wl_proxy *)locker->compositor, (struct wl_proxy *)locker->subcompositor,
		(struct wl_proxy *)locker->shm,        (struct wl_proxy *)locker->seat,
		(struct wl_proxy *)locker->manager,    (struct wl_proxy *)locker->keyboard,
		(struct wl_proxy *)locker->pointer,    (struct wl_proxy *)locker->touch,
		(struct wl_proxy *)locker->lock,       (struct wl_proxy *)locker->peer.registry,
	};

	shutdown(wl_display_get_fd(locker->peer.display), SHUT_RDWR);
	for (unsigned i = 0; i < ARRAY_SIZE(proxies); i++) {
		if (proxies[i]) {
			wl_proxy_destroy(proxies[i]);
		}
	}
	wl_display_disconnect(locker->peer.display);
	world_turn(locker->world);
}

static void locker_finish(struct locker *locker)
{
	struct world *world = locker->world;

	locker_die(locker);
	assert_true(list_empty(&world->server.wayland->local->clients));
	world_destroy(world);
}

static void lock_request(struct locker *locker)
{
	locker->lock = ext_session_lock_manager_v1_lock(locker->manager);
	ext_session_lock_v1_add_listener(locker->lock, &lock_listener, locker);
	assert_true(turn(locker));
}

/* All monitors are dark, and the server knows. */
static void go_dark(struct locker *locker)
{
	world_frame(locker->world);
	lockness.is_dark = true;
	session_lock_settle_later(locker->world->server.wayland->local);
	assert_true(turn(locker));
}

/* ---- what it shows ---- */

static void screen_configure(void *data, struct ext_session_lock_surface_v1 *role, uint32_t serial,
			     uint32_t width, uint32_t height)
{
	struct screen *screen = data;

	screen->n_configures++;
	screen->serial = serial;
	screen->width = width;
	screen->height = height;
}

static const struct ext_session_lock_surface_v1_listener screen_listener = {screen_configure};

static struct wl_output *output_bind(struct locker *locker, unsigned which)
{
	for (unsigned i = 0; i < locker->peer.n_globals; i++) {
		if (strcmp(locker->peer.globals[i], "wl_output") == 0 && which-- == 0) {
			return wl_registry_bind(locker->peer.registry, locker->peer.names[i],
						&wl_output_interface, 4);
		}
	}
	return NULL;
}

static void screen_init(struct locker *locker, struct screen *screen, unsigned output)
{
	memset(screen, 0, sizeof(*screen));
	screen->locker = locker;
	screen->output = output_bind(locker, output);
	assert_non_null(screen->output);
	screen->surface = wl_compositor_create_surface(locker->compositor);
	screen->role = ext_session_lock_v1_get_lock_surface(locker->lock, screen->surface,
							    screen->output);
	ext_session_lock_surface_v1_add_listener(screen->role, &screen_listener, screen);
}

static void screen_forget(struct screen *screen)
{
	if (screen->role) {
		wl_proxy_destroy((struct wl_proxy *)screen->role);
	}
	if (screen->frame) {
		wl_callback_destroy(screen->frame);
	}
	wl_proxy_destroy((struct wl_proxy *)screen->surface);
	if (screen->output) {
		wl_proxy_destroy((struct wl_proxy *)screen->output);
	}
}

static void buffer_release(void *data, struct wl_buffer *buffer)
{
	struct screen *screen = data;

	screen->n_released++;
}

static const struct wl_buffer_listener buffer_listener = {buffer_release};

/* Its memory is memory's, when that is not NULL. */
static struct wl_buffer *buffer_create(struct screen *screen, int width, int height,
				       uint32_t format, int *memory)
{
	int fd = memfd_create("picture", MFD_CLOEXEC), size = width * height * 4;
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;

	assert_int_equal(ftruncate(fd, size), 0);
	pool = wl_shm_create_pool(screen->locker->shm, fd, size);
	buffer = wl_shm_pool_create_buffer(pool, 0, width, height, width * 4, format);
	wl_buffer_add_listener(buffer, &buffer_listener, screen);
	wl_shm_pool_destroy(pool);
	if (memory) {
		*memory = fd;
	} else {
		close(fd);
	}
	return buffer;
}

static void frame_done(void *data, struct wl_callback *callback, uint32_t time)
{
	struct screen *screen = data;

	screen->n_frames++;
	wl_callback_destroy(callback);
	screen->frame = NULL;
}

static const struct wl_callback_listener frame_listener = {frame_done};

static void frame_await(struct screen *screen)
{
	if (screen->frame) {
		wl_callback_destroy(screen->frame);
	}
	screen->frame = wl_surface_frame(screen->surface);
	wl_callback_add_listener(screen->frame, &frame_listener, screen);
}

static void screen_ack(struct screen *screen)
{
	assert_true(turn(screen->locker));
	assert_true(screen->n_configures > 0);
	ext_session_lock_surface_v1_ack_configure(screen->role, screen->serial);
}

/* As swaylock does: the buffer goes as soon as it is committed. */
static void screen_draw(struct screen *screen, int width, int height)
{
	struct wl_buffer *buffer = buffer_create(screen, width, height, WL_SHM_FORMAT_XRGB8888,
						 NULL);

	frame_await(screen);
	wl_surface_attach(screen->surface, buffer, 0, 0);
	wl_surface_damage(screen->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(screen->surface);
	wl_buffer_destroy(buffer);
}

static void screen_show(struct screen *screen)
{
	screen_ack(screen);
	screen_draw(screen, (int)screen->width, (int)screen->height);
	assert_true(turn(screen->locker));
}

/* The layers of these kinds that have pictures, from the lowest up; asserts that the strip is above all. */
static unsigned pictures_on(struct scene_output *output, struct layer *out, unsigned max)
{
	struct frame frame;
	unsigned n = 0, strip = 0, last = 0;

	scene_output_picture(output, &frame);
	for (unsigned i = 0; i < frame.n_layers; i++) {
		const struct layer *layer = &frame.layers[i];

		if (layer->kind == LAYER_BUFFER || layer->kind == LAYER_CURSOR) {
			assert_true(n < max);
			out[n++] = *layer;
			last = i;
		}
		strip = layer->kind == LAYER_STRIP ? i : strip;
	}
	assert_true(strip > 0 && (n == 0 || strip > last));
	frame_finish(&frame);
	return n;
}

static unsigned count_pictures(struct scene_output *output)
{
	struct layer layers[8];

	return pictures_on(output, layers, ARRAY_SIZE(layers));
}

/* ---- locking and unlocking ---- */

static void it_is_told_when_all_is_dark(void **state)
{
	struct locker f;

	(void)state;
	locker_init(&f);
	lock_request(&f);
	assert_true(lockness.is_locked);
	assert_non_null(lockness.ops);
	world_frame(f.world);
	assert_true(turn(&f));
	assert_int_equal(f.n_locked, 0);
	go_dark(&f);
	assert_int_equal(f.n_locked, 1);
	world_frame(f.world);
	assert_true(turn(&f));
	assert_int_equal(f.n_locked, 1);
	ext_session_lock_v1_unlock_and_destroy(f.lock);
	f.lock = NULL;
	assert_true(turn(&f));
	assert_int_equal(lockness.n_unlocked, 1);
	assert_int_equal(lockness.n_gone, 0);
	assert_false(lockness.is_locked);
	/* And once more. */
	lock_request(&f);
	go_dark(&f);
	assert_int_equal(f.n_locked, 2);
	locker_finish(&f);
	assert_int_equal(lockness.n_gone, 1);
}

static void whoever_ends_leaves_it_locked(void **state)
{
	struct locker f;
	struct screen screen;
	struct world *world;

	(void)state;
	locker_init(&f);
	world = f.world;
	lock_request(&f);
	screen_init(&f, &screen, 0);
	screen_show(&screen);
	go_dark(&f);
	assert_int_equal(count_pictures(world->output), 1);
	screen_forget(&screen);
	locker_die(&f);
	assert_int_equal(lockness.n_gone, 1);
	assert_int_equal(lockness.n_unlocked, 0);
	assert_true(lockness.is_locked);
	assert_int_equal(count_pictures(world->output), 0);
	world_frame(world);
	/* The next one begins anew, and is told so before it can end it. */
	locker_connect(world, &f);
	lock_request(&f);
	assert_int_equal(f.n_locked, 1);
	ext_session_lock_v1_unlock_and_destroy(f.lock);
	f.lock = NULL;
	assert_true(turn(&f));
	assert_false(lockness.is_locked);
	locker_finish(&f);
}

/* Before all is dark, too: what was asked for happens. */
static void a_request_is_not_taken_back(void **state)
{
	struct locker f;

	(void)state;
	locker_init(&f);
	lock_request(&f);
	ext_session_lock_v1_destroy(f.lock);
	f.lock = NULL;
	assert_true(turn(&f));
	assert_int_equal(lockness.n_gone, 1);
	assert_true(lockness.is_locked);
	locker_finish(&f);
}

static void one_at_a_time(void **state)
{
	struct locker f, other;
	struct screen screen, intruder;

	(void)state;
	locker_init(&f);
	lock_request(&f);
	screen_init(&f, &screen, 0);
	screen_show(&screen);
	locker_connect(f.world, &other);
	lock_request(&other);
	assert_int_equal(other.n_finished, 1);
	/* It may still go through the motions. */
	screen_init(&other, &intruder, 0);
	screen_show(&intruder);
	assert_int_equal(count_pictures(f.world->output), 1);
	screen_forget(&intruder);
	locker_die(&other);
	assert_int_equal(count_pictures(f.world->output), 1);
	assert_int_equal(lockness.n_gone, 0);
	screen_forget(&screen);
	locker_finish(&f);
}

static void what_the_host_locked_is_not_a_clients(void **state)
{
	struct locker f;

	(void)state;
	locker_init(&f);
	lock_now(NULL, LOCK_BY_CHORD);
	lock_request(&f);
	assert_int_equal(f.n_finished, 1);
	assert_int_equal(f.n_locked, 0);
	assert_null(lockness.ops);
	ext_session_lock_v1_destroy(f.lock);
	f.lock = NULL;
	assert_true(turn(&f));
	assert_int_equal(lockness.n_gone, 0);
	assert_true(lockness.is_locked);
	locker_finish(&f);
}

static void a_host_that_can_not_be_locked_says_so(void **state)
{
	struct locker f;

	(void)state;
	locker_init(&f);
	lockness.is_refused = true;
	lock_request(&f);
	assert_int_equal(f.n_finished, 1);
	ext_session_lock_v1_destroy(f.lock);
	f.lock = NULL;
	assert_true(turn(&f));
	locker_finish(&f);
}

/* ---- pictures ---- */

static void its_pictures_are_below_the_strip(void **state)
{
	struct locker f;
	struct screen screen;
	struct layer layers[4];
	struct wl_surface *above;
	struct wl_subsurface *sub;
	struct wl_buffer *buffer;
	struct frame frame;
	pixman_box32_t drawn;

	(void)state;
	locker_init(&f);
	lock_request(&f);
	screen_init(&f, &screen, 0);
	assert_true(turn(&f));
	assert_int_equal(screen.width, WIDTH);
	assert_int_equal(screen.height, HEIGHT);
	above = wl_compositor_create_surface(f.compositor);
	sub = wl_subcompositor_get_subsurface(f.subcompositor, above, screen.surface);
	wl_subsurface_set_position(sub, 600, 10);
	screen_show(&screen);
	buffer = buffer_create(&screen, 100, 50, WL_SHM_FORMAT_ARGB8888, NULL);
	wl_surface_attach(above, buffer, 0, 0);
	wl_surface_damage(above, 0, 0, 100, 50);
	wl_surface_commit(above);
	assert_true(turn(&f));
	/* It waits for its parent, whose own buffer is gone. */
	assert_int_equal(pictures_on(f.world->output, layers, 4), 1);
	assert_int_equal(layers[0].kind, LAYER_BUFFER);
	assert_int_equal(layers[0].dst.y, STRIP_HEIGHT);
	assert_int_equal(layers[0].dst.h, HEIGHT);
	wl_surface_commit(screen.surface);
	assert_true(turn(&f));
	assert_int_equal(pictures_on(f.world->output, layers, 4), 2);
	assert_int_equal(layers[1].kind, LAYER_CURSOR);
	assert_int_equal(layers[1].dst.x, 600);
	assert_int_equal(layers[1].dst.y, 10 + STRIP_HEIGHT);
	assert_int_equal(layers[1].dst.w, 40);
	assert_int_equal(layers[1].picture.src.w, 40);
	/* One more picture of it, and nothing else is drawn again. */
	world_frame(f.world);
	wl_surface_attach(above, buffer, 0, 0);
	wl_surface_damage(above, 5, 6, 7, 8);
	wl_surface_commit(above);
	wl_surface_commit(screen.surface);
	assert_true(turn(&f));
	assert_true(scene_output_latch(f.world->output, 1, &frame));
	drawn = *pixman_region32_extents(&frame.damage);
	assert_int_equal(drawn.x1, 605);
	assert_int_equal(drawn.y1, 16 + STRIP_HEIGHT);
	assert_int_equal(drawn.x2 - drawn.x1, 7);
	assert_int_equal(drawn.y2 - drawn.y1, 8);
	frame_finish(&frame);
	scene_output_committed(f.world->output, false);
	/* Above the monitor nothing is left of it. */
	wl_subsurface_set_position(sub, 0, -60);
	wl_surface_commit(screen.surface);
	assert_true(turn(&f));
	assert_int_equal(count_pictures(f.world->output), 1);
	wl_buffer_destroy(buffer);
	wl_subsurface_destroy(sub);
	wl_surface_destroy(above);
	assert_true(turn(&f));
	/* Without its role the surface shows nothing, and locked it is still. */
	ext_session_lock_surface_v1_destroy(screen.role);
	screen.role = NULL;
	assert_true(turn(&f));
	assert_int_equal(count_pictures(f.world->output), 0);
	screen_forget(&screen);
	locker_finish(&f);
}

/* Even without damage there is a frame to wait for, and nothing to draw for it. */
static void empty_commit(struct screen *screen, unsigned frames)
{
	struct world *world = screen->locker->world;
	const struct presented how = {.time_ns = START_NS, .sequence = 1};
	struct frame frame;

	frame_await(screen);
	wl_surface_commit(screen->surface);
	assert_true(turn(screen->locker));
	assert_true(scene_output_latch(world->output, 1, &frame));
	assert_false(pixman_region32_not_empty(&frame.damage));
	frame_finish(&frame);
	scene_output_committed(world->output, true);
	scene_output_presented(world->output, &how);
	assert_true(turn(screen->locker));
	assert_int_equal(screen->n_frames, frames);
}

static void frames_and_buffers_come_back(void **state)
{
	struct locker f;
	struct screen screen;
	struct wl_buffer *buffers[2];

	(void)state;
	locker_init(&f);
	lock_request(&f);
	screen_init(&f, &screen, 0);
	screen_show(&screen);
	assert_int_equal(screen.n_frames, 0);
	assert_true(world_frame(f.world));
	assert_true(turn(&f));
	assert_int_equal(screen.n_frames, 1);
	empty_commit(&screen, 2);
	for (unsigned i = 0; i < 2; i++) {
		buffers[i] = buffer_create(&screen, WIDTH, HEIGHT, WL_SHM_FORMAT_XRGB8888, NULL);
		frame_await(&screen);
		wl_surface_attach(screen.surface, buffers[i], 0, 0);
		wl_surface_commit(screen.surface);
		assert_true(turn(&f));
		assert_true(world_frame(f.world));
		assert_true(turn(&f));
		assert_int_equal(screen.n_frames, 3 + i);
	}
	assert_int_equal(screen.n_released, 1);
	empty_commit(&screen, 5);
	wl_surface_commit(screen.surface);
	assert_true(turn(&f));
	ext_session_lock_v1_destroy(f.lock);
	f.lock = NULL;
	wl_buffer_destroy(buffers[0]);
	wl_buffer_destroy(buffers[1]);
	assert_true(turn(&f));
	screen_forget(&screen);
	locker_finish(&f);
}

static void monitors_change_while_locked(void **state)
{
	struct locker f;
	struct screen one, two;
	struct scene_output *second;
	struct layout layout = {.name = "turned"};

	(void)state;
	locker_init(&f);
	lock_request(&f);
	screen_init(&f, &one, 0);
	screen_show(&one);
	go_dark(&f);
	second = scene_output_add(f.world->server.scene, "T-2", 1600, 1200, 60000, NULL);
	assert_true(turn(&f));
	assert_int_equal(count_pictures(second), 0);
	screen_init(&f, &two, 1);
	screen_show(&two);
	assert_int_equal(two.width, 1600);
	assert_int_equal(count_pictures(second), 1);
	/* Twice as large, and turned: whole pixels for its own. */
	layout.n_outputs = 1;
	snprintf(layout.outputs[0].name, sizeof(layout.outputs[0].name), "T-2");
	layout.outputs[0].scale = 2;
	layout.outputs[0].transform = TRANSFORM_90;
	assert_int_equal(scene_set_layout(f.world->server.scene, &layout), 0);
	assert_true(turn(&f));
	assert_int_equal(two.n_configures, 2);
	assert_int_equal(two.width, 600);
	assert_int_equal(two.height, 800 - STRIP_HEIGHT);
	assert_int_equal(one.n_configures, 1);
	wl_surface_set_buffer_scale(two.surface, 2);
	screen_ack(&two);
	screen_draw(&two, 1200, 1600 - 2 * STRIP_HEIGHT);
	assert_true(turn(&f));
	assert_int_equal(count_pictures(second), 1);
	scene_output_remove(second);
	assert_true(turn(&f));
	wl_surface_commit(two.surface);
	assert_true(turn(&f));
	screen_forget(&one);
	screen_forget(&two);
	locker_finish(&f);
}

/* ---- rules ---- */

enum breach {
	BREACH_NONE,
	BREACH_DESTROY_LOCKED,
	BREACH_UNLOCK_EARLY,
	BREACH_ROLE,
	BREACH_DUPLICATE,
	BREACH_CONSTRUCTED,
	BREACH_NO_ACK,
	BREACH_NULL,
	BREACH_NULL_LATER,
	BREACH_SIZE,
	BREACH_SCALE,
	BREACH_SERIAL,
	BREACH_SERIAL_TWICE,
	BREACH_SUB_OF_ITSELF,
	BREACH_SUB_OF_SUB,
	BREACHES,
};

static void attach_to(struct screen *screen, struct wl_surface *surface, bool commit)
{
	struct wl_buffer *buffer = buffer_create(screen, 8, 8, WL_SHM_FORMAT_XRGB8888, NULL);

	wl_surface_attach(surface, buffer, 0, 0);
	if (commit) {
		wl_surface_commit(surface);
	}
	assert_true(turn(screen->locker));
	wl_buffer_destroy(buffer);
}

static void breach_surfaces(struct screen *screen, enum breach breach)
{
	struct locker *f = screen->locker;
	struct wl_surface *surface = wl_compositor_create_surface(f->compositor);
	struct wl_surface *given = breach == BREACH_ROLE ? screen->surface : surface;
	struct ext_session_lock_surface_v1 *role;

	if (breach == BREACH_CONSTRUCTED) {
		attach_to(screen, surface, false);
	}
	role = ext_session_lock_v1_get_lock_surface(f->lock, given, screen->output);
	assert_false(turn(f));
	wl_proxy_destroy((struct wl_proxy *)role);
	wl_proxy_destroy((struct wl_proxy *)surface);
}

static void breach_subsurfaces(struct screen *screen, bool of_itself)
{
	struct locker *f = screen->locker;
	struct wl_surface *a = wl_compositor_create_surface(f->compositor);
	struct wl_surface *b = wl_compositor_create_surface(f->compositor);
	struct wl_subsurface *sub = wl_subcompositor_get_subsurface(f->subcompositor, a,
								    of_itself ? a : screen->surface);
	struct wl_subsurface *subsub = NULL;

	if (!of_itself) {
		assert_true(turn(f));
		subsub = wl_subcompositor_get_subsurface(f->subcompositor, b, a);
	}
	assert_false(turn(f));
	wl_proxy_destroy((struct wl_proxy *)sub);
	if (subsub) {
		wl_proxy_destroy((struct wl_proxy *)subsub);
	}
	wl_proxy_destroy((struct wl_proxy *)a);
	wl_proxy_destroy((struct wl_proxy *)b);
}

static void breach_commit(struct screen *screen, enum breach breach)
{
	switch (breach) {
	case BREACH_NO_ACK:
		screen_draw(screen, WIDTH, HEIGHT);
		break;
	case BREACH_NULL_LATER:
		screen_show(screen);
		wl_surface_attach(screen->surface, NULL, 0, 0);
		wl_surface_commit(screen->surface);
		break;
	case BREACH_NULL:
		screen_ack(screen);
		wl_surface_commit(screen->surface);
		break;
	case BREACH_SCALE:
		screen_ack(screen);
		wl_surface_set_buffer_scale(screen->surface, 2);
		screen_draw(screen, WIDTH, HEIGHT);
		break;
	case BREACH_SERIAL_TWICE:
		screen_ack(screen);
		screen_ack(screen);
		break;
	case BREACH_SERIAL:
		ext_session_lock_surface_v1_ack_configure(screen->role, screen->serial + 1);
		break;
	default:
		screen_ack(screen);
		screen_draw(screen, WIDTH, HEIGHT + 1);
	}
	assert_false(turn(screen->locker));
}

static void breach_do(struct screen *screen, enum breach breach)
{
	struct locker *f = screen->locker;

	switch (breach) {
	case BREACH_DESTROY_LOCKED:
		go_dark(f);
		ext_session_lock_v1_destroy(f->lock);
		f->lock = NULL;
		assert_false(turn(f));
		break;
	case BREACH_UNLOCK_EARLY:
		ext_session_lock_v1_unlock_and_destroy(f->lock);
		f->lock = NULL;
		assert_false(turn(f));
		break;
	case BREACH_ROLE:
	case BREACH_DUPLICATE:
	case BREACH_CONSTRUCTED:
		breach_surfaces(screen, breach);
		break;
	case BREACH_SUB_OF_ITSELF:
	case BREACH_SUB_OF_SUB:
		breach_subsurfaces(screen, breach == BREACH_SUB_OF_ITSELF);
		break;
	default:
		breach_commit(screen, breach);
	}
}

/* As the protocol numbers them. */
static const uint32_t codes[BREACHES] = {
	[BREACH_DESTROY_LOCKED] = EXT_SESSION_LOCK_V1_ERROR_INVALID_DESTROY,
	[BREACH_UNLOCK_EARLY] = EXT_SESSION_LOCK_V1_ERROR_INVALID_UNLOCK,
	[BREACH_ROLE] = EXT_SESSION_LOCK_V1_ERROR_ROLE,
	[BREACH_DUPLICATE] = EXT_SESSION_LOCK_V1_ERROR_DUPLICATE_OUTPUT,
	[BREACH_CONSTRUCTED] = EXT_SESSION_LOCK_V1_ERROR_ALREADY_CONSTRUCTED,
	[BREACH_NO_ACK] = EXT_SESSION_LOCK_SURFACE_V1_ERROR_COMMIT_BEFORE_FIRST_ACK,
	[BREACH_NULL] = EXT_SESSION_LOCK_SURFACE_V1_ERROR_NULL_BUFFER,
	[BREACH_NULL_LATER] = EXT_SESSION_LOCK_SURFACE_V1_ERROR_NULL_BUFFER,
	[BREACH_SIZE] = EXT_SESSION_LOCK_SURFACE_V1_ERROR_DIMENSIONS_MISMATCH,
	[BREACH_SCALE] = EXT_SESSION_LOCK_SURFACE_V1_ERROR_DIMENSIONS_MISMATCH,
	[BREACH_SERIAL] = EXT_SESSION_LOCK_SURFACE_V1_ERROR_INVALID_SERIAL,
	[BREACH_SERIAL_TWICE] = EXT_SESSION_LOCK_SURFACE_V1_ERROR_INVALID_SERIAL,
	[BREACH_SUB_OF_ITSELF] = WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE,
	[BREACH_SUB_OF_SUB] = WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE,
};

/* Whatever it does wrong ends its connection, and never the lock. */
static void no_breach_unlocks(void **state)
{
	(void)state;
	for (enum breach breach = BREACH_NONE + 1; breach < BREACHES; breach++) {
		struct locker f;
		struct screen screen;

		locker_init(&f);
		lock_request(&f);
		screen_init(&f, &screen, 0);
		assert_true(turn(&f));
		breach_do(&screen, breach);
		assert_int_equal(wl_display_get_protocol_error(f.peer.display, NULL, NULL),
				 codes[breach]);
		assert_true(lockness.is_locked);
		assert_int_equal(lockness.n_gone, 1);
		assert_int_equal(lockness.n_unlocked, 0);
		assert_int_equal(count_pictures(f.world->output), 0);
		screen_forget(&screen);
		locker_finish(&f);
	}
}

static void memory_that_is_taken_away_costs_its_client(void **state)
{
	struct locker f;
	struct screen screen;
	struct wl_buffer *buffer;
	struct layer layers[4] = {0};
	int memory;

	(void)state;
	locker_init(&f);
	lock_request(&f);
	screen_init(&f, &screen, 0);
	screen_ack(&screen);
	buffer = buffer_create(&screen, WIDTH, HEIGHT, WL_SHM_FORMAT_XRGB8888, &memory);
	wl_surface_attach(screen.surface, buffer, 0, 0);
	wl_surface_commit(screen.surface);
	assert_true(turn(&f));
	assert_int_equal(ftruncate(memory, 4096), 0);
	/* As who draws does. */
	assert_int_equal(pictures_on(f.world->output, layers, 4), 1);
	assert_int_equal(layers[0].picture.buffer->pixels[8192], 0);
	wl_surface_commit(screen.surface);
	assert_false(turn(&f));
	assert_true(lockness.is_locked);
	assert_int_equal(lockness.n_gone, 1);
	close(memory);
	wl_proxy_destroy((struct wl_proxy *)buffer);
	screen_forget(&screen);
	locker_finish(&f);
}

/* ---- input ---- */

static void keys_reach_it_while_it_is_on_top(void **state)
{
	struct locker f;
	struct screen screen;
	const struct trusted_ops *ops;
	void *data;

	(void)state;
	locker_init(&f);
	lock_request(&f);
	ops = lockness.ops;
	data = lockness.ops_data;
	/* It has nothing yet that could have the keyboard. */
	ops->key(data, KEY_Q, true, START_NS);
	ops->key(data, KEY_Q, false, START_NS);
	assert_heard(&f, "");
	screen_init(&f, &screen, 0);
	assert_heard(&f, "enter mods:0:0 ");
	ops->key(data, KEY_A, true, START_NS);
	ops->key(data, KEY_A, false, START_NS);
	ops->key(data, KEY_LEFTSHIFT, true, START_NS);
	ops->key(data, KEY_CAPSLOCK, true, START_NS);
	ops->key(data, KEY_CAPSLOCK, false, START_NS);
	assert_heard(&f, "key:30:1 key:30:0 key:42:1 mods:1:0 key:58:1 mods:3:2 key:58:0 mods:1:2 ");
	/* The host's menu is above it. */
	ops->active(data, false);
	assert_heard(&f, "leave ");
	ops->key(data, KEY_B, true, START_NS);
	assert_heard(&f, "");
	ops->active(data, true);
	assert_heard(&f, "enter mods:0:0 ");
	go_dark(&f);
	ops->key(data, KEY_LEFTSHIFT, true, START_NS);
	assert_heard(&f, "key:42:1 mods:1:0 ");
	ext_session_lock_v1_unlock_and_destroy(f.lock);
	f.lock = NULL;
	assert_heard(&f, "leave ");
	/* Late callers find nobody. */
	ops->key(data, KEY_B, true, START_NS);
	ops->active(data, true);
	ops->frame(data);
	assert_heard(&f, "");
	assert_int_equal(keymap_mods(&f.world->server.wayland->local->keymap).depressed, 0);
	screen_forget(&screen);
	locker_finish(&f);
}

static void pointer_and_contacts_are_where_its_surfaces_are(void **state)
{
	struct locker f;
	struct screen screen, other;
	struct scene_output *output, *second;
	const struct trusted_ops *ops;
	void *data;

	(void)state;
	locker_init(&f);
	output = f.world->output;
	second = scene_output_add(f.world->server.scene, "T-2", 800, 600, 60000, NULL);
	lock_request(&f);
	ops = lockness.ops;
	data = lockness.ops_data;
	screen_init(&f, &screen, 0);
	assert_heard(&f, "enter mods:0:0 ");
	ops->point(data, output, 100, STRIP_HEIGHT + 50);
	ops->point(data, output, 110, STRIP_HEIGHT + 50);
	ops->button(data, BTN_LEFT, true);
	ops->button(data, BTN_LEFT, false);
	ops->axis(data, SEAT_AXIS_VERTICAL, 120);
	ops->frame(data);
	assert_heard(&f, "over:100:50 at:110:50 button:1 button:0 axis:15 ");
	ops->point(data, second, 10, 10);
	ops->button(data, BTN_LEFT, true);
	ops->frame(data);
	assert_heard(&f, "off ");
	ops->touch_down(data, output, 3, 5, STRIP_HEIGHT + 6);
	ops->touch_motion(data, output, 3, 7, STRIP_HEIGHT + 6);
	ops->touch_motion(data, second, 3, 7, 7);
	ops->touch_up(data, 3);
	ops->touch_down(data, second, 4, 5, 5);
	ops->touch_up(data, 4);
	ops->frame(data);
	assert_heard(&f, "down:3:5:6 drag:3:7:6 up:3 ");
	ops->touch_down(data, output, 1, 5, STRIP_HEIGHT + 6);
	ops->active(data, false);
	assert_heard(&f, "down:1:5:6 leave cancel ");
	ops->active(data, true);
	ops->point(data, output, 100, STRIP_HEIGHT + 50);
	ops->touch_down(data, output, 2, 5, STRIP_HEIGHT + 6);
	assert_heard(&f, "enter mods:0:0 over:100:50 down:2:5:6 ");
	/* What it was over is gone; the keyboard goes on to the next one. */
	screen_init(&f, &other, 1);
	assert_heard(&f, "");
	ext_session_lock_surface_v1_destroy(screen.role);
	screen.role = NULL;
	assert_heard(&f, "off leave enter mods:0:0 ");
	ops->point(data, output, 110, STRIP_HEIGHT + 50);
	ops->button(data, BTN_LEFT, true);
	ops->touch_motion(data, output, 2, 9, STRIP_HEIGHT + 6);
	ops->touch_up(data, 2);
	ops->key(data, KEY_A, true, START_NS);
	ops->frame(data);
	assert_heard(&f, "key:30:1 ");
	screen_forget(&screen);
	screen_forget(&other);
	scene_output_remove(second);
	locker_finish(&f);
}

/* ---- lock screens that are none ---- */

static void advance(struct locker *f, uint64_t ms)
{
	struct clock_source *clock = f->world->server.clock;

	clock_virtual_advance(clock, clock_now(clock) + ms * NSEC_PER_MSEC);
	world_turn(f->world);
}

static void one_that_shows_nothing_gives_way(void **state)
{
	struct locker f, other;

	(void)state;
	locker_init(&f);
	lock_request(&f);
	go_dark(&f);
	for (unsigned i = 0; i < 4; i++) {
		advance(&f, 1000);
		assert_true(turn(&f));
	}
	assert_int_equal(f.n_finished, 0);
	advance(&f, 1100);
	assert_true(turn(&f));
	assert_int_equal(f.n_finished, 1);
	assert_int_equal(lockness.n_gone, 1);
	/* As the protocol wants it after that. It opens nothing any more, another's least of all. */
	locker_connect(f.world, &other);
	lock_request(&other);
	assert_int_equal(other.n_locked, 1);
	ext_session_lock_v1_unlock_and_destroy(f.lock);
	f.lock = NULL;
	assert_true(turn(&f));
	assert_int_equal(lockness.n_unlocked, 0);
	assert_true(lockness.is_clients);
	assert_int_equal(lockness.n_gone, 1);
	locker_die(&other);
	assert_int_equal(lockness.n_gone, 2);
	locker_finish(&f);
}

static void one_that_reads_nothing_gives_way(void **state)
{
	struct locker f;
	struct screen screen;

	(void)state;
	locker_init(&f);
	lock_request(&f);
	screen_init(&f, &screen, 0);
	screen_show(&screen);
	go_dark(&f);
	/* It is well for as long as it reads. */
	for (unsigned i = 0; i < 10; i++) {
		lockness.ops->key(lockness.ops_data, KEY_A, true, START_NS);
		assert_true(turn(&f));
		advance(&f, 1000);
	}
	assert_int_equal(lockness.n_gone, 0);
	lockness.ops->key(lockness.ops_data, KEY_A, false, START_NS);
	advance(&f, 5500);
	assert_int_equal(lockness.n_gone, 1);
	assert_true(lockness.is_locked);
	assert_false(turn(&f));
	screen_forget(&screen);
	locker_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_told_when_all_is_dark),
		cmocka_unit_test(whoever_ends_leaves_it_locked),
		cmocka_unit_test(a_request_is_not_taken_back),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(what_the_host_locked_is_not_a_clients),
		cmocka_unit_test(a_host_that_can_not_be_locked_says_so),
		cmocka_unit_test(its_pictures_are_below_the_strip),
		cmocka_unit_test(frames_and_buffers_come_back),
		cmocka_unit_test(monitors_change_while_locked),
		cmocka_unit_test(no_breach_unlocks),
		cmocka_unit_test(memory_that_is_taken_away_costs_its_client),
		cmocka_unit_test(keys_reach_it_while_it_is_on_top),
		cmocka_unit_test(pointer_and_contacts_are_where_its_surfaces_are),
		cmocka_unit_test(one_that_shows_nothing_gives_way),
		cmocka_unit_test(one_that_reads_nothing_gives_way),
	};

	log_init("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
