"""The virtual Xen host that tests use: dom0, its guests, its two monitors and its hands."""

import os
import re
import shutil
import time

import control
import image
import machine
import monitor
import ppm
import qmp

BOOT_SECONDS = {"tcg": 120, "kvm": 60}
HEADS = ("Virtual-1", "Virtual-2")


def say(text):
    print("vm: " + text, flush=True)


class Guest:
    """A guest of dom0, driven through its console."""

    def __init__(self, vm, name, kind):
        self.vm = vm
        self.name = name
        self.kind = kind
        self.log_name = f"guest-{name}.log"
        self.born = vm.control.mark(self.log_name)
        self.commands = 0

    @property
    def log(self):
        """What the guest has written to its console since it was created."""
        return self.vm.control.log(self.log_name)[self.born:]

    def wait_line(self, pattern, timeout=60, after=None):
        after = self.born if after is None else after
        return self.vm.control.wait_line(self.log_name, pattern, timeout, after)

    def mark(self):
        return self.vm.control.mark(self.log_name)

    def ready(self):
        return re.search(r"^guest: ready", self.log, re.MULTILINE) is not None

    def wait_ready(self, timeout=150):
        """Until its shell reads commands, or it has died before that."""
        self.vm.wait(lambda: self.ready() or not self.alive(), timeout,
                     f"guest {self.name} does not reach its shell", 0.5)
        if not self.ready():
            raise AssertionError(f"guest {self.name} died while it booted; "
                                 f"console.log: {self.vm.machine.words()}")

    def alive(self):
        return self.vm.control.run(f"xl domid {self.name}").status == 0

    def send(self, line):
        """Have the guest's shell run one line; its output comes to the console's log."""
        tty = f"$(xenstore-read /local/domain/$(xl domid {self.name})/console/tty)"
        self.vm.dom0(f"cat >{tty}", stdin=line.encode() + b"\n")

    def run(self, command, timeout=60):
        """Run a command in the guest to its end; returns (exit status, output)."""
        self.commands += 1
        # The markers are taken apart here so that an echoed command line can never match them.
        begin, end = f"begin-{self.commands}-", f"end-{self.commands}-"
        after = self.mark()
        self.send(f'printf "%s%s\\n" {begin} {self.name}; {command}; '
                  f'printf "\\n%s%s\\n" {end} $?')
        done = self.wait_line(rf"{begin}{re.escape(self.name)}\n((?:.|\n)*?)\n?{end}(\d+)$",
                              timeout, after)
        return int(done.group(2)), done.group(1)

    def destroy(self):
        self.vm.dom0(f"xl destroy {self.name}")
        self.vm.guests.pop(self.name, None)


class Hands:
    """Input devices that dom0's inputmaker makes and plays, while a "with" block lasts."""

    FIFO = "/run/hands"
    LOG = "hands.log"

    def __init__(self, vm):
        self.vm = vm
        self.words = 0

    def __enter__(self):
        self.vm.dom0(f"rm -f {self.FIFO}; mkfifo {self.FIFO}")
        # The writer's end stays open, so that the input ends when the job is killed.
        self.job = self.vm.control.start(
            f"inputmaker <>{self.FIFO} >>/var/log/services/{self.LOG} 2>&1")
        return self

    def play(self, *lines, timeout=60):
        """Play commands of inputmaker and wait until all their events are written."""
        self.words += 1
        mark = self.vm.control.mark(self.LOG)
        script = "".join(line + "\n" for line in (*lines, f"say word-{self.words}"))
        self.vm.dom0(f"cat >{self.FIFO}", stdin=script.encode(), timeout=timeout)
        self.vm.control.wait_line(self.LOG, rf"^said word-{self.words}$", timeout, mark)

    def plug(self, device, kind, name):
        """Plug a device in; returns once the display server has opened it."""
        self._plug(device, f"device {device} {kind} {name}")

    def record(self, device, path):
        """Likewise the device of a recording that lies in dom0."""
        self._plug(device, f"record {device} {path}")

    def _plug(self, device, line):
        mark = self.vm.control.mark(self.LOG)
        self.play(line)
        path = self.vm.control.wait_line(self.LOG, rf"^ready {device} (\S+)$", 20, mark).group(1)
        self.vm.wait(lambda: self.vm.control.run(
            f"ls -l /proc/[0-9]*/fd | grep -q {path}$").status == 0, 20,
            f"the display server does not open {device}")

    def leds(self, device):
        """Which lights are on, as bits by the kernel's LED_ codes."""
        mark = self.vm.control.mark(self.LOG)
        self.play(f"leds {device}")
        return int(self.vm.control.wait_line(self.LOG, rf"^leds {device} (\d+)$", 20, mark).group(1))

    def __exit__(self, *_):
        self.vm.control.kill(self.job)
        self.vm.control.wait(self.job, 20)


class TouchScreen:
    """A touch screen for a "with" block; contacts are in the device's own units."""

    def __init__(self, vm, name):
        self.hands = Hands(vm)
        self.name = name

    def __enter__(self):
        self.hands.__enter__()
        mark = self.hands.vm.control.mark(Hands.LOG)
        self.hands.play(f"device touch touch {self.name}")
        self.path = self.hands.vm.control.wait_line(Hands.LOG, r"^ready touch (\S+)$", 20,
                                                    mark).group(1)
        return self

    def play(self, *lines):
        """Play commands ("down SLOT X Y", "move SLOT X Y", "up SLOT", "sync")."""
        self.hands.play(*(" ".join((verb, "touch", *rest))
                          for verb, *rest in (line.split() for line in lines)))

    def __exit__(self, *_):
        self.hands.__exit__()


