# SPDX-License-Identifier: GPL-2.0-or-later
"""Bochs, which emulates Intel's VMX, and AMD's SVM in another way than QEMU.

It takes Bochs 3.0: 2.7 never unmasks virtual NMIs at VM entry, and a single step under KVM may not move. Where the
distribution's is older, that of Debian 13 is unpacked with all that it needs, down to the C library."""
import glob
import os
import pty
import re
import shutil
import subprocess
import tempfile
import threading
import tty

import cache
from failure import BROKEN, MISSING, Failure
from machine import OWN_SESSION, Emulator
from packages import Packages, has_apt, run

RELEASE = "trixie"  # Debian's first with Bochs 3.0
PACKAGES = ("bochs", "bochs-term", "bochsbios", "vgabios", "isolinux", "syslinux-common", "xorriso")
FORMAT = 1
LIBRARIES = "usr/lib/x86_64-linux-gnu"

INSTRUCTIONS_PER_SECOND = 100_000_000

# Ports whose contents a disk takes, and Linux's address of the disk: channel, host, id, unit.
DISKS = {"out": ("ata0-slave", "0:0:1:0"), "err": ("ata1-master", "1:0:0:0"), "files": ("ata1-slave", "1:0:1:0")}
SECTOR, HEADS, SECTORS_PER_TRACK = 512, 16, 63
CYLINDER = SECTOR * HEADS * SECTORS_PER_TRACK
DISK_CYLINDERS = 16384  # 8 GB, of which the file has what is written


def sources():
    """A sources file for RELEASE, made from the system's own, in the cache. Raises Failure."""
    name = os.path.join(cache.root(), RELEASE + ".sources")
    texts = []
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*.sources")),
                 *sorted(glob.glob("/etc/apt/sources.list.d/*.list"))]:
        try:
            with open(path, encoding="utf-8") as file:
                texts.append((path, file.read()))
        except OSError:
            continue
    for path, text in texts:
        if path.endswith(".sources"):
            for each in re.split(r"\n\s*\n", text):
                lines = [line for line in each.splitlines() if not line.startswith("#")]
                fields = dict(re.findall(r"^([\w-]+):\s*(.*)$", "\n".join(lines), re.MULTILINE))
                if "/debian" in fields.get("URIs", "") and "main" in fields.get("Components", "").split() and \
                        "security" not in fields["URIs"]:
                    fields["Suites"] = RELEASE
                    return write_sources(name, "".join(f"{key}: {value}\n" for key, value in fields.items()))
        for each in re.findall(r"^deb\s+(\[[^]]*\]\s+)?(\S*/debian/?)\s+\S+\s+.*\bmain\b", text, re.MULTILINE):
            options = "".join(f"{key.title()}: {value}\n" for key, value in re.findall(r"(signed-by|trusted)=([^\s\]]+)", each[0]))
            return write_sources(name, f"Types: deb\nURIs: {each[1]}\nSuites: {RELEASE}\nComponents: main\n{options}")
    raise Failure(MISSING, f"Bochs 3.0 comes from Debian's release {RELEASE}, and apt has no source of Debian to get it from")


def write_sources(name, text):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(name), delete=False, encoding="utf-8") as file:
        file.write(text)
    os.rename(file.name, name)
    return name


