# SPDX-License-Identifier: GPL-2.0-or-later
"""The nmistorm of this checkout."""
import os
import subprocess

from failure import BROKEN, Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = os.path.join(ROOT, "build/release/harness/nmistorm")


def build():
    """Brings it up to date; build() of scripts/lib.sh sees to it that nothing else is built."""
    script = 'source "$0/scripts/lib.sh"; "$root/scripts/deps" build && build release nmistorm'
    if subprocess.run(["bash", "-euo", "pipefail", "-c", script, ROOT], stdin=subprocess.DEVNULL, check=False).returncode:
        raise Failure(BROKEN, "nmistorm does not build")
