#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The configuration is read anew under guests that draw: good ones are in force as a whole, bad ones not at all, and no
guest notices either."""
import os
import signal
import socket
import subprocess
import sys
import time

import world as w

BAD = ("[layout a output HEADLESS-1]\nshows = gest work\n",
       "[server]\nlog-level = debug\n[input]\nattention-key = none\n",
       "nonsense\n")
GOOD = "taken over, what was in force stays", "read anew and in force"


def reload(world, text):
    """Sends the signal and waits until the log says what came of it: True when the configuration is in force."""
    world.write("v.conf", text)
    before = [world.log("vitrined").count(what) for what in GOOD]
    world.processes["vitrined"].send_signal(signal.SIGHUP)
    world.wait("an answer in the log", lambda: [world.log("vitrined").count(what) for what in GOOD] != before)
    after = [world.log("vitrined").count(what) for what in GOOD]
    assert sum(after) == sum(before) + 1, (before, after)
    return after[1] > before[1]


def start(world, headless, text):
    world.start_servers(headless, "--config=" + world.write("v.conf", text))


def layout(shows):
    return f"[layout a output HEADLESS-1]\nshows = {shows}\n"


def no_guest_notices(world):
    """Twenty times, good and bad, between frames of a guest that never stops."""
    start(world, "640x480,320x240", "")
    world.guest("busy", "304x200")
    world.guest("beside", "200x100")
    world.say("wait-owner busy")
    world.say("wait-guest busy frames 10")
    world.say("wait-guest beside frames 10")
    before = world.counters()
    for turn in range(20):
        text = BAD[turn // 2 % len(BAD)] if turn % 2 else f"[server]\nlog-level = info\n[guest web{turn}]\npace = 5\n"
        shown = int(world.counters()["guest.busy.frames_shown"])
        assert reload(world, text) == (turn % 2 == 0), text
        world.say(f"wait-guest busy frames {shown + 3}")
    after = world.counters()
    for key in ("output.HEADLESS-1.failed", "output.HEADLESS-1.lost", "guest.busy.frames_superseded"):
        assert after[key] == before[key], (key, before[key], after[key])
    for key in ("output.HEADLESS-1.rect", "output.HEADLESS-2.rect", "guest.busy.colour", "guests", "keyboard"):
        assert after[key] == before[key], (key, before[key], after[key])
    connector = world.report("busy")["connectors"][0]
    assert connector["refused"] == 0 and connector["bad_events"] == 0 and connector["stray_responses"] == 0, connector
    for log in ("broker", "busy", "beside"):
        assert world.processes[log].poll() is None
    assert world.log("vitrined").count("busy joins") == 1


def what_changes_nothing_draws_nothing(world):
    text = "[layout a output HEADLESS-1]\nshows = guest still\n[guest still]\ncolour = #102030\n"
    start(world, "320x240", text)
    number = world.guest("still", "304x200", 3)
    world.shows("HEADLESS-1", 8, 32, world.drawn("304x200", number, 2))
    world.say("wait-owner still")
    # The strip names the owner in a frame of its own; that it was the last one, no event says.
    seen = None
    while seen != (seen := world.frames("HEADLESS-1")):
        time.sleep(0.1 * w.SLOWDOWN)
    before = world.counters()
    for turn in range(5):
        assert reload(world, text)
        # Other guests, other layouts, other times.
        assert reload(world, text + "[layout b]\n[guest other]\npace = 1\n[idle]\noff-after = 9 h\n")
        assert not reload(world, BAD[turn % len(BAD)])
    after = world.counters()
    for key in ("output.HEADLESS-1.frames", "bytes_written"):
        assert after[key] == before[key], (key, before[key], after[key])


def what_changes_is_shown(world):
    start(world, "640x240", layout("front"))
    number = world.guest("work", "200x100", 3)
    other = world.guest("web", "200x100", 3)
    world.say("wait-owner work")
    wanted, wanted_other = world.drawn("200x100", number, 2), world.drawn("200x100", other, 2)
    world.shows("HEADLESS-1", 220, 32 + 50, wanted)
    # Another layout of the same name, and a mark of another colour, in one step.
    assert reload(world, "[layout a output HEADLESS-1]\ncolumns = guest web | guest work\n[guest work]\ncolour = #123456\n")
    world.shows("HEADLESS-1", 320 + 60, 56 + (176 - 100) // 2, wanted)
    world.shows("HEADLESS-1", 60, 56 + (176 - 100) // 2, wanted_other)
    picture = world.picture("HEADLESS-1")
    frame = [picture.at(320 + 60 - 4, y) for y in range(100, 132)]
    assert (0x12, 0x34, 0x56) in frame, frame
    # And back; the colour is the one that it was given first.
    assert reload(world, layout("front"))
    world.shows("HEADLESS-1", 220, 32 + 50, wanted)
    assert world.counters()["guest.work.colour"] != "123456"


def chords_change(world):
    start(world, "320x240", "")
    for name in ("work", "web"):
        world.guest(name, "200x100", 3)
    world.say("wait-owner work")
    world.chord("ctrl", "alt", "tab")
    world.say("wait-owner web")
    assert reload(world, "[input]\nswitch-key = ctrl+alt+a\n")
    world.chord("ctrl", "alt", "tab")
    world.chord("ctrl", "alt", "a")
    world.say("wait-owner work")
    # A mistake takes none of it away.
    assert not reload(world, "[input]\nswitch-key = ctrl+alt+tab\nlayout-key = ctrl+alt+tab\n")
    world.chord("ctrl", "alt", "a")
    world.say("wait-owner web")
    presses = [event["code"] for event in world.report("web")["events"] if event["type"] == "key" and event["pressed"]]
    assert presses.count(w.KEY["tab"]) == 1 and w.KEY["a"] not in presses, presses


def the_log_names_what_waits_and_what_is_wrong(world):
    start(world, "320x240", "")
    assert reload(world, "[server]\nfont = Serif\nrenderer = pixman\n")
    assert "these wait for the next start: font, renderer\n" in world.log("vitrined")
    assert not reload(world, "[server]\nfnot = Serif\n[guest]\npace = 11\n")
    for line in (":2: [server] fnot: no such key; did you mean font?", ":4: [guest] pace: 11 is no number from 1 to 10"):
        assert world.path("v.conf") + line in world.log("vitrined"), line


def the_last_word_counts(world):
    """Files that change while they are read are read again: so many drop-ins that this takes a while."""
    start(world, "320x240", "")
    world.guest("work", "200x100", 3)
    os.mkdir(world.path("v.conf.d"))
    guests = "".join(f"[guest g{i}]\npace = 1\ncolour = auto\nbe-alloc = no\nfrozen-after = never\n" for i in range(60))
    for name in range(12):
        world.write(f"v.conf.d/{name}.conf", guests)
    for turn in range(2, 42, 2):
        for colour in (turn, turn + 1):
            world.write("v.conf", "[guest work]\ncolour = #%06x\n" % colour)
            world.processes["vitrined"].send_signal(signal.SIGHUP)
        world.wait(f"the last colour {colour}", lambda: world.counters()["guest.work.colour"] == "%06x" % colour)


def systemd_is_told(world):
    """Reloading, and when it is over, good or bad: or else systemctl reload would wait for ever."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(world.path("notify"))
        notify.settimeout(w.TIMEOUT_S)
        world.environments["vitrined"] = {"NOTIFY_SOCKET": world.path("notify")}
        start(world, "320x240", "")

        def told():
            return [line for line in notify.recv(4096).decode().splitlines() if not line.startswith("WATCHDOG")]

        while "READY=1" not in told():
            pass
        for text in ("", BAD[0]):
            world.write("v.conf", text)
            world.processes["vitrined"].send_signal(signal.SIGHUP)
            first = told()
            assert first[0] == "RELOADING=1" and first[1].startswith("MONOTONIC_USEC="), first
            assert told() == ["READY=1"]


