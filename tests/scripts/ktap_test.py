#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: ktap_test.py

Breaks each rule of ktap.py once, which must then refuse the text.
"""
import sys

sys.dont_write_bytecode = True  # nothing appears among the sources
import ktap  # noqa: E402

good = """KTAP version 1
# result: violation
1..2
  KTAP version 1
  # Subtest: x86_64
  1..4
  ok 1 count
  # publish: a reason
  # publish:
  not ok 2 publish
  ok 3 reclaim # SKIP not here
  not ok 4 coverage # ERROR no swap
not ok 1 x86_64
  KTAP version 1
  # Subtest: none
  1..1
  ok 1 all - of it # SKIP not here
ok 2 none # SKIP all of it
# nmistorm: to repeat it
"""
# what is replaced, by what, and what is wrong then
broken = [
    ("KTAP version 1\n#", "KTAP version 2\n#", "no version line"),
    ("KTAP version 1\n#", "TAP version 14\n#", "no version line"),
    ("KTAP version 1\n#", "[ 1.0] KTAP version 1\n#", "no version line"),
    ("1..2\n", "", "no plan"),
    ("1..2", "1..3", "no result"),
    ("1..2", "1..1", "lines after the last result"),
    ("1..2", "1..0", "no plan"),
    ("1..2", "2..2", "no plan"),
    ("  KTAP version 1\n  # Subtest: none\n", "  # Subtest: none\n", "subtests without a version line"),
    ("  # Subtest: none\n", "", "subtests without a name"),
    ("  # Subtest: none\n", "  # Subtest: \n", "subtests without a name"),
    ("  1..4\n", "", "no plan"),
    ("  1..4", "  1..3", "no result"),
    ("  1..4", "  1..5", "no result"),
    ("  ok 1 count", "\tok 1 count", "a control character"),
    ("  ok 1 count", "   ok 1 count", "no result"),
    ("  ok 1 count", "    ok 1 count", "subtests without a version line"),
    ("  ok 1 count", "ok 1 count", "no result"),
    ("  ok 1 count", "  ok 2 count", "not number 1"),
    ("  ok 1 count", "  ok count", "no result"),
    ("  ok 1 count", "  ok 1", "no result"),
    ("  ok 1 count", "  ok 1 - count", "would lose its begin"),
    ("  ok 1 count", "  ok 1 co#unt", "no result"),
    ("  ok 1 count", "  ok 1 publish", "is there twice"),
    ("  ok 1 count", "  ok 1 x86_64", "would end with its subtest of this name"),
    ("  ok 1 count", "  pass 1 count", "no result"),
    ("  ok 1 count", "  ok 1 count # TODO later", "unknown directive"),
    ("  ok 1 count", "  a line of text\n  ok 1 count", "no result"),
    ("  ok 1 count", "\n  ok 1 count", "an empty line"),
    ("# publish: a reason", "# a reason", "of what is this"),
    ("# publish: a reason", "#publish: a reason", "of what is this"),
    ("# publish: a reason", "# Subtest: publish", "a header of subtests"),
    ("# publish: a reason", "# publish: reboot: System halted", "would stop here"),
    ("# publish: a reason", "# publish: \x1b[31mred", "a control character"),
    ("SKIP not here\n  not ok 4", "SKIP\n  not ok 4", "no result"),
    ("SKIP not here\n  not ok 4", "SKIP  \n  not ok 4", "no reason"),
    ("  ok 3 reclaim # SKIP", "  not ok 3 reclaim # SKIP", "a skipped test that is not ok"),
    ("not ok 4 coverage", "ok 4 coverage", "an error that is ok"),
    ("ERROR no swap", "ERROR no swap # SKIP it", "may be a directive"),
    ("not ok 1 x86_64", "ok 1 x86_64", "not as its subtests"),
    ("not ok 1 x86_64", "not ok 1 i386", "ends the subtests of x86_64"),
    ("ok 2 none # SKIP all of it", "ok 2 none", "not as its subtests"),
    ("repeat it\n", "repeat it", "the last line has no end"),
]


def main():
    verdicts = [test.verdict for test in ktap.leaves(ktap.parse(good))]
    if verdicts != ["pass", "fail", "skip", "error", "skip"]:
        sys.exit(f"it read {verdicts}")
    for old, new, expected in broken:
        if good.count(old) != 1:
            sys.exit(f"{old!r} is not once in the text")
        try:
            ktap.parse(good.replace(old, new))
        except ktap.Wrong as wrong:
            if expected not in str(wrong):
                sys.exit(f"{new!r}: {wrong}, but not: {expected}")
        else:
            sys.exit(f"{new!r} was accepted")


if __name__ == "__main__":
    main()
