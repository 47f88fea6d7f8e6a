// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/run_report.h"

#include <algorithm>

namespace nmistorm::report {
namespace {

// With --observe counters only tripwires write events, and those do not count what was exercised.
bool has_events(const RunReport& report) {
    return report.observation.plan.observe == plan::Observe::events && report.tally.facts > 0;
}

}  // namespace

Exercised exercised(const RunReport& report) {
    if (has_events(report)) {
        const oracle::Tally& tally = report.tally;
        return {.swaps = tally.swaps,
                .grace_periods = tally.grace_periods,
                .freed = tally.freed,
                .overlaps = tally.overlaps,
                .idle_nmis = tally.idle_nmis,
                .unloaded = tally.unloaded,
                .onlines = tally.onlines,
                .offline_nmis = tally.offline_nmis,
                .onlines_in_grace_period = tally.onlines_in_grace_period};
    }
    Exercised sum{};
    for (const oracle::VcpuObservation& vcpu : report.observation.vcpus) {
        sum.swaps += vcpu.counters.swaps;
        sum.grace_periods += vcpu.counters.grace_periods;
        sum.freed += vcpu.counters.freed;
        sum.overlaps += vcpu.counters.overlaps;
        sum.idle_nmis += vcpu.counters.nmi_idle;
        sum.unloaded += vcpu.counters.unloaded;
        sum.onlines += vcpu.counters.onlines;
        sum.offline_nmis += vcpu.counters.nmi_offline;
    }
    return sum;
}

std::optional<GracePeriodTimes> grace_period_times(const RunReport& report) {
    const oracle::Histogram& ticks = report.tally.grace_period_ticks;
    if (report.tsc_khz == 0 || ticks.count() == 0) {
        return std::nullopt;
    }
    const auto us = [&report](std::uint64_t t) { return us_of_ticks(t, report.tsc_khz); };
    return GracePeriodTimes{us(ticks.quantile(0.50)), us(ticks.quantile(0.99)), us(ticks.max())};
}

double us_of_ticks(std::uint64_t ticks, std::uint64_t tsc_khz) {
    return static_cast<double>(ticks) * 1000.0 / static_cast<double>(tsc_khz);
}

NmiTotals nmi_totals(const oracle::Observation& observation) {
    NmiTotals totals;
    for (const oracle::VcpuObservation& vcpu : observation.vcpus) {
        const std::uint64_t handled = vcpu.delivery.entries;
        const std::uint64_t accepted = vcpu.delivery.accepted;
        totals.requested += vcpu.delivery.requested;
        totals.accepted += accepted;
        // For each vCPU by itself, so that a surplus on one does not hide coalescing on another.
        totals.coalesced += accepted - std::min(accepted, handled);
        totals.handled += handled;
        totals.defaulted += vcpu.counters.nmi_defaulted;
        totals.dummy += vcpu.counters.nmi_dummy;
        totals.declined += vcpu.counters.nmi_declined;
        totals.per_cpu.push_back(handled);
    }
    return totals;
}

}  // namespace nmistorm::report
