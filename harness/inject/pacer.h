// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "inject/kvm_nmi.h"
#include "inject/request_stream.h"
#include "machine/machine.h"
#include "plan/run_plan.h"

namespace nmistorm::inject {

/// Decides when each target gets its next NMIs, and requests them. One thread polls it.
class Pacer {
  public:
    /// Targets must be online and handling NMIs. @p machine and @p source must outlive this object.
    Pacer(const plan::RunPlan& plan, machine::Machine& machine, KvmNmi& source);

    /// Requests the NMIs that are due. Returns true if any were.
    bool poll(Clock::time_point now);

    /// Every request of the plan was made; only with plan.nmis.
    [[nodiscard]] bool exhausted() const;

    /// Every request to every target was answered. After the last poll() the storm is then over.
    [[nodiscard]] bool answered() const;
    /// Every request to this vCPU was answered. True for a vCPU that is no target.
    [[nodiscard]] bool answered(unsigned cpu) const;

    [[nodiscard]] std::uint64_t requested(unsigned cpu) const;

  private:
    struct Target {
        unsigned cpu;
        RequestStream stream;
        std::uint64_t left;  ///< NMIs of the plan that are not requested yet
        std::uint32_t exits_at_start;
        Request next{};
        Clock::time_point due{};
        std::uint64_t requested = 0;
        std::uint32_t exits_at_request = 0;
    };
    [[nodiscard]] bool ready(const Target& target) const;
    [[nodiscard]] bool answered(const Target& target) const;
    [[nodiscard]] const Target* find(unsigned cpu) const;
    void plan_next(Target& target, Clock::time_point from);

    machine::Machine& machine_;
    KvmNmi& source_;
    plan::Pace::Kind pace_;
    std::vector<Target> targets_;
};

}  // namespace nmistorm::inject
