/* SPDX-License-Identifier: MIT */
/*
 * vitrined's parts and how they hang together. Each part knows its own neighbours by their headers; this struct is for
 * the files directly in compositor/, which join them: main.c (options, start, stop), repaint.c (the frame loop),
 * input.c (seat, focus, actions), report.c (counters).
 */
#ifndef COMPOSITOR_SERVER_H
#define COMPOSITOR_SERVER_H

#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/stats.h"
#include "base/util.h"
#include "compositor/output/device.h"
#include "compositor/render/render.h"
#include "compositor/scene/scene.h"
#include "compositor/session/session.h"
#include "config/settings.h"
#include "hid/devices/devices.h"
#include "hid/devices/roster.h"
#include "hid/seat/focus.h"
#include "hid/seat/seat.h"

struct wayland;
struct repaint;
struct input;
struct test_input;
struct layouts;
struct monitors;
struct control;
struct trace;
struct reload;
struct trusted;
struct menu;
struct commands;
struct lock;
struct prompt;

/* Priorities on the loop, first to run first: frames before input before clients before mapping and the rest. */
enum server_priority {
	PRIORITY_FRAME = -20,
	PRIORITY_INPUT = -10,
	PRIORITY_CLIENTS = 0,
	PRIORITY_MAPS = 20,
	PRIORITY_STATS = 30,
	/* Clients that never stop talking and front buffers that never stop changing: in turn, and last. */
	PRIORITY_LAST = 40,
};

/* The command line. What is given there wins over the configuration file (options_apply). Strings point into argv. */
struct server_options {
	const char *config; /* path, NULL: the default */
	bool check_config;  /* say whether the configuration is good, and end */
	const char *runtime_dir;
	const char *headless; /* spec, or NULL */
	const char *nested;   /* likewise, in windows of a desktop; without both: KMS */
	bool test_input;      /* scripted input on RUNTIME_DIR/test-input.sock; headless only */
	/* In place of what the file says. NULL, -1 or 0: nothing was given. */
	const char *kms_cards[4]; /* as many as settings.cards */
	unsigned n_kms_cards;
	const char *font, *renderer;
	const char *attention_key, *switch_key;
	const char *bind_input[SETTINGS_MAX_BINDINGS];
	unsigned n_bind_input;
	int log_level;
};

struct server {
	const struct server_options *options;
	uint64_t start_ns;         /* when the program was executed */
	struct settings *settings; /* in force; replaced by a reload */
	sd_event *event;
	struct clock_source *clock;
	struct session *session; /* NULL when headless */
	struct output_backend *backend;
	struct renderer *renderer;
	struct scene *scene;
	struct repaint *repaint;
	struct input *input;
	struct wayland *wayland;
	struct stats_socket *stats;
	struct test_input *test_input; /* NULL: none */
	struct layouts *layouts;
	struct monitors *monitors;
	struct control *control;
	void (*tell)(struct control *control, const char *signal, const char *guest,
		     const char *detail); /* NULL: nobody listens; see server_tell */
	/* A frame of the output is on the glass: who takes a picture waits for that. NULL: nobody does. */
	void (*shown)(struct control *control, const struct scene_output *output);
	struct trace *trace;
	struct reload *reload;
	struct trusted *trusted; /* what the host shows above all guests: trusted/trusted.h */
	struct menu *menu;
	struct commands *commands;
	struct lock *lock;
	struct prompt *prompt;
};

/* ---- repaint.c: outputs come and go, frames are drawn at their deadlines ---- */
MUST_USE int repaint_create(struct repaint **out, struct server *server);
void repaint_destroy(struct repaint *repaint);
extern const struct output_listener repaint_output_listener; /* data: struct repaint */
/* scene_events.frame_wanted */
void repaint_schedule(struct repaint *repaint, struct scene_output *output);
/* A small number for each output, stable while it exists: the seat's and focus' name for it. -1 when unknown. */
int repaint_output_number(struct repaint *repaint, const char *name);
struct scene_output *repaint_output(struct repaint *repaint, unsigned number);
/* NULL when there is no such output. Its backend's functions take it, headless_device_picture for one. */
struct output_device *repaint_device(struct repaint *repaint, unsigned number);
/*
 * How the head's picture came to the glass of its output: "plane", "sampled" (read by the GPU), "composed" (read by the
 * CPU), or "-" when it is not shown. why: what kept it from a plane, NULL on one.
 */
