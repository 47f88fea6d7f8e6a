// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oracle/finding.h"
#include "oracle/judge.h"
#include "oracle/observation.h"
#include "oracle/series.h"
#include "oracle/vcpu_end.h"
#include "report/document.h"
#include "report/profile.h"

namespace nmistorm::report {

/// Everything that is known of one run.
struct RunReport {
    std::string command;  ///< "storm"
    Provenance provenance;
    std::string image;        ///< "embedded" or the --guest file
    std::string image_fault;  ///< what the image's note says, "none" for a clean one
    /// How the embedded image was compiled; none: it is a file.
    std::optional<std::string> image_build;
    oracle::Observation observation;  ///< its plan says what was asked for
    oracle::Tally tally;              ///< from events; all zero with --observe counters
    std::vector<oracle::Finding> findings;
    std::vector<ProfileLine> profile;  ///< only where the plan asks for one
    oracle::Histogram slices;          ///< in nanoseconds; empty if one thread injected for all vCPUs
    oracle::Histogram stopped_for;     ///< in nanoseconds, while the VM was replaced; only with --churn
    /// From the first request until the run ended; empty where that is not known, as to `judge`.
    std::vector<oracle::Interval> series;
    std::vector<oracle::VcpuEnd> ends;  ///< by vCPU; empty without findings, and where it is not known
    std::uint64_t holds = 0;            ///< times that a vCPU waited until its events were read
    double duration_s = 0;              ///< from the first request to the last NMI settled
    std::uint64_t tsc_khz = 0;          ///< to turn grace-period ticks into microseconds; 0 if unknown
    plan::Shard shard;                  ///< of a campaign; the plan is that of this shard
    bool interrupted = false;           ///< SIGINT, SIGTERM or SIGHUP ended it
};

/// Figures from the events if there are any, else from the guest's own counters.
struct Exercised {
    std::uint64_t swaps, grace_periods, freed, overlaps, idle_nmis, unloaded;
    std::uint64_t onlines, offline_nmis;
    std::optional<std::uint64_t> onlines_in_grace_period;  ///< nothing without events
};
Exercised exercised(const RunReport& report);

/// How long grace periods took, in microseconds.
struct GracePeriodTimes {
    double p50, p99, max;
};
/// Nothing if no grace period was timed, or if the TSC's frequency is unknown.
std::optional<GracePeriodTimes> grace_period_times(const RunReport& report);

/// In microseconds, of ticks of a TSC with @p tsc_khz, which is not 0.
double us_of_ticks(std::uint64_t ticks, std::uint64_t tsc_khz);

/// Sums over vCPUs.
struct NmiTotals {
    std::uint64_t requested = 0, accepted = 0, coalesced = 0, handled = 0, defaulted = 0;
    std::uint64_t dummy = 0, declined = 0;  ///< what led to the default action
    std::vector<std::uint64_t> per_cpu;     ///< handled
};
NmiTotals nmi_totals(const oracle::Observation& observation);

Document document(const RunReport& report);

/// Its figures, as include/nmistorm/schema/nmistorm.run.2.schema.json describes them.
Json to_json(const RunReport& report);

}  // namespace nmistorm::report
