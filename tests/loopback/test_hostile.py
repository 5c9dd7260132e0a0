#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hostile guests beside a good one: each harm of pvfront's list is answered or ended, blamed on its guest, and the
good guest does not notice. garbage-store is left to the VM tier: the broker makes it wait longer each time."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

BIN = os.path.abspath(os.path.join(os.environ.get("VITRINE_BUILD", "build"), "bin"))
SLOWDOWN = int(os.environ.get("VITRINE_TEST_SLOWDOWN", "1"))
LEFT_OUT = {"garbage-store"}


class World:
    """The three servers in a directory of their own, with a log each."""

    def __init__(self, directory):
        self.directory = directory
        self.processes = {}

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, name, *arguments):
        with open(self.path(name + ".log"), "w", encoding="utf-8") as log:
            self.processes[name] = subprocess.Popen([os.path.join(BIN, name), *arguments], stderr=log)

    def wait_for_socket(self, name):
        end = time.monotonic() + 10 * SLOWDOWN
        while not os.path.exists(self.path(name)):
            if time.monotonic() > end:
                raise AssertionError(f"no {name} after 10 s")
            time.sleep(0.02)

    def start_all(self):
        self.start("vitrine-loopback", f"--socket={self.path('hub')}")
        self.start("vitrined", "--headless=640x480,320x240", f"--runtime-dir={self.directory}")
        self.wait_for_socket("hub")
        self.wait_for_socket("broker.sock")
        self.start("vitrine-broker", f"--runtime-dir={self.directory}", f"--xen=loopback:0:{self.path('hub')}",
                   f"--worker={os.path.join(BIN, 'vitrine-pv')}")

    def log(self, name):
        with open(self.path(name + ".log"), encoding="utf-8") as log:
            return log.read()

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(10 * SLOWDOWN)

    def guest(self, domid, name, *arguments):
        return subprocess.Popen(
            [os.path.join(BIN, "pvfront"), f"--xen=loopback:{domid}:{self.path('hub')}", "--toolstack",
             f"--name={name}", "--connectors=320x240,160x120", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def check_harms(names, output, status):
    assert status == 0, f"pvfront ended with {status}:\n{output}"
    for name in names:
        lines = [line for line in output.splitlines() if line.startswith(f"hostile {name}: ")]
        assert lines and lines[-1] == f"hostile {name}: contained", f"{name}:\n" + "\n".join(lines)
        assert len(lines) > 1, f"{name} says nothing of what came back"


def check_logs(world):
    blamed = re.findall(r"guest (\S+): .*", world.log("vitrine-broker") + world.log("vitrined"))
    assert {"evil0", "evil1"} <= set(blamed), blamed
    complaints = [line for name in ("vitrine-broker", "vitrined") for line in world.log(name).splitlines()
                  if "warn" in line or "error" in line]
    assert all("guest evil" in line for line in complaints), "\n".join(complaints)
    # Hundreds of thousands of bad requests, and a log that a human can read.
    assert len(complaints) < 200, f"{len(complaints)} lines of log"


def check_neighbour(report):
    for connector in report["connectors"]:
        assert connector["refused"] == 0 and connector["bad_events"] == 0, connector
        assert connector["acknowledged"] >= connector["flipped"] - 1, connector
        assert connector["acknowledged"] > 30, connector
        # Far below what a stock guest would call lost, also on a busy machine.
        assert connector["max_gap_ms"] < 1500 * SLOWDOWN, connector


def run(world):
    report = world.path("good.json")
    listed = subprocess.run([os.path.join(BIN, "pvfront"), "--hostile=list"], capture_output=True, text=True,
                            check=True).stdout.split()
    names = [name for name in listed if name not in LEFT_OUT]
    assert len(names) >= 10, listed
    world.start_all()
    good = world.guest(1, "good", f"--report={report}")
    # Two share the list: the broker lets who connects again and again wait longer each time.
    shares = [names[0::2], names[1::2]]
    evil = [world.guest(2 + i, f"evil{i}", "--hostile=" + ",".join(share)) for i, share in enumerate(shares)]
    outputs = [process.communicate()[0] for process in evil]
    for name, process in world.processes.items():
        assert process.poll() is None, f"{name} has ended with {process.returncode}:\n{world.log(name)}"
    assert good.poll() is None, good.communicate()[0]
    good.terminate()
    good_output, _ = good.communicate()
    assert good.returncode == 0, good_output
    for share, output, process in zip(shares, outputs, evil):
        check_harms(share, output, process.returncode)
    check_logs(world)
    with open(report, encoding="utf-8") as file:
        check_neighbour(json.load(file))
    print(f"{len(names)} harms contained")


def main():
    with tempfile.TemporaryDirectory(prefix="vitrine-hostile-") as directory:
        world = World(directory)
        try:
            run(world)
        except AssertionError as error:
            print(error)
            for name in world.processes:
                print(f"--- {name}\n{world.log(name)}")
            return 1
        finally:
            world.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
