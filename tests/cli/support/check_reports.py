# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: check_reports.py DIR CODE

DIR is what nmistorm wrote with --out before it ended with CODE. Fails unless junit.xml and report.ktap there obey their
formats, have the same test cases, agree with report.json, and are as red as CODE is. Prints the counts.

It shares nothing with the program that writes them. JUnit: what the XML schemas of Ant and Jenkins have in common.
KTAP: tests/scripts/ktap.py."""
import collections
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True  # nothing appears among the sources
sys.path.append(str(pathlib.Path(__file__).parents[2] / "scripts"))
import ktap  # noqa: E402

Case = collections.namedtuple("Case", "suite name verdict")  # verdict: pass, fail, error, skip


def require(condition, what):
    if not condition:
        raise ValueError(what)


# JUnit ---------------------------------------------------------------------------------------------------------------

WHOLE = re.compile(r"\d+")
TIME = re.compile(r"\d+\.\d{3}")
COUNTS = {"tests": WHOLE, "failures": WHOLE, "errors": WHOLE}
REASONS = {"failure": "fail", "error": "error", "skipped": "skip"}
# of each element: attributes that it must have, those that it may have, and its children in their order
ELEMENTS = {
    "testsuites": ({"name": None, "time": TIME, **COUNTS}, {}, ["testsuite"]),
    "testsuite": ({"name": None, "time": TIME, "skipped": WHOLE, **COUNTS}, {},
                  ["properties", "testcase", "system-out", "system-err"]),
    "properties": ({}, {}, ["property"]),
    "property": ({"name": None, "value": None}, {}, []),
    "testcase": ({"name": None, "classname": None, "time": TIME}, {},
                 ["skipped", "error", "failure", "system-out", "system-err"]),
    "failure": ({"message": None, "type": None}, {}, []),
    "error": ({"message": None, "type": None}, {}, []),
    "skipped": ({"message": None}, {}, []),
    "system-out": ({}, {}, []),
    "system-err": ({}, {}, []),
}


def check_element(node):
    must, may, children = ELEMENTS[node.tag]
    require(must.keys() <= node.attrib.keys() <= (must | may).keys(), f"<{node.tag}> has {sorted(node.attrib)}")
    for name, pattern in (must | may).items():
        require(pattern is None or name not in node.attrib or pattern.fullmatch(node.attrib[name]),
                f"<{node.tag} {name}='{node.attrib.get(name)}'>")
    order = [children.index(child.tag) for child in node]  # ValueError for a child that it must not have
    require(order == sorted(order), f"the children of <{node.tag}> are in no order: {[child.tag for child in node]}")
    for child in node:
        check_element(child)


def cases_of_suite(suite):
    cases = []
    for node in suite.iter("testcase"):
        reasons = [child for child in node if child.tag in REASONS]
        require(len(reasons) <= 1, f"{node.attrib} ended in two ways")
        for reason in reasons:
            require(reason.attrib["message"], f"{node.attrib} does not say why")
        cases.append(Case(suite.attrib["name"], node.attrib["name"], REASONS[reasons[0].tag] if reasons else "pass"))
        require(node.attrib["classname"].endswith("." + suite.attrib["name"]), f"{node.attrib} is in another suite")
    return cases


def check_counts(node, cases):
    for attribute, verdict in (("failures", "fail"), ("errors", "error"), ("skipped", "skip")):
        if attribute in node.attrib:
            count = sum(case.verdict == verdict for case in cases)
            require(int(node.attrib[attribute]) == count, f"<{node.tag}> says {attribute} {node.attrib[attribute]}")
    require(int(node.attrib["tests"]) == len(cases), f"<{node.tag}> says {node.attrib['tests']} tests")


def junit_cases(path):
    text = path.read_bytes()
    require(text.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n'), "no declaration")
    root = xml.fromstring(text)
    require(root.tag == "testsuites", f"the root is <{root.tag}>")
    check_element(root)
    cases = []
    for suite in root:
        of_suite = cases_of_suite(suite)
        require(of_suite, f"no case in {suite.attrib['name']}")
        check_counts(suite, of_suite)
        properties = {node.attrib["name"]: node.attrib["value"] for node in suite.iter("property")}
        require({"reproduce", "kvm_backend", "kernel", "version", "build_id"} <= properties.keys(), str(properties))
        cases += of_suite
    check_counts(root, cases)
    return cases


# KTAP ----------------------------------------------------------------------------------------------------------------


def ktap_cases(path):
    return [Case(suite.name, case.name, case.verdict)
            for suite in ktap.parse(path.read_text(encoding="utf-8")) for case in suite.subtests]


# JSON ----------------------------------------------------------------------------------------------------------------


def counts_of_run(report):
    broken = {finding["rule"] for finding in report["findings"]}
    not_judged = {limit["rule"] for limit in report["not_judged"] if not limit["in_part"]}
    if broken - {"coverage"}:
        not_judged |= {"coverage"} - broken  # since what is broken ends the run
    return {"fail": len(broken - {"coverage"}), "error": len(broken & {"coverage"}), "skip": len(not_judged)}


def counts_of_exploration(report):
    found = report["found"] is not None
    return {"fail": int(found), "error": int(report["verdict"] == "inconclusive"),
            "skip": sum(not limit["in_part"] for limit in report["not_judged"]) + int(found)}  # its bound


def counts_of_matrix(report):
    verdicts = collections.Counter(row["verdict"] for row in report["rows"])
    return {"fail": sum(verdicts[name] for name in ("missed", "wrong-rule", "flagged")),
            "error": sum(verdicts[name] for name in ("failed", "inconclusive", "not-run")),
            "skip": verdicts["not-shown"], "tests": len(report["rows"])}


def counts_of_doctor(report):
    results = collections.Counter(check["result"] for check in report["checks"])
    failed = results["FAIL"]
    return {"fail": 0, "error": 0 if report["usable"] else failed,
            "skip": results["UNSUPPORTED"] + (failed if report["usable"] else 0), "tests": len(report["checks"])}


def counts_of_conform(report):
    results = collections.Counter(case["result"] for case in report["cases"])
    return {"fail": results["DEVIATION"], "error": 0, "skip": results["KNOWN"] + results["UNSUPPORTED"],
            "tests": len(report["cases"])}


def counts_of_bench(report):
    return {"fail": 0, "error": 0, "skip": len(report["left_out"]),
            "tests": len(report["nmis"]) + len(report["grace_periods"]) + len(report["left_out"])}


def counts_of_merged(report):
    """Its runs, and the rows of its matrices."""
    verdicts = collections.Counter(each["verdict"] for each in report["reports"])
    rows = counts_of_matrix(report)
    return {"fail": verdicts["violation"] + rows["fail"], "error": verdicts["inconclusive"] + rows["error"],
            "skip": rows["skip"], "tests": len(report["reports"]) + len(report["rows"])}


COUNTS_OF = {"run": counts_of_run, "merged": counts_of_merged, "explore": counts_of_exploration, "matrix": counts_of_matrix,
             "doctor": counts_of_doctor, "bench": counts_of_bench, "conform": counts_of_conform}


def main():
    folder, code = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    junit = junit_cases(folder / "junit.xml")
    ktap = ktap_cases(folder / "report.ktap")
    require(junit == ktap, f"JUnit and KTAP differ: {set(junit) ^ set(ktap)}")
    require(len(set((case.suite, case.name) for case in junit)) == len(junit), "a name is there twice")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    expected = COUNTS_OF[report["schema"].split("/")[0].removeprefix("nmistorm.")](report)
    if not expected["fail"] and not expected["error"] and code != 0:
        expected["error"] += 1  # that says why the code is not 0
        if "tests" in expected:
            expected["tests"] += 1
    counts = collections.Counter(case.verdict for case in junit)
    counts["tests"] = len(junit)
    for what, count in expected.items():
        require(counts[what] == count, f"{what}: {counts[what]} in JUnit and KTAP, {count} in JSON")
    require((code == 0) == (counts["fail"] + counts["error"] == 0), f"{dict(counts)} is not as code {code}")
    require((code == 1) == (counts["fail"] != 0), f"{dict(counts)} is not as code {code}")
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    require("host" not in report or provenance["host"]["kernel"] == report["host"]["kernel"], "another kernel")
    summary = (folder / "summary.txt").read_text(encoding="utf-8")
    require(summary.startswith("PASS") == (counts["fail"] + counts["error"] == 0) or code == 130, summary[:40])
    print(f"{len(junit)} tests, {counts['fail']} failed, {counts['error']} errors, {counts['skip']} skipped")


main()
