#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shipped examples, each started with guests: which guest is where, to the pixel, and what must not happen does not.

Monitors in memory have names of their own, so the examples' connectors are replaced by them."""
import os
import signal
import subprocess
import sys
import time

import world as w
from world import ppm

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "config", "examples")
FRAMES = 4
LAST = FRAMES - 1
# Of a marked monitor: the strip along its top, the frame around a picture.
STRIP, FRAME = 24, 8


def example(world, name, connectors):
    """The example with HEADLESS-1, -2, ... for these connectors."""
    with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
        text = file.read()
    for number, connector in enumerate(connectors, 1):
        assert connector in text, f"{name} has no {connector}"
        text = text.replace(connector, f"HEADLESS-{number}")
    return "--config=" + world.write(name, text)


def scaled(picture, times):
    """Each pixel as a square."""
    rows = []
    for y in range(picture.height):
        row = picture.row(y)
        wide = b"".join(row[x:x + 3] * times for x in range(0, len(row), 3))
        rows.append(wide * times)
    return ppm.Picture(picture.width * times, picture.height * times, b"".join(rows))


def turned_anticlockwise(picture):
    """What was on the right is on top."""
    columns = [b"".join(picture.row(y)[x * 3:x * 3 + 3] for y in range(picture.height))
               for x in range(picture.width - 1, -1, -1)]
    return ppm.Picture(picture.height, picture.width, b"".join(columns))


def desk(world):
    """Without a layout of its own the guest in front is in the middle, one to one."""
    world.start_servers("320x240", example(world, "desk.conf", []))
    number = world.guest("work", "200x150", FRAMES)
    area_w, area_h = 320 - 2 * FRAME, 240 - STRIP - 2 * FRAME
    world.shows("HEADLESS-1", FRAME + (area_w - 200) // 2, STRIP + FRAME + (area_h - 150) // 2,
                world.drawn("200x150", number, LAST))


def split(world):
    world.start_servers("640x240,320x240", example(world, "split.conf", ["HDMI-A-1", "DP-1"]))
    numbers = {name: world.guest(name, size, FRAMES)
               for name, size in (("work", "304x176"), ("web", "304x176"))}
    # Each half has a strip of its own below the monitor's.
    y = STRIP + STRIP + FRAME
    world.shows("HEADLESS-1", FRAME, y, world.drawn("304x176", numbers["work"], LAST))
    world.shows("HEADLESS-1", 320 + FRAME, y, world.drawn("304x176", numbers["web"], LAST))
    picture = world.picture("HEADLESS-1")
    for name, x, colour in (("work", 2, (0x00, 0x72, 0xb2)), ("web", 320 + 2, (0xe6, 0x9f, 0x00))):
        assert colour in (picture.at(x + i, 150 + j) for i in range(4) for j in range(32)), f"no mark of {name}"
    # The other monitor is the front's: work came first.
    world.say("wait-owner work")
    assert world.counters()["output.HEADLESS-2.shows"] == "work"
    # One hotkey away everything is the front's.
    world.chord("ctrl", "alt", "space")
    x, y = FRAME + (640 - 2 * FRAME - 304) // 2, STRIP + FRAME + (240 - STRIP - 2 * FRAME - 176) // 2
    world.shows("HEADLESS-1", x, y, world.drawn("304x176", numbers["work"], LAST))
    world.chord("ctrl", "alt", "space")
    world.shows("HEADLESS-1", 320 + FRAME, STRIP + STRIP + FRAME, world.drawn("304x176", numbers["web"], LAST))


def video_wall(world):
    size = "304x188"
    world.start_servers("640x480,228x320,640x480,640x480",
                        example(world, "video-wall.conf", ["DP-1", "DP-2", "DP-3", "DP-4"]))
    pictures = {name: world.drawn(size, world.guest(name, size, FRAMES), LAST) for name in ("signs", "news", "other")}
    # Three tiles on a grid of two columns, in the order of arrival.
    for (column, row), name in (((0, 0), "signs"), ((1, 0), "news"), ((0, 1), "other")):
        world.shows("HEADLESS-1", column * 320 + FRAME, STRIP + row * 228 + STRIP + FRAME, pictures[name])
    # The turned panel's own top is its picture's right side.
    world.shows("HEADLESS-2", STRIP + FRAME, FRAME, turned_anticlockwise(pictures["signs"]))
    world.shows("HEADLESS-3", 16, 64, scaled(pictures["news"], 2))
    for name, x, y in (("signs", FRAME, 2 * STRIP + FRAME), ("news", 320 + FRAME, 2 * STRIP + FRAME)):
        world.shows("HEADLESS-4", x, y, pictures[name])


