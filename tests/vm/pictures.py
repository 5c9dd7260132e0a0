"""The pictures that guest/guestdraw.c draws, computed anew from a nonce and a frame number.

The nonce is made by the test run, so nothing that was on a monitor before can pass for it.
"""

import ppm

MAGIC = 0x564954
MASK = 0xFFFFFFFF


def mix(x):
    x = (x ^ x >> 16) * 0x7FEB352D & MASK
    x = (x ^ x >> 15) * 0x846CA68B & MASK
    return x ^ x >> 16


def pixels_of(values):
    return b"".join(value.to_bytes(3, "big") for value in values)


def expected(width, height, nonce, head, frame):
    """The whole picture number frame on this head, as a Picture."""
    seed = mix(mix(mix(nonce) ^ head) ^ frame)
    rows = []
    for y in range(height):
        state = mix(seed ^ y) | 1
        values = []
        for _ in range(width):
            state ^= state << 13 & MASK
            state ^= state >> 17
            state ^= state << 5 & MASK
            values.append(state & 0xFFFFFF)
        rows.append(pixels_of(values))
    stamp = pixels_of((MAGIC, nonce & 0xFFFFFF, head, frame & 0xFFFFFF))
    rows[0] = stamp + rows[0][len(stamp):]
    return ppm.Picture(width, height, b"".join(rows))


def stamp_of(picture):
    """What a picture's first pixels say: (nonce's low 24 bits, head, frame), None without a stamp."""
    values = [int.from_bytes(picture.pixels[start:start + 3], "big") for start in (0, 3, 6, 9)]
    return tuple(values[1:]) if values[0] == MAGIC else None
