#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server in windows of a real desktop shows what one with monitors of its own shows.

The desktop is weston without a monitor; what it shows is read by its screenshooter. The reference is what the same guest
looks like on a headless monitor of the same size."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from screenshot import screenshot

BUILD = os.environ.get("VITRINE_BUILD", "build")
BIN = os.path.abspath(os.path.join(BUILD, "bin"))
SLOWDOWN = int(os.environ.get("VITRINE_TEST_SLOWDOWN", "1"))
TIMEOUT_S = 20 * SLOWDOWN
WINDOW = "320x240"
FRAMES = 10

WESTON_INI = """[core]
idle-time=0
[shell]
panel-position=none
background-color=0xff204060
locking=false
animation=none
close-animation=none
startup-animation=none
"""


class World:
    """Processes in a directory of their own; a log each."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="vitrine-nested-")
        self.processes = {}
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.directory, WAYLAND_DISPLAY="desktop")

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, name, *command):
        with open(self.path(name + ".log"), "a", encoding="utf-8") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=self.directory)
        self.processes[name] = process
        return process

    def log(self, name):
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait(self, what, condition):
        """What other programs only show by files and sockets can't be awaited otherwise."""
        end = time.monotonic() + TIMEOUT_S
        while not (found := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"waited for {what} in vain; vitrined said:\n" + self.log("vitrined"))
            time.sleep(0.02)
        return found

    def counters(self):
        text = ""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(self.path("run/vitrined.stats"))
                connection.settimeout(TIMEOUT_S)
                while chunk := connection.recv(65536):
                    text += chunk.decode()
        except (FileNotFoundError, ConnectionRefusedError, ConnectionResetError):
            return {}
        return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)

    def start_desktop(self):
        with open(self.path("weston.ini"), "w", encoding="utf-8") as file:
            file.write(WESTON_INI)
        self.start("weston", "weston", "--backend=headless-backend.so", "--use-pixman", "--width=800", "--height=600",
                   "--debug", "--socket=desktop", "--config=" + self.path("weston.ini"))
        self.wait("the desktop", lambda: os.path.exists(self.path("desktop")))

    def start_server(self, *options):
        os.makedirs(self.path("run"), exist_ok=True)
        self.start("hub", os.path.join(BIN, "vitrine-loopback"), "--socket=" + self.path("hub"))
        self.start("vitrined", os.path.join(BIN, "vitrined"), "--runtime-dir=" + self.path("run"), *options)
        self.wait("the hub", lambda: os.path.exists(self.path("hub")))
        self.wait("the server", self.counters)
        self.start("broker", os.path.join(BIN, "vitrine-broker"), "--runtime-dir=" + self.path("run"),
                   "--xen=loopback:0:" + self.path("hub"), "--worker=" + os.path.join(BIN, "vitrine-pv"))

    def show_guest(self, output):
        """A guest draws some frames and stays: until it has drawn them all, and has the input."""
        self.start("guest", os.path.join(BIN, "pvfront"), "--xen=loopback:1:" + self.path("hub"), "--toolstack",
                   "--name=work", "--connectors=304x192", f"--frames={FRAMES}", "--stay", "--nonce=5", "--report=" + self.path("report"))

        self.wait("the guest on the glass", lambda: self.counters().get(f"output.{output}.shows") == "work" and
                  self.counters().get("keyboard") == "work")
        self.wait("the guest's last frame", self.guest_is_done)

    def guest_is_done(self):
        self.processes["guest"].send_signal(signal.SIGUSR1)
        try:
            with open(self.path("report"), encoding="utf-8") as file:
                connector = json.load(file)["connectors"][0]
                # The first one was set, not flipped to.
                return connector["drawn"] == FRAMES and connector["acknowledged"] == FRAMES - 1
        except (FileNotFoundError, json.JSONDecodeError):
            return False

    def stop(self, *names):
        for name in names:
            process = self.processes.pop(name, None)
            if process and process.poll() is None:
                process.terminate()
                process.wait(TIMEOUT_S)

    def end(self):
        self.stop(*reversed(list(self.processes)))
        shutil.rmtree(self.directory, ignore_errors=True)


def reference(world):
    """The picture of the guest on a headless monitor."""
    world.start_server("--headless=" + WINDOW, "--test-input")
    world.show_guest("HEADLESS-1")
    picture = world.path("reference.png")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(world.path("run/test-input.sock"))
        connection.settimeout(TIMEOUT_S)

        def stands():
            """Nothing is drawn any more: the strip names the keyboard's owner."""
            before = world.counters()["output.HEADLESS-1.frames"]
            connection.sendall(f"picture HEADLESS-1 {picture}\n".encode())
            answer = connection.recv(200).decode()
            assert answer.startswith("ok"), answer
            time.sleep(0.2)
            return before == world.counters()["output.HEADLESS-1.frames"]
        world.wait("a picture that stands still", stands)
    world.stop("guest", "broker", "vitrined", "hub")
    return picture


def place(world, picture):
    """Where the desktop shows it, None when it doesn't."""
    screenshot(world.path("desktop"), world.path("desktop.ppm"), TIMEOUT_S)
    found = subprocess.run([os.path.join(BIN, "imgcmp"), "--inside", picture, world.path("desktop.ppm")],
                           capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert found.returncode in (0, 1), found.stderr
    return found.stdout.strip() if found.returncode == 0 else None


def test_picture(world, picture):
    world.start_server("--nested=" + WINDOW)
    world.wait("the window", lambda: "output.NESTED-1.size" in world.counters())
    assert place(world, picture) is None, "the desktop shows the guest before there is one"
    world.show_guest("NESTED-1")
    print("the guest's picture is at", world.wait("the picture on the desktop", lambda: place(world, picture)))


def test_desktop_dies(world):
    """vitrined says so and ends; nothing hangs."""
    server = world.processes["vitrined"]
    world.processes["weston"].kill()
    assert server.wait(TIMEOUT_S) != 0, "vitrined ended as if nothing were wrong"
    assert "desktop" in world.log("vitrined"), world.log("vitrined")


def test_no_desktop(world):
    """An error that says what to do."""
    ended = subprocess.run([os.path.join(BIN, "vitrined"), "--nested", "--runtime-dir=" + world.path("run")],
                           env=dict(world.environment, WAYLAND_DISPLAY="nowhere"), capture_output=True, text=True,
                           check=False, timeout=TIMEOUT_S)
    assert ended.returncode == 1 and "WAYLAND_DISPLAY" in ended.stderr, ended.stderr


def main():
    if not shutil.which("weston"):
        print("SKIP: weston is not installed")
        return 77
    world = World()
    try:
        picture = reference(world)
        world.start_desktop()
        test_picture(world, picture)
        test_desktop_dies(world)
        test_no_desktop(world)
    finally:
        world.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
