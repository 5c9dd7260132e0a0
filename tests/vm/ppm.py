"""Pictures as QEMU's screendump writes them: read, crop, compare, search, and keep as PNG."""

import struct
import zlib


class Picture:
    """width x height pixels of three bytes each, red first, rows without padding."""

    def __init__(self, width, height, pixels):
        if len(pixels) != width * height * 3:
            raise ValueError(f"{len(pixels)} bytes are no picture of {width}x{height}")
        self.width = width
        self.height = height
        self.pixels = bytes(pixels)

    def __eq__(self, other):
        return (self.width, self.height, self.pixels) == (other.width, other.height, other.pixels)

    def row(self, y):
        start = y * self.width * 3
        return self.pixels[start:start + self.width * 3]

    def at(self, x, y):
        """The pixel's (red, green, blue)."""
        start = (y * self.width + x) * 3
        return tuple(self.pixels[start:start + 3])

    def crop(self, x, y, width, height):
        if x < 0 or y < 0 or x + width > self.width or y + height > self.height:
            raise ValueError(f"{width}x{height}+{x}+{y} is not inside {self.width}x{self.height}")
        rows = (self.row(line)[x * 3:(x + width) * 3] for line in range(y, y + height))
        return Picture(width, height, b"".join(rows))

    def difference(self, other):
        """None when equal, otherwise words about how many pixels differ and where the first is."""
        if (self.width, self.height) != (other.width, other.height):
            return f"{self.width}x{self.height} is not {other.width}x{other.height}"
        wrong = [index for index in range(0, len(self.pixels), 3)
                 if self.pixels[index:index + 3] != other.pixels[index:index + 3]] \
            if self.pixels != other.pixels else []
        if not wrong:
            return None
        y, x = divmod(wrong[0] // 3, self.width)
        return (f"{len(wrong)} of {self.width * self.height} pixels differ, the first at {x},{y}: "
                f"{self.at(x, y)} is not {other.at(x, y)}")

    def find(self, part):
        """Where part is in this picture as (x, y), or None."""
        for y in range(self.height - part.height + 1):
            row, first = self.row(y), part.row(0)
            at = row.find(first)
            while at >= 0:
                x = at // 3
                if at % 3 == 0 and self.crop(x, y, part.width, part.height) == part:
                    return x, y
                at = row.find(first, at + 1)
        return None

    def extent(self, colour):
        """The smallest rectangle (x, y, width, height) with every pixel of this colour, or None."""
        pixel = bytes(colour)
        columns, lines = [], []
        for y in range(self.height):
            row = self.row(y)
            hits = [x for x in range(self.width) if row[x * 3:x * 3 + 3] == pixel] \
                if pixel in row else []
            if hits:
                lines.append(y)
                columns += (hits[0], hits[-1])
        if not lines:
            return None
        left, top = min(columns), lines[0]
        return left, top, max(columns) - left + 1, lines[-1] - top + 1

    def colours(self):
        """The set of all colours in the picture."""
        return {self.pixels[index:index + 3] for index in range(0, len(self.pixels), 3)}

    def write_png(self, path):
        def chunk(kind, data):
            body = kind + data
            return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

        rows = b"".join(b"\0" + self.row(y) for y in range(self.height))
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                       chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def read(path):
    """A Picture from a binary PPM file with 8 bits per channel."""
    with open(path, "rb") as file:
        data = file.read()
    fields, position = [], 0
    while len(fields) < 4:
        while data[position:position + 1].isspace():
            position += 1
        if data[position:position + 1] == b"#":
            position = data.index(b"\n", position)
            continue
        end = position
        while not data[end:end + 1].isspace():
            end += 1
        fields.append(data[position:end])
        position = end
    if fields[0] != b"P6" or fields[3] != b"255":
        raise ValueError(f"{path} is not a binary PPM file of 8 bits")
    width, height = int(fields[1]), int(fields[2])
    return Picture(width, height, data[position + 1:position + 1 + width * height * 3])
