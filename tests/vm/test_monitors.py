"""Monitors, cards and consoles come and go: guests run on, hidden and paced, and are shown again as if nothing had been."""

import re

import desk as desks
import machine
import monitor
import pictures

NEEDS = ("vitrined", "vitrine-broker", "vitrinectl")
CONF = "/etc/vitrine/vitrine.conf"
# Linux's frontend takes a frame for lost that is not acknowledged for so long.
GIVES_UP_MS = 3100
MIN_HIDDEN_HZ = 1
# What guestinput says of a key that went down.
KEY = r'^input ".*" 1 {code} 1$'
F7, F8 = 65, 66


def setup(vm):
    return desks.get(vm)


def teardown(desk):
    desk.draw("-r 5")


def outputs(desk):
    """The monitors that the display server has."""
    return sorted(set(re.findall(r"^output\.(\S+)\.size", "\n".join(desk.vm.stats("vitrined")), re.MULTILINE)))


def wait_outputs(desk, *names):
    desk.vm.wait(lambda: outputs(desk) == sorted(names), 30, f"monitors are {outputs(desk)}, not {names}")


def shows(desk, output, guest, head):
    """Whether the monitor says that it shows this head and, as it says, does: any frame of it."""
    if desk.shown().get(output, (None, None))[:2] != (guest, head):
        return False
    stamp = desk.stamp(output)
    return stamp is not None and stamp[:2] == (desk.nonce_of(guest) & 0xFFFFFF, head)


def wait_shows(desk, output, guest, head):
    desk.vm.wait(lambda: shows(desk, output, guest, head), 30, f"{output} does not show head {head} of {guest}")


def assert_exact(desk, output, guest, head):
    """What is shown there is pixel by pixel what the guest must have drawn."""
    frames = desk.hold(guest)
    wanted = (desk.nonce_of(guest) & 0xFFFFFF, head, frames[head])
    desk.vm.wait(lambda: shows(desk, output, guest, head) and desk.stamp(output) == wanted, 20,
                 f"{output} does not show frame {frames[head]}")
    picture = pictures.expected(*desks.HEAD_SIZES[head], desk.nonce_of(guest), head, frames[head])
    difference = desk.guest_picture(output).difference(picture)
    assert not difference, f"{output}, {guest} head {head}: {difference}"
    desk.go_on(guest)


def frame_of(desk, guest, head):
    """The newest frame that the guest's program says it has had shown."""
    found = re.findall(rf"^guestdraw: now .*?head {head} frame (\d+)", desk.guests[guest].log, re.MULTILINE)
    return int(found[-1]) if found else 0


def assert_paced(desk, guest, head, frames=6):
    """The guest's flips go on being acknowledged though nobody sees them, in time for its kernel."""
    first = frame_of(desk, guest, head)
    after = desk.guests[guest].mark()
    desk.vm.wait(lambda: frame_of(desk, guest, head) >= first + frames, 30 * frames / MIN_HIDDEN_HZ / 6,
                 f"hidden head {head} of {guest} stays at frame {first}")
    log = desk.guests[guest].log[after - desk.guests[guest].born:]
    gaps = [int(gap) for gap in re.findall(rf"head {head} frame \d+ longest (\d+) ms", log)]
    assert all(gap < GIVES_UP_MS for gap in gaps), f"{max(gaps)} ms without an answer"
    assert not desk.kernel_complaints(guest)


def plug(desk, width, height):
    """The second monitor; of no size: unplug it."""
    monitor.plug(desk.vm.machine.head_path, width, height)


def test_unplugged_and_replugged(desk):
    """A monitor goes: the head it showed is hidden and paced. It comes again: the head is back, pixel by pixel."""
    desk.focus("work")
    desk.draw("-c -r 10", "flip flip", ("work",))
    wait_shows(desk, "Virtual-2", "work", 1)
    plug(desk, 0, 0)
    try:
        wait_outputs(desk, "Virtual-1")
        wait_shows(desk, "Virtual-1", "work", 0)
        assert_paced(desk, "work", 1)
    finally:
        plug(desk, *machine.MONITORS[1])
    wait_outputs(desk, "Virtual-1", "Virtual-2")
    desk.draw("-r 5", "flip flip", ("work",))
    wait_shows(desk, "Virtual-2", "work", 1)
    assert_exact(desk, "Virtual-2", "work", 1)


