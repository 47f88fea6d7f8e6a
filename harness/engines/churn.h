// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "base/clock.h"
#include "kvm/vcpu_state.h"
#include "machine/machine.h"
#include "oracle/histogram.h"
#include "plan/run_plan.h"
#include "sources/nmi_queue.h"

namespace nmistorm::engines {

/// What comes first where a VM is replaced. Other orders than the default are wrong, and for tests.
struct ChurnOrder {
    kvm::StateOrder state = kvm::right_order();
    bool stop_first = true;      ///< each vCPU is stopped before it is saved
    bool stop_all_first = true;  ///< and all are before any is
    bool start_all_last = true;  ///< all are restored before any is started
};

/// Replaces the VM of a storm at random moments, as a live migration does: has a fresh VM made, stops every
/// vCPU, saves everything but the memory, which stays, restores it in the fresh VM and starts the vCPUs
/// again.
class Churn {
  public:
    /// @p machine and @p queue must outlive this object. Does nothing unless @p plan says when.
    Churn(const plan::RunPlan& plan, const kvm::System& system, machine::GuestVm& vm,
          machine::Machine& machine, sources::NmiQueue& queue, ChurnOrder order);

    /// The next replacement is due some time after @p now.
    void begin(Clock::time_point now);
    /// Replaces the VM if that is due. Returns false, with every vCPU stopped, if one has ended for good:
    /// then the storm is over.
    bool poll(Clock::time_point now);

    [[nodiscard]] std::uint64_t replaced() const { return stopped_for_.count(); }
    /// For how long no vCPU ran, in nanoseconds.
    [[nodiscard]] const oracle::Histogram& stopped_for() const { return stopped_for_; }

  private:
    bool save();
    void restore();

    std::optional<std::chrono::nanoseconds> every_;
    machine::GuestVm& vm_;
    machine::Machine& machine_;
    sources::NmiQueue& queue_;
    const ChurnOrder order_;
    std::vector<std::uint32_t> msr_indices_;
    std::mt19937_64 random_;
    Clock::time_point next_ = Clock::time_point::max();
    oracle::Histogram stopped_for_;
    kvm::VmState vm_state_;
    std::vector<kvm::VcpuState> vcpu_states_;
};

}  // namespace nmistorm::engines