const char *repaint_head_path(struct repaint *repaint, const struct scene_head *head,
			      const char **why);
/*
 * There is such an output, and its device is off or another session's: its flip will not come, and nothing is drawn until it
 * tells that it is damaged.
 */
void repaint_output_away(struct repaint *repaint, unsigned number);
/* Lines `output.NAME.KEY VALUE` of what the scene does not know: missed, failed, cost_us, margin_us. */
void repaint_report(struct repaint *repaint, FILE *out);

/* ---- input.c: devices to seat to guests, switching, attention ---- */
MUST_USE int input_create(struct input **out, struct server *server);
void input_destroy(struct input *input);
/* The scene changed: guests and heads as they come and go. Called by wayland/. */
void input_guest_added(struct input *input, struct scene_guest *guest);
void input_guest_removed(struct input *input, struct scene_guest *guest);
/* scene_events.head_placed, and before a head is removed. */
void input_head_placed(struct input *input, struct scene_head *head);
void input_head_removed(struct input *input, struct scene_head *head);
/* Called by repaint for every flip, after scene_output_presented. */
void input_output_presented(struct input *input, struct scene_output *output, uint64_t now_ns);
void input_outputs_changed(struct input *input);
struct seat *input_seat(struct input *input);
/* The host's chords, after a reload as well. */
void input_set_chords(struct input *input, const struct settings *settings);
/* When the event that is being handed on happened, as its device says; 0: none is. */
uint64_t input_event_ns(const struct input *input);
/* The seat's number of that device; SEAT_MAX_DEVICES: none. */
unsigned input_event_device(const struct input *input);
/* Who has keyboard, pointer and touch now; NULL: nobody, or the host. */
struct scene_guest *input_owner(const struct input *input);
/*
 * Brings the guest to the front, as the switch chord does the next one (NULL). -EBUSY: the host has all input; -EACCES: it
 * has no screen, or the layout does not let it be in front.
 */
MUST_USE int input_switch_to(struct input *input, struct scene_guest *guest);
/* The host has all input, by the attention chord. */
bool input_attention(const struct input *input);
/* Opens the devices of the session's seat. Once, when the outputs that they may be bound to are there. -errno, logged. */
MUST_USE int input_open_devices(struct input *input);
/* After a reload: what the configuration says of devices and guests is in force at once, and what it forbids is released. */
void input_reload_devices(struct input *input);
/*
 * The lights (DEVICES_LED_...) that a guest's source has turned on, told by its worker. Keyboards show them while that guest
 * has the keyboard, and from when it gets it.
 */
void input_guest_leds(struct input *input, const struct scene_guest *guest, uint32_t leds);
/* What keyboards show now. */
uint32_t input_leds(const struct input *input);
/* All input devices: whoever brings some that libinput does not know takes their numbers from here. */
struct roster *input_roster(struct input *input);

/*
 * Something of the host's is up (trusted/), or nothing is any more: guests get releases and then nothing; or the guest that
 * is due gets the keyboard once its mark is on the glass.
 */
void input_set_mode(struct input *input, enum seat_mode mode);
/* The guest is to have the keyboard, wherever it is shown; as input_switch_to, but nothing comes to the front. */
MUST_USE int input_give_keyboard(struct input *input, struct scene_guest *guest);
/* No guest gets input until input_attach or the next switch: the menu's "detach input". */
void input_detach(struct input *input);
void input_attach(struct input *input);
bool input_is_detached(const struct input *input);
/* Lines `KEY VALUE`: who has the pointer, who has caught it, which monitor shows the host's cursor; -: none. */
void input_report(const struct input *input, FILE *out);

/* ---- trusted/menu.c: the attention menu ---- */
MUST_USE int menu_create(struct menu **out, struct server *server);
void menu_destroy(struct menu *menu);
/* The attention chord was struck: opens it, also above a lock. */
void menu_open(struct menu *menu);
void menu_close(struct menu *menu);
/* Guests came, went, or their state changed. menu may be NULL. */
void menu_guests_changed(struct menu *menu);
/* The guest has the keyboard from now on; NULL: nobody has. menu may be NULL. */
void menu_keyboard_given(struct menu *menu, const struct scene_guest *guest);
/* How a command ended, for whoever looks; words: "" when there is nothing to say. */
void menu_notice(struct menu *menu, const char *words);

