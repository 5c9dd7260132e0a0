#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pointer crosses from a monitor that shows one guest to one that shows another, as if they were one desktop: each guest
gets its part of the way, the keyboard follows a click, and there is one cursor at any time."""
import os
import sys

import world as w
from ppm import Picture  # world.py knows where it is

SIDE, HEIGHT, STRIP, FRAME = 480, 320, 24, 8
SIZE, FRAMES = "464x280", 3
LEFT, RIGHT = "HEADLESS-1", "HEADLESS-2"
BTN_LEFT = 272
CONFIG = """[input]
keyboard-follows = click
[layout desk]
[layout desk output HEADLESS-1]
shows = guest work
[layout desk output HEADLESS-2]
shows = guest web
place = right-of HEADLESS-1
"""


def start(world, text=CONFIG):
    """Both guests, each on its monitor; what they drew."""
    world.start_servers(f"{SIDE}x{HEIGHT},{SIDE}x{HEIGHT}", "--config=" + world.write("v.conf", text))
    numbers = {name: world.guest(name, SIZE, FRAMES) for name in ("work", "web")}
    drawn = {name: world.drawn(SIZE, number, FRAMES - 1) for name, number in numbers.items()}
    world.shows(LEFT, FRAME, STRIP + FRAME, drawn["work"])
    world.shows(RIGHT, FRAME, STRIP + FRAME, drawn["web"])
    world.say("wait-owner work")
    return drawn


def put(world, output, x, y):
    """The pointer to a pixel of a monitor."""
    world.say(f"abs {output} {(x + 0.5) / SIDE} {(y + 0.5) / HEIGHT}")


def positions(world, guest):
    world.say(f"wait-input {guest}")
    return [(event["x"], event["y"]) for event in world.report(guest)["events"] if event["type"] == "abs"]


def buttons(world, guest):
    world.say(f"wait-input {guest}")
    return [event["pressed"] for event in world.report(guest)["events"]
            if event["type"] == "key" and event["code"] == BTN_LEFT]


def whole(world, drawn):
    """No cursor of the host's on either picture."""
    return (world.picture(LEFT).crop(FRAME, STRIP + FRAME, 464, 280) == drawn["work"] and
            world.picture(RIGHT).crop(FRAME, STRIP + FRAME, 464, 280) == drawn["web"])


def beside(left, right):
    rows = (left.row(y) + bytes((255, 255, 255)) * 8 + right.row(y) for y in range(HEIGHT))
    return Picture(2 * SIDE + 8, HEIGHT, b"".join(rows))


def below(pictures):
    gap = bytes((255, 255, 255)) * (pictures[0].width * 8)
    return Picture(pictures[0].width, len(pictures) * (HEIGHT + 8) - 8, gap.join(p.pixels for p in pictures))


def each_gets_its_part_of_the_way(world):
    drawn = start(world)
    put(world, LEFT, 400, 160)
    before = len(positions(world, "work"))
    seen = []
    for _ in range(20):
        world.say("motion 7 1")
        seen.append(world.counters()["cursor"])
    work, web = positions(world, "work")[before - 1:], positions(world, "web")
    # The last one of the guest that was left is where its cursor is parked.
    assert work.pop() == (463, 279), work
    way = [(FRAME + x, y) for x, y in work] + [(SIDE + FRAME + x, y) for x, y in web]
    assert way == sorted(way) and len(web) > 3, way
    # One straight line: what is missing of it was over what lies between the pictures, where the host's cursor was.
    line = [(400 + 7 * step, 160 - STRIP - FRAME + step) for step in range(21)]
    assert [point for point in line if point in way] == way, (line, way)
    assert all(464 + FRAME <= x < SIDE + FRAME for x, _ in set(line) - set(way)), set(line) - set(way)
    assert LEFT in seen and RIGHT in seen and seen[-1] == "-", seen
    assert seen == sorted(seen, key=["-", LEFT, RIGHT, "-"].index) or seen.index(LEFT) < seen.index(RIGHT), seen
    world.wait("pictures without a cursor", lambda: whole(world, drawn))
    # The keyboard stayed where it was.
    world.say("wait-owner work")


