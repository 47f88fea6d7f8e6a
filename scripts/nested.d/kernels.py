# SPDX-License-Identifier: GPL-2.0-or-later
"""Where scripts/nested gets a kernel, its modules and a busybox from: the packages of Debian or Ubuntu; on another
distribution the host's own kernel and busybox."""
import glob
import gzip
import lzma
import os
import re
import shutil
import subprocess
import tempfile

import cache
from failure import MISSING, USAGE, Failure
from packages import Packages, has_apt

# These and what they depend on are kept of a kernel. Raise the format if this or anything else about its folder changes.
WANTED = ("kvm-amd", "kvm-intel", "virtio_pci", "virtio_console", "ata_piix", "sd_mod")
FORMAT = 2

PATTERN = r"([0-9]+\.[0-9]+|newest)(-[a-z]+)?"


def is_ubuntu():
    try:
        with open("/etc/os-release", encoding="utf-8") as file:
            return re.search(r'^ID="?ubuntu"?$', file.read(), re.MULTILINE) is not None
    except OSError:
        return False


# The flavour that boots in few seconds, and what Debian and Ubuntu call it.
SMALL_FLAVOUR, SUFFIX = ("generic", "") if is_ubuntu() else ("cloud", "-amd64")


def packages_of(series, flavour):
    """A regular expression for the packages; `series` is one, too. Debian's generic kernel has no flavour in its name."""
    flavour = "" if flavour == "generic" and SUFFIX else "-" + flavour
    return rf"linux-image-{series}\.[0-9]+([-+][0-9a-z+]+)?{flavour}{SUFFIX}"


class Kernels:
    """The kernels of this distribution's packages, each named SERIES-FLAVOUR."""

    def __init__(self):
        self.packages = Packages()

    def need_lists(self):
        if not has_apt():
            raise Failure(MISSING, "this system has no apt to get a kernel with; use --kernel host or a file")
        self.packages.need_lists("linux-image-.*")

    def newest(self, flavour):
        self.need_lists()
        package = self.packages.newest(packages_of(r"[0-9]+\.[0-9]+", flavour))
        if not package:
            raise Failure(MISSING, f"apt knows no kernel of flavour {flavour}; try apt-get update")
        return re.match(r"linux-image-([0-9]+\.[0-9]+)", package)[1] + "-" + flavour

    def tested(self):
        """What scripts/test runs on, the default first: two series that differ in their KVM, or else the newest."""
        if not has_apt():
            return ["host"]
        self.need_lists()
        found = []
        for each in ("6.1", "6.12"):
            name = each + "-cloud"
            if cache.has(f"{name}.{FORMAT}") or self.packages.newest(packages_of(re.escape(each), "cloud")):
                found.append(name)
        return found or [self.newest(SMALL_FLAVOUR)]

    def folder(self, name, modules, work):
        """The folder of the kernel that --kernel names, and its name: `vmlinuz` and, as modules/NAME.ko, its modules. A
        kernel that is a file is copied into the folder `work`."""
        name = name or self.tested()[0]
        series, _, flavour = name.partition("-")
        if series == "newest":
            name = self.newest(flavour or SMALL_FLAVOUR)
        elif re.fullmatch(r"[0-9.]+", name):
            name = f"{name}-{SMALL_FLAVOUR}"
        if name == "host":
            name, modules = find_host_kernel()
        if "/" not in name:
            return cache.cached(f"{name}.{FORMAT}", lambda into: self.fetch(name, into)), name
        if not modules:
            version = re.sub(r"^vmlinuz-", "", os.path.basename(name))
            modules = os.path.join(os.path.dirname(name), "../lib/modules", version)
        if not os.path.isdir(modules):
            raise Failure(USAGE, f"{modules}: no such folder; say with --modules where the kernel's modules are")
        into = os.path.join(work, "kernel")
        os.mkdir(into)
        copy_kernel(name, modules, into)
        return into, name

    def fetch(self, name, into):
        if not has_apt():
            raise Failure(MISSING, f"this system has no apt to get the kernel {name} with; use --kernel host or a file")
        series, _, flavour = name.rpartition("-")
        with tempfile.TemporaryDirectory() as work:
            kernel = os.path.join(work, "kernel")
            package = self.packages.fetch(packages_of(re.escape(series), flavour), kernel, f"a kernel {name}")
            release = package.removeprefix("linux-image-")
            # Ubuntu has the modules in a package of their own; Debian since Linux 7 also the kernel itself.
            for part in ("binary", "modules"):
                pattern = re.escape(f"linux-{part}-{release}")
                if self.packages.newest(pattern):
                    self.packages.fetch(pattern, os.path.join(work, part), f"the kernel's {part}")
                    shutil.copytree(os.path.join(work, part), kernel, dirs_exist_ok=True, symlinks=True)
            images = glob.glob(kernel + "/**/vmlinuz*", recursive=True)
            modules = glob.glob(f"{kernel}/**/lib/modules/{release}", recursive=True)
            if not images or not modules:
                raise Failure(MISSING, f"{package} has no kernel with modules")
            copy_kernel(images[0], modules[0], into)


