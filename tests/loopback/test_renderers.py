#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The whole server drawing by GLES2: guests, marks and cards on turned and scaled monitors are what the CPU draws, each
channel within one level."""
import shutil
import subprocess
import sys
import tempfile

import world as w

FRAMES = 4
LAST = FRAMES - 1
STRIP, FRAME = 24, 8
OUTPUTS = ["HEADLESS-1", "HEADLESS-2", "HEADLESS-3", "HEADLESS-4"]
LAYOUT = """\
[layout wall]
[layout wall output HEADLESS-1]
shows = guest work
[layout wall output HEADLESS-2]
shows = guest web
transform = flipped-270
scale = 1.5
fit = scale
[layout wall output HEADLESS-3]
shows = mosaic
fit = scale
scale = 2
[layout wall output HEADLESS-4]
shows = guest nobody
transform = 180
"""
SKIPPED = 77


def pictures(world, renderer):
    """All monitors, once they show the last frame of each guest."""
    world.start_servers("400x300,300x400,500x400,320x240", "--config=" + world.write("vitrine.conf", LAYOUT),
                        "--renderer=" + renderer)
    number = world.guest("work", "320x200", FRAMES)
    world.guest("web", "304x176", FRAMES)
    world.shows("HEADLESS-1", FRAME + (400 - 2 * FRAME - 320) // 2,
                STRIP + FRAME + (300 - STRIP - 2 * FRAME - 200) // 2, world.drawn("320x200", number, LAST))
    return [settled(world, output) for output in OUTPUTS]


def settled(world, output):
    """The file of a picture that stays: frames that still come are those of guests that have drawn their last."""
    path = world.path(output + ".png")
    last = []

    def same():
        world.say(f"picture {output} {path}")
        with open(path, "rb") as file:
            last.append(file.read())
        return len(last) > 5 and all(picture == last[-1] for picture in last[-5:])

    world.wait(f"a picture of {output} that stays", same)
    return path


def drawn_by(renderer, directory):
    """Files of all monitors' pictures, and the log; no files: this machine can't."""
    world = w.World("renderers")
    try:
        return [shutil.copy(path, f"{directory}/{renderer}-{number}.png")
                for number, path in enumerate(pictures(world, renderer))], world.log("vitrined")
    except AssertionError as error:
        if "GLES2 can't be used" in world.log("vitrined"):
            return None, world.log("vitrined")
        print(world.log("vitrined"))
        raise error
    finally:
        world.stop()
        shutil.rmtree(world.directory, ignore_errors=True)


def compare(directory):
    by_gl, log = drawn_by("gles2", directory)
    if by_gl is None:
        print(f"no GLES2 here: {log.strip().splitlines()[-1]}")
        return SKIPPED
    assert "GLES2 draws, on " in log and "has failed" not in log, log
    by_cpu, log = drawn_by("pixman", directory)
    assert "GLES2" not in log, log
    for one, other in zip(by_gl, by_cpu):
        subprocess.run([f"{w.BIN}/imgcmp", "--near", one, other], check=True, timeout=w.TIMEOUT_S)
    print(f"{len(OUTPUTS)} passed, 0 failed, 0 skipped")
    return 0


def main():
    with tempfile.TemporaryDirectory() as directory:
        return compare(directory)


if __name__ == "__main__":
    sys.exit(main())
