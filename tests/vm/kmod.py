"""Kernel modules that Debian's kernel lacks or has without a feature, built out of its own sources.

Nothing is installed on the building machine: headers, the kernel's build tools and its sources are unpacked below
build/vm and only the directories that are wanted are taken out of them.
"""

import glob
import os
import shutil
import subprocess

import tree

HERE = os.path.dirname(os.path.abspath(__file__))

# name: (directory in the kernel's sources, its files (None: all), definitions). A file modules/NAME.c belongs to it, too.
RECIPES = {
    # be-alloc and dma-bufs of guests' pages: CONFIG_XEN_GNTDEV_DMABUF is not set in Debian's kernel.
    "xen-gntdev": ("drivers/xen", ("gntdev.c", "gntdev-dmabuf.c", "gntdev-common.h", "gntdev-dmabuf.h"),
                   ("CONFIG_XEN_GNTDEV_DMABUF=1", "CONFIG_XEN_GRANT_DMA_ALLOC=1")),
    # Not in Debian's kernel at all.
    "vkms": ("drivers/gpu/drm/vkms", None, ()),
}


def packages(kernel):
    """What has to be unpacked for a kernel of this name."""
    series = ".".join(kernel.split(".")[:2])
    common = kernel.removesuffix("-amd64") + "-common"
    return f"linux-headers-{kernel}", f"linux-headers-{common}", f"linux-kbuild-{series}", f"linux-source-{series}"


def change(path, old, new):
    with open(path) as file:
        text = file.read()
    if old not in text:
        raise tree.TreeError(f"{path} has no {old!r} any more")
    with open(path, "w") as file:
        file.write(text.replace(old, new))


def unpack(directory, kernel):
    """Headers and sources below directory, without what they depend on: this machine has a compiler."""
    partial = directory + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(partial)
    subprocess.run(["apt-get", "download", "-o", "APT::Sandbox::User=root", *packages(kernel)], cwd=partial, check=True,
                   stdout=subprocess.DEVNULL)
    for package in glob.glob(partial + "/*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, partial], check=True)
        os.unlink(package)
    (archive,) = glob.glob(partial + "/usr/src/linux-source-*.tar.xz")
    wanted = sorted({recipe[0] for recipe in RECIPES.values()})
    top = os.path.basename(archive).removesuffix(".tar.xz")
    subprocess.run(["tar", "-xJf", archive, "-C", partial, *(f"{top}/{name}" for name in wanted)], check=True)
    os.rename(os.path.join(partial, top), os.path.join(partial, "source"))
    os.unlink(archive)
    # The only absolute path in there.
    change(os.path.join(partial, "usr/src", f"linux-headers-{kernel}", "Makefile"), "/usr/src/",
           os.path.join(directory, "usr/src/"))
    os.rename(partial, directory)


def compile_module(target, name, headers, kernel):
    """One module to the file target."""
    folder, files, definitions = RECIPES[name]
    place = target + ".build"
    source = os.path.join(headers, "source", folder)
    own = os.path.join(HERE, "modules", name + ".c")
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    for path in [os.path.join(source, file) for file in files or sorted(os.listdir(source))]:
        shutil.copy(path, place)
    if os.path.exists(own):
        shutil.copy(own, os.path.join(place, "ours.c"))
    objects = " ".join(sorted(file[:-2] + ".o" for file in os.listdir(place) if file.endswith(".c")))
    with open(os.path.join(place, "Makefile"), "w") as file:
        file.write(f"obj-m := {name}.o\n{name}-y := {objects}\n"
                   f"ccflags-y := {' '.join('-D' + item for item in definitions)}\n")
    compiler = shutil.which("gcc-12") or "gcc"
    result = subprocess.run(["make", "-C", os.path.join(headers, "usr/src", f"linux-headers-{kernel}"), "M=" + place,
                             "CC=" + compiler, "modules"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise tree.TreeError(f"{name}.ko does not compile:\n{result.stdout[-3000:]}")
    shutil.copy(os.path.join(place, name + ".ko"), target)


def build(names, directory, kernel, cached, digest):
    """{name of a module: file}. cached and digest are image.py's."""
    headers = os.path.join(directory, "kernel")
    stamp = digest(kernel, *packages(kernel), __file__)
    modules = {}
    for name in names:
        target = os.path.join(directory, name + ".ko")
        own = os.path.join(HERE, "modules", name + ".c")

        def produce(path, name=name):
            cached(headers, stamp, lambda place: unpack(place, kernel))
            compile_module(path, name, headers, kernel)

        modules[name] = cached(target, digest(stamp, own), produce)
    return modules
