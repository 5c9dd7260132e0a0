# SPDX-License-Identifier: MIT
"""Figures of the pure parts: instructions, counted by callgrind; drawing in units of memcpy."""
import re
import shutil
import subprocess

FRAMES = 200


def collected(bench, case, frames):
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
                          "--toggle-collect=measured", bench.program("bench_scene"), case, str(frames)],
                         check=True, capture_output=True, text=True)
    if f"presented {frames}" not in run.stdout:
        raise RuntimeError(f"bench_scene {case}: not all of {frames} frames were presented: {run.stdout.strip()}")
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def instructions(bench):
    if not shutil.which("valgrind"):
        return bench.skip("instructions", "valgrind is not installed")
    for case in ("scene", "rects", "pixel"):
        per_frame = (collected(bench, case, FRAMES) - collected(bench, case, 0)) / FRAMES
        bench.figure(f"instructions.{case}", round(per_frame), "instructions per frame")


# One to one: read once, written once.
PROMISED = ("xr24", "framed")
MOST = 1.15


def drawing(bench):
    text = subprocess.run([bench.program("bench_draw")], check=True, capture_output=True, text=True).stdout
    for name, ratio in (line.split() for line in text.splitlines()):
        bench.figure(f"draw.{name}", ratio, "times memcpy of a 1920x1080 frame",
                     float(ratio) <= MOST if name in PROMISED else None)
