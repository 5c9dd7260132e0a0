/* SPDX-License-Identifier: MIT */
/*
 * What is done to monitors as such: power by command and by idleness, backlight, and telling them apart. A monitor that is
 * off, or another session's, shows no head: guests are told that they are hidden, and draw anew when it is back.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "compositor/server.h"
#include "config/settings.h"

#define IDENTIFY_NS (3 * NSEC_PER_SEC)
/* Whoever switches all off by a command lets go of a key just after. */
#define BLANK_GRACE_NS NSEC_PER_SEC
#define BACKLIGHT_STEP 0.1
/* By keys nobody makes a panel so dark that the way back cannot be seen. */
#define BACKLIGHT_LEAST 0.05

/* How long nobody has touched anything. */
enum idleness {
	IDLE_NOT,
	IDLE_DIM,
	IDLE_OFF,
};

/* What was asked of a monitor, by name: it outlives the monitor. */
struct wish {
	char name[32]; /* "": free */
	bool is_off;
	double level; /* of the backlight; negative: as it was found */
};

struct monitors {
	struct server *server;
	struct clock_timer *idle, *identify;
	uint64_t active_ns; /* when somebody touched something last */
	enum idleness idleness;
	bool is_inhibited;               /* it does not begin, or get deeper, by time */
	struct list listeners;           /* struct idle_listener.link */
	bool is_blanked;                 /* all are to be off until somebody touches something */
	uint64_t blanked_ns;             /* since when */
	bool is_away;                    /* another session has the monitors */
	bool is_dark[SCENE_MAX_OUTPUTS]; /* by the frame loop's numbers: as last applied */
	bool is_identifying;
	struct wish wishes[SCENE_MAX_OUTPUTS];
	unsigned next_wish; /* which one makes room when there is none */
};

/* ---- wishes ---- */

static const struct wish *wish_find(const struct monitors *monitors, const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(monitors->wishes); i++) {
		if (strcmp(monitors->wishes[i].name, name) == 0) {
			return &monitors->wishes[i];
		}
	}
	return NULL;
}

static struct wish *wish_get(struct monitors *monitors, const char *name)
{
	struct wish *wish = (struct wish *)wish_find(monitors, name);

	if (!wish) {
		wish = &monitors->wishes[monitors->next_wish++ % ARRAY_SIZE(monitors->wishes)];
		*wish = (struct wish){.level = -1};
		snprintf(wish->name, sizeof(wish->name), "%s", name);
	}
	return wish;
}

/* ---- the monitors that are there ---- */

static struct output_device *device_at(const struct monitors *monitors, unsigned i)
{
	return repaint_output(monitors->server->repaint, i) ?
		       repaint_device(monitors->server->repaint, i) :
		       NULL;
}

static bool is_wanted(const struct monitors *monitors, const char *name)
{
	const struct wish *wish = wish_find(monitors, name);

	return !monitors->is_away && monitors->idleness != IDLE_OFF && (!wish || !wish->is_off);
}

/* ---- power ---- */

static int power_off(struct monitors *monitors, unsigned i, struct output_device *device)
{
	bool has_switch = device->ops->set_power != NULL;
	int ret = 0;

	if (has_switch && !monitors->is_away) {
		ret = device->ops->set_power(device, false);
	}
	if (ret < 0) {
		return ret;
	}
	if (has_switch || monitors->is_away) {
		repaint_output_away(monitors->server->repaint, i);
	}
	/* One that has no switch shows black. */
	scene_output_set_power(repaint_output(monitors->server->repaint, i), false);
	return 0;
}

static int power_on(struct monitors *monitors, unsigned i, struct output_device *device)
{
	scene_output_set_power(repaint_output(monitors->server->repaint, i), true);
	return device->ops->set_power ? device->ops->set_power(device, true) : 0;
}

