#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vitrinectl against a real server with guests: every command, pictures, traces, figures, completion."""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from control_world import BIN, CONFIGURATION, SLOWDOWN, Skipped, png_rows, run_tests  # noqa: E402  pylint: disable=wrong-import-position


# ---- what is listed ----


def test_monitors(world):
    first, second = world.ask("monitors")["monitors"]
    assert (first["name"], first["number"], first["width"], first["height"]) == ("HEADLESS-1", 1, 640, 480), first
    assert (second["name"], second["width"], second["height"]) == ("HEADLESS-2", 320, 240), second
    assert first["refresh_mhz"] == 60000 and first["shows"] == "work" and second["shows"] == "web"
    assert first["on"] is True and first["scale"] == 1 and first["transform"] == "normal"
    assert (second["x"], second["y"]) == (640, 0), "to the right of the first"
    assert first["frames"] > 0 and first["bytes_read"] > 0 and first["path"] == "composed" and first["why"], first
    text = world.table("monitors")
    assert re.search(r"^1\s+HEADLESS-1\s+640x480@60.000\s+\S+.*\swork\s+composed", text, re.M), text


def test_guests_and_heads(world):
    answer = world.ask("guests")
    guests = {guest["name"]: guest for guest in answer["guests"]}
    # Two buffers for each of three connectors, 75 pages for 320x240 and 19 for 160x120.
    assert answer["maps"]["pages"] == sum(guest["pages"] for guest in guests.values()) == 4 * 75 + 2 * 19, answer
    assert set(guests) == {"work", "web"}
    assert guests["work"]["keyboard"] is True and guests["web"]["keyboard"] is False
    assert guests["work"]["front"] is True and guests["web"]["heads"] == 2
    assert re.fullmatch("#[0-9a-f]{6}", guests["work"]["mark_colour"])
    for guest in guests.values():
        assert guest["connected"] == 1 and guest["path"] == "composed"
        buffers = guest["buffer_list"]
        assert len(buffers) == guest["buffers"] > 0, guest
        for buffer in buffers:
            assert buffer["rung"] == "mapped" and buffer["reason"] and buffer["width"] in (320, 160), buffer
    heads = world.ask("heads")["heads"]
    assert [(head["guest"], head["head"]) for head in heads] == [("work", 0), ("web", 0), ("web", 1)]
    assert (heads[0]["monitor"], heads[0]["visible"], heads[0]["picture_width"]) == ("HEADLESS-1", True, 320)
    # 640x480 less the strip of 24 lines: a picture of 320x240 stands in the middle of what is left.
    assert heads[0]["x"] == 160 and heads[0]["width"] == 320 and heads[0]["height"] == 240, heads[0]
    assert heads[2]["visible"] is False and heads[2]["monitor"] == "", heads[2]
    text = world.table("guests")
    assert re.search(r"^work\s+keyboard\s+1\s", text, re.M) and "mapped" in text, text
    assert re.search(r"^web\s+1\s+160x120\s+hidden", world.table("heads"), re.M)


def test_stats(world):
    stats = world.ask("stats")["stats"]
    assert stats["guests"] == 2 and stats["keyboard"] == "work" and stats["cpu_us"] > 0
    assert stats["output.HEADLESS-1.size"] == "640 480"
    assert "guest.work.frames_shown" in world.table("stats")


# ---- what is changed ----


def test_focus_and_switch(world):
    assert world.ask("focus") == {"keyboard": "work", "front": "work", "attention": False}
    assert world.table("focus") == "work\n"
    assert world.ask("switch", "web") == {"ok": True}
    world.say("wait-owner web")
    assert world.ask("focus")["keyboard"] == "web"
    world.ask("switch")
    world.say("wait-owner work")
    world.refused("NotFound", "switch", "nobody")
    # Ctrl+Alt+Delete: the host has all input, and no command takes it away.
    for key in (29, 56, 111):
        world.say(f"key {key} 1")
    for key in (111, 56, 29):
        world.say(f"key {key} 0")
    assert world.ask("focus")["attention"] is True
    world.refused("NotNow", "switch", "web")
    world.say("key 1 1")
    world.say("key 1 0")
    world.say("wait-owner work")


