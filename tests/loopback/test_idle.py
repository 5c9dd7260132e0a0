#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stock idle watcher is told of the idleness by which monitors go dark, and what it starts gets no connection."""
import json
import os
import shutil
import subprocess
import sys

from world import BIN, KEY, TIMEOUT_S, run_all

CONFIG = "[idle]\noff-after = 2s\n"


def watch(world):
    """Each time that nobody has touched anything for a second is a line in a file, and each return another."""
    world.start("swayidle", "vitrinectl", "--runtime-dir=" + world.directory, "run", "--", "swayidle", "-w", "-C", "/dev/null",
                "timeout", "1", f"echo idle $WAYLAND_SOCKET >>{world.path('told')}",
                "resume", f"echo back >>{world.path('told')}")
    world.wait("the watcher", lambda: "a trusted program has connected" in world.log("vitrined"))


def told(world):
    path = world.path("told")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def touch(world):
    world.say(f"key {KEY['a']} 1")
    world.say(f"key {KEY['a']} 0")


def is_on(world):
    done = subprocess.run([os.path.join(BIN, "vitrinectl"), "--runtime-dir=" + world.directory, "--json", "monitors"],
                          stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=True)
    return json.loads(done.stdout)["monitors"][0]["on"]


def test_idle_and_back(world):
    world.start_servers("320x240", "--config=" + world.write("vitrine.conf", CONFIG))
    watch(world)
    touch(world)
    world.wait("idleness", lambda: told(world) == ["idle"])
    world.wait("the dark", lambda: not is_on(world))
    assert told(world) == ["idle"], told(world)
    touch(world)
    world.wait("the return", lambda: told(world) == ["idle", "back"])
    assert is_on(world), "whoever is back sees nothing"
    world.wait("idleness again", lambda: told(world) == ["idle", "back", "idle"])


def test_watcher_killed(world):
    """The server goes on, and the next watcher is as good."""
    world.start_servers("320x240")
    watch(world)
    world.processes.pop("swayidle").kill()
    world.start("swayidle", "vitrinectl", "--runtime-dir=" + world.directory, "run", "--", "swayidle", "-w", "-C", "/dev/null",
                "timeout", "1", f"echo idle >>{world.path('told')}")
    world.wait("idleness", lambda: told(world) == ["idle"])
    touch(world)


def main():
    if not shutil.which("swayidle"):
        print("SKIP: swayidle is not installed")
        return 77
    return run_all("idle", [test_idle_and_back, test_watcher_killed])


if __name__ == "__main__":
    sys.exit(main())