static int power_apply(struct monitors *monitors, unsigned i)
{
	struct output_device *device = device_at(monitors, i);
	int ret = 0;

	if (!device) {
		monitors->is_dark[i] = false;
		return 0;
	}
	if (is_wanted(monitors, device->name) != monitors->is_dark[i]) {
		return 0;
	}
	ret = monitors->is_dark[i] ? power_on(monitors, i, device) : power_off(monitors, i, device);
	if (ret == 0) {
		monitors->is_dark[i] = !monitors->is_dark[i];
	}
	return ret;
}

static int power_apply_all(struct monitors *monitors)
{
	int ret = 0;

	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		int one = power_apply(monitors, i);

		ret = ret ? ret : one;
	}
	return ret;
}

/* ---- backlight ---- */

static double level_of(const struct monitors *monitors, const struct output_device *device)
{
	const struct wish *wish = wish_find(monitors, device->name);
	double level = wish && wish->level >= 0 ? wish->level : device->backlight;

	return monitors->idleness == IDLE_NOT ?
		       level :
		       level * monitors->server->settings->idle.dim_percent / 100;
}

/* What it was found at is kept, so that there is a way back. */
static void keep_found(struct monitors *monitors, const struct output_device *device)
{
	struct wish *wish = wish_get(monitors, device->name);

	if (wish->level < 0) {
		wish->level = device->backlight;
	}
}

static int backlight_apply(struct monitors *monitors, struct output_device *device)
{
	double level;

	if (!device->ops->set_backlight) {
		return -EOPNOTSUPP;
	}
	keep_found(monitors, device);
	level = level_of(monitors, device);
	if (level < 0 || fabs(level - device->backlight) < 1e-6) {
		return 0;
	}
	return device->ops->set_backlight(device, level);
}

static void backlight_apply_all(struct monitors *monitors)
{
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS && !monitors->is_away; i++) {
		struct output_device *device = device_at(monitors, i);

		if (device && device->ops->set_backlight && backlight_apply(monitors, device) < 0) {
			log_warn(LOG_HOST, "%s: its backlight cannot be set", device->name);
		}
	}
}

/* ---- idleness ---- */

static uint64_t stage_ns(const struct monitors *monitors, enum idleness stage)
{
	const struct settings_idle *idle = &monitors->server->settings->idle;
	uint64_t seconds = stage == IDLE_DIM ? idle->dim_s : idle->off_s;

	return seconds && !monitors->is_inhibited ? monitors->active_ns + seconds * NSEC_PER_SEC :
						    UINT64_MAX;
}

/* What the time says, and when it will say something else. */
static enum idleness stage_at(const struct monitors *monitors, uint64_t now_ns, uint64_t *next_ns)
{
	uint64_t dim_ns = stage_ns(monitors, IDLE_DIM), off_ns = stage_ns(monitors, IDLE_OFF);

	*next_ns = now_ns >= off_ns ? UINT64_MAX : now_ns >= dim_ns ? off_ns : MIN(dim_ns, off_ns);
	return now_ns >= off_ns ? IDLE_OFF : now_ns >= dim_ns ? IDLE_DIM : IDLE_NOT;
}

/* Activity does not move the timer: when it fires it looks how long ago the last was. */
static void idle_apply(struct monitors *monitors, uint64_t now_ns)
{
	uint64_t next_ns;
	enum idleness stage = stage_at(monitors, now_ns, &next_ns);

	stage = monitors->is_blanked ? IDLE_OFF : stage;
	if (next_ns == UINT64_MAX) {
		clock_timer_disarm(monitors->idle);
	} else {
		clock_timer_arm(monitors->idle, next_ns);
	}
	if (stage != monitors->idleness) {
		monitors->idleness = stage;
		power_apply_all(monitors);
		backlight_apply_all(monitors);
	}
}

/* Inhibited: what has begun stays, and what would follow waits. */
static void handle_idle(void *data, uint64_t now_ns)
{
	const struct monitors *monitors = data;

	if (!monitors->is_inhibited) {
		idle_apply(data, now_ns);
	}
}

