# SPDX-License-Identifier: MIT
"""The real programs on the loopback, as the demo starts them, and what may be read from them while they run."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools", "demo"))
from demo import Hands, Stage, connect  # noqa: E402

SYSCALL = re.compile(r"^(\d+\.\d+) (\w+)\(")


def strace_missing():
    """Why strace cannot be used here; None when it can."""
    if not shutil.which("strace"):
        return "strace is not installed"
    probe = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return None if probe.returncode == 0 else "strace: " + (probe.stderr.strip().splitlines() or ["fails"])[-1]


class Desk(Stage):
    """One server with its monitors; guests come later. traced: strace writes each process's calls into files."""

    def __init__(self, bin_dir, monitors, traced=False):
        super().__init__(os.path.abspath(bin_dir), tempfile.mkdtemp(prefix="vitrine-bench-"))
        self.traced = traced
        self.hands = None
        try:
            self.start_servers(monitors)
        except BaseException:
            self.end()
            raise

    def start_servers(self, monitors):
        hub = self.path("xen.sock")
        self.start("hypervisor", "vitrine-loopback", f"--socket={hub}")
        connect(self, "xen.sock", 5).close()  # SOCK_SEQPACKET
        self.start_traced("vitrined", f"--headless={monitors}", f"--runtime-dir={self.run_dir}", "--test-input")
        self.start_traced("vitrine-broker", f"--xen=loopback:0:{hub}", f"--runtime-dir={self.run_dir}",
                          "--worker=" + os.path.join(self.bin_dir, "vitrine-pv"))
        connect(self, "broker.stats").close()
        self.hands = Hands(self)

    def start_traced(self, program, *arguments):
        if not self.traced:
            return self.start(program, program, *arguments)
        trace = os.path.join(self.out_dir, "trace-" + program)
        return self.start(program, shutil.which("strace"), "-ff", "-ttt", "-o", trace,
                          os.path.join(self.bin_dir, program), *arguments)

    def guest(self, name, domid, *options):
        """Returns when its first picture is on a monitor, or, for one that is hidden, when it has drawn one."""
        return self.start(name, "pvfront", f"--xen=loopback:{domid}:{self.path('xen.sock')}", "--toolstack",
                          f"--name={name}", "--report=" + os.path.join(self.out_dir, name + ".json"), *options)

    def end(self):
        for name in ("vitrine-broker", "vitrined") if self.traced else ():
            # strace itself lets no signal end it before its program has ended.
            for pid in self.pids(name):
                os.kill(pid, signal.SIGTERM)
        super().end()
        shutil.rmtree(self.out_dir, ignore_errors=True)

    # ---- what may be read ----

    def pids(self, program):
        """Of this desk's processes of that program: those that descend from ours."""
        parents, names = {}, {}
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, encoding="ascii", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue
            pid = int(path.split("/")[2])
            names[pid] = text[text.index("(") + 1:text.rindex(")")]
            parents[pid] = int(text[text.rindex(")") + 2:].split()[1])
        return [pid for pid, name in names.items()
                if name == program[:15] and self.is_ours(pid, parents)]

    @staticmethod
    def is_ours(pid, parents):
        while pid in parents:
            if pid == os.getpid():
                return True
            pid = parents[pid]
        return False

    def wakeups(self, program):
        """How often all processes of that program have slept until now."""
        total = 0
        for pid in self.pids(program):
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
                total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M).group(1))
        return total

    def stats(self, after=None):
        """The server's counters; after: a wait command, at whose end they are taken, within the same turn of its loop."""
        self.hands.socket.sendall((f"{after}\nstats\n" if after else "stats\n").encode())
        found = {}
        for wanted in ("ok",) * (2 if after else 1):
            while True:
                line = self.hands.answers.readline().strip()
                if line.split(" ")[0] in (wanted, "error", ""):
                    break
                key, value = line.split(" ", 1)
                found[key] = int(value) if value.isdigit() else value
            if not line.startswith("ok"):
                raise RuntimeError(f"the server answered {line!r} to {after!r} and stats")
        return found

    def report(self, name):
        """What pvfront says of itself, since the last report where that matters."""
        path = os.path.join(self.out_dir, name + ".json")
        if os.path.exists(path):
            os.unlink(path)
        [process] = [process for label, process in self.processes if label == name]
        end = time.monotonic() + 10
        process.send_signal(signal.SIGUSR1)
        while not os.path.exists(path):
            self.check_alive()
            if time.monotonic() > end:
                raise RuntimeError(f"no report of {name}")
            time.sleep(0.01)
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def calls(self, program, start, end):
        """System calls of all processes of that program between two times of the wall clock: {name: how many}."""
        counts = {}
        for pid in self.pids(program):
            for path in glob.glob(os.path.join(self.out_dir, f"trace-*.{pid}")):
                with open(path, encoding="utf-8", errors="replace") as file:
                    for line in file:
                        match = SYSCALL.match(line)
                        if match and start <= float(match.group(1)) < end:
                            counts[match.group(2)] = counts.get(match.group(2), 0) + 1
        return counts
