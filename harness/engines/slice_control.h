// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "engines/slice_tuner.h"
#include "engines/vcpu_turns.h"
#include "guests/guest.h"
#include "plan/run_plan.h"

namespace nmistorm::engines {

/// Sets the average slice of each vCPU, as the plan says or as it is worth most: one for the updater's vCPU
/// and one for the others, which all do the same work.
class SliceControl {
  public:
    /// @p guest and @p turns must outlive this object.
    SliceControl(const plan::RunPlan& plan, const guests::Guest& guest, VcpuTurns& turns);

    /// Call it often during the storm.
    void tune(Clock::time_point now);

  private:
    /// Counts of the guest since boot; they wrap at 2^32.
    struct Counts {
        Clock::time_point at{};
        guests::Work work;
        std::uint32_t handled = 0;
    };
    [[nodiscard]] Counts read(Clock::time_point now) const;
    void apply();

    const plan::RunPlan& plan_;
    const guests::Guest& guest_;
    VcpuTurns& turns_;
    SliceTuner updaters_;
    SliceTuner others_;
    Counts last_;
};

}  // namespace nmistorm::engines
