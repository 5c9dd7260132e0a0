"""A tree of Debian 12 files to take parts from: unpacked packages, never a bootable system itself.

mmdebstrap's "extract" variant only downloads and unpacks, so the tree is there in seconds, needs no
root and runs no maintainer script.  An image wants a hundred files of it; this module finds the ones
that a chosen program or kernel module needs besides itself.
"""

import os
import re
import shutil
import subprocess

SUITE = "bookworm"
LIBRARY_DIRS = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib", "lib",
                "usr/lib/x86_64-linux-gnu/systemd", "lib/systemd", "lib64")


class TreeError(Exception):
    """The tree could not be made or lacks something; the message says what."""


def apt_sources():
    """The machine's own Debian 12 archives (its mirror, its security updates), as sources lines."""
    fields = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    listing = subprocess.run(["apt-get", "indextargets", "--format", fields,
                              "Created-By: Packages"], stdout=subprocess.PIPE, text=True).stdout
    lines = []
    for target in listing.splitlines():
        origin, uri, release, component = target.split("|")
        line = f"deb {uri} {release} {component}"
        if origin == "Debian" and release.startswith(SUITE) and component == "main":
            lines.append(line)
    return sorted(set(lines))


def apt_options():
    """The machine's proxy settings, which mmdebstrap's private apt would not know."""
    options = []
    for scheme in ("http", "https"):
        key = f"Acquire::{scheme}::Proxy"
        answer = subprocess.run(["apt-config", "shell", "PROXY", key],
                                stdout=subprocess.PIPE, text=True).stdout
        value = re.match(r"PROXY='(.*)'", answer)
        if value:
            options.append(f'--aptopt={key} "{value.group(1)}"')
    return options


def make(directory, packages, log):
    """Unpack packages and their dependencies below directory; apt's words go to the file log."""
    tarball = directory + ".tar"
    command = ["mmdebstrap", "--variant=extract", "--include=" + ",".join(packages),
               *apt_options(), SUITE, tarball, *apt_sources()]
    with open(log, "w") as output:
        status = subprocess.run(command, stdout=output, stderr=output,
                                stdin=subprocess.DEVNULL).returncode
    if status != 0:
        raise TreeError(f"mmdebstrap failed with status {status}; its output is in {log}")
    partial = directory + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    os.makedirs(partial)
    subprocess.run(["tar", "-x", "--no-same-owner", "--no-same-permissions", "--exclude=./dev/*",
                    "-C", partial, "-f", tarball], check=True)
    os.unlink(tarball)
    shutil.rmtree(directory, ignore_errors=True)
    os.rename(partial, directory)


class Tree:
    """Queries on a tree that make() left in directory."""

    def __init__(self, directory):
        self.directory = directory
        self._modules = {}
        if not os.path.isdir(self.path("lib/modules")):
            return  # a tree without a kernel: programs only
        (self.kernel,) = os.listdir(self.path("lib/modules"))
        for folder, _, names in os.walk(self.path("lib/modules", self.kernel)):
            for name in names:
                if name.endswith(".ko"):
                    module = name[:-3].replace("-", "_")
                    path = os.path.join(folder, name)
                    self._modules[module] = os.path.relpath(path, directory)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def find(self, *candidates):
        """The first of these paths that exists, relative to the tree."""
        for candidate in candidates:
            if os.path.lexists(self.path(candidate)):
                return candidate
        raise TreeError(f"no {' or '.join(candidates)} in the packages that were unpacked")

    def modules(self, names):
        """Kernel module files, dependencies before what needs them; built-in ones are left out."""
        with open(self.path("lib/modules", self.kernel, "modules.builtin")) as listing:
            builtin = {os.path.basename(line.strip())[:-3].replace("-", "_") for line in listing}
        ordered = []

        def need(name):
            name = name.replace("-", "_")
            if name in builtin:
                return
            if name not in self._modules:
                raise TreeError(f"kernel {self.kernel} has no module {name}")
            path = self._modules[name]
            if path in ordered:
                return
            with open(self.path(path), "rb") as module:
                depends = re.search(rb"\0depends=([^\0]*)\0", module.read())
            for other in filter(None, depends.group(1).decode().split(",")):
                need(other)
            ordered.append(path)

        for name in names:
            need(name)
        return ordered

    def libraries(self, programs):
        """The shared libraries of these ELF files (paths on this machine), from the tree."""
        found = {}
        missing = set()
        todo = list(programs)
        while todo:
            names = needed(todo)
            todo = []
            for name in sorted(names - set(found) - missing):
                path = self.library(name)
                if path is None:
                    missing.add(name)
                    continue
                found[name] = path
                todo.append(self.path(path))
        if missing:
            raise TreeError("libraries that no unpacked package has: " + " ".join(sorted(missing)))
        return found

    def library(self, name):
        """Where a library of this name lies in the tree, or None."""
        for directory in LIBRARY_DIRS:
            path = os.path.join(directory, name)
            if os.path.exists(self.path(path)):
                return path
        return None


def needed(programs):
    """The names of libraries that these files ask the dynamic linker for; none for scripts."""
    elves = [path for path in programs if is_elf(path)]
    if not elves:
        return set()
    listing = subprocess.run(["objdump", "-p", *elves], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True).stdout
    return set(re.findall(r"^\s+NEEDED\s+(\S+)", listing, re.MULTILINE))


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"
