"""Guests that draw straight into memory of the display: it is granted once, shown without a copy, and goes back.

The frontend is the stock one; its xl.cfg says be-alloc=1. Only PVH and HVM guests can map such memory.
"""

import re

import desk as desks
import pictures

NEEDS = ("vitrined", "vitrine-broker")
SIZE = (1024, 768)
PAGES = SIZE[0] * SIZE[1] * 4 // 4096
BUFFERS = 2
NONCE = 0x5A5A1234
CONF = "/etc/vitrine/vitrine.conf"
OUTPUT = "Virtual-1"


BE_ALLOC = "[guest]\nbe-alloc=yes\nbe-alloc-bytes=8 MiB"


def configure(vm, text):
    vm.dom0("mkdir -p /etc/vitrine")
    vm.put(CONF, text)
    vm.service("restart", "vitrined")
    vm.wait(lambda: vm.stats("broker").get("server") == "connected", 30, "the display server is not there")


def setup(vm):
    vm.destroy_all()
    vm.wait(lambda: vm.stats("broker").get("guests") == "0", 30, "the other tests' guests are still there")
    found = vm.stats("broker").get("dmabuf.import")
    assert found == "works", f"be-alloc in this dom0's kernel: {found}"
    configure(vm, BE_ALLOC + "\n")
    return vm


def teardown(vm):
    vm.dom0(f"rm -f {CONF}")
    vm.destroy_all()
    vm.service("restart", "vitrined")


def create(vm, name, kind="pvh", size=SIZE):
    vdispl = f'vdispl=["backend=0,be-alloc=1,connectors=A:{size[0]}x{size[1]}"]'
    return vm.create(name, kind, [vdispl, desks.vkb(name)])


def draw(guest, options="-r 10"):
    guest.run("killall guestdraw; while pidof guestdraw; do usleep 50000; done")
    after = guest.mark()
    guest.send(f"guestdraw -n {NONCE} {options} flip &")
    return after


def guest_picture(vm, name):
    stats = vm.stats("vitrined")
    if stats.get(f"output.{OUTPUT}.guest") != name or f"output.{OUTPUT}.rect" not in stats:
        return None
    rect = [int(word) for word in stats[f"output.{OUTPUT}.rect"].split()]
    return vm.screendump(0).crop(*rect)


def stamp(vm, name):
    picture = guest_picture(vm, name)
    return pictures.stamp_of(picture) if picture else None


def assert_exact(vm, guest):
    guest.wait_line(r"^guestdraw: (now|held)", 60, draw(guest, "-r 10 -f 5"))
    assert_shown(vm, guest, 5)


def assert_shown(vm, guest, frame):
    wanted = (NONCE & 0xFFFFFF, 0, frame)
    vm.wait(lambda: stamp(vm, guest.name) == wanted, 60, f"{stamp(vm, guest.name)} is shown, not {wanted}")
    difference = guest_picture(vm, guest.name).difference(pictures.expected(*SIZE, NONCE, 0, frame))
    assert not difference, difference


def rungs(vm, name):
    return [value for key, value in sorted(vm.stats("vitrined").items())
            if re.fullmatch(rf"guest\.{name}\.buffer\.\d+\.rung", key)]


def granted(vm, name):
    return int(vm.stats("broker").get(f"guest.{name}.pages_granted", 0))


def pages_of_host(vm):
    """What all dma-bufs of dom0 hold, whoever has them; None where the kernel does not tell."""
    text = vm.dom0("mount -t debugfs none /sys/kernel/debug 2>/dev/null; cat /sys/kernel/debug/dma_buf/bufinfo",
                   check=False)
    total = re.search(r"Total (\d+) objects, (\d+) bytes", text)
    return int(total.group(2)) // 4096 if total else None


def end(vm, guest):
    guest.destroy()
    vm.wait(lambda: vm.stats("broker").get("guests") == "0", 30, f"{guest.name} is not gone")
    assert vm.dom0("xl list").count("\n") == 2, "a domain is left: " + vm.dom0("xl list")


def test_drawn_into_memory_of_the_display(vm):
    """A PVH guest's picture is exact, in memory that was allocated for scanout and granted once."""
    before = pages_of_host(vm)
    assert before is not None, "dom0 does not count dma-bufs"
    guest = create(vm, "zero")
    assert_exact(vm, guest)
    assert granted(vm, "zero") == BUFFERS * PAGES, granted(vm, "zero")
    assert rungs(vm, "zero") == ["scanout"] * BUFFERS, rungs(vm, "zero")
    maps = int(vm.stats("broker")["grants_handed"])
    draw(guest)
    vm.wait(lambda: (stamp(vm, "zero") or (0, 0, 0))[2] > 20, 60, "the pictures do not go on")
    assert int(vm.stats("broker")["guest.zero.pages_granted"]) == BUFFERS * PAGES
    # Its directory's pages are all that was mapped of the guest for that.
    assert int(vm.stats("broker")["grants_handed"]) - maps <= 2 * BUFFERS
    end(vm, guest)
    assert int(vm.stats("vitrined").get("guest.zero.be_alloc_bytes", 0)) == 0
    vm.wait(lambda: pages_of_host(vm) == before, 20, f"{pages_of_host(vm)} pages of dma-bufs, {before} before")


