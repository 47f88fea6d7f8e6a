# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: scripts/nested [OPTION...] [ARG...]

Runs `nmistorm ARG...` on the KVM of a kernel inside an emulator: kvm_amd in QEMU, which emulates AMD's SVM, or kvm_intel in
Bochs, which emulates Intel's VMX. It behaves like the command itself in output, exit code, files and Ctrl-C. It needs no
/dev/kvm. Options come first:
  --vendor amd|intel       whose CPU, amd if not given
  --emulator qemu|bochs    qemu for amd and bochs for intel if not given; bochs has both
  --kernel SERIES-FLAVOUR  one of Debian's: 6.1-cloud, 6.1-generic, 6.1-rt, 6.12-cloud (or 6.12), ..., or of Ubuntu's:
                           6.8-generic, ...; newest-FLAVOUR (or newest) is the newest. The default is 6.1-cloud, or the
                           newest where that is not to be had
  --kernel host            the kernel that this host runs
  --kernel VMLINUZ         a file, with --modules DIR if its modules are not in ../lib/modules/VERSION
  --list-kernels           only says which kernels scripts/test runs on here, the default first; gets the emulator, too
  --module NAME.PARAM=VAL  a parameter of a kernel module, like kvm-intel.vnmi=0; more than once for more
  --cpu MODEL              the emulator's CPU model, which needs SVM or VMX; QEMU's max, Bochs' corei7_haswell_4770 or ryzen
                           if not given
  --smp N, --memory SIZE   2 CPUs and 1G of memory if not given
  --exec FILE              runs this executable instead of nmistorm
  --with PATH              brings this file or folder along, a program with its libraries; files that ARG names come by
                           themselves
  --console FILE           keeps the kernel's console output
  --patience SECONDS       how long the machine may send nothing, 90 if not given, 300 with bochs; it sends every other
                           second
Files written in the current folder, or in one that ARG names, come back when the program ends. Of the environment it sees
NMISTORM_* and GTEST_*, and its stdin is empty.
Exit code: the program's; 2 if an OPTION is wrong; 77 if something is missing; 3 if the machine fails.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import kernels
import program
from bochs import Bochs
from failure import MISSING, USAGE, Failure, say
from initramfs import Tree
from machine import Machine
from qemu import Qemu
from running import INTERRUPTED, Interrupted, Run, give_back

EMULATORS = {"qemu": Qemu, "bochs": Bochs}
VALUES = {  # of each option: what it may be, in words, and as a regular expression
    "vendor": ("amd or intel", "amd|intel"),
    "emulator": ("qemu or bochs", "qemu|bochs"),
    "kernel": ("a series and a flavour like 6.1-cloud, newest, host, or a path", f"host|{kernels.PATTERN}|.*/.*"),
    "modules": ("a folder", ".+"),
    "module": ("a parameter of a kernel module like kvm-intel.vnmi=0", r"[\w-]+\.\w+=[\w.,:+-]+"),
    "cpu": ("a CPU model", r"[\w.,=+-]+"),
    "smp": ("a number of CPUs", "[1-9][0-9]{0,2}"),
    "memory": ("a size like 512M or 2G", "[1-9][0-9]{0,5}[MG]"),
    "exec": ("an executable", ".+"),
    "with": ("a file or folder", ".+"),
    "console": ("a file", ".+"),
    "patience": ("whole seconds", "[1-9][0-9]{0,6}"),
}
SEVERAL = ("with", "module")
# They have a progress line.
RUNS = ("storm", "explore", "replay", "matrix", "bench", "conform")


def parse(words):
    """The options, by name, and the program's arguments. Raises Failure."""
    options = {each: [] for each in SEVERAL}
    words = list(words)
    while words:
        name, equals, value = words[0].removeprefix("--").partition("=")
        if words[0] in ("--list-kernels", "--help"):
            options[words.pop(0)[2:]] = True
            continue
        if words[0] == "--":
            return options, words[1:]
        if not words[0].startswith("--") or name not in VALUES:
            break
        words.pop(0)
        if not equals:
            if not words:
                raise Failure(USAGE, f"--{name} needs a value; see scripts/nested --help")
            value = words.pop(0)
        what, pattern = VALUES[name]
        if not re.fullmatch(pattern, value, re.DOTALL):
            raise Failure(USAGE, f"--{name} takes {what}, not '{value}'")
        if name in SEVERAL:
            options[name].append(value)
        else:
            options[name] = value
    return options, words


def check_paths(options):
    kernel, executable = options.get("kernel", ""), options.get("exec")
    if "/" in kernel and not (os.path.isfile(kernel) and os.access(kernel, os.R_OK)):
        raise Failure(USAGE, f"--kernel {kernel}: no such file")
    if executable and not (os.path.isfile(executable) and os.access(executable, os.X_OK)):
        raise Failure(USAGE, f"--exec {executable}: no such executable")
    for each in options["with"]:
        if not os.access(each, os.R_OK):
            raise Failure(USAGE, f"--with {each}: no such file or folder")


def check_targets(arguments):
    """Files in the machine's own filesystems would not come back."""
    for each in arguments:
        path = os.path.normpath(os.path.join(os.getcwd(), re.split("=", each, maxsplit=1)[-1]))
        if re.match(r"/(proc|sys|dev)/", path) and path not in ("/dev/stdout", "/dev/stderr", "/dev/null") and \
                not re.match("/dev/(fd|shm|pts)/", path) and ("/" in each):
            raise Failure(USAGE, f"{path}: the machine has a {path.split('/')[1]} of its own; name another file")


