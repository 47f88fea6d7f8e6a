// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/finding.h"
#include "plan/explore_plan.h"
#include "plan/schedule.h"

namespace nmistorm::oracle {

/// How a search ended: through with everything, at a broken rule, told to stop, or because what it had taken
/// for granted turned out wrong.
enum class SearchEnd { exhausted, found, stopped, begin_again };
std::string_view name(SearchEnd end);
std::optional<SearchEnd> parse_search_end(std::string_view word);

/// What a search did.
struct SearchTally {
    std::uint64_t ended = 0;   ///< schedules that came to an end
    std::uint64_t merged = 0;  ///< schedules that came to a state from which all was explored already
    std::uint64_t states = 0;  ///< different ones, at choice points
    std::uint64_t units = 0;   ///< met (drive/explore/search.h)
    std::uint64_t done = 0;    ///< of them, all before this one: where a later search can begin
    bool operator==(const SearchTally&) const = default;
};

/// One search: a condition and a bound.
struct Round {
    plan::Condition condition{};
    unsigned preemptions = 0;
    SearchEnd end{};
    SearchTally tally;
    std::uint64_t steps = 0;  ///< instructions that were run
    double seconds = 0;
};

/// A broken rule and a short schedule that breaks it.
struct Found {
    Finding finding;
    plan::Condition condition{};
    plan::Schedule schedule;
    unsigned preemptions = 0;  ///< that it takes; no schedule takes fewer
    unsigned nmis = 0;
    double seconds = 0;  ///< from the beginning until it was found, without minimizing it
    std::vector<std::string> listing;
};

/// How much of one function was run.
struct Covered {
    std::string function;
    unsigned reached = 0;  ///< instruction boundaries
    unsigned all = 0;
    std::vector<GuestVirt> missed;  ///< where each stretch of those that were not begins
};

/// What an exploration showed, as one value.
struct Exploration {
    std::vector<Round> rounds;
    std::optional<Found> found;
    std::vector<Covered> coverage;
    std::string unjudged;  ///< what the image lacks, so that rules which need it are silent; empty if nothing
    double seconds = 0;
    std::uint64_t steps = 0;
    bool interrupted = false;
    bool out_of_budget = false;
    bool out_of_memory = false;  ///< of the plan's
    /// A shard met a word that is shared and that smaller bounds had not shown to be: it may have counted
    /// units otherwise than the other shards have.
    bool shards_disagree = false;
};

/// The bound was gone through whole: every pass was exhausted.
bool exhausted(const Exploration& exploration);

/// violation with a finding, pass where the bound was gone through whole, else inconclusive.
Outcome outcome(const Exploration& exploration);

/// Schedules that were begun: those that ended and those that were merged.
std::uint64_t schedules(const Exploration& exploration);

}  // namespace nmistorm::oracle
