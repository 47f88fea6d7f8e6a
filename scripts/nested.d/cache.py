# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts/nested downloads once and keeps: kernels, a busybox, an emulator."""
import fcntl
import os
import shutil

from failure import MISSING, Failure


def root():
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "nmistorm", "kernels")


def has(name):
    return os.path.isdir(os.path.join(root(), name))


def cached(name, fill):
    """The folder `name`. If there is none, fill(FOLDER) makes its contents, completely or not at all."""
    into = os.path.join(root(), name)
    if os.path.isdir(into):
        return into
    try:
        os.makedirs(root(), exist_ok=True)
        lock = open(into + ".lock", "w", encoding="utf-8")
    except OSError as error:
        raise Failure(MISSING, f"cannot write to {root()}; set XDG_CACHE_HOME to a folder where you may") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(into):
            shutil.rmtree(into + ".new", ignore_errors=True)
            os.mkdir(into + ".new")
            fill(into + ".new")
            os.rename(into + ".new", into)
    return into
