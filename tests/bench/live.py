# SPDX-License-Identifier: MIT
"""Figures of the real programs on the loopback."""
import subprocess
import time

from desk import Desk, strace_missing

PERIOD_US = 1e6 / 60
KEYS, GAP_S, ROUNDS = 100, 0.01, 3
MOST_BETWEEN = 32  # requests
QUIET_MS = 100  # a head that has not flipped for so long is sampled
WINDOW_S = 6


def copies(bench):
    """A guest that flips as fast as it may, one to one on a 1920x1080 monitor."""
    width, height, frames = 1904, 1040, 240
    desk = Desk(bench.bin, "1920x1080")
    try:
        desk.guest("work", 1, f"--connectors={width}x{height}", "--fps=10000")
        at = 60
        for _ in range(3):
            desk.stats(f"wait-guest work frames {at}")
            desk.report("work")
            before = desk.stats(f"wait-guest work frames {at + 30}")
            at = before["guest.work.frames_shown"] + frames
            after = desk.stats(f"wait-guest work frames {at}")
            # A guest that could not draw for so long, on a busy machine, is sampled: not what is measured here.
            if max(c["max_gap_ms"] for c in desk.report("work")["connectors"]) < QUIET_MS:
                break
        else:
            return bench.skip("copies", "the guest could not flip steadily: the machine is too busy")
    finally:
        desk.end()
    n = after["guest.work.frames_shown"] - before["guest.work.frames_shown"]
    damage = n * width * height * 4
    for key, name in (("bytes_read", "copies.read"), ("bytes_written", "copies.written")):
        ratio = (after[key] - before[key]) / damage
        bench.figure(name, f"{ratio:.4f}", "bytes per byte of damage", abs(ratio - 1) < 0.005)
    compared = after["bytes_compared"] - before["bytes_compared"]
    bench.figure("copies.compared", compared, f"bytes in {n} frames", compared == 0)


def figure_calls(bench, desk, what, n, times):
    """System calls of server and worker between two times, by n of what was done in between."""
    for program in ("vitrined", "vitrine-pv"):
        counts = sorted(desk.calls(program, *times).items(), key=lambda item: -item[1])
        parts = ", ".join(f"{name} {count / n:.1f}" for name, count in counts if count / n >= 0.05)
        bench.figure(f"syscalls.{what}.{program}", f"{sum(count for _, count in counts) / n:.1f}",
                     f"calls per {what} ({parts})")


def syscalls(bench):
    """A steady flipping guest, then keys for one that draws nothing; all calls counted by strace."""
    why = strace_missing()
    if why:
        return bench.skip("syscalls", why)
    desk = Desk(bench.bin, "1280x832", traced=True)
    try:
        desk.guest("work", 1, "--connectors=640x480", "--fps=10000")
        before = desk.stats("wait-guest work frames 120")
        start = time.time()
        time.sleep(WINDOW_S)
        times = start, time.time()
        frames = desk.stats()["guest.work.frames_shown"] - before["guest.work.frames_shown"]
        figure_calls(bench, desk, "frame", frames, times)
    finally:
        desk.end()
    desk = Desk(bench.bin, "1280x832", traced=True)
    try:
        desk.guest("work", 1, "--connectors=640x480", "--frames=1", "--stay")
        desk.hands.say("wait-owner work")
        time.sleep(2)  # the sampler backs off
        start = time.time()
        send_keys(desk, KEYS)
        keys_received(desk, KEYS)
        figure_calls(bench, desk, "key", KEYS, (start, time.time()))
    finally:
        desk.end()


PROGRAMS = ("vitrined", "vitrine-pv", "vitrine-broker")


def wakeups(desk):
    """Wake-ups per second of each program while nobody asks it anything."""
    before = {program: desk.wakeups(program) for program in PROGRAMS}
    start = time.monotonic()
    time.sleep(WINDOW_S)
    seconds = time.monotonic() - start
    return {program: (desk.wakeups(program) - before[program]) / seconds for program in PROGRAMS}


def idle(bench):
    """Guests that are shown and draw nothing: one head, two heads; then a hidden one that flips without end."""
    for heads in (2, 1):
        desk = Desk(bench.bin, ",".join(["1280x832"] * heads))
        try:
            desk.guest("work", 1, "--connectors=" + ",".join(["1024x768"] * heads), "--frames=1", "--stay")
            desk.stats("wait-guest work frames 1")
            time.sleep(2)  # the sampler backs off within a second
            rates = wakeups(desk)
            for program in PROGRAMS:
                bench.figure(f"idle.{heads}_head.{program}", f"{rates[program]:.1f}", "wake-ups per second")
            if heads == 1:
                hidden(bench, desk, rates)
        finally:
            desk.end()


