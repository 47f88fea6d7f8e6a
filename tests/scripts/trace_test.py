#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: trace_test.py PROTOC trace FACTS TRACE
       trace_test.py PROTOC judged FACTS TRACE
       trace_test.py PROTOC judge NMISTORM FOLDER...

Decodes a trace of --trace with protoc and holds it against the facts of the same run: times do not go back, slices nest, texts
are known, and each vCPU has a slice for each of its NMIs. With `judged`, the trace is one of `nmistorm judge`, which does not know when
NMIs were requested. With `judge`, the traces are those that it makes of all files of facts in the folders.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

proto = pathlib.Path(__file__).with_name("perfetto.proto")
cleared, needs = 1, 2  # sequence_flags


class Wrong(Exception):
    """What is wrong with a trace."""


def need(holds, what):
    if not holds:
        raise Wrong(what)


def decode(protoc, trace):
    """The packets, each a list of (field, value); a message is such a list, too."""
    command = [protoc, f"--proto_path={proto.parent}", "--decode=perfetto.protos.Trace", proto.name]
    with open(trace, "rb") as data:
        text = subprocess.run(command, stdin=data, stdout=subprocess.PIPE, check=True, text=True).stdout
    stack = [[]]
    for line in text.splitlines():
        line = line.strip()
        if line == "}":
            stack.pop()
        elif line.endswith(" {"):
            message = []
            stack[-1].append((line[:-2], message))
            stack.append(message)
        else:
            field, value = line.split(": ", 1)
            need(not field.isdigit(), f"field {field} is not Perfetto's")
            stack[-1].append((field, value[1:-1] if value.startswith('"') else value))
    need(len(stack) == 1, "protoc's text does not nest")
    return [packet for _, packet in stack[0]]


def get(message, field, default=None):
    return next((value for name, value in message if name == field), default)


class Trace:
    """Follows a trace by the rules of Perfetto."""

    def __init__(self, packets):
        self.tracks = {}
        self.parents = {}
        self.texts = collections.defaultdict(dict)
        self.open = collections.defaultdict(list)
        self.slices = collections.Counter()  # by track and name
        self.instants = collections.Counter()  # by name
        self.counters = {}  # the last value, by name
        time = -1
        for number, packet in enumerate(packets):
            need(get(packet, "trusted_packet_sequence_id") == "1", "a packet is of no sequence")
            flags = int(get(packet, "sequence_flags", "0"))
            need(bool(flags & cleared) == (number == 0), "the first packet, and no other, clears the state")
            need((get(packet, "first_packet_on_sequence") == "true") == (number == 0), "not the first packet")
            now = int(get(packet, "timestamp"))
            need(now >= time, "time goes back")
            time = now
            for table, entry in get(packet, "interned_data", []):
                iid = get(entry, "iid")
                need(iid not in self.texts[table], f"{table} {iid} is there twice")
                self.texts[table][iid] = get(entry, "name", get(entry, "str"))
            descriptor = get(packet, "track_descriptor")
            if descriptor:
                self.describe(descriptor)
            event = get(packet, "track_event")
            if event:
                need(flags & needs, "an event does not say that it needs texts")
                self.event(event)
            need(bool(descriptor) != bool(event), "a packet is neither a track nor an event")
        for track, names in self.open.items():
            need(not names, f"{names} on {self.tracks[track]} do not end")

    def describe(self, descriptor):
        track = get(descriptor, "uuid")
        need(track not in self.tracks, f"track {track} is described twice")
        process, thread = get(descriptor, "process", []), get(descriptor, "thread", [])
        need((get(process, "pid") or get(thread, "pid", "1")) == "1", "there is one process")
        parent = get(descriptor, "parent_uuid")
        need(parent is None or parent in self.tracks, f"the parent of track {track} is not described")
        self.tracks[track] = (get(descriptor, "name") or get(process, "process_name") or
                              get(thread, "thread_name"))
        need(self.tracks[track], f"track {track} has no name")

    def text(self, message, plain, table):
        iid = get(message, plain + "_iid") or get(message, "category_iids" if plain == "categories" else "")
        if iid is None:
            return get(message, plain)
        need(iid in self.texts[table], f"{table} {iid} is not known")
        return self.texts[table][iid]

    def event(self, event):
        track, kind = get(event, "track_uuid"), get(event, "type")
        need(track in self.tracks, f"track {track} is not described")
        name = self.text(event, "name", "event_names")
        category = self.text(event, "categories", "event_categories")
        named = kind in ("TYPE_SLICE_BEGIN", "TYPE_INSTANT")
        need(bool(name) == named and bool(category) == named, f"{kind} has the name {name} and category {category}")
        for field, annotation in event:
            if field == "debug_annotations":
                need(self.text(annotation, "name", "debug_annotation_names"), "an annotation has no name")
                if get(annotation, "string_value_iid"):
                    self.text(annotation, "string_value", "debug_annotation_string_values")
        if kind == "TYPE_SLICE_BEGIN":
            self.open[track].append(name)
            self.slices[self.tracks[track], name] += 1
        elif kind == "TYPE_SLICE_END":
            need(self.open[track], f"nothing ends on {self.tracks[track]}")
            self.open[track].pop()
        elif kind == "TYPE_INSTANT":
            self.instants[name] += 1
        else:
            need(kind == "TYPE_COUNTER", f"{kind} is no event of ours")
            self.counters[self.tracks[track]] = int(get(event, "counter_value"))