def find_host_kernel():
    """The kernel that this host runs, and its modules."""
    release = os.uname().release
    modules = "/lib/modules/" + release
    for each in ("/boot/vmlinuz-" + release, modules + "/vmlinuz"):
        if os.access(each, os.R_OK) and os.path.isdir(modules):
            return each, modules
    raise Failure(
        MISSING, f"--kernel host: there is no kernel to read in /boot/vmlinuz-{release} or {modules}/vmlinuz, or no {modules}")


def copy_kernel(image, modules, into):
    try:
        shutil.copyfile(image, os.path.join(into, "vmlinuz"))
    except OSError as error:
        raise Failure(USAGE, f"--kernel {image}: {error.strerror}") from error
    os.mkdir(os.path.join(into, "modules"))
    files = {}
    for folder, _, names in os.walk(modules, followlinks=True):
        for each in names:
            if name := re.fullmatch(r"(.*)\.ko(\.(gz|xz|zst))?", each):
                files[name[1].replace("-", "_")] = os.path.join(folder, each)
    for each in WANTED:
        copy_module(each, files, os.path.join(into, "modules"))
    # What is built in has no file.
    try:
        shutil.copyfile(os.path.join(modules, "modules.builtin"), os.path.join(into, "builtin"))
    except OSError:
        pass


def copy_module(name, files, into):
    name = name.replace("-", "_")
    to = os.path.join(into, name + ".ko")
    if name not in files or os.path.exists(to):
        return
    with open(to, "wb") as file:
        file.write(without_signature(unpacked(files[name])))
    for each in information(to).get("depends", [""])[0].split(","):
        copy_module(each, files, into)


def unpacked(path):
    try:
        if path.endswith(".zst"):
            return subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
        opened = {"gz": gzip.open, "xz": lzma.open}.get(path.rpartition(".")[2], open)
        with opened(path, "rb") as file:
            return file.read()
    except (OSError, EOFError, lzma.LZMAError, subprocess.CalledProcessError) as error:
        raise Failure(MISSING, f"cannot unpack {path}: {error}") from error


def without_signature(module):
    """Linux checks a module's signature for seconds in an emulator, but takes a module that has none. A signature ends with
    its length in 4 bytes and this mark (scripts/sign-file.c)."""
    mark = b"~Module signature appended~\n"
    if not module.endswith(mark):
        return module
    end = len(module) - len(mark)
    described = 12  # bytes of struct module_signature
    return module[:end - described - int.from_bytes(module[end - 4:end], "big")]


def information(module):
    """What a module tells of itself, such as `depends` and `parm`: all values of each key."""
    with open(module, "rb") as file:
        text = file.read()
    found = {}
    for key, value in re.findall(rb"(?<=\0)(depends|parm)=([^\0]*)\0", b"\0" + text):
        found.setdefault(key.decode(), []).append(value.decode(errors="replace"))
    return found


def in_order(folder, wanted):
    """The files of these modules and of what they depend on, in the order of loading. What is built in has none."""
    order = []

    def add(name):
        path = os.path.join(folder, "modules", name.replace("-", "_") + ".ko")
        if not name or path in order or not os.path.exists(path):
            return
        for each in information(path).get("depends", [""])[0].split(","):
            add(each)
        order.append(path)

    for each in wanted:
        add(each)
    return order


def is_built_in(folder, name):
    try:
        with open(os.path.join(folder, "builtin"), encoding="utf-8") as file:
            return re.search("/" + re.sub("[-_]", "[-_]", name) + r"\.ko$", file.read(), re.MULTILINE) is not None
    except OSError:
        return False


def busybox():
    """A busybox that is linked statically."""

    def fill(into):
        with tempfile.TemporaryDirectory() as work:
            if has_apt():
                Packages().fetch("busybox-static", work, "busybox")
                found = [each for each in glob.glob(work + "/**/busybox", recursive=True) if os.access(each, os.X_OK) and
                         os.path.isfile(each) and open(each, "rb").read(4) == b"\x7fELF"]
                if not found:
                    raise Failure(MISSING, "the package busybox-static has no busybox")
            else:
                found = [shutil.which("busybox")]
                if not found[0]:
                    raise Failure(MISSING, "there is no busybox in the PATH; install one that is linked statically")
                if subprocess.run(["ldd", found[0]], capture_output=True, check=False).returncode == 0:
                    raise Failure(MISSING, f"{found[0]} needs libraries; install one that is linked statically")
            shutil.copy(found[0], os.path.join(into, "busybox"))

    return os.path.join(cache.cached("busybox", fill), "busybox")
