"""The host's end of the control channel: run commands in dom0, follow its logs as they grow.

Frames are described in dom0/agent.c.  One thread reads them all, keeps every log in memory and in
a file of the test's directory, and wakes whoever waits for a line or for the end of a command.
"""

import itertools
import os
import re
import socket
import threading
import time


class ControlError(Exception):
    """The channel was lost, or something that was waited for did not come."""


class Result:
    """How a command in dom0 ended: its output (both streams) and its exit status."""

    def __init__(self, output, status):
        self.output = output
        self.status = status

    @property
    def text(self):
        return self.output.decode(errors="replace")


class Log:
    """A file of dom0 as far as it has grown."""

    def __init__(self, path):
        self.text = ""
        self.file = open(path, "ab", buffering=0)

    def append(self, data):
        self.file.write(data)
        # Consoles end lines by two characters, which may come in two pieces.
        self.text += data.decode(errors="replace").replace("\r", "")


class Control:
    """The channel over the UNIX socket at path; logs are kept in directory."""

    def __init__(self, path, directory):
        self.directory = directory
        self.changed = threading.Condition()
        self.logs = {}
        self.outputs = {}
        self.statuses = {}
        self.ready = False
        self.lost = None
        self.numbers = itertools.count(1)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")
        threading.Thread(target=self._read, daemon=True).start()

    def close(self):
        """Let go of the channel."""
        self.socket.shutdown(socket.SHUT_RDWR)

    def start(self, command, stdin=b""):
        """Begin a shell command in dom0; returns the name to wait for or to kill it by."""
        name = f"job{next(self.numbers)}"
        self.outputs[name] = bytearray()
        self._send("run", name, command.encode() + b"\0" + stdin)
        return name

    def kill(self, name):
        self._send("kill", name, b"")

    def wait(self, name, timeout):
        """The Result of a command that start() began."""
        self._until(lambda: name in self.statuses, timeout, f"{name} has not ended")
        with self.changed:
            return Result(bytes(self.outputs.pop(name)), self.statuses.pop(name))

    def run(self, command, stdin=b"", timeout=60):
        """Run a shell command in dom0 to its end."""
        name = self.start(command, stdin)
        try:
            return self.wait(name, timeout)
        except ControlError as error:
            self.kill(name)
            raise ControlError(f"{error} ({command!r})") from error

    def wait_ready(self, timeout):
        self._until(lambda: self.ready, timeout, "dom0 does not answer")

    def log(self, name):
        """The whole text of a log so far; empty when there is none yet."""
        with self.changed:
            return self.logs[name].text if name in self.logs else ""

    def mark(self, name):
        """A position in a log, to wait only for what comes after."""
        return len(self.log(name))

    def wait_line(self, name, pattern, timeout, after=0):
        """The match of a regular expression (^ and $ at lines) in a log after a position."""
        expression = re.compile(pattern, re.MULTILINE)
        found = []

        def look():
            text = self.logs[name].text if name in self.logs else ""
            match = expression.search(text, after)
            if match:
                found.append(match)
            return match

        self._until(look, timeout, f"{name} does not say {pattern!r}")
        return found[0]

    def _until(self, condition, timeout, complaint):
        deadline = time.monotonic() + timeout
        with self.changed:
            while not condition():
                if self.lost:
                    raise ControlError(f"{complaint}: {self.lost}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ControlError(f"{complaint} after {timeout:g} s")
                self.changed.wait(left)

    def _send(self, kind, name, payload):
        try:
            self.socket.sendall(f"{kind} {name} {len(payload)}\n".encode() + payload)
        except OSError as error:
            raise ControlError(f"dom0 is gone: {error}") from error

    def _read(self):
        try:
            while True:
                header = self.stream.readline()
                if not header:
                    raise ControlError("dom0 is gone")
                kind, name, length = header.decode().split()
                payload = self.stream.read(int(length))
                with self.changed:
                    self._handle(kind, name, payload)
                    self.changed.notify_all()
        except (OSError, ValueError, ControlError) as error:
            with self.changed:
                self.lost = str(error)
                self.changed.notify_all()

    def _handle(self, kind, name, payload):
        if kind == "out" and name in self.outputs:
            self.outputs[name] += payload
        elif kind == "exit":
            self.statuses[name] = int(payload)
        elif kind == "log":
            if name not in self.logs:
                self.logs[name] = Log(os.path.join(self.directory, name))
            self.logs[name].append(payload)
        elif kind == "hello":
            self.ready = True
