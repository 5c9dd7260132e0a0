#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demo: two guests on two monitors, then three on four, with no Xen, GPU or root.

Starts the programs that `make install` installs (display server, broker, and by the broker one worker per guest) on the
stand-in hypervisor and two headless monitors, lets two `pvfront` guests draw, plays keyboard, pointer and touch, switches
between the guests, presses the attention chord, and ends with a table of what each guest drew and received.
"""
import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import wall

KEY = {name: code for code, name in enumerate("1 2 3 4 5 6 7 8 9 0".split(), 2)}
KEY.update({name: code for code, name in enumerate("qwertyuiop", 16)})
KEY.update({name: code for code, name in enumerate("asdfghjkl", 30)})
KEY.update({name: code for code, name in enumerate("zxcvbnm", 44)})
KEY.update(esc=1, tab=15, ctrl=29, alt=56, space=57, delete=111)
BTN_LEFT = 0x110
TIMEOUT_S = 30

GUESTS = (
    {"name": "work", "domid": 1, "connectors": "1024x768", "nonce": "1"},
    {"name": "web", "domid": 2, "connectors": "1024x768,800x600", "nonce": "2"},
)


class Stage:
    """All processes of the demo, their logs, and an orderly end."""

    def __init__(self, bin_dir, out_dir):
        self.bin_dir = bin_dir
        self.out_dir = out_dir
        self.run_dir = tempfile.mkdtemp(prefix="vitrine-demo-")
        self.processes = []

    def path(self, name):
        return os.path.join(self.run_dir, name)

    def start(self, label, *command):
        log = open(os.path.join(self.out_dir, label + ".log"), "w", encoding="utf-8")
        process = subprocess.Popen([os.path.join(self.bin_dir, command[0]), *command[1:]],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.processes.append((label, process))
        return process

    def check_alive(self):
        for label, process in self.processes:
            if process.poll() is not None:
                raise RuntimeError(f"{label} ended with status {process.returncode}; "
                                   f"its log is {os.path.join(self.out_dir, label + '.log')}")

    def stop(self, label):
        for found, process in self.processes:
            if found == label and process.poll() is None:
                process.terminate()
                try:
                    process.wait(TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.processes = [entry for entry in self.processes if entry[0] != label]

    def end(self):
        for label, _ in reversed(list(self.processes)):
            self.stop(label)
        shutil.rmtree(self.run_dir, ignore_errors=True)


class Hands:
    """Scripted devices, and the eye: the headless server's test input socket."""

    def __init__(self, stage):
        self.stage = stage
        self.socket = connect(stage, "test-input.sock")
        self.answers = self.socket.makefile("r", encoding="utf-8")

    def say(self, line):
        self.socket.sendall((line + "\n").encode())
        answer = self.answers.readline().strip()
        if not answer.startswith("ok"):
            raise RuntimeError(f"the server answered {answer!r} to {line!r}")
        return answer

    def key(self, name, pressed):
        self.say(f"key {KEY[name]} {int(pressed)}")

    def type(self, text):
        for letter in text:
            name = "space" if letter == " " else letter
            self.key(name, True)
            self.key(name, False)

    def chord(self, *names):
        for name in names:
            self.key(name, True)
        for name in reversed(names):
            self.key(name, False)

    def wait_frames(self, output, more):
        frames = int(counters(self.stage)[f"output.{output}.frames"])
        self.say(f"wait-frame {output} {frames + more}")

    def wait_settled(self, output):
        """Until a tenth of a second goes by without a new frame: after the last one there is no event to wait for."""
        before = None
        while before != (before := counters(self.stage)[f"output.{output}.frames"]):
            time.sleep(0.1)

    def click_at(self, output, x, y):
        self.say(f"abs {output} {x} {y}")
        self.say(f"button {BTN_LEFT} 1")
        self.say(f"button {BTN_LEFT} 0")

    def pinch(self, output):
        """Two fingers that move apart."""
        for slot, x in ((0, 0.45), (1, 0.55)):
            self.say(f"touch down {output} {slot} {x} 0.5")
        self.say("touch frame")
        for step in range(1, 6):
            for slot, x in ((0, 0.45 - step * 0.03), (1, 0.55 + step * 0.03)):
                self.say(f"touch move {output} {slot} {x:.3f} 0.5")
            self.say("touch frame")
        for slot in (0, 1):
            self.say(f"touch up {slot}")
        self.say("touch frame")


def connect(stage, name, kind=socket.SOCK_STREAM):
    """Waits for a socket of a process that is starting. A refused connection is the only sign there is before it listens."""
    end = time.monotonic() + TIMEOUT_S
    while True:
        stage.check_alive()
        try:
            connection = socket.socket(socket.AF_UNIX, kind)
            connection.connect(stage.path(name))
            connection.settimeout(TIMEOUT_S)
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > end:
                raise RuntimeError(f"nobody listens on {name} after {TIMEOUT_S} s") from None
            time.sleep(0.02)


def counters(stage):
    """The server's counters as a dictionary."""
    text = ""
    with connect(stage, "vitrined.stats") as connection:
        while chunk := connection.recv(65536):
            text += chunk.decode()
    return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)


def start_servers(stage, monitors, *options):
    """The stand-in hypervisor, the display server and the broker."""
    socket_path = stage.path("xen.sock")
    stage.start("hypervisor", "vitrine-loopback", f"--socket={socket_path}")
    connect(stage, "xen.sock", socket.SOCK_SEQPACKET).close()
    stage.start("vitrined", "vitrined", f"--headless={monitors}", f"--runtime-dir={stage.run_dir}", "--test-input",
                *options)
    stage.start("broker", "vitrine-broker", f"--xen=loopback:0:{socket_path}", f"--runtime-dir={stage.run_dir}",
                "--worker=" + os.path.join(stage.bin_dir, "vitrine-pv"))
    connect(stage, "broker.stats").close()
    return Hands(stage)


