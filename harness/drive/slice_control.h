// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "drive/slice_tuner.h"
#include "drive/vcpu_turns.h"
#include "machine/machine.h"
#include "plan/run_plan.h"

namespace nmistorm::drive {

/// Sets the average slice of each vCPU, as the plan says or as it is worth most: one for the updater's vCPU
/// and one for the others, which all do the same work.
class SliceControl {
  public:
    /// @p machine and @p turns must outlive this object.
    SliceControl(const plan::RunPlan& plan, const machine::Machine& machine, VcpuTurns& turns);

    /// Call it often during the storm.
    void tune(Clock::time_point now);

  private:
    /// Counts of the guest since boot; they wrap at 2^32.
    struct Counts {
        Clock::time_point at{};
        std::uint32_t overlaps = 0;
        std::uint32_t swaps = 0;
        std::uint32_t handled = 0;
    };
    [[nodiscard]] Counts read(Clock::time_point now) const;
    void apply();

    const plan::RunPlan& plan_;
    const machine::Machine& machine_;
    VcpuTurns& turns_;
    SliceTuner updaters_;
    SliceTuner others_;
    Counts last_;
};

}  // namespace nmistorm::drive