def test_layouts(world):
    assert world.ask("layout") == {"layout": "desk", "layouts": ["desk", "wall"]}
    world.ask("layout", "wall")
    assert world.table("layout") == "  desk\n* wall\n"
    world.ask("layout", "next")
    assert world.ask("layout")["layout"] == "desk"
    world.refused("NotFound", "layout", "desks")
    assert world.ask("layout")["layout"] == "desk"


def test_power_and_identify(world):
    world.ask("blank", "HEADLESS-2")
    assert [monitor["on"] for monitor in world.ask("monitors")["monitors"]] == [True, False]
    world.ask("wake", "HEADLESS-2")
    assert all(monitor["on"] for monitor in world.ask("monitors")["monitors"])
    world.ask("blank")
    assert not any(monitor["on"] for monitor in world.ask("monitors")["monitors"])
    world.ask("wake")
    world.say("wait-owner still")
    world.refused("NotFound", "blank", "HDMI-A-1")
    world.refused("NotFound", "backlight", "HDMI-A-1", "40")
    assert world.run("backlight", "half").returncode == 2
    assert world.run("backlight", "101").returncode == 2
    assert world.ask("identify") == {"ok": True}


def test_reload(world):
    with open(world.path("vitrine.conf"), "w", encoding="utf-8") as file:
        file.write("[layout desk]\n[serverr]\nfont = x\n")
    error = world.ask("reload", status=1)["error"]
    assert error["name"] == "org.vitrine.Error.Configuration", error
    assert "vitrine.conf:2" in error["why"] and "server" in error["why"], error
    assert world.ask("layout")["layouts"] == ["desk", "wall"], "the old one stays in force"
    check = world.ask("check", world.path("vitrine.conf"), status=1)
    assert check["ok"] is False and len(check["errors"]) == len(error["why"].strip().splitlines()), check
    with open(world.path("vitrine.conf"), "w", encoding="utf-8") as file:
        file.write(CONFIGURATION + "[layout third]\n")
    assert world.ask("reload") == {"ok": True}
    assert world.ask("layout")["layouts"] == ["desk", "wall", "third"]
    assert world.ask("check", world.path("vitrine.conf")) == {"ok": True, "errors": []}


# ---- pictures, traces, figures ----


def same_picture(one, other):
    return subprocess.run([os.path.join(BIN, "imgcmp"), one, other], capture_output=True, text=True, check=False)


def wait_until_drawn(world, name, flips):
    """Until all that it drew was acknowledged, by its own word, which a signal asks for."""
    report, end = world.path(name + ".json"), time.monotonic() + 20 * SLOWDOWN
    acknowledged = 0
    while acknowledged < flips:
        assert time.monotonic() < end, f"{acknowledged} of {flips} flips after 20 s"
        world.processes[name].send_signal(signal.SIGUSR1)
        time.sleep(0.05)
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            with open(report, encoding="utf-8") as file:
                acknowledged = sum(connector["acknowledged"] for connector in json.load(file)["connectors"])


def test_screenshot(world):
    """Of guests that stand still, so that two looks see the same: the glass, marks included, byte by byte."""
    world.ask("screenshot", world.path("before.png"))
    for name in {"work", "web"} & set(world.processes):
        world.stop_one(name)
    world.guest(3, "still", "500x300,200x150", "--frames=4", "--stay")
    world.say("wait-owner still")
    wait_until_drawn(world, "still", 6)  # the first picture of each is no flip
    for output in ("HEADLESS-1", "HEADLESS-2"):
        shot, glass = world.path(output + "-shot.png"), world.path(output + "-glass.png")
        key, frames = f"output.{output}.frames", -1
        end = time.monotonic() + 20 * SLOWDOWN
        # The mark that follows the guest's coming to the front may need one more.
        while frames != world.ask("stats")["stats"][key]:
            assert time.monotonic() < end, f"{output} never stands still"
            frames = world.ask("stats")["stats"][key]
            world.say(f"picture {output} {glass}")
            assert world.ask("screenshot", output, shot) == {"ok": True}
        same = same_picture(shot, glass)
        assert same.returncode == 0, same.stdout + same.stderr
    assert same_picture(world.path("HEADLESS-1-shot.png"), world.path("before.png")).returncode != 0
    by_default = world.path("default.png")
    world.ask("screenshot", by_default)
    with open(by_default, "rb") as one, open(world.path("HEADLESS-1-shot.png"), "rb") as other:
        assert one.read() == other.read(), "the first monitor, where none is named"
    raw = subprocess.run([os.path.join(BIN, "vitrinectl"), f"--runtime-dir={world.directory}", "screenshot", "-"],
                         capture_output=True, check=True).stdout
    assert raw.startswith(b"\x89PNG\r\n")
    world.refused("NotFound", "screenshot", "HDMI-A-1", world.path("none.png"))
    assert not os.path.exists(world.path("none.png"))
    assert world.run("screenshot", "/nowhere/at/all.png").returncode == 1


