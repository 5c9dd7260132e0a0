"""What a hostile guest does to its rings and nodes is contained, logged once, and nobody else's loss."""

import re

import desk as desks

NEEDS = ("vitrined", "vitrine-broker")
PVFRONT = "/usr/bin/pvfront"
PROCESSES = ("vitrined", "vitrine-broker")
LEAST = 10
# A rate-limited log may say more than one line about a thing, a flooded one says hundreds.
MOST_LINES = 20
FRAMES = 5


class Siege:
    """The desk, and beside it a guest without a display driver whose frontend is pvfront."""

    def __init__(self, vm):
        self.desk = desks.get(vm)
        self.vm = vm
        self.desk.draw("-r 5")
        self.desk.focus("work")
        self.evil = self.guest()

    def guest(self):
        return self.vm.create("evil", "pv", [desks.VDISPL, desks.vkb("evil")], extra="nodrm")

    def names(self):
        """The hostile behaviours that pvfront knows."""
        _, listing = self.evil.run(f"{PVFRONT} --hostile=list")
        return re.findall(r"^([a-z][a-z0-9-]+)\b", listing, re.MULTILINE)

    def processes(self):
        return self.vm.dom0(f"pidof {PROCESSES[0]}; pidof {PROCESSES[1]}; true")

    def attack(self, name):
        """Run one behaviour and look whether everybody else is unharmed."""
        alive = self.processes()
        marks = {program: self.vm.control.mark(program + ".log") for program in PROCESSES}
        status, output = self.evil.run(f"timeout 20 {PVFRONT} --hostile={name}", 60)
        assert self.processes() == alive, f"{name}: a process was restarted"
        assert "unknown" not in output, f"{name}: {output}"
        self.unharmed(name)
        blamed = sum(line.count("evil") > 0 for program in PROCESSES for line in
                     self.vm.control.log(program + ".log")[marks[program]:].splitlines())
        assert blamed <= MOST_LINES, f"{name}: {blamed} log lines blame the guest"
        return status, blamed

    def unharmed(self, name):
        """The second guest's picture goes on and its kernel has nothing to complain about."""
        self.desk.focus("work")
        for output in desks.OUTPUTS:
            first = self.desk.stamp(output)
            self.vm.wait(lambda: (self.desk.stamp(output) or first)[2] >= first[2] + FRAMES, 20,
                         f"{name}: {output} stays at {first}")
        complaints = self.desk.kernel_complaints("work")
        assert not complaints, f"{name}: {complaints}"


def setup(vm):
    return Siege(vm)


def teardown(siege):
    siege.evil.destroy()


def test_each_behaviour(siege):
    """Ten hostile behaviours from a real guest: nothing restarts, the neighbour's frames advance."""
    names = siege.names()
    assert len(names) >= LEAST, f"pvfront knows only {names}"
    silent = []
    for name in names:
        status, blamed = siege.attack(name)
        print(f"  {name}: pvfront ended with {status}, {blamed} log lines", flush=True)
        if blamed == 0:
            silent.append(name)
    assert not silent, f"never logged: {silent}"


def test_guest_can_be_destroyed(siege):
    """After all that the toolstack still gets rid of the guest, and the next one is served."""
    siege.evil.destroy()
    siege.evil = siege.guest()
    status, output = siege.evil.run(f"timeout 20 {PVFRONT} --frames=20", 60)
    assert status == 0, output
