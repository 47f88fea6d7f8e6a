// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/names.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/enum_names.h"

namespace nmistorm::plan {
namespace {

// Indexed by their enumerations.
constexpr std::string_view arch_names[] = {"i386", "x86_64"};
constexpr std::string_view injector_names[] = {"own", "central"};
constexpr std::string_view cycle_names[] = {"unset", "replace", "unload", "deferred"};
static_assert(std::size(cycle_names) == abi::cycle_count);
constexpr std::string_view handler_names[] = {"counting", "long", "declining", "sampling"};  // bits from 0 up
static_assert(abi::handlers_all == (1u << std::size(handler_names)) - 1);
constexpr std::string_view work_names[] = {"busy", "preempt-disabled", "registers", "idle"};
static_assert(abi::work_all == (1u << std::size(work_names)) - 1);

constexpr std::string_view apic_names[] = {"x2apic", "xapic"};
constexpr std::string_view observe_names[] = {"counters", "events"};

// A build's name is one of each, and perhaps lto_suffix.
constexpr std::string_view compiler_names[] = {"gcc", "clang"};
constexpr std::string_view optimisations[] = {"-O0", "-Og", "-O1", "-O2", "-O3", "-Os"};
constexpr std::string_view lto_suffix = "-lto";

constexpr std::string_view rate_prefix = "rate=";
constexpr std::string_view burst_prefix = "burst=";

struct Unit {
    std::string_view suffix;
    std::chrono::microseconds length;
};
// Largest first, since to_string() takes the first that divides.
constexpr Unit units[] = {{"h", std::chrono::hours(1)},
                          {"m", std::chrono::minutes(1)},
                          {"s", std::chrono::seconds(1)},
                          {"ms", std::chrono::milliseconds(1)},
                          {"us", std::chrono::microseconds(1)}};

struct SizeUnit {
    char suffix;
    unsigned shift;
};
// Likewise.
constexpr SizeUnit size_units[] = {{'G', 30}, {'M', 20}, {'K', 10}};

template <typename Enum, typename Names>
std::vector<Enum> all_of(const Names& names) {
    std::vector<Enum> all;
    for (std::size_t i = 0; i < std::size(names); ++i) {
        all.push_back(static_cast<Enum>(i));
    }
    return all;
}

/// The elements of @p word, separated by commas, each parsed by @p parse; sorted, without repetition. Nothing
/// if @p parse does not accept one.
template <typename Parse>
auto parse_list(std::string_view word, Parse parse) {
    std::optional<std::vector<typename std::invoke_result_t<Parse, std::string_view>::value_type>> list(
        std::in_place);
    for (std::string_view rest = word;;) {
        const std::size_t comma = rest.find(',');
        const auto element = parse(rest.substr(0, comma));
        if (!element) {
            list.reset();
            return list;
        }
        list->push_back(*element);
        if (comma == std::string_view::npos) {
            break;
        }
        rest.remove_prefix(comma + 1);
    }
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
    return list;
}

/// The inverse: @p spell turns an element into a word.
template <typename List, typename Spell>
std::string list_to_string(const List& list, Spell spell) {
    std::string words;
    for (const auto& element : list) {
        words += words.empty() ? "" : ",";
        words += spell(element);
    }
    return words;
}

std::optional<Pace> pace_with_n(Pace::Kind kind, std::string_view digits) {
    const auto n = parse_number(digits, 1, pace_n_max);
    if (!n) {
        return std::nullopt;
    }
    return Pace{kind, static_cast<std::uint32_t>(*n)};
}

template <std::size_t size>
constexpr std::uint32_t all_of(const std::string_view (&)[size]) {
    return (1u << size) - 1;
}

/// Of a set of bits: "all", or the names of those that are in it, with commas between them.
template <std::size_t size>
std::string set_text(const std::string_view (&names)[size], std::uint32_t set) {
    if (set == all_of(names)) {
        return "all";
    }
    std::string words;
    for (std::size_t bit = 0; bit < size; ++bit) {
        if ((set >> bit & 1) != 0) {
            words.append(words.empty() ? "" : ",").append(names[bit]);
        }
    }
    return words;
}

template <std::size_t size>
std::optional<std::uint32_t> parse_set(const std::string_view (&names)[size], std::string_view word) {
    if (word == "all") {
        return all_of(names);
    }
    std::uint32_t set = 0;
    for (std::string_view rest = word;;) {
        const std::size_t comma = rest.find(',');
        const auto bit = find_name<std::uint32_t>(names, rest.substr(0, comma));
        if (!bit) {
            return std::nullopt;
        }
        set |= 1u << *bit;
        if (comma == std::string_view::npos) {
            return set;
        }
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace

std::string_view name(Arch arch) {
    return arch_names[static_cast<std::size_t>(arch)];
}
std::string_view name(Source source) {
    return source_names[static_cast<std::size_t>(source)];
}
bool by_any_thread(Source source) {
    enum By { vcpu, any };
    constexpr By threads[] = {
#define NMISTORM_SOURCE(enumerator, name, by) by,
#include "plan/source.def"
    };
    return threads[static_cast<std::size_t>(source)] == any;
}
std::string_view name(Apic apic) {
    return apic_names[static_cast<std::size_t>(apic)];
}
std::string_view name(Injector injector) {
    return injector_names[static_cast<std::size_t>(injector)];
}
std::string_view name(abi::Cycle cycle) {
    return cycle_names[static_cast<std::size_t>(cycle)];
}
std::string_view name(abi::Fault fault) {
    return abi::fault_names[static_cast<std::size_t>(fault)];
}
std::string_view name(Observe observe) {
    return observe_names[static_cast<std::size_t>(observe)];
}

std::string to_string(const Pace& pace) {
    switch (pace.kind) {
        case Pace::Kind::lockstep:
            return "lockstep";
        case Pace::Kind::rate:
            return std::string(rate_prefix) + std::to_string(pace.n);
        case Pace::Kind::burst:
            return std::string(burst_prefix) + std::to_string(pace.n);
        case Pace::Kind::max:
            break;
    }
    return "max";
}

std::string to_string(const Targets& targets) {
    if (targets.kind != Targets::Kind::list) {
        return targets.kind == Targets::Kind::all ? "all" : "others";
    }
    return list_to_string(targets.list, [](unsigned vcpu) { return std::to_string(vcpu); });
}

std::string sources_text(const std::vector<Source>& sources) {
    return sources == all_sources() ? "all"
                                    : list_to_string(sources, [](Source source) { return name(source); });
}

std::string to_string(const std::vector<abi::Fault>& faults) {
    return list_to_string(faults, [](abi::Fault fault) { return name(fault); });
}

std::string to_string(const std::vector<std::string>& builds) {
    return list_to_string(builds, [](const std::string& build) { return build; });
}

std::string handlers_text(std::uint32_t handlers) {
    return set_text(handler_names, handlers);
}

std::string work_text(std::uint32_t work) {
    return set_text(work_names, work);
}

std::string to_string(std::chrono::nanoseconds duration) {
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(duration);
    const auto unit = std::find_if(std::begin(units), std::end(units),
                                   [whole](const Unit& u) { return (whole % u.length).count() == 0; });
    return std::to_string(whole / unit->length) + std::string(unit->suffix);
}

std::vector<abi::Cycle> all_cycles() {
    return all_of<abi::Cycle>(cycle_names);
}
std::vector<Source> all_sources() {
    return all_of<Source>(source_names);
}

std::optional<Arch> parse_arch(std::string_view word) {
    return find_name<Arch>(arch_names, word);
}
std::optional<Source> parse_source(std::string_view word) {
    return find_name<Source>(source_names, word);
}
std::optional<std::vector<Source>> parse_sources(std::string_view word) {
    return word == "all" ? all_sources() : parse_list(word, parse_source);
}
std::optional<Apic> parse_apic(std::string_view word) {
    return find_name<Apic>(apic_names, word);
}
std::optional<Injector> parse_injector(std::string_view word) {
    return find_name<Injector>(injector_names, word);
}
std::optional<abi::Cycle> parse_cycle(std::string_view word) {
    return find_name<abi::Cycle>(cycle_names, word);
}
std::optional<abi::Fault> parse_fault(std::string_view word) {
    return find_name<abi::Fault>(abi::fault_names, word);
}
std::optional<Observe> parse_observe(std::string_view word) {
    return find_name<Observe>(observe_names, word);
}

std::optional<Pace> parse_pace(std::string_view word) {
    if (word == "lockstep") {
        return Pace{Pace::Kind::lockstep, 0};
    }
    if (word == "max") {
        return Pace{Pace::Kind::max, 0};
    }
    if (word.starts_with(rate_prefix)) {
        return pace_with_n(Pace::Kind::rate, word.substr(rate_prefix.size()));
    }
    if (word.starts_with(burst_prefix)) {
        return pace_with_n(Pace::Kind::burst, word.substr(burst_prefix.size()));
    }
    return std::nullopt;
}

std::optional<Targets> parse_targets(std::string_view word) {
    if (word == "all") {
        return Targets{Targets::Kind::all, {}};
    }
    if (word == "others") {
        return Targets{Targets::Kind::others, {}};
    }
    const auto vcpus = parse_list(word, [](std::string_view element) {
        return parse_number(element, 0, std::numeric_limits<unsigned>::max());
    });
    if (!vcpus) {
        return std::nullopt;
    }
    return Targets{Targets::Kind::list, {vcpus->begin(), vcpus->end()}};
}

std::optional<std::vector<abi::Fault>> parse_faults(std::string_view word) {
    return parse_list(word, parse_fault);
}

std::optional<std::string> parse_guest_build(std::string_view word) {
    std::string_view rest = word;
    if (rest.ends_with(lto_suffix)) {
        rest.remove_suffix(lto_suffix.size());
    }
    for (const std::string_view compiler : compiler_names) {
        for (const std::string_view optimisation : optimisations) {
            if (rest == std::string(compiler).append(optimisation)) {
                return std::string(word);
            }
        }
    }
    return std::nullopt;
}

std::optional<std::vector<std::string>> parse_guest_builds(std::string_view word) {
    return parse_list(word, parse_guest_build);
}

std::optional<std::uint32_t> parse_handlers(std::string_view word) {
    return parse_set(handler_names, word);
}

std::optional<std::uint32_t> parse_work(std::string_view word) {
    return parse_set(work_names, word);
}

std::optional<bool> parse_switch(std::string_view word) {
    return word == "true" || word == "false" ? std::optional(word == "true") : std::nullopt;
}

std::optional<std::string> parse_file_name(std::string_view word) {
    return word.empty() || word.front() == '-' ? std::nullopt : std::optional<std::string>(word);
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view word) {
    const std::string_view suffix = word.substr(std::min(word.find_first_not_of("0123456789"), word.size()));
    const auto unit = std::find_if(std::begin(units), std::end(units),
                                   [suffix](const Unit& u) { return u.suffix == suffix; });
    if (unit == std::end(units)) {
        return std::nullopt;
    }
    const auto most = static_cast<std::uint64_t>(duration_max / unit->length);
    const auto n = parse_number(word.substr(0, word.size() - suffix.size()), 1, most);
    if (!n) {
        return std::nullopt;
    }
    return unit->length * static_cast<std::int64_t>(*n);
}

std::optional<std::uint64_t> parse_size(std::string_view word) {
    const auto unit = std::ranges::find_if(
        size_units, [word](const SizeUnit& u) { return !word.empty() && word.back() == u.suffix; });
    if (unit == std::end(size_units)) {
        return std::nullopt;
    }
    const auto n = parse_number(word.substr(0, word.size() - 1), 1, size_max >> unit->shift);
    return n ? std::optional(*n << unit->shift) : std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
    const auto unit = std::ranges::find_if(
        size_units, [bytes](const SizeUnit& u) { return bytes % (std::uint64_t{1} << u.shift) == 0; });
    return unit == std::end(size_units) ? std::to_string(bytes)
                                        : std::to_string(bytes >> unit->shift) + unit->suffix;
}

std::optional<std::uint64_t> parse_number(std::string_view word, std::uint64_t least, std::uint64_t most) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size() || number < least || number > most) {
        return std::nullopt;
    }
    return number;
}

}  // namespace nmistorm::plan
