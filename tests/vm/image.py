#!/usr/bin/env python3
"""Build what the VM tier boots: Xen, a dom0 as an initramfs, and a guest kernel with its initramfs.

Everything lands in build/vm/.  Each step is skipped when a stamp says that its inputs have not
changed; nothing ever needs the stamps, removing build/vm only costs time.  What `make install`
installs goes into an archive of its own that is laid over the dom0 image, so that a rebuilt program
costs a second, not an image.
"""

import glob
import gzip
import hashlib
import io
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
import time

import cpio
import kmod
import tree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build", "vm")

# pthread_cancel() loads this one; libxenstore, and with it the toolstack and pvfront, cancel threads.
LOADED_LATER = ("libgcc_s.so.1",)
TOOLSTACK = ("xl", "xenstored", "xenconsoled", "xen-init-dom0", "libxl-save-helper", "lsevtchn")
STORE_TOOLS = ("read", "write", "ls", "list", "rm", "exists", "watch")

# What our programs link against comes from these packages, so that dom0 runs Debian 12's libraries
# whatever the building machine is.
PACKAGES = (
    "busybox-static", "runit", "strace", "linux-image-amd64", "xen-hypervisor-4.17-amd64",
    "xen-utils-4.17", "xenstore-utils", "seatd", "udev", "fontconfig-config", "fonts-dejavu-core",
    "libwayland-server0", "libwayland-client0", "libdrm2", "libgbm1", "libegl1", "libgles2",
    "libpixman-1-0", "libinput10", "libinput-bin", "libudev1", "libseat1", "libxkbcommon0",
    "xkb-data", "libxengnttab1", "libxenevtchn1", "libxenstore4", "libsystemd0", "libinih1",
    "libfcft4", "libseccomp2", "libpng16-16", "libasan8", "libubsan1", "qemu-system-xen",
)

DOM0_MODULES = (
    "xen-evtchn", "xen-gntdev", "xen-gntalloc", "xen-privcmd", "xenfs", "virtio_pci",
    "virtio_console", "virtio-gpu", "virtio_input", "evdev", "uinput",
)
# Instead of those in the packages, which do less.
REBUILT_MODULES = ("xen-gntdev",)
# Not in Debian's kernel, and loaded by the tests that want them.
EXTRA_MODULES = ("vkms",)
# The guest has one display driver, or none when pvfront plays it.
GUEST_MODULES = ("evdev", "xen-evtchn", "xen-gntalloc", "xenfs", "drm_xen_front")

DOM0_PROGRAMS = (
    *("usr/lib/xen-4.17/bin/" + name for name in TOOLSTACK),
    *("usr/bin/xenstore-" + name for name in STORE_TOOLS),
    "usr/bin/runsv", "usr/bin/runsvdir", "usr/bin/sv", "usr/bin/chpst", "usr/bin/strace",
    "usr/sbin/seatd", "bin/udevadm",
    # Modules of PAM: whoever tests the lock says by a script which password is right.
    *(f"lib/x86_64-linux-gnu/security/pam_{name}.so" for name in ("exec", "permit")),
    "lib/udev/libinput-device-group", "lib/udev/libinput-fuzz-extract",
    "lib/udev/libinput-fuzz-to-zero",
)
DOM0_DATA = (
    "lib/udev/rules.d", "usr/share/libinput", "usr/share/X11/xkb", "etc/fonts",
    "usr/share/fontconfig/conf.avail", "usr/share/fonts/truetype/dejavu",
)

PASSWD = """root:x:0:0:root:/root:/bin/sh
vitrine:x:990:990:display server:/nonexistent:/bin/false
vitrine-input:x:991:991:input proxy:/nonexistent:/bin/false
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
"""
GROUPS = "root:x:0:\ntty:x:5:\ninput:x:104:\nvideo:x:44:\nvitrine:x:990:\nvitrine-input:x:991:\nnogroup:x:65534:\n"


def say(text):
    print("vm image: " + text, flush=True)


def digest(*inputs):
    """A name for these inputs: strings stand for themselves, but those that name files for them."""
    total = hashlib.sha256()
    for item in inputs:
        total.update(repr(item).encode())
        if os.path.isfile(item):
            with open(item, "rb") as file:
                total.update(file.read())
    return total.hexdigest()[:16]


