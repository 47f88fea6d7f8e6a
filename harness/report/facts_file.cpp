// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/facts_file.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::report {
namespace {

/// A value that does not fit; the reader adds the line.
struct Misfit {
    std::string why;
};

template <typename T, typename Other>
concept SameAs = std::is_same_v<std::remove_const_t<T>, Other>;

/// For messages: short whatever it is.
std::string shown(const Json& json) {
    constexpr std::size_t longest = 40;
    if (json.is_structured()) {
        return json.is_array() ? "a list" : "an object";
    }
    const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

/// It would reach the terminal.
bool has_control_characters(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (c < 0x20 || c == 0x7f || c1) {
            return true;
        }
    }
    return false;
}

// One description of each type serves both directions: fields(self, io) calls io(name, member) for each
// member.

void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, oracle::Counters> {
    oracle::Counters::fields(self, io);
}
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, oracle::Delivery> {
    io("requested", self.requested), io("accepted", self.accepted), io("entries", self.entries);
    io("at_least", self.at_least), io("at_most", self.at_most), io("surplus", self.surplus);
    io("kvm_injections", self.kvm_injections);
}
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, oracle::VcpuObservation> {
    io("target", self.target), io("counters", self.counters), io("delivery", self.delivery);
}
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, abi::Panic> {
    io("vector", self.vector), io("error_code", self.error_code), io("ip", self.ip), io("sp", self.sp);
    io("cr2", self.cr2), io("in_nmi", self.in_nmi);
}
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, oracle::FatalExit> {
    io("vcpu", self.vcpu), io("exit", self.exit), io("panic", self.panic), io("ip", self.ip);
}
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, oracle::Stall> {
    io("what", self.what), io("vcpu", self.vcpu), io("ip", self.ip), io("seconds", self.seconds);
}
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, oracle::ArrivalsIn::At> {
    io("ip", self.instruction.value), io("nmis", self.nmis);
}
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, oracle::ArrivalsIn> {
    io("function", self.function), io("nmis", self.nmis), io("instructions", self.by_instruction);
}
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, oracle::Observation> {
    io("vcpus", self.vcpus), io("fatal_exits", self.fatal_exits), io("stalls", self.stalls);
    io("malformed", self.malformed), io("events_lost", self.events_lost), io("arrivals", self.arrivals);
    io("covered", self.covered), io("samples", self.samples), io("samples_lost", self.samples_lost);
    io("settled", self.settled), io("finished", self.finished);
}
/// What a run is besides its facts, its plan and its findings.
void fields(auto& self, auto io) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(self)>>, RunReport> {
    io("kvm_backend", self.kvm_backend), io("kernel", self.kernel), io("image", self.image);
    io("image_fault", self.image_fault), io("image_build", self.image_build);
    io("observation", self.observation), io("holds", self.holds), io("duration_s", self.duration_s);
    io("tsc_khz", self.tsc_khz), io("interrupted", self.interrupted);
}

// The first and the last enumerator.
constexpr std::pair<abi::Trip, abi::Trip> range(abi::Trip) {
    return {abi::Trip::data_magic, static_cast<abi::Trip>(abi::trip_count - 1)};
}
constexpr std::pair<oracle::Stall::What, oracle::Stall::What> range(oracle::Stall::What) {
    return {oracle::Stall::What::boot, oracle::Stall::What::deadlock};
}
using Changed = oracle::fact::NmiReturned::Changed;
constexpr std::pair<Changed, Changed> range(Changed) {
    return {Changed::nothing, Changed::flags};
}

Json json_of(const auto& value);

template <typename T>
Json json_of_optional(const std::optional<T>& value) {
    return value ? json_of(*value) : Json(nullptr);
}

template <typename T>
Json json_of_list(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& each : values) {
        list.push_back(json_of(each));
    }
    return list;
}

Json json_of(const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_enum_v<T>) {
        return Json(static_cast<unsigned>(value));
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        return Json(value);
    } else if constexpr (requires { value.has_value(); }) {
        return json_of_optional(value);
    } else if constexpr (
        requires { value.push_back(value.front()); } || requires { value.size(); }) {
        return json_of_list(value);
    } else {
        Json object = Json::object();
        fields(value, [&object](const char* name, const auto& member) { object[name] = json_of(member); });
        return object;
    }
}

