#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The lock, whole: the real server, worker and vitrine-auth with PAM. What is locked shows no guest, gives nothing away,
survives whatever dies, and opens by the right password only."""
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import traceback

import auth_world
import world as w
from auth_world import PASSWORD, USER, strokes

CONFIG = f"""\
[lock]
user = {USER}
layout = us,de
"""
OUTPUTS = ["HEADLESS-1", "HEADLESS-2"]
MONITORS = "320x240,240x200+overlay+memory"
L, ENTER = 38, 28


class World(w.World):
    """A server that can be locked, with a guest on two monitors."""

    def __init__(self, name):
        super().__init__(name)
        self.colours = set()

    def start_all(self, monitors=MONITORS):
        self.write("vitrine.conf", CONFIG)
        self.processes["auth"] = auth_world.start_helper(self.directory, self.path("vitrine.conf"), auth_world.find_module())
        self.start_servers(monitors, "--config=" + self.path("vitrine.conf"))
        self.guest("work", "240x160,160x120")
        self.say("wait-guest work frames 3")
        self.say("wait-owner work")
        self.colours = self.guest_colours()

    def start_server(self):
        self.start("vitrined", "vitrined", "--headless=" + MONITORS, "--runtime-dir=" + self.directory,
                   "--test-input", "--config=" + self.path("vitrine.conf"))
        self.hands = self.wait("the server", lambda: self.connect("test-input.sock"))

    def kill_server(self):
        self.hands.close()
        process = self.processes.pop("vitrined")
        process.kill()
        process.wait()

    def guest_colours(self):
        """What only the guest draws: of the panel, grey apart."""
        found = set()
        for output in OUTPUTS:
            found |= {c for c in self.picture(output).colours() if max(c) - min(c) > 24}
        assert len(found) > 4, found
        return found

    def assert_dark(self):
        for output in OUTPUTS:
            seen = self.picture(output).colours() & self.colours
            assert not seen, f"{output} shows {len(seen)} colours of a guest's"

    def assert_stays_dark(self, frames=5):
        """Whatever the guest draws meanwhile."""
        last = self.frames(OUTPUTS[0])
        for _ in range(frames):
            self.assert_dark()
            self.say("key 57 1")
            self.say("key 57 0")
        assert self.frames(OUTPUTS[0]) >= last

    def ctl(self, *words):
        return subprocess.run([os.path.join(w.BIN, "vitrinectl"), f"--runtime-dir={self.directory}", *words],
                              capture_output=True, text=True, timeout=20 * w.SLOWDOWN, check=False)

    def lock(self):
        done = self.ctl("lock")
        assert done.returncode == 0, done.stderr
        self.say("wait-lock dark")
        self.await_prompt()

    def await_prompt(self):
        """Until the helper has said what it asks: counters tell of the attempt."""
        self.wait("an attempt", lambda: self.counters().get("lock.attempt") == "1")

    def type(self, text):
        for code, pressed in strokes(text):
            self.say(f"key {code} {int(pressed)}")

    def attempt(self, text):
        self.await_prompt()
        self.say("key 1 1")  # Escape: what was typed before is no part of it
        self.say("key 1 0")
        self.type(text)
        self.say(f"key {ENTER} 1")
        self.say(f"key {ENTER} 0")

    def wrong(self, text, number):
        self.attempt(text)
        self.wait(f"wrong password {number}", lambda: self.counters().get("lock.wrong") == str(number))

    def unlock(self):
        self.attempt(PASSWORD)
        self.say("wait-lock open")
        self.say("wait-owner work")


def test_lock_and_unlock(world):
    world.start_all()
    before = len(world.report("work").get("keys", []))
    world.lock()
    world.assert_stays_dark()
    frames = world.counters()["guest.work.frames_shown"]
    world.assert_stays_dark()
    assert world.counters()["guest.work.frames_shown"] == frames, "pictures of the guest were shown"
    world.wrong("not this one", 1)
    began = time.monotonic()
    world.wrong(PASSWORD + "0", 2)
    assert time.monotonic() - began >= 1, "the second attempt did not have to wait"
    world.wait("what was typed on the panel", lambda: len(world.picture("HEADLESS-1").colours()) > 2)
    world.assert_dark()
    world.unlock()
    world.wait("the picture", lambda: world.picture("HEADLESS-1").colours() & world.colours)
    assert len(world.report("work").get("keys", [])) == before, "the guest was told of keys"


def test_by_key(world):
    world.start_all()
    for code in (29, 56, L):
        world.say(f"key {code} 1")
    for code in (L, 56, 29):
        world.say(f"key {code} 0")
    world.say("wait-lock dark")
    world.assert_stays_dark()
    world.unlock()


def test_what_is_refused(world):
    world.start_all()
    world.lock()
    for words in (("screenshot", world.path("shot.png")), ("switch",), ("switch", "work"), ("layout", "next"),
                  ("layout", "default")):
        done = world.ctl(*words)
        assert done.returncode == 1 and "locked" in done.stderr, (words, done)
    assert not os.path.exists(world.path("shot.png")) or os.path.getsize(world.path("shot.png")) == 0
    assert world.ctl("lock").returncode == 0
    for words in (("monitors",), ("guests",), ("notice", "guest work"), ("identify",), ("blank",), ("wake",), ("reload",)):
        world.ctl(*words)
        world.assert_dark()
    world.assert_stays_dark()
    assert world.ctl("unlock").returncode == 2
    assert world.counters()["lock.state"] == "locked"


def test_whatever_dies(world):
    world.start_all()
    world.lock()
    world.wrong("nonsense", 1)
    world.kill_server()
    world.start_server()
    world.say("wait-lock dark")
    assert world.counters()["lock.wrong"] == "1", "the next server forgot the wrong password"
    world.wait("the guest's worker", lambda: world.counters().get("guest.work.connected") == "1")
    world.assert_stays_dark()
    assert world.counters()["guest.work.frames_shown"] == "0"
    helper = world.processes.pop("auth")
    # The attempts' own processes too: they are its children.
    subprocess.run(["pkill", "-KILL", "-P", str(helper.pid)], check=False)
    helper.kill()
    helper.wait()
    world.wait("word of the helper", lambda: "no password can be checked" in world.log("vitrined"))
    world.assert_stays_dark()
    world.processes["auth"] = auth_world.start_helper(world.directory, world.path("vitrine.conf"), auth_world.find_module())
    world.unlock()
    world.kill_server()
    world.start_server()
    world.say("wait-owner work")
    assert world.counters()["lock.state"] == "open"


def test_nothing_that_could_not_be_opened(world):
    world.start_all()
    helper = world.processes.pop("auth")
    helper.terminate()
    helper.wait()
    done = world.ctl("lock")
    assert done.returncode == 1 and "vitrine-auth can't be reached" in done.stderr, done
    world.write("vitrine.conf", "[lock]\n")
    assert world.ctl("reload").returncode == 0
    done = world.ctl("lock")
    assert done.returncode == 1 and "[lock] user=" in done.stderr, done
    assert world.counters()["lock.state"] == "open"


def test_monitors_that_come_later(world):
    world.start_all()
    world.lock()
    for number in (1, 2):
        world.say(f"plug {number} 0")
        world.say(f"plug {number} 1")
        world.assert_dark()
        world.say(f"wait-frame HEADLESS-{number} 1")
        world.assert_dark()
    world.assert_stays_dark()
    world.unlock()


def memory_of(pid):
    """All that the process has written to, piece by piece; nothing where it can't be read, or a sanitizer has filled it."""
    if os.geteuid() != 0 or w.SLOWDOWN > 1:
        return
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not found or "[vvar]" in line:
                continue
            start, end = (int(part, 16) for part in found.groups())
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except (OSError, ValueError):
                continue