def cached(target, stamp, produce, quiet=False):
    """Call produce(target) unless target was made with the same stamp before."""
    marker = target + ".stamp"
    if os.path.exists(target) and os.path.exists(marker):
        with open(marker) as file:
            if file.read() == stamp:
                return target
    began = time.monotonic()
    if not quiet:
        say(f"making {os.path.relpath(target, ROOT)}")
    produce(target)
    with open(marker, "w") as file:
        file.write(stamp)
    if not quiet:
        say(f"made {os.path.relpath(target, ROOT)} in {time.monotonic() - began:.1f} s")
    return target


def debian():
    """The tree of unpacked packages."""
    directory = os.path.join(BUILD, "tree")
    stamp = digest(*PACKAGES, *tree.apt_sources())
    cached(directory, stamp, lambda target: tree.make(target, PACKAGES, target + ".log"))
    return tree.Tree(directory)


def compile_program(source, flags=(), libraries=()):
    """One C program of this directory; with no libraries it is static and runs anywhere."""
    target = os.path.join(BUILD, "bin", os.path.basename(source)[:-2])
    os.makedirs(os.path.dirname(target), exist_ok=True)
    command = [os.environ.get("CC", "cc"), "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Werror",
               *flags, "-o", target, source, *(libraries or ["-static"])]
    headers = glob.glob(os.path.join(os.path.dirname(source), "*.h"))
    return cached(target, digest(" ".join(command), source, *headers),
                  lambda _: subprocess.run(command, check=True), quiet=True)


def pkg_config(*packages):
    def ask(what):
        return subprocess.run(["pkg-config", what, *packages], check=True, stdout=subprocess.PIPE,
                              text=True).stdout.split()
    return ask("--cflags"), ask("--libs")


def programs_in(directory):
    programs = []
    for source in sorted(glob.glob(os.path.join(HERE, directory, "*.c"))):
        with open(source) as file:
            uses_drm = "xf86drm.h" in file.read()
        cflags, libs = pkg_config("libdrm") if uses_drm else ((), ())
        programs.append(compile_program(source, cflags, libs))
    return programs


def dom0_programs():
    """Dom0's helpers, and the guests' programs too: the harness tries those on real monitors."""
    return programs_in("dom0") + guest_programs()


def guest_programs():
    return programs_in("guest")


class Image:
    """An initramfs in the making: an archive plus the libraries that what is put into it needs."""

    def __init__(self, stream, debian_tree):
        self.tree = debian_tree
        self.archive = cpio.Archive(stream)
        self.programs = []

    def skeleton(self, directories):
        self.archive.directory("root", 0o700)
        self.archive.directory("tmp", 0o1777)
        for path in directories:
            self.archive.directory(path)
        for name in cpio.MERGED:
            self.archive.directory("usr/" + name)
            self.archive.symlink(name, "usr/" + name)
        self.archive.device("dev/console", 5, 1)
        self.program(self.tree.path("bin/busybox"), "bin/busybox")
        self.archive.symlink("bin/sh", "busybox")

    def text(self, path, content, mode=0o644):
        self.archive.file(path, content.encode(), mode)

    def program(self, source, path):
        with open(source, "rb") as file:
            self.archive.file(path, file.read(), 0o755)
        self.programs.append(source)

    def copy(self, source, path):
        """A file, link or directory of this machine, to path in the image."""
        if os.path.islink(source):
            self.archive.symlink(path, os.readlink(source))
        elif os.path.isdir(source):
            for name in sorted(os.listdir(source)):
                self.copy(os.path.join(source, name), os.path.join(path, name))
        elif os.access(source, os.X_OK) and tree.is_elf(source):
            self.program(source, path)
        else:
            with open(source, "rb") as file:
                self.archive.file(path, file.read(), os.stat(source).st_mode & 0o755)

    def modules(self, names, rebuilt=()):
        """The modules, and the list from which /init loads them in this order; rebuilt: {name: file}."""
        paths = self.tree.modules(names)
        instead = {name + ".ko": file for name, file in dict(rebuilt).items()}
        for path in paths:
            self.copy(instead.get(os.path.basename(path)) or self.tree.path(path), path)
        self.text("etc/modules", "".join(f"/{path}\n" for path in paths))

    def close(self, loaded_later=()):
        """Add the libraries, and those that a program asks for only by dlopen()."""
        linker = self.tree.find("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-x86-64.so.2")
        libraries = {linker, *self.tree.libraries(self.programs).values(),
                     *(self.tree.library(name) for name in loaded_later)}
        for path in sorted(libraries):
            with open(self.tree.path(path), "rb") as file:
                self.archive.file(path, file.read(), 0o755)
        self.archive.close()


