"""What hands do reaches the guest that the monitors show, all of it and in order, and no other."""

import random
import re

import desk as desks
import qmp

NEEDS = ("vitrined", "vitrine-broker")
KEYBOARD = "Xen Virtual Keyboard"
POINTER = "Xen Virtual Pointer"
TOUCH = "Xen Virtual Multi-touch"
EV_KEY, EV_REL, EV_ABS = 1, 2, 3
KEY_TAB, KEY_DELETE, KEY_F10, BTN_LEFT = 15, 111, 68, 272
MODIFIERS = (29, 56)
ABS_X, ABS_Y, REL_WHEEL = 0, 1, 8
MT_SLOT, MT_X, MT_Y, MT_ID = 47, 53, 54, 57
# Linux key codes of the letters and digits, in the order of the keyboard's rows.
CODES = {**dict(zip("1234567890", range(2, 12))), **dict(zip("qwertyuiop", range(16, 26))),
         **dict(zip("asdfghjkl", range(30, 39))), **dict(zip("zxcvbnm", range(44, 51)))}
KEYS = 200
BATCH = 10
POSITIONS = 50
TOUCH_RANGE = 32768
SELECTED = (0x2f, 0x6f, 0xb7)  # the ground of the menu's selected row


def setup(vm):
    return desks.get(vm)


class Watch:
    """What a guest's devices tell from now on."""

    def __init__(self, desk, name):
        self.guest = desk.guests[name]
        self.start = self.guest.mark() - self.guest.born

    def events(self, device=None):
        """(device, type, code, value) of each event but the syncs."""
        found = re.findall(r'^input "(.*)" (\d+) (\d+) (-?\d+)$', self.guest.log[self.start:],
                           re.MULTILINE)
        events = [(where, int(kind), int(code), int(value)) for where, kind, code, value in found]
        return [event for event in events
                if event[1] != 0 and (device is None or event[0] == device)]

    def keys(self):
        """(code, value) of the keyboard's events."""
        return [(code, value) for _, kind, code, value in self.events() if kind == EV_KEY]

    def wait(self, text, timeout=20):
        """Until the guest's console has this event."""
        self.guest.wait_line(text, timeout, self.guest.born + self.start)

    def wait_key(self, code, value):
        self.wait(rf'^input ".*" {EV_KEY} {code} {value}$')


def other(name):
    (found,) = set(desks.KINDS) - {name}
    return found


def flush(desk, name):
    """Type one more key to a guest and see it arrive: everything before it has arrived or never will."""
    watch = Watch(desk, name)
    desk.vm.qmp.chord("f10")
    watch.wait_key(KEY_F10, 0)


def assert_silent(desk, watch, name):
    """A guest got nothing of what was meant for the other one.

    Seen from a key that it gets once it is shown itself: what came before that has arrived.  With the
    monitor it also gets the pointer's place, once.
    """
    desk.focus(name)
    flush(desk, name)
    entered = [event for event in watch.events(POINTER) if event[2] in (ABS_X, ABS_Y)][:2]
    strange = [event for event in watch.events() if event[2] != KEY_F10 and event not in entered]
    assert not strange, f"{name} got {strange[:8]}"


def type_keys(desk, name, text):
    """Type in batches, as QEMU's keyboard drops what its guest has not fetched in time."""
    watch = Watch(desk, name)
    for start in range(0, len(text), BATCH):
        for key in qmp.key_names(text[start:start + BATCH]):
            desk.vm.qmp.chord(key)
        wanted = 2 * min(start + BATCH, len(text))
        desk.vm.wait(lambda: len(watch.keys()) >= wanted, 20,
                     f"{len(watch.keys())} of {wanted} key events arrived")
    return watch.keys()


def test_keys(desk):
    """200 keys arrive complete and in order at the shown guest, and not one at the other."""
    for name in desks.KINDS:
        desk.focus(name)
        silent = Watch(desk, other(name))
        text = "".join(random.choice(list(CODES)) for _ in range(KEYS))
        got = type_keys(desk, name, text)
        wanted = [(CODES[key], value) for key in text for value in (1, 0)]
        assert got == wanted, f"{name}: first wrong at {first_difference(got, wanted)}"
        assert_silent(desk, silent, other(name))


def first_difference(got, wanted):
    for place, (have, want) in enumerate(zip(got, wanted)):
        if have != want:
            return f"{place}: {have} instead of {want}"
    return f"{len(got)} events instead of {len(wanted)}"


def positions(rect, count):
    """Points inside a rectangle of an output, a few pixels away from its edges."""
    x, y, width, height = rect
    return [(random.randrange(x + 4, x + width - 4), random.randrange(y + 4, y + height - 4))
            for _ in range(count)]


