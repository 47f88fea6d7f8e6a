// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "engines/explore/livelock.h"
#include "engines/explore/visited.h"
#include "guests/stepped/stopped.h"
#include "oracle/exploration.h"
#include "plan/explore_plan.h"

namespace nmistorm::engines::explore {

/// The part of the space that a search covers.
///
/// A unit is everything that can follow one choice with a cost, an NMI or a preemption, after choices without
/// a cost. Units are numbered in the order in which the search meets them. That order does not depend on
/// which units are skipped.
struct Part {
    plan::Shard shard;             ///< takes the units whose number modulo the count is shard.index
    std::uint64_t first_unit = 0;  ///< units before this one were done earlier
};

using oracle::SearchEnd;
using oracle::SearchTally;

/// Depth-first search of everything that a guest can do within a bound. It runs the guest itself and returns
/// it to earlier states. What it requires of a guest:
///
///   cpus()                      how many vCPUs there are
///   can_run(c), can_take_nmi(c) whether c can do that next
///   spins(c)                    c waits in a loop: its next instruction is PAUSE
///   run(c)                      runs c to its next choice point or throws Stopped; can_run(c) holds
///   settle(c)                   the same, but does nothing if c is at a choice point
///   nmi(c)                      delivers an NMI to c; can_take_nmi(c) holds, and then can_run(c)
///   key()                       the key of the state
///   mark(), rewind(mark)        returns the guest to an earlier state
///   finding()                   true once a rule is broken
///   complete()                  the guest's work is done
///   deadlock()                  judges that no vCPU can run
///   livelock(c)                 judges that the vCPUs that can run, c among them, are in a livelock
///   begin_again()               choice points have changed: the search must start over
///   mark_bytes(), log_bytes()   heap bytes of a mark, and of the log since the first mark
///
/// A switch away from a vCPU that could continue is a preemption, unless the vCPU spins: then, as at HLT,
/// switching to another costs nothing. A vCPU also spins if it returns to a state that it was in since it was
/// last switched to and met no PAUSE on the way.
template <typename Guest>
class Search {
  public:
    /// @p stop is called repeatedly; when it returns true the search ends.
    Search(Guest& guest, const Allowance& bound, const Part& part, std::function<bool()> stop)
        : guest_(guest), bound_(bound), part_(part), stop_(std::move(stop)) {}

    /// Call once, with the guest where exploring starts. If it returns `found`, the guest is left in the
    /// state with the finding.
    SearchEnd run() {
        try {
            if (const auto end = arrive(0, true, bound_, false)) {
                return *end;
            }
            while (!path_.empty()) {
                if (const auto end = go_on()) {
                    return *end;
                }
            }
        } catch (const guests::Stopped&) {
            return SearchEnd::stopped;
        }
        return SearchEnd::exhausted;
    }

    [[nodiscard]] SearchTally tally() const {
        const bool within =
            (under_way_ && *under_way_ != bound_) || (!path_.empty() && path_.back().left != bound_);
        return {ended_, merged_, visited_.size(), units_, within ? units_ - 1 : units_};
    }
    /// Bytes of what grows during a search: the set of visited states, and the path to the present state.
    [[nodiscard]] std::size_t bytes() const {
        const std::size_t heap = guest_.mark_bytes() + 2 * guest_.cpus() * sizeof(Option);
        return visited_.bytes() + path_.capacity() * sizeof(Node) + path_.size() * heap + guest_.log_bytes();
    }
    [[nodiscard]] const Visited& visited() const { return visited_; }

  private:
    struct Option {
        unsigned cpu = 0;
        bool nmi = false;
        Allowance left;
    };
    struct Node {
        typename Guest::Mark mark;
        guests::StateKey key;
        unsigned cpu = 0;        ///< the vCPU that ran last
        bool spins = false;      ///< it is at a PAUSE
        bool continues = false;  ///< the same vCPU ran before it, in the node below
        Allowance left;
        std::vector<Option> options;
        std::size_t next = 0;
    };
    using End = std::optional<SearchEnd>;