def drawn_by(world, name):
    """How many frames the guest says that it has drawn on its first connector."""
    report = world.path(name + ".json")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(report)
    world.processes[name].send_signal(signal.SIGUSR1)
    end = time.monotonic() + 20 * SLOWDOWN
    while True:
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            with open(report, encoding="utf-8") as file:
                return json.load(file)["connectors"][0]["drawn"]
        assert time.monotonic() < end, "no report"
        time.sleep(0.02)


def pattern(frame):
    """The guest's whole picture of this number, row after row of RGB."""
    done = subprocess.run([os.path.join(BIN, "pvfront"), "--nonce=1", f"--picture=320x240:0:{frame}"],
                          capture_output=True, check=True)
    return done.stdout[-320 * 240 * 3:]


def test_screenshot_of_a_moving_guest(world):
    """The guest's picture beside its mark, and of one frame, never half of one and half of another."""
    for attempt in range(3):
        shot = world.path("moving.png")
        first = drawn_by(world, "work")
        world.ask("screenshot", "HEADLESS-1", shot)
        last = drawn_by(world, "work")
        rows = png_rows(shot)
        assert len(rows) == 480 and len(rows[0]) == 640 * 3
        colour = bytes.fromhex(world.guest_value("work")["mark_colour"][1:])
        assert colour in {rows[12][x:x + 3] for x in range(0, 640 * 3, 3)}, "the strip lacks the guest's colour"
        head = world.ask("heads")["heads"][0]
        shown = b"".join(rows[y][3 * head["x"]:3 * (head["x"] + 320)] for y in range(head["y"], head["y"] + 240))
        frames = range(max(first - 5, 0), last + 2)
        assert any(pattern(frame) == shown for frame in frames), f"attempt {attempt}: none of {frames}"


