"""Real devices: what uinput makes in dom0 goes through libinput and the display server into stock guests' evdev."""

import os
import random
import re

import desk as desks
import image
from test_input import (BTN_LEFT, CODES, EV_ABS, EV_KEY, EV_REL, KEY_F10, POINTER, REL_WHEEL, TOUCH,
                        TOUCH_RANGE, Watch, contacts, device_units, first_difference, flush, other,
                        output_size, pointer_place, positions)

NEEDS = ("vitrined", "vitrine-broker", "vitrinectl")
CONFIG = "/etc/vitrine/vitrine.conf"
RECORDINGS = os.path.join(image.ROOT, "tests", "recordings")
KEY_LEFTCTRL, KEY_LEFTALT, KEY_TAB, BTN_RIGHT, BTN_STYLUS = 29, 56, 15, 273, 331
KEY_NUMLOCK, LED_NUM_LOCK, EV_SW = 69, 1, 5
BTN_TOOL_PEN, BTN_TOOL_RUBBER, BTN_TOUCH, ABS_PRESSURE = 320, 321, 330, 24
STROKES = 300
BATCH = 15
SWITCHES = 1000
CHECK_EVERY = 250
FLOOD = 400

POLICY = """
[device Vitrine Pen]
output = Virtual-1
[device Vitrine Touch One]
output = Virtual-1
[device Vitrine Touch Two]
output = Virtual-2
[device Vitrine Recorded Touchscreen]
output = Virtual-1
[device Vitrine Mouse]
accel-profile = flat
[device Vitrine Private Keys]
not-guests = web
[layout front]
[layout split]
[layout split output Virtual-1]
shows = guest work
[layout split output Virtual-2]
shows = guest web
"""


def configure(vm, text):
    """What the configuration says from now on."""
    vm.dom0(f"mkdir -p {os.path.dirname(CONFIG)}")
    vm.put(CONFIG, text)
    vm.dom0(f"chmod 644 {CONFIG}; vitrinectl reload")


def setup(vm):
    desk = desks.get(vm)
    configure(vm, POLICY)
    vm.dom0("vitrinectl layout front")
    vm.wait(desk.focused, 20, "the monitors do not show one guest")
    return desk


def teardown(desk):
    configure(desk.vm, "")
    for name in desks.KINDS:
        listen(desk, name, "")
    desk.vm.wait(desk.focused, 20, "the monitors do not show one guest")


def listen(desk, name, options):
    """Start guestinput anew in a guest."""
    guest = desk.guests[name]
    guest.run("killall guestinput; while pidof guestinput; do usleep 50000; done")
    after = guest.mark()
    guest.send(f"guestinput {options} &")
    guest.wait_line("^guestinput: listening$", 20, after)


def strokes(device, code):
    return (f"key {device} {code} 1", f"key {device} {code} 0")


def place_in_guest(desk, output, point):
    """The pixel of the guest's desktop that an output's pixel shows, and whose guest it is."""
    name, head, (x, y, width, height) = desk.shown()[output]
    size = desks.HEAD_SIZES[head]
    offset = sum(width for width, _ in desks.HEAD_SIZES[:head])
    return name, (offset + (point[0] + 0.5 - x) * size[0] / width - 0.5,
                  (point[1] + 0.5 - y) * size[1] / height - 0.5)


def close(got, wanted):
    """Within a pixel, on both axes."""
    return None not in got and all(abs(a - b) <= 1 for a, b in zip(got, wanted))


def wait_pointer(desk, watch, wanted):
    desk.vm.wait(lambda: close(pointer_place(watch), wanted), 15,
                 f"the pointer should be at {wanted} and is at {pointer_place(watch)}")