def check(protoc, facts, trace, judged):
    """Says what was compared, or throws Wrong."""
    shown = Trace(decode(protoc, trace))
    lines = [json.loads(line) for line in open(facts, encoding="utf-8")]
    told = [line for line in lines[1:-1] if isinstance(line[0], list)]
    counts = collections.Counter((f"vCPU {line[0][1]}", line[1]) for line in told)
    need("gap" not in [line[0] for line in lines[1:-1]], "the facts have gaps, which the test does not compare")
    pairs = [("nmi_enter", "NMI handler"), ("nmi_taken", "NMI"), ("reader_enter", "reader"),
             ("cpu_offline", "offline")]
    vcpus = {track for track in shown.tracks.values() if re.fullmatch(r"vCPU \d+", track)}
    need(vcpus, "there is no vCPU")
    for vcpu in vcpus:
        for fact, name in pairs:
            need(counts[vcpu, fact] == shown.slices[vcpu, name],
                 f"{vcpu} has {shown.slices[vcpu, name]} slices {name}, but {counts[vcpu, fact]} facts {fact}")

    from_idle = collections.Counter(line[0][1] for line in told if line[1] == "nmi_enter" and line[3])
    for vcpu in range(len(vcpus)):
        need(shown.counters.get(f"vCPU {vcpu}: NMIs from idle", 0) == from_idle[vcpu], "NMIs from idle are missing")
    end = lines[-1]["end"]
    for source in end.get("observation", {}).get("sources", []):
        requested = shown.counters.get(f"NMIs requested: {source['source']}", 0)
        need(requested == source["requested"], f"{requested} requests of {source}")
    requests = sum(move.startswith("nmi ") for move in end.get("moves", []))
    need(shown.instants["NMI requested"] == (0 if judged else requests), "requests of NMIs are missing")

    def facts_named(name):
        return sum(count for (_, fact), count in counts.items() if fact == name)

    def slices_named(pattern):
        return sum(count for (_, name), count in shown.slices.items() if re.fullmatch(pattern, name))

    need(facts_named("gp_begin") == slices_named(r"grace period \d+"), "grace periods are missing")
    # A publication whose block was not seen has a slice, too.
    need(facts_named("alloc") <= slices_named(r"generation \d+|handler data") + shown.instants["alloc"],
         "blocks of handler data are missing")
    need(facts_named("retire") == slices_named("retired: .*") + shown.instants["retire"], "retirements are missing")
    need(facts_named("trip") == shown.instants["tripwire"], "tripwires are missing")
    findings = {name for name in shown.instants if name.startswith("finding: ")}
    return collections.Counter(nmis=facts_named("nmi_enter"), grace_periods=facts_named("gp_begin"),
                               findings=len(findings), traces=1)


def main():
    protoc, command, *rest = sys.argv[1:]
    if command in ("trace", "judged"):
        print(dict(check(protoc, *rest, command == "judged")))
        return
    nmistorm, *folders = rest
    seen = collections.Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for facts in sorted(file for folder in folders for file in pathlib.Path(folder).glob("*.jsonl")):
            if '\n["gap"]' in facts.read_text(encoding="utf-8"):
                continue
            trace = pathlib.Path(scratch) / "trace"
            report = pathlib.Path(scratch) / "report.json"
            subprocess.run([nmistorm, "judge", facts, "--trace", trace, "--json", report, "--quiet"], check=False)
            try:
                found = check(protoc, facts, trace, True)
                result = json.loads(report.read_text(encoding="utf-8"))
                expected = result.get("findings", result.get("found") and [result["found"]["finding"]]) or []
                need(found["findings"] == len({each["rule"] for each in expected}), "findings are missing")
            except Wrong as wrong:
                sys.exit(f"{facts}: {wrong}")
            seen += found
    print(dict(seen))
    need(min(seen["nmis"], seen["grace_periods"], seen["findings"]) > 100 and seen["traces"] > 50,
         "this is too little to have been a test")


if __name__ == "__main__":
    main()
