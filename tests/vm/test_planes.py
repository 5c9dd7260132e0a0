"""Planes, on a driver that has some: what it writes back is the same picture with planes and without.

The driver is vkms, which mixes planes in software and can write the result back. The guest draws straight into
memory of that card (be-alloc), so that its pictures can go to a plane.
"""

import re
import zlib

import desk as desks
import pictures
import ppm

NEEDS = ("vitrined", "vitrine-broker", "writeback")
NAME = "plane"
SIZE = (800, 600)
CONF = "/etc/vitrine/vitrine.conf"
RATE = 15
LAST = 60  # the frame that is held; by then planes have been asked for and taken


class Bench:
    """One guest on the monitor of the vkms card."""

    def __init__(self, vm):
        self.vm = vm
        vm.destroy_all()
        vm.wait(lambda: vm.stats("broker").get("guests") == "0", 30, "the other tests' guests are still there")
        vm.dom0("insmod /lib/modules/vkms.ko enable_overlay=1 && udevadm settle")
        self.card = "/dev/dri/" + vm.dom0("ls /sys/devices/platform/vkms/drm | grep ^card").strip()
        self.configure("yes")
        vdispl = f'vdispl=["backend=0,be-alloc=1,connectors=A:{SIZE[0]}x{SIZE[1]}"]'
        self.guest = vm.create(NAME, "pvh", [vdispl, desks.vkb(NAME)])

    def configure(self, planes):
        vm = self.vm
        vm.dom0("mkdir -p /etc/vitrine")
        vm.put(CONF, f"[server]\ncard = {self.card}\nplanes = {planes}\n[guest]\nbe-alloc = yes\n")
        vm.service("restart", "vitrined")
        vm.wait(lambda: vm.stats("broker").get("server") == "connected", 30, "the display server is not there")
        self.output = self.outputs()[0]

    def outputs(self):
        return sorted(set(re.findall(r"^output\.(\S+)\.size", "\n".join(self.vm.stats("vitrined")), re.MULTILINE)))

    def stat(self, key):
        return self.vm.stats("vitrined").get(f"output.{self.output}.{key}")

    def draw(self, options):
        self.guest.run("killall guestdraw; while pidof guestdraw; do usleep 50000; done")
        after = self.guest.mark()
        self.guest.send(f"guestdraw -n {self.nonce} {options} flip &")
        return after

    nonce = 0x1CEB00DA

    def draw_and_hold(self):
        """Flips up to the last frame, which stays; what was read and written for those that came late."""
        after = self.draw(f"-r {RATE} -f {LAST}")
        self.guest.wait_line(r"^guestdraw: now head 0 frame [34]\d ", 60, after)
        before = self.vm.stats("vitrined")
        self.guest.wait_line(r"^guestdraw: held", 60, after)
        self.vm.wait(lambda: self.stamp() == (self.nonce & 0xFFFFFF, 0, LAST), 20, "the last frame is not shown")
        now = self.vm.stats("vitrined")
        return {key: int(now[key]) - int(before[key])
                for key in ("bytes_read", "bytes_written", f"guest.{NAME}.frames_shown")}

    def try_writeback(self):
        """How an attempt of the driver's ended: a slow machine may be busy with another frame for too long."""
        command = f"writeback $(pidof vitrined) {self.card} /run/shown.ppm && gzip -c /run/shown.ppm"
        return self.vm.control.run(command)

    def written_back(self):
        """What the monitor shows, as the driver itself says."""
        result = self.try_writeback()
        for _ in range(2):
            result = result if result.status == 0 else self.try_writeback()
        assert result.status == 0, result.text
        data = zlib.decompress(result.output, 31)
        head, size, depth, pixels = data.split(b"\n", 3)
        assert (head, depth) == (b"P6", b"255"), data[:20]
        return ppm.Picture(*(int(word) for word in size.split()), pixels)

    def rect(self):
        return tuple(int(word) for word in self.stat("rect").split())

    def stamp(self):
        return pictures.stamp_of(self.written_back().crop(*self.rect()))


def setup(vm):
    return Bench(vm)


def teardown(bench):
    vm = bench.vm
    vm.destroy_all()
    vm.wait(lambda: vm.stats("broker").get("guests") == "0", 30, "the guest is not gone")
    vm.dom0(f"rm -f {CONF}")
    vm.service("restart", "vitrined")
    vm.dom0("rmmod vkms")


def test_written_back_equal(bench):
    """The picture that vkms writes back is exact, and the same whether the guest is on a plane or composed."""
    shown = {}
    for planes, path in (("yes", "plane"), ("no", "composed")):
        bench.configure(planes)
        cost = bench.draw_and_hold()
        assert bench.stat("path") == path, f"planes={planes}: {bench.stat('path')}, {bench.stat('why')}"
        shown[planes] = bench.written_back()
        wanted = pictures.expected(*SIZE, bench.nonce, 0, LAST)
        difference = shown[planes].crop(*bench.rect()).difference(wanted)
        assert not difference, f"planes={planes}: {difference}"
        print(f"  planes={planes}: {cost}")
        assert cost[f"guest.{NAME}.frames_shown"] >= 10, cost
        if planes == "yes":
            # Not a byte of the guest's is touched on the way.
            assert cost["bytes_read"] == 0 and cost["bytes_written"] == 0, cost
        else:
            assert cost["bytes_read"] > 0, cost
    difference = shown["yes"].difference(shown["no"])
    assert not difference, difference
