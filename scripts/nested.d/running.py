# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that runs: its program's output as it comes, signals, and how it ends."""
import os
import select
import shutil
import signal
import stat
import subprocess
import threading
import time

from failure import BROKEN, MISSING, USAGE, Failure, say

INTERRUPTED = 130


class Interrupted(Exception):
    """The second signal, or one before the program runs."""


class Follower(threading.Thread):
    """Writes a port's file to a file descriptor as it grows, until it is told that no more comes."""

    def __init__(self, path, arrived, to):
        super().__init__(daemon=True)
        self.path, self.arrived, self.to = path, arrived, to
        self.complete = threading.Event()
        self.failed = False

    def run(self):
        with open(self.path, "rb", buffering=0) as file:
            done = 0
            while True:
                last = self.complete.is_set()
                while done < (until := self.arrived()):
                    part = file.read(min(until - done, 1 << 20))
                    if not part:
                        break
                    done += len(part)
                    self.write(part)
                if last:
                    return
                self.complete.wait(0.1)

    def write(self, part):
        view = memoryview(part)
        while view and not self.failed:
            try:
                view = view[os.write(self.to, view):]
            except BlockingIOError:
                select.select([], [self.to], [])
            except OSError:
                self.failed = True


class Run:
    """Starts the emulator's machine and waits for its end."""

    def __init__(self, emulator, patience):
        self.emulator = emulator
        self.patience = patience
        self.greeted = self.interrupted = False
        self.verdict = ""
        self.hangs = False
        self.died = 0

    def interrupt(self, number, _frame):
        """The first signal is passed to the program, which judges and reports its results. The second one ends the machine."""
        if not self.greeted or self.interrupted or self.verdict:
            raise Interrupted
        self.interrupted = True
        os.write(self.emulator.commands, b"INT\n" if number == signal.SIGINT else b"TERM\n")

    def to_the_end(self):
        emulator = self.emulator
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for each in signals:
            signal.signal(each, self.interrupt)
        emulator.start()
        followers = [Follower(os.path.join(emulator.machine.work, port), lambda port=port: emulator.arrived(port), to)
                     for port, to in (("out", 1), ("err", 2))]
        try:
            for each in followers:
                each.start()
            self.listen()
            # All output of the program has arrived by now, and a process that hangs would not end by itself.
            if self.verdict or self.hangs:
                emulator.process.kill()
            self.died = emulator.process.wait()
            for each in followers:
                each.complete.set()
            for each in followers:
                each.join()
        finally:
            for each in signals:
                signal.signal(each, signal.SIG_IGN)
            emulator.process.kill()
            emulator.process.wait()
        return "cannot write to stdout" if followers[0].failed else ""

    def listen(self):
        """Reads lines from the machine until it reports how the program ended."""
        heard, text = time.monotonic(), b""
        while not self.verdict:
            if not select.select([self.emulator.control], [], [], 0.5)[0]:
                self.hangs = time.monotonic() - heard >= self.patience
                if self.hangs or self.emulator.process.poll() is not None:
                    return
                continue
            try:
                part = os.read(self.emulator.control, 65536)
            except OSError:  # a terminal whose other side is closed
                part = b""
            if not part:
                return
            heard = time.monotonic()
            *lines, text = (text + part).split(b"\n")
            for each in lines:
                self.take(each.decode(errors="replace").strip())

    def take(self, line):
        if self.emulator.told(line) or self.verdict:
            return
        if line == "hello":
            self.greeted = True
        elif line.partition(" ")[0] in ("exit", "lacks", "failed", "rejects"):
            self.verdict = line

    def judge(self, unwritten, described):
        """The exit code of the program; raises Failure if there is none. `unwritten` is what could not be written,
        `described` the options that say what machine it was."""
        word, _, rest = self.verdict.partition(" ")
        if word == "exit" and rest.isdigit() and int(rest) < 256:
            if unwritten:
                raise Failure(BROKEN, unwritten)
            return int(rest)
        console = self.console()
        if console.strip():
            say("The end of the machine's console:")
            for each in console.splitlines()[-20:]:
                say("  " + each)
        running = " while the program ran" if self.greeted else ""
        if word == "lacks":
            raise Failure(MISSING, f"the machine {self.verdict} ({described})")
        if word == "rejects":
            raise Failure(USAGE, f"the machine {self.verdict}")
        if self.verdict:
            raise Failure(BROKEN, f"the machine {self.verdict}")
        if self.hangs:
            raise Failure(BROKEN, f"the machine hangs: it said nothing for {self.patience} seconds{running}")
        if problem := self.emulator.problem():
            raise Failure(BROKEN, f"{self.emulator.name} failed: {problem}")
        panic = next((each.partition("Kernel panic")[2].partition(": ")[2] for each in console.splitlines() if "Kernel panic" in each), None)
        if panic is not None:
            raise Failure(BROKEN, "the machine's kernel panicked: " + panic)
        if self.died < 0:
            raise Failure(BROKEN, f"{self.emulator.name} was killed by signal {-self.died}; is this host out of memory?")
        raise Failure(BROKEN, "the machine ended without a word" + running)

    def console(self):
        with open(os.path.join(self.emulator.machine.work, "console"), encoding="utf-8", errors="replace") as file:
            return file.read().replace("\r", "")


def give_back(emulator, busybox):
    """Copies the files of the machine's archive to their paths. Returns what could not be written, or an empty string."""
    work, size = emulator.machine.work, emulator.arrived("files")
    if not size:
        return ""
    sent = os.path.join(work, "sent")
    os.mkdir(sent)
    archive = os.path.join(work, "files")
    os.truncate(archive, size)
    with open(archive, "rb") as file:
        done = subprocess.run([busybox, "cpio", "-idm"], cwd=sent, stdin=file, capture_output=True, check=False)
    unwritten = "the machine's files came back damaged" if done.returncode else ""
    for folder, _, names in os.walk(sent):
        for each in names:
            path = os.path.join(folder, each)
            to = path[len(sent):]
            if stat.S_ISREG(os.lstat(path).st_mode) and not put(path, to):
                unwritten = f"cannot write {to}"
    return unwritten


def put(path, to):
    """Copies a file; a pipe, a device or a link keeps its type. Returns whether that went well."""
    try:
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if os.path.islink(to) or os.path.exists(to) and not os.path.isfile(to):
            with open(path, "rb") as source, open(to, "wb") as target:
                shutil.copyfileobj(source, target)
        else:
            new = f"{to}.{os.getpid()}.tmp"
            shutil.copy(path, new)
            os.replace(new, to)
    except OSError:
        return False
    return True