def kiosk(world):
    world.start_servers("320x240,320x240", example(world, "kiosk.conf", ["HDMI-A-1"]))
    # The other one is there first, and has every chance.
    world.guest("other", "304x200", FRAMES)
    number = world.guest("kiosk", "304x200", FRAMES)
    wanted = world.drawn("304x200", number, LAST)
    world.shows("HEADLESS-1", FRAME, STRIP + FRAME, wanted)
    world.say("wait-owner kiosk")
    for _ in range(2):
        world.chord("ctrl", "alt", "tab")
        world.chord("ctrl", "alt", "space")
    world.chord("ctrl", "alt", "delete")
    world.say("wait-owner -")
    world.chord("esc")
    world.say("wait-owner kiosk")
    world.say("wait-input kiosk")
    world.shows("HEADLESS-1", FRAME, STRIP + FRAME, wanted)
    # Nor does asking for it by name.
    asked = subprocess.run([f"{w.BIN}/vitrinectl", f"--runtime-dir={world.directory}", "switch", "other"],
                           capture_output=True, text=True, timeout=w.TIMEOUT_S, check=False)
    assert asked.returncode != 0, asked
    world.say("wait-owner kiosk")
    counters = world.counters()
    assert counters["guest.other.frames_shown"] == "0", counters["guest.other.frames_shown"]
    assert counters["output.HEADLESS-1.shows"] == "kiosk"
    assert counters["output.HEADLESS-2.shows"] in ("-", "kiosk"), counters["output.HEADLESS-2.shows"]
    # With no chord of the host's on them the keys are the guest's.
    presses = [event["code"] for event in world.report("kiosk")["events"] if event["type"] == "key" and event["pressed"]]
    assert presses.count(w.KEY["tab"]) == 2 and presses.count(w.KEY["space"]) == 2, presses
    assert w.KEY["delete"] not in presses and w.KEY["esc"] not in presses, presses
    assert not world.report("other")["events"], world.report("other")["events"]


def head_unit(world):
    started = time.monotonic_ns()
    world.start_servers("320x240,320x240", example(world, "head-unit.conf", ["DP-1", "DP-2"]))
    world.say("wait-frame HEADLESS-1 1")
    world.say("wait-frame HEADLESS-2 1")
    cluster = world.guest("cluster", "320x240")
    number = world.guest("infotainment", "304x200", FRAMES)
    infotainment = world.drawn("304x200", number, LAST)
    world.shows("HEADLESS-2", FRAME, STRIP + FRAME, infotainment)
    world.say("wait-owner infotainment")
    world.say("wait-guest cluster frames 10")
    # Counted from the start of the process, and not more than there was time for.
    counters, now = world.counters(), time.monotonic_ns()
    for output in ("HEADLESS-1", "HEADLESS-2"):
        first, picture = (int(counters[f"output.{output}.first_{what}_ns"]) for what in ("frame", "picture"))
        assert 0 < first < picture < now - started, (output, first, picture, now - started)
    notice_above_all(world, cluster, infotainment)
    # The cluster's panel is all its own, without a mark, and stays so whatever is pressed.
    world.chord("ctrl", "alt", "tab")
    world.chord("ctrl", "alt", "delete")
    world.say("wait-owner -")
    world.wait("the host's card", lambda: world.picture("HEADLESS-2").crop(FRAME, STRIP + FRAME, 304, 200) != infotainment)
    assert find_frame(world, world.picture("HEADLESS-1"), cluster), "something covers the cluster"
    world.chord("esc")
    world.say("wait-owner infotainment")
    listener = world.listen()
    world.processes["cluster"].send_signal(signal.SIGSTOP)
    frozen = world.wait("the cluster's last frame",
                        lambda: find_frame(world, world.picture("HEADLESS-1"), cluster))
    world.say("wait-owner infotainment")
    # It stands still: the alarm is told, the card covers it, the other panel is as before.
    world.hear(listener, b"GuestFrozen", b"cluster")
    assert "guest cluster: the picture of head 0 stands still" in world.log("vitrined"), world.log("vitrined")
    world.wait("the card", lambda: world.picture("HEADLESS-1") != frozen)
    world.shows("HEADLESS-2", FRAME, STRIP + FRAME, infotainment)
    # It moves again: so does its panel.
    world.processes["cluster"].send_signal(signal.SIGCONT)
    world.hear(listener, b"GuestMoves", b"cluster")
    listener.close()
    world.wait("the cluster", lambda: find_frame(world, world.picture("HEADLESS-1"), cluster))


def notice_above_all(world, cluster, infotainment):
    """The host's line is at the foot of both panels, over the instruments too, and goes without a trace."""
    def notice(*text):
        return subprocess.run([os.path.join(w.BIN, "vitrinectl"), "--runtime-dir=" + world.directory, "notice", *text],
                              capture_output=True, text=True, check=False, timeout=w.TIMEOUT_S)

    def foot(output):
        """Left of the text: a plain ground, where guests' pictures have dozens of colours."""
        return world.picture(output).crop(0, 192, 60, 48).colours()

    assert len(foot("HEADLESS-1")) > 3 and len(foot("HEADLESS-2")) > 3
    assert notice("Door open").returncode == 0
    for output in ("HEADLESS-1", "HEADLESS-2"):
        world.wait("the notice on " + output, lambda: len(foot(output)) <= 3)
    assert not find_frame(world, world.picture("HEADLESS-1"), cluster)
    assert notice("two\nlines").returncode == 1
    assert notice().returncode == 0
    world.wait("the cluster", lambda: find_frame(world, world.picture("HEADLESS-1"), cluster))
    world.shows("HEADLESS-2", FRAME, STRIP + FRAME, infotainment)


def find_frame(world, picture, number):
    """The whole panel is a frame that this guest has drawn: the picture, or None."""
    frame = read_frame(picture)
    return picture if frame is not None and picture == world.drawn("320x240", number, frame) else None


def read_frame(picture):
    """The number that the cells along a guest's lower edge say, white for one; None: there are no cells."""
    cells = [picture.at(8 * i + 4, picture.height - 4) for i in range(34)]
    if cells[:2] != [(255, 255, 255), (0, 0, 0)]:
        return None
    return sum(1 << i for i, cell in enumerate(cells[2:]) if cell == (255, 255, 255))


def main():
    return w.run_all("examples", [desk, split, video_wall, kiosk, head_unit])


if __name__ == "__main__":
    sys.exit(main())
