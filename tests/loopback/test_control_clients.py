#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients of the control interface: who listens, who means harm, who is a stranger, and who comes by the system bus."""
import contextlib
import os
import pwd
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from control_world import BIN, SLOWDOWN, Skipped, greet, message, run_tests  # noqa: E402  pylint: disable=wrong-import-position


# ---- signals ----


def test_signals(world):
    with world.connect("control.sock") as listener:
        greet(listener)
        listener.sendall(message(1, "GetFocus"))
        assert b"work" in listener.recv(4096)
        world.ask("switch", "web")
        world.say("wait-owner web")
        got = b""
        while b"FocusChanged" not in got or b"web" not in got.split(b"FocusChanged")[-1]:
            got += listener.recv(4096)
        world.ask("layout", "wall")
        while b"LayoutChanged" not in got or b"wall" not in got:
            got += listener.recv(4096)
        world.ask("layout", "desk")
        world.ask("switch", "work")
        world.say("wait-owner work")


# ---- clients that mean harm ----


def frames_and_misses(world):
    stats = world.ask("stats")["stats"]
    return stats["output.HEADLESS-1.frames"], stats["output.HEADLESS-1.missed"]


def ended(connection):
    """The server has closed it, or will: what it sent before is read away."""
    connection.settimeout(10 * SLOWDOWN)
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def harm_garbage(world):
    for bytes_sent in (b"GET / HTTP/1.0\r\n\r\n", b"\0" + b"A" * 5000, b"\0AUTH EXTERNAL\r\n" + b"\r\n" * 3000,
                       b"\0BEGINNING\r\n", b"\xff" * 100000):
        with world.connect("control.sock") as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(bytes_sent)
            assert ended(connection)


def harm_large_message(world):
    """A header that announces 100 MiB ends the connection before anybody makes room for it."""
    with world.connect("control.sock") as connection:
        greet(connection)
        connection.sendall(b"l\1\0\1" + struct.pack("<III", 100 << 20, 1, 16))
        assert ended(connection)
    with world.connect("control.sock") as connection:
        greet(connection)
        connection.sendall(message(1, "SetLayout", b"s", struct.pack("<I", 9000) + b"x" * 9000 + b"\0"))
        assert ended(connection)


def harm_half_message(world):
    """It keeps its place and nothing else; kept open by the caller."""
    connections = []
    for part in (b"", b"\0", b"\0AUTH EXT", message(1, "GetStats")[:20]):
        connection = world.connect("control.sock")
        if part[:1] == b"l":
            greet(connection)
        connection.sendall(part)
        connections.append(connection)
    return connections


def harm_never_reads(world):
    """Asks for ever and reads no answer: disconnected, once what is owed to it grows."""
    with world.connect("control.sock") as connection:
        greet(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20 * SLOWDOWN)
        sent = 0
        try:
            for serial in range(1, 100000):
                sent += connection.send(message(serial, "GetStats"))
        except (BrokenPipeError, ConnectionResetError):
            return sent
    raise AssertionError("it was never disconnected")


def harm_crowd(world):
    """A hundred connections that say nothing: those that do are still served."""
    crowd = [world.connect("control.sock") for _ in range(100)]
    assert world.ask("focus")["keyboard"] == "work"
    return crowd


def memory(world):
    return world.ask("stats")["stats"]["rss_kb"]


def test_harm(world):
    frames, missed = frames_and_misses(world)
    start_kb, began = memory(world), time.monotonic()
    held = harm_half_message(world)
    harm_garbage(world)
    harm_large_message(world)
    for _ in range(3):
        harm_never_reads(world)
    held += harm_crowd(world)
    frames_now, missed_now = frames_and_misses(world)
    elapsed = time.monotonic() - began
    for connection in held:
        connection.close()
    # Frames went on at the guest's rate; a busy machine may miss some, harm or not.
    assert frames_now - frames > 20 * elapsed / SLOWDOWN, f"{frames_now - frames} frames in {elapsed:.1f} s"
    assert missed_now - missed <= 0.2 * (frames_now - frames) * SLOWDOWN, (missed_now - missed, frames_now - frames)
    # A sanitizer keeps what was freed for a while.
    assert SLOWDOWN > 1 or memory(world) < start_kb + 6 * 1024, f"{memory(world)} KiB after {start_kb}"
    fds = world.ask("stats")["stats"]["fds"]
    assert fds < 120, fds
    assert world.processes["vitrined"].poll() is None
    assert world.ask("focus")["keyboard"] == "work"


