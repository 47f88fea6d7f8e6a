# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: workflows_test.py SOURCE_DIR NMISTORM

Every command of the workflows in docs/ci/ and of docs/ci.md exists: scripts, commands of nmistorm and their flags. The
workflows' YAML has the keys without which their service would not run them. docs/ci.md has the program's exit codes."""
import pathlib
import re
import subprocess
import sys

import yaml

source, nmistorm = pathlib.Path(sys.argv[1]), sys.argv[2]
COMMANDS = ("storm", "matrix", "explore", "replay", "judge", "doctor", "conform", "bench", "report")
faults = []


def help_of(*words):
    return subprocess.run([nmistorm, *words, "--help"], check=True, capture_output=True, text=True).stdout


def strings(node):
    """Every string in a YAML document."""
    if isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


def check_line(where, line):
    """Returns whether there was a command of nmistorm in it."""
    for script in re.findall(r"\bscripts/([a-z-]+)", line):
        if not (source / "scripts" / script).is_file():
            faults.append(f"{where}: there is no scripts/{script}")
    call = re.search(rf"(?:\bnmistorm|\bscripts/nested(?: --\S+ (?:\$\{{\{{.*?\}}\}}|\S+))*) ({'|'.join(COMMANDS)})\b(.*)", line)
    if not call:
        return False
    command, rest = call.groups()
    known = help_of(command)
    for flag in re.findall(r"(?<=\s)--[a-z-]+", re.split(r"[|#;&]", rest)[0]):
        if not re.search(rf"^\s+{flag}\b", known, re.MULTILINE):
            faults.append(f"{where}: nmistorm {command} has no flag {flag}")
    return True


def check_workflow(path):
    tree = yaml.safe_load(path.read_text())
    lines = [line for text in strings(tree) for line in text.splitlines()]
    if not any([check_line(path.name, line) for line in lines]):
        faults.append(f"{path.name}: does not run nmistorm")
    if path.name.startswith("github"):
        jobs = tree["jobs"].values()
        sound = all({"runs-on", "steps"} <= job.keys() for job in jobs) and (True in tree or "on" in tree)
        sound = sound and all(("run" in step) != ("uses" in step) for job in jobs for step in job["steps"])
    elif path.name == "gitlab.yml":
        sound = all("script" in job or name.startswith(".") for name, job in tree.items())
    else:
        sound = all({"label", "command"} <= step.keys() or "wait" in step for step in tree["steps"])
    if not sound:
        faults.append(f"{path.name}: is no workflow of its service")


def check_page(page):
    code = "".join(re.findall(r"^```\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    if not any([check_line("ci.md", line) for line in code.splitlines()]):
        faults.append("ci.md: has no command")
    listed = re.search(r"Exit codes:\n(.*)", help_of(), re.DOTALL)
    rows = re.findall(r"^\s+(\d+)\s+(\S.*)$", listed.group(1) if listed else "", re.MULTILINE)
    if [f"| {code} | {meaning} |" for code, meaning in rows] != re.findall(r"^\| \d+ \|.*$", page, re.MULTILINE):
        faults.append("ci.md: its exit codes are not those of nmistorm --help")
    for name in re.findall(r'NMISTORM_OUTPUT\((\w+), "([^"]+)"', (source / "harness/cli/output.def").read_text()):
        if f"| `{name[1]}` | as `--{name[0]}` |" not in page:
            faults.append(f"ci.md: has no row for {name[1]}")


workflows = sorted((source / "docs/ci").glob("*.yml"))
for workflow in workflows:
    check_workflow(workflow)
check_page((source / "docs/ci.md").read_text())
if len(workflows) < 4:
    faults.append(f"only {len(workflows)} workflows were found")
sys.exit("\n".join(faults) or 0)
