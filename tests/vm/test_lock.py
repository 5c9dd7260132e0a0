"""The lock on real cards: QEMU's keys, PAM in dom0, stock guests that go on drawing and typing that reaches none of them."""

import re

import desk as desks
import machine
import monitor
import qmp
from test_monitors import CONF, wait_outputs

NEEDS = ("vitrined", "vitrine-broker", "/usr/libexec/vitrine/vitrine-auth")
PLACE = "/run/locktest"
PASSWORD = "ouzel7reed"
SECURITY = "/lib/x86_64-linux-gnu/security"
ANY_KEY = r'^input ".*" 1 (\d+) 1$'
F10 = 68


def setup(vm):
    vm.dom0(f"mkdir -p {PLACE}/pam.d /etc/vitrine")
    vm.put(f"{PLACE}/check", f"#!/bin/sh\n[ \"$(tr -d '\\000')\" = {PASSWORD} ]\n")
    vm.put(f"{PLACE}/pam.d/vitrine", f"auth required {SECURITY}/pam_exec.so quiet expose_authtok {PLACE}/check\n"
                                     f"account required {SECURITY}/pam_permit.so\n")
    vm.put(CONF, "[lock]\nuser = keeper\n")
    vm.dom0(f"chmod 755 {PLACE}/check; chmod 644 {CONF} {PLACE}/pam.d/vitrine")
    # As a machine without systemd starts it.
    vm.dom0(f"/usr/libexec/vitrine/vitrine-auth --pam-dir={PLACE}/pam.d --delay=10 >{PLACE}/log 2>&1 & echo $! >{PLACE}/pid")
    vm.wait(lambda: "yes" in vm.dom0("[ -S /run/vitrine/auth.sock ] && echo yes", check=False), 20, "vitrine-auth does not listen")
    vm.dom0("kill -HUP $(pidof vitrined)")
    return desks.get(vm)


def teardown(desk):
    desk.vm.dom0(f"kill $(cat {PLACE}/pid); rm -rf {PLACE} {CONF} /run/vitrine/auth.sock; kill -HUP $(pidof vitrined)")
    desk.draw("-r 5")


def state(vm):
    return vm.stats("vitrined").get("lock.state")


def colours(vm, head):
    """Those of a monitor that are not grey, as all of the lock's are."""
    return {colour for colour in vm.screendump(head).colours() if max(colour) - min(colour) > 40}


def assert_dark(vm, guests):
    for head, seen in enumerate(guests):
        shown = colours(vm, head) & seen
        assert not shown, f"monitor {head} shows {len(shown)} colours of a guest's"


def typed(guest, mark):
    return [int(code) for code in re.findall(ANY_KEY, guest.log[mark - guest.born:], re.MULTILINE)]


def type_password(vm, text):
    vm.wait(lambda: vm.stats("vitrined").get("lock.attempt") == "1", 30, "no password is asked for")
    for name in qmp.key_names(text):
        vm.qmp.chord(name)
    vm.qmp.chord("ret")


def test_lock(desk):
    """By its key: both monitors go dark and stay so, a replugged one too; what is typed opens, and reaches no guest."""
    vm = desk.vm
    desk.focus("work")
    desk.draw("-r 10", "flip flip")
    guests = [colours(vm, head) for head in range(2)]
    assert all(len(seen) > 3 for seen in guests), [len(seen) for seen in guests]
    marks = {name: guest.mark() for name, guest in desk.guests.items()}
    vm.qmp.chord("ctrl", "alt", "l")
    vm.wait(lambda: state(vm) == "locked", 20, "the key does not lock")
    assert_dark(vm, guests)
    type_password(vm, "wrong")
    vm.wait(lambda: vm.stats("vitrined").get("lock.wrong") == "1", 30, "no wrong password is counted")
    monitor.plug(vm.machine.head_path, 0, 0)
    try:
        wait_outputs(desk, "Virtual-1")
    finally:
        monitor.plug(vm.machine.head_path, *machine.MONITORS[1])
    wait_outputs(desk, "Virtual-1", "Virtual-2")
    assert_dark(vm, guests)
    assert state(vm) == "locked"
    server = vm.dom0("pidof vitrined").strip()
    vm.dom0(f"kill -KILL {server}")
    vm.wait(lambda: vm.dom0("pidof vitrined", check=False).strip() not in ("", server), 20, "no server comes back")
    vm.wait(lambda: state(vm) == "locked", 20, "the next server is not locked")
    assert_dark(vm, guests)
    type_password(vm, PASSWORD)
    vm.wait(lambda: state(vm) == "open", 30, "the password does not unlock")
    vm.wait(lambda: vm.stats("vitrined").get("keyboard", "-") != "-", 30, "no guest gets the keyboard back")
    vm.qmp.chord("f10")
    owner = vm.stats("vitrined")["keyboard"]
    desk.guests[owner].wait_line(r'^input ".*" 1 68 1$', 20, marks[owner])
    for name, guest in desk.guests.items():
        # Control and Alt were pressed before the lock.
        strange = [code for code in typed(guest, marks[name]) if code not in (F10, 29, 56)]
        assert not strange, f"{name} got {len(strange)} keys that were typed at the lock"
    assert PASSWORD not in vm.dom0("cat /var/log/services/vitrined.log")