def test_outlives_worker_and_server(vm):
    """The worker is killed, then the server: the guest draws on in the same memory, and is shown again."""
    guest = create(vm, "zero")
    assert_exact(vm, guest)
    draw(guest)
    vm.wait(lambda: (stamp(vm, "zero") or (0, 0, 0))[2] > 5, 60, "no picture")
    for victim in ("worker", "vitrined"):
        if victim == "worker":
            vm.dom0(f"kill -9 {vm.stats('broker')['guest.zero.worker_pid']}")
        else:
            vm.dom0("kill -9 $(pidof vitrined)")
        before = 0
        vm.wait(lambda: (stamp(vm, "zero") or (0, 0, 0))[2] > 5, 60, f"no picture after the {victim}'s end")
        before = stamp(vm, "zero")[2]
        vm.wait(lambda: (stamp(vm, "zero") or (0, 0, 0))[2] > before + 5, 60, f"no picture after the {victim}'s end")
        assert granted(vm, "zero") == BUFFERS * PAGES
        assert rungs(vm, "zero") == ["scanout"] * BUFFERS, rungs(vm, "zero")
    assert "starts over" not in vm.control.log("vitrine-broker.log")
    end(vm, guest)


def test_quota(vm):
    """One buffer of 1920x1080 fits into the quota, the second does not: a clear word, and nothing is left."""
    guest = create(vm, "large", size=(1920, 1080))
    mark = vm.control.mark("vitrined.log")
    draw(guest)
    vm.control.wait_line("vitrined.log", "guest large: .*be-alloc-bytes", 30, mark)
    vm.wait(lambda: granted(vm, "large") < 8 << 8, 10, "more than the quota is granted")
    end(vm, guest)


def test_pv_guest_uses_its_own(vm):
    """be-alloc=1 of a PV guest is overruled before its frontend reads it, with a reason, and its picture is exact."""
    mark = vm.control.mark("vitrine-broker.log")
    guest = create(vm, "old", "pv")
    vm.control.wait_line("vitrine-broker.log", "guest old: be-alloc=1 is not possible: a PV guest", 10, mark)
    assert_exact(vm, guest)
    assert granted(vm, "old") == 0 and rungs(vm, "old") == ["mapped"] * BUFFERS, rungs(vm, "old")
    assert "PV guest" in vm.stats("vitrined")["guest.old.be_alloc"]
    end(vm, guest)


def counters(vm):
    stats = vm.stats("vitrined")
    return {key: int(stats[key]) for key in ("bytes_read", "bytes_written", "bytes_compared",
                                             "guest.zero.frames_shown", f"output.{OUTPUT}.tests")}


def test_scanned_out_untouched(vm):
    """On a monitor of its own the guest's picture is scanned out: exact, and not one byte of it is read or written."""
    configure(vm, f"""[server]
start-layout=bare
{BE_ALLOC}
[layout bare]
[layout bare output Virtual-1]
shows=guest zero head 0
mode={SIZE[0]}x{SIZE[1]}
mark=none
[layout bare output Virtual-2]
off=yes
""")
    guest = create(vm, "zero")
    draw(guest, "-r 20 -f 500")
    path = f"output.{OUTPUT}.path"
    vm.wait(lambda: vm.stats("vitrined").get(path) == "plane", 60,
            f"{OUTPUT}: {vm.stats('vitrined').get(path)}, {vm.stats('vitrined').get(f'output.{OUTPUT}.why')}")
    before = counters(vm)
    vm.wait(lambda: counters(vm)["guest.zero.frames_shown"] >= before["guest.zero.frames_shown"] + 60, 60,
            "the pictures do not go on")
    delta = {key: value - before[key] for key, value in counters(vm).items()}
    assert delta.pop("guest.zero.frames_shown") >= 60
    assert not any(delta.values()), f"touched while it is scanned out: {delta}"
    # The next server is handed the same memory by the broker, and scans it out again.
    vm.dom0("kill -9 $(pidof vitrined)")
    vm.wait(lambda: vm.stats("vitrined").get(path) == "plane", 60,
            f"{OUTPUT}: {vm.stats('vitrined').get(path)}, {vm.stats('vitrined').get(f'output.{OUTPUT}.why')}")
    assert_shown(vm, guest, 500)
    assert vm.stats("vitrined")[path] == "plane"
    assert granted(vm, "zero") == BUFFERS * PAGES
    end(vm, guest)


def test_pages_as_dmabuf(vm):
    """The broker has tried whether this dom0 makes dma-bufs of guests' pages, and says once for each start that it does not."""
    assert vm.stats("broker").get("dmabuf.export") == "Invalid argument", vm.stats("broker").get("dmabuf.export")
    log = vm.control.log("vitrine-broker.log")
    lines = re.findall("pages of guests as dma-bufs: Invalid argument", log)
    starts = re.findall("serving the guests of domain", log)
    assert len(lines) == len(starts) > 0, f"said {len(lines)} times in {len(starts)} starts"
