#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Workers and brokers are killed under a guest that draws: it does not notice, and its picture returns within a second.

The guest is pvfront, which makes its buffers once at the start, ends when its backend leaves Connected or when a flip
takes too long, and counts each answer and event that it did not wait for."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

BIN = os.path.abspath(os.path.join(os.environ.get("VITRINE_BUILD", "build"), "bin"))
SLOWDOWN = int(os.environ.get("VITRINE_TEST_SLOWDOWN", "1"))
# A stock guest gives a flip up after 3.1 s: what is back before that was never away.
PATIENCE_S = 3
ROUNDS = 20


class World:
    """The three servers and a guest, in a directory of their own, with a log each."""

    def __init__(self, directory):
        self.directory = directory
        self.processes = {}

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, name, *arguments):
        with open(self.path(name + ".log"), "a", encoding="utf-8") as log:
            self.processes[name] = subprocess.Popen([os.path.join(BIN, name), *arguments], stdout=log, stderr=log)

    def start_broker(self):
        self.start("vitrine-broker", f"--runtime-dir={self.directory}", f"--xen=loopback:0:{self.path('hub')}",
                   f"--worker={os.path.join(BIN, 'vitrine-pv')}")

    def start_all(self):
        self.start("vitrine-loopback", f"--socket={self.path('hub')}")
        self.start("vitrined", "--headless=640x480,320x240", f"--runtime-dir={self.directory}")
        self.wait("a hub", lambda: os.path.exists(self.path("hub")))
        self.wait("a server", lambda: os.path.exists(self.path("broker.sock")))
        self.start_broker()
        self.start("pvfront", f"--xen=loopback:1:{self.path('hub')}", "--toolstack", "--name=good",
                   "--connectors=320x240,160x120", f"--report={self.path('report')}")

    def counters(self, name):
        """Empty while nobody answers."""
        text = ""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(self.path(name))
                connection.settimeout(10 * SLOWDOWN)
                while chunk := connection.recv(65536):
                    text += chunk.decode()
        except (FileNotFoundError, ConnectionRefusedError, ConnectionResetError):
            return {}
        return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)

    def wait(self, what, done, seconds=10):
        end = time.monotonic() + seconds * SLOWDOWN
        while not done():
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} has ended with {process.returncode}"
            assert time.monotonic() < end, f"no {what} after {seconds} s"
            time.sleep(0.01)

    def worker(self):
        return int(self.counters("broker.stats").get("guest.good.worker_pid", 0))

    def frames(self):
        return int(self.counters("vitrined.stats").get("guest.good.frames_shown", 0))

    def wait_picture(self, what, seconds):
        """Frames of a worker that is there, one after the other."""
        seen = []

        def grows():
            frames = self.frames()
            if frames > 0 and (not seen or frames != seen[-1]):
                seen.append(frames)
            return len(seen) > 3

        self.wait(what, lambda: self.worker() > 0, seconds)
        self.wait(what, grows, seconds)

    def report(self):
        if os.path.exists(self.path("report")):
            os.unlink(self.path("report"))
        self.processes["pvfront"].send_signal(signal.SIGUSR1)
        self.wait("report", lambda: os.path.exists(self.path("report")))
        with open(self.path("report"), encoding="utf-8") as file:
            return json.load(file)

    def stop(self):
        for name in reversed(list(self.processes)):
            self.processes[name].terminate()
            self.processes[name].wait(10 * SLOWDOWN)


def kill_worker(world):
    old = world.worker()
    os.kill(old, signal.SIGKILL)
    world.wait("worker", lambda: world.worker() not in (0, old), PATIENCE_S)


def kill_broker(world):
    broker = world.processes["vitrine-broker"]
    worker = world.worker()
    broker.kill()
    broker.wait()
    # The worker goes with it, also one that would rather stay.
    end = time.monotonic() + SLOWDOWN
    while os.path.exists(f"/proc/{worker}/exe") and time.monotonic() < end:
        time.sleep(0.005)
    world.start_broker()


def check(world, report, before):
    for connector, old in zip(report["connectors"], before["connectors"]):
        assert connector["refused"] == 0, connector
        assert connector["stray_responses"] == 0 and connector["bad_events"] == 0, connector
        assert connector["flipped"] > old["flipped"], (connector, old)
        assert connector["acknowledged"] >= connector["flipped"] - 1, connector
        assert connector["max_gap_ms"] < 1000 * PATIENCE_S * SLOWDOWN, connector


def run(world):
    world.start_all()
    world.wait_picture("picture", 10)
    for turn in range(ROUNDS):
        for kill in (kill_worker, kill_broker):
            before = world.report()
            kill(world)
            world.wait_picture(f"picture after {kill.__name__} {turn}", PATIENCE_S)
            check(world, world.report(), before)
    with open(world.path("vitrine-broker.log"), encoding="utf-8") as log:
        assert "starts over" not in log.read()
    # The guest's end is its state's end.
    assert len(os.listdir(world.path("state"))) == 1
    guest = world.processes.pop("pvfront")
    guest.terminate()
    assert guest.wait(10 * SLOWDOWN) == 0
    world.wait("end of the state", lambda: not os.listdir(world.path("state")))


def main():
    with tempfile.TemporaryDirectory(prefix="vitrine-restart-") as directory:
        world = World(directory)
        try:
            run(world)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            print(error)
            for name in os.listdir(directory):
                if name.endswith(".log"):
                    with open(world.path(name), encoding="utf-8") as log:
                        print(f"--- {name}\n{log.read()[-6000:]}")
            return 1
        finally:
            world.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
