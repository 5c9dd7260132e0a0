# SPDX-License-Identifier: MIT
"""What a weston shows, by its screenshooter interface (weston --debug), as a binary PPM.

weston's own program takes the unused byte of XRGB pixels for their opacity; here it is left out. The Wayland messages are
put together by hand: a header of object, opcode and size, then 32 bit words."""
import array
import mmap
import os
import socket
import struct

DISPLAY, REGISTRY, SYNC, SHM, OUTPUT, SHOOTER, SYNC2, POOL, BUFFER = range(1, 10)
XRGB8888 = 1


def text(value):
    data = value.encode() + b"\0"
    return struct.pack("=I", len(data)) + data + b"\0" * (-len(data) % 4)


class Connection:
    def __init__(self, path, timeout):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.data = b""

    def send(self, target, opcode, body=b"", fd=None):
        message = struct.pack("=II", target, opcode | (8 + len(body)) << 16) + body
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd is not None else []
        self.socket.sendmsg([message], rights)

    def event(self):
        """(object, opcode, body) of the next one."""
        while len(self.data) < 8 or len(self.data) < struct.unpack_from("=I", self.data, 4)[0] >> 16:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise OSError("the desktop closed the connection")
            self.data += chunk
        target, word = struct.unpack_from("=II", self.data)
        body, self.data = self.data[8:word >> 16], self.data[word >> 16:]
        if target == DISPLAY and word & 0xffff == 0:
            raise OSError("the desktop refused: " + body[12:].rstrip(b"\0").decode(errors="replace"))
        return target, word & 0xffff, body

    def until(self, target, handle):
        """Hands all events over until one for the target comes."""
        while True:
            found, opcode, body = self.event()
            handle(found, opcode, body)
            if found == target:
                return


def bind(connection, names):
    """Binds the three globals; returns the output's size."""
    size = []

    def see(target, opcode, body):
        if target == REGISTRY and opcode == 0:
            name, length = struct.unpack_from("=II", body)
            names[body[8:8 + length - 1].decode()] = name
        elif target == OUTPUT and opcode == 1:
            size[:] = struct.unpack_from("=ii", body, 4)

    connection.send(DISPLAY, 1, struct.pack("=I", REGISTRY))
    connection.send(DISPLAY, 0, struct.pack("=I", SYNC))
    connection.until(SYNC, see)
    for new, interface in ((SHM, "wl_shm"), (OUTPUT, "wl_output"), (SHOOTER, "weston_screenshooter")):
        connection.send(REGISTRY, 0, struct.pack("=I", names[interface]) + text(interface) + struct.pack("=II", 1, new))
    connection.send(DISPLAY, 0, struct.pack("=I", SYNC2))
    connection.until(SYNC2, see)
    return size


def screenshot(path, out, timeout):
    """Of the desktop that listens on the path, into the file."""
    connection = Connection(path, timeout)
    width, height = bind(connection, {})
    size = width * height * 4
    fd = os.memfd_create("screenshot")
    os.ftruncate(fd, size)
    connection.send(SHM, 0, struct.pack("=Ii", POOL, size), fd)
    connection.send(POOL, 0, struct.pack("=IiiiiI", BUFFER, 0, width, height, width * 4, XRGB8888))
    connection.send(SHOOTER, 0, struct.pack("=II", OUTPUT, BUFFER))
    connection.until(SHOOTER, lambda *event: None)
    with mmap.mmap(fd, size) as pixels:
        rgb = bytearray(width * height * 3)
        for channel in range(3):
            rgb[channel::3] = pixels[2 - channel:size:4]
    os.close(fd)
    connection.socket.close()
    with open(out, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width, height) + rgb)
