// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/run_report.h"

#include <gtest/gtest.h>

#include "sample.h"

namespace nmistorm::report {
namespace {

TEST(RunReport, what_was_exercised_comes_from_the_events) {
    RunReport report = passed();
    report.observation.vcpus[0].counters.swaps = 999;
    const Exercised did = exercised(report);
    EXPECT_EQ(did.swaps, 20U);
    EXPECT_EQ(did.grace_periods, 21U);
    EXPECT_EQ(did.freed, 19U);
    EXPECT_EQ(did.overlaps, 5U);
    EXPECT_EQ(did.idle_nmis, 1U);
    EXPECT_EQ(did.unloaded, 0U);
}

TEST(RunReport, without_events_it_comes_from_the_counters_of_all_vcpus) {
    RunReport report = passed();
    report.tally = {};
    for (oracle::VcpuObservation& vcpu : report.observation.vcpus) {
        vcpu.counters.swaps = 1;
        vcpu.counters.grace_periods = 2;
        vcpu.counters.freed = 3;
        vcpu.counters.overlaps = 4;
        vcpu.counters.nmi_idle = 5;
        vcpu.counters.unloaded = 6;
        vcpu.counters.onlines = 7;
        vcpu.counters.nmi_offline = 8;
    }
    const Exercised did = exercised(report);
    EXPECT_EQ(did.swaps, 2U);
    EXPECT_EQ(did.grace_periods, 4U);
    EXPECT_EQ(did.freed, 6U);
    EXPECT_EQ(did.overlaps, 8U);
    EXPECT_EQ(did.idle_nmis, 10U);
    EXPECT_EQ(did.unloaded, 12U);
    EXPECT_EQ(did.onlines, 14U);
    EXPECT_EQ(did.offline_nmis, 16U);
    EXPECT_FALSE(did.onlines_in_grace_period);
}

TEST(RunReport, a_tripwire_among_counters_is_not_taken_for_events) {
    RunReport report = passed();
    report.observation.plan.observe = plan::Observe::counters;
    report.tally = {};
    report.tally.facts = 1;
    report.observation.vcpus[0].counters.swaps = 7;
    EXPECT_EQ(exercised(report).swaps, 7U);
}

TEST(RunReport, totals_are_sums_over_vcpus) {
    const NmiTotals nmi = nmi_totals(passed().observation);
    EXPECT_EQ(nmi.requested, 3006U);
    EXPECT_EQ(nmi.accepted, 3003U);
    EXPECT_EQ(nmi.coalesced, 3U);
    EXPECT_EQ(nmi.handled, 3000U);
    EXPECT_EQ(nmi.defaulted, 300U);
    EXPECT_EQ(nmi.dummy, 270U);
    EXPECT_EQ(nmi.declined, 30U);
    EXPECT_EQ(nmi.per_cpu, (std::vector<std::uint64_t>{1000, 2000}));
}

TEST(RunReport, a_surplus_on_one_vcpu_does_not_hide_what_was_coalesced_on_another) {
    oracle::Observation observation = passed().observation;
    observation.vcpus[0].delivery.entries = 5000;
    EXPECT_EQ(nmi_totals(observation).coalesced, 2U);
}

TEST(RunReport, grace_periods_are_timed_in_microseconds_if_the_clock_is_known) {
    RunReport report = passed();
    const auto times = grace_period_times(report);
    ASSERT_TRUE(times);
    EXPECT_NEAR(times->p50, 10.0, 0.2);
    EXPECT_NEAR(times->p99, 10.0, 0.2);
    EXPECT_DOUBLE_EQ(times->max, 10.0);
    EXPECT_LE(times->p99, times->max);
    report.tsc_khz = 0;
    EXPECT_FALSE(grace_period_times(report));
    report = passed();
    report.tally = {};
    EXPECT_FALSE(grace_period_times(report));
}

TEST(RunReport, the_exit_code_follows_the_outcome_and_a_violation_outweighs_an_interruption) {
    const struct {
        std::vector<oracle::Finding> findings;
        bool interrupted;
        int code;
    } cases[] = {{{}, false, 0},
                 {{}, true, 130},
                 {{worthless()}, false, 3},
                 {{worthless()}, true, 130},
                 {{use_after_free(), worthless()}, false, 1},
                 {{use_after_free()}, true, 1}};
    for (const auto& c : cases) {
        RunReport report = passed();
        report.findings = c.findings;
        report.interrupted = c.interrupted;
        EXPECT_EQ(exit_code(document(report)), c.code);
    }
}

}  // namespace
}  // namespace nmistorm::report
