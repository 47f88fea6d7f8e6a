// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/finding.h"
#include "oracle/limit.h"
#include "oracle/vcpu_end.h"
#include "plan/explore_plan.h"
#include "plan/schedule.h"

namespace nmistorm::oracle {

/// How a search ended: it covered everything, a rule was broken, it was told to stop, or it must begin again
/// because an assumption turned out wrong.
enum class SearchEnd { exhausted, found, stopped, begin_again };
std::string_view name(SearchEnd end);
std::optional<SearchEnd> parse_search_end(std::string_view word);

/// What a search did.
struct SearchTally {
    std::uint64_t ended = 0;   ///< schedules that ended
    std::uint64_t merged = 0;  ///< schedules that reached a state which had been explored before
    std::uint64_t states = 0;  ///< distinct states at choice points
    std::uint64_t units = 0;   ///< units that the search met (engines/explore/search.h)
    std::uint64_t done = 0;    ///< units done without a gap from the first: a later search begins there
    bool operator==(const SearchTally&) const = default;
};

/// One search: a condition and a bound.
struct Round {
    plan::Condition condition{};
    unsigned preemptions = 0;
    SearchEnd end{};
    SearchTally tally;
    std::uint64_t steps = 0;  ///< instructions run
    double seconds = 0;       ///< in which they were
    bool operator==(const Round&) const = default;
};

/// A broken rule and a short schedule that breaks it.
struct Found {
    Finding finding;
    plan::Condition condition{};
    plan::Schedule schedule;
    unsigned preemptions = 0;  ///< in the schedule; no schedule needs fewer
    unsigned nmis = 0;
    double seconds = 0;  ///< of the exploration's, when it was found: the schedule is minimized later
    std::vector<std::string> listing;
    std::vector<VcpuEnd> ends;  ///< by vCPU, when the schedule has been played
};

/// How much of one function was executed.
struct Covered {
    std::string function;
    unsigned reached = 0;  ///< instruction boundaries
    unsigned all = 0;
    std::vector<GuestVirt> missed;  ///< start of each stretch that was not reached
};

/// Who accessed a word of guest memory: one bit for each actor, as guests/stepped/conflict_set.h numbers
/// them.
struct TouchedWord {
    static constexpr std::uint64_t size = 4;
    std::uint32_t address = 0;  ///< a multiple of size
    std::uint16_t readers = 0;
    std::uint16_t writers = 0;
    bool operator==(const TouchedWord&) const = default;
};

/// What a later exploration needs to continue where this one stopped.
struct Checkpoint {
    std::vector<Round> rounds;           ///< the last round may have been stopped
    std::vector<TouchedWord> touched;    ///< words, and who accessed them
    std::vector<std::uint32_t> covered;  ///< instructions that were executed
    bool shards_disagree = false;        ///< as in Exploration
    bool operator==(const Checkpoint&) const = default;
};

/// The result of an exploration, as one value.
struct Exploration {
    std::vector<Round> rounds;
    std::optional<Found> found;
    std::vector<Covered> coverage;
    std::string unjudged;       ///< what the image lacks, so that some rules cannot judge; else empty
    std::vector<Limit> limits;  ///< what stepping cannot show of any image
    double seconds = 0;         ///< of all of it: also to boot guests, to begin a round again and to minimize
    std::uint64_t steps = 0;
    bool interrupted = false;
    bool out_of_budget = false;
    bool out_of_memory = false;  ///< the plan's memory limit was reached
    /// This shard found a shared word that the smaller bounds had not found. It may have numbered units
    /// differently from the other shards.
    bool shards_disagree = false;
};

/// The whole bound was searched: every round was exhausted.
bool exhausted(const Exploration& exploration);

/// violation if there is a finding, pass if the whole bound was searched, else inconclusive.
Outcome outcome(const Exploration& exploration);

/// Schedules that were begun: those that ended and those that were merged.
std::uint64_t schedules(const Exploration& exploration);

}  // namespace nmistorm::oracle
