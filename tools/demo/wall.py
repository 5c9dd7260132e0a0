# SPDX-License-Identifier: MIT
"""Four monitors, three guests: one picture of the desk as a person sees it.

The server is started with a layout from a file. What each monitor shows is read from the server, turned upright as the
monitor hangs, and put where the layout places it.
"""
import os
import struct
import zlib

GAP = 16
GROUND = b"\x60\x60\x60"

CONFIG = """# Three guests on four monitors.
[layout desk]

# Two guests side by side.
[layout desk output HEADLESS-1]
columns = guest work | guest web
place = 0,0

# A monitor that stands on its side, and what the guest in front draws on it.
[layout desk output HEADLESS-2]
shows = guest web head 1
transform = 90
place = right-of HEADLESS-1

# All heads of all guests.
[layout desk output HEADLESS-3]
shows = mosaic
fit = scale
place = below HEADLESS-1

# One guest, as large as there is room.
[layout desk output HEADLESS-4]
shows = guest vault
fit = scale
place = below HEADLESS-2
"""

MONITORS = "1280x600,800x600,1280x640,600x440"
# name, upper left corner in the picture, upright?
PLACES = (("HEADLESS-1", 0, 0, False), ("HEADLESS-2", 1280 + GAP, 0, True),
          ("HEADLESS-3", 0, 600 + GAP, False), ("HEADLESS-4", 1280 + GAP, 800 + GAP, False))
GUESTS = (
    {"name": "work", "domid": 1, "connectors": "600x480", "nonce": "1"},
    {"name": "web", "domid": 2, "connectors": "600x480,560x720", "nonce": "2"},
    {"name": "vault", "domid": 3, "connectors": "320x240", "nonce": "3"},
)


def undo_filter(kind, row, above):
    """A PNG row's bytes; three for each pixel."""
    if kind == 0:
        return row
    for i in range(len(row)):
        a = row[i - 3] if i >= 3 else 0
        b = above[i]
        if kind == 1:
            guess = a
        elif kind == 2:
            guess = b
        elif kind == 3:
            guess = (a + b) // 2
        else:
            c = above[i - 3] if i >= 3 else 0
            distances = (abs(b - c), abs(a - c), abs(a + b - 2 * c))
            guess = (a, b, c)[distances.index(min(distances))]
        row[i] = (row[i] + guess) & 255
    return row


def read_png(path):
    """Rows of an RGB picture of 8 bits, as the server writes them."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", data, at + 8)
        elif kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    raw, rows, above = zlib.decompress(packed), [], bytes(width * 3)
    for y in range(height):
        start = y * (width * 3 + 1)
        above = undo_filter(raw[start], bytearray(raw[start + 1:start + 1 + width * 3]), above)
        rows.append(bytes(above))
    return rows


def write_png(path, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                   chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) + chunk(b"IEND", b""))


def turn_clockwise(rows):
    """As the panel hangs: what was at its left edge is on top."""
    width = len(rows[0]) // 3
    return [b"".join(row[x * 3:x * 3 + 3] for row in reversed(rows)) for x in range(width)]


def join(pictures):
    """(rows, x, y) each, on one ground."""
    width = max(x + len(rows[0]) // 3 for rows, x, _ in pictures)
    height = max(y + len(rows) for rows, _, y in pictures)
    ground = [bytearray(GROUND * width) for _ in range(height)]
    for rows, left, top in pictures:
        for y, row in enumerate(rows):
            ground[top + y][left * 3:left * 3 + len(row)] = row
    return [bytes(row) for row in ground]


def show(stage, start_servers, title):
    """Starts everything, waits until all is shown, and returns the name of the picture."""
    config = stage.path("vitrine.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(CONFIG)
    os.chmod(config, 0o600)
    hands = start_servers(stage, MONITORS, "--config=" + config)
    for guest in GUESTS:
        stage.start(guest["name"], "pvfront", f"--xen=loopback:{guest['domid']}:{stage.path('xen.sock')}", "--toolstack",
                    f"--name={guest['name']}", f"--connectors={guest['connectors']}", f"--nonce={guest['nonce']}",
                    "--frames=8", "--stay")
        hands.say(f"wait-guest {guest['name']} frames 6")
    pictures = []
    for output, x, y, is_turned in PLACES:
        hands.wait_settled(output)
        name = stage.path(output + ".png")
        hands.say(f"picture {output} {name}")
        rows = read_png(name)
        pictures.append((turn_clockwise(rows) if is_turned else rows, x, y))
    path = os.path.join(stage.out_dir, title + ".png")
    write_png(path, join(pictures))
    return path
