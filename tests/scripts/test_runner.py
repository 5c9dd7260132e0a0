#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/run-tests counts what happens: a runner that misses a failure hides all of them."""
import os
import subprocess
import sys
import tempfile

RUN = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "run-tests")

# what it shows, the program's text (None: named command below), the total line
PROGRAMS = [
    ("all passed", "echo 1..2; echo 'ok 1 - a'; echo 'ok 2 - b'", "2 passed, 0 failed, 0 skipped"),
    ("one failed", "echo 1..2; echo 'ok 1 - a'; echo 'not ok 2 - b'; exit 1",
     "1 passed, 1 failed, 0 skipped"),
    ("one skipped", "echo 1..2; echo 'ok 1 - a'; echo SKIP: none here; echo 'not ok 2 # SKIP b'",
     "1 passed, 0 failed, 1 skipped"),
    ("died between tests", "echo 1..3; echo 'ok 1 - a'; kill -SEGV $$",
     "1 passed, 1 failed, 0 skipped"),
    ("failed after its tests", "echo 1..1; echo 'ok 1 - a'; exit 1",
     "1 passed, 1 failed, 0 skipped"),
    ("ended early and content", "exit 0", "0 passed, 1 failed, 0 skipped"),
    ("hangs", "echo 1..1; sleep 60", "0 passed, 1 failed, 0 skipped"),
    ("leaves a process behind", "echo 1..1; echo 'ok 1 - a'; sleep 60 >/dev/null 2>&1 &",
     "1 passed, 0 failed, 0 skipped"),
]

COMMANDS = [
    ("x=true", "1 passed, 0 failed, 0 skipped"),
    ("x=false", "0 passed, 1 failed, 0 skipped"),
    ("x=sh -c 'echo no moon; exit 77'", "0 passed, 0 failed, 1 skipped"),
    ("x=echo 3 passed, 0 failed, 2 skipped", "3 passed, 0 failed, 2 skipped"),
    ("x=echo 3 passed, 1 failed, 0 skipped", "3 passed, 1 failed, 0 skipped"),
    ("x=sh -c 'echo 3 passed, 0 failed, 0 skipped; exit 1'", "3 passed, 1 failed, 0 skipped"),
    ("/nowhere/unit/test_x", "0 passed, 1 failed, 0 skipped"),
    ("--build-failed", "0 passed, 1 failed, 0 skipped"),
]


def run(argument):
    done = subprocess.run([sys.executable, RUN, "--timeout", "1", argument], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout.splitlines()[-1]


def right(shown, got, wanted):
    status = 0 if " 0 failed" in wanted else 1
    if got == (status, wanted):
        return 1
    print(f"{shown}: exit status {got[0]}, {got[1]!r}, wanted {status}, {wanted!r}")
    return 0


def main():
    passed = 0
    with tempfile.TemporaryDirectory() as top:
        for number, (shown, text, wanted) in enumerate(PROGRAMS):
            path = os.path.join(top, f"test_{number}")
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n" + text + "\n")
            os.chmod(path, 0o755)
            passed += right(shown, run(path), wanted)
    for argument, wanted in COMMANDS:
        passed += right(argument, run(argument), wanted)
    failed = len(PROGRAMS) + len(COMMANDS) - passed
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