def test_trace(world):
    world.say("key 30 1")
    world.say("key 30 0")
    world.say("wait-input work")
    path = world.path("trace.json")
    assert world.ask("trace", path) == {"ok": True}
    with open(path, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    tracks = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert {"HEADLESS-1", "HEADLESS-2", "work", "web"} <= set(tracks.values()), tracks

    def of(name, track, phase):
        return [e for e in events if e["name"] == name and e["ph"] == phase and tracks[e["pid"], e["tid"]] == track]

    commits, flips, draws = of("commit", "work", "i"), of("flip", "HEADLESS-1", "i"), of("draw", "HEADLESS-1", "X")
    assert len(commits) > 5 and len(flips) > 5 and len(draws) > 5
    assert all(0 < draw["dur"] < 1e6 * SLOWDOWN and draw["args"]["bytes"] > 0 for draw in draws)
    begins = {e["id"]: e for e in of("frame", "work", "b")}
    ends = {e["id"]: e for e in of("frame", "work", "e")}
    assert len(begins) > 5 and set(begins) == set(ends)
    commit_times, flip_times = {e["ts"] for e in commits}, {e["ts"] for e in flips}
    whole = [key for key in begins if begins[key]["ts"] in commit_times and ends[key]["ts"] in flip_times]
    # But for those whose commit the ring has lost, and the few that moved between the monitors.
    assert len(whole) > 0.8 * len(begins), f"{len(whole)} of {len(begins)} frames go from a commit to a flip"
    assert all(begins[key]["ts"] < ends[key]["ts"] for key in whole)
    # A key's way: reported, written to the worker, in the guest's ring.
    done, ends = of("input done", "work", "b"), {e["id"]: e["ts"] for e in of("input done", "work", "e")}
    assert done and all(0 < e["args"]["latency_ns"] < 5e9 for e in done), done
    assert all(ends[e["id"]] > e["ts"] for e in done), (done, ends)
    sent = of("input sent", "work", "i")
    assert sent and all(e["args"]["requests_between"] == 0 for e in sent), sent
    for e in sent:
        assert any(begin["ts"] <= e["ts"] <= ends[begin["id"]] for begin in done), (e, done)
    with open(path, encoding="utf-8") as file:
        assert not re.search(r'"(code|key)"', file.read()), "no key codes in a trace"


def shown_by_guest(world, name):
    return world.guest_value(name)["frames_shown"]


def test_top(world):
    before = shown_by_guest(world, "work")
    top = world.ask("top", "--once")
    after = shown_by_guest(world, "work")
    guest = next(guest for guest in top["guests"] if guest["name"] == "work")
    seconds = top["interval_us"] / 1e6
    assert 0.9 < seconds < 3 * SLOWDOWN, top
    grown = guest["frames_shown_per_second"] * seconds
    assert 0 < grown < after - before + 0.5, f"{grown} frames, {after - before} around it"
    assert 0 < guest["age_p50_us"] <= guest["age_p99_us"], guest
    assert guest["age_p50_us"] < 50000 * SLOWDOWN, guest
    assert 0 < guest["input_p50_us"] <= guest["input_p99_us"] < 5e6, guest
    assert guest["path"] == "composed" and guest["worker_cpu_percent"] >= 0, guest
    assert top["server"]["cpu_percent"] > 0 and top["server"]["rss_kb"] > 1000
    monitor = top["monitors"][0]
    assert monitor["name"] == "HEADLESS-1" and monitor["shows"] == "work"
    assert 0 < monitor["frames_per_second"] < 70 and monitor["bytes_read_per_second"] > 0, monitor
    # A whole picture of the guest is read for each of its frames, and no more.
    per_frame = monitor["bytes_read_per_second"] / guest["frames_shown_per_second"]
    assert per_frame < 1.2 * 320 * 240 * 4, per_frame
    devices = {device["name"]: device for device in top["devices"]}
    assert set(devices) >= {"Test keyboard", "Test mouse", "Test touchscreen"}, devices
    keyboard = devices["Test keyboard"]
    assert 0 < keyboard["latency_p50_us"] <= keyboard["latency_p99_us"] < 5e6, keyboard
    assert not devices["Test touchscreen"]["latency_p50_us"], devices
    assert top["input_requests_between_max"] == 0, top
    text = world.table("top", "--once")
    assert re.search(r"^Test keyboard\s+\d+\.\d\s+\d+\.\d/\d+\.\d\s*$", text, re.M), text
    assert re.search(r"^work\s+\d+\.\d\s+\d+\.\d\s+\d+\.\d/\d+\.\d\s+\d+\.\d/\d+\.\d\s+\d+\.\d\s+composed", text, re.M), text


def test_the_guests_own_count(world):
    """What the guest says that was acknowledged is what the server says that it showed or superseded."""
    told = world.guest_value("work")
    world.stop_one("work")
    with open(world.path("work.json"), encoding="utf-8") as file:
        report = json.load(file)
    acknowledged = sum(connector["acknowledged"] for connector in report["connectors"])
    # It went on between the question and its end, but the last flip may not have reached it.
    drawn = sum(connector["drawn"] for connector in report["connectors"])
    assert 0 < told["frames_shown"] <= acknowledged + 1, (told["frames_shown"], acknowledged)
    assert drawn <= told["frames_shown"] + told["frames_superseded"] + 120 * SLOWDOWN, (drawn, told)


# ---- the command line ----


def test_command_line(world):
    def say(*words):
        done = world.run(*words)
        return done.returncode, done.stdout, done.stderr

    status, text, _ = say("--help")
    assert status == 0
    names = re.findall(r"^  ([a-z]+) ", text, re.M)
    assert len(names) >= 16 and "__complete" not in text, names
    for name in names:
        status, text, _ = say(name, "--help")
        assert status == 0 and text.startswith(f"usage: vitrinectl {name} "), text
    assert say("swich") == (2, "", "vitrinectl: unknown command swich; did you mean switch?\n")
    assert say("--jsn", "focus") == (2, "", "vitrinectl: unknown option --jsn; did you mean --json?\n")
    assert say("xyzzy")[2] == "vitrinectl: unknown command xyzzy; vitrinectl --help lists them\n"
    assert say()[0] == 2 and say("trace")[0] == 2 and say("focus", "x")[0] == 2 and say("--socket")[0] == 2
    assert say("--json=1", "focus")[0] == 2
    gone = subprocess.run([os.path.join(BIN, "vitrinectl"), "--runtime-dir=/nowhere", "focus"], capture_output=True,
                          text=True, check=False)
    assert gone.returncode == 3 and "/nowhere/control.sock" in gone.stderr, gone
    gone = subprocess.run([os.path.join(BIN, "vitrinectl"), "--json", "--runtime-dir=/nowhere", "focus"],
                          capture_output=True, text=True, check=False)
    assert gone.returncode == 3 and json.loads(gone.stdout)["error"]["why"], gone
    assert say("--socket", world.path("control.sock"), "focus")[:2] == (0, "work\n")


COMPLETION = "tools/vitrinectl/completion"


def offered_by_bash(world, line):
    """What bash offers at the end of the line: its own variables, as it sets them."""
    script = f"source {COMPLETION}/bash/vitrinectl; COMP_LINE=$1; COMP_POINT=${{#1}}; _vitrinectl; " \
             "printf '%s\\n' \"${COMPREPLY[@]-}\""
    done = subprocess.run(["bash", "-uc", script, "bash", line], capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}, timeout=20 * SLOWDOWN)
    assert done.returncode == 0 and not done.stderr, (line, done)
    return done.stdout.split()


