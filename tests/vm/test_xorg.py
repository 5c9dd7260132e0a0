"""A stock guest's Xorg, which draws into its front buffer and never flips, is on the glass all the same."""

import random
import re

import desk as desks
import xorg

NEEDS = ("vitrined", "vitrine-broker")
NAME = "office"
SIZE = (800, 600)
OUTPUT = "Virtual-1"
# Of the server's built-in font "fixed", and the margin of the xterm.
CELL = (6, 13)
MARGIN = 2
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORD = 10
WORDS = 3
LOOKS = 2


class Screen:
    """The guest, and what can be read on its monitor."""

    def __init__(self, vm):
        self.vm = vm
        vm.destroy_all()
        devices = [f'vdispl=["backend=0,be-alloc=0,connectors=A:{SIZE[0]}x{SIZE[1]}"]', keyboard()]
        self.guest = xorg.create(vm, NAME, devices)
        vm.wait(lambda: self.stat("shows", str) == NAME, 20, f"{OUTPUT} does not show {NAME}")
        self.row = 1  # of the terminal: what is typed next appears there

    def stat(self, key, kind=int):
        return kind(self.vm.stats("vitrined")[f"output.{OUTPUT}.{key}"])

    def cell(self, picture, column, row):
        x, y, _, _ = (int(word) for word in self.rect.split())
        return picture.crop(x + MARGIN + column * CELL[0], y + MARGIN + row * CELL[1], *CELL).pixels

    def read(self, row, length):
        """The letters of a row, by their likeness to those of the ruler in row 0; "?" for any other cell."""
        self.rect = self.stat("rect", str)
        picture = self.vm.screendump(0)
        known = {self.cell(picture, column, 0): letter for column, letter in enumerate(LETTERS)}
        assert len(known) == len(LETTERS), "the ruler is not on the monitor"
        return "".join(known.get(self.cell(picture, column, row), "?") for column in range(length))

    def type(self, text):
        for letter in text:
            self.vm.qmp.chord(letter)

    def wait_text(self, row, text):
        self.vm.wait(lambda: self.read(row, len(text)) == text, 30,
                     f"{text!r} was typed, but {self.read(row, len(text))!r} is shown")


def keyboard():
    fields = {"backend-type": "linux", "unique-id": NAME, "feature-abs-pointer": 1,
              "width": SIZE[0], "height": SIZE[1]}
    return 'vkb=["' + ",".join(f"{key}={value}" for key, value in fields.items()) + '"]'


def setup(vm):
    screen = Screen(vm)
    vm.wait(lambda: ruler_shown(screen), 60, "no ruler on the monitor")
    return screen


def ruler_shown(screen):
    try:
        return screen.read(0, len(LETTERS)) == LETTERS
    except AssertionError:
        return False


def teardown(screen):
    screen.vm.destroy_all()


def word():
    return "".join(random.choice(LETTERS) for _ in range(WORD))


def test_typed_text(screen):
    """What is typed into an xterm comes to the monitor although the guest flips nothing."""
    flips = int(screen.vm.stats("vitrined")[f"guest.{NAME}.frames_shown"])
    for _ in range(WORDS):
        text = word()
        screen.type(text)
        screen.wait_text(screen.row, text)
        screen.vm.qmp.chord("ret")
        screen.row += 1
    assert int(screen.vm.stats("vitrined")[f"guest.{NAME}.frames_shown"]) == flips, "it flipped"


def wait_idle(screen):
    """Until nothing has changed for long: then the server looks four times a second, not at each frame."""
    looks = [screen.stat("samples")]

    def few():
        screen.vm.dom0("usleep 400000")
        looks.append(screen.stat("samples"))
        return looks[-1] - looks[-2] <= 6

    screen.vm.wait(few, 20, "the server goes on looking at each frame")


def stop_server(vm):
    """Let the display server stand still; returns how often it had looked by then."""
    # Nothing is started between the two: it might look again meanwhile.
    stats = vm.dom0("pid=$(pidof vitrined); statread /run/vitrine/vitrined.stats; kill -STOP $pid")
    return int(re.search(rf"^output.{OUTPUT}.samples (\d+)$", stats, re.MULTILINE).group(1))


def test_two_looks(screen):
    """From the moment that letters are in the guest's memory, the display server looks at most twice.

    The server stands still while the guest draws, so that what is counted is what it did afterwards,
    however slow the machine is.
    """
    guest, vm = screen.guest, screen.vm
    for _ in range(WORDS):
        text = word()
        guest.run("killall -STOP xterm")
        screen.type(text)
        # The cursor comes to stand behind the word: the last that the terminal draws.
        column, row = MARGIN + WORD * CELL[0], MARGIN + screen.row * CELL[1]
        after = guest.mark()
        guest.send(f"guestwatch {column} {row} {CELL[0]} {CELL[1]} &")
        guest.wait_line("^guestwatch: armed$", 20, after)
        wait_idle(screen)
        before = stop_server(vm)
        try:
            guest.send("killall -CONT xterm")
            guest.wait_line("^guestwatch: drawn$", 30, after)
        finally:
            vm.dom0("killall -CONT vitrined")
        screen.wait_text(screen.row, text)
        looks = screen.stat("sample_changed") - before
        assert 1 <= looks <= LOOKS, f"the server looked {looks} times until it saw {text!r}"
        vm.qmp.chord("ret")
        screen.row += 1
