# SPDX-License-Identifier: MIT
"""Beside weston: the same client flips at any phase in both, and says when each picture was on the glass."""
import os
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


class Server(Stage):
    """One server with one monitor that nobody sees, in a directory of its own."""

    def __init__(self, bench):
        directory = tempfile.mkdtemp(prefix="vitrine-bench-")
        super().__init__(os.path.abspath(bench.bin), directory)
        self.program = bench.program("bench_flips")

    def flips(self, kind, socket):
        """Nanoseconds from each flip to the glass."""
        out = subprocess.run([self.program, kind, socket, str(HZ), str(FLIPS)], check=True, timeout=60,
                             capture_output=True, text=True, env={**os.environ, "XDG_RUNTIME_DIR": self.run_dir})
        return [int(line) for line in out.stdout.splitlines()]

    def end(self):
        super().end()
        shutil.rmtree(self.out_dir, ignore_errors=True)


def weston_flips(bench):
    stage = Server(bench)
    try:
        with open(stage.path("weston.ini"), "w", encoding="utf-8") as file:
            file.write(WESTON_INI)
        stage.start("weston", shutil.which("env"), "XDG_RUNTIME_DIR=" + stage.run_dir, "weston", "--backend=headless-backend.so", "--use-pixman",
                    f"--width={SIZE[0]}", f"--height={SIZE[1]}", "--shell=desktop-shell.so", "--socket=weston",
                    "--config=" + stage.path("weston.ini"))
        connect(stage, "weston").close()
        return stage.flips("desktop", "weston")
    finally:
        stage.end()


def our_flips(bench):
    stage = Server(bench)
    try:
        stage.start("vitrined", "vitrined", f"--headless={SIZE[0]}x{SIZE[1]}@60", f"--runtime-dir={stage.run_dir}")
        connect(stage, "vitrined.stats").close()
        return stage.flips("guest", stage.path("broker.sock"))
    finally:
        stage.end()


def percentile(values, percent):
    return sorted(values)[(len(values) - 1) * percent // 100]


def weston(bench):
    """In turn, so that both have the same of the machine's other work."""
    if not shutil.which("weston"):
        return bench.skip("weston", "weston is not installed")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs += weston_flips(bench)
        ours += our_flips(bench)
    for percent in (50, 99):
        ratio = percentile(ours, percent) / percentile(theirs, percent)
        bench.figure(f"weston.p{percent}", f"{ratio:.2f}",
                     f"of weston's latency, flip to glass ({len(ours)} and {len(theirs)} flips)", ratio <= 1)
    return None
