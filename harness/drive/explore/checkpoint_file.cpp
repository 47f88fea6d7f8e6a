// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/checkpoint_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "machine/layout.h"
#include "plan/names.h"

namespace nmistorm::drive::explore {
namespace {

constexpr std::string_view first_line = "nmistorm-progress 2";

/// The part of the plan that determines how a search proceeds.
std::string plan_line(const plan::ExplorePlan& plan) {
    return fmt::format(
        "plan {} {} vcpus {} cycle {} condition {} swaps {} preemptions {} nmis {} reduction {} "
        "shard {} seed {}",
        plan::name(plan.arch), plan::name(plan.fault), plan.vcpus, plan::name(plan.cycle),
        plan.condition ? name(*plan.condition) : "all", plan.swaps, plan.preemptions, plan.nmis,
        name(plan.reduction), to_string(plan.shard), plan.seed);
}

std::string addresses_line(const char* key, const std::vector<std::uint32_t>& addresses) {
    std::string line = key;
    for (const std::uint32_t address : addresses) {
        line += fmt::format(" {:x}", address);
    }
    return line + "\n";
}

std::string touched_line(const std::vector<TouchedWord>& words) {
    std::string line = "touched";
    for (const TouchedWord& word : words) {
        line += fmt::format(" {:x}:{:x}:{:x}", word.address, word.readers, word.writers);
    }
    return line + "\n";
}

/// Each address is below @p end and aligned.
std::optional<std::vector<TouchedWord>> parse_touched(std::istringstream& words, std::uint64_t end) {
    constexpr std::uint64_t most = 0xffff;
    std::vector<TouchedWord> touched;
    char colon = 0;
    char second_colon = 0;
    std::uint64_t address = 0;
    std::uint64_t readers = 0;
    std::uint64_t writers = 0;
    while (words >> std::hex >> address) {
        if (!(words >> colon >> readers >> second_colon >> writers) || colon != ':' || second_colon != ':' ||
            address >= end || address % ConflictSet::word_size != 0 || readers > most || writers > most) {
            return std::nullopt;
        }
        touched.push_back({static_cast<std::uint32_t>(address), static_cast<std::uint16_t>(readers),
                           static_cast<std::uint16_t>(writers)});
    }
    return words.eof() ? std::optional(touched) : std::nullopt;
}

std::optional<oracle::Round> parse_round(std::istringstream& words) {
    oracle::Round round;
    std::string condition;
    std::string end;
    words >> condition >> round.preemptions >> end >> round.tally.ended >> round.tally.merged >>
        round.tally.states >> round.tally.units >> round.tally.done >> round.steps >> round.seconds;
    const auto known_condition = plan::parse_condition(condition);
    const auto known_end = oracle::parse_search_end(end);
    if (!words || !known_condition || !known_end) {
        return std::nullopt;
    }
    round.condition = *known_condition;
    round.end = *known_end;
    return round;
}

/// In any order, but each is in [begin, end).
std::optional<std::vector<std::uint32_t>> parse_addresses(std::istringstream& words, std::uint64_t begin,
                                                          std::uint64_t end) {
    std::vector<std::uint32_t> addresses;
    for (std::uint64_t address = 0; words >> std::hex >> address;) {
        if (address < begin || address >= end) {
            return std::nullopt;
        }
        addresses.push_back(static_cast<std::uint32_t>(address));
    }
    return words.eof() ? std::optional(addresses) : std::nullopt;
}

}  // namespace

std::string text_of(const Checkpoint& progress, const plan::ExplorePlan& plan, const std::string& build_id) {
    std::string text = fmt::format("{}\nbuild-id {}\n{}\n", first_line, build_id, plan_line(plan));
    for (const oracle::Round& round : progress.rounds) {
        text +=
            fmt::format("round {} {} {} {} {} {} {} {} {} {:.3f}\n", name(round.condition), round.preemptions,
                        name(round.end), round.tally.ended, round.tally.merged, round.tally.states,
                        round.tally.units, round.tally.done, round.steps, round.seconds);
    }
    return text + touched_line(progress.touched) + addresses_line("covered", progress.covered) +
           (progress.shards_disagree ? "shards-disagree\n" : "");
}

Checkpoint parse_checkpoint(std::string_view text, const plan::ExplorePlan& plan, const image::Image& image,
                            const std::string& name) {
    std::istringstream lines{std::string(text)};
    std::string line;
    const auto expect = [&](const std::string& expected, const char* otherwise) {
        if (!std::getline(lines, line) || line != expected) {
            throw UsageError(fmt::format("{}: {}", name, otherwise));
        }
    };
    expect(std::string(first_line), "not the progress of an exploration: name a file that --resume wrote");
    if (image.build_id().empty()) {
        throw UsageError(fmt::format(
            "{}: cannot be known to be of {}, which has no build id: link it with one", name, image.name()));
    }
    expect("build-id " + image.build_id(), "made for another image: begin again, with another file");
    expect(plan_line(plan), "made with other flags: give the same again, or begin again with another file");
    const machine::Layout layout = machine::make_layout(plan.vcpus, image.segments());
    Checkpoint progress;
    for (unsigned number = 4; std::getline(lines, line); ++number) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        const auto take = [&](auto& to, auto from) {
            if (!from) {
                throw UsageError(fmt::format("{}:{}: this line is damaged", name, number));
            }
            to = *from;
        };
        if (key == "round") {
            progress.rounds.emplace_back();
            take(progress.rounds.back(), parse_round(words));
        } else if (key == "touched") {
            take(progress.touched, parse_touched(words, layout.size));
        } else if (key == "shards-disagree") {
            progress.shards_disagree = true;
        } else if (key == "covered") {
            take(progress.covered, parse_addresses(words, image::image_begin.value, layout.boot.value));
        } else {
            throw UsageError(fmt::format("{}:{}: this line is damaged", name, number));
        }
    }
    return progress;
}

}  // namespace nmistorm::drive::explore
