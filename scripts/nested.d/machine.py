# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine, and what an emulator does for it."""
import dataclasses

# An emulator gets no Ctrl-C of the terminal, which scripts/nested passes on, and does not outlive scripts/nested.
OWN_SESSION = ["setpriv", "--pdeathsig", "KILL", "setsid"]


@dataclasses.dataclass
class Machine:
    vendor: str  # amd or intel
    cpu: str  # the emulator's name of its model
    smp: int
    mebibytes: int
    kernel_name: str
    kernel_folder: str
    append: str  # the kernel's command line
    work: str  # a folder of its own, with `initrd`


class Emulator:
    """One that runs a machine. Its program and init talk over a control port in lines, and the program's output and its
    files come over three more ports: each grows in a file of the machine's folder.

    Attributes of a class: name; patience, in seconds; channel, which tells init where the ports are; modules, of the kernel, that it takes;
    parameters of the kernel; models, the CPU model by vendor. Of an object, once it is started: process, control (a file
    descriptor to read lines from) and commands (one to write to)."""

    def __init__(self):
        self.machine = None
        self.process = None
        self.control = self.commands = -1

    def prepare(self, deps):
        """Finds or gets the emulator; deps() installs it where the distribution has it. Raises Failure."""
        raise NotImplementedError

    def start(self):
        raise NotImplementedError

    def told(self, line):
        """Takes a line of the control port that is meant for it; returns whether it was."""
        return False

    def arrived(self, port):
        """How many bytes of the port's file came from the machine."""
        raise NotImplementedError

    def problem(self):
        """Its own last complaint, or an empty string."""
        raise NotImplementedError