def hidden(bench, desk, alone):
    desk.guest("web", 2, "--connectors=1024x768", "--fps=10000")
    end = time.monotonic() + 20
    while "guest.web.connected" not in desk.stats() and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(2)
    desk.report("web")
    before = desk.stats()
    rates = wakeups(desk)
    after = desk.stats()
    flips = desk.report("web")["connectors"][0]["waits"]
    read, written = (after[key] - before[key] for key in ("bytes_read", "bytes_written"))
    added = rates["vitrined"] - alone["vitrined"]
    bench.figure("hidden.flips", f"{flips / WINDOW_S:.1f}", "acknowledged per second, by its own worker", flips > 0)
    bench.figure("hidden.read", read, "bytes", read == 0)
    bench.figure("hidden.written", written, "bytes", written == 0)
    bench.figure("hidden.vitrined", f"{max(added, 0):.1f}", "wake-ups per second more than without it", added < 0.5)


def flips(bench):
    """From a guest's flip request to its flip event, by the guest's own clock."""
    for name, fps in (("back_to_back", 10000), ("any_phase", 47)):
        desk = Desk(bench.bin, "1280x832@60")
        try:
            desk.guest("work", 1, "--connectors=640x480", f"--fps={fps}")
            desk.stats("wait-guest work frames 60")
            desk.report("work")
            time.sleep(WINDOW_S)
            found = desk.report("work")["connectors"][0]
        finally:
            desk.end()
        for percent in (50, 99):
            periods = found[f"wait_p{percent}_us"] / PERIOD_US
            bench.figure(f"flip.{name}.p{percent}", f"{periods:.2f}", "periods of a 60 Hz monitor")


def round_trip(bench):
    """The unit: nanoseconds of a byte over a socketpair and back, one number for each time."""
    text = subprocess.run([bench.program("bench_roundtrip"), str(KEYS), str(int(GAP_S * 1e6))], check=True,
                          capture_output=True, text=True).stdout
    return [int(line) for line in text.splitlines()]


def percentile(values, percent):
    return sorted(values)[(len(values) - 1) * percent // 100]


def send_keys(desk, n):
    """Presses and releases in turn. Returns when each was sent."""
    sent = []
    for i in range(n):
        time.sleep(GAP_S)
        sent.append(time.monotonic_ns())
        desk.hands.say(f"key 30 {1 - i % 2}")
    return sent


def keys_received(desk, wanted):
    """The guest's key events; the last of them may still be on its way."""
    end = time.monotonic() + 5
    while True:
        events = [event for event in desk.report("work")["events"] if event["type"] == "key"]
        if len(events) >= wanted or time.monotonic() > end:
            return events


def keys(bench):
    """From a key at the server's input to the guest's receipt, through server, worker and loopback hypervisor."""
    desk = Desk(bench.bin, "1280x832")
    sent, units = [], []
    try:
        desk.guest("work", 1, "--connectors=640x480", "--frames=1", "--stay")
        desk.stats("wait-guest work frames 1")
        desk.hands.say("wait-owner work")
        for _ in range(ROUNDS):
            units += round_trip(bench)
            sent += send_keys(desk, KEYS)
        events = keys_received(desk, len(sent))
        stats = desk.stats()
    finally:
        desk.end()
    if len(events) != len(sent):
        return bench.figure("input.key", f"{len(events)} of {len(sent)}", "keys received", False)
    waits = [event["monotonic_us"] * 1000 - at for event, at in zip(events, sent)]
    for percent in (10, 50, 99):
        bench.figure(f"input.key.p{percent}", f"{percentile(waits, percent) / percentile(units, percent):.1f}",
                     f"round trips over a socketpair (p{percent} of both)")
    for percent in (50, 99):
        notified = stats[f"guest.work.input_p{percent}_us"] * 1000
        bench.figure(f"input.notify.p{percent}", f"{notified / percentile(units, percent):.1f}",
                     f"round trips over a socketpair (p{percent} of both), by the server's count")


def crowd(bench):
    """Keys for one guest while four others flip two heads each as fast as they may; requests are counted by the server."""
    desk = Desk(bench.bin, ",".join(["640x480"] * 9))
    try:
        desk.guest("work", 1, "--connectors=640x480", "--frames=1", "--stay")
        desk.stats("wait-guest work frames 1")
        desk.hands.say("wait-owner work")
        for i in range(4):
            desk.guest(f"busy{i}", i + 2, "--connectors=320x240,320x240", "--fps=10000")
            desk.stats(f"wait-guest busy{i} frames 60")
        sent = send_keys(desk, 2 * KEYS)
        got = len(keys_received(desk, len(sent)))
        stats = desk.stats()
    finally:
        desk.end()
    bench.figure("crowd.keys", got, f"keys received of {len(sent)}", got == len(sent))
    between, until = stats["input.requests_between_max"], stats["input.requests_until_notified_p99"]
    bench.figure("crowd.between", between, "requests of others, at most, from the reading of a key to its writing",
                 between <= MOST_BETWEEN)
    bench.figure("crowd.until.p99", until, "requests of all clients until the guest was notified (p99)")