def memory_of(options):
    """In MiB. Raises Failure unless the machine can boot in it and this host has it."""
    size = options.get("memory", "1G")
    mebibytes = int(size[:-1]) * (1024 if size.endswith("G") else 1)
    if mebibytes < 256:
        raise Failure(USAGE, f"--memory {size} is too little to boot in; give it 256M or more")
    with open("/proc/meminfo", encoding="utf-8") as file:
        available = int(re.search(r"^MemAvailable: +(\d+)", file.read(), re.MULTILINE)[1]) // 1024
    if mebibytes > available:
        raise Failure(MISSING, f"not enough memory: --memory {size}, but this host has only {available}M left")
    return mebibytes


def emulator_of(options):
    vendor = options.get("vendor", "amd")
    name = options.get("emulator", "qemu" if vendor == "amd" else "bochs")
    if vendor not in EMULATORS[name].models:
        raise Failure(USAGE, f"QEMU emulates no VMX: --vendor {vendor} takes --emulator bochs")
    return EMULATORS[name](), vendor


def parameters_of(options, folder):
    """The parameters of each module, by its name with underscores. Raises Failure if the kernel's module has no such one."""
    parameters = {}
    for each in options["module"]:
        module, _, setting = each.partition(".")
        module = module.replace("-", "_")
        path = os.path.join(folder, "modules", module + ".ko")
        if os.path.exists(path):
            known = sorted(value.partition(":")[0] for value in kernels.information(path).get("parm", []))
            if setting.partition("=")[0] not in known:
                raise Failure(USAGE, f"--module {each}: this kernel's {module} has only {', '.join(known) or 'no parameter'}")
        elif not kernels.is_built_in(folder, module):
            raise Failure(USAGE, f"--module {each}: the machine loads no module {module}")
        parameters.setdefault(module, []).append(setting)
    return parameters


def add_progress(arguments):
    """The program cannot see from inside whether there is a terminal."""
    flags = {each.partition("=")[0] for each in arguments}
    if sys.stderr.isatty() and arguments and arguments[0] in RUNS and not flags & {"--progress", "--quiet", "--config"}:
        arguments += ["--progress", "always"]


def deps():
    if subprocess.run([os.path.join(program.ROOT, "scripts/deps"), "nested"], check=False).returncode:
        raise Failure(MISSING, "the emulator cannot be installed")


def machine_for(options, emulator, vendor, mebibytes, work):
    """The machine, and the files of the modules that it loads, with their parameters."""
    folder, kernel_name = kernels.Kernels().folder(options.get("kernel", ""), options.get("modules"), work)
    kvm = "kvm-" + vendor
    modules = kernels.in_order(folder, [*emulator.modules, kvm])
    if not any(each.endswith(kvm.replace("-", "_") + ".ko") for each in modules) and not kernels.is_built_in(folder, kvm):
        raise Failure(MISSING, f"the kernel {kernel_name} has no {kvm}; say with --modules where its modules are")
    parameters = parameters_of(options, folder)
    append = " ".join([emulator.parameters, *(f"{name}.{each}" for name, settings in parameters.items() for each in settings)])
    machine = Machine(vendor, options.get("cpu", emulator.models[vendor]), int(options.get("smp", 2)), mebibytes, kernel_name,
                      folder, append, work)
    return machine, modules, parameters


def described(options, machine):
    """The options that say what machine it is."""
    words = ["--vendor", machine.vendor, "--kernel", machine.kernel_name, "--cpu", machine.cpu]
    for each in options["module"]:
        words += ["--module", each]
    return " ".join(words)


def run(options, arguments, work):
    """Returns the exit code. Raises Failure, or Interrupted."""
    check_paths(options)
    mebibytes = memory_of(options)
    emulator, vendor = emulator_of(options)
    check_targets(arguments)
    emulator.prepare(deps)
    executable = options.get("exec")
    if not executable:
        program.build()
        executable = program.PATH
        add_progress(arguments)
    busybox = kernels.busybox()
    machine, modules, parameters = machine_for(options, emulator, vendor, mebibytes, work)
    emulator.machine = machine
    tree = Tree(os.path.join(work, "tree"), busybox)
    tree.write("channel", emulator.channel + "\n")
    tree.add_modules(modules, parameters)
    tree.add_program(executable)
    tree.add_files(arguments, options["with"])
    tree.add_plan(executable, arguments)
    # The kernel briefly holds them both packed and unpacked, and the caller's files once more.
    if tree.pack(os.path.join(work, "initrd")) * 3 > (machine.mebibytes - 128) << 20:
        raise Failure(USAGE, f"--memory {options.get('memory', '1G')} is too little for the program and its files; give it more")
    running = Run(emulator, int(options.get("patience", emulator.patience)))
    unwritten = running.to_the_end()
    if options.get("console"):
        try:
            shutil.copy(os.path.join(work, "console"), options["console"])
        except OSError:
            unwritten = f"cannot write {options['console']}"
    unwritten = give_back(emulator, busybox) or unwritten
    return running.judge(unwritten, described(options, machine))


def main(words):
    try:
        options, arguments = parse(words)
        if options.get("help"):
            print(__doc__.strip())
            return 0
        if options.get("list-kernels"):
            emulator_of(options)[0].prepare(deps)
            print("\n".join(kernels.Kernels().tested()))
            return 0
        signal.signal(signal.SIGTERM, interrupt)
        signal.signal(signal.SIGHUP, interrupt)
        signal.signal(signal.SIGINT, interrupt)
        with tempfile.TemporaryDirectory(prefix="nmistorm-nested.") as work:
            return run(options, arguments, work)
    except Failure as failure:
        say(f"nested: {failure}")
        return failure.code
    except Interrupted:
        return INTERRUPTED


def interrupt(_number, _frame):
    raise Interrupted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
