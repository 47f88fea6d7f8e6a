// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/names.h"
#include "report/ends.h"
#include "report/figures.h"
#include "report/json_parts.h"
#include "report/run_report.h"
#include "report/schemas.h"

namespace nmistorm::report {
namespace {

/// Of nanoseconds, in microseconds.
Json times_json(const oracle::Histogram& times) {
    if (times.count() == 0) {
        return nullptr;
    }
    const auto us = [&times](double q) { return static_cast<double>(times.quantile(q)) / 1000; };
    return {{"p50", us(0.50)}, {"p99", us(0.99)}};
}

Json churn_json(const RunReport& report) {
    return {{"replaced", report.observation.churns}, {"stopped_us", times_json(report.stopped_for)}};
}

Json source_json(const oracle::SourceAccount& account) {
    return {{"source", plan::name(account.source)},
            {"requested", account.requested},
            {"accepted", account.accepted}};
}

Json nmi_json(const RunReport& report) {
    const NmiTotals nmi = nmi_totals(report.observation);
    return {{"requested", nmi.requested},
            {"accepted", nmi.accepted},
            {"coalesced", nmi.coalesced},
            {"handled", nmi.handled},
            {"defaulted", nmi.defaulted},
            {"dummy", nmi.dummy},
            {"declined", nmi.declined},
            {"sources", list_json(report.observation.sources, source_json)},
            {"left_out", report.observation.left_out},
            {"per_cpu", nmi.per_cpu},
            {"rate_per_s", per_second(nmi.handled, report.duration_s)},
            {"slice_us", times_json(report.slices)}};
}

Json rcu_json(const RunReport& report) {
    const Exercised did = exercised(report);
    const auto times = grace_period_times(report);
    const auto us = [&times](double GracePeriodTimes::*figure) {
        return times ? Json((*times).*figure) : Json(nullptr);
    };
    return {{"swaps", did.swaps},
            {"grace_periods", did.grace_periods},
            {"freed", did.freed},
            {"unloaded", did.unloaded},
            {"overlaps", did.overlaps},
            {"overlaps_per_s", per_second(did.overlaps, report.duration_s)},
            {"idle_nmis", did.idle_nmis},
            {"offline_nmis", did.offline_nmis},
            {"onlines", did.onlines},
            {"onlines_in_grace_period", or_null(did.onlines_in_grace_period)},
            {"grace_period_us",
             {{"p50", us(&GracePeriodTimes::p50)},
              {"p99", us(&GracePeriodTimes::p99)},
              {"max", us(&GracePeriodTimes::max)}}}};
}

Json arrivals_json(const oracle::ArrivalsIn& in) {
    const auto instruction = [](const auto& at) {
        return Json{{"ip", at.instruction.value}, {"nmis", at.nmis}};
    };
    return {{"function", in.function},
            {"nmis", in.nmis},
            {"instructions", list_json(in.by_instruction, instruction)}};
}

Json profile_json(const RunReport& report) {
    if (!report.observation.plan.profile) {
        return nullptr;
    }
    return list_json(report.profile, [&report](const ProfileLine& line) {
        return Json{{"symbol", line.symbol}, {"count", line.count}, {"percent", share(line, report.profile)}};
    });
}

/// One list for each figure, with a value for each interval; null where there is no series.
Json series_json(const RunReport& report) {
    if (report.series.empty()) {
        return nullptr;
    }
    const auto column = [&report](auto figure) {
        return list_json(report.series,
                         [figure](const oracle::Interval& interval) { return Json(interval.*figure); });
    };
    const auto times = [&report](std::uint64_t oracle::Interval::*figure) {
        return list_json(report.series, [&report, figure](const oracle::Interval& interval) {
            return interval.timed == 0 || report.tsc_khz == 0
                       ? Json(nullptr)
                       : Json(us_of_ticks(interval.*figure, report.tsc_khz));
        });
    };
    return {{"end_s", column(&oracle::Interval::end_s)},
            {"handled", column(&oracle::Interval::handled)},
            {"swaps", column(&oracle::Interval::swaps)},
            {"overlaps", column(&oracle::Interval::overlaps)},
            {"grace_periods", column(&oracle::Interval::grace_periods)},
            {"grace_period_us",
             {{"p50", times(&oracle::Interval::p50)},
              {"p99", times(&oracle::Interval::p99)},
              {"max", times(&oracle::Interval::max)}}}};
}

}  // namespace

Json to_json(const RunReport& report) {
    return {{"schema", run_schema},
            {"command", report.command},
            {"verdict", oracle::name(oracle::outcome(report.findings))},
            {"interrupted", report.interrupted},
            {"reproduce", report.provenance.reproduce},
            {"host", host_json(report.provenance)},
            {"guest",
             {{"arch", plan::name(report.observation.plan.arch)},
              {"image", report.image},
              {"fault", report.image_fault},
              {"build", or_null(report.image_build)}}},
            {"plan", plan_json(report.observation.plan)},
            {"shard", to_string(report.shard)},
            {"nmi", nmi_json(report)},
            {"rcu", rcu_json(report)},
            {"series", series_json(report)},
            {"findings", list_json(report.findings, finding_json)},
            {"ends", list_json(report.ends, end_json)},
            {"not_judged", list_json(report.observation.limits, limit_json)},
            {"arrivals", list_json(report.observation.arrivals, arrivals_json)},
            {"profile", profile_json(report)},
            {"samples_lost", report.observation.samples_lost},
            {"churn", churn_json(report)},
            {"holds", report.holds},
            {"events_lost", report.observation.events_lost},
            {"duration_s", report.duration_s}};
}

}  // namespace nmistorm::report
