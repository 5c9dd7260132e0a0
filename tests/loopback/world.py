# SPDX-License-Identifier: MIT
"""The installed programs on the stand-in hypervisor, with monitors in memory: what the tests here share."""
import itertools
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vm"))
import ppm  # noqa: E402

BIN = os.path.abspath(os.path.join(os.environ.get("VITRINE_BUILD", "build"), "bin"))
SLOWDOWN = int(os.environ.get("VITRINE_TEST_SLOWDOWN", "1"))
TIMEOUT_S = 20 * SLOWDOWN
KEY = {"esc": 1, "tab": 15, "ctrl": 29, "a": 30, "alt": 56, "space": 57, "delete": 111}


def unfilter(kind, line, above, step):
    """One row of a PNG as it was before its filter."""
    out = bytearray(line)
    if kind == 1:
        for channel in range(step):
            out[channel::step] = bytes(value & 255 for value in itertools.accumulate(line[channel::step]))
        return bytes(out)
    if kind == 2:
        return bytes(value + up & 255 for value, up in zip(line, above))
    for i, value in enumerate(line):
        left = out[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 3:
            guess = (left + up) // 2
        else:
            guess = min((left, up, corner), key=lambda c: abs(left + up - corner - c))
        out[i] = value + guess & 255
    return bytes(out)


def read_png(path):
    """A PNG of eight bits for each of red, green and blue, as a Picture."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed, width, height = 8, b"", 0, 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", body)
            assert (depth, colour) == (8, 2), (depth, colour)
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    raw, rows, above = zlib.decompress(packed), [], bytes(width * 3)
    for y in range(height):
        start = y * (1 + width * 3)
        line = raw[start + 1:start + 1 + width * 3]
        above = line if raw[start] == 0 else unfilter(raw[start], line, above, 3)
        rows.append(above)
    return ppm.Picture(width, height, b"".join(rows))


class World:
    """The processes in a directory of their own, a log each."""

    def __init__(self, name):
        self.directory = tempfile.mkdtemp(prefix=f"vitrine-{name}-")
        self.processes = {}
        self.guests = 0
        self.environments = {}  # what a process has beside ours, by its label
        self.hands = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        """As a whole or not at all: whoever reads it meanwhile sees the old one."""
        with open(self.path(name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name + ".new"), 0o644)
        os.rename(self.path(name + ".new"), self.path(name))
        return self.path(name)

    def start(self, label, program, *arguments):
        with open(self.path(label + ".log"), "a", encoding="utf-8") as log:
            self.processes[label] = subprocess.Popen([os.path.join(BIN, program), *arguments], stdout=log, stderr=log,
                                                     env={**os.environ, **self.environments.get(label, {})})
        return self.processes[label]

    def log(self, label):
        with open(self.path(label + ".log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait(self, what, condition):
        """For what other programs show only by files, sockets and logs."""
        end = time.monotonic() + TIMEOUT_S
        while not (found := condition()):
            for label, process in self.processes.items():
                assert process.poll() is None, f"{label} has ended with {process.returncode}"
            assert time.monotonic() < end, f"waited for {what} in vain"
            time.sleep(0.01)
        return found

    def connect(self, name):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.path(name))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            return None
        connection.settimeout(TIMEOUT_S)
        return connection

    def start_servers(self, headless, *options):
        self.start("hub", "vitrine-loopback", "--socket=" + self.path("hub"))
        self.start("vitrined", "vitrined", "--headless=" + headless, "--runtime-dir=" + self.directory, "--test-input",
                   *options)
        self.wait("the hub", lambda: os.path.exists(self.path("hub")))
        self.hands = self.wait("the server", lambda: self.connect("test-input.sock"))
        self.start("broker", "vitrine-broker", "--runtime-dir=" + self.directory, "--xen=loopback:0:" + self.path("hub"),
                   "--worker=" + os.path.join(BIN, "vitrine-pv"))
        self.wait("the broker", lambda: os.path.exists(self.path("broker.stats")))

    def say(self, line):
        """A line to the server's test input; waits for its answer."""
        self.hands.sendall((line + "\n").encode())
        answer = b""
        while not answer.endswith(b"\n"):
            chunk = self.hands.recv(4096)
            assert chunk, f"the server went away at {line!r}"
            answer += chunk
        assert answer.startswith(b"ok"), f"the server answered {answer!r} to {line!r}"
        return answer.decode().strip()

    def chord(self, *names):
        for name in names:
            self.say(f"key {KEY[name]} 1")
        for name in reversed(names):
            self.say(f"key {KEY[name]} 0")

    def counters(self):
        text = ""
        with self.wait("counters", lambda: self.connect("vitrined.stats")) as connection:
            while chunk := connection.recv(65536):
                text += chunk.decode()
        return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)

    def frames(self, output):
        return int(self.counters()[f"output.{output}.frames"])

    def picture(self, output):
        path = self.path("picture.png")
        self.say(f"picture {output} {path}")
        return read_png(path)

    # ---- signals of the control interface ----

    def listen(self):
        """A connection that is told of them from now on."""
        connection = self.wait("the control socket", lambda: self.connect("control.sock"))
        connection.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\n")
        got = b""
        while got.count(b"\r\n") < 2:
            got += connection.recv(256)
        assert b"OK " in got, got
        connection.sendall(b"BEGIN\r\n")
        return connection

    @staticmethod
    def hear(connection, name, guest):
        """Waits for this signal about this guest."""
        got = b""
        while name not in got or guest not in got.split(name)[-1]:
            chunk = connection.recv(4096)
            assert chunk, "the server closed the connection"
            got += chunk

    # ---- guests ----

    def guest(self, name, size, frames=None, fps=60, options=()):
        """Draws so many frames and stays, or goes on drawing. Its nonce is its number."""
        self.guests += 1
        number = self.guests
        self.start(name, "pvfront", f"--xen=loopback:{number}:" + self.path("hub"), "--toolstack", f"--name={name}",
                   f"--connectors={size}", f"--nonce={number}", f"--fps={fps}", "--report=" + self.path(name + ".json"),
                   *([f"--frames={frames}", "--stay"] if frames else []), *options)
        self.wait(f"guest {name}", lambda: f"guest.{name}.frames_shown" in self.counters())
        if frames:
            # The first one was set, not flipped to.
            self.wait(f"the last frame of {name}", lambda: self.report(name)["connectors"][0]["acknowledged"] == frames - 1)
        return number

    def report(self, name):
        """What the guest says of itself, now."""
        path = self.path(name + ".json")
        if os.path.exists(path):
            os.unlink(path)
        self.processes[name].send_signal(signal.SIGUSR1)

        def read():
            try:
                with open(path, encoding="utf-8") as file:
                    return json.load(file)
            except (FileNotFoundError, json.JSONDecodeError):
                return None

        return self.wait(f"a report of {name}", read)

    def drawn(self, size, number, frame):
        """What the guest of that number drew as that frame (from 0), as a Picture."""
        done = subprocess.run([os.path.join(BIN, "pvfront"), f"--nonce={number}", f"--picture={size}:0:{frame}"],
                              stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=True)
        magic, sides, depth, pixels = done.stdout.split(b"\n", 3)
        assert (magic, depth) == (b"P6", b"255"), (magic, depth)
        width, height = sides.split()
        return ppm.Picture(int(width), int(height), pixels)

    def shows(self, output, x, y, wanted):
        """Waits until this picture is there, pixel by pixel; says how it differs when it never is."""
        found = []

        def same():
            crop = self.picture(output).crop(x, y, wanted.width, wanted.height)
            found[:] = [crop]
            return crop == wanted

        try:
            self.wait("", same)
        except AssertionError:
            raise AssertionError(f"{output} at {x},{y}: {found[0].difference(wanted)}") from None

    # ---- the end ----

    def stop(self):
        for label in reversed(list(self.processes)):
            process = self.processes[label]
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = {}


def run_all(name, tests):
    """Each test gets a world of its own. Returns the exit status, after a line of totals."""
    failed = 0
    for test in tests:
        world = World(name)
        try:
            test(world)
            print(f"{test.__name__}: good")
        except (AssertionError, OSError, KeyError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"{test.__name__}: {type(error).__name__} {error}")
            for label in world.processes:
                print(f"--- {label}\n{world.log(label)[-3000:]}")
        finally:
            world.stop()
            shutil.rmtree(world.directory, ignore_errors=True)
    print(f"{len(tests) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0
