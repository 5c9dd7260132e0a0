"""A keyboard, a mouse and a touchscreen of another domain are devices like any other, and no more than that."""

import desk as desks
import test_input as hands
from test_input import EV_KEY, Watch, flush, other

NEEDS = ("vitrined", "vitrine-broker")
PROXY = "/usr/libexec/vitrine/vitrine-input-proxy"
EV_REL, EV_SW = 2, 5
KEY_A, KEY_SYSRQ, KEY_POWER, KEY_LEFTSHIFT, BTN_LEFT = 30, 99, 116, 42, 272
REL_WHEEL_HI_RES = 11
LED_CAPSL = 1


def setup(vm):
    return desks.get(vm)


class Proxied:
    """A device that another domain offers, while a "with" block lasts."""

    FIFO, LOG = "/run/proxied", "proxied.log"

    def __init__(self, desk, kind, *options, name="Test Device"):
        self.desk, self.control = desk, desk.vm.control
        self.name = f"sys-usb: {name}"
        self.command = (f"proxysender {kind} '{name}' {PROXY} --origin=sys-usb {' '.join(options)} "
                        f"<>{self.FIFO} >>/var/log/services/{self.LOG} 2>&1")

    def __enter__(self):
        self.desk.vm.dom0(f"rm -f {self.FIFO}; mkfifo {self.FIFO}; : >>/var/log/services/{self.LOG}")
        self.mark = self.control.mark(self.LOG)
        server = self.control.mark("vitrined.log")
        self.job = self.control.start(self.command)
        self.control.wait_line("vitrined.log", rf"input device '{self.name}':", 20, server)
        return self

    def send(self, *events):
        """(type, code, value) each; every one a frame of its own."""
        lines = "".join(f"{kind} {code} {value}\nsync\n" for kind, code, value in events)
        self.desk.vm.dom0(f"cat >{self.FIFO}", stdin=lines.encode())

    def wait_line(self, text):
        return self.control.wait_line(self.LOG, text, 20, self.mark)

    def end(self):
        """The sender is gone, whatever is held."""
        self.control.kill(self.job)
        self.control.wait(self.job, 20)
        self.job = None

    def __exit__(self, *_):
        if self.job:
            self.end()


def test_keyboard(desk):
    """It types into the guest that has the keyboard, in order; keys that reach past input do not exist."""
    name = desk.focused()
    with Proxied(desk, "keyboard", "--keyboard") as device:
        watch, silent = Watch(desk, name), Watch(desk, other(name))
        device.send((EV_KEY, KEY_POWER, 1), (EV_KEY, KEY_SYSRQ, 1), (EV_KEY, BTN_LEFT, 1), (EV_SW, 0, 1),
                    (EV_KEY, 767, 1), (EV_KEY, 65535, 1), (99, 1, 1),
                    *((EV_KEY, code, value) for code in range(2, 12) for value in (1, 2, 0)))
        watch.wait_key(11, 0)
        assert watch.keys() == [(code, value) for code in range(2, 12) for value in (1, 0)], watch.keys()
        device.wait_line(r"sys-usb.*'sys-usb: Test Device': \d+ events ignored")
        hands.assert_silent(desk, silent, other(name))


def test_nothing_sticks(desk):
    """The other domain dies with a key down: the guest gets the release."""
    name = desk.focused()
    watch = Watch(desk, name)
    with Proxied(desk, "keyboard", "--keyboard") as device:
        device.send((EV_KEY, KEY_LEFTSHIFT, 1), (EV_KEY, KEY_A, 1))
        watch.wait_key(KEY_A, 1)
        device.end()
        watch.wait_key(KEY_A, 0)
        watch.wait_key(KEY_LEFTSHIFT, 0)
    flush(desk, name)


def test_lights(desk):
    """What the kernel lights on the device goes back to where the keyboard is."""
    with Proxied(desk, "keyboard", "--keyboard") as device:
        desk.vm.dom0("for light in /sys/class/leds/*::capslock; do "
                     "if grep -q sys-usb $light/device/name; then echo 1 >$light/brightness; fi; done")
        device.wait_line(rf"^light {LED_CAPSL} 1$")


def test_mouse(desk):
    """A mouse that claims to be everything is a mouse: it scrolls and clicks, and types nothing."""
    name = desk.focused()
    hands.check_positions(desk, name, 1)
    with Proxied(desk, "mouse", "--mouse") as device:
        watch = Watch(desk, name)
        device.send((EV_KEY, KEY_A, 1), (EV_KEY, KEY_A, 0), (EV_REL, REL_WHEEL_HI_RES, -120),
                    (EV_REL, 8, -1), (EV_KEY, BTN_LEFT, 1), (EV_KEY, BTN_LEFT, 0))
        watch.wait_key(BTN_LEFT, 0)
        watch.wait(rf'^input ".*" {EV_REL} {hands.REL_WHEEL} -1$')
        assert watch.keys() == [(BTN_LEFT, 1), (BTN_LEFT, 0)], watch.keys()


def test_refused(desk):
    """A stream of another kind is refused by name, and no device comes of it."""
    control, log = desk.vm.control, "proxied.log"
    mark = control.mark(log)
    desk.vm.dom0(f"proxysender wrong Test {PROXY} --origin=sys-usb --keyboard </dev/zero "
                 f">>/var/log/services/{log} 2>&1", check=False)
    control.wait_line(log, r"sys-usb.*its input device is refused: it speaks version 2", 20, mark)
    control.wait_line(log, r"^ended 1$", 20, mark)