def test_keys_in_order(desk):
    """What is typed on a keyboard arrives whole and in order, and nothing of it at the other guest."""
    with desk.vm.hands() as hands:
        hands.plug("keys", "keyboard", "Vitrine Keys")
        for name in desks.KINDS:
            desk.focus(name)
            watch, silent = Watch(desk, name), Watch(desk, other(name))
            typed = [random.choice(list(CODES.values())) for _ in range(STROKES)]
            # The kernel keeps some sixty events for a reader that is slow, and drops what comes then.
            for start in range(0, STROKES, BATCH):
                batch = typed[start:start + BATCH]
                hands.play(*(line for code in batch for line in strokes("keys", code)))
                wanted = [(code, value) for code in typed[:start + BATCH] for value in (1, 0)]
                desk.vm.wait(lambda: len(watch.keys()) >= len(wanted), 30, "keys are missing")
                assert watch.keys() == wanted, first_difference(watch.keys(), wanted)
            assert not silent.keys(), f"{other(name)} got {silent.keys()[:4]}"


def test_pen_and_mouse(desk):
    """A pen is where it is put within a pixel, its tip and side button are buttons; a mouse goes on from there."""
    name = "work"
    desk.focus(name)
    watch = Watch(desk, name)
    with desk.vm.hands() as hands:
        hands.plug("pen", "pen", "Vitrine Pen")
        hands.plug("mouse", "mouse", "Vitrine Mouse")
        rect, size = desk.rect("Virtual-1"), output_size(desk, "Virtual-1")
        hands.play(f"raw pen {EV_KEY} {BTN_TOOL_PEN} 1")
        for point in positions(rect, 10):
            x, y = device_units(point, size, TOUCH_RANGE)
            hands.play(f"place pen {x} {y}", "sync pen")
            wait_pointer(desk, watch, place_in_guest(desk, "Virtual-1", point)[1])
        # A tip is down when it is pressed hard enough, whatever its own switch says.
        hands.play(f"raw pen {EV_ABS} {ABS_PRESSURE} 1200", f"key pen {BTN_TOUCH} 1", "wait 20000",
                   f"key pen {BTN_STYLUS} 1", "wait 20000", f"key pen {BTN_STYLUS} 0", "wait 20000",
                   f"raw pen {EV_ABS} {ABS_PRESSURE} 0", f"key pen {BTN_TOUCH} 0", "wait 20000",
                   f"key pen {BTN_TOOL_PEN} 0")
        watch.wait_key(BTN_LEFT, 0)
        assert watch.keys() == [(BTN_LEFT, 1), (BTN_RIGHT, 1), (BTN_RIGHT, 0), (BTN_LEFT, 0)], \
            watch.keys()
        # From the middle, so that no edge is in the way.
        middle = (rect[0] + rect[2] // 2, rect[1] + rect[3] // 2)
        x, y = device_units(middle, size, TOUCH_RANGE)
        hands.play(f"raw pen {EV_KEY} {BTN_TOOL_RUBBER} 1", f"place pen {x} {y}", "sync pen",
                   f"key pen {BTN_TOOL_RUBBER} 0")
        at = place_in_guest(desk, "Virtual-1", middle)[1]
        wait_pointer(desk, watch, at)
        hands.play(*("motion mouse 3 -2",) * 40)
        wait_pointer(desk, watch, (at[0] + 120, at[1] - 80))
        hands.play(f"key mouse {BTN_RIGHT} 1", f"key mouse {BTN_RIGHT} 0")
        watch.wait_key(BTN_RIGHT, 0)


def test_two_touchscreens(desk):
    """Ten fingers each on two touchscreens at once: each guest sees its own ten, where they are."""
    desk.vm.dom0("vitrinectl layout split")
    sides = {"one": "Virtual-1", "two": "Virtual-2"}
    desk.vm.wait(lambda: {name for name, _, _ in desk.shown().values()} == set(desks.KINDS), 20,
                 "the monitors do not show two guests")
    with desk.vm.hands() as hands:
        hands.plug("one", "touch", "Vitrine Touch One")
        hands.plug("two", "touch", "Vitrine Touch Two")
        watches = {name: Watch(desk, name) for name in desks.KINDS}
        for verb in ("down", "move"):
            lines, wanted = [], {name: [] for name in desks.KINDS}
            for slot in range(desks.SLOTS):
                for device, output in sides.items():
                    (point,) = positions(desk.rect(output), 1)
                    x, y = device_units(point, output_size(desk, output), TOUCH_RANGE)
                    name, place = place_in_guest(desk, output, point)
                    wanted[name].append(place)
                    lines += [f"{verb} {device} {slot} {x} {y}", f"sync {device}"]
            hands.play(*lines)
            for name, places in wanted.items():
                wait_contacts(desk, watches[name], places)
        hands.play(*(f"up {device} {slot}" for slot in range(desks.SLOTS) for device in sides),
                   *(f"sync {device}" for device in sides))
        for name, watch in watches.items():
            wait_contacts(desk, watch, [])
            assert contacts(watch)[1] == set(range(desks.SLOTS)), (name, contacts(watch)[1])
    desk.vm.dom0("vitrinectl layout front")
    desk.vm.wait(desk.focused, 20, "the monitors do not show one guest")


def wait_contacts(desk, watch, places):
    """Until the guest's contacts are these, each within a pixel."""
    def are_there():
        left = [place[1:] for place in contacts(watch)[0].values()]
        for wanted in places:
            near = [got for got in left if close(got, wanted)]
            if not near:
                return False
            left.remove(near[0])
        return not left

    desk.vm.wait(are_there, 20, f"contacts {contacts(watch)[0]} instead of {places}")


def test_calibration(desk):
    """A touchscreen that is mounted upside down touches where the finger is, from the reload on."""
    desk.focus("work")
    size = output_size(desk, "Virtual-1")
    with desk.vm.hands() as hands:
        hands.plug("one", "touch", "Vitrine Touch One")
        for turned in (False, True):
            if turned:
                configure(desk.vm, POLICY.replace("[device Vitrine Touch Two]",
                                                  "calibration = 180\n[device Vitrine Touch Two]"))
            watch = Watch(desk, "work")
            (point,) = positions(desk.rect("Virtual-1"), 1)
            at = (size[0] - 1 - point[0], size[1] - 1 - point[1]) if turned else point
            x, y = device_units(at, size, TOUCH_RANGE)
            hands.play(f"down one 0 {x} {y}", "sync one")
            wait_contacts(desk, watch, [place_in_guest(desk, "Virtual-1", point)[1]])
            hands.play("up one 0", "sync one")
            wait_contacts(desk, watch, [])
    configure(desk.vm, POLICY)


def test_private_keyboard(desk):
    """A keyboard that must not reach a guest does not; one that may no longer lets go at once."""
    with desk.vm.hands() as hands:
        hands.plug("private", "keyboard", "Vitrine Private Keys")
        hands.plug("keys", "keyboard", "Vitrine Keys")
        desk.focus("web")
        watch = Watch(desk, "web")
        hands.play(*strokes("private", CODES["q"]), *strokes("keys", CODES["w"]))
        watch.wait_key(CODES["w"], 0)
        assert CODES["q"] not in [code for code, _ in watch.keys()], watch.keys()
        desk.focus("work")
        watch = Watch(desk, "work")
        hands.play(f"key private {CODES['q']} 1")
        watch.wait_key(CODES["q"], 1)
        configure(desk.vm, POLICY.replace("not-guests = web", "not-guests = web work"))
        watch.wait_key(CODES["q"], 0)
        hands.play(f"key private {CODES['q']} 0", *strokes("private", CODES["e"]))
        flush(desk, "work")
        assert CODES["e"] not in [code for code, _ in watch.keys()], watch.keys()
        configure(desk.vm, POLICY)


def test_lights(desk):
    """The lights of all keyboards are those of the guest that has the keyboard, and come back with it."""
    with desk.vm.hands() as hands:
        hands.plug("keys", "keyboard", "Vitrine Keys")
        desk.focus("work")
        before = hands.leds("keys") & LED_NUM_LOCK

        def wait_lights(lit):
            desk.vm.wait(lambda: hands.leds("keys") & LED_NUM_LOCK == lit, 20,
                         f"Num Lock's light is not {lit}")

        hands.play(*strokes("keys", KEY_NUMLOCK))
        wait_lights(before ^ LED_NUM_LOCK)
        hands.plug("more", "keyboard", "Vitrine More Keys")
        assert hands.leds("more") & LED_NUM_LOCK == before ^ LED_NUM_LOCK
        desk.focus("web")
        wait_lights(0)
        desk.focus("work")
        wait_lights(before ^ LED_NUM_LOCK)
        hands.play(*strokes("more", KEY_NUMLOCK))
        wait_lights(before)


def replay(hands, device):
    """Play a recording with its pauses."""
    hands.play(f"replay {device}")


def plug_recording(desk, hands, device, name):
    with open(os.path.join(RECORDINGS, name)) as file:
        desk.vm.put(f"/run/{name}", file.read())
    hands.record(device, f"/run/{name}")


def test_recorded_wheel(desk):
    """Half notches of a wheel with small steps are not lost: eight steps make one, over a pause too."""
    desk.focus("work")
    with desk.vm.hands() as hands:
        plug_recording(desk, hands, "wheel", "mouse-wheel-hires.yml")
        hands.plug("pen", "pen", "Vitrine Pen")
        watch = Watch(desk, "work")
        x, y, width, height = desk.rect("Virtual-1")
        middle = device_units((x + width // 2, y + height // 2), output_size(desk, "Virtual-1"),
                              TOUCH_RANGE)
        hands.play(f"raw pen {EV_KEY} {BTN_TOOL_PEN} 1", f"place pen {middle[0]} {middle[1]}",
                   "sync pen", f"key pen {BTN_TOOL_PEN} 0")
        replay(hands, "wheel")
        flush(desk, "work")
        turns = [value for _, kind, code, value in watch.events(POINTER)
                 if (kind, code) == (EV_REL, REL_WHEEL)]
        assert sum(turns) == -6, turns


def test_recorded_swipe(desk):
    """Three fingers across a touchpad bring the next guest, once, and are nobody's pointer."""
    before = desk.focused()
    watches = {name: Watch(desk, name) for name in desks.KINDS}
    with desk.vm.hands() as hands:
        plug_recording(desk, hands, "pad", "touchpad-swipe.yml")
        replay(hands, "pad")
        desk.vm.wait(lambda: desk.focused() == other(before), 20, "the swipe switches nothing")
        flush(desk, other(before))
    for name, watch in watches.items():
        buttons = [event for event in watch.keys() if event[0] != KEY_F10]
        assert not buttons, f"{name} got {buttons}"


def test_recorded_palm(desk):
    """A contact that turns out to be a palm ends; the finger beside it goes on to its own end."""
    desk.focus("work")
    watch = Watch(desk, "work")
    with desk.vm.hands() as hands:
        plug_recording(desk, hands, "screen", "touchscreen-palm.yml")
        replay(hands, "screen")
        flush(desk, "work")
    assert contacts(watch)[1] == {0, 1}, contacts(watch)[1]
    wait_contacts(desk, watch, [])
    order, slot = [], 0
    for _, kind, code, value in watch.events(TOUCH):
        if kind == EV_ABS and code == 47:
            slot = value
        elif kind == EV_ABS and code == 57 and value < 0:
            order.append(slot)
        elif kind == EV_ABS and code == 53 and order:
            assert slot != order[0], "the palm moves after its end"
    assert order == [1, 0], f"contacts end in the order {order}"


def summary(desk, name):
    """(held, presses, releases) of a guest whose guestinput counts."""
    guest = desk.guests[name]
    after = guest.mark()
    guest.send("killall -USR1 guestinput")
    line = guest.wait_line(r"^guestinput: held (\d+) presses (\d+) releases (\d+)$", 20, after)
    return tuple(int(word) for word in line.groups())


def wait_all_up(desk):
    """Until no guest holds anything; the counts of all."""
    counts = {}

    def none_held():
        counts.update({name: summary(desk, name) for name in desks.KINDS})
        return all(held == 0 and presses == releases for held, presses, releases in counts.values())

    try:
        desk.vm.wait(none_held, 20, "nothing is held", 0.3)
    except AssertionError as error:
        raise AssertionError(f"something sticks (held, presses, releases): {counts}") from error
    return counts


def test_hostile_device(desk):
    """A flood, codes that do not exist and an unplug with keys down: nothing sticks, one line tells of each."""
    desk.focus("work")
    for name in desks.KINDS:
        listen(desk, name, "-s")
    mark = desk.vm.control.mark("vitrined.log")
    with desk.vm.hands() as hands:
        hands.plug("evil", "keyboard", "Vitrine Evil Keys")
        hands.play(f"raw evil {EV_KEY} 0 1", "sync evil", f"raw evil {EV_KEY} 0 0", "sync evil")
        hands.play(f"flood evil {CODES['a']} {FLOOD}", timeout=120)
        hands.play(f"key evil {CODES['b']} 1", f"key evil {CODES['c']} 1", "wait 50000",
                   "remove evil")
        desk.vm.control.wait_line("vitrined.log", "'Vitrine Evil Keys' is gone", 20, mark)
    counts = wait_all_up(desk)
    assert 0 < counts["work"][1] <= FLOOD + 2, counts
    log = desk.vm.control.log("vitrined.log")[mark:]
    told = re.findall(r"'Vitrine Evil Keys' was unplugged while", log)
    assert len(told) == 1, f"{len(told)} lines about the unplugging"


def test_lid(desk):
    """A lid that is closed asks for the lock, which is refused here, as nothing could end it; an opened one does not."""
    configure(desk.vm, POLICY + "[lock]\nuser = root\n")
    mark = desk.vm.control.mark("vitrined.log")
    with desk.vm.hands() as hands:
        hands.plug("lid", "lid", "Vitrine Lid")
        for closed in (1, 0):
            hands.play(f"raw lid {EV_SW} 0 {closed}", "sync lid", "wait 50000")
        desk.vm.control.wait_line("vitrined.log", r"not locked \(.*lid.*\)", 20, mark)
        hands.play("remove lid")
        desk.vm.control.wait_line("vitrined.log", "'Vitrine Lid' is gone", 20, mark)
    told = re.findall(r"not locked \(", desk.vm.control.log("vitrined.log")[mark:])
    assert len(told) == 1, told
    configure(desk.vm, POLICY)


def switch_script(seed, count):
    """Random typing on one keyboard, the switch chord on either, now and then both at once."""
    chance = random.Random(seed)
    letters = list(CODES.values())[:12]
    held, lines = set(), []
    for _ in range(count):
        for _ in range(chance.randrange(1, 4)):
            code = chance.choice(letters)
            held ^= {code}
            lines.append(f"key typing {code} {int(code in held)}")
        device = chance.choice(("typing", "chord"))
        lines += [f"raw {device} {EV_KEY} {code} 1"
                  for code in (KEY_LEFTCTRL, KEY_LEFTALT, KEY_TAB)]
        lines.append(f"sync {device}")
        lines += [f"raw {device} {EV_KEY} {code} 0"
                  for code in chance.sample((KEY_LEFTCTRL, KEY_LEFTALT, KEY_TAB), 3)]
        lines.append(f"sync {device}")
        # Mostly faster than frames, often enough slow enough for one.
        if chance.random() < 0.25:
            lines.append(f"wait {chance.randrange(30000, 120000)}")
    return lines + [f"key typing {code} 0" for code in held]


def test_no_key_sticks(desk):
    """A thousand random switches under typing: each guest gets input, and never keeps a key."""
    for name in desks.KINDS:
        listen(desk, name, "-s")
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    with desk.vm.hands() as hands:
        hands.plug("typing", "keyboard", "Vitrine Keys")
        hands.plug("chord", "keyboard", "Vitrine More Keys")
        for part in range(SWITCHES // CHECK_EVERY):
            before = {name: summary(desk, name)[1] for name in desks.KINDS}
            hands.play(*switch_script(seed + part, CHECK_EVERY), timeout=120)
            counts = wait_all_up(desk)
            for name, (_, presses, _) in counts.items():
                assert presses > before[name], f"seed {seed}: {name} got nothing of part {part}"
