/* SPDX-License-Identifier: MIT */
#include "tests/loopback/broker_world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define PATIENCE_MS 10000

static int slowdown(void)
{
	const char *text = getenv("VITRINE_TEST_SLOWDOWN");
	int factor = text ? atoi(text) : 1;

	return factor > 0 ? factor : 1;
}

static uint64_t deadline(void)
{
	return now_ns() + (uint64_t)PATIENCE_MS * NSEC_PER_MSEC * (uint64_t)slowdown();
}

static int left_ms(uint64_t end)
{
	uint64_t now = now_ns();

	return now >= end ? 0 : (int)((end - now) / NSEC_PER_MSEC) + 1;
}

/* ---- processes ---- */

/* Workers have other uids, to which a build directory may be closed. */
static void copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat st;
	off_t left;

	assert_true(in >= 0 && out >= 0);
	assert_int_equal(fstat(in, &st), 0);
	for (left = st.st_size; left > 0;) {
		ssize_t n = sendfile(out, in, NULL, (size_t)left);

		assert_true(n > 0);
		left -= n;
	}
	close(in);
	close(out);
}

static void run_child(const char *const argv[], int error)
{
	const char *build = getenv("VITRINE_BUILD");
	char *path = xasprintf("%s/bin/vitrine-broker", build ? build : "build");

	dup2(error, STDERR_FILENO);
	dup2(error, STDOUT_FILENO);
	execv(path, (char *const *)argv);
	_exit(126);
}

static void start(struct world *world, const char *const argv[])
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	world->size = 0;
	world->seen = 0;
	world->text[0] = '\0';
	world->broker = fork();
	assert_true(world->broker >= 0);
	if (world->broker == 0) {
		run_child(argv, fds[1]);
	}
	close(fds[1]);
	close_fd(&world->log);
	world->log = fds[0];
}

void broker_start(struct world *world)
{
	char *spec = hub_thread_spec(world->hub, 0);
	char *xen = xasprintf("--xen=%s", spec);
	char *dir = xasprintf("--runtime-dir=%s", world->dir);
	char *worker = xasprintf("--worker=%s/worker", world->dir);
	const char *const argv[] = {"vitrine-broker", xen, dir, worker, "--log-level=debug", NULL};

	start(world, argv);
	free(spec);
	free(xen);
	free(dir);
	free(worker);
	wait_log(world, "serving the guests");
}

static int wait_exit(struct world *world)
{
	int status;

	while (waitpid(world->broker, &status, 0) < 0) {
		assert_int_equal(errno, EINTR);
	}
	world->broker = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int broker_stop(struct world *world)
{
	kill(world->broker, SIGTERM);
	return wait_exit(world);
}

/* Returns false at the end of the output. */
static bool read_log(struct world *world)
{
	ssize_t n = read(world->log, world->text + world->size,
			 sizeof(world->text) - 1 - world->size);

	if (n > 0) {
		world->size += (size_t)n;
		world->text[world->size] = '\0';
	}
	return n > 0 || (n < 0 && errno == EAGAIN);
}

int broker_run(struct world *world, const char *const options[])
{
	struct pollfd pollfd = {.events = POLLIN};
	uint64_t end = deadline();

	start(world, options);
	pollfd.fd = world->log;
	while (read_log(world) && left_ms(end) > 0) {
		poll(&pollfd, 1, left_ms(end));
	}
	return wait_exit(world);
}

bool log_has(struct world *world, const char *text)
{
	read_log(world);
	return strstr(world->text, text) != NULL;
}

void wait_log(struct world *world, const char *text)
{
	struct pollfd pollfd = {.fd = world->log, .events = POLLIN};
	uint64_t end = deadline();
	const char *found;

	while (!(found = strstr(world->text + world->seen, text))) {
		poll(&pollfd, 1, left_ms(end));
		if (left_ms(end) == 0 || !read_log(world)) {
			fail_msg("\"%s\" was not written after: %s\nall of it: %s", text,
				 world->text + world->seen, world->text);
		}
	}
	world->seen = (size_t)(found - world->text) + strlen(text);
}

/* ---- the store ---- */

const char *store_value(struct world *world, const char *path)
{
	static char value[4097];
	size_t len;
	char *found = xen_store_read(world->toolstack, path, &len);

	snprintf(value, sizeof(value), "%s", found ? found : "");
	free(found);
	return value;
}

static bool store_has(struct world *world, const char *path, const char *value)
{
	size_t len;
	char *found = xen_store_read(world->toolstack, path, &len);
	bool has = value ? found && strcmp(found, value) == 0 : !found && errno == ENOENT;

	free(found);
	return has;
}

static void wait_node(struct world *world, const char *path, const char *value)
{
	struct pollfd pollfd = {.fd = xen_store_fd(world->toolstack), .events = POLLIN};
	uint64_t end = deadline();
	char *event_path, *token;

	assert_int_equal(xen_store_watch(world->toolstack, path, "test"), 0);
	while (!store_has(world, path, value)) {
		if (left_ms(end) == 0) {
			read_log(world);
			fail_msg("%s is \"%s\", wanted \"%s\"; log: %s", path,
				 store_value(world, path), value ? value : "nothing", world->text);
		}
		poll(&pollfd, 1, left_ms(end));
		while (xen_store_next_event(world->toolstack, &event_path, &token) == 0) {
			free(event_path);
			free(token);
		}
	}
	xen_store_unwatch(world->toolstack, path, "test");
}

void wait_store(struct world *world, const char *path, const char *value)
{
	wait_node(world, path, value);
}

void wait_store_gone(struct world *world, const char *path)
{
	wait_node(world, path, NULL);
}

static void put_as(struct xen *xen, const char *dir, const char *name, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(xen_store_write(xen, path, value), 0);
}

void put(struct world *world, const char *dir, const char *name, const char *value)
{
	put_as(world->toolstack, dir, name, value);
}

void guest_put(struct world *world, const char *dir, const char *name, const char *value)
{
	put_as(world->guest, dir, name, value);
}

void guest_put_number(struct world *world, const char *dir, const char *name, uint32_t value)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", value);
	guest_put(world, dir, name, text);
}

