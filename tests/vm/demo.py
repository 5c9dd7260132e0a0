"""The demo on real Xen: two stock guests on two monitors, in a window or as pictures."""

import os
import sys
import time

import desk as desks
import image
import vm

DISPLAYS = (("WAYLAND_DISPLAY", "gtk"), ("DISPLAY", "gtk"))


def window():
    """QEMU's display for the session that this runs in, None where there is none."""
    for variable, display in DISPLAYS:
        if os.environ.get(variable):
            return display
    return None


def tour(desk, directory):
    """Switch through the guests and type to each; leaves a picture of every monitor."""
    rows = []
    for name in desks.KINDS:
        desk.focus(name)
        guest = desk.guests[name]
        after = guest.mark()
        desk.vm.qmp.chord("v")
        guest.wait_line(r'^input "Xen Virtual Keyboard" 1 47 0$', 20, after)
        desk.vm.keep_pictures(name)
        frames = {output: desk.stamp(output) for output in desks.OUTPUTS}
        for head, output in enumerate(desks.OUTPUTS):
            frame = frames[output][2] if frames[output] else "none"
            picture = os.path.relpath(os.path.join(directory, f"{name}-head{head}.png"), image.ROOT)
            rows.append((name, guest.kind, output, f"frame {frame}", "key v arrived", picture))
    return rows


def run(dom0="pv", display=None):
    """Show the demo; with a window it goes on until that is closed."""
    display = display or window()
    directory = os.path.join(image.BUILD, "demo")
    machine = vm.Vm(directory, dom0, display)
    try:
        began = time.monotonic()
        desk = desks.get(machine)
        print(f"two guests drew their first pictures after {time.monotonic() - began:.0f} s")
        for row in tour(desk, directory):
            print("  ".join(str(cell).ljust(13) for cell in row))
        if display:
            print("ctrl+alt+tab switches guests; close the window to end", flush=True)
            machine.machine.ended.wait()
    finally:
        machine.close()
    return 0


if __name__ == "__main__":
    sys.exit(run())
