"""The harness itself: dom0's parts are there, hands and monitors work, without any of our programs."""

import secrets

import pictures

KEYS = ("v", "i", "t", "r", "ret")
# Linux key codes of the above.
CODES = (47, 23, 20, 19, 28)
EVENT_BYTES = 24


def test_commands_run_beside_each_other(vm):
    """A command's output, status and input pass the channel; a slow one holds up no other."""
    vm.dom0("mkfifo /run/never")
    slow = vm.control.start("read -r line </run/never")
    quick = vm.control.run("cat; exit 7", b"over there")
    assert (quick.status, quick.text) == (7, "over there"), (quick.status, quick.text)
    assert vm.dom0("cat", stdin=b"x" * 300000) == "x" * 300000
    vm.control.kill(slow)
    assert vm.control.wait(slow, 20).status != 0


def test_logs_arrive(vm):
    """What a process writes into dom0's log directory reaches the host as it is written."""
    vm.dom0("echo first >/var/log/services/probe.log; echo second >>/var/log/services/probe.log")
    vm.control.wait_line("probe.log", "^second$", 20)


def test_monitors_show(vm):
    """What a program draws on two monitors comes out of the screendump, pixel by pixel."""
    nonce = secrets.randbits(32)
    vm.service("down", "vitrined")
    try:
        job = vm.control.start(f"guestdraw -n {nonce} -f 3 flip flip >/var/log/services/draw.log")
        sizes = []
        for head in range(2):
            sizes.append([int(word) for word in vm.control.wait_line(
                "draw.log", rf"^guestdraw: head {head} is (\d+)x(\d+)", 30).groups()])
        vm.control.wait_line("draw.log", "^guestdraw: held head 0 frame 3 .*head 1 frame 3 ", 60)
        for head, size in enumerate(sizes):
            wanted = pictures.expected(*size, nonce, head, 3)
            vm.wait(lambda: vm.screendump(head) == wanted, 20, f"head {head} shows something else")
        vm.control.kill(job)
        vm.control.wait(job, 20)
    finally:
        if vm.has("vitrined"):
            vm.service("up", "vitrined")


def test_keys_reach_dom0(vm):
    """Keys typed through QEMU come out of dom0's keyboard."""
    place = vm.dom0("grep -l 'QEMU Virtio Keyboard' /sys/class/input/event*/device/name").strip()
    device = "/dev/input/" + place.split("/")[4]
    size = EVENT_BYTES * 4 * len(KEYS)
    job = vm.control.start(f"head -c {size} {device} | od -An -v -td2 -w{EVENT_BYTES}")
    vm.wait(lambda: vm.control.run(f"ls -l /proc/[0-9]*/fd | grep -q {device}").status == 0, 20,
            "nobody reads the keyboard")
    for key in KEYS:
        vm.qmp.chord(key)
    events = [line.split()[8:11] for line in vm.control.wait(job, 20).text.splitlines()]
    pressed = [int(code) for kind, code, value in events if (kind, value) == ("1", "1")]
    assert tuple(pressed) == CODES, f"{pressed} instead of {CODES}"


def test_touch_screen_is_known(vm):
    """Udev calls the touch screen of the input tests a touch screen."""
    with vm.touch_screen() as touch:
        properties = vm.dom0(f"udevadm info --query=property {touch.path}")
        assert "ID_INPUT_TOUCHSCREEN=1" in properties, properties


def test_guests_reach_their_shell(vm):
    """Stock kernels start as PV and as PVH guest and answer on their consoles."""
    for kind in ("pv", "pvh"):
        guest = vm.create("plain-" + kind, kind)
        status, output = guest.run("uname -r; false")
        assert status == 1 and output.startswith("6.1."), (status, output)
        guest.destroy()
