# SPDX-License-Identifier: MIT
"""Beside weston: the same client flips at any phase in both. How long a picture waits for the frame that shows it is told by what
each server records of itself, how long it takes to the glass by what it tells the client."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from desk import connect
from demo import Stage

HZ = 47  # of the client; the monitors have 60
FLIPS, ROUNDS = 150, 3
SIZE = (1280, 832)
WESTON_INI = """[core]
idle-time=0
[shell]
panel-position=none
locking=false
animation=none
startup-animation=none
close-animation=none
"""


WARM_UP = 30  # flips that do not count
TIMELINE = re.compile(r'"T":\[(\d+), (\d+)\], "N":"(\w+)"')
# By both servers' names: a picture has come, a frame takes the newest, the frame is given to the device.
OURS = ("commit", "latch", "submit")
THEIRS = ("core_commit_damage", "core_repaint_begin", "core_repaint_posted")


class Server(Stage):
    """One server with one monitor that nobody sees, in a directory of its own."""

    def __init__(self, bench):
        super().__init__(os.path.abspath(bench.bin), tempfile.mkdtemp(prefix="vitrine-bench-"))
        self.client = bench.program("bench_flips")
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": self.run_dir, "WAYLAND_DISPLAY": "weston"}

    def run(self, *command):
        return subprocess.run(command, check=True, timeout=60, capture_output=True, text=True, env=self.environment).stdout

    def flips(self, kind, socket):
        """Nanoseconds from each flip to the glass."""
        return [int(line) for line in self.run(self.client, kind, socket, str(HZ), str(FLIPS)).splitlines()]

    def end(self):
        super().end()
        shutil.rmtree(self.out_dir, ignore_errors=True)


def waits(events, names):
    """Nanoseconds from the newest picture of each frame to when the device got the frame. Events: (name, time)."""
    came, taken, found = None, None, []
    for name, time in events:
        if name == names[0]:
            came = time
        elif name == names[1]:
            came, taken = None, came
        elif name == names[2] and taken is not None:
            found.append(time - taken)
            taken = None
    return found[WARM_UP:]


def weston_flips(bench):
    """To the frame, to the glass."""
    stage = Server(bench)
    try:
        with open(stage.path("weston.ini"), "w", encoding="utf-8") as file:
            file.write(WESTON_INI)
        environment = [f"{key}={stage.environment[key]}" for key in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY")]
        stage.start("weston", shutil.which("env"), environment[0], "weston", "--backend=headless-backend.so",
                    "--use-pixman", f"--width={SIZE[0]}", f"--height={SIZE[1]}", "--shell=desktop-shell.so",
                    "--socket=weston", "--debug", "--config=" + stage.path("weston.ini"))
        connect(stage, "weston").close()
        stage.start("timeline", shutil.which("env"), *environment, "weston-debug", "timeline")
        glass = stage.flips("desktop", "weston")
        stage.stop("timeline")
        with open(os.path.join(stage.out_dir, "timeline.log"), encoding="utf-8") as file:
            events = [(name, int(seconds) * 10**9 + int(ns)) for seconds, ns, name in TIMELINE.findall(file.read())]
        return waits(events, THEIRS), glass
    finally:
        stage.end()


def our_flips(bench):
    stage = Server(bench)
    try:
        stage.start("vitrined", "vitrined", f"--headless={SIZE[0]}x{SIZE[1]}@60", f"--runtime-dir={stage.run_dir}")
        connect(stage, "vitrined.stats").close()
        glass = stage.flips("guest", stage.path("broker.sock"))
        trace = os.path.join(stage.out_dir, "trace.json")
        stage.run(os.path.join(stage.bin_dir, "vitrinectl"), "--runtime-dir=" + stage.run_dir, "trace", trace)
        with open(trace, encoding="utf-8") as file:
            events = [(event["name"], event["ts"] * 1000) for event in json.load(file)["traceEvents"] if event["ph"] == "i"]
        return waits(events, OURS), glass
    finally:
        stage.end()


def percentile(values, percent):
    return sorted(values)[(len(values) - 1) * percent // 100]


def weston(bench):
    """In turn, so that both have the same of the machine's other work."""
    if not shutil.which("weston"):
        return bench.skip("weston", "weston is not installed")
    ours, theirs = ([], []), ([], [])
    for _ in range(ROUNDS):
        for found, run in ((theirs, weston_flips), (ours, our_flips)):
            for values, more in zip(found, run(bench)):
                values += more
    for i, what in enumerate(("commit", "glass")):
        if min(len(ours[i]), len(theirs[i])) < ROUNDS * FLIPS // 2:
            raise RuntimeError(f"{len(ours[i])} and {len(theirs[i])} flips were seen on their way to the {what}")
        for percent in (50, 99):
            ratio = percentile(ours[i], percent) / percentile(theirs[i], percent)
            bench.figure(f"weston.{what}.p{percent}", f"{ratio:.2f}",
                         f"of weston's latency, flip to {what} ({len(ours[i])} and {len(theirs[i])} flips)", ratio <= 1)
        periods = percentile(ours[i], 50) * 60 / 1e9
        bench.figure(f"weston.{what}.ours", f"{periods:.2f}", "periods of a 60 Hz monitor, ours, p50")
    return None
