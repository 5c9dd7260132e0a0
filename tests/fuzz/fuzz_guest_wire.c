/* SPDX-License-Identifier: MIT */
/*
 * A worker that a guest took over, on its connection to the display server. The input is requests
 * to any object, with any arguments, mixed with what the server does meanwhile: frames, input,
 * hiding, time. Afterwards nothing of the guest may be left, and its neighbour must still be there.
 */
#include <fcntl.h>
#include <linux/input-event-codes.h>

#include "tests/wayland_world.h"

#include "compositor/output/headless/headless_memory.h"
#include "config/settings.h"

#define MAX_COMMANDS 400
#define MAX_ID 40
#define NEW_ID 63

struct reader {
	const uint8_t *data;
	size_t size;
};

struct attack {
	struct guest_peer guest;
	int fd;           /* the worker's end */
	uint32_t next_id; /* libwayland wants new ids without holes */
	int refs;         /* a sealed list of references, sent where a request takes an fd */
	bool severed;     /* the server has ended the connection */
};

static struct world *world;
static struct broker broker;
static struct guest_peer neighbour;
static unsigned idle_fds;
static unsigned lent; /* memories that are not back */

static int lend(struct output_backend *backend, uint32_t width, uint32_t height,
		struct output_memory *out)
{
	int ret = headless_memory_create(backend, width, height, out);

	lent += ret == 0;
	return ret;
}

static void take_back(struct output_backend *backend, struct output_memory *memory)
{
	headless_memory_destroy(backend, memory);
	lent--;
}

static const struct output_backend_ops backend_ops = {
	.memory_create = lend,
	.memory_destroy = take_back,
};
static struct output_backend backend = {.ops = &backend_ops};

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
		memcpy(CMSG_DATA(&control.header), &attack->refs, sizeof(int));
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
	CHECK(peer_turn(world, &broker.peer));
	while (recv(attack->fd, drain, sizeof(drain), MSG_DONTWAIT) > 0) {
	}
}

/* wl_registry.bind of each of the globals: their objects become 3 to 9. */
static void bind_all(struct attack *attack)
{
	static const uint32_t registry = 2;

	request(attack, 1, 1, &registry, 1, false);
	for (unsigned i = 0; i < neighbour.peer.n_globals; i++) {
		uint32_t words[13] = {neighbour.peer.names[i]};
		uint32_t len = (uint32_t)strlen(neighbour.peer.globals[i]) + 1;
		unsigned n = 2 + (len + 3) / 4;

		words[1] = len;
		memcpy(words + 2, neighbour.peer.globals[i], len);
		words[n++] = neighbour.peer.versions[i];
		words[n++] = 3 + i;
		request(attack, registry, 0, words, n, false);
	}
}

static void attack_request(struct attack *attack, struct reader *in)
{
	static const uint32_t special[] = {0,          1,          4,          64,
					   128,        4096,       0x7fffffff, 0x80000000,
					   0xffffffff, 0xffffff00, 0x34325258, 256 * 64};
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

static void server_step(struct attack *attack, struct reader *in)
{
	struct server *server = &world->server;
	struct scene_guest *scene = scene_guest_find(server->scene, "attacker");
	struct seat_guest *guest = (struct seat_guest *)scene;
	uint8_t what = take(in);
	struct seat_head *head = (struct seat_head *)scene->heads[what >> 5 & 1];

	switch (what % 13) {
	case 0:
		scene_set_front(server->scene, what & 0x80 ? scene : NULL);
		break;
	case 1:
		world_frame(world);
		break;
	case 2:
		wayland_seat_sink.key(server, guest, KEY_A + (what >> 6), what & 0x20);
		break;
	case 3:
		wayland_seat_sink.pointer_enter(server, guest, head, 1, 1);
		break;
	case 4:
		if (head) {
			wayland_seat_sink.touch_down(server, guest, head, what >> 6, 1, 1);
		}
		break;
	case 5:
		wayland_seat_sink.touch_up(server, guest, what >> 6);
		break;
	case 6:
		wayland_set_keyboard(server->wayland, what & 0x80 ? scene : NULL);
		break;
	case 7:
		for (unsigned i = 0; i < 40; i++) {
			wayland_seat_sink.pointer_relative(server, guest, 1, 1);
			wayland_seat_sink.frame(server, guest);
		}
		break;
	case 8:
		clock_virtual_advance(server->clock,
				      clock_now(server->clock) +
					      (uint64_t)(what >> 4) * 100 * NSEC_PER_MSEC);
		break;
	case 9:
		wayland_seat_sink.pointer_button(server, guest, BTN_LEFT, what & 0x80);
		break;
	case 10:
		wayland_seat_sink.pointer_axis(server, guest, SEAT_AXIS_VERTICAL, what);
		break;
	case 11:
		wayland_seat_sink.touch_motion(server, guest, what >> 6, what, 2);
		break;
	default:
		attack->guest.answer = (enum map_answer)(what >> 6) == MAP_SHORT ?
					       MAP_GOOD :
					       (enum map_answer)(what >> 6);
		attack->guest.grant_answer = attack->guest.answer;
		attack->guest.ends_silently = what & 0x20;
	}
	wayland_seat_sink.frame(server, guest);
}

static void attack_begin(struct attack *attack)
{
	int fds[2];

	idle_fds = open_fds();
	guest_announce(world, &broker, &attack->guest, "attacker");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	vitrine_broker_guest_v1_connect(attack->guest.proxy, fds[0]);
	close(fds[0]);
	attack->fd = fds[1];
	attack->refs = refs_create(4);
	bind_all(attack);
	attack->next_id = 3 + neighbour.peer.n_globals;
	settle(attack);
}

static void attack_end(struct attack *attack)
{
	close(attack->fd);
	close(attack->refs);
	settle(attack);
	vitrine_broker_guest_v1_destroy(attack->guest.proxy);
	CHECK(peer_turn(world, &broker.peer));
	CHECK(!scene_guest_find(world->server.scene, "attacker"));
	CHECK(guest_turn(&neighbour));
	CHECK(neighbour.reason[0] == '\0');
	CHECK(neighbour.n_marks == 0);
	CHECK(open_fds() == idle_fds);
	CHECK(lent == 0);
	scene_set_front(world->server.scene, NULL);
	world_frame(world);
}

static void world_begin(void)
{
	log_init("fuzz", LOG_LEVEL_ERROR);
	world = world_create();
	world->server.backend = &backend;
	world->server.settings->guest_defaults.allow_be_alloc = true;
	world->server.settings->guest_defaults.be_alloc_bytes = 256 * 1024;
	broker_connect(world, &broker);
	guest_announce(world, &broker, &neighbour, "neighbour");
	worker_connect(&neighbour);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = {data, size};
	struct attack attack = {.fd = -1};

	if (!world) {
		world_begin();
	}
	attack_begin(&attack);
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
	attack_end(&attack);
	return 0;
}