static void active_tell(struct monitors *monitors, uint64_t now_ns)
{
	struct idle_listener *listener, *tmp;

	monitors->active_ns = now_ns;
	list_for_each_safe(listener, tmp, &monitors->listeners, link) {
		listener->changed(listener->data, now_ns);
	}
}

uint64_t monitors_idle_since(const struct monitors *monitors)
{
	return monitors && !monitors->is_inhibited ? monitors->active_ns : UINT64_MAX;
}

void monitors_inhibit(struct monitors *monitors, bool inhibited)
{
	uint64_t now_ns;

	if (!monitors || monitors->is_inhibited == inhibited) {
		return;
	}
	now_ns = clock_now(monitors->server->clock);
	monitors->is_inhibited = inhibited;
	if (!inhibited) {
		/* Time that went by meanwhile does not count; who was away before is still away. */
		if (monitors->idleness == IDLE_NOT) {
			active_tell(monitors, now_ns);
		}
		idle_apply(monitors, now_ns);
	}
}

void monitors_listen(struct monitors *monitors, struct idle_listener *listener)
{
	if (monitors) {
		list_append(&monitors->listeners, &listener->link);
	}
}

bool monitors_activity(struct monitors *monitors, uint64_t now_ns)
{
	bool was_off;

	if (!monitors) {
		return false;
	}
	active_tell(monitors, now_ns);
	if (monitors->is_blanked && now_ns < monitors->blanked_ns + BLANK_GRACE_NS) {
		return false;
	}
	monitors->is_blanked = false;
	was_off = monitors->idleness == IDLE_OFF;
	if (monitors->idleness != IDLE_NOT) {
		idle_apply(monitors, now_ns);
	}
	return was_off;
}

void monitors_reload(struct monitors *monitors)
{
	if (monitors && !monitors->is_inhibited) {
		idle_apply(monitors, clock_now(monitors->server->clock));
	}
}

/* ---- commands ---- */

/* Does it to the monitor of this name, or to all (NULL). */
static int each_named(struct monitors *monitors, const char *name,
		      int (*what)(struct monitors *monitors, unsigned i, double value), double value)
{
	int ret = name ? -ENOENT : 0;

	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		const struct output_device *device = device_at(monitors, i);

		if (device && (!name || strcmp(device->name, name) == 0)) {
			int one = what(monitors, i, value);

			/* All: those that cannot do it are passed over. */
			ret = name ? one : ret;
		}
	}
	return ret;
}

static int set_power(struct monitors *monitors, unsigned i, double on)
{
	struct wish *wish = wish_get(monitors, device_at(monitors, i)->name);
	int ret;

	wish->is_off = on == 0;
	ret = power_apply(monitors, i);
	/* One that cannot be switched off is on. */
	wish->is_off = wish->is_off && ret == 0;
	return ret;
}

int monitors_set_power(struct monitors *monitors, const char *name, bool on)
{
	uint64_t now_ns;

	if (!monitors) {
		return -ENOENT;
	}
	now_ns = clock_now(monitors->server->clock);
	monitors->blanked_ns = 0;
	monitors_activity(monitors, now_ns);
	if (name || on) {
		return each_named(monitors, name, set_power, on);
	}
	monitors->is_blanked = true;
	monitors->blanked_ns = now_ns;
	idle_apply(monitors, now_ns);
	return 0;
}

static int set_backlight(struct monitors *monitors, unsigned i, double level)
{
	struct output_device *device = device_at(monitors, i);

	if (!device->ops->set_backlight) {
		return -EOPNOTSUPP;
	}
	wish_get(monitors, device->name)->level = level;
	return backlight_apply(monitors, device);
}

int monitors_set_backlight(struct monitors *monitors, const char *name, double level)
{
	if (!monitors || !(level >= 0 && level <= 1)) {
		return monitors ? -EINVAL : -ENOENT;
	}
	return each_named(monitors, name, set_backlight, level);
}

static int step_backlight(struct monitors *monitors, unsigned i, double step)
{
	struct output_device *device = device_at(monitors, i);

	if (!device->ops->set_backlight) {
		return 0;
	}
	keep_found(monitors, device);
	step += wish_get(monitors, device->name)->level;
	return set_backlight(monitors, i, MAX(BACKLIGHT_LEAST, MIN(step, 1)));
}

