#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A guest draws into memory of the server and a plane shows it: no pixel is touched, its mark is beside it, and what keeps
others from a plane is told."""
import signal
import sys

import world as w

MONITOR = "HEADLESS-1"
SIZE, FRAMES = "300x200", 120
ALLOWED = "[guest free]\nbe-alloc = yes\n"
MOVED = ("bytes_read", "bytes_written", "bytes_compared", f"output.{MONITOR}.tests")


def start(world, headless, text=ALLOWED):
    world.start_servers(headless, "--config=" + world.write("v.conf", text))


def wait_path(world, guest, path, why):
    """Until the guest's picture comes to the glass that way; of the monitor and of the head the same is told."""
    names = [f"guest.{guest}.head.0.path", f"guest.{guest}.head.0.why", f"output.{MONITOR}.path", f"output.{MONITOR}.why"]
    world.wait(f"{path}, {why}", lambda: [world.counters().get(name) for name in names] == [path, why] * 2)


def a_plane_costs_nothing(world):
    start(world, "640x480+overlay")
    world.guest("free", SIZE, options=("--be-alloc",))
    wait_path(world, "free", "plane", "-")
    before = world.counters()
    world.say(f"wait-guest free frames {int(before['guest.free.frames_shown']) + 200}")
    after = world.counters()
    for name in MOVED:
        assert after[name] == before[name], (name, before[name], after[name])
    assert after[f"output.{MONITOR}.planes"] == "1" and after[f"output.{MONITOR}.failed"] == "0"


def the_picture_is_the_guests_and_the_mark_is_beside_it(world):
    """The last frame, as it is on the glass, once on a plane and once drawn."""
    found = {}
    for headless in ("640x480+overlay", "640x480"):
        desk = w.World("planes")
        try:
            start(desk, headless)
            number = desk.guest("free", SIZE, frames=FRAMES, options=("--be-alloc",))
            desk.say("wait-owner free")
            x, y, _, _ = (int(part) for part in desk.counters()[f"output.{MONITOR}.rect"].split())
            desk.shows(MONITOR, x, y, desk.drawn(SIZE, number, FRAMES - 1))
            found[headless] = desk.picture(MONITOR), desk.counters()[f"output.{MONITOR}.path"]
        finally:
            desk.stop()
    (plane, plane_path), (drawn, drawn_path) = found.values()
    assert (plane_path, drawn_path) == ("plane", "composed"), found
    assert plane == drawn, plane.difference(drawn)


def others_are_told_why_not(world):
    start(world, "640x480+overlay")
    world.guest("own", SIZE)
    wait_path(world, "own", "composed", "its buffer is not a dma-buf")


def planes_are_turned_off_and_on(world):
    start(world, "640x480+overlay")
    world.guest("free", SIZE, options=("--be-alloc",))
    wait_path(world, "free", "plane", "-")
    world.write("v.conf", "[server]\nplanes = no\n" + ALLOWED)
    world.processes["vitrined"].send_signal(signal.SIGHUP)
    wait_path(world, "free", "composed", "planes are turned off")
    world.write("v.conf", ALLOWED)
    world.processes["vitrined"].send_signal(signal.SIGHUP)
    wait_path(world, "free", "plane", "-")


def main():
    return w.run_all("planes", [a_plane_costs_nothing, the_picture_is_the_guests_and_the_mark_is_beside_it,
                                others_are_told_why_not, planes_are_turned_off_and_on])


if __name__ == "__main__":
    sys.exit(main())
