# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU, which emulates AMD's SVM."""
import os
import shutil
import subprocess

from failure import MISSING, Failure
from machine import OWN_SESSION, Emulator


class Qemu(Emulator):
    name = "QEMU"
    patience = 90
    channel = "virtio"
    modules = ("virtio_pci", "virtio_console")
    parameters = "console=ttyS0 panic=-1"
    models = {"amd": "max"}

    def prepare(self, deps):
        if not shutil.which("qemu-system-x86_64"):
            deps()
            if not shutil.which("qemu-system-x86_64"):
                raise Failure(MISSING, "there is no qemu-system-x86_64 in the PATH")

    def command(self):
        machine, cpu, more = self.machine, self.machine.cpu, []
        # KVM of an RT kernel needs a constant TSC. QEMU 7.2 does not let TCG's CPUs report one. Linux assumes one on
        # VMware, and it recognises VMware by the backdoor port, which QEMU emulates.
        if "-rt" in machine.kernel_name:
            cpu += ",-hypervisor"
            more = ["-machine", "vmport=on", "-smbios", "type=1,serial=VMware"]
        # Ports go to files rather than pipes: QEMU never waits for a slow reader, and a reader that ends loses nothing.
        # ioeventfd=off: the machine's output is in the file before its next instruction.
        # thread=single: with a thread for each CPU, TCG's SVM (QEMU 7.2) now and then loses the state of a guest or hangs
        # the machine, and on a busy host it is slower, since emulated CPUs wait for locks of one that is not running.
        command = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-machine", "q35", "-accel", "tcg,thread=single", "-cpu", cpu, "-smp", str(machine.smp),
            "-m", f"{machine.mebibytes}M", *more,
            "-kernel", os.path.join(machine.kernel_folder, "vmlinuz"), "-initrd", "initrd", "-append", machine.append,
            "-chardev", "file,id=console,path=console", "-serial", "chardev:console",
            "-device", "virtio-serial-pci,ioeventfd=off",
            "-chardev", "stdio,id=control,signal=off", "-device", "virtserialport,chardev=control,nr=1",
        ]
        for number, port in ((2, "out"), (3, "err"), (4, "files")):
            command += ["-chardev", f"file,id={port},path={port},append=on", "-device", f"virtserialport,chardev={port},nr={number}"]
        return command

    def start(self):
        for each in ("out", "err", "files", "console"):
            with open(os.path.join(self.machine.work, each), "wb"):
                pass
        with open(os.path.join(self.machine.work, "log"), "wb") as log:
            self.process = subprocess.Popen(
                OWN_SESSION + self.command(), cwd=self.machine.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.control = self.process.stdout.fileno()
        self.commands = self.process.stdin.fileno()

    def arrived(self, port):
        return os.path.getsize(os.path.join(self.machine.work, port))

    def problem(self):
        with open(os.path.join(self.machine.work, "log"), encoding="utf-8", errors="replace") as file:
            return file.read().strip().rpartition("\n")[2]
