"""Write "newc" cpio archives, the format of a Linux initramfs, without root.

cpio(1) takes owners, modes and device nodes from the file system, so an archive with a root-owned
/init and a /dev/console would need root to build.  Writing the format ourselves lets any user build
the images, and gives the same bytes for the same input.  The kernel accepts several archives after
one another: that is how what `make install` installed is laid over a base image that changes rarely.
"""

import stat

TRAILER = "TRAILER!!!"
ALIGNMENT = 4
MERGED = ("bin", "sbin", "lib", "lib64")


def merged_usr(path):
    """Where a path of a Debian package lies once /bin, /sbin and /lib are links into /usr."""
    path = path.strip("/")
    top = path.split("/", 1)[0]
    return "usr/" + path if top in MERGED and path != top else path


class Archive:
    """An archive being written to a binary stream; everything in it belongs to root:root unless told."""

    def __init__(self, stream):
        self.stream = stream
        self.position = 0
        self.inode = 0
        self.seen = set()

    def directory(self, path, mode=0o755, uid=0, gid=0):
        self._entry(path, stat.S_IFDIR | mode, b"", uid, gid)

    def file(self, path, data, mode=0o644, uid=0, gid=0):
        self._entry(path, stat.S_IFREG | mode, data, uid, gid)

    def symlink(self, path, target):
        self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def device(self, path, major, minor, mode=0o600):
        self._entry(path, stat.S_IFCHR | mode, b"", device=(major, minor))

    def close(self):
        self._record(TRAILER, 0, b"", 0, 0, (0, 0))
        self.stream.write(bytes(-self.position % 512))

    def _entry(self, path, mode, data, uid=0, gid=0, device=(0, 0)):
        path = merged_usr(path)
        if path in self.seen:
            return
        parent = path.rpartition("/")[0]
        if parent:
            self._entry(parent, stat.S_IFDIR | 0o755, b"")
        self.seen.add(path)
        self._record(path, mode, data, uid, gid, device)

    def _record(self, name, mode, data, uid, gid, device):
        self.inode += 1
        name = name.encode() + b"\0"
        fields = (self.inode, mode, uid, gid, 1, 0, len(data), 0, 0, *device, len(name), 0)
        self._write(b"070701" + b"".join(b"%08x" % field for field in fields) + name)
        self._write(data)

    def _write(self, data):
        self.stream.write(data)
        padding = -(self.position + len(data)) % ALIGNMENT
        self.stream.write(bytes(padding))
        self.position += len(data) + padding
