// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/facts_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "plan/names.h"
#include "report/json_value.h"
#include "report/schedule_file.h"
#include "report/schemas.h"

namespace nmistorm::report {

template <>
struct JsonMembers<oracle::Counters> {
    static void each(auto& self, auto io) { oracle::Counters::fields(self, io); }
};
template <>
struct JsonMembers<oracle::Delivery> {
    static void each(auto& self, auto io) {
        io("requested", self.requested), io("accepted", self.accepted), io("entries", self.entries);
        io("at_least", self.at_least), io("at_most", self.at_most), io("surplus", self.surplus);
        io("kvm_injections", self.kvm_injections);
    }
};
template <>
struct JsonMembers<oracle::VcpuObservation> {
    static void each(auto& self, auto io) {
        io("target", self.target), io("counters", self.counters), io("delivery", self.delivery);
    }
};
template <>
struct JsonMembers<abi::Panic> {
    static void each(auto& self, auto io) {
        io("vector", self.vector), io("error_code", self.error_code), io("ip", self.ip), io("sp", self.sp);
        io("cr2", self.cr2), io("in_nmi", self.in_nmi);
    }
};
template <>
struct JsonMembers<oracle::FatalExit> {
    static void each(auto& self, auto io) {
        io("vcpu", self.vcpu), io("exit", self.exit), io("panic", self.panic), io("ip", self.ip);
    }
};
template <>
struct JsonMembers<oracle::Stall> {
    static void each(auto& self, auto io) {
        io("what", self.what), io("vcpu", self.vcpu), io("ip", self.ip), io("seconds", self.seconds);
    }
};
template <>
struct JsonMembers<oracle::ArrivalsIn::At> {
    static void each(auto& self, auto io) { io("ip", self.instruction.value), io("nmis", self.nmis); }
};
template <>
struct JsonMembers<oracle::ArrivalsIn> {
    static void each(auto& self, auto io) {
        io("function", self.function), io("nmis", self.nmis), io("instructions", self.by_instruction);
    }
};
template <>
struct JsonWord<plan::Source> {
    static constexpr auto parse = plan::parse_source;
};
template <>
struct JsonMembers<oracle::SourceAccount> {
    static void each(auto& self, auto io) {
        io("source", self.source), io("requested", self.requested), io("accepted", self.accepted);
    }
};
template <>
struct JsonWord<oracle::Rule> {
    static constexpr auto parse = oracle::parse_rule;
};
template <>
struct JsonMembers<oracle::Limit> {
    static void each(auto& self, auto io) {
        io("rule", self.rule), io("in_part", self.in_part), io("why", self.why);
    }
};
template <>
struct JsonMembers<oracle::Observation> {
    static void each(auto& self, auto io) {
        io("vcpus", self.vcpus), io("fatal_exits", self.fatal_exits), io("stalls", self.stalls);
        io("malformed", self.malformed), io("events_lost", self.events_lost), io("arrivals", self.arrivals);
        io("covered", self.covered), io("samples", self.samples), io("samples_lost", self.samples_lost);
        io("settled", self.settled), io("finished", self.finished), io("limits", self.limits);
        io("sources", self.sources), io("left_out", self.left_out), io("churns", self.churns);
    }
};
/// Where a run was, and of what image.
void members_of_origin(auto& self, auto io) {
    io("kvm_backend", self.provenance.kvm_backend), io("kernel", self.provenance.kernel);
    io("image", self.image), io("image_fault", self.image_fault), io("image_build", self.image_build);
}
/// What a run is besides its facts, its plan and its findings.
template <>
struct JsonMembers<RunReport> {
    static void each(auto& self, auto io) {
        members_of_origin(self, io);
        io("observation", self.observation), io("holds", self.holds), io("duration_s", self.duration_s);
        io("tsc_khz", self.tsc_khz), io("interrupted", self.interrupted);
    }
};

/// What one schedule is besides its facts, its plan, its moves and its finding.
template <>
struct JsonMembers<ExploreReport> {
    static void each(auto& self, auto io) {
        members_of_origin(self, io);
        io("build_id", self.build_id), io("unjudged", self.exploration.unjudged);
        io("limits", self.exploration.limits);
    }
};
template <>
struct JsonMembers<oracle::Found> {
    static void each(auto& self, auto io) {
        io("condition", self.condition), io("preemptions", self.preemptions), io("nmis", self.nmis);
    }
};

template <>
struct JsonRange<abi::Trip> {
    static constexpr auto first = abi::Trip::data_magic, last = static_cast<abi::Trip>(abi::trip_count - 1);
};
template <>
struct JsonRange<oracle::Stall::What> {
    static constexpr auto first = oracle::Stall::What::boot, last = oracle::Stall::What::deadlock;
};
template <>
struct JsonRange<oracle::fact::NmiReturned::Changed> {
    using enum oracle::fact::NmiReturned::Changed;
    static constexpr auto first = nothing, last = flags;
};

namespace {

/// The fact of this name, with its fields still to be read.
template <std::size_t index = 0>
std::optional<oracle::Fact> fact_named(const std::string& name) {
    if constexpr (index == std::variant_size_v<oracle::Fact>) {
        return {};
    } else {
        using Type = std::variant_alternative_t<index, oracle::Fact>;
        return Type::name == name ? std::optional<oracle::Fact>(Type{}) : fact_named<index + 1>(name);
    }
}

}  // namespace

std::string facts_begin(const std::vector<std::string>& command) {
    return line_of({{"schema", facts_schema}, {"command", command}}) + "\n";
}

namespace {

Json line_of_record(const oracle::Recorded& recorded) {
    Json at = {recorded.at.order, recorded.at.vcpu};
    if (recorded.at.in_nmi || recorded.at.ip) {
        at.push_back(recorded.at.in_nmi);
        at.push_back(recorded.at.ip ? Json(recorded.at.ip->value) : Json(nullptr));
    }
    Json line = {at, oracle::name(recorded.fact)};
    std::visit(
        [&line](const auto& what) {
            what.fields(what, [&line](const auto& field) { line.push_back(json_of(field)); });
        },
        recorded.fact);
    return line;
}

Json line_of_record(const oracle::Gap&) {
    return Json::array({"gap"});
}

Json line_of_record(const oracle::Sample& sample) {
    return {"sample", sample.vcpu, json_of(sample.counters)};
}

Json line_of_record(const oracle::AtRest& rest) {
    return {"at_rest", rest.vcpu, rest.ip.value, json_of(rest.counters)};
}

Json line_of_record(const oracle::FatalExit& exit) {
    return {"fatal_exit", json_of(exit)};
}

Json line_of_record(const oracle::Deadlock& deadlock) {
    return {"deadlock", deadlock.vcpu, deadlock.ip.value};
}

Json line_of_record(const oracle::Malformed& malformed) {
    return {"malformed", malformed.vcpu, malformed.ip.value, malformed.sentence};
}

}  // namespace

std::string facts_line(const oracle::Record& record) {
    return line_of(std::visit([](const auto& each) { return line_of_record(each); }, record)) + "\n";
}

std::string facts_end(const RunReport& report, const std::string& build_id) {
    Json end = json_of(report);
    end["build_id"] = build_id;
    return line_of({{"end", end}}) + "\n";
}

std::string facts_end(const ExploreReport& report, const oracle::Found& played) {
    Json end = json_of(report);
    end.update(json_of(played));
    end["moves"] = moves_json(played.schedule);
    return line_of({{"end", end}}) + "\n";
}

FactsReader::FactsReader(std::istream& file, std::string name) : file_(file), name_(std::move(name)) {
    const Json line = read_line() ? Json::parse(text_, nullptr, false) : Json();
    const auto found = line.is_object() ? line.find("schema") : line.end();
    if (!line.is_object() || found == line.end() || !found->is_string()) {
        throw UsageError(fmt::format(
            "{} is no file of facts; 'nmistorm storm', 'explore' and 'replay' write one with --facts FILE",
            name_));
    }
    if (*found != facts_schema) {
        throw UsageError(
            fmt::format("{} has facts as {}, but this nmistorm reads {}; judge it with the nmistorm "
                        "that wrote it",
                        name_, shown(*found), facts_schema));
    }
    try {
        read(member(line, "command"), command_);
    } catch (const Misfit& misfit) {
        refuse(misfit.why);
    }
}

bool FactsReader::read_line() {
    ++line_;
    return static_cast<bool>(std::getline(file_, text_));
}

std::optional<oracle::Record> FactsReader::next(unsigned vcpus) {
    if (!read_line()) {
        throw UsageError(
            fmt::format("{} ends after line {} without {{\"end\": ...}}: what wrote it did not "
                        "end; run it again",
                        name_, line_ - 1));
    }
    const Json line = Json::parse(text_, nullptr, false);
    try {
        if (line.is_object() && line.contains("end")) {
            end(line["end"], vcpus);
            return {};
        }
        return record_of(line, vcpus);
    } catch (const Misfit& misfit) {
        refuse(misfit.why);
    }
}

oracle::Record FactsReader::record_of(const Json& line, unsigned vcpus) {
    if (!line.is_array() || line.empty()) {
        throw Misfit{"this is neither a fact nor the end"};
    }
    const auto need = [&line](std::size_t size) {
        if (line.size() != size) {
            throw Misfit{fmt::format("it has {} fields, not {}", line.size(), size)};
        }
    };
    const auto vcpu_of = [vcpus](const Json& json) {
        unsigned vcpu = 0;
        read(json, vcpu);
        if (vcpu >= vcpus) {
            throw Misfit{fmt::format("vCPU {} does not exist, there are {}", vcpu, vcpus)};
        }
        return vcpu;
    };
    if (line[0] == "gap") {
        need(1);
        return oracle::Gap{};
    }
    if (line[0] == "sample") {
        need(3);
        oracle::Sample sample{.vcpu = vcpu_of(line[1]), .counters = {}};
        read(line[2], sample.counters);
        return sample;
    }
    if (line[0] == "at_rest") {
        need(4);
        oracle::AtRest rest{.vcpu = vcpu_of(line[1]), .ip = {}, .counters = {}};
        read(line[2], rest.ip.value), read(line[3], rest.counters);
        return rest;
    }
    if (line[0] == "fatal_exit") {
        need(2);
        oracle::FatalExit exit{.vcpu = vcpu_of(member(line[1], "vcpu")), .exit = {}, .panic = {}};
        read(line[1], exit);
        return exit;
    }
    if (line[0] == "deadlock") {
        need(3);
        oracle::Deadlock deadlock{.vcpu = vcpu_of(line[1]), .ip = {}};
        read(line[2], deadlock.ip.value);
        return deadlock;
    }
    if (line[0] == "malformed") {
        need(4);
        oracle::Malformed malformed{.vcpu = vcpu_of(line[1]), .ip = {}, .sentence = {}};
        read(line[2], malformed.ip.value), read(line[3], malformed.sentence);
        return malformed;
    }
    const Json& place = line[0];
    if (!place.is_array() || (place.size() != 2 && place.size() != 4) || line.size() < 2 ||
        !line[1].is_string()) {
        throw Misfit{"a fact begins with [[order, vCPU], \"name\""};
    }
    oracle::Recorded recorded;
    read(place[0], recorded.at.order);
    recorded.at.vcpu = vcpu_of(place[1]);
    if (last_order_ && recorded.at.order <= *last_order_) {
        throw Misfit{fmt::format("order {} does not come after {}", recorded.at.order, *last_order_)};
    }
    last_order_ = recorded.at.order;
    if (place.size() == 4) {
        read(place[2], recorded.at.in_nmi);
        std::optional<std::uint64_t> ip;
        read(place[3], ip);
        recorded.at.ip = ip ? std::optional(GuestVirt{*ip}) : std::nullopt;
    }
    const auto name = line[1].get<std::string>();
    const auto fact = fact_named(name);
    if (!fact) {
        throw Misfit{fmt::format("there is no fact \"{}\"", name)};
    }
    recorded.fact = *fact;
    std::visit(
        [&](auto& what) {
            std::size_t count = 2;
            what.fields(what, [&count](const auto&) { ++count; });
            need(count);
            std::size_t index = 2;
            what.fields(what, [&](auto& field) { read(line[index++], field); });
        },
        recorded.fact);
    return recorded;
}

void FactsReader::end(const Json& line, unsigned vcpus) {
    if (line.is_object() && line.contains("moves")) {
        read(line, explore_report_);
        read(line, played_.emplace());
        played_->schedule = moves_of(line["moves"], vcpus);
        build_id_ = explore_report_.build_id;
    } else {
        end_of_storm(line, vcpus);
    }
    while (read_line()) {
        if (!text_.empty()) {
            throw Misfit{"there is more after the end"};
        }
    }
}

void FactsReader::end_of_storm(const Json& line, unsigned vcpus) {
    read(line, report_);
    read(member(line, "build_id"), build_id_);
    if (report_.observation.vcpus.size() != vcpus) {
        throw Misfit{
            fmt::format("it tells of {} vCPUs, but there are {}", report_.observation.vcpus.size(), vcpus)};
    }
    const auto exists = [vcpus](const auto& each) { return each.vcpu < vcpus; };
    if (!std::ranges::all_of(report_.observation.fatal_exits, exists) ||
        !std::ranges::all_of(report_.observation.stalls, exists)) {
        throw Misfit{"it tells of a vCPU that does not exist"};
    }
}

void FactsReader::refuse(const std::string& why) const {
    throw UsageError(
        fmt::format("{}:{}: {}; take a file as nmistorm wrote it with --facts FILE", name_, line_, why));
}

}  // namespace nmistorm::report