def force(desk, state):
    """Every connector of the first card, as an administrator may, who then has to say so."""
    for name in desks.OUTPUTS:
        desk.vm.dom0(f"echo {state} >/sys/class/drm/card0-{name}/status")
    desk.vm.dom0("udevadm trigger --action=change /sys/class/drm/card0")


def test_no_monitor_at_all(desk):
    """With no monitor left the server runs, guests are acknowledged, nobody has the keyboard; then all is back."""
    desk.focus("work")
    desk.draw("-c -r 10", "flip flip")
    server = desk.vm.dom0("pidof vitrined")
    force(desk, "off")
    try:
        wait_outputs(desk)
        for name in desks.KINDS:
            assert_paced(desk, name, 0)
        desk.vm.wait(lambda: desk.vm.stats("vitrined")["keyboard"] == "-", 10, "somebody has the keyboard")
    finally:
        force(desk, "detect")
        # Detection alone would take the second monitor for gone, as nobody looks through a window.
        plug(desk, *machine.MONITORS[1])
    wait_outputs(desk, "Virtual-1", "Virtual-2")
    desk.draw("-r 5")
    desk.vm.wait(lambda: desk.vm.stats("vitrined")["keyboard"] == "work", 20, "work does not get the keyboard back")
    assert_exact(desk, "Virtual-1", "work", 0)
    assert desk.vm.dom0("pidof vitrined") == server, "the server was restarted"


def test_blanked_and_woken(desk):
    """A monitor that is switched off is dark and shows nobody; the others do. Switched on, it shows the guest anew."""
    desk.focus("work")
    desk.draw("-c -r 10", "flip flip", ("work",))
    wait_shows(desk, "Virtual-2", "work", 1)
    desk.vm.dom0("vitrinectl blank Virtual-2")
    desk.vm.wait(lambda: "Virtual-2" not in desk.shown(), 20, "Virtual-2 still shows somebody")
    assert_paced(desk, "work", 1)
    wait_shows(desk, "Virtual-1", "work", 0)
    # A key wakes what went dark by itself, never what was switched off.
    desk.vm.qmp.chord("shift")
    assert "Virtual-2" not in desk.shown()
    desk.vm.dom0("vitrinectl wake Virtual-2")
    desk.draw("-r 5", "flip flip", ("work",))
    wait_shows(desk, "Virtual-2", "work", 1)
    assert_exact(desk, "Virtual-2", "work", 1)


def test_idle(desk):
    """Nobody touches anything: all monitors go off. A key brings them back, and no guest gets it."""
    vm = desk.vm
    vm.dom0("mkdir -p /etc/vitrine")
    vm.put(CONF, "[idle]\noff-after = 3 s\n")
    vm.dom0("kill -HUP $(pidof vitrined)")
    desk.focus("work")
    desk.draw("-c -r 10", "flip flip", ("work",))
    guest = desk.guests["work"]
    try:
        vm.wait(lambda: not desk.shown(), 30, f"still shown: {desk.shown()}")
        mark = guest.mark()
        vm.qmp.chord("f7")
        vm.wait(lambda: desk.shown(), 20, "a key does not bring the monitors back")
        # From here on nothing goes off any more, however slow this machine is.
        vm.dom0(f"rm -f {CONF}; kill -HUP $(pidof vitrined)")
        wait_shows(desk, "Virtual-1", "work", 0)
        vm.wait(lambda: vm.stats("vitrined")["keyboard"] == "work", 20, "work does not get the keyboard back")
        vm.qmp.chord("f8")
        guest.wait_line(KEY.format(code=F8), 20, mark)
        assert not re.search(KEY.format(code=F7), guest.log[mark - guest.born:], re.MULTILINE), \
            "the key that woke the monitors came through"
    finally:
        vm.dom0(f"rm -f {CONF}; kill -HUP $(pidof vitrined)")


