"""The desk that most tests sit at: two stock guests, one PV and one PVH, on two monitors.

Each guest has two connectors, one driven by page flips and one drawn into directly, and a PV keyboard
with an absolute pointer and ten touch slots that span the guest's desktop (its heads side by side).
Making it takes a minute in an emulated machine, so the test modules share one.
"""

import re
import secrets

import pictures

HEAD_SIZES = ((1024, 768), (800, 600))
DESKTOP = (sum(width for width, _ in HEAD_SIZES), max(height for _, height in HEAD_SIZES))
SLOTS = 10
OUTPUTS = ("Virtual-1", "Virtual-2")
KINDS = {"work": "pv", "web": "pvh"}
SWITCH = ("ctrl", "alt", "tab")
ATTENTION = ("ctrl", "alt", "delete")

CONNECTORS = ";".join(f"{name}:{width}x{height}"
                      for name, (width, height) in zip("AB", HEAD_SIZES))
VDISPL = f'vdispl=["backend=0,be-alloc=0,connectors={CONNECTORS}"]'
WRONG_WORDS = re.compile(r"timed[- ]out|mismatch|Failed to|BUG:|WARNING:|Oops", re.IGNORECASE)


def vkb(name):
    """The xl.cfg line of a keyboard, absolute pointer and touch screen over the whole desktop."""
    width, height = DESKTOP
    fields = {"backend-type": "linux", "unique-id": name, "feature-abs-pointer": 1, "width": width,
              "height": height, "feature-multi-touch": 1, "multi-touch-width": width,
              "multi-touch-height": height, "multi-touch-num-contacts": SLOTS}
    return "vkb=[" + '"' + ",".join(f"{key}={value}" for key, value in fields.items()) + '"]'


class Desk:
    """The guests, what they draw, and where the display server says that it shows them."""

    def __init__(self, vm):
        self.vm = vm
        self.nonce = secrets.randbits(32)
        self.guests = {}
        for name, kind in KINDS.items():
            self.guests[name] = vm.create(name, kind, [VDISPL, vkb(name)], wait=False)
        for guest in self.guests.values():
            guest.wait_ready()
            guest.send("guestinput &")
            guest.wait_line("^guestinput: listening$")
        self.draw("-r 5")

    def nonce_of(self, name):
        """Each guest its own, so that one's picture never passes for the other's."""
        return (self.nonce + list(KINDS).index(name)) & 0xFFFFFFFF

    def draw(self, options="", modes="flip front", names=tuple(KINDS)):
        """Start guestdraw in these guests, in place of the one that ran."""
        for name in names:
            guest = self.guests[name]
            # The display belongs to the old one until it is gone, which its last flip may delay.
            guest.run("killall guestdraw; while pidof guestdraw; do usleep 50000; done")
            after = guest.mark()
            guest.send(f"guestdraw -n {self.nonce_of(name)} {options} {modes} &")
            guest.wait_line(r"^guestdraw: (now|held)", 30, after)

    def hold(self, name):
        """Have a guest hold its pictures; the frame number of each of its heads."""
        guest = self.guests[name]
        after = guest.mark()
        guest.run("killall -USR1 guestdraw")
        line = guest.wait_line(r"^guestdraw: held(.*)$", 30, after).group(1)
        return {int(head): int(frame) for head, frame in re.findall(r"head (\d+) frame (\d+)", line)}

    def go_on(self, name):
        self.guests[name].run("killall -USR2 guestdraw")

    def shown(self):
        """{output: (guest, head, (x, y, width, height))} of the outputs whose last frame shows one."""
        stats = self.vm.stats("vitrined")
        shown = {}
        for output in OUTPUTS:
            name = stats.get(f"output.{output}.shows", "-")
            if name != "-" and f"output.{output}.rect" in stats:
                rect = tuple(int(word) for word in stats[f"output.{output}.rect"].split())
                shown[output] = (name,
                                 int(stats[f"output.{output}.head"]), rect)
        return shown

    def focused(self):
        """The guest that both monitors show, or None while they do not agree."""
        names = {guest for guest, _, _ in self.shown().values()}
        return names.pop() if len(names) == 1 else None

    def focus(self, name):
        """Switch by the hotkey until this guest is shown on both monitors."""
        for _ in KINDS:
            before = self.focused()
            if before == name:
                return
            self.vm.qmp.chord(*SWITCH)
            self.vm.wait(lambda: self.focused() not in (None, before), 20,
                         f"the switch hotkey does not leave {before}")
        assert self.focused() == name, f"{self.focused()} is shown instead of {name}"

    def rect(self, output):
        """Where on the output a guest's head is: (x, y, width, height) in the output's pixels."""
        return self.shown()[output][2]

    def guest_picture(self, output):
        """What is in the guest's rectangle on an output."""
        return self.vm.screendump(OUTPUTS.index(output)).crop(*self.rect(output))

    def stamp(self, output):
        """(nonce, head, frame) of the picture on an output, None while there is no such picture."""
        return pictures.stamp_of(self.guest_picture(output))

    def kernel_complaints(self, name):
        """Lines of a guest's kernel log since the last call that tell of trouble with its devices."""
        _, log = self.guests[name].run("dmesg -c")
        return [line for line in log.splitlines() if WRONG_WORDS.search(line)]


def get(vm):
    """The desk of this machine, made when the first test wants it."""
    if not vm.desk:
        vm.desk = Desk(vm)
    return vm.desk