/* ---- commands.c: what the administrator configured for guests, run by vitrine-command, as we can run nothing ---- */
MUST_USE int commands_create(struct commands **out, struct server *server);
void commands_destroy(struct commands *commands);
/* why: "" when it was started. */
typedef void (*command_started_fn)(void *data, const char *why);
/*
 * verb: "start", "stop" or "reboot". fn (may be NULL) is called once and on a later turn when this returns 0. -EINVAL: no such
 * verb, or no guest can be called so; -ENOENT: nothing is configured for it; -EBUSY: one is under way for this guest, or
 * too many; -ECONNREFUSED: the helper could not be reached, logged.
 */
MUST_USE int commands_run(struct commands *commands, const char *verb, const char *guest,
			  command_started_fn fn, void *data);
/* "starting...", "stopping...", "rebooting..."; NULL: no command is under way for it. commands may be NULL. */
const char *commands_state(const struct commands *commands, const char *guest);

/* ---- trusted/lock.c: the lock. Its functions take NULL, too: then nothing is ever locked ---- */
enum lock_reason {
	LOCK_BY_CHORD,
	LOCK_BY_COMMAND,
	LOCK_BY_IDLE,
	LOCK_BY_LID,
	LOCK_BY_CLIENT,  /* ext-session-lock-v1: the client draws and says when it is over */
	LOCK_BY_RESTART, /* it was locked when the server before this one ended */
};

MUST_USE int lock_create(struct lock **out, struct server *server);
void lock_destroy(struct lock *lock);
/*
 * From now on nothing reaches a guest. What is locked stays whose it is; only the lock of a client that is gone can be another
 * client's, see lock_is_clients. Nothing is locked that nobody could open (lock_possible), that is logged.
 */
void lock_now(struct lock *lock, enum lock_reason reason);
/* Our own prompt can end a lock: 0; -EOPNOTSUPP: no user is configured; or why vitrine-auth can't be reached. */
MUST_USE int lock_possible(const struct lock *lock);
/* Locked, and a client's to end: whoever called lock_now for it then shows itself on TRUSTED_LOCK. */
bool lock_is_clients(const struct lock *lock);
/* From the request on, before any monitor is dark. */
bool lock_is_locked(const struct lock *lock);
/* Every monitor shows that it is locked. */
bool lock_is_dark(const struct lock *lock);
/* The trusted client that locked says that its user may go on. False: the lock is not its own, nothing happened. */
bool lock_client_unlocks(struct lock *lock);
/* It is gone without saying so: it stays locked, and our own prompt takes over. Its covers are its own to take away. */
void lock_client_gone(struct lock *lock);
/* The settings are others, or monitors.c has just begun to watch idleness. */
void lock_reload(struct lock *lock);
/* Lines `lock.KEY VALUE`: state (open, closing, locked), owner, wrong, attempt (1: a password can be typed). */
void lock_report(const struct lock *lock, FILE *out);
/* After scene_output_presented, by repaint.c; and when outputs come or go. */
void lock_output_presented(struct lock *lock, struct scene_output *output);
void lock_outputs_changed(struct lock *lock);

/* ---- trusted/prompt.c: a passphrase that a program of the host's asks for ---- */
#define PROMPT_TEXT_MAX 120u

/* 0: it is in the descriptor; -ECANCELED: refused by Escape; -ETIMEDOUT; -EIO: vitrine-auth failed; or what prompt_cancel says. */
typedef void (*prompt_done_fn)(void *data, int result);

MUST_USE int prompt_create(struct prompt **out, struct server *server);
/* Ends what is asked. May be NULL. */
void prompt_destroy(struct prompt *prompt);
/*
 * text: printable ASCII, for the person. vitrine-auth writes the passphrase to fd, which stays the caller's. done is called
 * once, later, when this returns 0. -EINVAL: the text; -EACCES: the screen is locked; -EBUSY: somebody else is asking; or why
 * vitrine-auth can't be reached.
 */
MUST_USE int prompt_ask(struct prompt *prompt, const char *text, int fd, prompt_done_fn done,
			void *data);
bool prompt_is_asking(const struct prompt *prompt);
/* What is asked ends so: -EACCES: the screen is being locked. */
void prompt_cancel(struct prompt *prompt, int why);