def device_units(point, size, extent):
    """An output's pixel in the units of a device that covers it: the middle of the pixel."""
    return [round((2 * place + 1) * extent / (2 * pixels)) for place, pixels in zip(point, size)]


def output_size(desk, output):
    picture = desk.vm.screendump(desks.OUTPUTS.index(output))
    return picture.width, picture.height


def pointer_place(watch):
    """The pointer's last position (both axes), None where it has not moved yet."""
    place = {}
    for _, kind, code, value in watch.events(POINTER):
        if kind == EV_ABS:
            place[code] = value
    return (place.get(ABS_X), place.get(ABS_Y))


def check_positions(desk, name, count):
    """Move the tablet and compare with where the layout puts that point in the guest's desktop."""
    guest, head, rect = desk.shown()["Virtual-1"]
    assert guest == name
    offset = sum(width for width, _ in desks.HEAD_SIZES[:head])
    size = output_size(desk, "Virtual-1")
    watch = Watch(desk, name)
    for point in positions(rect, count):
        desk.vm.qmp.absolute(*device_units(point, size, qmp.AXIS_MAX + 1))
        wanted = (point[0] - rect[0] + offset, point[1] - rect[1])

        def near():
            got = pointer_place(watch)
            return None not in got and all(abs(a - b) <= 1 for a, b in zip(got, wanted))

        desk.vm.wait(near, 10, f"{name}: output point {point} is {wanted} in the guest, which has "
                               f"{pointer_place(watch)}")


def test_absolute_positions(desk):
    """50 positions of a tablet that is bound to a monitor land within a pixel in each guest."""
    for name in desks.KINDS:
        desk.focus(name)
        silent = Watch(desk, other(name))
        check_positions(desk, name, POSITIONS)
        assert_silent(desk, silent, other(name))


def test_buttons_and_wheel(desk):
    """A click and a turn of the wheel arrive as such."""
    name = desk.focused()
    check_positions(desk, name, 1)
    watch = Watch(desk, name)
    desk.vm.qmp.button("left", True)
    desk.vm.qmp.button("left", False)
    watch.wait_key(BTN_LEFT, 0)
    desk.vm.qmp.wheel("down")
    watch.wait(rf'^input ".*" {EV_REL} {REL_WHEEL} -1$')
    desk.vm.qmp.wheel("up")
    watch.wait(rf'^input ".*" {EV_REL} {REL_WHEEL} 1$')
    assert [value for code, value in watch.keys() if code == BTN_LEFT] == [1, 0], watch.keys()


def contacts(watch):
    """{slot: [tracking id, x, y]} as the guest's kernel tells it, and every slot ever used."""
    slots, used, slot = {}, set(), 0
    for _, kind, code, value in watch.events(TOUCH):
        if kind != EV_ABS:
            continue
        if code == MT_SLOT:
            slot = value
        elif code == MT_ID:
            if value < 0:
                slots.pop(slot, None)
            else:
                slots[slot] = [value, None, None]
                used.add(slot)
        elif code in (MT_X, MT_Y) and slot in slots:
            slots[slot][code - MT_X + 1] = value
    return slots, used


def check_touch(desk, name, touch):
    """Ten fingers go down, move and go up; the guest sees ten slots where the layout puts them."""
    _, head, rect = desk.shown()["Virtual-1"]
    offset = sum(width for width, _ in desks.HEAD_SIZES[:head])
    size = output_size(desk, "Virtual-1")
    watch = Watch(desk, name)
    for verb in ("down", "move"):
        points = positions(rect, desks.SLOTS)
        units = [device_units(point, size, TOUCH_RANGE) for point in points]
        touch.play(*(f"{verb} {slot} {x} {y}" for slot, (x, y) in enumerate(units)), "sync")
        wanted = sorted((x - rect[0] + offset, y - rect[1]) for x, y in points)

        def arrived():
            got = sorted(tuple(place[1:]) for place in contacts(watch)[0].values()
                         if None not in place)
            return len(got) == len(wanted) and all(
                abs(a - b) <= 1 for have, want in zip(got, wanted) for a, b in zip(have, want))

        desk.vm.wait(arrived, 20, f"{name}, {verb}: {contacts(watch)[0]} instead of {wanted}")
    touch.play(*(f"up {slot}" for slot in range(desks.SLOTS)), "sync")
    desk.vm.wait(lambda: not contacts(watch)[0], 20, f"{name}: fingers stay: {contacts(watch)[0]}")
    assert contacts(watch)[1] == set(range(desks.SLOTS)), contacts(watch)[1]


