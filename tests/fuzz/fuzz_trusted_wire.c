/* SPDX-License-Identifier: MIT */
/*
 * A trusted client that was taken over, or is broken. The input is requests to any object, with any arguments, mixed with
 * what the server does meanwhile: frames, input, darkness, monitors that come and go, memory that goes, time. Afterwards
 * nothing of it may be left, what it locked is locked unless it said otherwise in order, and a guest noticed nothing.
 */
#include <fcntl.h>
#include <linux/input-event-codes.h>

#include "tests/wayland_world.h"

#include "compositor/wayland/local/local_priv.h"

#define MAX_COMMANDS 400
#define MAX_ID 48
#define NEW_ID 63
#define MEMORY_SIZE (2 << 20)

struct reader {
	const uint8_t *data;
	size_t size;
};

struct attack {
	int fd;
	int memory;       /* sent where a request takes an fd */
	uint32_t next_id; /* libwayland wants new ids without holes */
	bool severed;     /* the server has ended the connection */
	bool was_dark;
};

static struct world *world;
static struct broker broker;
static struct guest_peer neighbour;
static struct peer kinds[2]; /* what each kind of client sees */
static struct scene_output *second;

/* cmocka has nothing to say outside of a test. */
#define CHECK(holds)                                                                \
	do {                                                                        \
		if (!(holds)) {                                                     \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #holds); \
			abort();                                                    \
		}                                                                   \
	} while (0)

static uint8_t take(struct reader *in)
{
	if (in->size == 0) {
		return 0;
	}
	in->size--;
	return *in->data++;
}

static unsigned open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++) {
		n += fcntl(fd, F_GETFD) >= 0;
	}
	return n;
}

static void wire_send(struct attack *attack, const uint32_t *words, size_t size, bool with_fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)words, size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (with_fd) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &attack->memory, sizeof(int));
	}
	if (sendmsg(attack->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		attack->severed = errno != EAGAIN;
	}
}

static void request(struct attack *attack, uint32_t object, uint32_t opcode, const uint32_t *words,
		    unsigned n, bool with_fd)
{
	uint32_t message[16] = {object, (8 + 4 * n) << 16 | opcode};

	memcpy(message + 2, words, n * sizeof(*words));
	wire_send(attack, message, 8 + 4 * n, with_fd);
}

static void settle(struct attack *attack)
{
	char drain[4096];

	world_turn(world);
	while (recv(attack->fd, drain, sizeof(drain), MSG_DONTWAIT) > 0) {
	}
}

/* wl_registry.bind of each of the globals: their objects become 3 and on. */
static void bind_all(struct attack *attack, const struct peer *seen)
{
	static const uint32_t registry = 2;

	request(attack, 1, 1, &registry, 1, false);
	for (unsigned i = 0; i < seen->n_globals; i++) {
		uint32_t words[13] = {seen->names[i]};
		uint32_t len = (uint32_t)strlen(seen->globals[i]) + 1;
		unsigned n = 2 + (len + 3) / 4;

		words[1] = len;
		memcpy(words + 2, seen->globals[i], len);
		words[n++] = seen->versions[i];
		words[n++] = 3 + i;
		request(attack, registry, 0, words, n, false);
	}
	attack->next_id = 3 + seen->n_globals;
}

static void attack_request(struct attack *attack, struct reader *in)
{
	static const uint32_t special[] = {0,
					   1,
					   4,
					   64,
					   128,
					   4096,
					   0x7fffffff,
					   0x80000000,
					   0xffffffff,
					   0xffffff00,
					   MEMORY_SIZE,
					   640,
					   480 - STRIP_HEIGHT,
					   640 * 4};
	uint32_t object = 1 + take(in) % MAX_ID, words[8];
	uint8_t shape = take(in);
	unsigned n = (shape >> 4) & 7;

	for (unsigned i = 0; i < n; i++) {
		uint8_t word = take(in);

		if (word == NEW_ID) {
			words[i] = attack->next_id++;
		} else {
			words[i] = word < NEW_ID ? word : special[word % ARRAY_SIZE(special)];
		}
	}
	request(attack, object, shape & 15, words, n, shape & 0x80);
}

static void second_toggle(void)
{
	if (second) {
		scene_output_remove(second);
		second = NULL;
	} else {
		second = scene_output_add(world->server.scene, "T-2", 320, 240, 60000, NULL);
	}
}

/* As a renderer does: the picture is what the client says, and its memory may be gone. */
static void picture_read(struct scene_output *output)
{
	volatile uint8_t sum = 0;
	struct frame frame;
	bool has_strip = false;

	scene_output_picture(output, &frame);
	for (unsigned i = 0; i < frame.n_layers; i++) {
		const struct layer *layer = &frame.layers[i];

		has_strip = has_strip || layer->kind == LAYER_STRIP;
		if (layer->kind == LAYER_BUFFER || layer->kind == LAYER_CURSOR) {
			const struct buffer *buffer = layer->picture.buffer;
			const struct rect *src = &layer->picture.src;
			struct rect all = {0, 0, buffer->width, buffer->height};

			CHECK(!has_strip);
			CHECK(rect_covers(&all, src) && !rect_empty(src));
			sum += buffer->pixels[(size_t)src->y * (size_t)buffer->stride +
					      (size_t)src->x * 4];
			sum += buffer->pixels[(size_t)(src->y + src->h - 1) * (size_t)buffer->stride +
					      (size_t)(src->x + src->w) * 4 - 1];
		}
	}
	frame_finish(&frame);
	(void)sum;
}

