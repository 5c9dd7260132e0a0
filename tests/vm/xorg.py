"""A stock guest with Xorg: Debian's server with its modesetting driver, one xterm, no window manager.

What it needs lies in an archive of its own that is laid over the guests' initramfs, so that no other
guest has to unpack it. It goes to dom0 over the control channel when a test asks for such a guest.
"""

import os

import image
import tree

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ("xserver-xorg-core", "xserver-xorg-input-evdev", "xterm", "x11-xkb-utils", "xkb-data",
            "libx11-data", "libgcc-s1")
PROGRAMS = ("usr/lib/xorg/Xorg", "usr/bin/xterm", "usr/bin/xkbcomp",
            "usr/lib/xorg/modules/drivers/modesetting_drv.so", "usr/lib/xorg/modules/libshadow.so",
            "usr/lib/xorg/modules/input/evdev_drv.so")
DATA = ("usr/share/X11/xkb", "usr/share/X11/locale/C", "usr/share/X11/locale/locale.dir",
        "usr/share/X11/locale/locale.alias", "usr/share/X11/locale/compose.dir",
        "etc/X11/app-defaults/XTerm")
OURS = {"session": "usr/bin/xsession", "xorg.conf": "etc/X11/xorg.conf.in"}
RAMDISK = "/boot/guest-xorg.cpio"


def build():
    """The archive's path."""
    directory = os.path.join(image.BUILD, "xorg-tree")
    stamp = image.digest(*PACKAGES, *tree.apt_sources())
    image.cached(directory, stamp, lambda target: tree.make(target, PACKAGES, target + ".log"))
    debian = tree.Tree(directory)
    ours = {os.path.join(HERE, "guest", "xorg", name): place for name, place in OURS.items()}

    def write(stream):
        archive = image.Image(stream, debian)
        for path in PROGRAMS:
            archive.program(debian.path(path), path)
        for path in DATA:
            archive.copy(debian.path(path), path)
        for source, place in ours.items():
            archive.copy(source, place)
        archive.text("etc/passwd", image.PASSWD)
        archive.close()

    return image.cached(os.path.join(image.BUILD, "guest-xorg.cpio.gz"),
                        image.digest(stamp, *PROGRAMS, *DATA, *ours, __file__),
                        lambda target: image.compressed(target, write))


def create(vm, name, devices, memory=320):
    """A guest whose xterm reads what is typed; returns when it does."""
    if vm.control.run(f"test -e {RAMDISK}").status != 0:
        # Unpacked: of a PV guest's ramdisk the toolstack itself unpacks the first archive, and only that.
        with open(build(), "rb") as file:
            vm.dom0(f"{{ gunzip -c /boot/guest.cpio.gz; gunzip -c; }} >{RAMDISK}", stdin=file.read(),
                    timeout=120)
    guest = vm.create(name, "pv", devices, memory=memory, ramdisk=RAMDISK)
    guest.send("xsession")
    guest.wait_line("^xsession: ready$", 120)
    return guest
