"""Guests come and go without a trace, and without their neighbour's picture so much as stuttering."""

import re
import time

import desk as desks

NEEDS = ("vitrined", "vitrine-broker")
ROUNDS = 10
RATE = 10
PERIOD_MS = 1000 / RATE
# What the frames shown while others come and go must be, of those shown while nothing happens.
SHARE = 0.98
GAP_PERIODS = 3
CONTROL_SECONDS = 30
PROCESSES = ("vitrined", "vitrine-broker", "vitrine-pv")
# One allocator arena's worth: what a process may keep without a leak.
MEMORY_SLACK_KB = 512


def setup(vm):
    return desks.get(vm)


def teardown(desk):
    desk.draw("-r 5")


def usage(vm):
    """What the processes hold: descriptors and anonymous memory of each kind, and Xen's objects."""
    script = """
for name in %s; do
	count=0 fds=0 memory=0
	for pid in $(pidof $name); do
		count=$((count + 1))
		fds=$((fds + $(ls /proc/$pid/fd | wc -l)))
		memory=$((memory + $(sed -n 's/^RssAnon:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status)))
	done
	echo $name.processes $count
	echo $name.fds $fds
	echo $name.memory $memory
done
echo event_channels $(lsevtchn 0 | wc -l)
""" % " ".join(PROCESSES)
    found = {key: int(value) for key, value in re.findall(r"^(\S+) (\d+)$", vm.dom0(script),
                                                          re.MULTILINE)}
    for program in ("vitrined", "broker"):
        stats = vm.stats(program)
        found.update({f"{program}.{key}": int(stats[key])
                      for key in ("grant_pages_mapped", "evtchns") if key in stats})
    return found


def come_and_go(desk, name="brief"):
    """Create a guest with the desk's devices, see it connect, destroy it."""
    guest = desk.vm.create(name, "pv", [desks.VDISPL, desks.vkb(name)])
    guest.destroy()
    # Everything of it is gone when its worker is.
    desk.vm.wait(lambda: f"guest.{name}." not in desk.vm.dom0(
        "statread /run/vitrine/vitrined.stats"), 20, f"vitrined still knows {name}")


def shown(desk):
    return int(desk.vm.stats("vitrined")["guest.work.frames_shown"]), time.monotonic()


def rate_between(first, last):
    return (last[0] - first[0]) / (last[1] - first[1])


def longest_gap(text):
    """The longest time between two flips that guestdraw reported in this text."""
    return max(int(gap) for gap in re.findall(r"^guestdraw: now head 0 frame \d+ longest (\d+) ms",
                                              text, re.MULTILINE))


def test_ten_times(desk):
    """Ten times xl create and destroy: nothing leaks, the neighbour keeps its rate."""
    desk.focus("work")
    guest = desk.guests["work"]
    desk.draw(f"-c -r {RATE}", "flip none", ("work",))
    come_and_go(desk)
    before = usage(desk.vm)

    start = shown(desk)
    # The control window is a length of time; there is nothing in it to wait for.
    time.sleep(CONTROL_SECONDS)
    control = rate_between(start, shown(desk))

    mark = guest.mark() - guest.born
    start = shown(desk)
    for _ in range(ROUNDS):
        come_and_go(desk)
    busy = rate_between(start, shown(desk))
    gap = longest_gap(guest.log[mark:])

    after = usage(desk.vm)
    print(f"  {control:.2f} frames/s alone, {busy:.2f} with others coming and going, longest gap "
          f"{gap} ms")
    grown = {key: f"{before[key]} -> {after.get(key)}" for key in before
             if after.get(key, 0) > before[key] + (MEMORY_SLACK_KB if "memory" in key else 0)}
    assert not grown, f"left behind: {grown}"
    assert busy >= SHARE * control, f"{busy:.2f} frames/s instead of {control:.2f}"
    assert gap <= GAP_PERIODS * PERIOD_MS, f"a gap of {gap} ms at a period of {PERIOD_MS:.0f} ms"


def test_create_without_server(desk):
    """xl create works while vitrined is down; the picture comes when the server does."""
    vm = desk.vm
    vm.service("down", "vitrined")
    try:
        guest = vm.create("early", "pv", [desks.VDISPL, desks.vkb("early")], wait=False, timeout=30)
    finally:
        vm.service("up", "vitrined")
    guest.wait_ready()
    guest.send("guestdraw -n 5 -r 5 flip none &")
    guest.wait_line(r"^guestdraw: now head 0 frame ([5-9]|\d\d)", 60)
    guest.destroy()


def killed(desk, name, service):
    """Kill a process; the init system starts it again and the guest's picture returns."""
    desk.vm.dom0(f"kill -9 $(pidof {name})")
    desk.vm.service("up", service)
    desk.vm.wait(lambda: desk.vm.control.run(
        "statread /run/vitrine/vitrined.stats | grep -q '^output.*rect'").status == 0, 30,
        f"nothing is shown after {name} was killed")
    desk.focus("work")
    frames = desk.hold("work")
    desk.vm.wait(lambda: (desk.stamp("Virtual-1") or (0, 0, 0))[1:] == (0, frames[0]), 30,
                 f"work's picture does not return after {name} was killed")
    desk.go_on("work")


def test_worker_killed(desk):
    """A worker that is killed is started again, and its guest's picture returns."""
    killed(desk, "vitrine-pv", "vitrine-broker")


def test_server_killed(desk):
    """So is the display server."""
    killed(desk, "vitrined", "vitrined")


def test_broker_killed(desk):
    """So is the broker."""
    killed(desk, "vitrine-broker", "vitrine-broker")
