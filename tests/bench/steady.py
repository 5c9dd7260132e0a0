# SPDX-License-Identifier: MIT
"""Figures of what should cost nothing: a guest on a plane, guests that stand still, guests that are not shown."""
import re
import shutil
import subprocess
import time

from desk import Desk, strace_missing

WINDOW_S = 6
CALLS_KEPT = 12
IDLE_KEPT = 0.05  # of the instructions, for twice as many idle guests


def plane(bench):
    """A steady guest whose picture a plane shows: calls by strace, pixels and tests by the server's counters."""
    why = strace_missing()
    if why:
        return bench.skip("plane", why)
    desk = Desk(bench.bin, "1280x832+overlay+memory", traced=True)
    try:
        desk.guest("work", 1, "--connectors=640x480", "--fps=10000")
        before = desk.stats("wait-guest work frames 240")
        start = time.time()
        time.sleep(WINDOW_S)
        times = start, time.time()
        after = desk.stats()
        frames = after["guest.work.frames_shown"] - before["guest.work.frames_shown"]
        counts = sorted(desk.calls("vitrined", *times).items(), key=lambda item: -item[1])
    finally:
        desk.end()
    if before["output.HEADLESS-1.path"] != "plane" or after["output.HEADLESS-1.path"] != "plane":
        return bench.figure("plane.path", after["output.HEADLESS-1.path"],
                            f"not a plane: {after['output.HEADLESS-1.why']}", False)
    moved = sum(after[key] - before[key] for key in ("bytes_read", "bytes_written", "bytes_compared"))
    tests = after["output.HEADLESS-1.tests"] - before["output.HEADLESS-1.tests"]
    calls = sum(count for _, count in counts) / frames
    parts = ", ".join(f"{name} {count / frames:.1f}" for name, count in counts if count / frames >= 0.05)
    bench.figure("plane.bytes", moved, f"bytes of pixels touched in {frames} frames", moved == 0)
    bench.figure("plane.tests", tests, "test commits", tests == 0)
    bench.figure("plane.syscalls.vitrined", f"{calls:.1f}", f"calls per frame ({parts})", calls <= CALLS_KEPT)
    return None


def still(bench):
    """Eight guests that draw nothing: two of them shown, the others not."""
    heads, programs = 2, ("vitrined", "vitrine-pv", "vitrine-broker")
    desk = Desk(bench.bin, ",".join(["1280x832"] * heads))
    try:
        for i in range(8):
            desk.guest(f"guest{i}", i + 1, "--connectors=1024x768", "--frames=1", "--stay")
        time.sleep(3)  # the samplers have backed off
        before = {program: desk.wakeups(program) for program in programs}
        compared = desk.stats()["bytes_compared"]
        start = time.monotonic()
        time.sleep(10)
        seconds = time.monotonic() - start
        rates = {program: (desk.wakeups(program) - before[program]) / seconds for program in programs}
        compared = desk.stats()["bytes_compared"] - compared
    finally:
        desk.end()
    # 4 Hz for each head that is shown; a wake-up or two are of the counters that were just asked for.
    bench.figure("still.vitrined", f"{rates['vitrined']:.1f}", "wake-ups per second, 8 guests, 2 of them shown",
                 rates["vitrined"] <= 4 * heads + 0.5)
    bench.figure("still.compared", f"{compared / seconds / 1e6:.1f}", "million bytes per second compared for it")
    for program in programs[1:]:
        bench.figure(f"still.{program}", f"{rates[program]:.1f}", "wake-ups per second, all together",
                     rates[program] < 0.5)


def guests_instructions(bench, guests, seconds):
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
                          "--toggle-collect=measured", bench.program("bench_guests"), str(guests), str(seconds)],
                         check=True, capture_output=True, text=True)
    if f"presented {120 * seconds}" not in run.stdout:
        raise RuntimeError(f"bench_guests {guests}: {run.stdout.strip()} in {seconds} s")
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def guests(bench):
    """Sixteen guests of two heads on four monitors, one of them busy; then as many again that do nothing."""
    if not shutil.which("valgrind"):
        return bench.skip("guests", "valgrind is not installed")
    per_second = [guests_instructions(bench, n, 2) - guests_instructions(bench, n, 1) for n in (16, 32)]
    change = per_second[1] / per_second[0] - 1
    bench.figure("guests.16", f"{per_second[0] / 1e6:.1f}", "million instructions per second, 16 guests, 4 monitors")
    bench.figure("guests.doubled", f"{change * 100:+.2f}", "per cent, for 16 idle guests more", change < IDLE_KEPT)
    return None
