"""Two guests with two heads each in four layouts: every picture is where its layout says, pixel by pixel.

Where things are is asked of nobody: a guest's picture is computed from its nonce, turned and enlarged here, and searched
in what the monitors show.
"""

import secrets

import desk as desks
import pictures
import ppm
import qmp
import test_input as hands

NEEDS = ("vitrined", "vitrine-broker", "vitrinectl")
CONFIG = "/etc/vitrine/vitrine.conf"
# Small enough that two of them stand side by side on the first monitor.
HEAD_SIZES = ((560, 420), (400, 300))
CONNECTORS = ";".join(f"{name}:{width}x{height}"
                      for name, (width, height) in zip("AB", HEAD_SIZES))
VDISPL = f'vdispl=["backend=0,be-alloc=0,connectors={CONNECTORS}"]'
KINDS = {"left": "pv", "right": "pvh"}
FRAME = 3

LAYOUTS = """
[input]
keyboard-follows = click

[layout front]

[layout split]
[layout split output Virtual-1]
columns = guest left | guest right
[layout split output Virtual-2]
rows = guest right head 1 | guest left head 1

[layout mosaic]
[layout mosaic output Virtual-1]
shows = mosaic
[layout mosaic output Virtual-2]
shows = guest left head 1
transform = 90

[layout mirror]
[layout mirror output Virtual-1]
shows = guest right
fit = integer
[layout mirror output Virtual-2]
shows = guest left head 1
fit = integer
transform = 180
scale = 1.5
"""


class Wall:
    """The two guests, their pictures held at one frame, and the monitors."""

    def __init__(self, vm):
        self.vm = vm
        self.nonce = secrets.randbits(31)
        vm.dom0(f"mkdir -p {CONFIG.rsplit('/', 1)[0]}")
        vm.put(CONFIG, LAYOUTS)
        vm.dom0(f"chmod 644 {CONFIG}")
        vm.service("restart", "vitrined")
        self.guests = {name: vm.create(name, kind, [VDISPL, desks.vkb(name)], wait=False)
                       for name, kind in KINDS.items()}
        for name, guest in self.guests.items():
            guest.wait_ready()
            guest.send("guestinput &")
            guest.wait_line("^guestinput: listening$")
            guest.send(f"guestdraw -n {self.nonce_of(name)} -f {FRAME} flip flip &")
            guest.wait_line(r"^guestdraw: held", 60)
        self.expected = {(name, head): pictures.expected(*size, self.nonce_of(name), head, FRAME)
                         for name in KINDS for head, size in enumerate(HEAD_SIZES)}

    def nonce_of(self, name):
        return self.nonce + list(KINDS).index(name)

    def switch(self, layout):
        self.vm.dom0(f"vitrinectl layout {layout}")

    def places(self, wanted):
        """Where the wanted pictures are: {(guest, head): (x, y)} of those that are on that monitor."""
        output = desks.OUTPUTS.index(wanted["output"])
        dump = self.vm.screendump(output)
        turned = {key: turn(self.expected[key], wanted.get("times", 1), wanted.get("degrees", 0))
                  for key in wanted["shows"]}
        return {key: place for key, picture in turned.items() if (place := dump.find(picture))}

    def wait_shown(self, wanted):
        """Until the monitor shows all of them; where."""
        found = {}

        def all_there():
            found.clear()
            found.update(self.places(wanted))
            return len(found) == len(wanted["shows"])
        self.vm.wait(all_there, 40, f"{wanted}: only {found} there", 0.5)
        return found