def one_cursor_and_the_keyboard_by_click(world):
    drawn = start(world)
    put(world, LEFT, 300, 160)
    world.wait("the guest's picture, whole", lambda: whole(world, drawn))
    pictures = [beside(world.picture(LEFT), world.picture(RIGHT))]
    put(world, LEFT, 473, 160)

    def arrow():
        return world.picture(LEFT).crop(473, 160, 7, 20).colours() >= {bytes((0, 0, 0)), bytes((255, 255, 255))}

    world.wait("the host's cursor on the frame", arrow)
    assert world.counters()["cursor"] == LEFT and world.counters()["pointer"] == "-"
    pictures.append(beside(world.picture(LEFT), world.picture(RIGHT)))
    put(world, RIGHT, 200, 160)
    assert world.counters()["pointer"] == "web"
    world.say("wait-owner work")
    world.say(f"button {BTN_LEFT} 1")
    world.say(f"button {BTN_LEFT} 0")
    world.say("wait-owner web")
    world.say(f"key {w.KEY['a']} 1")
    world.say(f"key {w.KEY['a']} 0")
    assert buttons(world, "web") == [True, False] and not buttons(world, "work")
    keys = {name: [event["code"] for event in world.report(name)["events"]
                   if event["type"] == "key" and event["code"] != BTN_LEFT] for name in ("work", "web")}
    assert keys == {"work": [], "web": [w.KEY["a"]] * 2}, keys
    world.wait("pictures without a cursor", lambda: whole(world, drawn))
    pictures.append(beside(world.picture(LEFT), world.picture(RIGHT)))
    # Both strips name the keyboard's owner, at their right ends.
    first, last = pictures[0], pictures[-1]
    for x in (SIDE - 200, 2 * SIDE + 8 - 200):
        assert first.crop(x, 0, 200, STRIP) != last.crop(x, 0, 200, STRIP)
    assert last.crop(SIDE - 100, 0, 100, STRIP) == last.crop(2 * SIDE + 8 - 100, 0, 100, STRIP)
    if os.environ.get("VITRINE_PICTURES"):
        below(pictures).write_png(os.path.join(os.environ["VITRINE_PICTURES"], "crossing.png"))


def a_drag_stays_with_its_guest(world):
    start(world)
    put(world, RIGHT, 100, 160)
    world.say(f"button {BTN_LEFT} 1")
    before = len(positions(world, "work"))
    put(world, LEFT, 100, 100)
    assert positions(world, "web")[-1] == (0, 100 - STRIP - FRAME)
    assert len(positions(world, "work")) == before
    assert world.counters()["pointer"] == "web"
    world.say(f"button {BTN_LEFT} 0")
    assert buttons(world, "web") == [True, False] and not buttons(world, "work")
    put(world, LEFT, 101, 100)
    assert world.counters()["pointer"] == "work"
    assert positions(world, "work")[-1] == (101 - FRAME, 100 - STRIP - FRAME)


def edges_can_be_hard_to_cross(world):
    text = CONFIG + "[layout desk output HEADLESS-3]\noff = yes\n"
    start(world, text.replace("shows = guest work", "shows = guest work\nresistance = 60"))
    put(world, LEFT, 470, 160)
    for _ in range(4):
        world.say("motion 10 0")
    assert world.counters()["cursor"] == LEFT
    for _ in range(6):
        world.say("motion 10 0")
    assert world.counters()["cursor"] != LEFT and world.counters()["pointer"] in ("web", "-")
    world.say("motion 60 0")
    assert world.counters()["pointer"] == "web"


def main():
    return w.run_all("crossing", [each_gets_its_part_of_the_way, one_cursor_and_the_keyboard_by_click,
                                  a_drag_stays_with_its_guest, edges_can_be_hard_to_cross])


if __name__ == "__main__":
    sys.exit(main())
