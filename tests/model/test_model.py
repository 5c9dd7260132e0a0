#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the model of focus, lock and attention with spin, property by property.

Each property is proved of vitrine.pml, and then of a model that was broken on purpose (-D BREAK_...), where it must fail:
a property that holds of anything proves nothing. Ends with `N passed, N failed, N skipped`.

    tests/model/test_model.py [--deep] [NAME...]

Only the properties whose names contain one of NAME. --deep: assertions also where both monitors are late, a minute more.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# Which monitor may be late; the other one shows each frame in its period.
LATE = {"monitor 0 late": ["PROMPT_1"], "monitor 1 late": ["PROMPT_0"], "both late": []}
SAFETY = ["-DSAFETY", "-DNOCLAIM"]
LIVENESS = ["-DNFAIR=3"]

# What is proved: name, LTL formula (None: assertions and end states), definitions, then the broken models of it.
PROPERTIES = [
    ("no key to a guest that is not shown and named everywhere", None, [],
     ["BREAK_FRAME", "BREAK_LAST"]),
    ("never two owners of the keyboard", None, [], ["BREAK_RELEASE"]),
    ("no key to a guest while locked", None, [], ["BREAK_LOCK_INPUT"]),
    ("locked is not left without the right answer", None, [], ["BREAK_NONCE"]),
    ("what is said to be dark stays so", None, [], ["BREAK_FLIGHT"]),
    ("nothing ever waits for a guest: no deadlock", None, ["LIVE", "CALM"], ["BREAK_WAIT"]),
    ("attention is always served", "attention_is_served", ["LIVE"], ["BREAK_PRIORITY"]),
    ("who is to have the keyboard gets it, or there is a card", "focus_is_settled", ["LIVE"],
     ["BREAK_DEADLINE"]),
    ("a lock is dark on every monitor", "lock_is_dark", ["LIVE"], ["BREAK_DARK"]),
]
# The assertion that must be what stops a broken model; "" for an end state, "cycle" for liveness.
EXPECTED = {
    "BREAK_FRAME": "glass",
    "BREAK_LAST": "glass",
    "BREAK_RELEASE": "has_keyboard",
    "BREAK_LOCK_INPUT": "lock_state",
    "BREAK_NONCE": "truth",
    "BREAK_FLIGHT": "lock_state",
    "BREAK_WAIT": "invalid end state",
    "BREAK_PRIORITY": "acceptance cycle",
    "BREAK_DEADLINE": "acceptance cycle",
    "BREAK_DARK": "acceptance cycle",
}


def call(command, folder, limit=300):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=limit, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


class Failed(Exception):
    pass


class Checkers:
    """Spin's checkers, one for each set of definitions: properties share them, and the compiler is what takes time."""

    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        self.building = {}

    def get(self, definitions, flags):
        """Returns the folder of ./pan, once it is built."""
        key = (tuple(sorted(definitions)), tuple(flags))
        with self.lock:
            first = key not in self.building
            if first:
                self.building[key] = concurrent.futures.Future()
            future = self.building[key]
            folder = os.path.join(self.folder, str(len(self.building)))
        if first:
            try:
                future.set_result(self.build(folder, definitions, flags))
            except (Failed, subprocess.TimeoutExpired) as error:
                future.set_exception(error)
        return future.result()

    @staticmethod
    def build(folder, definitions, flags):
        os.mkdir(folder)
        for command in (["cpp", "-P", *[f"-D{name}" for name in definitions], "-I", HERE,
                         os.path.join(HERE, "vitrine.pml"), "model.pml"],
                        ["spin", "-a", "model.pml"],
                        # Unoptimised: what takes time is the compiler, by far.
                        ["gcc", "-O0", "-w", *flags, "-o", "pan", "pan.c"]):
            status, text = call(command, folder)
            if status != 0:
                raise Failed(text)
        return folder


def verify(checkers, definitions, formula):
    """Returns (what was violated or None, number of states, trail of the violation)."""
    folder = checkers.get(definitions, LIVENESS if formula else SAFETY)
    # Assertions are the business of the searches for safety (-A).
    how = ["-a", "-f", "-A", "-N", formula] if formula else []
    # Trails of properties that share a checker are kept apart.
    with tempfile.TemporaryDirectory() as own:
        _, text = call([os.path.join(folder, "pan"), "-n", "-m4000000", "-w22", *how], own)
        states = re.search(r"^ *([0-9.e+]+) states, stored", text, re.MULTILINE)
        if "max search depth too small" in text or "out of memory" in text or not states:
            raise Failed(text)
        violated = re.search(r"^pan:1: (.*) \(at depth \d+\)", text, re.MULTILINE)
        trail = ""
        if violated:
            shutil.copy(os.path.join(folder, "model.pml"), own)
            _, trail = call(["spin", "-t", "-p", "-g", "model.pml"], own)
        return (violated.group(1) if violated else None), int(float(states.group(1))), trail


def prove(checkers, name, formula, definitions, late):
    violated, states, trail = verify(checkers, definitions + LATE[late], formula)
    if violated:
        raise Failed(f"{violated}\n" + "\n".join(trail.splitlines()[-80:]))
    return f"{name}, {late}: proved, {states} states"


def refute(checkers, name, formula, definitions, broken):
    violated, _, _ = verify(checkers, definitions + LATE["monitor 1 late"] + [broken], formula)
    if not violated:
        raise Failed("the broken model has the property as well")
    if EXPECTED[broken] not in violated:
        raise Failed(f"stopped by something else: {violated}")
    return f"{name}: fails with {broken}, as it must"


def jobs(names, deep):
    """Assertions and end states are all checked by one search; each broken model is searched alone."""
    for name, formula, definitions, broken in PROPERTIES:
        if names and not any(part in name for part in names):
            continue
        first = formula or definitions or name == PROPERTIES[0][0] or names
        for late in LATE if first else []:
            if late == "both late" and (formula or definitions or not deep):
                continue
            yield name, prove, (name, formula, definitions, late)
        if not first:
            yield name, lambda _, text: text, (f"{name}: proved with the first",)
        for one in broken:
            yield f"{name}, {one}", refute, (name, formula, definitions, one)


def main():
    for tool in ("spin", "gcc", "cpp"):
        if not shutil.which(tool):
            print(f"SKIP: no {tool}")
            return 77
    names = [name for name in sys.argv[1:] if name != "--deep"]
    deep = len(names) < len(sys.argv) - 1
    passed = failed = 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        checkers = Checkers(folder)
        running = [(name, pool.submit(job, checkers, *arguments))
                   for name, job, arguments in jobs(names, deep)]
        for name, future in running:
            try:
                print(f"PASS {future.result()}", flush=True)
                passed += 1
            except (Failed, subprocess.TimeoutExpired) as error:
                print(f"{error}\nFAIL {name}", flush=True)
                failed += 1
    print(f"model: {time.monotonic() - start:.0f} s")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