def turn(picture, times, degrees):
    """Every pixel as a square of so many, then turned as a panel that is mounted so wants it."""
    rows = []
    for y in range(picture.height):
        row = picture.row(y)
        wide = b"".join(row[x:x + 3] * times for x in range(0, len(row), 3)) if times > 1 else row
        rows += [wide] * times
    picture = ppm.Picture(picture.width * times, picture.height * times, b"".join(rows))
    for _ in range(degrees // 90):
        picture = turn_anticlockwise(picture)
    return picture


def turn_anticlockwise(picture):
    """What was on the right is on top."""
    columns = []
    for x in reversed(range(picture.width)):
        columns.append(b"".join(picture.pixels[(y * picture.width + x) * 3:(y * picture.width + x) * 3 + 3]
                                for y in range(picture.height)))
    return ppm.Picture(picture.height, picture.width, b"".join(columns))


def setup(vm):
    vm.destroy_all()
    return Wall(vm)


def teardown(wall):
    """The next module finds the machine without configuration and without guests."""
    wall.vm.destroy_all()
    wall.vm.dom0(f"rm -f {CONFIG}")
    wall.vm.service("restart", "vitrined")


def middle(wall, key, place):
    return place[0] + wall.expected[key].width // 2, place[1] + wall.expected[key].height // 2


def test_front(wall):
    """The guest in front has both monitors, its heads in order."""
    wall.switch("front")
    owner = wall.vm.stats("vitrined")["keyboard"]
    assert owner in KINDS, f"{owner} has the keyboard"
    for head, output in enumerate(desks.OUTPUTS):
        wall.wait_shown({"output": output, "shows": [(owner, head)]})
        others = [(name, head) for name in KINDS if name != owner]
        assert not wall.places({"output": output, "shows": others}), f"{output} shows {others} too"


def test_split(wall):
    """Two guests side by side on one monitor, and one above the other on the next."""
    wall.switch("split")
    first = wall.wait_shown({"output": "Virtual-1", "shows": [("left", 0), ("right", 0)]})
    width = wall.vm.screendump(0).width
    assert middle(wall, ("left", 0), first["left", 0])[0] < width // 2, first
    assert first["right", 0][0] >= width // 2, first
    second = wall.wait_shown({"output": "Virtual-2", "shows": [("left", 1), ("right", 1)]})
    assert second["right", 1][1] + HEAD_SIZES[1][1] <= second["left", 1][1], second


def test_split_marks(wall):
    """Each of the two has a mark of its own around its picture, and no mark touches the other's pixels."""
    places = wall.wait_shown({"output": "Virtual-1", "shows": [("left", 0), ("right", 0)]})
    dump = wall.vm.screendump(0)
    colours = {}
    for key, (x, y) in places.items():
        width, height = HEAD_SIZES[key[1]]
        bars = [dump.crop(x - 8, y, 8, height), dump.crop(x + width, y, 8, height)]
        colours[key] = set.union(*(bar.colours() for bar in bars))
        assert len(colours[key]) <= 3, f"{key}: {len(colours[key])} colours beside the picture"
    assert len({frozenset(found) for found in colours.values()}) == 2, f"marks alike: {colours}"


def units(x, y):
    """A point of the guest's desktop, its heads side by side, in units of its absolute pointer."""
    desktop = sum(width for width, _ in HEAD_SIZES), max(height for _, height in HEAD_SIZES)
    return tuple(int(place * extent / size) for place, extent, size in zip((x, y), desks.DESKTOP, desktop))


def point_at(wall, watch, point, wanted):
    """The tablet to a pixel of the first monitor, until the guest has the pointer there."""
    dump = wall.vm.screendump(0)
    size = dump.width, dump.height

    def there():
        got = hands.pointer_place(watch)
        return None not in got and all(abs(a - b) <= 1 for a, b in zip(got, wanted))
    wall.vm.qmp.absolute(*hands.device_units(point, size, qmp.AXIS_MAX + 1))
    wall.vm.wait(there, 20, f"{point} is not {wanted} in the guest")


def click(wall, name):
    """Asks for the keyboard for whom the pointer is over."""
    wall.vm.qmp.button("left", True)
    wall.vm.qmp.button("left", False)
    wall.vm.wait(lambda: wall.vm.stats("vitrined")["keyboard"] == name, 20, f"{name} does not get the keyboard")


def way(watch):
    """Where the guest's pointer has been, from left to right."""
    return [value for _, kind, code, value in watch.events(hands.POINTER)
            if (kind, code) == (hands.EV_ABS, hands.ABS_X)]


def test_pointer_crosses_the_split(wall):
    """A mouse goes from one guest's half to the other's: each sees its part of the way, and the keyboard follows by click."""
    places = wall.wait_shown({"output": "Virtual-1", "shows": [("left", 0), ("right", 0)]})
    x, y = places["left", 0]
    before = hands.Watch(wall, "left")
    point_at(wall, before, (x + 300, y + 200), units(300.5, 200.5))
    click(wall, "left")
    left, right = (hands.Watch(wall, name) for name in ("left", "right"))

    def push():
        """One step at a time: QEMU's mouse drops what its guest has not fetched in time."""
        wall.vm.qmp.relative(10, 0)
        return len(way(right)) >= 5
    wall.vm.wait(push, 30, "the pointer does not come to the other guest")
    width, _ = units(HEAD_SIZES[0][0], 0)
    # The last place that the left one sees is the one that its cursor is parked at.
    for name, seen in (("left", way(left)), ("right", way(right))):
        assert seen == sorted(seen) and 0 <= seen[0] and seen[-1] < width, f"{name}: {seen}"
    assert way(left)[0] > units(300, 0)[0] and way(left)[-1] == width - 1, way(left)
    assert wall.vm.stats("vitrined")["pointer"] == "right"
    assert wall.vm.stats("vitrined")["keyboard"] == "left"
    click(wall, "right")
    wall.vm.qmp.chord("k")
    right.wait_key(hands.CODES["k"], 0)
    codes = [code for code, _ in right.keys()]
    assert codes == [hands.BTN_LEFT] * 2 + [hands.CODES["k"]] * 2, codes
    assert not left.keys(), left.keys()


def test_mosaic(wall):
    """All heads of all guests on one monitor; a turned panel shows its guest turned."""
    wall.switch("mosaic")
    found = wall.wait_shown({"output": "Virtual-1", "shows": list(wall.expected)})
    assert len(set(found.values())) == len(wall.expected), found
    wall.wait_shown({"output": "Virtual-2", "shows": [("left", 1)], "degrees": 90})


def test_scaled(wall):
    """Whole multiples are exact, also on a panel that hangs upside down."""
    wall.switch("mirror")
    wall.wait_shown({"output": "Virtual-1", "shows": [("right", 0)], "times": 2})
    wall.wait_shown({"output": "Virtual-2", "shows": [("left", 1)], "times": 2, "degrees": 180})


def test_back_again(wall):
    """The first layout again: nothing was lost on the way, and no guest's kernel complains."""
    wall.switch("front")
    owner = wall.vm.stats("vitrined")["keyboard"]
    for head, output in enumerate(desks.OUTPUTS):
        wall.wait_shown({"output": output, "shows": [(owner, head)]})
    for name, guest in wall.guests.items():
        _, log = guest.run("dmesg")
        wrong = [line for line in log.splitlines() if desks.WRONG_WORDS.search(line)]
        assert not wrong, f"{name}: {wrong}"