void monitors_step_backlight(struct monitors *monitors, int step)
{
	if (monitors) {
		each_named(monitors, NULL, step_backlight, step * BACKLIGHT_STEP);
	}
}

bool monitors_is_on(const struct monitors *monitors, const char *name)
{
	for (unsigned i = 0; monitors && i < SCENE_MAX_OUTPUTS; i++) {
		const struct output_device *device = device_at(monitors, i);

		if (device && strcmp(device->name, name) == 0) {
			return !monitors->is_dark[i];
		}
	}
	return false;
}

/* ---- which is which ---- */

static void identify_one(struct monitors *monitors, unsigned i, bool show)
{
	const struct output_device *device = device_at(monitors, i);
	const struct output_identity *who;
	struct card card = {.n_lines = 3};

	if (!device) {
		return;
	}
	who = &device->identity;
	snprintf(card.lines[0], CARD_LINE_SIZE, "%s", device->name);
	snprintf(card.lines[1], CARD_LINE_SIZE, "%s%s%s", who->make, who->make[0] ? " " : "",
		 who->model);
	snprintf(card.lines[2], CARD_LINE_SIZE, "%dx%d at %d Hz", device->width, device->height,
		 (device->refresh_mhz + 500) / 1000);
	scene_output_identify(repaint_output(monitors->server->repaint, i), show ? i + 1 : 0, &card);
}

static void identify_all(struct monitors *monitors, bool show)
{
	monitors->is_identifying = show;
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		identify_one(monitors, i, show);
	}
}

static void handle_identify(void *data, uint64_t now_ns)
{
	identify_all(data, false);
}

void monitors_identify(struct monitors *monitors)
{
	uint64_t now_ns;

	if (!monitors) {
		return;
	}
	now_ns = clock_now(monitors->server->clock);
	monitors_activity(monitors, now_ns);
	identify_all(monitors, true);
	clock_timer_arm(monitors->identify, now_ns + IDENTIFY_NS);
}

/* ---- they come and go ---- */

void monitors_changed(struct monitors *monitors)
{
	if (!monitors) {
		return;
	}
	power_apply_all(monitors);
	backlight_apply_all(monitors);
	if (monitors->is_identifying) {
		identify_all(monitors, true);
	}
}

static void handle_session(void *data, bool active)
{
	struct monitors *monitors = data;

	monitors->is_away = !active;
	if (active) {
		/* Whoever switched to us is there. */
		monitors_activity(monitors, clock_now(monitors->server->clock));
	}
	power_apply_all(monitors);
	backlight_apply_all(monitors);
}

static const struct session_listener session_listener = {
	.changed = handle_session,
};

/* ---- start and stop ---- */

int monitors_create(struct monitors **out, struct server *server)
{
	struct monitors *monitors = xcalloc(1, sizeof(*monitors));
	int ret = 0;

	monitors->server = server;
	list_init(&monitors->listeners);
	monitors->active_ns = clock_now(server->clock);
	monitors->idle = clock_timer_create(server->clock, PRIORITY_STATS, handle_idle, monitors);
	monitors->identify = clock_timer_create(server->clock, PRIORITY_STATS, handle_identify,
						monitors);
	if (!monitors->idle || !monitors->identify) {
		ret = -ENOMEM;
	} else if (server->session) {
		ret = session_listen(server->session, &session_listener, monitors);
	}
	if (ret < 0) {
		monitors_destroy(monitors);
		return ret;
	}
	idle_apply(monitors, monitors->active_ns);
	*out = monitors;
	return 0;
}

void monitors_destroy(struct monitors *monitors)
{
	if (!monitors) {
		return;
	}
	if (monitors->idle) {
		clock_timer_destroy(monitors->idle);
	}
	if (monitors->identify) {
		clock_timer_destroy(monitors->identify);
	}
	free(monitors);
}
