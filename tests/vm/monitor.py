"""Plug a monitor into a virtio-gpu head: what a window of QEMU does when it is resized.

QEMU tells the guest of a monitor, with an EDID that prefers its size, when a display client asks for
that size.  Without a window, a VNC client may ask; this is as much of one as that takes.
"""

import socket
import struct

VERSION = b"RFB 003.008\n"
SECURITY_NONE = 1
ENCODING_DESKTOP_SIZE = -308
SET_ENCODINGS = 2
SET_DESKTOP_SIZE = 251


def plug(path, width, height):
    """Make the head behind the VNC socket at path a monitor of this size."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        stream = connection.makefile("rwb")
        stream.read(len(VERSION))
        stream.write(VERSION)
        stream.flush()
        stream.read(stream.read(1)[0])
        stream.write(bytes([SECURITY_NONE]))
        stream.flush()
        (failed,) = struct.unpack(">I", stream.read(4))
        if failed:
            raise OSError(f"{path}: the VNC server refuses")
        stream.write(b"\1")
        stream.flush()
        header = stream.read(24)
        stream.read(struct.unpack(">I", header[20:])[0])
        stream.write(struct.pack(">BxHi", SET_ENCODINGS, 1, ENCODING_DESKTOP_SIZE))
        screen = struct.pack(">IHHHHI", 0, 0, 0, width, height, 0)
        stream.write(struct.pack(">BxHHBx", SET_DESKTOP_SIZE, width, height, 1) + screen)
        stream.flush()
        # The answer, a rectangle that tells of the new size, says that the request was worked on.
        stream.read(1)
