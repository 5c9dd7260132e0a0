"""What a hostile guest does to its rings and nodes is contained, logged once, and nobody else's loss."""

import random
import re

import control
import desk as desks
import test_input as hands

NEEDS = ("vitrined", "vitrine-broker")
PVFRONT = "/usr/bin/pvfront"
PROCESSES = ("vitrined", "vitrine-broker")
LEAST = 10
# A rate-limited log may say more than one line about a thing, a flooded one says hundreds.
MOST_LINES = 20
FRAMES = 5
KEYS = 50
FLOOD_S = 60  # it ends with its guest
MOST_BETWEEN = 32


class Siege:
    """The desk, and beside it a guest without a display driver whose frontend is pvfront."""

    def __init__(self, vm):
        self.desk = desks.get(vm)
        self.vm = vm
        self.desk.draw("-r 5")
        self.desk.focus("work")
        # What other tests did to its backend is not the hostile guest's doing.
        self.desk.kernel_complaints("work")
        self.evil = self.guest()

    def guest(self):
        return self.vm.create("evil", "pv", [desks.VDISPL, desks.vkb("evil")], extra="nodrm",
                              memory=256)

    def names(self):
        """The hostile behaviours that pvfront knows."""
        _, listing = self.evil.run(f"{PVFRONT} --hostile=list")
        return re.findall(r"^([a-z][a-z0-9-]+)\b", listing, re.MULTILINE)

    def processes(self):
        return self.vm.dom0(f"pidof {PROCESSES[0]}; pidof {PROCESSES[1]}; true")

    def begin(self, names, options=""):
        """Have pvfront do these things one after the other; where its output starts."""
        after = self.evil.mark()
        self.evil.send(f"{PVFRONT} {options} --hostile={','.join(names)}; echo hostile-end $?")
        return after

    def attack(self, name, after):
        """See one behaviour through and look whether everybody else is unharmed."""
        marks = {program: self.vm.control.mark(program + ".log") for program in PROCESSES}
        verdict = self.evil.wait_line(
            rf"^hostile {name}: (contained|NOT CONTAINED)$|^hostile-end \d+$", 60, after).group(0)
        self.unharmed(name)
        assert verdict.endswith(": contained"), f"{name}: pvfront says {verdict!r}"
        blamed = sum("evil" in line for program in PROCESSES for line in
                     self.vm.control.log(program + ".log")[marks[program]:].splitlines())
        assert blamed <= MOST_LINES, f"{name}: {blamed} log lines blame the guest"
        return blamed

    def renew(self):
        """A fresh guest in place of one whose frontend is beyond repair."""
        self.evil.destroy()
        self.evil = self.guest()

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
    alive = siege.processes()
    wrong = []
    after = siege.begin(names)
    for place, name in enumerate(names):
        try:
            print(f"  {name}: contained, {siege.attack(name, after)} log lines", flush=True)
        except (AssertionError, control.ControlError) as error:
            print(f"  {error}", flush=True)
            wrong.append(name)
            siege.renew()
            if names[place + 1:]:
                after = siege.begin(names[place + 1:])
    assert siege.processes() == alive, "a process of ours was restarted"
    assert not wrong, f"not contained: {' '.join(wrong)}"


def test_typing_in_a_flood(siege):
    """While a guest holds all it may and floods its rings, another's keys arrive, few requests before each, and the attention
    chord works."""
    siege.renew()
    siege.desk.focus("work")
    after = siege.begin(["hoard"], f"--hostile-seconds={FLOOD_S}")
    siege.evil.wait_line(r"^hostile hoard: floods$", 60, after)
    keys = hands.type_keys(siege.desk, "work", "".join(random.choice(list(hands.CODES)) for _ in range(KEYS)))
    assert len(keys) == 2 * KEYS, len(keys)
    stats = siege.vm.stats("vitrined")
    print(f"  requests of others before a key: {stats['input.requests_between_max']} at most; of all until its guest was "
          f"notified: p99 {stats['input.requests_until_notified_p99']}", flush=True)
    assert int(stats["input.groups"]) >= 2 * KEYS, stats["input.groups"]
    assert int(stats["input.requests_between_max"]) <= MOST_BETWEEN, stats["input.requests_between_max"]
    siege.vm.qmp.chord(*desks.ATTENTION)
    siege.vm.wait(lambda: siege.vm.stats("vitrined")["attention"] == "1", 20, "the attention chord does nothing")
    assert not re.search(r"^hostile-end", siege.evil.log[after - siege.evil.born:], re.MULTILINE), "the flood was over"
    siege.vm.qmp.chord("esc")
    siege.vm.wait(lambda: siege.vm.stats("vitrined")["attention"] == "0", 20, "the attention stays")


def test_guest_can_be_destroyed(siege):
    """After all that the toolstack still gets rid of the guest, and the next one is served."""
    siege.renew()
    status, output = siege.evil.run(f"timeout -s KILL 30 {PVFRONT} --frames=3", 60)
    assert status == 0 and "connected" in output, (status, output)
