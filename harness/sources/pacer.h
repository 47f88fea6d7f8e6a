// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/clock.h"
#include "guests/guest.h"
#include "machine/machine.h"
#include "plan/run_plan.h"
#include "sources/nmi_queue.h"
#include "sources/target.h"

namespace nmistorm::sources {

/// Requests the NMIs of a plan. Either one thread polls it for all vCPUs, or each vCPU's thread calls
/// inject() for its own.
class Pacer {
  public:
    /// Targets must be online and handling NMIs. All references but @p plan must outlive this
    /// object.
    Pacer(const plan::RunPlan& plan, const guests::Guest& guest, machine::Machine& machine, NmiQueue& queue);

    /// Requests the NMIs that are due. Returns true if any were.
    bool poll(Clock::time_point now);

    /// Makes the NMIs that are due for @p cpu. Called on the vCPU's thread, outside the guest.
    void inject(unsigned cpu, kvm::Vcpu& vcpu, Clock::time_point now);
    /// The target on @p cpu, or null.
    [[nodiscard]] const Target* target(unsigned cpu) const { return by_cpu_[cpu]; }

    /// Every request of the plan was made; only with plan.nmis.
    [[nodiscard]] bool exhausted() const;

    /// Every request to every target was answered. After the last request the storm is then over.
    [[nodiscard]] bool answered() const;
    /// Every request to this vCPU was answered. True for a vCPU that is no target.
    [[nodiscard]] bool answered(unsigned cpu) const;

    [[nodiscard]] std::uint64_t requested(unsigned cpu) const;
    /// Of each target.
    [[nodiscard]] std::vector<Requests> requests() const;

  private:
    [[nodiscard]] bool answered(const Target& target) const;

    const guests::Guest& guest_;
    machine::Machine& machine_;
    NmiQueue& queue_;
    std::deque<Target> targets_;
    std::vector<Target*> by_cpu_;
};

}  // namespace nmistorm::sources
