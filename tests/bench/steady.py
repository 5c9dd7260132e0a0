# SPDX-License-Identifier: MIT
"""Figures of what should cost nothing: a guest on a plane, guests that stand still, guests that are not shown."""
import re
import shutil
import subprocess
import time

from desk import Desk, strace_missing

WINDOW_S = 6
CALLS_KEPT = 12
MEMORY_KEPT = 4  # MiB
PROGRAMS = ("vitrined", "vitrine-pv", "vitrine-broker")
GUEST_PAGES = "/memfd:domain"  # as the stand-in hypervisor calls a guest's memory
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
    heads = 2
    desk = Desk(bench.bin, ",".join(["1280x832"] * heads))
    try:
        for i in range(8):
            desk.guest(f"guest{i}", i + 1, "--connectors=1024x768", "--frames=1", "--stay")
        time.sleep(3)  # the samplers have backed off
        before = {program: desk.wakeups(program) for program in PROGRAMS}
        compared = desk.stats()["bytes_compared"]
        start = time.monotonic()
        time.sleep(10)
        seconds = time.monotonic() - start
        rates = {program: (desk.wakeups(program) - before[program]) / seconds for program in PROGRAMS}
        compared = desk.stats()["bytes_compared"] - compared
    finally:
        desk.end()
    # 4 Hz for each head that is shown; a wake-up or two are of the counters that were just asked for.
    bench.figure("still.vitrined", f"{rates['vitrined']:.1f}", "wake-ups per second, 8 guests, 2 of them shown",
                 rates["vitrined"] <= 4 * heads + 0.5)
    bench.figure("still.compared", f"{compared / seconds / 1e6:.1f}", "million bytes per second compared for it")
    for program in PROGRAMS[1:]:
        bench.figure(f"still.{program}", f"{rates[program]:.1f}", "wake-ups per second, all together",
                     rates[program] < 0.5)


def memory_kb(desk):
    """What all our processes hold together, each shared page counted once, without the pages of the guests themselves."""
    total = 0
    for program in PROGRAMS:
        for pid in desk.pids(program):
            with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as file:
                for mapping in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", file.read(), flags=re.M):
                    size = re.search(r"^Pss:\s+(\d+)", mapping, re.M)
                    if size and GUEST_PAGES not in mapping:
                        total += int(size.group(1))
    return total


def memory(bench):
    """What one more guest of two heads costs, beyond its buffers: four guests, then eight more."""
    few, more = 4, 8
    desk = Desk(bench.bin, "1280x832,1280x832")
    try:
        found = []
        for numbers in (range(few), range(few, few + more)):
            for i in numbers:
                desk.guest(f"guest{i}", i + 1, "--connectors=1024x768,800x600", "--frames=5", "--stay")
            while desk.stats()["guests"] < numbers.stop:
                desk.check_alive()
                time.sleep(0.1)
            time.sleep(3)  # until the last of them has drawn its frames
            found.append(memory_kb(desk))
        if len(desk.pids("vitrine-pv")) != few + more:
            raise RuntimeError("not every guest has a worker")
    finally:
        desk.end()
    each = (found[1] - found[0]) / more / 1024
    bench.figure("memory.base", f"{found[0] / 1024:.1f}", f"MiB of all processes with {few} guests of two heads")
    bench.figure("memory.guest", f"{each:.2f}", "MiB for each further guest, its own buffers apart", each <= MEMORY_KEPT)


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