/* ---- toolstack and guest ---- */

void make_domain(struct world *world, const char *name)
{
	put(world, "/local/domain/5", "name", name);
	put(world, "/local/domain/5", "vm", "/vm/one");
}

static void make_frontend(struct world *world, const char *frontend)
{
	assert_int_equal(xen_store_write(world->toolstack, frontend, ""), 0);
	assert_int_equal(xen_store_set_owner(world->toolstack, frontend, GUEST, 0), 0);
	put(world, frontend, "state", "1");
}

static void make_backend(struct world *world, const char *backend, const char *frontend)
{
	put(world, backend, "frontend", frontend);
	put(world, backend, "frontend-id", "5");
	put(world, backend, "online", "1");
}

void make_display(struct world *world, const char *const *sizes)
{
	char name[32];

	make_frontend(world, DISPLAY_FE);
	for (unsigned i = 0; sizes[i]; i++) {
		snprintf(name, sizeof(name), "%u/resolution", i);
		put(world, DISPLAY_FE, name, sizes[i]);
	}
	make_backend(world, DISPLAY_BE, DISPLAY_FE);
	put(world, DISPLAY_BE, "state", "1");
}

void make_input(struct world *world)
{
	make_frontend(world, INPUT_FE);
	make_backend(world, INPUT_BE, INPUT_FE);
}

void guest_publish_display(struct world *world)
{
	static const char *const names[] = {"req-ring-ref", "evt-ring-ref", "req-event-channel",
					    "evt-event-channel"};
	char name[32];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%u/%s", i / 2, names[i % 2]);
		guest_put_number(world, DISPLAY_FE, name, world->refs[i]);
		snprintf(name, sizeof(name), "%u/%s", i / 2, names[2 + i % 2]);
		guest_put_number(world, DISPLAY_FE, name, world->ports[i]);
	}
	guest_put(world, DISPLAY_FE, "state", "3");
}

void guest_publish_input(struct world *world)
{
	guest_put_number(world, INPUT_FE, "page-gref", world->refs[0]);
	guest_put_number(world, INPUT_FE, "event-channel", world->ports[0]);
	guest_put(world, INPUT_FE, "request-abs-pointer", "1");
	guest_put(world, INPUT_FE, "request-multi-touch", "1");
	guest_put(world, INPUT_FE, "state", "3");
}

const char *stat_value(struct world *world, const char *key)
{
	static char text[16384], value[64];
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t size = 0;
	ssize_t n;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/broker.stats", world->dir);
	assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	while ((n = read(fd, text + size, sizeof(text) - 1 - size)) > 0) {
		size += (size_t)n;
	}
	close(fd);
	text[size] = '\0';
	value[0] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		size_t len = strcspn(line, " ");

		if (strlen(key) == len && memcmp(line, key, len) == 0) {
			snprintf(value, sizeof(value), "%s", line + len + 1);
		}
	}
	return value;
}

/* ---- around a test ---- */

static struct xen *open_domain(struct world *world, uint32_t domid)
{
	char *spec = hub_thread_spec(world->hub, domid);
	struct xen *xen;

	assert_int_equal(xen_open(&xen, spec), 0);
	free(spec);
	return xen;
}

int world_setup(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));
	char path[80];

	world->log = -1;
	strcpy(world->dir, "/tmp/vitrine-broker-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	assert_int_equal(chmod(world->dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/worker", world->dir);
	copy_self(path);
	assert_int_equal(hub_thread_start(&world->hub), 0);
	world->toolstack = open_domain(world, 0);
	world->guest = open_domain(world, GUEST);
	assert_int_equal(xen_front_share(world->guest, 0, 4, world->refs, &world->rings), 0);
	assert_int_equal(xen_front_ports(world->guest, 0, 4, world->ports, &world->evtchn), 0);
	*state = world;
	return 0;
}

int world_teardown(void **state)
{
	static const char *const files[] = {"worker",      "broker.lock",      "broker.stats",
					    "broker.sock", "broker.sock.lock", "state/5-one",
					    "state/5-two"};
	struct world *world = *state;
	char path[96];

	if (world->broker > 0) {
		kill(world->broker, SIGKILL);
		(void)wait_exit(world);
	}
	close_fd(&world->log);
	xen_front_unshare(world->guest, world->rings, 4, world->refs);
	xen_evtchn_close(world->evtchn);
	xen_close(world->guest);
	xen_close(world->toolstack);
	hub_thread_stop(world->hub);
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", world->dir, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/state", world->dir);
	rmdir(path);
	rmdir(world->dir);
	free(world);
	return 0;
}