def start_all(stage):
    hands = start_servers(stage, "1280x832,1280x832")
    socket_path = stage.path("xen.sock")
    for guest in GUESTS:
        stage.start(guest["name"], "pvfront", f"--xen=loopback:{guest['domid']}:{socket_path}", "--toolstack",
                    f"--name={guest['name']}", f"--connectors={guest['connectors']}", f"--nonce={guest['nonce']}",
                    "--report=" + os.path.join(stage.out_dir, guest["name"] + ".json"))
        # The first guest to show a picture gets the input: one after the other, so that it is always the same one.
        hands.say(f"wait-guest {guest['name']} frames 1")
    return hands


def play(stage, hands, pictures):
    """What a person does in front of the two monitors."""

    def picture(output, title):
        name = os.path.join(stage.out_dir, f"{len(pictures) + 1}-{title}.png")
        hands.say(f"picture {output} {name}")
        pictures.append(name)

    def step(text):
        stage.check_alive()
        print(f"  {text}", flush=True)

    step("two guests draw; the first one has the input")
    for guest in GUESTS:
        hands.say(f"wait-guest {guest['name']} frames 30")
    hands.say("wait-owner work")
    hands.wait_frames("HEADLESS-1", 2)
    picture("HEADLESS-1", "left-work")
    picture("HEADLESS-2", "right-web")
    step("typing, pointing and touching in work")
    hands.type("hello from the keyboard")
    hands.click_at("HEADLESS-1", 0.5, 0.5)
    hands.say("axis 120")
    hands.pinch("HEADLESS-1")
    step("Ctrl+Alt+Tab: web comes to the front, with both its monitors")
    hands.chord("ctrl", "alt", "tab")
    hands.say("wait-owner web")
    hands.say("wait-guest web frames 30")
    hands.type("now for the other guest")
    hands.click_at("HEADLESS-2", 0.5, 0.5)
    hands.pinch("HEADLESS-1")
    hands.say("wait-input web")
    hands.wait_frames("HEADLESS-2", 2)
    picture("HEADLESS-1", "left-web")
    picture("HEADLESS-2", "right-web-second-screen")
    step("Ctrl+Alt+Delete: the host takes all input, what is typed goes nowhere")
    hands.chord("ctrl", "alt", "delete")
    hands.type("secret")
    hands.wait_frames("HEADLESS-1", 2)
    picture("HEADLESS-1", "left-attention")
    hands.chord("esc")
    step("Ctrl+Alt+Tab: back to work")
    hands.chord("ctrl", "alt", "tab")
    hands.say("wait-owner work")
    hands.type("bye")
    hands.say("wait-input work")


def typed(report):
    """Text of the key presses that a guest reported."""
    letters = {code: (" " if name == "space" else name) for name, code in KEY.items()
               if len(name) == 1 or name == "space"}
    return "".join(letters.get(event["code"], "") for event in report["events"]
                   if event["type"] == "key" and event["pressed"] and event["code"] < BTN_LEFT)


def count(report, *kinds):
    return sum(event["type"] in kinds for event in report["events"])


def table(stage, totals):
    """What each guest drew and received, by its own word and by the server's. Returns whether nothing is missing."""
    rows = [("guest", "drawn", "acknowledged", "shown", "typed", "pointer", "touch")]
    good = True
    want = {"work": "hello from the keyboardbye", "web": "now for the other guest"}
    for guest in GUESTS:
        name = guest["name"]
        with open(os.path.join(stage.out_dir, name + ".json"), encoding="utf-8") as file:
            report = json.load(file)
        shown = totals.get(f"guest.{name}.frames_shown", "?")
        drawn = sum(connector["drawn"] for connector in report["connectors"])
        acknowledged = sum(connector["acknowledged"] for connector in report["connectors"])
        rows.append((name, str(drawn), str(acknowledged), shown, repr(typed(report)),
                     str(count(report, "abs", "motion")), str(count(report, "touch"))))
        good = good and typed(report) == want[name] and count(report, "touch") > 0
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    if not good:
        print("  a guest did not receive what was typed for it, or got something that was not")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default="build/bin", help="where the programs are (default: %(default)s)")
    parser.add_argument("--out", default="build/demo", help="where pictures and logs go (default: %(default)s)")
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    os.makedirs(args.out)
    stage = Stage(os.path.abspath(args.bin), os.path.abspath(args.out))
    pictures = []
    print("Vitrine demo: two guests, two monitors, no Xen, no GPU")
    try:
        hands = start_all(stage)
        play(stage, hands, pictures)
        totals = counters(stage)
        for guest in GUESTS:
            stage.stop(guest["name"])
        print("what each guest drew and received:")
        good = table(stage, totals)
        print(f"copies: {totals.get('bytes_read', '?')} bytes of guests' pages read, "
              f"{totals.get('bytes_written', '?')} written to the monitors")
    except (RuntimeError, OSError) as error:
        print(f"demo: {error}; logs are in {args.out}", file=sys.stderr)
        return 1
    finally:
        stage.end()
    print("four monitors, three guests, a layout from a file")
    stage = Stage(os.path.abspath(args.bin), os.path.abspath(args.out))
    try:
        pictures.append(wall.show(stage, start_servers, f"{len(pictures) + 1}-four-monitors"))
    except (RuntimeError, OSError) as error:
        print(f"demo: {error}; logs are in {args.out}", file=sys.stderr)
        return 1
    finally:
        stage.end()
    print("pictures:")
    for name in pictures:
        print("  " + re.sub("^" + re.escape(os.getcwd() + "/"), "", name))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