class Bochs(Emulator):
    name = "Bochs"
    patience = 300
    channel = "disks"
    modules = ("ata_piix", "sd_mod")
    # ips/1000 kHz: Linux would believe CPUID's 3.5 GHz, and every timer would be 35 times too early.
    # The kernel's tests of its cryptography take 9 s there.
    parameters = (f"console=ttyS0,115200 panic=-1 tsc_early_khz={INSTRUCTIONS_PER_SECOND // 1000} tsc=reliable no_timer_check "
                  "nokaslr mitigations=off nox2apic cryptomgr.notests")
    models = {"intel": "corei7_haswell_4770", "amd": "ryzen"}

    def __init__(self):
        super().__init__()
        self.root = ""
        self.have = dict.fromkeys(DISKS, 0)

    def prepare(self, deps):
        if not has_apt():
            raise Failure(MISSING, "this system has no apt to get Bochs 3.0 with; run it on Debian, or take --vendor amd")
        self.root = cache.cached(f"bochs.{FORMAT}", lambda into: Packages(sources()).fetch_with_all_it_needs(PACKAGES, into))

    def inside(self, path):
        """A path of the unpacked packages."""
        return os.path.join(self.root, path)

    def program(self, name):
        """A program of the unpacked packages, with their libraries."""
        libraries = self.inside(LIBRARIES)
        return [self.inside("usr/lib64/ld-linux-x86-64.so.2"), "--library-path", f"{libraries}:{libraries}/pulseaudio",
                self.inside("usr/bin/" + name)]

    def make_boot_disk(self):
        """A disk with kernel and initramfs, and isolinux, which loads them. Of a disk the BIOS reads more at once than of a
        CD, and each read has its seek."""
        work, syslinux = self.machine.work, self.inside("usr/lib")
        files = os.path.join(work, "boot")
        os.mkdir(files)
        for each in ("ISOLINUX/isolinux.bin", "syslinux/modules/bios/ldlinux.c32"):
            shutil.copy(os.path.join(syslinux, each), files)
        os.symlink(os.path.abspath(os.path.join(self.machine.kernel_folder, "vmlinuz")), os.path.join(files, "vmlinuz"))
        os.rename(os.path.join(work, "initrd"), os.path.join(files, "initrd"))
        with open(os.path.join(files, "isolinux.cfg"), "w", encoding="utf-8") as file:
            file.write("default linux\nprompt 0\nlabel linux\n kernel /vmlinuz\n append initrd=/initrd " + self.machine.append + "\n")
        code, said = run([*self.program("xorriso"), "-as", "mkisofs", "-quiet", "-f", "-o", work + "/disk", "-b", "isolinux.bin",
                          "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "-isohybrid-mbr",
                          syslinux + "/ISOLINUX/isohdpfx.bin", files])
        if code:
            raise Failure(BROKEN, "cannot pack the machine's disk: " + said.strip().rpartition("\n")[2])
        cylinders = -(-os.path.getsize(work + "/disk") // CYLINDER)
        os.truncate(work + "/disk", cylinders * CYLINDER)
        shutil.rmtree(files)
        return cylinders

    def configuration(self, boot_cylinders, control):
        machine = self.machine
        disk = f"mode=flat, heads={HEADS}, spt={SECTORS_PER_TRACK}, cylinders="
        share = self.inside("usr/share/bochs")
        lines = [
            f"cpu: model={machine.cpu}, count={machine.smp}, ips={INSTRUCTIONS_PER_SECOND}, reset_on_triple_fault=0",
            "clock: sync=none, time0=1",
            f"memory: guest={machine.mebibytes}, host={machine.mebibytes}",
            f"romimage: file={share}/BIOS-bochs-latest",
            f"vgaromimage: file={share}/VGABIOS-lgpl-latest",
            "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14",
            "ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15",
            f"ata0-master: type=disk, path=disk, {disk}{boot_cylinders}",
            *(f"{place}: type=disk, path={port}, {disk}{DISK_CYLINDERS}" for port, (place, _) in DISKS.items()),
            "boot: disk",
            "com1: enabled=1, mode=file, dev=console",
            f"com2: enabled=1, mode=term, dev={control}",
            "display_library: term",
            "log: log",
            "panic: action=fatal",
            "error: action=report",
        ]
        return "".join(each + "\n" for each in lines)

    def start(self):
        work = self.machine.work
        for each in DISKS:
            with open(os.path.join(work, each), "wb") as file:
                file.truncate(DISK_CYLINDERS * CYLINDER)
        with open(os.path.join(work, "console"), "wb"):
            pass
        self.control, port = pty.openpty()
        self.commands = self.control
        tty.setraw(port)
        with open(os.path.join(work, "bochsrc"), "w", encoding="utf-8") as file:
            file.write(self.configuration(self.make_boot_disk(), os.ttyname(port)))
        with open(os.path.join(work, "rc"), "w", encoding="utf-8") as file:
            file.write("c\n")
        # Its screen, on which only the BIOS writes, is a terminal that nobody looks at.
        screen, terminal = pty.openpty()
        environment = dict(os.environ, BXSHARE=self.inside("usr/share/bochs"), TERM="vt100",
                           LTDL_LIBRARY_PATH=self.inside(LIBRARIES + "/bochs/plugins"), TERMINFO=self.inside("usr/share/terminfo"))
        self.process = subprocess.Popen([*OWN_SESSION, *self.program("bochs-bin"), "-q", "-f", "bochsrc", "-rc", "rc"],
                                        cwd=work, env=environment, stdin=terminal, stdout=terminal, stderr=terminal)
        os.close(terminal)
        threading.Thread(target=discard, args=(screen,), daemon=True).start()

    def told(self, line):
        """have OUT ERR FILES: that many bytes of each are on the disks."""
        words = line.split()
        if not words or words[0] != "have":
            return False
        for port, number in zip(DISKS, words[1:]):
            if number.isdigit():
                self.have[port] = max(self.have[port], int(number))
        return True

    def arrived(self, port):
        return self.have[port]

    def problem(self):
        """Its log has what it thinks of the machine; a panic is what ends it."""
        try:
            with open(os.path.join(self.machine.work, "log"), encoding="utf-8", errors="replace") as file:
                return next((each.partition(">>PANIC<<")[2].strip() for each in file if ">>PANIC<<" in each), "")
        except OSError:
            return ""


def discard(descriptor):
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:  # the terminal's other side is closed
        pass