# ---- cards ----

def second_card(desk):
    """Its address on the bus, and the name of its monitor."""
    place = desk.vm.dom0("readlink -f /sys/class/drm/card1/device")
    names = desk.vm.dom0("cd /sys/class/drm && ls -d card1-*").split()
    return re.findall(r"/(0000:[0-9a-f.:]+)", place)[-1], names[0].removeprefix("card1-")


def test_second_card_comes_and_goes(desk):
    """Two cards: both show guests. One is taken out while it shows one, and put in again."""
    vm = desk.vm
    vm.dom0("mkdir -p /etc/vitrine")
    vm.put(CONF, "[server]\ncard = /dev/dri/card0\ncard = /dev/dri/card1\n")
    address, name = second_card(desk)
    vm.service("restart", "vitrined")
    try:
        wait_outputs(desk, *desks.OUTPUTS, name)
        server = vm.dom0("pidof vitrined")
        desk.draw("-r 5", "flip flip")
        assert_on_card(desk, name)
        vm.dom0(f"echo 1 >/sys/bus/pci/devices/{address}/remove")
        wait_outputs(desk, *desks.OUTPUTS)
        wait_shows(desk, "Virtual-1", desk.focused(), 0)
        vm.dom0("echo 1 >/sys/bus/pci/rescan")
        wait_card(desk)
        name = second_card(desk)[1]
        wait_outputs(desk, *desks.OUTPUTS, name)
        desk.draw("-r 5", "flip flip")
        assert_on_card(desk, name)
        assert vm.dom0("pidof vitrined") == server, "the server was restarted"
    finally:
        vm.dom0(f"rm -f {CONF}")
        vm.service("restart", "vitrined")


def wait_card(desk):
    desk.vm.wait(lambda: desk.vm.control.run("test -e /dev/dri/card1").status == 0, 20, "the card does not come back")


def assert_on_card(desk, name):
    """The second card's monitor shows what its guest draws."""
    stats = desk.vm.stats("vitrined")

    def shown():
        stats.clear()
        stats.update(desk.vm.stats("vitrined"))
        guest = stats.get(f"output.{name}.guest")
        if guest not in desks.KINDS or f"output.{name}.rect" not in stats:
            return False
        rect = [int(word) for word in stats[f"output.{name}.rect"].split()]
        head = int(stats[f"output.{name}.head"])
        # Scaled down, as the monitor is small: its first pixels are still the stamp's colour.
        picture = desk.vm.screendump(0, "gpu1").crop(*rect)
        return len(picture.colours()) > 100 and head in (0, 1)
    desk.vm.wait(shown, 40, f"{name} of the second card shows no guest's picture")


# ---- consoles ----

def console(vm):
    """The number of the one in front."""
    return vm.dom0("cat /sys/class/tty/tty0/active").strip().removeprefix("tty")


def test_console_switched_away_and_back(desk):
    """Another console comes to the front: guests are hidden and paced. Ours comes back: all is shown as before."""
    vm = desk.vm
    desk.focus("work")
    desk.draw("-c -r 10", "flip flip", ("work",))
    wait_shows(desk, "Virtual-1", "work", 0)
    ours = console(vm)
    other = "2" if ours != "2" else "3"
    vm.dom0(f"chvt {other}")
    try:
        vm.wait(lambda: not desk.shown(), 20, f"still shown: {desk.shown()}")
        assert console(vm) == other
        assert_paced(desk, "work", 0)
        assert vm.stats("vitrined")["keyboard"] == "-"
    finally:
        vm.dom0(f"chvt {ours}")
    desk.draw("-r 5", "flip flip", ("work",))
    wait_shows(desk, "Virtual-1", "work", 0)
    assert_exact(desk, "Virtual-1", "work", 0)
    wait_shows(desk, "Virtual-2", "work", 1)
