#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: tests/scripts/manual_test.py SOURCE_DIR PROGRAM

The manual pages and completions that scripts/manual makes name every flag of each command's --help, and no other. Shells
complete as they should, and no page has a mistake that man or mandoc warns of."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

source, program = pathlib.Path(sys.argv[1]), sys.argv[2]
failures = []


def run(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def output(*words, **more):
    done = run(*map(str, words), **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def expect(held, text):
    if not held:
        failures.append(text)


def expect_equal(got, wanted, what):
    expect(not wanted - got, f"{what} lack {' '.join(sorted(wanted - got))}")
    expect(not got - wanted, f"{what} have {' '.join(sorted(got - wanted))}, too")


def flags_of_help(command):
    """The long flags that --help lists, as a user sees them."""
    rows = re.findall(r"^  (-[^ ]*)", output(program, *command, "--help"), re.MULTILINE)
    return {name for row in rows for name in row.split(",") if name.startswith("--")}


def flags_of_page(text):
    """The long flags that the section OPTIONS of a page defines."""
    options = re.search(r"^OPTIONS\n(.*?)^[A-Z]", text, re.MULTILINE | re.DOTALL).group(1)
    return set(re.findall(r"^ {4,8}(?:-\w, )?(--[a-z-]+)", options, re.MULTILINE))


def bash_completes(file, line):
    script = 'source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; _nmistorm; printf "%s\\n" "${COMPREPLY[@]}"'
    return set(output("bash", "-euc", script, "bash", file, line).split("\n")) - {""}


def fish_completes(file, line):
    rows = output("fish", "--no-config", "-c", 'source $argv[1]; complete -C $argv[2]', file, line).splitlines()
    return {row.split("\t")[0] for row in rows}


def check_pages(folder, commands):
    for command in [[]] + [[name] for name in commands]:
        name = "-".join(["nmistorm", *command])
        page = folder / f"man/{name}.1"
        shown = run("man", "--warnings", "-l", page, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "200"})
        expect(shown.returncode == 0 and "warning" not in shown.stdout, f"man {name}: {shown.stdout}")
        # scdoc writes paragraphs that are empty, which means nothing.
        linted = run("mandoc", "-Tlint", "-Wwarning", page).stdout.splitlines()
        linted = [line for line in linted if "skipping paragraph macro: PP" not in line]
        expect(not linted, "\n".join(linted))
        expect_equal(flags_of_page(shown.stdout), flags_of_help(command), f"flags of the page {name}")
        for section in ["NAME", "SYNOPSIS", "EXIT STATUS", "SEE ALSO"] + (["EXAMPLES"] if command else ["FILES"]):
            expect(f"\n{section}\n" in shown.stdout, f"the page {name} has no section {section}")
    for code in ["0", "1", "2", "3", "77", "130"]:
        expect(re.search(rf"^ +{code}$", shown.stdout, re.MULTILINE), f"no page says what exit code {code} means")


def check_completions(folder, commands):
    shells = {
        "bash": (folder / "completions/nmistorm", bash_completes),
        "fish": (folder / "completions/nmistorm.fish", fish_completes),
    }
    for shell, (file, completes) in shells.items():
        output(shell, "-n", file)
        expect(commands <= completes(file, "nmistorm "), f"{shell} does not complete the commands")
        for command in commands:
            # fish offers --help of every program by itself, or not.
            got = {word for word in completes(file, f"nmistorm {command} --") if word.startswith("--")}
            expect_equal(got, flags_of_help([command]), f"{shell}'s flags of {command}")
        for line, wanted in {
            "nmistorm storm --arch ": {"i386", "x86_64"},
            "nmistorm storm --vcpus 4 --arch x": {"x86_64"},
            "nmistorm matrix --faults none,torn-p": {"none,torn-publish"},
            "nmistorm storm --pace ra": {"rate="},
            "nmistorm storm --progress ": {"auto", "always", "never"},
            "nmistorm explore --vcpus ": set(),
        }.items():
            expect_equal(completes(file, line), wanted, f"{shell} of '{line}'")
        (folder / "a.facts").touch()
        for line in [f"nmistorm judge {folder}/a.", f"nmistorm storm --facts {folder}/a."]:
            expect_equal(completes(file, line), {f"{folder}/a.facts"}, f"{shell} of '{line}'")
    # Readline has parted the word at each = and completes only the last part.
    for line, wanted in {
        "nmistorm storm --arch=i": {"i386"},
        "nmistorm storm --pace rate=": set(),
        "nmistorm storm --pace=b": {"burst="},
        "nmistorm storm --handlers=long,s": {"long,sampling"},
        f"nmistorm storm --facts={folder}/a.": {f"{folder}/a.facts"},
    }.items():
        expect_equal(bash_completes(shells["bash"][0], line), wanted, f"bash of '{line}'")

    zsh = folder / "completions/_nmistorm"
    output("zsh", "-n", zsh)
    for command in commands:
        case = re.search(rf"^    \({command}\) (.*?);;$", zsh.read_text(), re.MULTILINE | re.DOTALL).group(1)
        expect_equal(set(re.findall(r"'(--[a-z-]+)", case)), flags_of_help([command]), f"zsh's flags of {command}")


def main():
    tables = json.loads(output(program, "--print-flags"))
    commands = {command["name"] for command in tables["commands"]}
    expect(commands >= {"storm", "matrix"}, "there are no commands")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        output(source / "scripts/manual", program, "1.2.3", folder)
        check_pages(folder, commands)
        check_completions(folder, commands)
    if failures:
        sys.exit("\n".join(failures))


main()