def traces_of(text):
    """The text as it could lie about: as such, as codes in a row of any width, and as lines of a log or of test input."""
    codes = [code for code, pressed in strokes(text) if pressed]
    yield text.encode()
    for form in ("B", "H", "I", "Q"):
        yield struct.pack(f"<{len(codes)}{form}", *codes)
    yield " ".join(map(str, codes)).encode()
    yield ",".join(map(str, codes)).encode()


def test_what_is_typed_stays_nowhere(world):
    world.start_all()
    world.ctl("trace", world.path("trace.json"))
    world.lock()
    secret = "wqzjxv7"
    world.wrong(secret, 1)
    world.unlock()
    assert world.ctl("trace", world.path("trace.json")).returncode == 0
    seen = []
    for text in (secret, PASSWORD):
        for trace in traces_of(text):
            for label in ("vitrined", "broker", "work", "auth", "hub"):
                with open(world.path(label + ".log"), "rb") as log:
                    if trace in log.read():
                        seen.append(f"{label}.log")
            with open(world.path("trace.json"), "rb") as file:
                if trace in file.read():
                    seen.append("the trace")
            if any(trace in piece for piece in memory_of(world.processes["vitrined"].pid)):
                seen.append("the server's memory")
    assert not seen, seen
    # A core would have been the same, but there is none: the kernel makes none of what is not dumpable.
    with open(f"/proc/{world.processes['vitrined'].pid}/status", encoding="utf-8") as status:
        assert "\nCoreDumping:\t0" in status.read()
    if w.SLOWDOWN == 1:
        world.hands.close()
        process = world.processes.pop("vitrined")
        process.send_signal(signal.SIGSEGV)
        process.wait()
        assert process.returncode == -signal.SIGSEGV
        assert not [name for name in os.listdir(world.directory) if name.startswith("core")]


