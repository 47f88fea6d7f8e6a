# SPDX-License-Identifier: GPL-2.0-or-later
"""How scripts/nested ends if it cannot do what it was called for."""
import sys

USAGE = 2  # an option is wrong
BROKEN = 3  # the machine fails
MISSING = 77  # this host lacks something


class Failure(Exception):
    """What is wrong and what to do, in one sentence, and the exit code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def say(message):
    print(message, file=sys.stderr, flush=True)
