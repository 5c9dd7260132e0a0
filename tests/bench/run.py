#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`make bench`: the figures that the documentation quotes, one line each: name, value, unit.

Times are ratios within one run, all else is counted. The lines are also written to BUILD/bench/results.txt. The exit
status is 1 when a figure that is a promise is broken. docs/figures.md says what each of them means.
"""
import argparse
import datetime
import os
import platform
import re
import subprocess
import sys
import traceback

import beside
import counted
import live
import steady

GROUPS = {
    "copies": live.copies,
    "syscalls": live.syscalls,
    "plane": steady.plane,
    "idle": live.idle,
    "still": steady.still,
    "guests": steady.guests,
    "memory": steady.memory,
    "flip": live.flips,
    "weston": beside.weston,
    "input": live.keys,
    "crowd": live.crowd,
    "instructions": counted.instructions,
    "draw": counted.drawing,
}


class Bench:
    """Where the programs are, and what was found."""

    def __init__(self, build):
        self.bin = os.path.join(build, "bin")
        self.build = build
        self.lines = []
        self.broken = 0

    def program(self, name):
        return os.path.join(self.build, "tests", "bench", name)

    def line(self, text):
        self.lines.append(text)
        print(text, flush=True)

    def heading(self):
        """Where and when, and of what."""
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            names = re.findall(r"^model name\s*: (.*)$", file.read(), re.M)
        commit = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"], check=False,
                                capture_output=True, text=True).stdout.strip()
        self.line(f"{'date':30} {datetime.date.today()}")
        self.line(f"{'commit':30} {commit or 'unknown'}")
        self.line(f"{'machine':30} {len(names) or os.cpu_count()} x {names[0] if names else platform.machine()}, "
                  f"{platform.system()} {platform.release()}")

    def figure(self, name, value, unit, kept=None):
        """kept: whether a promise is kept; None: it is no promise."""
        verdict = "" if kept is None else "  [kept]" if kept else "  [BROKEN]"
        self.broken += kept is False
        self.line(f"{name:30} {value!s:>12}  {unit}{verdict}")

    def skip(self, name, why):
        self.line(f"{name:30} {'SKIP':>12}  {why}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.environ.get("VITRINE_BUILD", "build"), help="default: %(default)s")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS) + "; default: all")
    args = parser.parse_args()
    for name in args.groups:
        if name not in GROUPS:
            parser.error(f"no group {name}")
    bench = Bench(args.build)
    bench.heading()
    for name in args.groups or GROUPS:
        try:
            GROUPS[name](bench)
        except Exception as error:  # what one group finds does not depend on another
            traceback.print_exc()
            bench.figure(name, "none", f"it did not run: {error}", False)
    directory = os.path.join(args.build, "bench")
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "results.txt"), "w", encoding="utf-8") as out:
        out.write("".join(line + "\n" for line in bench.lines))
    if bench.broken:
        print(f"{bench.broken} promises are broken")
    return 1 if bench.broken else 0


if __name__ == "__main__":
    sys.exit(main())