def compressed(target, write):
    """Write an archive through gzip's fastest level: a slow dom0 unpacks that soonest."""
    with open(target, "wb") as output:
        with gzip.GzipFile("", "wb", 1, output, mtime=0) as stream:
            buffered = io.BufferedWriter(stream, 1 << 20)
            write(buffered)
            buffered.flush()


def vmlinux(debian_tree):
    """The uncompressed guest kernel: the toolstack then need not unpack it on a slow dom0."""
    packed = debian_tree.path(f"boot/vmlinuz-{debian_tree.kernel}")

    def unpack(target):
        with open(packed, "rb") as file:
            image = file.read()
        start = image.find(b"\xfd7zXZ\0")
        if start < 0:
            raise tree.TreeError(f"{packed} is not compressed by xz")
        with open(target, "wb") as output:
            output.write(lzma.LZMADecompressor().decompress(image[start:]))

    return cached(os.path.join(BUILD, "vmlinux"), digest(packed), unpack)


def installed(bare):
    """What `make install` installs, below build/vm/root; nothing for a bare machine."""
    destination = os.path.join(BUILD, "root")
    shutil.rmtree(destination, ignore_errors=True)
    os.makedirs(destination)
    if not bare:
        say("compiling what is installed")
        # A build directory of its own, as the prefix is part of what is compiled.
        command = ["make", "--no-print-directory", "-C", ROOT, "install", "PREFIX=/usr",
                   "BUILD=build/vm/make", "DESTDIR=" + destination]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            raise tree.TreeError("make install failed:\n" + result.stdout[-3000:])
    return destination


def guest_image(debian_tree, root):
    programs = guest_programs()
    pvfront = os.path.join(root, "usr/libexec/vitrine/pvfront")
    if os.path.exists(pvfront):
        programs.append(pvfront)
    init = os.path.join(HERE, "guest", "init")

    def write(stream):
        image = Image(stream, debian_tree)
        image.skeleton(("proc", "sys", "dev", "run", "var", "etc"))
        image.copy(init, "init")
        for program in programs:
            image.program(program, "usr/bin/" + os.path.basename(program))
        image.modules(GUEST_MODULES)
        image.close(LOADED_LATER)

    stamp = digest(debian_tree.kernel, *GUEST_MODULES, init, *programs, __file__)
    return cached(os.path.join(BUILD, "guest.cpio.gz"), stamp,
                  lambda target: compressed(target, write))


def dom0_image(debian_tree):
    programs = dom0_programs()
    files = [path for path in glob.glob(HERE + "/dom0/**", recursive=True)
             if os.path.isfile(path) and not path.endswith((".c", ".h"))]
    kernel = vmlinux(debian_tree)
    rebuilt = kmod.build(REBUILT_MODULES, BUILD, debian_tree.kernel, cached, digest)
    extra = kmod.build(EXTRA_MODULES, BUILD, debian_tree.kernel, cached, digest)

    def write(stream):
        image = Image(stream, debian_tree)
        image.skeleton(("proc", "sys", "dev", "run", "etc", "var/lib/xen", "var/log/xen/console",
                        "var/log/services", "boot"))
        image.archive.symlink("var/run", "/run")
        image.text("etc/passwd", PASSWD)
        image.text("etc/group", GROUPS)
        image.text("etc/xen/xl.conf", "")
        for path in files:
            place = os.path.relpath(path, HERE + "/dom0")
            image.copy(path, place if place == "init" else "etc/" + place)
        for program in programs:
            image.program(program, "usr/bin/" + os.path.basename(program))
        for path in DOM0_PROGRAMS:
            place = path.replace("usr/lib/xen-4.17/bin/", "usr/bin/")
            if place.endswith("libxl-save-helper"):
                place = path
            image.program(debian_tree.path(path), place)
        image.archive.symlink("usr/lib/systemd/systemd-udevd", "../../bin/udevadm")
        for path in DOM0_DATA:
            image.copy(debian_tree.path(path), path)
        image.modules(DOM0_MODULES, rebuilt)
        for name, file in extra.items():
            image.copy(file, f"lib/modules/{name}.ko")
        image.copy(kernel, "boot/vmlinux")
        image.close(LOADED_LATER)

    stamp = digest(debian_tree.kernel, *DOM0_MODULES, *DOM0_PROGRAMS, *DOM0_DATA, PASSWD, GROUPS,
                   kernel, *rebuilt.values(), *extra.values(), *files, *programs, __file__)
    return cached(os.path.join(BUILD, "dom0-base.cpio.gz"), stamp,
                  lambda target: compressed(target, write))


