# SPDX-License-Identifier: MIT
"""vitrine-auth with a PAM service of the test's own, and its protocol by hand."""
import glob
import os
import socket
import struct
import subprocess
import time

BIN = os.path.abspath(os.path.join(os.environ.get("VITRINE_BUILD", "build"), "bin"))
SLOWDOWN = int(os.environ.get("VITRINE_TEST_SLOWDOWN", "1"))
USER = "keeper"
PASSWORD = "Ouzel7+reed"
HELLO, KEY, DIGIT, ERASE, SUBMIT, LAYOUT = range(1, 7)
STATE, PROMPT, SAYS, RIGHT, WRONG, FAILED, DONE, CANCELLED = range(1, 9)
CHECK, ASK = 1, 2
PRESSED = 0x80000000
CAPS, LAYOUTS, CHECKING = 0x100, 0x200, 0x400
SHIFT, ENTER, ESC, BACKSPACE, CAPSLOCK = 42, 28, 1, 14, 58
ROWS = {2: "1234567890-=", 16: "qwertyuiop[]", 30: "asdfghjkl;'`", 43: "\\zxcvbnm,./", 57: " "}
CODES = {c: first + i for first, row in ROWS.items() for i, c in enumerate(row)}
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./"))


def strokes(text):
    """(code, pressed) for each key of the text on a keyboard of the United States."""
    for character in text:
        plain = SHIFTED.get(character, character.lower())
        shift = plain != character
        if shift:
            yield SHIFT, True
        yield CODES[plain], True
        yield CODES[plain], False
        if shift:
            yield SHIFT, False


def find_module():
    """A module of PAM that checks against a file, or None."""
    found = glob.glob("/usr/lib/*/pam_wrapper/pam_matrix.so") + glob.glob("/usr/lib*/pam_wrapper/pam_matrix.so")
    return found[0] if found else None


def write_service(directory, module):
    """A directory for --pam-dir."""
    where = os.path.join(directory, "pam.d")
    os.makedirs(where, exist_ok=True)
    with open(os.path.join(directory, "passdb"), "w", encoding="utf-8") as file:
        file.write(f"{USER}:{PASSWORD}:vitrine\n")
    with open(os.path.join(where, "vitrine"), "w", encoding="utf-8") as file:
        file.write(f"auth required {module} passdb={directory}/passdb\naccount required {module} passdb={directory}/passdb\n")
    return where


def start_helper(directory, config, module, *options):
    with open(os.path.join(directory, "auth.log"), "a", encoding="utf-8") as log:
        helper = subprocess.Popen([os.path.join(BIN, "vitrine-auth"), f"--runtime-dir={directory}", f"--config={config}",
                                   f"--pam-dir={write_service(directory, module)}", "--delay=10", *options],
                                  stdout=log, stderr=log)
    end = time.monotonic() + 10 * SLOWDOWN
    while not os.path.exists(os.path.join(directory, "auth.sock")):
        assert helper.poll() is None and time.monotonic() < end, "the helper does not listen"
        time.sleep(0.02)
    return helper


class Attempt:
    """One connection to the helper."""

    def __init__(self, directory, mode=CHECK, nonce=7, version=1, fds=()):
        self.nonce = nonce
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        end = time.monotonic() + 10 * SLOWDOWN
        while True:
            try:
                self.socket.connect(os.path.join(directory, "auth.sock"))
                break
            except (ConnectionRefusedError, FileNotFoundError):
                assert time.monotonic() < end, "nobody listens"
                time.sleep(0.02)
        self.socket.settimeout(10 * SLOWDOWN)
        socket.send_fds(self.socket, [struct.pack("<IIQ", HELLO, version << 8 | mode, nonce)], list(fds))

    def send(self, kind, value=0, nonce=None):
        self.socket.send(struct.pack("<IIQ", kind, value, self.nonce if nonce is None else nonce))

    def key(self, code, pressed=True):
        self.send(KEY, code | (PRESSED if pressed else 0))

    def tap(self, code):
        self.key(code)
        self.key(code, False)

    def type(self, text):
        for code, pressed in strokes(text):
            self.key(code, pressed)

    def receive(self):
        """(type, value, text), or None at the end."""
        try:
            data = self.socket.recv(256)
        except (ConnectionResetError, BrokenPipeError):
            return None
        if not data:
            return None
        kind, value, nonce, text = struct.unpack("<IIQ64s", data)
        assert nonce == self.nonce, nonce
        return kind, value, text.split(b"\0")[0].decode()

    def until(self, kind):
        """The next answer of this kind, what comes before it passed over."""
        while True:
            answer = self.receive()
            assert answer, f"the helper ended without an answer {kind}"
            if answer[0] == kind:
                return answer
            assert answer[0] < RIGHT, answer

    def until_dots(self, dots):
        while True:
            _, value, _ = self.until(STATE)
            if value & 0xff == dots:
                return value

    def close(self):
        self.socket.close()
