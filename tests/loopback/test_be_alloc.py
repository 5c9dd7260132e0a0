#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A guest draws into memory that the display server allocates: it is shown, outlives worker and server, keeps to its
quota, and goes back when the guest does. Where it can't be had, the guest is told so, or uses its own.

The guest is pvfront with --be-alloc, which reads be-alloc as Linux does and maps what it finds in its directory."""
import os
import signal
import subprocess
import sys
import tempfile

from test_restart import PATIENCE_S, SLOWDOWN, BIN, World, check, kill_worker

PAGES = 2 * (75 + 19)  # two buffers of 320x240 and two of 160x120


class Desk(World):
    """The servers; guests come by be_alloc_guest."""

    def start_server(self):
        self.start("vitrined", "--headless=640x480,320x240", f"--runtime-dir={self.directory}",
                   f"--config={self.path('vitrine.conf')}")

    def start_all(self):
        with open(self.path("vitrine.conf"), "w", encoding="utf-8") as file:
            file.write("[guest good]\nbe-alloc=yes\nbe-alloc-bytes=2 MiB\n")
        self.start("vitrine-loopback", f"--socket={self.path('hub')}")
        self.wait("a hub", lambda: os.path.exists(self.path("hub")))
        self.start_server()
        self.wait("a server", lambda: os.path.exists(self.path("broker.sock")))
        self.start_broker()
        # Before that there is nobody who could allocate, and a guest is told so.
        self.wait("the broker's connection", lambda: "connected to the display server" in self.log("vitrine-broker"))

    def guest(self, name, *options):
        self.start("pvfront", f"--xen=loopback:1:{self.path('hub')}", "--toolstack", f"--name={name}", "--be-alloc",
                   f"--report={self.path('report')}", *options)

    def end_guest(self):
        guest = self.processes.pop("pvfront")
        guest.terminate()
        assert guest.wait(10 * SLOWDOWN) == 0
        self.wait("end of the guest", lambda: self.counters("broker.stats").get("guests") == "0")

    def log(self, name):
        with open(self.path(name + ".log"), encoding="utf-8") as log:
            return log.read()

    def rungs(self):
        """{rung: number of buffers}"""
        found = {}
        for key, value in self.counters("vitrined.stats").items():
            if key.startswith("guest.good.buffer.") and key.endswith(".rung"):
                found[value] = found.get(value, 0) + 1
        return found

    def granted(self):
        return int(self.counters("broker.stats").get("guest.good.pages_granted", 0))

    def allocated(self):
        return int(self.counters("vitrined.stats").get("guest.good.be_alloc_bytes", 0))


def kill_server(desk):
    server = desk.processes.pop("vitrined")
    server.send_signal(signal.SIGKILL)
    server.wait()
    desk.start_server()


def test_drawn_into_and_kept(desk):
    """Shown from memory that was granted once, whoever dies."""
    desk.guest("good", "--connectors=320x240,160x120")
    desk.wait_picture("picture", 10)
    assert desk.granted() == PAGES and desk.allocated() == 4096 * PAGES, (desk.granted(), desk.allocated())
    assert desk.rungs() == {"scanout": 4}, desk.rungs()
    for turn in range(3):
        for kill in (kill_worker, kill_server):
            before = desk.report()
            kill(desk)
            desk.wait_picture(f"picture after {kill.__name__} {turn}", PATIENCE_S)
            check(desk, desk.report(), before)
            assert desk.granted() == PAGES, "other memory than before"
            assert desk.rungs() == {"scanout": 4}, desk.rungs()
    assert "starts over" not in desk.log("vitrine-broker")
    desk.end_guest()
    assert desk.granted() == 0 and desk.allocated() == 0


def test_broker_killed(desk):
    """Its grants end with the broker: the display starts over, with memory that is new, and all of the old is gone."""
    desk.guest("good", "--connectors=320x240,160x120")
    desk.wait_picture("picture", 10)
    broker = desk.processes["vitrine-broker"]
    broker.kill()
    broker.wait()
    desk.start_broker()
    # This frontend ends when its backend does; Linux's comes again.
    guest = desk.processes.pop("pvfront")
    assert guest.wait(10 * SLOWDOWN) != 0
    assert "starts over" in desk.log("vitrine-broker")
    desk.wait("end of the guest", lambda: desk.counters("broker.stats").get("guests") == "0")
    assert desk.allocated() == 0


def refused(desk, name, *options):
    """The guest ends because a buffer was refused. Returns what the server said about it."""
    desk.guest(name, *options)
    guest = desk.processes.pop("pvfront")
    assert guest.wait(10 * SLOWDOWN) != 0, f"{name} was served"
    assert "the backend refused a buffer" in desk.log("pvfront")
    desk.wait("end of the guest", lambda: desk.counters("broker.stats").get("guests") == "0")
    return desk.log("vitrined")


def test_quota(desk):
    """2 MiB are enough for one buffer of 640x480, not for two; nothing stays behind."""
    assert "be-alloc-bytes" in refused(desk, "good", "--connectors=640x480")
    assert desk.granted() == 0 and desk.allocated() == 0


def test_not_allowed(desk):
    """A guest that the configuration does not name gets none, and its admin is told the key."""
    assert "[guest] be-alloc=yes" in refused(desk, "other", "--connectors=320x240")


def test_pv_guest(desk):
    """A PV guest uses its own memory, and somebody is told why."""
    desk.guest("good", "--connectors=320x240,160x120", "--type=pv")
    desk.wait_picture("picture", 10)
    assert desk.granted() == 0 and desk.rungs() == {"mapped": 4}, desk.rungs()
    assert "a PV guest can't map memory of the host" in desk.log("vitrine-broker")
    told = subprocess.run([os.path.join(BIN, "vitrinectl"), f"--runtime-dir={desk.directory}", "guests"],
                          capture_output=True, text=True, check=True).stdout
    assert "mapped" in told and "be-alloc: a PV guest can't map memory of the host" in told, told
    desk.end_guest()


def test_hostile(desk):
    """Too much of it, and using it after its end: refused, and nothing of it is anybody else's, or left."""
    desk.guest("good", "--connectors=160x120", "--hostile=allocated-memory")
    guest = desk.processes.pop("pvfront")
    status = guest.wait(30 * SLOWDOWN)
    with open(desk.path("pvfront.log"), encoding="utf-8") as log:
        words = log.read()
    assert status == 0 and "hostile allocated-memory: contained" in words, words
    assert "memory without end" in words and "nothing was tried" not in words, words
    desk.wait("end of the guest", lambda: desk.counters("broker.stats").get("guests") == "0")
    assert desk.granted() == 0 and desk.allocated() == 0


def run(desk):
    desk.start_all()
    for test in (test_drawn_into_and_kept, test_hostile, test_quota, test_not_allowed, test_pv_guest, test_broker_killed):
        test(desk)
        print(f"ok {test.__name__}", flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="vitrine-be-alloc-") as directory:
        desk = Desk(directory)
        try:
            run(desk)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            print("failed:", error)
            for name in os.listdir(directory):
                if name.endswith(".log"):
                    print(f"--- {name}\n{desk.log(name[:-4])[-6000:]}")
            return 1
        finally:
            desk.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
