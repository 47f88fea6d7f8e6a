// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/schedule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/error.h"
#include "oracle/finding.h"
#include "plan/names.h"

namespace nmistorm::drive::explore {
namespace {

constexpr std::string_view format_line = "nmistorm-schedule 1";
constexpr std::size_t longest_id = 128;
constexpr std::size_t most_moves = 100'000;
constexpr std::uint32_t most_steps = 100'000'000;

template <typename To, typename From>
bool assign(To& to, const std::optional<From>& from) {
    if (from) {
        to = static_cast<To>(*from);
    }
    return from.has_value();
}

struct Key {
    std::string_view name;
    bool (*read)(ScheduleFile& file, std::string_view word);
    std::string (*write)(const ScheduleFile& file);  ///< empty: the line is left out
    bool optional = false;
};

constexpr std::string_view hex_digits = "0123456789abcdef";

bool read_build_id(ScheduleFile& file, std::string_view word) {
    file.build_id = word;
    return word.size() <= longest_id && word.find_first_not_of(hex_digits) == std::string_view::npos;
}

bool read_rule(ScheduleFile& file, std::string_view word) {
    file.rule = word;
    return std::ranges::any_of(oracle::all_rules, [word](oracle::Rule rule) { return name(rule) == word; });
}

using F = ScheduleFile;
using W = std::string_view;
using S = std::string;

/// In the order of the file; each appears once, unless it is optional.
const Key keys[] = {
    {"build-id", read_build_id, [](const F& f) { return f.build_id; }},
    {"arch", [](F& f, W w) { return assign(f.plan.arch, plan::parse_arch(w)); },
     [](const F& f) { return S(name(f.plan.arch)); }},
    {"fault", [](F& f, W w) { return assign(f.plan.fault, plan::parse_fault(w)); },
     [](const F& f) { return S(plan::name(f.plan.fault)); }},
    {"build", [](F& f, W w) { return assign(f.plan.guest_build, plan::parse_guest_build(w)); },
     [](const F& f) { return f.plan.guest_build.value_or(""); }, true},
    {"vcpus",
     [](F& f, W w) { return assign(f.plan.vcpus, plan::parse_number(w, 1, plan::explored_vcpus_max)); },
     [](const F& f) { return std::to_string(f.plan.vcpus); }},
    {"cycle", [](F& f, W w) { return assign(f.plan.cycle, plan::parse_cycle(w)); },
     [](const F& f) { return S(plan::name(f.plan.cycle)); }},
    {"condition", [](F& f, W w) { return assign(f.plan.condition, plan::parse_condition(w)); },
     [](const F& f) { return S(name(f.plan.condition.value_or(plan::Condition::busy))); }},
    {"swaps", [](F& f, W w) { return assign(f.plan.swaps, plan::parse_number(w, 1, plan::swaps_max)); },
     [](const F& f) { return std::to_string(f.plan.swaps); }},
    {"seed", [](F& f, W w) { return assign(f.plan.seed, plan::parse_number(w, 0, 0xffffffff)); },
     [](const F& f) { return std::to_string(f.plan.seed); }},
    {"breaks", read_rule, [](const F& f) { return f.rule; }},
};

/// "cpu0" -> 0
std::optional<unsigned> parse_cpu(std::string_view word, unsigned vcpus) {
    if (!word.starts_with("cpu")) {
        return std::nullopt;
    }
    const auto number = plan::parse_number(word.substr(3), 0, vcpus - 1);
    return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

/// "cpu0 x17", "nmi cpu1"
std::optional<Move> parse_move(std::string_view key, std::string_view value, unsigned vcpus) {
    if (key == "nmi") {
        const auto cpu = parse_cpu(value, vcpus);
        return cpu ? std::optional(Move{Move::What::nmi, *cpu, 0}) : std::nullopt;
    }
    const auto cpu = parse_cpu(key, vcpus);
    const auto steps =
        value.starts_with('x') ? plan::parse_number(value.substr(1), 1, most_steps) : std::nullopt;
    return cpu && steps ? std::optional(Move{Move::What::run, *cpu, static_cast<std::uint32_t>(*steps)})
                        : std::nullopt;
}

class Parser {
  public:
    Parser(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

    ScheduleFile parse() {
        if (!next_line() || line_ != format_line) {
            throw UsageError(
                fmt::format("{}: not a schedule: its first line is not '{}'", file_, format_line));
        }
        ScheduleFile result;
        while (next_line()) {
            if (!line_.empty() && !line_.starts_with('#')) {
                parse_line(result);
            }
        }
        for (std::size_t i = 0; i < std::size(keys); ++i) {
            if (!seen_[i] && !keys[i].optional) {
                throw UsageError(fmt::format("{}: the line '{} ...' is missing", file_, keys[i].name));
            }
        }
        if (result.schedule.empty()) {
            throw UsageError(fmt::format("{}: there is no move in it", file_));
        }
        return result;
    }

  private:
    bool next_line() {
        if (rest_.empty()) {
            return false;
        }
        ++number_;
        const std::size_t end = std::min(rest_.find('\n'), rest_.size());
        line_ = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return true;
    }

    [[noreturn]] void wrong(std::string_view what) const {
        throw UsageError(fmt::format("{}:{}: {}", file_, number_, what));
    }

    void parse_line(ScheduleFile& result) {
        const std::size_t blank = std::min(line_.find(' '), line_.size());
        const std::string_view key = line_.substr(0, blank);
        const std::string_view value = line_.substr(std::min(blank + 1, line_.size()));
        for (std::size_t i = 0; i < std::size(keys); ++i) {
            if (keys[i].name == key) {
                if (seen_[i] || !result.schedule.empty()) {
                    wrong(fmt::format("'{}' stands here a second time, or after the first move", key));
                }
                seen_[i] = true;
                if (!keys[i].read(result, value)) {
                    wrong(fmt::format("this is no value for '{}'", key));
                }
                return;
            }
        }
        const auto move = parse_move(key, value, result.plan.vcpus);
        if (!move) {
            wrong("a move reads 'cpu0 x17' or 'nmi cpu1', with a vCPU that there is");
        }
        if (result.schedule.size() == most_moves) {
            wrong(fmt::format("more than {} moves", most_moves));
        }
        result.schedule.push_back(*move);
    }

    std::string_view rest_;
    const std::string& file_;
    std::string_view line_;
    unsigned number_ = 0;
    std::array<bool, std::size(keys)> seen_{};
};

}  // namespace

std::string text_of(const ScheduleFile& file) {
    std::string text = fmt::format("{}\n", format_line);
    for (const Key& key : keys) {
        const std::string value = key.write(file);
        if (!key.optional || !value.empty()) {
            text += fmt::format("{} {}\n", key.name, value);
        }
    }
    for (const Move& move : file.schedule) {
        text += to_string(move) + "\n";
    }
    return text;
}

ScheduleFile parse_schedule_file(std::string_view text, const std::string& name) {
    return Parser(text, name).parse();
}

}  // namespace nmistorm::drive::explore
