#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The attention menu on the installed programs: opened over a guest that floods, worked by keyboard, mouse and finger, with
commands that vitrine-command runs. With UPDATE=1 in the environment the guide's picture of it is written anew."""
import os
import pwd
import subprocess
import sys

import world
from world import BIN, KEY

SELECTED = (0x2f, 0x6f, 0xb7)
MONITORS = "1024x768,640x480"
KEYS = {**KEY, "enter": 28, "up": 103, "down": 108, "left": 105, "w": 17, "r": 19, "t": 20}
BTN_LEFT = 0x110

CONFIG = """
[guest work]
stop = /bin/sh -c 'echo "$0" >{dir}/stopped' %n
reboot = /bin/sh -c 'exit 3'
[guest mail]
start = /bin/sh -c 'read go <{dir}/go; echo "$0" >{dir}/started' %n
"""


class Menu:
    def __init__(self, desk, config=CONFIG):
        self.desk = desk
        path = desk.write("vitrine.conf", config.replace("{dir}", desk.directory))
        desk.start_servers(MONITORS, "--config=" + path)
        desk.start("command", "vitrine-command", "--runtime-dir=" + desk.directory, "--config=" + path,
                   "--peer=" + pwd.getpwuid(os.geteuid()).pw_name)
        desk.wait("the helper", lambda: os.path.exists(desk.path("command.sock")))
        desk.guest("work", "400x300", 3)
        desk.guest("web", "320x240", 3)
        desk.say("wait-owner work")

    def tap(self, *names):
        for name in names:
            self.desk.say(f"key {KEYS[name]} 1")
            self.desk.say(f"key {KEYS[name]} 0")

    def is_open(self):
        return self.desk.counters()["attention"] == "1"

    def open(self):
        self.desk.chord("ctrl", "alt", "delete")
        assert self.is_open()
        self.row("HEADLESS-1")

    def row(self, monitor):
        """Of the selected row, as it is on the glass: (x, y, width, height)."""
        found = []

        def look():
            found[:] = [self.desk.picture(monitor).extent(SELECTED)]
            return found[0]

        self.desk.wait("a selected row", look)
        return found[0]

    def moved(self, monitor, row):
        """Waits until another row is selected."""
        self.desk.wait("another row", lambda: self.row(monitor) != row)
        return self.row(monitor)

    def middle(self, monitor, row):
        width, height = map(int, MONITORS.split(",")[monitor == "HEADLESS-2"].split("x"))
        return (row[0] + row[2] / 2) / width, (row[1] + row[3] / 2) / height


def test_over_a_flood_by_keyboard(desk):
    menu = Menu(desk)
    desk.guest("noisy", "320x240", fps=2000)
    evil = desk.start("evil", "pvfront", "--xen=loopback:9:" + desk.path("hub"), "--toolstack", "--name=evil",
                      "--connectors=320x240", "--hostile=flood,many-buffers,flood")
    # It ends when it has done its worst.
    desk.processes.pop("evil")
    desk.wait("evil", lambda: "guest.evil.frames_shown" in desk.counters())
    menu.open()
    # Of each monitor's glass, the menu is what is to be seen.
    for monitor in ("HEADLESS-1", "HEADLESS-2"):
        menu.row(monitor)
        assert desk.counters()[f"output.{monitor}.shows"] == "-"
    first = menu.row("HEADLESS-1")
    menu.tap("down")
    menu.moved("HEADLESS-1", first)
    # The first letter of a guest's name; Enter for its page, where it can be brought to the front.
    menu.tap("w", "enter", "enter")
    desk.say("wait-owner work")
    assert not menu.is_open()
    evil.kill()
    evil.wait()


def test_by_mouse(desk):
    menu = Menu(desk)
    menu.open()
    menu.tap("down")
    row = menu.moved("HEADLESS-2", menu.row("HEADLESS-2"))
    menu.tap("up")
    menu.moved("HEADLESS-2", row)
    # The pointer selects, and a click opens web's page, on the other monitor.
    x, y = menu.middle("HEADLESS-2", row)
    desk.say(f"abs HEADLESS-2 {x} {y}")
    desk.wait("the row under the pointer", lambda: menu.row("HEADLESS-2") == row)
    desk.say(f"button {BTN_LEFT} 1")
    desk.say(f"button {BTN_LEFT} 0")
    row = menu.moved("HEADLESS-2", row)
    x, y = menu.middle("HEADLESS-2", row)
    desk.say(f"abs HEADLESS-2 {x} {y}")
    desk.say(f"button {BTN_LEFT} 1")
    desk.say(f"button {BTN_LEFT} 0")
    desk.say("wait-owner web")


def test_by_finger(desk):
    menu = Menu(desk)
    menu.open()
    menu.tap("down")
    row = menu.moved("HEADLESS-1", menu.row("HEADLESS-1"))
    menu.tap("up")
    menu.moved("HEADLESS-1", row)
    for _ in range(2):
        x, y = menu.middle("HEADLESS-1", row)
        desk.say(f"touch down HEADLESS-1 0 {x} {y}")
        desk.say("touch frame")
        desk.say("touch up 0")
        desk.say("touch frame")
        if menu.is_open():
            row = menu.moved("HEADLESS-1", row)
    desk.say("wait-owner web")