void read(const Json& json, auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<T, bool>) {
        if (!json.is_boolean()) {
            throw Misfit{fmt::format("{} is neither true nor false", shown(json))};
        }
        value = json.get<bool>();
    } else if constexpr (std::is_enum_v<T>) {
        std::uint64_t number = 0;
        read(json, number);
        if (number < static_cast<std::uint64_t>(range(T{}).first) ||
            number > static_cast<std::uint64_t>(range(T{}).second)) {
            throw Misfit{fmt::format("{} has no meaning here", number)};
        }
        value = static_cast<T>(number);
    } else if constexpr (std::is_integral_v<T>) {
        if (!json.is_number_unsigned() || json.get<std::uint64_t>() > std::numeric_limits<T>::max()) {
            throw Misfit{fmt::format("{} is no whole number from 0 to {}", shown(json),
                                     std::numeric_limits<T>::max())};
        }
        value = json.get<T>();
    } else if constexpr (std::is_floating_point_v<T>) {
        constexpr T largest = 1e9;  // seconds: 30 years
        if (!json.is_number() || !(json.get<T>() >= 0 && json.get<T>() <= largest)) {
            throw Misfit{fmt::format("{} is no number from 0 to {}", shown(json), largest)};
        }
        value = json.get<T>();
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (!json.is_string()) {
            throw Misfit{fmt::format("{} is no text", shown(json))};
        }
        value = json.get<std::string>();
        if (has_control_characters(value)) {
            throw Misfit{"a text has control characters"};
        }
    } else if constexpr (requires { value.has_value(); }) {
        value.reset();
        if (!json.is_null()) {
            read(json, value.emplace());
        }
    } else if constexpr (requires { value.emplace_back(); }) {
        if (!json.is_array()) {
            throw Misfit{fmt::format("{} is no list", shown(json))};
        }
        for (const Json& each : json) {
            read(each, value.emplace_back());
        }
    } else {
        if (!json.is_object()) {
            throw Misfit{fmt::format("{} is no object", shown(json))};
        }
        fields(value, [&json](const char* name, auto& member) {
            const auto found = json.find(name);
            if (found == json.end()) {
                throw Misfit{fmt::format("\"{}\" is missing", name)};
            }
            read(*found, member);
        });
    }
}

std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

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
    return line_of({{"schema", facts_schema}, {"command", command}});
}

std::string facts_line(const oracle::Record& record) {
    Json line = Json::array();
    if (const auto* recorded = std::get_if<oracle::Recorded>(&record)) {
        Json at = {recorded->at.order, recorded->at.vcpu};
        if (recorded->at.in_nmi || recorded->at.ip) {
            at.push_back(recorded->at.in_nmi);
            at.push_back(recorded->at.ip ? Json(recorded->at.ip->value) : Json(nullptr));
        }
        line.push_back(at);
        line.push_back(oracle::name(recorded->fact));
        std::visit(
            [&line](const auto& what) {
                what.fields(what, [&line](const auto& field) { line.push_back(json_of(field)); });
            },
            recorded->fact);
    } else if (const auto* sample = std::get_if<oracle::Sample>(&record)) {
        line = {"sample", sample->vcpu, json_of(sample->counters)};
    } else {
        line.push_back("gap");
    }
    return line_of(line);
}

std::string facts_end(const RunReport& report, const std::string& build_id) {
    Json end = json_of(report);
    end["build_id"] = build_id;
    return line_of({{"end", end}});
}

FactsReader::FactsReader(std::istream& file, std::string name) : file_(file), name_(std::move(name)) {
    const Json line = read_line() ? Json::parse(text_, nullptr, false) : Json();
    const auto found = line.is_object() ? line.find("schema") : line.end();
    if (!line.is_object() || found == line.end() || !found->is_string()) {
        throw UsageError(
            fmt::format("{} is no file of facts; 'nmistorm storm --facts FILE' writes one", name_));
    }
    if (*found != facts_schema) {
        throw UsageError(
            fmt::format("{} has facts as {}, but this nmistorm reads {}; judge it with the nmistorm "
                        "that wrote it",
                        name_, shown(*found), facts_schema));
    }
    try {
        const auto command = line.find("command");
        if (command == line.end()) {
            refuse("\"command\" is missing");
        }
        read(*command, command_);
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
            fmt::format("{} ends after line {} without {{\"end\": ...}}: the storm that wrote it did not "
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
    read(line, report_);
    const auto build_id = line.find("build_id");
    if (build_id == line.end()) {
        throw Misfit{"\"build_id\" is missing"};
    }
    read(*build_id, build_id_);
    if (report_.observation.vcpus.size() != vcpus) {
        throw Misfit{
            fmt::format("it tells of {} vCPUs, but there are {}", report_.observation.vcpus.size(), vcpus)};
    }
    const auto exists = [vcpus](const auto& each) { return each.vcpu < vcpus; };
    if (!std::ranges::all_of(report_.observation.fatal_exits, exists) ||
        !std::ranges::all_of(report_.observation.stalls, exists)) {
        throw Misfit{"it tells of a vCPU that does not exist"};
    }
    while (read_line()) {
        if (!text_.empty()) {
            throw Misfit{"there is more after the end"};
        }
    }
}

void FactsReader::refuse(const std::string& why) const {
    throw UsageError(
        fmt::format("{}:{}: {}; take a file as 'nmistorm storm --facts FILE' wrote it", name_, line_, why));
}

}  // namespace nmistorm::report
