// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/json.h"

#include "plan/names.h"
#include "report/figures.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::report {
namespace {

/// In microseconds.
Json slices_json(const oracle::Histogram& slices) {
    if (slices.count() == 0) {
        return nullptr;
    }
    const auto us = [&slices](double q) { return static_cast<double>(slices.quantile(q)) / 1000; };
    return {{"p50", us(0.50)}, {"p99", us(0.99)}};
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
            {"per_cpu", nmi.per_cpu},
            {"rate_per_s", per_second(nmi.handled, report.duration_s)},
            {"slice_us", slices_json(report.slices)}};
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

Json arrivals_json(const std::vector<oracle::ArrivalsIn>& arrivals) {
    Json list = Json::array();
    for (const oracle::ArrivalsIn& in : arrivals) {
        Json instructions = Json::array();
        for (const auto& at : in.by_instruction) {
            instructions.push_back({{"ip", at.instruction.value}, {"nmis", at.nmis}});
        }
        list.push_back({{"function", in.function}, {"nmis", in.nmis}, {"instructions", instructions}});
    }
    return list;
}

Json profile_json(const RunReport& report) {
    if (!report.observation.plan.profile) {
        return nullptr;
    }
    Json list = Json::array();
    for (const ProfileLine& line : report.profile) {
        list.push_back(
            {{"symbol", line.symbol}, {"count", line.count}, {"percent", share(line, report.profile)}});
    }
    return list;
}

}  // namespace

Json to_json(const RunReport& report) {
    return {{"schema", run_schema},
            {"command", report.command},
            {"verdict", oracle::name(oracle::outcome(report.findings))},
            {"interrupted", report.interrupted},
            {"reproduce", report.reproduce},
            {"host", host_json(report.kvm_backend, report.kernel)},
            {"guest",
             {{"arch", name(report.observation.plan.arch)},
              {"image", report.image},
              {"fault", report.image_fault},
              {"build", or_null(report.image_build)}}},
            {"plan", plan_json(report.observation.plan)},
            {"nmi", nmi_json(report)},
            {"rcu", rcu_json(report)},
            {"findings", findings_json(report.findings)},
            {"arrivals", arrivals_json(report.observation.arrivals)},
            {"profile", profile_json(report)},
            {"samples_lost", report.observation.samples_lost},
            {"holds", report.holds},
            {"events_lost", report.observation.events_lost},
            {"duration_s", report.duration_s}};
}

std::string json_text(const RunReport& report) {
    return text_of(to_json(report));
}

}  // namespace nmistorm::report
