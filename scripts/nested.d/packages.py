# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages of Debian or Ubuntu, downloaded and unpacked but never installed, so that any user can do it and the system
does not change."""
import glob
import os
import re
import shutil
import subprocess

import cache
from failure import MISSING, Failure, say


def run(command, **how):
    """Its exit code and output, with errors."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True, errors="replace", **how)
    return done.returncode, done.stdout


def has_apt():
    return all(shutil.which(each) for each in ("apt-get", "apt-cache", "dpkg-deb"))


def version_key(name):
    """Sorts names as `sort -V` does, well enough for numbers between other characters."""
    return [(1, int(each), "") if each.isdigit() else (0, 0, each) for each in re.split(r"(\d+)", name) if each]


def unpack(deb, into):
    code, said = run(["dpkg-deb", "-x", deb, into])
    if code:
        raise Failure(MISSING, f"cannot unpack {os.path.basename(deb)} into {into}; is there room? {said.strip()}")


def last_error(said):
    return next((each for each in reversed(said.splitlines()) if each.startswith("E:")), said.strip().rpartition("\n")[2])


class Packages:
    """What apt knows: from the system's own package lists, or from `sources`, a sources file of another release."""

    def __init__(self, sources=None):
        self.options = ["-q", "-o", "Debug::NoLocking=1"]
        self.names = None
        self.folder = ""  # of its own package lists; empty: the system's are used
        if sources:
            # Nothing counts as installed, so that a package comes with all that it depends on.
            own = os.path.join(cache.root(), "apt-" + os.path.basename(sources))
            os.makedirs(own, exist_ok=True)
            with open(os.path.join(own, "status"), "w", encoding="utf-8"):
                pass
            self.options += ["-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=-"]
            self.options += ["-o", f"Dir::State::Status={own}/status"]
            self.use_own_lists(own)

    def use_own_lists(self, folder):
        self.folder = folder
        for each in ("lists/partial", "archives/partial"):
            os.makedirs(os.path.join(folder, each), exist_ok=True)
        self.options += ["-o", f"Dir::State::Lists={folder}/lists", "-o", f"Dir::Cache={folder}", "-o", "APT::Sandbox::User="]

    def renew_lists(self):
        """The system's own lists may be absent or out of date, and only root can renew them."""
        if not self.folder:
            self.use_own_lists(os.path.join(cache.root(), "apt"))
        say("Fetching package lists")
        run(["apt-get", *self.options, "update"])
        self.names = None

    def newest(self, pattern):
        """The newest package whose whole name matches the regular expression, or None."""
        if self.names is None:
            done = subprocess.run(["apt-cache", *self.options, "pkgnames"], capture_output=True, check=False, text=True)
            self.names = done.stdout.split()
        return max(filter(re.compile(pattern).fullmatch, self.names), key=version_key, default=None)

    def need_lists(self, pattern):
        """Renews the lists unless they have such a package."""
        if not self.newest(pattern):
            self.renew_lists()

    def fetch(self, pattern, into, what):
        """Unpacks the newest such package into the folder, and returns its name."""
        problem = f"apt knows no package with {what}; try apt-get update"
        for attempt in ("with the lists at hand", "with new ones"):
            if attempt == "with new ones":
                self.renew_lists()
            package = self.newest(pattern)
            if not package:
                continue
            say(f"Downloading {package}")
            shutil.rmtree(into, ignore_errors=True)
            os.makedirs(into)
            code, said = run(["apt-get", *self.options, "download", package], cwd=into)
            if code == 0:
                for deb in glob.glob(os.path.join(into, "*.deb")):
                    unpack(deb, into)
                    os.remove(deb)
                return package
            problem = f"cannot download {package}: {last_error(said)}"
        raise Failure(MISSING, problem)

    def fetch_with_all_it_needs(self, packages, into):
        """Unpacks the packages and all that they depend on. Only with `sources`."""
        archives = self.folder + "/archives"
        command = ["apt-get", *self.options, "-y", "install", "--no-install-recommends", "--download-only", *packages]
        said = "apt knows none of them"
        for attempt in ("with the lists at hand", "with new ones"):
            if attempt == "with new ones":
                self.renew_lists()
            elif not self.newest(re.escape(packages[0])):
                continue
            say(f"Downloading {', '.join(packages)}")
            code, said = run(command)
            if code == 0:
                for deb in glob.glob(archives + "/*.deb"):
                    unpack(deb, into)
                shutil.rmtree(archives)
                return
        raise Failure(MISSING, f"cannot download {packages[0]}: {last_error(said)}")
