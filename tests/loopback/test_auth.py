#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vitrine-auth by its protocol, with the real PAM: right, wrong, edited, in two layouts, asked for, and nonsense."""
import os
import socket
import sys
import tempfile
import traceback

import auth_world
from auth_world import (ASK, BACKSPACE, CANCELLED, CAPS, CAPSLOCK, CHECK, CHECKING, DIGIT, DONE, ENTER, ERASE, ESC, FAILED, LAYOUT,
                        LAYOUTS, PASSWORD, PROMPT, RIGHT, STATE, SUBMIT, USER, WRONG, Attempt)


def finish(attempt, text):
    attempt.type(text)
    attempt.tap(ENTER)
    while True:
        answer = attempt.receive()
        assert answer, "no answer"
        if answer[0] >= RIGHT:
            attempt.close()
            return answer


def test_right_and_wrong(directory):
    assert finish(Attempt(directory), PASSWORD)[0] == RIGHT
    for wrong in (PASSWORD[:-1], PASSWORD + "x", PASSWORD.lower(), "", "x" * 60):
        answer = finish(Attempt(directory), wrong)
        assert answer[0] == WRONG, (wrong, answer)


def test_what_is_asked_and_drawn(directory):
    attempt = Attempt(directory)
    assert "assword" in attempt.until(PROMPT)[2]
    kind, value, layout = attempt.receive()
    assert (kind, value) == (STATE, LAYOUTS) and layout == "English (US)", (kind, value, layout)
    attempt.type("abc")
    assert attempt.until_dots(3) == 3 | LAYOUTS
    attempt.tap(CAPSLOCK)
    while not attempt.until(STATE)[1] & CAPS:
        pass
    attempt.tap(CAPSLOCK)
    while attempt.until(STATE)[1] & CAPS:
        pass
    attempt.tap(ENTER)
    while not attempt.until(STATE)[1] & CHECKING:
        pass
    assert attempt.until(WRONG)
    assert attempt.receive() is None
    attempt.close()


def test_editing(directory):
    attempt = Attempt(directory)
    attempt.type("zz")
    attempt.tap(ESC)
    attempt.until_dots(2)
    attempt.until_dots(0)
    attempt.tap(BACKSPACE)
    attempt.type(PASSWORD[:3] + "q")
    attempt.tap(BACKSPACE)
    attempt.type(PASSWORD[3:] + "4")
    attempt.send(ERASE)
    assert finish(attempt, "")[0] == RIGHT


def test_keypad(directory):
    attempt = Attempt(directory)
    attempt.type(PASSWORD[:5])
    assert PASSWORD[5] == "7"
    attempt.send(DIGIT, 7)
    attempt.type(PASSWORD[6:])
    attempt.send(SUBMIT)
    attempt.until(RIGHT)
    attempt.close()


def test_layouts(directory):
    """On a German keyboard z and y have changed places, and dead keys make one character of two."""
    attempt = Attempt(directory)
    attempt.send(LAYOUT)
    while attempt.until(STATE)[2] != "German":
        pass
    read, write = os.pipe()
    asked = Attempt(directory, ASK, fds=(write,))
    os.close(write)
    asked.send(LAYOUT)
    asked.type("y`z")  # the third is a circumflex that waits for a letter
    asked.tap(ENTER)
    asked.until(DONE)
    composed = os.path.exists("/usr/share/X11/locale/en_US.UTF-8/Compose")
    assert os.read(read, 100).decode() == ("z\u0177" if composed else "zy")
    os.close(read)
    asked.close()
    attempt.send(LAYOUT)
    while attempt.until(STATE)[2] != "English (US)":
        pass
    assert finish(attempt, PASSWORD)[0] == RIGHT


def test_asked_for(directory):
    read, write = os.pipe()
    attempt = Attempt(directory, ASK, fds=(write,))
    os.close(write)
    attempt.type("a long Phrase, with (signs)")
    attempt.tap(ENTER)
    attempt.until(DONE)
    assert os.read(read, 100) == b"a long Phrase, with (signs)"
    assert os.read(read, 100) == b""
    os.close(read)
    read, write = os.pipe()
    attempt = Attempt(directory, ASK, fds=(write,))
    os.close(write)
    attempt.type("never")
    attempt.tap(ESC)
    attempt.until(CANCELLED)
    assert os.read(read, 100) == b""
    os.close(read)


def test_nonsense(directory):
    """Whatever the server says, it gets no yes; an attempt that is left has no consequence."""
    for attempt in (Attempt(directory, version=2), Attempt(directory, mode=3), Attempt(directory, nonce=0),
                    Attempt(directory, ASK), Attempt(directory, CHECK, fds=(0,))):
        assert attempt.receive() is None
        attempt.close()
    attempt = Attempt(directory)
    attempt.until(STATE)
    attempt.send(DIGIT, 1, nonce=8)
    while attempt.receive():
        pass
    attempt = Attempt(directory)
    attempt.until(STATE)
    attempt.socket.send(b"short")
    attempt.socket.shutdown(socket.SHUT_WR)
    while True:
        answer = attempt.receive()
        if not answer:
            break
        assert answer[0] not in (RIGHT, DONE), answer
    left = Attempt(directory)
    left.type(PASSWORD)
    left.close()
    for code in (0, 1 << 20, 0x7fffffff):
        attempt = Attempt(directory)
        attempt.key(code)
        assert finish(attempt, PASSWORD)[0] == RIGHT


def test_without_a_user(directory):
    with open(os.path.join(directory, "vitrine.conf"), encoding="utf-8") as file:
        whole = file.read()
    try:
        write_config(directory, "")
        assert Attempt(directory).until(FAILED)[2] == "[lock] user= is not set"
        write_config(directory, "[lock]\nuser = keeper\nlayout = nowhere\n")
        assert "layout" in Attempt(directory).until(FAILED)[2]
        write_config(directory, "[lock]\nuser = somebody\n")
        assert finish(Attempt(directory), PASSWORD)[0] != RIGHT
    finally:
        write_config(directory, whole)


def write_config(directory, text):
    with open(os.path.join(directory, "vitrine.conf"), "w", encoding="utf-8") as file:
        file.write(text)


def main():
    module = auth_world.find_module()
    if not module:
        print("SKIP: pam_matrix.so is missing; install libpam-wrapper\n0 passed, 0 failed, 1 skipped")
        return 0
    failed = 0
    tests = [test_right_and_wrong, test_what_is_asked_and_drawn, test_editing, test_keypad, test_layouts, test_asked_for,
             test_nonsense, test_without_a_user]
    with tempfile.TemporaryDirectory(prefix="vitrine-auth-") as directory:
        write_config(directory, f"[lock]\nuser = {USER}\nlayout = us,de\n")
        helper = auth_world.start_helper(directory, os.path.join(directory, "vitrine.conf"), module)
        for test in tests:
            try:
                test(directory)
            except (AssertionError, OSError):
                failed += 1
                print(f"{test.__name__}:\n{traceback.format_exc()}")
        helper.terminate()
        helper.wait()
        with open(os.path.join(directory, "auth.log"), encoding="utf-8") as log:
            text = log.read()
        if failed or PASSWORD in text:
            failed = failed or 1
            print(text)
    print(f"{len(tests) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