/* ---- layouts.c: which layout is in force, remembered per set of connected monitors ---- */
MUST_USE int layouts_create(struct layouts **out, struct server *server);
void layouts_destroy(struct layouts *layouts);
/* A monitor came or went: what is remembered for this set comes back. Called by repaint.c. */
void layouts_monitors_changed(struct layouts *layouts);
/* By name; NULL: the next one. -ENOENT: no such layout. Remembered for the monitors that are there. */
int layouts_switch(struct layouts *layouts, const char *name);
/* After a reload: the one of the same name as before, or the one to start with. */
void layouts_reload(struct layouts *layouts);
const char *layouts_current(const struct layouts *layouts);

/* ---- monitors.c: power, idle, backlight, identify. Its functions take NULL, too: then they do nothing ---- */
MUST_USE int monitors_create(struct monitors **out, struct server *server);
void monitors_destroy(struct monitors *monitors);
/*
 * Somebody touched something: dark monitors come on again. Called before the seat gets the event. True when it woke them:
 * nobody was shown anywhere then, so no guest gets the event.
 */
bool monitors_activity(struct monitors *monitors, uint64_t now_ns);
/* A monitor came or went. Called by repaint.c. */
void monitors_changed(struct monitors *monitors);
/* The settings are others. */
void monitors_reload(struct monitors *monitors);
/*
 * By command; counts as activity. A monitor that is switched off by its name stays off until it is switched on by
 * command; all (NULL) are off until somebody touches something, a second later or more. -ENOENT, or what the device said.
 */
int monitors_set_power(struct monitors *monitors, const char *name, bool on);
/* From 0 to 1. -EOPNOTSUPP: it has no backlight that we can reach. */
int monitors_set_backlight(struct monitors *monitors, const char *name, double level);
/* By key: all backlights a step up (1) or down (-1). */
void monitors_step_backlight(struct monitors *monitors, int step);
/* Each monitor shows its name and number for a few seconds. */
void monitors_identify(struct monitors *monitors);
bool monitors_is_on(const struct monitors *monitors, const char *name);
/*
 * Since when nobody has touched anything and nothing kept the host from being idle: what dimming, blanking, locking and
 * trusted clients go by. UINT64_MAX: it can't be idle now.
 */
uint64_t monitors_idle_since(const struct monitors *monitors);
/* Idleness does not begin while it is inhibited; what has begun stays until somebody touches something. */
void monitors_inhibit(struct monitors *monitors, bool inhibited);
/* Told each time that monitors_idle_since has become later. Borrowed until it is removed from its list. */
struct idle_listener {
	struct list link; /* of monitors' listeners */
	void (*changed)(void *data, uint64_t now_ns);
	void *data;
};
void monitors_listen(struct monitors *monitors, struct idle_listener *listener);

/* ---- reload.c: the configuration, read anew on SIGHUP and by command ---- */
MUST_USE int reload_create(struct reload **out, struct server *server);
void reload_destroy(struct reload *reload);
/*
 * errors: "" when the new configuration is in force, else the mistakes, a line each, and the old one stays in force.
 * Called once, on a later turn of the loop.
 */
typedef void (*reload_done_fn)(void *data, const char *errors);
/* done may be NULL. -EBUSY when too many wait already. The files are read by a thread, after this call. */
int server_reload(struct server *server, reload_done_fn done, void *data);

/* ---- control/: the D-Bus interface, on RUNTIME_DIR/control.sock and, where there is one, the system bus ---- */
MUST_USE int control_create(struct control **out, struct server *server);
void control_destroy(struct control *control);
/*
 * Writes what each monitor shows to the folder state-dir, as screen-TIME-MONITOR.png, on later turns. -ENOENT: there is no
 * such folder; -EBUSY: it is doing that already.
 */
MUST_USE int control_take_pictures(struct control *control);
/*
 * Tells who listens: name is a signal of the interface; guest and detail may be "". Nobody listens before the interface is
 * there, nor where there is none, as in tests of other parts.
 */
static inline void server_tell(const struct server *server, const char *name, const char *guest,
			       const char *detail)
{
	if (server->tell) {
		server->tell(server->control, name, guest, detail);
	}
}

/* ---- test_input.c: scripted input and pictures for headless tests; see its top for the lines it takes ---- */
MUST_USE int test_input_create(struct test_input **out, struct server *server);
void test_input_destroy(struct test_input *test);
/* A frame was shown, the owner changed, or input has arrived: answers who waits for that. test may be NULL. */
void test_input_poll(struct test_input *test);

/* ---- report.c ---- */
MUST_USE int report_create(struct server *server);
void report_write(struct server *server, FILE *out);

#endif
