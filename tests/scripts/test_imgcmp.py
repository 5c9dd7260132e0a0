#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""imgcmp says alike, different and where, or what is wrong with a file."""
import os
import subprocess
import sys
import tempfile

IMGCMP = os.path.join(os.environ.get("VITRINE_BUILD", "build"), "bin", "imgcmp")


def ppm(path, width, height, changed=(), by=0xFF):
    pixels = bytearray(i % 251 for i in range(width * height * 3))
    for x, y in changed:
        pixels[(y * width + x) * 3] ^= by
    with open(path, "wb") as out:
        out.write(b"P6\n%d %d\n255\n" % (width, height) + bytes(pixels))


def run(*arguments):
    done = subprocess.run([IMGCMP, *arguments], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout + done.stderr


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        path = {name: os.path.join(directory, name) for name in
                ("a", "same", "other", "near", "less_near", "size", "short", "none")}
        ppm(path["a"], 40, 30)
        ppm(path["same"], 40, 30)
        ppm(path["other"], 40, 30, [(9, 7), (10, 7), (20, 20)])
        ppm(path["near"], 40, 30, [(9, 7), (10, 7)], 1)
        ppm(path["less_near"], 40, 30, [(9, 7), (10, 7)], 2)
        ppm(path["size"], 30, 40)
        with open(path["short"], "wb") as out:
            out.write(b"P6\n40 30\n255\nabc")
        cases = [
            (("a", "same"), 0, ""),
            (("a", "other"), 1, "first at 9,7: "),
            (("a", "other"), 1, "3 of 1200 pixels differ"),
            (("a", "other", "5x5+10+8"), 0, ""),
            (("a", "other", "5x5+16+16"), 1, "first at 20,20"),
            (("a", "near"), 1, "2 of 1200 pixels differ"),
            (("--near", "a", "near"), 0, ""),
            (("--near", "near", "a", "5x5+8+6"), 0, ""),
            (("--near", "a", "less_near"), 1, "first at 9,7: "),
            (("--near", "a", "other"), 1, "3 of 1200 pixels differ"),
            (("a", "size"), 1, "sizes differ: 40x30, 30x40"),
            (("a", "size", "41x1+0+0"), 2, "inside both"),
            (("a", "size", "1x1+-1+0"), 2, "inside both"),
            (("a", "short"), 2, "ends too early"),
            (("a", "none"), 2, "No such file"),
            (("a",), 2, "usage"),
        ]
        for arguments, status, text in cases:
            got = run(*[path.get(a, a) for a in arguments])
            if got[0] != status or text not in got[1]:
                print(f"{arguments}: expected {status} and {text!r}, got {got}")
                failed += 1
    print(f"{len(cases) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