class Vm:
    """A booted machine. Everything it writes lies in directory."""

    # What is worth trying, best first; one machine's finding holds for all of this run.
    accels = ("kvm", "tcg") if os.access("/dev/kvm", os.R_OK | os.W_OK) else ("tcg",)

    def __init__(self, directory, dom0="pv", display=None, bare=False):
        self.directory = directory
        self.kind = dom0
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        self.guests = {}
        self.desk = None
        files = image.build(bare)
        self.machine, self.control = self._boot(files, display)
        self.qmp = qmp.Qmp(self.machine.qmp_path)

    def _boot(self, files, display):
        """KVM first: only a boot shows whether it works, as /dev/kvm may exist and run nothing."""
        for accel in Vm.accels:
            say(f"booting Xen by {accel}, {self.kind} dom0")
            began = time.monotonic()
            started = machine.Machine(files, self.directory, accel, self.kind, display)
            channel = self._try(started, accel)
            if channel:
                Vm.accels = (accel,)
                say(f"dom0 answers after {time.monotonic() - began:.1f} s")
                return started, channel
            words = started.words()
            started.stop()
        raise machine.MachineError(f"dom0 did not come up by {accel}; last lines:\n{words}")

    def _try(self, started, accel):
        """The control channel of a machine that came up with what the tests need, or None."""
        if accel == "kvm" and not started.shows_life():
            say("kvm shows no life")
            return None
        try:
            started.wait_sockets()
            monitor.plug(started.head_path, *machine.MONITORS[1])
            channel = control.Control(started.control_path, self.directory)
            channel.wait_ready(BOOT_SECONDS[accel])
            ready = channel.run("await /run/xen-ready /run/udev-settled", timeout=60)
            # PVH guests need nested virtualisation, which KVM does not give on every machine.
            capable = channel.run("xl info | grep -q '^virt_caps.*hvm'").status == 0
        except (control.ControlError, OSError) as error:
            say(f"{accel}: {error}")
            return None
        return channel if ready.status == 0 and (capable or accel == "tcg") else None

    def alive(self):
        """Whether dom0 still answers: a machine that does not is of no use to the next test."""
        try:
            return self.machine.alive() and self.control.run("true", timeout=30).status == 0
        except control.ControlError:
            return False

    def keep_xen_log(self):
        """Leave Xen's and dom0's kernel log as xl-dmesg.log."""
        try:
            with open(os.path.join(self.directory, "xl-dmesg.log"), "wb") as file:
                file.write(self.control.run("xl dmesg; dmesg", timeout=20).output)
        except control.ControlError as error:
            say(f"no xl dmesg: {error}")

    def close(self):
        """Keep Xen's own log and end the machine."""
        if self.machine.alive():
            self.keep_xen_log()
        self.machine.stop()

    def has(self, program):
        """Whether dom0 has a program of this name."""
        return self.control.run(f"command -v {program}").status == 0

    def dom0(self, command, stdin=b"", timeout=60, check=True):
        """Run a shell command in dom0; its output as text."""
        result = self.control.run(command, stdin, timeout)
        if check and result.status != 0:
            raise AssertionError(f"dom0: {command!r} gave {result.status}: {result.text.strip()}")
        return result.text

    def put(self, path, text):
        """Write a file in dom0."""
        self.dom0(f"cat >{path}", stdin=text.encode())

    def create(self, name, kind="pv", devices=(), extra="", memory=128, wait=True, timeout=60,
               ramdisk="/boot/guest.cpio.gz"):
        """xl create: devices are lines of the xl.cfg format, extra goes to the kernel's command
        line. The guest's serial of past lives under this name is not in its log."""
        lines = [f'name="{name}"', f'type="{kind}"', 'kernel="/boot/vmlinux"',
                 f'ramdisk="{ramdisk}"', f"memory={memory}", "vcpus=1",
                 f'extra="console=hvc0 quiet rdinit=/init {extra}"', 'on_crash="destroy"',
                 'on_reboot="destroy"', *devices]
        self.put(f"/run/{name}.cfg", "\n".join(lines) + "\n")
        guest = Guest(self, name, kind)
        self.dom0(f"xl create /run/{name}.cfg", timeout=timeout)
        self.guests[name] = guest
        if wait:
            guest.wait_ready()
        return guest

    def destroy_all(self):
        """Back to a dom0 without guests."""
        for guest in list(self.guests.values()):
            self.control.run(f"xl destroy {guest.name}")
        self.guests.clear()
        self.desk = None

    def service(self, action, name):
        """Start ("up"), stop ("down") or restart a service of dom0 and wait until that is so."""
        self.dom0(f"sv -w 20 {action} /etc/service/{name}", timeout=30)

    def wait(self, condition, timeout, complaint, pause=0.1):
        """For what announces itself by no event: ask until the condition holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{complaint} within {timeout:g} s")
            time.sleep(pause)

    def touch_screen(self, name="Vitrine Test Touch"):
        """A touch screen in dom0 while a "with" block lasts."""
        return TouchScreen(self, name)

    def hands(self):
        """Other input devices in dom0 while a "with" block lasts."""
        return Hands(self)

    def stats(self, program):
        """The counters of vitrined or the broker as a dictionary of text, empty while it is down."""
        text = self.dom0(f"statread /run/vitrine/{program}.stats 2>/dev/null", check=False)
        return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)

    def screendump(self, head, card="gpu0"):
        """What monitor number head (0 or 1) of a card shows now."""
        path = os.path.join(self.directory, f"{card}-head{head}.ppm")
        self.qmp.screendump(head, os.path.abspath(path), card)
        return ppm.read(path)

    def keep_pictures(self, label):
        """Leave both monitors' pictures as label-headN.png, for whoever looks into a failure."""
        for head in range(len(HEADS)):
            path = os.path.join(self.directory, f"{label}-head{head}.png")
            self.screendump(head).write_png(path)