def overlay_image(debian_tree, root, guest):
    """The guest's initramfs and what was installed, with the libraries that it needs."""
    installed_files = [path for path in glob.glob(root + "/**", recursive=True)
                       if os.path.isfile(path)]

    def write(stream):
        image = Image(stream, debian_tree)
        image.copy(guest, "boot/guest.cpio.gz")
        image.copy(root, "")
        image.close()

    stamp = digest(guest, *installed_files, __file__)
    return cached(os.path.join(BUILD, "dom0-overlay.cpio.gz"), stamp,
                  lambda target: compressed(target, write))


QEMU = "usr/libexec/xen-qemu-system-i386"
QEMU_PLACE = "run/qemu"
QEMU_START = f"""#!/bin/sh
exec /{QEMU_PLACE}/ld-linux-x86-64.so.2 --library-path /{QEMU_PLACE} /{QEMU_PLACE}/qemu "$@"
"""


def qemu_archive():
    """Debian's QEMU for Xen guests with its libraries, as a tar file to be unpacked in dom0's root: one module of tests
    wants it, and no other machine should have to hold it. It is started as /run/qemu/start."""
    debian_tree = debian()

    def write(target):
        with tarfile.open(target, "w:gz", compresslevel=1) as tar:
            program = debian_tree.path(QEMU)
            tar.add(program, f"{QEMU_PLACE}/qemu")
            for name, path in debian_tree.libraries([program]).items():
                tar.add(os.path.realpath(debian_tree.path(path)), f"{QEMU_PLACE}/{name}")
            start = tarfile.TarInfo(f"{QEMU_PLACE}/start")
            start.mode, start.size = 0o755, len(QEMU_START)
            tar.addfile(start, io.BytesIO(QEMU_START.encode()))

    return cached(os.path.join(BUILD, "qemu.tar.gz"), digest(debian_tree.path(QEMU), QEMU_START, __file__), write)


def hypervisor(debian_tree):
    """Xen as the plain ELF file that QEMU's multiboot loader takes."""
    (packed,) = [path for path in glob.glob(debian_tree.path("boot/xen-4.17-*.gz"))]

    def unpack(target):
        with gzip.open(packed) as source, open(target, "wb") as output:
            output.write(source.read())

    return cached(os.path.join(BUILD, "xen"), digest(packed), unpack)


def build(bare=False):
    """Everything that a machine needs: paths by name. A bare one has none of our programs."""
    os.makedirs(BUILD, exist_ok=True)
    debian_tree = debian()
    root = installed(bare)
    guest = guest_image(debian_tree, root)
    parts = [dom0_image(debian_tree), overlay_image(debian_tree, root, guest)]
    initramfs = os.path.join(BUILD, "dom0.cpio.gz")

    def join(target):
        with open(target, "wb") as output:
            for part in parts:
                with open(part, "rb") as source:
                    output.write(source.read())

    cached(initramfs, digest(*parts), join)
    return {"xen": hypervisor(debian_tree), "initramfs": initramfs,
            "kernel": debian_tree.path(f"boot/vmlinuz-{debian_tree.kernel}")}


if __name__ == "__main__":
    try:
        for name, place in build().items():
            print(f"{name}: {os.path.relpath(place, ROOT)}")
    except (tree.TreeError, subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"vm image: {error}")