def check_completion(world, offered):
    here = f"vitrinectl --runtime-dir={world.directory} "
    assert set(offered("vitrinectl sw")) == {"switch"}
    assert {"monitors", "top", "check"} <= set(offered("vitrinectl "))
    assert "__complete" not in offered("vitrinectl ")
    assert offered("vitrinectl --js") == ["--json"]
    assert sorted(offered(here + "switch ")) == ["web", "work"]
    assert offered(here + "switch wo") == ["work"]
    assert offered(here + "switch work ") == []
    assert sorted(offered(here + "layout ")) == ["desk", "next", "wall"]
    assert offered(here + "blank HEADLESS-2") == ["HEADLESS-2"]
    assert sorted(offered(here + "backlight --json ")) == ["HEADLESS-1", "HEADLESS-2"]
    assert offered(here + "screenshot HEADLESS-1 READM") == ["README.md"]
    assert "HEADLESS-1" in offered(here + "screenshot ") and "README.md" in offered(here + "screenshot ")
    assert offered("vitrinectl --runtime-dir=/nowhere switch ") == []
    assert offered("vitrinectl nonsense ") == []


def test_completion_in_bash(world):
    check_completion(world, lambda line: offered_by_bash(world, line))
    assert offered_by_bash(world, "vitrinectl --socket=READM") == ["README.md"]


def offered_by_zsh(line):
    """The function with zsh's own builtins played: they only work inside of its line editor."""
    script = "compadd() { shift; print -l -- $@ }; _files() { print -l -- ${words[CURRENT]}*(N) }; " \
             "words=(${(z)1}); [[ $1 == *' ' ]] && words+=(''); CURRENT=$#words; " \
             f"_it() {{ {open(COMPLETION + '/zsh/_vitrinectl', encoding='utf-8').read()} }}; _it"
    done = subprocess.run(["zsh", "-fc", script, "zsh", line], capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}, timeout=20 * SLOWDOWN)
    assert not done.stderr, (line, done)
    return done.stdout.split()


def test_completion_in_zsh(world):
    if not shutil.which("zsh"):
        raise Skipped("no zsh")
    check_completion(world, offered_by_zsh)


def test_top_on_a_terminal(world):
    """There it goes on, a table a second in place of the last one, until it is interrupted."""
    leader, follower = os.openpty()
    top = subprocess.Popen([os.path.join(BIN, "vitrinectl"), f"--runtime-dir={world.directory}", "top"], stdout=follower,
                           stderr=follower)
    os.close(follower)
    text = b""
    try:
        while text.count(b"\033[H\033[2J") < 3:
            text += os.read(leader, 4096)
        assert text.count(b"MONITOR") >= 2 and b"HEADLESS-1" in text and b"work" in text, text
        assert top.poll() is None
    finally:
        top.terminate()
        top.wait()
        os.close(leader)


# Those that take guests away stand last, and identify's cards cover the guests for a while.
TESTS = [test_monitors, test_guests_and_heads, test_stats, test_command_line, test_completion_in_bash,
         test_completion_in_zsh, test_screenshot_of_a_moving_guest, test_focus_and_switch, test_layouts, test_reload,
         test_trace, test_top, test_top_on_a_terminal, test_the_guests_own_count, test_screenshot,
         test_power_and_identify]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
