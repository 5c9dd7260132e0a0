# SPDX-License-Identifier: MIT
"""A server with two guests on two monitors, vitrinectl, and D-Bus by hand for who means harm."""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib

BIN = os.path.abspath(os.path.join(os.environ.get("VITRINE_BUILD", "build"), "bin"))
SLOWDOWN = int(os.environ.get("VITRINE_TEST_SLOWDOWN", "1"))
CONFIGURATION = """\
[layout desk]
[layout wall]
[layout wall output HEADLESS-1]
place = right-of HEADLESS-2
"""


class World:
    """The three servers and two guests in a directory of their own."""

    def __init__(self, directory):
        self.directory = directory
        self.processes = {}
        self.environment = None
        self.hands = self.answers = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, label, program, *arguments):
        with open(self.path(label + ".log"), "w", encoding="utf-8") as log:
            self.processes[label] = subprocess.Popen([os.path.join(BIN, program), *arguments], stdin=subprocess.DEVNULL,
                                                     stdout=log, stderr=log, env=self.environment)

    def connect(self, name, kind=socket.SOCK_STREAM):
        end = time.monotonic() + 10 * SLOWDOWN
        while True:
            connection = socket.socket(socket.AF_UNIX, kind)
            try:
                connection.connect(self.path(name))
                connection.settimeout(10 * SLOWDOWN)
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
                assert time.monotonic() < end, f"nobody listens on {name}"
                time.sleep(0.02)

    def guest(self, domid, name, connectors, *options):
        self.start(name, "pvfront", f"--xen=loopback:{domid}:{self.path('hub')}", "--toolstack", f"--name={name}",
                   f"--connectors={connectors}", f"--report={self.path(name + '.json')}", *options)
        self.say(f"wait-guest {name} frames 1")

    def start_all(self, environment=None):
        self.environment = environment
        with open(self.path("vitrine.conf"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION)
        self.start("hub", "vitrine-loopback", f"--socket={self.path('hub')}")
        self.connect("hub", socket.SOCK_SEQPACKET).close()
        self.start("vitrined", "vitrined", "--headless=640x480,320x240", f"--runtime-dir={self.directory}",
                   "--test-input", f"--config={self.path('vitrine.conf')}")
        self.hands = self.connect("test-input.sock")
        self.answers = self.hands.makefile("r", encoding="utf-8")
        self.start("broker", "vitrine-broker", f"--runtime-dir={self.directory}",
                   f"--xen=loopback:0:{self.path('hub')}", f"--worker={os.path.join(BIN, 'vitrine-pv')}")
        self.guest(1, "work", "320x240")
        self.guest(2, "web", "320x240,160x120")
        self.say("wait-owner work")

    def say(self, line):
        self.hands.sendall((line + "\n").encode())
        answer = self.answers.readline().strip()
        assert answer.startswith("ok"), f"{line}: {answer}"
        return answer

    def log(self, name):
        with open(self.path(name + ".log"), encoding="utf-8") as log:
            return log.read()

    def stop_one(self, label):
        process = self.processes.pop(label)
        process.terminate()
        process.wait(10 * SLOWDOWN)

    def stop(self):
        """Whether the server ended as it should: a sanitizer's complaint shows in its status."""
        server = self.processes.get("vitrined")
        for label in reversed(list(self.processes)):
            self.stop_one(label)
        if server and server.returncode != 0:
            print(f"vitrined ended with {server.returncode}:\n{self.log('vitrined')}")
        return server is not None and server.returncode == 0

    # ---- vitrinectl ----

    def run(self, *words, **options):
        return subprocess.run([os.path.join(BIN, "vitrinectl"), f"--runtime-dir={self.directory}", *words],
                              capture_output=True, text=True, timeout=20 * SLOWDOWN, check=False, **options)

    def ask(self, *words, status=0):
        done = self.run("--json", *words)
        assert done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
        assert not done.stderr, done.stderr
        return json.loads(done.stdout)

    def table(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, f"{words}: {done.stdout} {done.stderr}"
        return done.stdout

    def refused(self, name, *words):
        error = self.ask(*words, status=1)["error"]
        assert error["name"] == f"org.vitrine.Error.{name}", error
        assert error["why"], error
        plain = self.run(*words)
        assert plain.returncode == 1 and plain.stderr == f"vitrinectl: {error['why']}\n", plain

    def guest_value(self, name):
        return next(guest for guest in self.ask("guests")["guests"] if guest["name"] == name)


# ---- PNG by hand ----


def png_chunks(data):
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, data[at + 8:at + 8 + size]
        at += size + 12


def png_unfilter(kind, line, before):
    """One row of 8 bit RGB; line is changed."""
    for x in range(len(line)):
        left, up, corner = (line[x - 3], before[x], before[x - 3]) if x >= 3 else (0, before[x], 0)
        if kind == 4:
            guess = left + up - corner
            line[x] = (line[x] + min((left, up, corner), key=lambda v: abs(guess - v))) & 255
        elif kind:
            line[x] = (line[x] + (0, left, up, (left + up) // 2)[kind]) & 255


def png_rows(path):
    """The rows of an 8 bit RGB picture, each as bytes."""
    with open(path, "rb") as file:
        chunks = list(png_chunks(file.read()))
    width, height = struct.unpack(">II", dict(chunks)[b"IHDR"][:8])
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    rows, before = [], bytearray(width * 3)
    for y in range(height):
        start = y * (width * 3 + 1)
        line = bytearray(raw[start + 1:start + 1 + width * 3])
        png_unfilter(raw[start], line, before)
        rows.append(bytes(line))
        before = line
    return rows


# ---- D-Bus by hand ----


def message(serial, member, signature=b"", body=b""):
    """A D-Bus method call, little endian."""
    def field(code, kind, value):
        text = value.encode()
        size = struct.pack("<B", len(text)) if kind == "g" else struct.pack("<I", len(text))
        return bytes([code, 1, ord(kind), 0]) + size + text + b"\0"

    fields = b""
    for code, kind, value in ((1, "o", "/org/vitrine/Display1"), (2, "s", "org.vitrine.Display1"), (3, "s", member)):
        fields += b"\0" * (-len(fields) % 8) + field(code, kind, value)
    if signature:
        fields += b"\0" * (-len(fields) % 8) + field(8, "g", signature.decode())
    head = b"l\1\0\1" + struct.pack("<III", len(body), serial, len(fields)) + fields
    return head + b"\0" * (-len(head) % 8) + body


def greet(connection):
    connection.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\n")
    got = b""
    while got.count(b"\r\n") < 2:
        got += connection.recv(256)
    assert b"OK " in got, got
    connection.sendall(b"BEGIN\r\n")


# ---- running the tests ----


class Skipped(Exception):
    """This machine lacks what the test needs; says what."""


def run_all(world, tests, results):
    for test in tests:
        results["name"] = test.__name__
        try:
            test(world)
            results["passed"] += 1
        except Skipped as reason:
            results["skipped"] += 1
            print(f"SKIP: {test.__name__}: {reason}", flush=True)


def run_tests(tests, environment=None):
    """All of them in this order on one world, or those that are named on the command line; the exit status."""
    results = {"name": "start", "passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory(prefix="vitrine-ctl-") as directory:
        world = World(directory)
        try:
            world.start_all(environment(world) if environment else None)
            run_all(world, [test for test in tests if not sys.argv[1:] or test.__name__ in sys.argv[1:]], results)
        except (AssertionError, OSError, subprocess.SubprocessError):
            results["failed"] += 1
            print(f"{results['name']}:\n{traceback.format_exc()}")
            for label in world.processes:
                print(f"--- {label}\n{world.log(label)[-3000:]}")
        finally:
            if not world.stop():
                results["failed"] += 1
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**results))
    return 1 if results["failed"] else 0
