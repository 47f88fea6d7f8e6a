// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "engines/churn.h"
#include "engines/time_left.h"
#include "image/image.h"
#include "kvm/system.h"
#include "oracle/judge.h"
#include "oracle/observation.h"
#include "oracle/series.h"
#include "oracle/vcpu_end.h"
#include "plan/run_plan.h"
#include "sources/nmi_source.h"

namespace nmistorm::engines {

/// The progress of a storm, for the live line.
struct StormStatus {
    double elapsed_s = 0;
    std::uint64_t handled = 0;
    std::uint64_t swaps = 0;
    std::uint64_t grace_periods = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t findings = 0;
    std::optional<TimeLeft> left = {};  ///< until the last NMI is requested
};

struct StormHooks {
    std::function<void(const StormStatus&)> status;  ///< called ten times a second
    std::function<bool()> interrupted;               ///< polled; true ends the storm early
    /// Told as often what each source was asked for, if it is set.
    std::function<void(const std::vector<oracle::SourceAccount>&)> requests = {};
    /// Told all that the judge was told, after it, if it is set.
    std::function<void(const oracle::Record&, const oracle::Judge&)> record = {};
    /// Makes the sources; if it is not set, those of the plan are used.
    std::function<sources::Sources(guests::Guest&)> sources = {};
    ChurnOrder churn = {};
};

struct StormResult {
    oracle::Observation observation;
    oracle::Tally tally;
    std::vector<oracle::Finding> findings;
    std::map<std::uint32_t, std::uint64_t> samples;  ///< how often NMIs hit each instruction, if sampled
    double duration_s = 0;          ///< from the first request until the last NMI was settled
    double ended_s = 0;             ///< until the run ended, because the plan was done or for another reason
    oracle::Histogram slices;       ///< in nanoseconds; empty if one thread injected for all vCPUs
    oracle::Histogram stopped_for;  ///< in nanoseconds, while the VM was replaced
    std::vector<oracle::Interval> series;  ///< from the first request until the run ended
    std::vector<oracle::VcpuEnd> ends;     ///< by vCPU, if there are findings
    std::uint64_t holds = 0;               ///< times that a vCPU waited until the host had read its events
    std::uint64_t tsc_khz = 0;
    bool interrupted = false;
};

/// Runs @p plan on a machine of its own and judges it. Throws HostCannot and Error. Everything that the guest
/// does is in the result.
StormResult storm(const plan::RunPlan& plan, const image::Image& image, const kvm::System& system,
                  const StormHooks& hooks);

}  // namespace nmistorm::engines
