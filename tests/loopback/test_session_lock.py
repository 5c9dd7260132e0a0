#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stock lock screen, swaylock: it locks, shows itself on each monitor, gets what is typed and unlocks; its death does not."""
import glob
import os
import shutil
import signal
import sys

from auth_world import ENTER, find_module, strokes
from world import TIMEOUT_S, run_all

SIZES = {"HEADLESS-1": (320, 240), "HEADLESS-2": (640, 480)}
GROUND = (0x30, 0x60, 0xa0)
STRIP = 24
PASSWORD = "Ouzel7+reed"


def find_wrapper():
    """What lets a program without privileges have services of PAM of its own, or None."""
    found = glob.glob("/usr/lib/*/libpam_wrapper.so") + glob.glob("/usr/lib*/libpam_wrapper.so")
    return found[0] if found else None


def begin(world):
    """A guest that has the input, on the first monitor."""
    world.start_servers(",".join(f"{w}x{h}" for w, h in SIZES.values()))
    world.guest("work", "304x192", frames=5)
    world.say("wait-owner work")
    where = world.path("pam.d")
    os.makedirs(where, exist_ok=True)
    user = os.environ.get("USER") or "root"
    world.write("passdb", "".join(f"{name}:{PASSWORD}:swaylock\n" for name in {user, "root"}))
    module = find_module()
    world.write("pam.d/swaylock", f"auth required {module} passdb={world.path('passdb')}\n")


def lock(world):
    world.environments["swaylock"] = {"PAM_WRAPPER": "1", "PAM_WRAPPER_SERVICE_DIR": world.path("pam.d"),
                                      "HOME": world.directory, "XDG_RUNTIME_DIR": world.directory}
    # The wrapper is for swaylock alone: a sanitizer in vitrinectl wants to be the first to be loaded.
    return world.start("swaylock", "vitrinectl", "--runtime-dir=" + world.directory, "run", "--lock", "--",
                       "env", "LD_PRELOAD=" + find_wrapper(), "swaylock", "-C", "/dev/null", "-c", "%02x%02x%02x" % GROUND)


def is_covered(world, output):
    """Its own ground at all edges; the strip is the host's."""
    width, height = SIZES[output]
    picture = world.picture(output)
    points = [(x, y) for x in (0, width // 4, width - 1) for y in (STRIP, height - 1)] + [(0, height // 2)]
    return all(picture.at(x, y) == GROUND for x, y in points) and picture.at(2, 2) != GROUND


def await_cover(world):
    for output in SIZES:
        world.wait(f"the lock screen on {output}", lambda output=output: is_covered(world, output))
    world.say("wait-lock dark")


def type_text(world, text):
    for code, pressed in strokes(text):
        world.say(f"key {code} {int(pressed)}")
    world.say(f"key {ENTER} 1")
    world.say(f"key {ENTER} 0")


def keys_of(world, name):
    """Events that the guest got, of all its devices."""
    return sum(device["events"] for device in world.report(name)["inputs"])


def test_lock_and_unlock(world):
    begin(world)
    guest = world.picture("HEADLESS-1")
    before = keys_of(world, "work")
    swaylock = lock(world)
    await_cover(world)
    world.say("wait-owner -")
    type_text(world, "wrong")
    world.wait("a word on the wrong password", lambda: not is_plain(world))
    assert swaylock.poll() is None, "a wrong password unlocked"
    world.say("wait-lock dark")
    # Two seconds pass in swaylock after a wrong one.
    type_text(world, PASSWORD)
    world.processes.pop("swaylock")
    assert swaylock.wait(TIMEOUT_S) == 0, world.log("swaylock")
    world.say("wait-lock open")
    world.say("wait-owner work")
    world.wait("the guest's picture", lambda: world.picture("HEADLESS-1") == guest)
    assert keys_of(world, "work") == before, "the guest heard what was typed at the lock screen"


def is_plain(world):
    """Nothing but the ground is in the middle of the larger monitor."""
    picture = world.picture("HEADLESS-2")
    return all(picture.at(320 + x, 252 + y) == GROUND for x in range(-80, 81, 4) for y in range(-80, 81, 4))


def test_killed(world):
    """It stays locked, the host's own prompt shows, and only the next lock screen of the host's can unlock."""
    begin(world)
    swaylock = lock(world)
    await_cover(world)
    world.processes.pop("swaylock")
    swaylock.kill()
    world.wait("the host's own", lambda: not is_covered(world, "HEADLESS-1") and not is_covered(world, "HEADLESS-2"))
    world.say("wait-lock dark")
    world.say("wait-owner -")
    assert world.picture("HEADLESS-1").at(160, 120) != GROUND
    swaylock = lock(world)
    await_cover(world)
    type_text(world, PASSWORD)
    world.processes.pop("swaylock")
    assert swaylock.wait(TIMEOUT_S) == 0, world.log("swaylock")
    world.say("wait-lock open")
    world.say("wait-owner work")


def test_stopped(world):
    """One that reads nothing is no lock screen: the host's own takes its place, and nothing waits for it meanwhile."""
    begin(world)
    swaylock = lock(world)
    await_cover(world)
    swaylock.send_signal(signal.SIGSTOP)
    type_text(world, "nobody reads this")
    world.wait("the host's own", lambda: "read nothing for five seconds" in world.log("vitrined"))
    world.wait("the host's own", lambda: not is_covered(world, "HEADLESS-1"))
    world.say("wait-lock dark")
    world.processes.pop("swaylock").kill()
    assert "nobody" not in world.log("vitrined")


def main():
    missing = [what for what, is_there in (("swaylock", shutil.which("swaylock")), ("pam_matrix.so", find_module()),
                                           ("libpam_wrapper.so", find_wrapper())) if not is_there]
    if missing:
        print(f"SKIP: {', '.join(missing)} not installed")
        return 77
    return run_all("session-lock", [test_lock_and_unlock, test_killed, test_stopped])


if __name__ == "__main__":
    sys.exit(main())
