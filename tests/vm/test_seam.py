"""The seam that the design stands on: one process prepares grant maps, another one uses them."""

import re

PAGES = 2025


def seam(vm, kind):
    """Run both halves of the probe against a guest of this kind."""
    guest = vm.create("seam-" + kind, kind, extra="nodrm")
    guest.send(f"seamgrant {PAGES} &")
    offer = guest.wait_line(r"^seamgrant: port (\d+) ring (\d+) pages (\d+)$")
    guest.wait_line(r"^seamgrant: waiting$")
    references = re.findall(r"^refs((?: \d+)+)$", guest.log, re.MULTILINE)
    references = " ".join(references).split()
    assert len(references) == PAGES, f"{len(references)} references of {PAGES}"
    domid = vm.dom0(f"xl domid {guest.name}").strip()
    probe = vm.control.run(f"seamprobe {domid} {offer.group(1)} {offer.group(2)}",
                           " ".join(references).encode())
    claims = re.findall(r"^ok (.*)$", probe.text, re.MULTILINE)
    assert probe.status == 0 and len(claims) >= 12, probe.text
    guest.destroy()


def test_pv_guest(vm):
    """A 1080p buffer, a ring and an event channel of a PV guest pass to another uid."""
    seam(vm, "pv")


def test_pvh_guest(vm):
    """The same of a PVH guest."""
    seam(vm, "pvh")