static void input_step(uint8_t what)
{
	const struct trusted_ops *ops = lockness.ops;
	void *data = lockness.ops_data;
	struct scene_output *output = second && (what & 0x80) ? second : world->output;

	if (!ops) {
		return;
	}
	switch (what >> 4 & 7) {
	case 0:
		ops->key(data, KEY_A + (what & 1), what & 0x80, START_NS);
		break;
	case 1:
		ops->point(data, output, what, what);
		break;
	case 2:
		ops->button(data, BTN_LEFT, what & 0x80);
		break;
	case 3:
		ops->axis(data, SEAT_AXIS_VERTICAL, what);
		break;
	case 4:
		ops->touch_down(data, output, what & 3, what, what);
		break;
	case 5:
		ops->touch_motion(data, output, what & 3, what, 3);
		break;
	case 6:
		ops->touch_up(data, what & 3);
		break;
	default:
		ops->active(data, what & 0x80);
	}
	ops->frame(data);
}

static void server_step(struct attack *attack, struct reader *in)
{
	struct clock_source *clock = world->server.clock;
	uint8_t what = take(in);

	switch (take(in) % 8) {
	case 0:
		world_frame(world);
		break;
	case 1:
		picture_read(world->output);
		break;
	case 2:
		second_toggle();
		break;
	case 3:
		lockness.is_dark = true;
		attack->was_dark = true;
		session_lock_settle_later(world->server.wayland->local);
		break;
	case 4:
		clock_virtual_advance(clock, clock_now(clock) +
						     (uint64_t)(what >> 4) * 100 * NSEC_PER_MSEC);
		break;
	case 5:
		(void)!ftruncate(attack->memory, what & 0x80 ? MEMORY_SIZE : what << 8);
		break;
	case 6:
		idleness.since_ns = clock_now(clock);
		if (idleness.listener) {
			idleness.listener->changed(idleness.listener->data, idleness.since_ns);
		}
		break;
	default:
		input_step(what);
	}
}

static void attack_end(struct attack *attack, unsigned idle_fds)
{
	close(attack->fd);
	close(attack->memory);
	settle(attack);
	CHECK(list_empty(&world->server.wayland->local->clients));
	CHECK(!idleness.is_inhibited);
	/* Nobody unlocks what was not dark, and nobody is not missed. */
	CHECK(!lockness.n_unlocked || attack->was_dark);
	CHECK(!lockness.is_clients);
	picture_read(world->output);
	if (second) {
		second_toggle();
	}
	scene_set_locked(world->server.scene, false);
	lockness.is_locked = lockness.is_dark = lockness.is_orphan = false;
	lockness.n_unlocked = lockness.n_gone = 0;
	world_frame(world);
	clock_virtual_advance(world->server.clock,
			      clock_now(world->server.clock) + 10 * NSEC_PER_SEC);
	CHECK(guest_turn(&neighbour));
	CHECK(neighbour.reason[0] == '\0');
	CHECK(open_fds() == idle_fds);
}

static void kind_look(struct peer *peer, const char *socket)
{
	peer_connect(peer, world_connect(world, socket));
	CHECK(peer_turn(world, peer));
	wl_registry_destroy(peer->registry);
	wl_display_disconnect(peer->display);
	world_turn(world);
}

static void world_begin(void)
{
	log_init("fuzz", LOG_LEVEL_ERROR);
	world = world_create();
	broker_connect(world, &broker);
	guest_announce(world, &broker, &neighbour, "neighbour");
	worker_connect(&neighbour);
	kind_look(&kinds[0], "trusted.sock");
	kind_look(&kinds[1], "lock.sock");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = {data, size};
	struct attack attack = {.fd = -1};
	unsigned idle_fds;
	bool is_lock;

	if (!world) {
		world_begin();
	}
	idle_fds = open_fds();
	is_lock = take(&in) & 1;
	attack.fd = world_connect(world, is_lock ? "lock.sock" : "trusted.sock");
	attack.memory = memfd_create("memory", MFD_CLOEXEC);
	CHECK(attack.memory >= 0 && ftruncate(attack.memory, MEMORY_SIZE) == 0);
	bind_all(&attack, &kinds[is_lock]);
	settle(&attack);
	for (unsigned i = 0; i < MAX_COMMANDS && in.size > 0 && !attack.severed; i++) {
		uint8_t kind = take(&in);

		if (kind % 4 == 0) {
			server_step(&attack, &in);
		} else {
			attack_request(&attack, &in);
		}
		if (kind % 8 < 4) {
			settle(&attack);
		}
	}
	attack_end(&attack, idle_fds);
	return 0;
}
