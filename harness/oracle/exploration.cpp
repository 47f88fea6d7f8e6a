// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/exploration.h"

#include <algorithm>

#include "base/enum_names.h"

namespace nmistorm::oracle {
namespace {

constexpr std::string_view end_names[] = {"exhausted", "found", "stopped", "begin-again"};

}  // namespace

std::string_view name(SearchEnd end) {
    return end_names[static_cast<std::size_t>(end)];
}

std::optional<SearchEnd> parse_search_end(std::string_view word) {
    return find_name<SearchEnd>(end_names, word);
}

bool exhausted(const Exploration& exploration) {
    return !exploration.interrupted && !exploration.out_of_budget && !exploration.out_of_memory &&
           !exploration.rounds.empty() && std::ranges::all_of(exploration.rounds, [](const Round& round) {
               return round.end == SearchEnd::exhausted;
           });
}

Outcome outcome(const Exploration& exploration) {
    if (exploration.found) {
        return Outcome::violation;
    }
    const bool proved =
        exhausted(exploration) && exploration.unjudged.empty() && !exploration.shards_disagree;
    return proved ? Outcome::pass : Outcome::inconclusive;
}

std::uint64_t schedules(const Exploration& exploration) {
    std::uint64_t sum = 0;
    for (const Round& round : exploration.rounds) {
        sum += round.tally.ended + round.tally.merged;
    }
    return sum;
}

}  // namespace nmistorm::oracle
