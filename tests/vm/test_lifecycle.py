"""Guests come and go without a trace, and without their neighbour's picture so much as stuttering."""

import re
import time

import control
import desk as desks

NEEDS = ("vitrined", "vitrine-broker")
ROUNDS = 10
# Frames per second: few enough for an emulated machine that boots guests at the same time.
RATES = {"tcg": 3, "kvm": 20}
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
    """What the processes hold: descriptors, anonymous memory, pages of guests; and Xen's channels."""
    script = """
for name in %s; do
	count=0 fds=0 memory=0 maps=0
	for pid in $(pidof $name); do
		count=$((count + 1))
		fds=$((fds + $(ls /proc/$pid/fd | wc -l)))
		memory=$((memory + $(sed -n 's/^RssAnon:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status)))
		for range in $(sed -n 's|^\\([0-9a-f-]*\\) .*/dev/xen/gntdev.*|\\1|p' /proc/$pid/maps); do
			maps=$((maps + (0x${range#*-} - 0x${range%%-*}) / 4096))
		done
	done
	echo $name.processes $count
	echo $name.fds $fds
	echo $name.memory $memory
	echo $name.grant_pages $maps
done
echo event_channels $(lsevtchn 0 | grep -c .)
""".replace("%s", " ".join(PROCESSES))
    found = {key: int(value) for key, value in re.findall(r"^(\S+) (\d+)$", vm.dom0(script),
                                                          re.MULTILINE)}
    # A count that finds nothing while two guests are shown would also find no leak.
    for key in ("vitrined.grant_pages", "vitrine-pv.grant_pages", "event_channels"):
        assert found[key] > 0, f"nothing counted as {key}: {found}"
    return found


def come_and_go(desk, name="brief"):
    """Create a guest with the desk's devices, have it draw, so that its buffers are mapped, destroy it."""
    guest = desk.vm.create(name, "pv", [desks.VDISPL, desks.vkb(name)])
    guest.send("guestdraw -n 1 -r 5 flip none &")
    guest.wait_line(r"^guestdraw: now head 0 frame \d+", 30)
    guest.destroy()
    # Everything of it is gone when its worker is.
    desk.vm.wait(lambda: f"guest.{name}.connected" not in desk.vm.stats("vitrined"), 20,
                 f"vitrined still knows {name}")


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
    rate = RATES[desk.vm.machine.accel]
    desk.hold("web")
    desk.draw(f"-c -r {rate}", "flip none", ("work",))
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
    print("  " + ", ".join(f"{key} {before[key]} -> {after[key]}" for key in before))
    print(f"  {control:.2f} frames/s alone, {busy:.2f} with others coming and going, longest gap "
          f"{gap} ms")
    grown = {key: f"{before[key]} -> {after.get(key)}" for key in before
             if after.get(key, 0) > before[key] + (MEMORY_SLACK_KB if "memory" in key else 0)}
    assert not grown, f"left behind: {grown}"
    assert busy >= SHARE * control, f"{busy:.2f} frames/s instead of {control:.2f}"
    assert gap <= GAP_PERIODS * 1000 / rate, f"a gap of {gap} ms at {rate} frames/s"


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


def assert_returns(desk, name):
    """The picture of the program that drew before is shown, and goes on."""
    desk.vm.wait(lambda: desk.shown(), 30, f"nothing is shown after {name} was killed")
    desk.focus("work")
    first = desk.vm.control.mark(desk.guests["work"].log_name)
    desk.guests["work"].wait_line(r"^guestdraw: now head 0 frame (\d+)", 30, first)
    frames = desk.hold("work")
    wanted = (desk.nonce_of("work") & 0xFFFFFF, 0, frames[0])
    desk.vm.wait(lambda: desk.stamp("Virtual-1") == wanted, 30,
                 f"after {name} was killed Virtual-1 shows {desk.stamp('Virtual-1')}, not {wanted}")
    desk.go_on("work")


def kill(desk, name):
    """Kill all processes of this name; whoever started them does so again."""
    desk.draw("-r 5")
    desk.focus("work")
    before = set(desk.vm.dom0(f"pidof {name}").split())
    desk.vm.dom0(f"kill -9 {' '.join(before)}")
    desk.vm.wait(lambda: set(desk.vm.dom0(f"pidof {name} || true").split()) - before, 30,
                 f"{name} is not started again")


def test_server_killed(desk):
    """The display server is killed: guests' programs draw on, and their picture returns."""
    kill(desk, "vitrined")
    assert_returns(desk, "vitrined")


def assert_returns_anew(desk, name):
    """Guests run on; a program that opens its display anew is shown."""
    for attempt in (1, 2, 3):
        try:
            desk.draw("-r 5")
            assert_returns(desk, name)
            return
        except (AssertionError, control.ControlError) as error:
            # A program that opened the display while it was being replaced sees it go.
            if attempt == 3:
                raise AssertionError(f"after {name} was killed: {error}") from error


def test_broker_killed(desk):
    """The broker is killed: guests run on, and what they draw anew is shown."""
    kill(desk, "vitrine-broker")
    assert_returns_anew(desk, "vitrine-broker")


def test_workers_killed(desk):
    """The workers are killed: likewise."""
    kill(desk, "vitrine-pv")
    assert_returns_anew(desk, "vitrine-pv")