def a_bad_configuration_starts_nothing(world):
    """And says why, before anything is opened."""
    world.write("v.conf", BAD[0])
    done = subprocess.run([f"{w.BIN}/vitrined", "--headless=320x240", "--runtime-dir=" + world.directory,
                           "--config=" + world.path("v.conf")], capture_output=True, text=True, timeout=w.TIMEOUT_S, check=False)
    assert done.returncode == 1, done.returncode
    assert done.stderr.startswith(world.path("v.conf") + ":2: "), done.stderr
    for text, status in ((BAD[0], 1), (layout("front"), 0)):
        world.write("v.conf", text)
        done = subprocess.run([f"{w.BIN}/vitrined", "--check-config", "--config=" + world.path("v.conf")],
                              capture_output=True, text=True, timeout=w.TIMEOUT_S, check=False)
        assert done.returncode == status and bool(done.stderr) == bool(status), (done.returncode, done.stderr)


def a_policy_about_nobody_is_a_warning(world):
    """A guest that nothing else speaks of, a device that is not here: told by --check-config, and no mistake."""
    world.write("v.conf", "[device No Such Keys]\nnot-guests = vault\n")
    done = subprocess.run([f"{w.BIN}/vitrined", "--check-config", "--config=" + world.path("v.conf")],
                          capture_output=True, text=True, timeout=w.TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        f"warning: {world.path('v.conf')}:2: [device No Such Keys] not-guests: no section and no layout speaks of a guest vault",
        "warning: [device No Such Keys]: no such device is here now"], done.stderr


def main():
    return w.run_all("reload", [no_guest_notices, what_changes_nothing_draws_nothing, what_changes_is_shown, chords_change,
                                the_log_names_what_waits_and_what_is_wrong, the_last_word_counts,
                                systemd_is_told, a_bad_configuration_starts_nothing,
                                a_policy_about_nobody_is_a_warning])


if __name__ == "__main__":
    sys.exit(main())