def asking(world, text, **options):
    asker = subprocess.Popen([os.path.join(w.BIN, "vitrinectl"), f"--runtime-dir={world.directory}", "ask", text],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    world.wait("the question", lambda: world.counters().get("prompt.asking") == "1")
    return asker


def finish(world, asker, status, out=b"", err=b""):
    found = asker.communicate(timeout=w.TIMEOUT_S)
    assert asker.returncode == status and found[0] == out and err in found[1], (asker.returncode, found)
    world.wait("the end of it", lambda: world.counters().get("prompt.asking") == "0")


def test_ask(world):
    """A passphrase goes to who asked, and by no other way; whatever ends the question gives the guest its input back."""
    world.start_all()
    secret = "Disk9 of wqzjxv!"
    asker = asking(world, "The passphrase of disk sda2:")
    world.say("wait-owner -")
    done = world.ctl("ask", "another")
    assert done.returncode == 1 and "somebody else" in done.stderr, done
    world.type(secret)
    world.say(f"key {ENTER} 1")
    world.say(f"key {ENTER} 0")
    finish(world, asker, 0, secret.encode())
    world.say("wait-owner work")
    pieces = list(memory_of(world.processes["vitrined"].pid))
    assert not [trace for trace in traces_of(secret) if any(trace in piece for piece in pieces)]
    asker = asking(world, "again")
    world.type("half")
    world.say("key 1 1")
    world.say("key 1 0")
    finish(world, asker, 1, err=b"refused")
    asker = asking(world, "again")
    asker.kill()
    asker.communicate()
    world.wait("its end", lambda: world.counters().get("prompt.asking") == "0")
    world.say("wait-owner work")
    for text in ("", "x" * 121, "t\u00e4uschend", "two\nlines"):
        assert world.ctl("ask", text).returncode == 1, text
    asker = asking(world, "whose end is a lock")
    world.lock()
    finish(world, asker, 1, err=b"locked")
    assert "locked" in world.ctl("ask", "now").stderr
    world.assert_dark()
    world.unlock()


def test_by_time_and_by_start(world):
    """Nobody touches anything; and a machine that begins locked, whose server is then started again."""
    world.start_all()
    world.write("vitrine.conf", CONFIG + "after = 1 s\nat-start = yes\n")
    assert world.ctl("reload").returncode == 0
    assert world.counters()["lock.state"] == "open"
    world.say("wait-lock dark")
    assert "nobody has touched anything" in world.log("vitrined")
    world.write("vitrine.conf", CONFIG + "at-start = yes\n")
    assert world.ctl("reload").returncode == 0
    world.unlock()
    world.kill_server()
    world.start_server()
    world.say("wait-owner work")
    world.kill_server()
    os.unlink(world.path("lock"))
    world.start_server()
    world.say("wait-lock dark")
    world.unlock()


def test_picture(world):
    """The lock as the operating guide shows it."""
    world.start_all("640x480,320x240")
    world.lock()
    world.type("secret")
    last = []

    def same():
        last.append(world.picture("HEADLESS-1").pixels)
        return len(last) > 9 and all(pixels == last[-1] for pixels in last[-9:])

    world.wait("a panel that stays", same)
    if os.environ.get("VITRINE_PICTURES"):
        world.say(f"picture HEADLESS-1 {world.path('lock.png')}")
        shutil.copy(world.path("lock.png"), os.path.join(os.environ["VITRINE_PICTURES"], "lock.png"))


TESTS = [test_lock_and_unlock, test_by_key, test_what_is_refused, test_whatever_dies, test_nothing_that_could_not_be_opened,
         test_monitors_that_come_later, test_ask, test_by_time_and_by_start, test_what_is_typed_stays_nowhere, test_picture]


def main():
    if not auth_world.find_module():
        print("SKIP: pam_matrix.so is missing; install libpam-wrapper\n0 passed, 0 failed, 1 skipped")
        return 0
    failed = 0
    chosen = [test for test in TESTS if not sys.argv[1:] or test.__name__ in sys.argv[1:]]
    for test in chosen:
        world = World("lock")
        began = time.monotonic()
        try:
            test(world)
            print(f"{test.__name__}: good, {time.monotonic() - began:.1f} s", flush=True)
        except (AssertionError, OSError, KeyError, subprocess.SubprocessError):
            failed += 1
            print(f"{test.__name__}:\n{traceback.format_exc()}")
            for label in ("vitrined", "auth"):
                print(f"--- {label}\n{world.log(label)[-3000:]}")
        finally:
            world.stop()
            shutil.rmtree(world.directory, ignore_errors=True)
    print(f"{len(chosen) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
