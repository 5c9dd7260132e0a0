#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/check-layers finds each kind of breach, and nothing in a tree that has none."""
import os
import subprocess
import sys
import tempfile

CHECK = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "check-layers")

OURS = ["base/log.h", "compositor/scene/scene.h", "compositor/render/render.h", "pvdispl/own.h",
        "compositor/output/device.h", "xen/xen.h", "xen/map.h", "hid/seat/seat.h"]

# file, its one include, whether that is a breach
CASES = [
    ("base/log.c", '"base/log.h"', False),
    ("base/log.c", '"xen/xen.h"', True),
    ("base/format.c", "<drm_fourcc.h>", False),
    ("base/log.c", "<libdrm/drm_fourcc.h>", True),
    ("compositor/scene/plan.c", '"compositor/scene/scene.h"', False),
    ("compositor/scene/plan.c", "<pixman.h>", False),
    ("compositor/scene/plan.c", '"compositor/render/render.h"', True),
    ("compositor/scene/plan.c", "<sys/ioctl.h>", True),
    ("compositor/scene/plan.c", "<xf86drmMode.h>", True),
    ("compositor/scene/plan.c", "<wayland-server-core.h>", True),
    ("compositor/output/kms/kms.c", "<xf86drmMode.h>", False),
    ("compositor/output/headless/h.c", "<xf86drm.h>", True),
    ("compositor/output/kms/kms.c", '"compositor/render/render.h"', True),
    ("compositor/render/pixman/p.c", '"compositor/output/device.h"', True),
    ("compositor/render/gles2/g.c", "<EGL/egl.h>", False),
    ("compositor/render/pixman/p.c", "<EGL/egl.h>", True),
    ("compositor/wayland/head.c", '"wayland-server-core.h"', True),  # not a path of ours
    ("compositor/wayland/head.c", "<wayland-server-core.h>", False),
    ("compositor/wayland/head.c", '"vitrine-guest-v1-server-protocol.h"', False),
    ("compositor/main.c", "<wayland-server.h>", False),
    ("compositor/session/s.c", "<wayland-server.h>", True),
    ("compositor/session/s.c", "<libseat.h>", False),
    ("compositor/wayland/head.c", '"xen/map.h"', False),
    ("compositor/wayland/head.c", '"xen/xen.h"', True),
    ("compositor/main.c", "<libinput.h>", True),
    ("hid/devices/d.c", "<libinput.h>", False),
    ("hid/seat/seat.c", "<linux/input-event-codes.h>", False),
    ("hid/seat/seat.c", "<libinput.h>", True),
    ("hid/kbdif/sink.c", '"compositor/scene/scene.h"', True),
    ("pvdispl/worker/ring.c", '"compositor/scene/scene.h"', True),
    ("pvdispl/worker/ring.c", '"vitrine-guest-v1-client-protocol.h"', False),
    ("pvdispl/worker/ring.c", '"vitrine-guest-v1-server-protocol.h"', True),
    ("pvdispl/worker/ring.c", "<xen/io/displif.h>", True),
    ("pvdispl/broker/bus.c", "<xenstore.h>", True),
    ("pvdispl/worker/ring.c", '"../own.h"', True),
    ("xen/real/store.c", "<xenstore.h>", False),
    ("xen/wire.c", "<xen/io/displif.h>", False),
    ("xen/real/store.c", '"pvdispl/own.h"', True),
]


def write(top, path, text):
    path = os.path.join(top, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def check(path, header):
    with tempfile.TemporaryDirectory() as top:
        for own in OURS:
            write(top, own, "")
        write(top, path, f"/* one */\n#include {header}\n")
        done = subprocess.run([sys.executable, CHECK, top], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout


def main():
    wrong = 0
    for path, header, is_breach in CASES:
        status, output = check(path, header)
        if (status != 0) != is_breach or (is_breach and not output.startswith(f"{path}:2: ")):
            print(f"{path} with {header}: exit status {status}, output {output!r}")
            wrong += 1
    print(f"{len(CASES) - wrong} passed, {wrong} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
