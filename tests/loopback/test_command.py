#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vitrine-command by its protocol: what is configured is run, once per guest, and nothing else, whoever asks and however."""
import os
import pwd
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

BIN = os.path.abspath(os.path.join(os.environ.get("VITRINE_BUILD", "build"), "bin"))
SLOWDOWN = int(os.environ.get("VITRINE_TEST_SLOWDOWN", "1"))
START, STOP, REBOOT = 1, 2, 3
STARTED, REFUSED, ENDED, TIMEOUT = 1, 2, 3, 4

CONFIG = """
[guest]
stop = /bin/sh -c 'echo default >>{dir}/ran'
[guest work]
start = /bin/sh -c 'printf "%%s|" "$0" "$@" >{dir}/words' %n 'two words' "quo\\"ted" %% back\\ slash
stop = /bin/sh -c 'exit 7'
reboot = /bin/sh -c 'echo $VITRINE_GUEST; env >{dir}/env; ls /proc/self/fd >{dir}/fds'
[guest slow]
start = /bin/sh -c 'echo $$ >{dir}/slow; read x <{dir}/go'
stop = /bin/sh -c 'sleep 1000 & echo $! >{dir}/left; trap "" TERM; wait; sleep 1000'
command-timeout = 1s
[guest other]
start = /bin/true
stop = {dir}/missing
[guest bare]
colour = #112233
"""


def wait(condition, what, seconds=20):
    end = time.monotonic() + seconds * SLOWDOWN
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class World:
    def __init__(self, directory):
        self.dir = directory
        self.config = os.path.join(directory, "vitrine.conf")
        self.log = os.path.join(directory, "command.log")
        self.write(CONFIG)
        os.mkfifo(os.path.join(directory, "go"))
        self.helper = self.start()

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text.replace("{dir}", self.dir))

    def start(self, *options):
        if self.has("command.sock"):
            os.unlink(os.path.join(self.dir, "command.sock"))
        # Whoever starts it may leave it a descriptor: no command gets that.
        with open(self.log, "a", encoding="utf-8") as log, open("/dev/null", encoding="utf-8") as left:
            helper = subprocess.Popen([os.path.join(BIN, "vitrine-command"), f"--runtime-dir={self.dir}",
                                       f"--config={self.config}", f"--peer={pwd.getpwuid(os.geteuid()).pw_name}", *options],
                                      stdout=log, stderr=log, pass_fds=(left.fileno(),))
        wait(lambda: os.path.exists(os.path.join(self.dir, "command.sock")), "the helper does not listen")
        return helper

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(20 * SLOWDOWN)
        client.connect(os.path.join(self.dir, "command.sock"))
        return client

    def ask(self, verb, guest, version=1):
        client = self.connect()
        client.send(request(verb, guest, version))
        return client

    def run(self, verb, guest):
        """The last answer."""
        client = self.ask(verb, guest)
        answer = receive(client)
        while answer and answer[0] == STARTED:
            answer = receive(client)
        client.close()
        return answer

    def has(self, name):
        return os.path.exists(os.path.join(self.dir, name))

    def read(self, name):
        with open(os.path.join(self.dir, name), encoding="utf-8") as file:
            return file.read()


def request(verb, guest, version=1):
    return struct.pack("<II36s", version, verb, guest if isinstance(guest, bytes) else guest.encode())


def receive(client):
    """(kind, value, text), or None at the end."""
    try:
        data = client.recv(256)
    except (ConnectionResetError, BrokenPipeError):
        return None
    if not data:
        return None
    kind, value, text = struct.unpack("<Ii100s", data)
    return kind, value, text.split(b"\0")[0].decode()


def test_what_is_configured_is_run(world):
    assert world.run(START, "work")[:2] == (ENDED, 0)
    assert world.read("words") == 'work|two words|quo"ted|%|back slash|', world.read("words")
    assert world.run(STOP, "work")[:2] == (ENDED, 7)
    assert world.run(REBOOT, "work")[:2] == (ENDED, 0)
    wait(lambda: "\nwork\n" in world.read("command.log"), "what a command prints is nowhere")
    names = {line.split("=")[0] for line in world.read("env").splitlines()}
    assert names <= {"PATH", "LANG", "VITRINE_GUEST", "PWD", "SHLVL", "_", "OLDPWD"}, names
    # Its streams, and the one that ls itself opened.
    assert world.read("fds").split() == ["0", "1", "2", "3"], world.read("fds")
    # A program that is not there.
    assert world.run(STOP, "other")[:2] == (ENDED, 127)


def test_nothing_else_is_run(world):
    for verb, guest in ((0, "work"), (4, "work"), (0xffffffff, "work"), (START, ""), (START, "-rf"), (START, "work\n"),
                        (START, "../work"), (START, "wo rk"), (START, "work;id"), (START, b"work\0x"), (START, b"w" * 36),
                        (START, "unknown"), (STOP, "unknown"), (START, "bare"), (STOP, b"work\xff"), (START, "$(id)")):
        answer = world.run(verb, guest)
        assert answer and answer[0] == REFUSED and answer[2], (verb, guest, answer)
    # What [guest] says is nobody's own.
    assert not world.has("ran")
    assert receive(world.ask(START, "work", version=2))[0] == REFUSED


