"""QEMU's machine protocol: the monitors' pictures, and the hands on keyboard, tablet and mouse."""

import json
import socket

# Keys by the names that QEMU's QKeyCode has, for the characters that a test types.
SPECIAL_KEYS = {" ": "spc", "\n": "ret", "-": "minus", "=": "equal", ".": "dot", ",": "comma",
                "/": "slash", ";": "semicolon"}
AXIS_MAX = 0x7FFF


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    """A connection to QEMU's monitor socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rw", encoding="utf-8")
        json.loads(self.stream.readline())
        self.call("qmp_capabilities")

    def call(self, command, **arguments):
        """Run one command and return its answer; events that come in between are dropped."""
        message = {"execute": command, "arguments": arguments}
        self.stream.write(json.dumps(message) + "\n")
        self.stream.flush()
        while True:
            line = self.stream.readline()
            if not line:
                raise QmpError(f"QEMU went away during {command}")
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise QmpError(f"{command}: {answer['error']['desc']}")

    def close(self):
        self.stream.close()
        self.socket.close()

    def screendump(self, head, path, card="gpu0"):
        """Write what monitor number head of a card shows to path, as PPM."""
        self.call("screendump", device=card, head=head, filename=path)

    def send(self, events, device=None):
        """Send input events as one report; to the only device that can take them unless named."""
        where = {"device": device} if device else {}
        self.call("input-send-event", events=events, **where)

    def key(self, name, down):
        code = {"type": "qcode", "data": name}
        self.send([{"type": "key", "data": {"key": code, "down": down}}])

    def chord(self, *names):
        """Press keys in this order and release them in the reverse one."""
        for name in names:
            self.key(name, True)
        for name in reversed(names):
            self.key(name, False)

    def button(self, name, down, device=None):
        self.send([{"type": "btn", "data": {"button": name, "down": down}}], device)

    def wheel(self, direction):
        self.button("wheel-" + direction, True)
        self.button("wheel-" + direction, False)

    def absolute(self, x, y):
        """Move the tablet: x and y run from 0 to AXIS_MAX over its whole surface."""
        self.send([{"type": "abs", "data": {"axis": axis, "value": value}}
                   for axis, value in (("x", x), ("y", y))])

    def relative(self, dx, dy):
        """Move the mouse by so many counts."""
        self.send([{"type": "rel", "data": {"axis": axis, "value": value}}
                   for axis, value in (("x", dx), ("y", dy))])


def key_names(text):
    """QEMU's names of the keys that type this text of lower-case letters, digits and some signs."""
    return [SPECIAL_KEYS.get(character, character) for character in text]
