#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: lanes_test.py SOURCE_DIR

Runs scripts/lanes with stand-ins for nmistorm and scripts/nested: the table, the JSON, the exit code, and what it refuses.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = """#!/bin/bash
file=${@: -1}
case "$*" in
conform*) echo '{"counts": {"cases": 9, "known": 4}, "deviations": [{"id": "seen", "cases": 4}, {"id": "unseen", "cases": 0}],
    "cases": [{"name": "x86_64/kernel/plain", "result": "DEVIATION"}, {"name": "fine", "result": "PASS"}]}' >"$file"; exit 1 ;;
matrix*) echo '{"counts": {"storms": 3}, "rows": [{"fault": "leak", "verdict": "missed"}, {"fault": "none", "verdict": "clean"}]}' >"$file" ;;
explore*) echo '{"steps": 12, "found": {"finding": {"rule": "publish"}}}' >"$file"; exit 1 ;;
doctor*) echo '{"checks": [{"name": "burst", "result": "FAIL"}, {"name": "msi", "result": "PASS"}]}' >"$file" ;;
*kvm-intel.vnmi=0*) echo '{"nmi": {"handled": 3}, "rcu": {"swaps": 2, "overlaps": 0}, "findings": [{"rule": "reclaim"}]}' >"$file"; exit 1 ;;
*intel*) echo "nested: there is no such kernel" >&2; exit 77 ;;
*) echo '{"nmi": {"handled": 7}, "rcu": {"swaps": 5, "overlaps": 1}, "findings": []}' >"$file" ;;
esac
"""
failed = []


def expect(what, right):
    if not right:
        failed.append(what)
        print("FAILED:", what)


def main(source):
    with tempfile.TemporaryDirectory() as root:
        shutil.copytree(os.path.join(source, "scripts"), root + "/scripts")
        os.makedirs(root + "/build/release/harness")
        for name in ("build/release/harness/nmistorm", "scripts/nested", "scripts/deps"):
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(PROGRAM if name != "scripts/deps" else "#!/bin/sh\n")
            os.chmod(os.path.join(root, name), 0o755)
        with open(root + "/scripts/lib.sh", "w", encoding="utf-8") as file:
            file.write('root=$0\nbuild() { :; }\n')

        def lanes(*words):
            return subprocess.run([root + "/scripts/lanes", *words], capture_output=True, text=True, check=False)

        three = ("--lane", "direct", "--lane", "intel:6.12-cloud", "--lane", "amd:6.1-cloud")
        done = lanes(*three, "--json", root + "/out.json", "storm", "--vcpus", "3")
        lines = done.stdout.splitlines()
        expect("a lane that cannot is no failure", done.returncode == 0)
        expect("the table has each lane in its order", [each.split()[0] for each in lines[1:]] == ["direct", "intel:6.12-cloud", "amd:6.1-cloud"])
        expect("the table has figures", len(lines) == 4 and "7 NMIs, 5 swaps, 1 overlaps" in lines[1] and "pass" in lines[1])
        expect("the table says why a lane cannot", "cannot" in lines[2] and "there is no such kernel" in lines[2])
        with open(root + "/out.json", encoding="utf-8") as file:
            out = json.load(file)
        expect("the JSON has the command", out["command"] == ["storm", "--vcpus", "3"])
        expect("the JSON has what the program wrote", out["lanes"][0]["document"]["nmi"]["handled"] == 7 and out["lanes"][1]["document"] is None)

        done = lanes(*three, "--module", "kvm-intel.vnmi=0", "storm")
        expect("--module adds a lane of its vendor alone", len(done.stdout.splitlines()) == 5)
        expect("that lane is named and shows its finding", "intel:6.12-cloud:kvm-intel.vnmi=0" in done.stdout and "reclaim" in done.stdout)
        expect("a violation is the exit code", done.returncode == 1)
        done = lanes(*three, "--json=-", "storm")
        expect("with --json - stdout is JSON alone", len(json.loads(done.stdout)["lanes"]) == 3 and "7 NMIs" in done.stderr)
        listed = lanes(*three, "--list").stdout.split()
        expect("--list runs nothing", listed == ["direct", "intel:6.12-cloud", "amd:6.1-cloud"])

        for command, line in (
            ("conform", "9 cases, 4 known  seen, x86_64/kernel/plain"),
            ("matrix", "1 of 2 rows as they must be  leak"),
            ("explore", "12 steps  publish"),
            ("doctor", "1 FAIL, 1 PASS  burst"),
        ):
            said = lanes("--lane", "direct", command).stdout.splitlines()[1]
            expect(f"{command}: {line}, not {said}", said.endswith(line))

        for words, says in (
            (("--lane", "via:6.1", "storm"), "--lane takes direct, or a vendor and a kernel like intel:6.1-cloud, not 'via:6.1'"),
            (("--module", "kvm.x=1", "storm"), "--module takes a parameter of kvm-amd or kvm-intel"),
            (("--lane", "direct"), "there is no COMMAND"),
            (("--lane",), "--lane needs a value"),
            (("--speed", "storm"), "there is no --speed"),
            (("--lane", "direct", "storm", "--json=x"), "--json comes before the command here"),
        ):
            done = lanes(*words)
            expect(f"{words} is refused: {says}", done.returncode == 2 and says in done.stderr)


main(sys.argv[1])
sys.exit(bool(failed))
