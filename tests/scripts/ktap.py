# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: ktap.py FILE...

A strict parser of KTAP version 1, as Documentation/dev-tools/ktap.rst of the kernel has it: what the document recommends is a must
here. It also refuses what it allows but kunit_parser.py of the kernel reads in another way than it was meant.
Prints the counts of each file; "-" is stdin.
"""
import collections
import re
import sys

Test = collections.namedtuple("Test", "name verdict subtests")  # verdict: pass, fail, error, skip

VERSION = "KTAP version 1"
INDENT = "  "
PLAN = re.compile(r"1\.\.([1-9][0-9]*)")
HEADER = re.compile(r"# Subtest: (.*)")
# A diagnostic has the name of what it is about, so that no text of anybody looks like something else.
DIAGNOSTIC = re.compile(r"# [^:]+:( .*)?")
RESULT = re.compile(r"(ok|not ok) ([1-9][0-9]*) ([^#]*[^# ])(?: # ([A-Z]+) (.*))?")
# Where the kernel's parser stops, wherever it is in a line.
ENDS = ("List of all partitions:", "Kernel panic - not syncing: VFS:", "reboot: System halted")


class Wrong(ValueError):
    """What is wrong, and in which line."""


class Lines:
    def __init__(self, text):
        self.number = 1
        self.depth = 0
        self.need(text.endswith("\n"), "the last line has no end")
        self.lines = text[:-1].split("\n")
        for self.number, line in enumerate(self.lines, 1):
            self.need(line, "an empty line")
            self.need(not re.search("[\x00-\x1f\x7f]", line), f"a control character: {line!r}")
            self.need(not any(end in line for end in ENDS), f"the kernel's parser would stop here: {line}")
        self.number = 1

    def need(self, holds, what):
        if not holds:
            raise Wrong(f"line {self.number}: {what}")

    def over(self):
        return self.number > len(self.lines)

    def peek(self):
        """The next line without the indent of this depth; nothing if it is less deep, or the end."""
        line = "" if self.over() else self.lines[self.number - 1]
        indent = INDENT * self.depth
        return line[len(indent):] if line.startswith(indent) else ""

    def take(self):
        line = self.peek()
        self.need(line and not line.startswith(" "), f"a line at depth {self.depth} is missing")
        self.number += 1
        return line

    def skip_diagnostics(self):
        while self.peek().startswith("#"):
            self.need(DIAGNOSTIC.fullmatch(self.peek()), f"of what is this: {self.peek()}")
            self.need(not HEADER.match(self.peek()), "a header of subtests, but not where they begin")
            self.take()


def parse_result(lines, number, subtests, header):
    line = lines.peek()
    match = RESULT.fullmatch(line)
    lines.need(match, f"no result: {line}")
    lines.take()
    ok, has_number, name, directive, why = match.groups()
    lines.need(int(has_number) == number, f"not number {number}: {line}")
    lines.need(not name.startswith(("- ", " ")), f"its name would lose its begin: {line}")
    lines.need(directive in (None, "SKIP", "ERROR"), f"unknown directive: {line}")
    lines.need(directive is None or why.strip(), f"no reason: {line}")
    lines.need("#" not in (why or ""), f"a reason that may be a directive: {line}")
    lines.need(directive != "SKIP" or ok == "ok", f"a skipped test that is not ok: {line}")
    lines.need(directive != "ERROR" or ok == "not ok", f"an error that is ok: {line}")
    verdict = {"SKIP": "skip", "ERROR": "error"}.get(directive, "pass" if ok == "ok" else "fail")
    if subtests is not None:
        lines.need(name == header, f"{line} ends the subtests of {header}")
        verdicts = {each.verdict for each in subtests}
        lines.need((ok == "ok") == (not verdicts & {"fail", "error"}), f"not as its subtests: {line}")
        lines.need((verdict == "skip") == (verdicts == {"skip"}), f"not as its subtests: {line}")
    return Test(name, verdict, subtests)


def parse_tests(lines, parent=None):
    """The results up to the last of the plan."""
    plan = PLAN.fullmatch(lines.peek())
    lines.need(plan, f"no plan: {lines.peek()}")
    lines.take()
    tests = []
    for number in range(1, int(plan.group(1)) + 1):
        lines.skip_diagnostics()
        subtests, header = None, None
        if lines.peek().startswith(INDENT):
            header, subtests = parse_subtests(lines)
        lines.skip_diagnostics()
        test = parse_result(lines, number, subtests, header)
        lines.need(test.name not in [other.name for other in tests], f"{test.name} is there twice")
        lines.need(test.name != parent, f"{parent} would end with its subtest of this name")
        tests.append(test)
    return tests


def parse_subtests(lines):
    lines.depth += 1
    lines.need(lines.take() == VERSION, "subtests without a version line")
    header = HEADER.fullmatch(lines.take())
    lines.need(header and header.group(1), "subtests without a name")
    tests = parse_tests(lines, header.group(1))
    lines.depth -= 1
    return header.group(1), tests


def parse(text):
    """The tests of a file, each with its subtests or None. Throws Wrong."""
    lines = Lines(text)
    lines.need(lines.take() == VERSION, "no version line")
    lines.skip_diagnostics()
    tests = parse_tests(lines)
    lines.skip_diagnostics()
    lines.need(lines.over(), "lines after the last result")
    return tests


def leaves(tests):
    for test in tests:
        yield from [test] if test.subtests is None else leaves(test.subtests)


def main():
    for path in sys.argv[1:]:
        try:
            text = sys.stdin.read() if path == "-" else open(path, encoding="utf-8").read()
            print(dict(collections.Counter(test.verdict for test in leaves(parse(text)))))
        except Wrong as wrong:
            sys.exit(f"{path}: {wrong}")


if __name__ == "__main__":
    main()
