// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "guests/abi/event.h"
#include "oracle/judge.h"

namespace nmistorm::oracle::test {

// Callbacks and blocks of the literals.
inline constexpr std::uint32_t dummy = 0x1000, counting = 0x11000, sleeper = 0x21000, stray = 0x31000;
inline constexpr std::uint32_t block_a = 0x8000, block_b = 0x8200;

using guests::Event;

/// Events of a run in a short notation: each call appends one, in order. Task events are vCPU 0's unless
/// stated otherwise.
class History {
  public:
    struct Gap {
        std::uint64_t lost;
    };
    using Step = std::variant<Event, Gap>;

    History& alloc(std::uint32_t block, std::uint32_t generation);
    History& publish(std::uint32_t callback, std::uint32_t generation);
    History& retire(std::uint32_t callback, std::uint32_t generation);
    History& gp_begin(std::uint32_t number);
    History& gp_end(std::uint32_t number, std::uint32_t length = 1);
    History& free(std::uint32_t block, std::uint32_t generation);
    History& slot(unsigned vcpu, std::uint32_t generation, std::uint32_t uses);
    History& unload(std::uint32_t callback, std::uint32_t generation);
    History& reader_enter(unsigned vcpu, std::uint32_t generation);
    History& reader_leave(unsigned vcpu, std::uint32_t generation);
    /// nmi_begin and nmi_call. nmi_count follows from the steps so far.
    History& nmi_enter(unsigned vcpu, std::uint32_t callback, std::uint16_t flags = 0);
    History& nmi_begin(unsigned vcpu, std::uint16_t flags = 0);
    History& nmi_call(unsigned vcpu, std::uint32_t callback);
    /// Answered, or defaulted if @p callback is the dummy. One callback ran.
    History& nmi_leave(unsigned vcpu, std::uint32_t callback, std::uint32_t generation);
    History& nmi_leave_with(unsigned vcpu, std::uint32_t callback, std::uint32_t generation,
                            std::uint16_t flags, unsigned callbacks = 1);
    /// Entered and left.
    History& nmi(unsigned vcpu, std::uint32_t callback, std::uint32_t generation);
    History& trip(unsigned vcpu, abi::Trip trip, std::uint32_t value, std::uint32_t generation);
    History& cpu_online(unsigned vcpu);
    History& cpu_offline(unsigned vcpu);
    History& done();
    History& gap(std::uint64_t lost);
    History& add(unsigned vcpu, abi::EventKind kind, std::uint16_t flags, std::uint32_t a, std::uint32_t b);

    [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

    /// The same, with @p count steps from @p first on lost.
    [[nodiscard]] History without(std::size_t first, std::size_t count) const;

  private:
    std::vector<Step> steps_;
    std::uint64_t next_ = 0;
    std::map<unsigned, std::uint32_t> nmi_counts_;
};

/// Everything that a run on two vCPUs needs to pass, without its end: one swap, an overlap, an NMI from idle.
/// It uses grace period 1 and generation 1.
History clean_history();

/// What a correct guest and a correct KVM leave behind after @p history.
Observation observed(const History& history, unsigned vcpus = 2);

/// Judges @p history, then the event `done` if the run finished, then @p observation.
std::vector<Finding> judged(const History& history, const Observation& observation, Tally* tally = nullptr);

/// The names of the broken rules.
std::set<std::string> broken(const History& history, const Observation& observation);
std::set<std::string> broken(const History& history);

}  // namespace nmistorm::oracle::test