def test_other_sizes(world):
    for size in (1, 43, 45, 200, 60000):
        client = world.connect()
        client.send((request(START, "work") * 2000)[:size])
        assert receive(client)[0] == REFUSED, size
        assert receive(client) is None
        client.close()


def test_one_at_a_time_for_each_guest(world):
    first = world.ask(START, "slow")
    assert receive(first)[0] == STARTED
    for verb in (START, STOP):
        answer = world.run(verb, "slow")
        assert answer[0] == REFUSED and "running" in answer[2], answer
    assert world.run(START, "other")[:2] == (ENDED, 0)
    # Who asked goes; the command stays, and so does its place.
    first.close()
    assert world.run(START, "slow")[0] == REFUSED
    wait(lambda: world.has("slow") and world.read("slow"), "it did not begin")
    with open(os.path.join(world.dir, "go"), "w", encoding="utf-8"):
        pass
    wait(lambda: world.run(STOP, "slow")[0] == TIMEOUT, "its place is not free again")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_what_takes_too_long_is_ended(world):
    if world.has("left"):
        os.unlink(os.path.join(world.dir, "left"))
    answer = world.run(STOP, "slow")
    assert answer[0] == TIMEOUT, answer
    # With all that it had started, though it did not listen to the first signal.
    wait(lambda: not alive(int(world.read("left"))), "a process is left")


def test_a_connection_is_one_command(world):
    client = world.ask(START, "work")
    while receive(client)[0] == STARTED:
        pass
    assert receive(client) is None
    client.close()
    client = world.ask(START, "slow")
    assert receive(client)[0] == STARTED
    client.send(request(START, "other"))
    assert receive(client) is None
    client.close()
    with open(os.path.join(world.dir, "go"), "w", encoding="utf-8"):
        pass
    wait(lambda: world.run(STOP, "slow")[0] == TIMEOUT, "its place is not free again")


def test_floods(world):
    """Idle connections and requests without end leave it answering others."""
    idle = [world.connect() for _ in range(16)]
    for client in idle[:8]:
        client.send(os.urandom(44))
    for _ in range(300):
        try:
            client = world.ask(7, "work")
            receive(client)
            client.close()
        except OSError:
            pass
    for client in idle:
        client.close()
    wait(lambda: world.run(START, "work") is not None, "it does not answer any more")
    assert world.run(START, "work")[:2] == (ENDED, 0)


def test_who_can_write_the_file(world):
    drop = os.path.join(world.dir, "vitrine.conf.d")
    os.mkdir(drop)
    try:
        for path, bad, good in ((world.config, 0o664, 0o644), (world.config, 0o646, 0o644), (drop, 0o777, 0o755),
                                (world.dir, 0o770, 0o700)):
            os.chmod(path, bad)
            answer = world.run(START, "work")
            assert answer[0] == REFUSED and "by others" in answer[2], (path, bad, answer)
            os.chmod(path, good)
            assert world.run(START, "work")[:2] == (ENDED, 0), path
        extra = os.path.join(drop, "more.conf")
        with open(extra, "w", encoding="utf-8") as file:
            file.write("[guest bare]\nstart = /bin/true\n")
        os.chmod(extra, 0o666)
        assert world.run(START, "bare")[0] == REFUSED
        os.chmod(extra, 0o644)
        assert world.run(START, "bare")[:2] == (ENDED, 0)
        os.unlink(extra)
    finally:
        os.rmdir(drop)
    # It is read for each command; with mistakes, nothing is run.
    world.write(CONFIG + "[nonsense]\n")
    assert world.run(START, "work")[0] == REFUSED
    world.write(CONFIG)


def test_other_users(world):
    if os.geteuid() != 0:
        print("SKIP: other users: only root can become one")
        return
    os.chmod(world.dir, 0o755)
    os.chmod(os.path.join(world.dir, "command.sock"), 0o666)
    code = ("import os, socket, sys\nos.setgid(65534)\nos.setuid(65534)\n"
            "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\ns.settimeout(20)\ns.connect(sys.argv[1])\n"
            "try:\n    s.send(bytes.fromhex(sys.argv[2]))\n    data = s.recv(256)\nexcept OSError:\n    data = b''\n"
            "sys.exit(1 if data else 0)\n")
    if world.has("words"):
        os.unlink(os.path.join(world.dir, "words"))
    assert subprocess.run([sys.executable, "-c", code, os.path.join(world.dir, "command.sock"),
                           request(START, "work").hex()], check=False).returncode == 0
    assert not world.has("words")
    os.chmod(world.dir, 0o700)
    assert world.run(START, "work")[:2] == (ENDED, 0)


def test_it_goes_when_it_is_not_needed(world):
    world.helper.terminate()
    assert world.helper.wait(20 * SLOWDOWN) == 0
    world.helper = world.start("--idle=1")
    assert world.run(START, "other")[:2] == (ENDED, 0)
    assert world.helper.wait(20 * SLOWDOWN) == 0


def main():
    failed = []
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    with tempfile.TemporaryDirectory(prefix="vitrine-") as directory:
        world = World(directory)
        for name, test in tests:
            try:
                test(world)
                print(f"ok {name}")
            except Exception:
                traceback.print_exc()
                failed.append(name)
                print(f"FAILED {name}")
        world.helper.kill()
        world.helper.wait()
        if failed:
            print(world.read("command.log"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
