#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breaks the code on purpose, one line at a time, and sees that the named test fails.

    run.py [--build DIR] [--quick] [NAME...]

The list is mutants.txt beside this file. Each mutant is built in a copy of the tree, which starts from the objects of DIR (made
by `make all tests`), so that only what it touches is compiled. A line that is not found, or more than once, a mutant that
does not compile, and a test that fails without any mutant are failures: the list is to be true. --quick: those marked
so. NAME: those whose description contains it. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIST = os.path.join(TOP, "tests", "mutants", "mutants.txt")
COPIED = ["Makefile", "mk", "base", "compositor", "config", "docs", "helpers", "hid", "protocol", "pvdispl", "scripts",
          "tests", "tools", "xen"]
KEYS = ("mutant", "invariant", "file", "line", "with", "test", "quick")
TIME_LIMIT = 120


def read_list():
    """The mutants, each a dict with all keys."""
    mutants, current = [], {}
    with open(LIST, encoding="utf-8") as file:
        for number, text in enumerate([*file, "\n"], 1):
            text = text.rstrip("\n")
            if text.startswith("#"):
                continue
            if not text.strip():
                if current:
                    missing = [key for key in KEYS[:-1] if key not in current]
                    if missing:
                        sys.exit(f"{LIST}:{number}: no {', '.join(missing)}")
                    mutants.append(current)
                current = {}
                continue
            key, _, value = text.partition(":")
            if key not in KEYS or key in current:
                sys.exit(f"{LIST}:{number}: what is {key}?")
            current[key] = value.strip()
    return mutants


def mutate(mutant, text):
    """The file's text with its line replaced, or None and why not."""
    lines = text.split("\n")
    found = [i for i, line in enumerate(lines) if line.strip() == mutant["line"]]
    if len(found) != 1:
        return None, f"its line is found {len(found)} times in {mutant['file']}"
    line = lines[found[0]]
    lines[found[0]] = line[:len(line) - len(line.lstrip())] + mutant["with"]
    return "\n".join(lines), ""


class Scratch:
    """A copy of the tree with objects of its own."""

    def __init__(self, folder, build):
        self.folder = folder
        for name in COPIED:
            path = os.path.join(TOP, name)
            if os.path.isdir(path):
                shutil.copytree(path, os.path.join(folder, name), symlinks=True)
            elif os.path.exists(path):
                shutil.copy2(path, folder)
        skip = shutil.ignore_patterns("bin", "fuzz", "bench", "*.log", "clang", "san", "headers", "tidy", "vm")
        shutil.copytree(build, os.path.join(folder, "build"), symlinks=True, ignore=skip)
        shutil.rmtree(os.path.join(folder, "build", "tests"), ignore_errors=True)

    def make(self, test):
        """Returns whether it was built, and what was said."""
        env = {name: value for name, value in os.environ.items()
               if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKE")}
        done = subprocess.run(["make", "--no-print-directory", "BUILD=build", f"build/{test}"], cwd=self.folder, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False)
        return done.returncode == 0, done.stdout.decode(errors="replace")

    def run(self, test):
        """Whether the test passes; one that does not end does not."""
        env = dict(os.environ, VITRINE_BUILD="build", VITRINE_TEST_SLOWDOWN="1")
        try:
            done = subprocess.run([f"build/{test}"], cwd=self.folder, env=env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIME_LIMIT,
                                  check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def try_mutant(self, mutant):
        """"" when it is caught, else what is wrong."""
        path = os.path.join(self.folder, mutant["file"])
        with open(path, encoding="utf-8") as file:
            before = file.read()
        text, why = mutate(mutant, before)
        if text is None:
            return why
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            built, said = self.make(mutant["test"])
            if not built:
                return "it does not compile:\n" + said[-2000:]
            return "survived" if self.run(mutant["test"]) else ""
        finally:
            with open(path, "w", encoding="utf-8") as file:
                file.write(before)


def tests_hold(scratch, mutants):
    """The tests pass as long as nothing is broken; else a failure of theirs would prove nothing."""
    failed = []
    for test in sorted({mutant["test"] for mutant in mutants}):
        built, said = scratch.make(test)
        if not built or not scratch.run(test):
            failed.append(test)
            print(f"FAIL {test} without any mutant\n{'' if built else said[-2000:]}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="the objects to start from")
    parser.add_argument("--quick", action="store_true", help="only those that are marked so")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    mutants = [mutant for mutant in read_list()
               if (not options.quick or mutant.get("quick") == "yes")
               and (not options.names or any(name in mutant["mutant"] for name in options.names))]
    caught, start = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vitrine-mutants-") as folder:
        scratch = Scratch(folder, os.path.join(TOP, options.build))
        wrong = len(tests_hold(scratch, mutants))
        for mutant in mutants if not wrong else []:
            why = scratch.try_mutant(mutant)
            name = f"{mutant['mutant']} (invariant {mutant['invariant']}, {mutant['test']})"
            print(f"survived: {name}: {why}" if why else f"caught: {name}", flush=True)
            caught += not why
            wrong += bool(why)
    print(f"mutants: {time.monotonic() - start:.0f} s")
    print(f"{caught} passed, {wrong} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