def exists(desk, name):
    return os.path.exists(desk.path(name))


def test_commands(desk):
    menu = Menu(desk)
    os.mkfifo(desk.path("go"))
    menu.open()
    # mail does not run: it is listed, and can be started, after work and web.
    menu.tap("down", "down", "enter", "enter")
    desk.wait("the helper's word", lambda: "start mail" in desk.log("command"))
    with open(desk.path("go"), "w", encoding="utf-8"):
        pass
    desk.wait("mail", lambda: exists(desk, "started"))
    menu.tap("esc", "up", "up", "enter")
    # work's page: Stop is its fourth item, and asks before it does anything.
    menu.tap("down", "down", "down", "enter", "enter")
    menu.tap("enter", "down", "enter")
    desk.wait("work's end", lambda: exists(desk, "stopped"))
    with open(desk.path("stopped"), encoding="utf-8") as file:
        assert file.read() == "work\n"
    # What goes wrong is told: the menu has a row more.
    desk.wait("the end of stop", lambda: "stop work ended" in desk.log("command"))
    front = menu.row("HEADLESS-1")
    # While a command runs, no other can be chosen.
    desk.wait("Reboot", lambda: menu.tap("r") or menu.row("HEADLESS-1") != front)
    low = menu.row("HEADLESS-1")
    menu.tap("enter", "down", "enter")
    desk.wait("a complaint", lambda: "reboot work: it ended with status 3" in desk.log("vitrined"))
    desk.wait("a row more", lambda: menu.row("HEADLESS-1")[1] != low[1])
    assert menu.is_open()
    menu.tap("esc", "esc")
    desk.say("wait-owner work")


def test_without_the_helper(desk):
    menu = Menu(desk)
    desk.processes.pop("command").kill()
    menu.open()
    menu.tap("down", "down", "enter", "enter")
    desk.wait("a complaint", lambda: "vitrine-command can't be reached" in desk.log("vitrined"))
    assert menu.is_open()
    menu.tap("esc", "esc")
    desk.say("wait-owner work")


def test_vitrinectl(desk):
    menu = Menu(desk)
    os.mkfifo(desk.path("go"))

    def ctl(*words):
        return subprocess.run([os.path.join(BIN, "vitrinectl"), "--runtime-dir=" + desk.directory, *words],
                              capture_output=True, text=True, timeout=world.TIMEOUT_S, check=False)

    assert ctl("menu").returncode == 0
    assert menu.is_open()
    menu.tap("esc")
    desk.say("wait-owner work")
    heard = desk.listen()
    assert ctl("guest", "start", "mail").returncode == 0
    done = ctl("guest", "stop", "mail")
    assert done.returncode == 1 and "no such command" in done.stderr, done
    done = ctl("guest", "start", "mail")
    assert done.returncode == 1 and "another command" in done.stderr, done
    with open(desk.path("go"), "w", encoding="utf-8"):
        pass
    desk.hear(heard, b"CommandEnded", b"mail")
    for words in (("start", "nobody"), ("destroy", "work"), ("reboot", "-rf")):
        assert ctl("guest", *words).returncode == 1, words
    desk.processes.pop("command").kill()
    os.unlink(desk.path("command.sock"))
    done = ctl("guest", "stop", "work")
    assert done.returncode == 1 and "reached" in done.stderr, done


def test_pictures_of_all_monitors(desk):
    """Of what they show without the menu: whole files, readable to nobody else."""
    where = desk.path("state")
    os.mkdir(where)
    menu = Menu(desk, f"[server]\nstate-dir = {where}\n")
    menu.open()
    menu.tap("t", "enter")
    desk.say("wait-owner work")
    desk.wait("the pictures", lambda: "2 pictures of monitors" in desk.log("vitrined"))
    names = sorted(name for name in os.listdir(where) if name.startswith("screen-"))
    assert [name.split("-", 3)[-1] for name in names] == ["HEADLESS-1.png", "HEADLESS-2.png"], names
    for name, size in zip(names, MONITORS.split(",")):
        picture = world.read_png(os.path.join(where, name))
        assert f"{picture.width}x{picture.height}" == size
        assert os.stat(os.path.join(where, name)).st_mode & 0o777 == 0o600
        assert picture.extent(SELECTED) is None
    assert world.read_png(os.path.join(where, names[1])).find(desk.drawn("320x240", 2, 2))


def test_picture(desk):
    """Of the menu as the operating guide shows it."""
    menu = Menu(desk)
    menu.open()
    picture = desk.picture("HEADLESS-1")
    if os.environ.get("UPDATE"):
        picture.write_png(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "pictures", "menu.png"))
    # Marks of both guests are on it, beside their names.
    assert len(picture.colours()) > 20


def main():
    sys.exit(world.run_all("menu", [test for name, test in globals().items() if name.startswith("test_")]))


if __name__ == "__main__":
    main()
