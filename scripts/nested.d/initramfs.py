# SPDX-License-Identifier: GPL-2.0-or-later
"""What the machine's first filesystem holds: init, modules, the program with its libraries, its command line, and the
caller's files."""
import os
import re
import shlex
import shutil
import subprocess

from failure import BROKEN, USAGE, Failure

HERE = os.path.dirname(os.path.abspath(__file__))


class Tree:
    """The filesystem, in a folder that is made anew."""

    def __init__(self, root, busybox):
        self.root = root
        self.busybox = busybox
        self.folders = set()
        for each in ("bin", "nested/files", "nested/program", "nested/modules"):
            os.makedirs(os.path.join(root, each))
        shutil.copy(os.path.join(HERE, "init"), os.path.join(root, "init"))
        shutil.copy(busybox, os.path.join(root, "bin/busybox"))
        os.symlink("busybox", os.path.join(root, "bin/sh"))

    def write(self, name, text):
        with open(os.path.join(self.root, "nested", name), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)

    def add_modules(self, files, parameters):
        """The modules in this order; `parameters` are by the module's name, with underscores."""
        lines = []
        for each in files:
            shutil.copy(each, os.path.join(self.root, "nested/modules"))
            name = os.path.basename(each)
            lines.append(" ".join([name, *parameters.get(name.removesuffix(".ko"), [])]))
        self.write("load", "".join(each + "\n" for each in lines))

    def add_program(self, path, to=None):
        """Copies it without symbols, which only take memory there, and with its libraries. A script is copied unchanged."""
        to = to or os.path.join(self.root, "nested/program", os.path.basename(path))
        stripped = shutil.which("strip") and subprocess.run(["strip", "-o", to, path], capture_output=True, check=False)
        if not stripped or stripped.returncode:
            shutil.copy(path, to)
        listed = subprocess.run(["ldd", path], capture_output=True, check=False, text=True, errors="replace").stdout
        for library in re.findall(r"/[^ \n]*", listed):
            inside = self.root + library
            os.makedirs(os.path.dirname(inside), exist_ok=True)
            shutil.copy(library, inside)

    def add_files(self, arguments, more):
        """The caller's folder, files and folders that the program's arguments name, and `more` of them. There are no
        symbolic links inside, so a path means exactly what it spells."""
        self._add(".")
        for argument in arguments:
            # FILE, --flag=FILE, --flag=KIND:FILE
            for path in {argument, argument.partition("=")[2] or argument, re.split("[=:]", argument)[-1]}:
                if path and "\n" not in path:
                    self._add(path)
        for path in more:
            inside = self._add(path)
            if os.path.isdir(path):
                shutil.copytree(path, inside, dirs_exist_ok=True)
            elif os.access(path, os.X_OK):
                self.add_program(path, inside)

    def _add(self, path):
        """Creates its folder inside and copies it if it is a file. Returns where it is inside."""
        full = os.path.normpath(os.path.join(os.getcwd(), path))
        inside = os.path.join(self.root, "nested/files") + full
        folder = full if os.path.isdir(path) else os.path.dirname(full)
        if os.path.isdir(folder):
            self.folders.add(folder)
            os.makedirs(os.path.join(self.root, "nested/files") + folder, exist_ok=True)
            if os.path.isfile(path):
                try:
                    shutil.copy(path, inside)
                except OSError as error:
                    raise Failure(USAGE, f"cannot read {path}") from error
        return inside

    def add_plan(self, program, arguments):
        """How the program is started, as a shell script whose first argument is the file for its process number."""
        lines = ['echo $$ >"$1"', f"umask {os.umask(0o077):04o}"]
        os.umask(int(lines[1].split()[1], 8))
        for name, value in sorted(os.environ.items()):
            if name.startswith(("NMISTORM_", "GTEST_")) and name.isidentifier():
                lines.append(f"export {name}={shlex.quote(value)}")
        lines.append("cd " + shlex.quote(os.getcwd()))
        lines.append("exec " + shlex.join(["/nested/program/" + os.path.basename(program), *arguments]))
        self.write("plan", "".join(each + "\n" for each in lines))
        self.write("folders", "".join(each + "\n" for each in sorted(self.folders)))

    def pack(self, to):
        """Writes the archive and removes the folder. Returns the archive's size in bytes."""
        names = []
        for folder, folders, files in os.walk(self.root):
            names += [os.path.relpath(os.path.join(folder, each), self.root) for each in folders + files]
        with open(to, "wb") as file:
            done = subprocess.run([self.busybox, "cpio", "-o", "-H", "newc", "-R", "0:0"], cwd=self.root, stdout=file,
                                  input=b"".join(os.fsencode(each) + b"\n" for each in names), stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise Failure(BROKEN, "cannot pack the machine's files: " + done.stderr.decode(errors="replace").strip())
        shutil.rmtree(self.root)
        return os.path.getsize(to)
