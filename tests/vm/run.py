#!/usr/bin/env python3
"""Run the tests that need real Xen: one machine in QEMU, shared by as many tests as it survives.

Each test_NAME.py has functions test_*(context) and, where its tests share guests, setup(vm), which
returns the context, and teardown(context).  A test fails by raising; what it leaves behind (pictures,
logs of every process and console) stays in build/vm/run/, of which a failed module keeps a copy.
"""

import argparse
import glob
import importlib
import os
import shutil
import signal
import sys
import time
import traceback

import control
import demo
import image
import machine
import qmp
import tree
import vm

HERE = os.path.dirname(os.path.abspath(__file__))
# The order in which a defect is best understood: the harness itself, the seam, then what it carries.
ORDER = ("harness", "seam", "pixels", "input", "devices", "proxy", "monitors", "lock", "lifecycle", "hostile", "layouts",
         "xorg", "zero_copy", "vkbd", "planes")
NEEDED = ("qemu-system-x86_64", "mmdebstrap", "objdump", "cc")
FAILURES = (AssertionError, control.ControlError, machine.MachineError, qmp.QmpError, OSError,
            ValueError, KeyError)


class Skip(Exception):
    """The test cannot run here; the message says why."""


def modules():
    return [importlib.import_module("test_" + name) for name in ORDER
            if os.path.exists(os.path.join(HERE, f"test_{name}.py"))]


def tests_of(module, filters):
    """(name, function) of the module's tests, in the order of the file."""
    prefix = module.__name__.removeprefix("test_")
    names = [name for name in vars(module) if name.startswith("test_")]
    found = [(f"{prefix}.{name.removeprefix('test_')}", getattr(module, name)) for name in names]
    return [(name, test) for name, test in found
            if not filters or any(part in name for part in filters)]


class Runner:
    """Counts results and keeps the machine alive."""

    def __init__(self, options):
        self.options = options
        self.counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
        self.vm = None

    def result(self, verdict, name, reason="", seconds=None):
        self.counts[verdict] += 1
        took = f" ({seconds:.1f} s)" if seconds is not None else ""
        print(f"{verdict} {name}{took}" + (f": {reason}" if reason else ""), flush=True)

    def machine(self):
        """A running machine: the last test's, or a new one if that is gone."""
        if self.vm and not self.vm.alive():
            self.vm.close()
            self.vm = None
        if not self.vm:
            directory = os.path.join(image.BUILD, "run")
            self.vm = vm.Vm(directory, self.options.dom0, self.options.display,
                            self.options.bare)
        return self.vm

    def run_module(self, module, tests):
        if not tests:
            return
        failed = self.counts["FAIL"]
        try:
            machine_now = self.machine()
            missing = [path for path in getattr(module, "NEEDS", ())
                       if not machine_now.has(path)]
            if missing:
                raise Skip("not installed: " + " ".join(missing))
            context = module.setup(machine_now) if hasattr(module, "setup") else machine_now
        except Skip as reason:
            for name, _ in tests:
                self.result("SKIP", name, str(reason))
            return
        except FAILURES as error:
            for name, _ in tests:
                self.result("FAIL", name, f"setup: {one_line(error)}")
            self.keep(module.__name__)
            if self.vm:
                self.vm.destroy_all()
            return
        for name, test in tests:
            self.run_test(name, test, context)
        try:
            if hasattr(module, "teardown"):
                module.teardown(context)
        except FAILURES as error:
            self.result("FAIL", module.__name__.removeprefix("test_") + ".teardown", one_line(error))
        if self.counts["FAIL"] > failed:
            self.keep(module.__name__)

    def run_test(self, name, test, context):
        began = time.monotonic()
        try:
            test(context)
        except Skip as reason:
            self.result("SKIP", name, str(reason))
            return
        except FAILURES as error:
            self.result("FAIL", name, one_line(error), time.monotonic() - began)
            if self.options.verbose:
                traceback.print_exc()
            try:
                self.vm.keep_pictures("failed-" + name)
            except FAILURES as nothing:
                print(f"  no pictures: {one_line(nothing)}")
            return
        self.result("PASS", name, seconds=time.monotonic() - began)

    def keep(self, name):
        """A copy of everything that the machine has written, for whoever looks into a failure."""
        if not self.vm:
            return
        self.vm.keep_xen_log()
        place = os.path.join(image.BUILD, name)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.vm.directory, place, ignore=shutil.ignore_patterns("*.sock", "*.ppm"))
        print(f"  artefacts: {os.path.relpath(place, image.ROOT)}", flush=True)


def one_line(error):
    return " ".join(str(error).split())[:600] or type(error).__name__


def parse(arguments):
    parser = argparse.ArgumentParser(description="Run the tests that need real Xen, in QEMU.")
    parser.add_argument("filters", nargs="*", metavar="NAME",
                        help="run only tests whose name (module.test) contains one of these")
    parser.add_argument("--list", action="store_true", help="print the tests' names and end")
    parser.add_argument("--no-skip", action="store_true", help="count a skipped test as failed")
    parser.add_argument("--keep", action="store_true",
                        help="leave the machine running until Enter is pressed")
    parser.add_argument("--bare", action="store_true",
                        help="install none of our programs: tests only the harness and the seam")
    parser.add_argument("--demo", action="store_true",
                        help="no tests: two guests on two monitors, in a window where there can be one")
    parser.add_argument("--dom0", choices=("pv", "pvh"), default="pv", help="kind of control domain")
    parser.add_argument("--display", help="QEMU display for watching, such as gtk")
    parser.add_argument("--verbose", action="store_true", help="print the trace of a failure")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    # As an exception, so that the machine ends too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    chosen = [(module, tests_of(module, options.filters)) for module in modules()]
    if options.list:
        for _, tests in chosen:
            for name, test in tests:
                print(f"{name}: {(test.__doc__ or '').strip().splitlines()[0]}")
        return 0
    if options.demo:
        return demo.run(options.dom0, options.display)
    runner = Runner(options)
    missing = [tool for tool in NEEDED if not shutil.which(tool)]
    try:
        for module, tests in chosen:
            if missing:
                for name, _ in tests:
                    runner.result("SKIP", name, "not on this machine: " + " ".join(missing))
            else:
                runner.run_module(module, tests)
        if options.keep and runner.vm and sys.stdin.isatty():
            input(f"the machine runs; its sockets are in {runner.vm.directory}; Enter ends it: ")
    except tree.TreeError as error:
        runner.result("FAIL", "image", one_line(error))
    finally:
        if runner.vm:
            runner.vm.close()
    counts = runner.counts
    print(f"{counts['PASS']} passed, {counts['FAIL']} failed, {counts['SKIP']} skipped")
    return 1 if counts["FAIL"] or (options.no_skip and counts["SKIP"]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