    /// The guest reached a state: @p cpu ran last; if @p is_free, a switch to any vCPU costs nothing.
    End arrive(unsigned cpu, bool is_free, const Allowance& left, bool continues) {
        if (guest_.finding()) {
            return SearchEnd::found;
        }
        if (guest_.begin_again()) {
            return SearchEnd::begin_again;
        }
        const guests::StateKey state = guest_.key();
        if (!guest_.can_run(cpu) || guest_.spins(cpu)) {
            is_free = true;
        }
        if (!visited_.add(marked(state, cpu, is_free), left)) {
            const bool circle = !is_free && continues && was_here(state, cpu);
            if (!circle || !visited_.add(marked(state, cpu, true), left)) {
                ++merged_;
                return {};
            }
            is_free = true;
        }
        if (is_free && judge_stuck(guest_)) {
            ++ended_;
            if (guest_.finding()) {
                return SearchEnd::found;
            }
        }
        path_.push_back(
            {guest_.mark(), state, cpu, guest_.spins(cpu), continues, left, options(cpu, is_free, left), 0});
        return {};
    }

    static guests::StateKey marked(guests::StateKey state, unsigned cpu, bool is_free) {
        constexpr std::uint64_t place = ~std::uint64_t{0};
        state ^= guests::key_of(place, is_free ? 1 : cpu + 2);
        return state;
    }

    /// @p cpu was in this state before since it was last switched to.
    [[nodiscard]] bool was_here(const guests::StateKey& state, unsigned cpu) const {
        for (auto node = path_.rbegin(); node != path_.rend() && node->cpu == cpu; ++node) {
            if (node->key == state) {
                return true;
            }
            if (!node->continues || node->spins) {
                break;
            }
        }
        return false;
    }

    std::vector<Option> options(unsigned current, bool is_free, const Allowance& left) const {
        std::vector<Option> result;
        for (unsigned i = 0; i < guest_.cpus(); ++i) {
            const unsigned cpu = (current + i) % guest_.cpus();
            const unsigned cost = i == 0 || is_free ? 0 : 1;
            if (cost > left.preemptions) {
                continue;
            }
            const unsigned preemptions = left.preemptions - cost;
            if (guest_.can_run(cpu)) {
                result.push_back({cpu, false, {preemptions, left.nmis}});
            }
            if (left.nmis != 0 && guest_.can_take_nmi(cpu)) {
                result.push_back({cpu, true, {preemptions, left.nmis - 1}});
            }
        }
        return result;
    }

    /// Takes the next possible choice at the end of the path, or goes back one node.
    End go_on() {
        Node& node = path_.back();
        if (node.next == node.options.size()) {
            path_.pop_back();
            return {};
        }
        if (stop_ && stop_()) {
            return SearchEnd::stopped;
        }
        const Option option = node.options[node.next++];
        if (node.left == bound_ && option.left != bound_ && !is_ours(units_++)) {
            return {};
        }
        under_way_ = option.left;
        guest_.rewind(node.mark);
        const bool continues = option.cpu == node.cpu && !option.nmi;
        if (option.nmi) {
            guest_.nmi(option.cpu);
        }
        guest_.run(option.cpu);
        const End end = arrive(option.cpu, false, option.left, continues);
        under_way_.reset();
        return end;
    }

    [[nodiscard]] bool is_ours(std::uint64_t unit) const {
        return unit >= part_.first_unit && unit % part_.shard.of == part_.shard.index;
    }

    Guest& guest_;
    Allowance bound_;
    Part part_;
    std::function<bool()> stop_;
    std::vector<Node> path_;
    std::optional<Allowance> under_way_;  ///< what is left for the step that the guest now runs
    Visited visited_;
    std::uint64_t ended_ = 0;
    std::uint64_t merged_ = 0;
    std::uint64_t units_ = 0;
};

}  // namespace nmistorm::engines::explore