def test_ten_fingers(desk):
    """A ten-finger sequence arrives as ten slots at the shown guest only, after a switch too."""
    with desk.vm.touch_screen() as touch:
        desk.vm.wait(lambda: desk.vm.control.run(
            f"ls -l /proc/[0-9]*/fd | grep -q {touch.path}").status == 0, 20,
            "the display server does not open the touch screen")
        for name in desks.KINDS:
            desk.focus(name)
            silent = Watch(desk, other(name))
            check_touch(desk, name, touch)
            assert_silent(desk, silent, other(name))


def test_nothing_sticks(desk):
    """A key that is held across a switch is released at its guest and unknown to the other."""
    first = desk.focused()
    watch, silent = Watch(desk, first), Watch(desk, other(first))
    desk.vm.qmp.key("a", True)
    watch.wait_key(CODES["a"], 1)
    desk.focus(other(first))
    watch.wait_key(CODES["a"], 0)
    desk.vm.qmp.key("a", False)
    flush(desk, other(first))
    strange = [event for event in silent.keys() if event[0] != KEY_F10]
    assert not strange, f"{other(first)} got {strange}"


def test_switch_chord_stays_here(desk):
    """The key that completes the switch hotkey reaches no guest, and what was down is released."""
    watches = {name: Watch(desk, name) for name in desks.KINDS}
    for _ in desks.KINDS:
        desk.focus(other(desk.focused()))
    flush(desk, desk.focused())
    for name, watch in watches.items():
        assert KEY_TAB not in [code for code, _ in watch.keys()], f"{name} got the switch hotkey"
        assert_released(name, watch)


def assert_released(name, watch):
    """Every modifier that went down in a guest has come up again."""
    for code in MODIFIERS:
        values = [value for key, value in watch.keys() if key == code]
        assert not values or values[-1] == 0, f"{name} still holds {code}: {values}"


def attention(desk, state):
    """Until the display server says that the host has all input, or no longer."""
    desk.vm.wait(lambda: desk.vm.stats("vitrined")["attention"] == state, 20,
                 f"the attention state does not become {state}")


def test_attention_chord_arrives_nowhere(desk):
    """The attention chord takes all input from the guests until it is dismissed; none sees it."""
    watches = {name: Watch(desk, name) for name in desks.KINDS}
    for _ in desks.KINDS:
        desk.vm.qmp.chord(*desks.ATTENTION)
        attention(desk, "1")
        desk.vm.wait(lambda: not desk.shown(), 20, "guests are still shown")
        desk.vm.qmp.chord("q")
        desk.vm.qmp.chord("esc")
        attention(desk, "0")
        desk.vm.wait(desk.focused, 20, "no guest's picture returns")
        flush(desk, desk.focused())
        desk.focus(other(desk.focused()))
    for name, watch in watches.items():
        codes = {code for code, _ in watch.keys()}
        assert codes <= {KEY_F10, *MODIFIERS}, f"{name} got {codes}"
        assert_released(name, watch)


def selected_row(desk, output):
    """The menu's selected row as it is on the glass, a picture; None while there is no such row."""
    picture = desk.vm.screendump(desks.OUTPUTS.index(output))
    rect = picture.extent(SELECTED)
    return picture.crop(*rect) if rect else None


def colour_of(desk, name):
    value = int(desk.vm.stats("vitrined")[f"guest.{name}.colour"].lstrip("#"), 16)
    return bytes((value >> 16, value >> 8 & 0xff, value & 0xff))


def test_attention_menu(desk):
    """The attention menu opens over both guests on both monitors, and what is chosen there by keys comes to the front."""
    watches = {name: Watch(desk, name) for name in desks.KINDS}
    for _ in desks.KINDS:
        wanted = other(desk.focused())
        desk.vm.qmp.chord(*desks.ATTENTION)
        attention(desk, "1")
        for output in desks.OUTPUTS:
            desk.vm.wait(lambda: selected_row(desk, output), 20, f"no menu on {output}")
        assert not desk.shown(), "guests are still shown"
        row = selected_row(desk, desks.OUTPUTS[0])
        if colour_of(desk, wanted) not in row.colours():
            desk.vm.qmp.chord("down")
            desk.vm.wait(lambda: colour_of(desk, wanted) in selected_row(desk, desks.OUTPUTS[0]).colours(), 20,
                         f"{wanted} is not in the menu")
        desk.vm.qmp.chord("ret")
        desk.vm.qmp.chord("ret")
        attention(desk, "0")
        desk.vm.wait(lambda: desk.focused() == wanted, 20, f"{wanted} does not come to the front")
        flush(desk, wanted)
    for name, watch in watches.items():
        codes = {code for code, _ in watch.keys()}
        assert codes <= {KEY_F10, *MODIFIERS}, f"{name} got {codes}"
        assert_released(name, watch)
