"""One QEMU process that runs Xen and dom0, by KVM where that really works and by TCG elsewhere."""

import os
import subprocess
import threading
import time

# With AVX or XSAVE on, two PV guests corrupt dom0's processes under TCG; five-level paging, SMAP
# and the rest are not what Xen 4.17 expects from it. SVM stays, so PVH guests work.
TCG_CPU = "max,-la57,-smap,-smep,-rdtscp,-rdpid,-avx,-avx2,-xsave,-fma,-f16c,-pku"
CPU = {"tcg": TCG_CPU, "kvm": "host"}

MEMORY = 2000
DOM0_MEMORY = 900
# A working KVM shows Xen's first line at once; one that only pretends shows nothing, ever.
TRIAL_SECONDS = 10
# What the two monitors prefer; the first one is there from the start, the second one is plugged in.
MONITORS = ((1280, 1024), (1024, 768))
# A second card with one monitor, which the display server uses when it is told to.
SECOND_CARD = (800, 600)
VIRTIO = "disable-legacy=on,iommu_platform=on"

XEN_OPTIONS = (f"dom0_mem={DOM0_MEMORY}M,max:{DOM0_MEMORY}M dom0_max_vcpus=1 console=com1 com1=115200,8n1 "
               "loglvl=all guest_loglvl=all sync_console=0")
# QEMU runs without reboot, so a dom0 that panics ends the machine instead of hanging the test.
LINUX_OPTIONS = "console=hvc0 panic=1 quiet rdinit=/init"


class MachineError(Exception):
    """The machine did not start or went away."""


class Machine:
    """A started QEMU; its sockets and logs lie in directory."""

    def __init__(self, files, directory, accel="tcg", dom0="pv", display=None):
        self.directory = directory
        self.accel = accel
        self.console = os.path.join(directory, "console.log")
        self.qmp_path = os.path.join(directory, "qmp.sock")
        self.control_path = os.path.join(directory, "control.sock")
        self.head_path = os.path.join(directory, "head1.sock")
        for path in (self.console, self.qmp_path, self.control_path, self.head_path):
            if os.path.lexists(path):
                os.unlink(path)
        self.log = open(os.path.join(directory, "qemu.log"), "wb")
        # A socket's path may hold 108 bytes: QEMU gets them relative to its working directory.
        self.process = subprocess.Popen(self._command(files, dom0, display), cwd=directory,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _command(self, files, dom0, display):
        chipset = "q35,kernel-irqchip=split" if dom0 == "pvh" else "pc"
        xen = XEN_OPTIONS + (" dom0=pvh" if dom0 == "pvh" else "")
        initrd = f"{files['kernel']} {LINUX_OPTIONS},{files['initramfs']}"
        return [
            "qemu-system-x86_64", "-name", "vitrine-test", "-no-reboot", "-nodefaults",
            "-machine", chipset, "-accel", self.accel, "-cpu", CPU[self.accel],
            "-m", str(MEMORY), "-smp", "1", "-net", "none",
            *(("-device", "amd-iommu") if dom0 == "pvh" else ()),
            "-kernel", files["xen"], "-append", xen, "-initrd", initrd,
            "-display", display or "none", "-vga", "none",
            "-device", "virtio-gpu-pci,id=gpu0,max_outputs=2,"
            f"xres={MONITORS[0][0]},yres={MONITORS[0][1]},{VIRTIO}",
            "-vnc", "unix:head1.sock,display=gpu0,head=1",
            "-device", f"virtio-gpu-pci,id=gpu1,xres={SECOND_CARD[0]},yres={SECOND_CARD[1]},{VIRTIO}",
            "-device", f"virtio-keyboard-pci,{VIRTIO}", "-device", f"virtio-tablet-pci,{VIRTIO}",
            "-device", f"virtio-mouse-pci,{VIRTIO}",
            "-device", f"virtio-serial-pci,{VIRTIO}",
            "-chardev", "socket,id=control,path=control.sock,server=on,wait=off",
            "-device", "virtserialport,chardev=control,name=control",
            "-serial", "file:console.log",
            "-qmp", "unix:qmp.sock,server=on,wait=off",
        ]

    def _watch(self):
        self.process.wait()
        self.ended.set()

    def shows_life(self):
        """Whether the hypervisor said anything before the trial's end."""
        deadline = time.monotonic() + TRIAL_SECONDS
        while time.monotonic() < deadline and not self.ended.wait(0.1):
            if os.path.exists(self.console) and os.path.getsize(self.console) > 0:
                return True
        return False

    def wait_sockets(self):
        """Until QEMU has made its sockets, or has said why it will not."""
        for path in (self.control_path, self.qmp_path, self.head_path):
            while not os.path.exists(path):
                if self.ended.wait(0.05):
                    raise MachineError("QEMU ended: " + self.words())

    def alive(self):
        return not self.ended.is_set()

    def stop(self):
        """End QEMU; what it wrote stays."""
        self.process.terminate()
        if not self.ended.wait(10):
            self.process.kill()
            self.ended.wait()
        self.log.close()

    def words(self):
        """The last lines that QEMU and the console wrote, for an error message."""
        lines = []
        for path in (os.path.join(self.directory, "qemu.log"), self.console):
            if os.path.exists(path):
                with open(path, errors="replace") as file:
                    lines += file.read().splitlines()[-8:]
        return "\n".join(lines)