def stranger(path):
    """As nobody: whether it is answered. In a child process, which ends with it."""
    who = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(who.pw_gid)
    os.setuid(who.pw_uid)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10 * SLOWDOWN)
        connection.connect(path)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\n")
            return bool(connection.recv(100))
    return False


def test_a_stranger_is_refused(world):
    if os.geteuid() != 0:
        raise Skipped("only root can become a stranger")
    os.chmod(world.directory, 0o755)
    os.chmod(world.path("control.sock"), 0o666)  # past the mode of the file, to what is asked of the kernel
    child = os.fork()
    if child == 0:
        status = 2
        try:
            status = int(stranger(world.path("control.sock")))
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "it was answered"
    uid = pwd.getpwnam("nobody").pw_uid
    assert f"uid {uid} may not use the control socket" in world.log("vitrined")
    os.chmod(world.path("control.sock"), 0o600)
    os.chmod(world.directory, 0o700)


# ---- the system bus ----


POLICY = "config/dbus/org.vitrine.Display1.conf"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={directory}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_type="method_return"/>
    <allow send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>{policy}</include>
</busconfig>
"""


def bus_start(world):
    """A system bus of the test's own, with the policy that is installed; None: there is none."""
    if not shutil.which("dbus-daemon") or os.geteuid() != 0:
        return None
    with open(world.path("bus.conf"), "w", encoding="utf-8") as file:
        file.write(BUS.format(directory=world.directory, policy=os.path.abspath(POLICY)))
    with open(world.path("bus.log"), "w", encoding="utf-8") as log:
        world.processes["bus"] = subprocess.Popen(
            ["dbus-daemon", "--nofork", f"--config-file={world.path('bus.conf')}"], stdout=log, stderr=log)
    world.connect("bus").close()
    return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={world.path('bus')}"}


def call_as(world, user):
    """GetFocus over the bus by dbus-send, as that user: its exit status and what it said."""
    who = pwd.getpwnam(user)
    done = subprocess.run(["dbus-send", f"--bus=unix:path={world.path('bus')}", "--print-reply",
                           "--dest=org.vitrine.Display1", "/org/vitrine/Display1", "org.vitrine.Display1.GetFocus"],
                          capture_output=True, text=True, check=False, user=who.pw_uid, group=who.pw_gid,
                          extra_groups=[], timeout=20 * SLOWDOWN)
    return done.returncode, done.stdout + done.stderr


def test_system_bus(world):
    if not world.environment:
        raise Skipped("no dbus-daemon, or not root, whose name the policy knows")
    done = world.run("--json", "--system", "monitors", env=world.environment)
    assert done.returncode == 0 and "HEADLESS-1" in done.stdout, done
    picture = world.path("bus.png")
    assert world.run("--system", "screenshot", picture, env=world.environment).returncode == 0
    assert os.path.getsize(picture) > 100
    os.chmod(world.directory, 0o755)
    os.chmod(world.path("bus"), 0o777)
    status, said = call_as(world, "root")
    assert status == 0 and re.search(r'string "work"', said), said
    status, said = call_as(world, "nobody")
    assert status != 0 and "AccessDenied" in said, said
    # The bus goes, and nobody minds.
    world.stop_one("bus")
    assert world.ask("focus")["keyboard"] == "work"


TESTS = [test_signals, test_a_stranger_is_refused, test_harm, test_system_bus]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, environment=bus_start))
