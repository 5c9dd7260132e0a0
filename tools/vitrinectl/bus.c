/* SPDX-License-Identifier: MIT */
#include "tools/vitrinectl/bus.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/control.h"

/* Far longer than any answer takes. */
#define PATIENCE_USEC (20ull * 1000 * 1000)

/* ---- connecting ---- */

static int complain(struct bus *bus, int ret, const char *what)
{
	if (ret < 0) {
		snprintf(bus->why, sizeof(bus->why), "%s: %s", what, strerror(-ret));
	}
	return ret;
}

static int socket_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, ret;

	if (strlen(path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		ret = -errno;
		close_fd(&fd);
		return ret;
	}
	return fd;
}

int bus_open_socket(struct bus *bus, const char *path)
{
	int fd = socket_connect(path), ret;

	if (fd < 0) {
		return complain(bus, fd, path);
	}
	ret = sd_bus_new(&bus->bus);
	if (ret >= 0) {
		ret = sd_bus_set_fd(bus->bus, fd, fd);
	}
	if (ret < 0) {
		close_fd(&fd);
		return complain(bus, ret, path);
	}
	ret = sd_bus_negotiate_fds(bus->bus, 1);
	if (ret >= 0) {
		ret = sd_bus_start(bus->bus);
	}
	return complain(bus, ret < 0 ? ret : 0, path);
}

int bus_open_system(struct bus *bus)
{
	bus->destination = CONTROL_BUS_NAME;
	return complain(bus, sd_bus_open_system(&bus->bus), "the system bus");
}

void bus_close(struct bus *bus)
{
	sd_bus_close_unref(bus->bus);
	bus->bus = NULL;
}

/* ---- calling ---- */

static int error_keep(struct bus *bus, int ret, const sd_bus_error *error)
{
	snprintf(bus->name, sizeof(bus->name), "%s", error->name ? error->name : "");
	snprintf(bus->why, sizeof(bus->why), "%s",
		 error->message && *error->message ? error->message : strerror(-ret));
	/* The server ended the connection: what the library calls it says nothing to people. */
	if (ret == -ECONNRESET || ret == -ENOTCONN || ret == -EPIPE) {
		snprintf(bus->why, sizeof(bus->why), "vitrined has closed the connection");
	}
	return ret;
}

int bus_call(struct bus *bus, sd_bus_message **reply, const char *method, const char *signature, ...)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL;
	va_list args;
	int ret = sd_bus_message_new_method_call(bus->bus, &call, bus->destination, CONTROL_PATH,
						 CONTROL_INTERFACE, method);

	if (ret >= 0 && signature) {
		va_start(args, signature);
		ret = sd_bus_message_appendv(call, signature, args);
		va_end(args);
	}
	if (ret >= 0) {
		ret = sd_bus_call(bus->bus, call,
				  bus->patience_usec ? bus->patience_usec : PATIENCE_USEC, &error,
				  reply);
	}
	sd_bus_message_unref(call);
	if (ret < 0) {
		error_keep(bus, ret, &error);
	}
	sd_bus_error_free(&error);
	return ret < 0 ? ret : 0;
}

int bus_wait(struct bus *bus, uint64_t usec)
{
	int ret = sd_bus_process(bus->bus, NULL);

	return ret != 0 ? ret : sd_bus_wait(bus->bus, usec);
}

/* ---- reading ---- */

static int read_value(sd_bus_message *message, struct value *to, const char *key);

static int read_basic(sd_bus_message *message, struct value *to, const char *key, char type)
{
	union {
		const char *string;
		uint64_t uint;
		int64_t sint;
		uint32_t uint32;
		int32_t sint32;
		double real;
		int truth;
	} got;
	int ret = sd_bus_message_read_basic(message, type, &got);

	if (ret <= 0) {
		return ret < 0 ? ret : -ENODATA;
	}
	switch (type) {
	case 's':
		value_add_string(to, key, got.string);
		return 0;
	case 't':
		value_add_uint(to, key, got.uint);
		return 0;
	case 'u':
		value_add_uint(to, key, got.uint32);
		return 0;
	case 'x':
		value_add(to, key, VALUE_INT)->sint = got.sint;
		return 0;
	case 'i':
		value_add(to, key, VALUE_INT)->sint = got.sint32;
		return 0;
	case 'd':
		value_add(to, key, VALUE_DOUBLE)->real = got.real;
		return 0;
	case 'b':
		value_add_bool(to, key, got.truth != 0);
		return 0;
	default:
		return -EBADMSG;
	}
}

static int read_entry(sd_bus_message *message, struct value *to, const char *contents)
{
	const char *key;
	int ret = sd_bus_message_enter_container(message, 'e', contents);

	if (ret >= 0) {
		ret = sd_bus_message_read_basic(message, 's', &key);
	}
	if (ret >= 0) {
		ret = read_value(message, to, key);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(message);
}

static int read_array(sd_bus_message *message, struct value *to, const char *key,
		      const char *contents)
{
	bool is_dict = contents[0] == '{';
	struct value *array = value_create(is_dict ? VALUE_DICT : VALUE_LIST);
	char entry[16] = "";
	int ret = sd_bus_message_enter_container(message, 'a', contents);

	if (is_dict) {
		snprintf(entry, sizeof(entry), "%.*s", (int)strlen(contents) - 2, contents + 1);
	}
	while (ret >= 0 && sd_bus_message_at_end(message, 0) == 0) {
		ret = is_dict ? read_entry(message, array, entry) :
				read_value(message, array, NULL);
	}
	if (ret >= 0) {
		ret = sd_bus_message_exit_container(message);
	}
	value_add_item(to, key, array);
	return ret < 0 ? ret : 0;
}

static int read_value(sd_bus_message *message, struct value *to, const char *key)
{
	const char *contents;
	char type;
	int ret = sd_bus_message_peek_type(message, &type, &contents);

	if (ret <= 0) {
		return ret < 0 ? ret : -ENODATA;
	}
	if (type == 'a') {
		return read_array(message, to, key, contents);
	}
	if (type != 'v') {
		return read_basic(message, to, key, type);
	}
	ret = sd_bus_message_enter_container(message, 'v', contents);
	if (ret >= 0) {
		ret = read_value(message, to, key);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(message);
}

struct value *bus_get(struct bus *bus, const char *method)
{
	struct value holder = {.kind = VALUE_LIST}, *value = NULL;
	sd_bus_message *reply = NULL;
	int ret = bus_call(bus, &reply, method, NULL);

	if (ret < 0) {
		return NULL;
	}
	ret = read_value(reply, &holder, NULL);
	if (ret < 0) {
		snprintf(bus->why, sizeof(bus->why), "%s: an answer of another form", method);
	} else {
		value = xcalloc(1, sizeof(*value));
		*value = holder.items[0];
		holder.n_items = 0;
	}
	value_finish(&holder);
	sd_bus_message_unref(reply);
	return value;
}
