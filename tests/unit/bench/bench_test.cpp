// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/bench.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "bench/report.h"
#include "image/embedded.h"
#include "kvm.h"
#include "plan/names.h"
#include "report/renderers.h"
#include "schema.h"

namespace nmistorm::bench {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Spread, has_the_median_the_least_and_the_most) {
    const Spread odd = spread_of({7, 1, 3});
    EXPECT_EQ(odd.median, 3);
    EXPECT_EQ(odd.least, 1);
    EXPECT_EQ(odd.most, 7);
    EXPECT_EQ(spread_of({4, 1, 2, 9}).median, 3);
    EXPECT_EQ(spread_of({5}).median, 5);
    EXPECT_EQ(spread_of({}).most, 0);
}

TEST(Compared, has_the_median_of_the_ratios_and_not_the_ratio_of_the_medians) {
    const Compared compared = compare({10, 30, 20}, {20, 20, 10});
    EXPECT_EQ(compared.harness.median, 20);
    EXPECT_EQ(compared.floor.median, 20);
    EXPECT_EQ(compared.ratio.median, 1.5);
    EXPECT_EQ(compared.ratio.least, 0.5);
    EXPECT_EQ(compared.ratio.most, 2);
    EXPECT_EQ(compare({10, 30}, {0, 30}).ratio.least, 1) << "a floor of nothing is no unit";
}

/// In ten milliseconds each.
plan::BenchPlan quick(std::vector<plan::Source> sources) {
    plan::BenchPlan plan;
    plan.sources = std::move(sources);
    plan.duration = 10ms;
    plan.rounds = 2;
    plan.vcpus = 2;
    return plan;
}

/// Until @p rounds rounds have begun.
Figures measured(const plan::BenchPlan& plan, std::vector<BenchStatus>* seen = nullptr,
                 unsigned rounds = 1'000) {
    unsigned begun = 0;
    return measure(plan, image::embedded("guest_x86_64_none"), kvm::System::open(),
                   {.status =
                        [&begun, seen](const BenchStatus& status) {
                            ++begun;
                            if (seen != nullptr) {
                                seen->push_back(status);
                            }
                        },
                    .interrupted = [&begun, rounds] { return begun >= rounds; }});
}

TEST(Bench, measures_every_source_busy_and_halted_beside_its_floor) {
    const fake_kvm::Kvm kvm;
    std::vector<BenchStatus> seen;
    const Figures figures = measured(quick(plan::all_sources()), &seen);
    const std::size_t sources = plan::all_sources().size();
    ASSERT_EQ(figures.nmis.size(), 2 * sources);
    for (const NmiFigures& each : figures.nmis) {
        for (const Compared& compared : {each.lockstep, each.pipelined}) {
            EXPECT_GT(compared.harness.least, 0) << plan::name(each.target.source);
            EXPECT_GT(compared.floor.least, 0) << plan::name(each.target.source);
        }
        for (const Latency& latency : {each.harness, each.floor}) {
            EXPECT_GT(latency.entry.count(), 0U);
            EXPECT_EQ(latency.entry.count(), latency.exit.count());
            EXPECT_LE(latency.entry.max(), latency.exit.max());
        }
    }
    EXPECT_FALSE(figures.nmis[0].target.halted);
    EXPECT_TRUE(figures.nmis[1].target.halted);
    ASSERT_EQ(figures.grace_periods.size(), 1U);
    EXPECT_EQ(figures.grace_periods.front().vcpus, 2U);
    ASSERT_EQ(seen.size(), 2 * (2 * sources + 1));
    EXPECT_EQ(seen.front().now, "kvm-nmi, busy");
    EXPECT_EQ(seen.back().now, "grace periods, 2 vCPUs");
    EXPECT_EQ(seen.back().done + 1, seen.back().all);
}

TEST(Bench, leaves_out_what_the_host_lacks_unless_it_was_asked_for) {
    fake_kvm::Kvm kvm;
    kvm.capabilities[KVM_CAP_SIGNAL_MSI] = 0;
    const Figures figures = measured(quick(plan::all_sources()));
    ASSERT_EQ(figures.left_out.size(), 1U);
    EXPECT_THAT(figures.left_out.front(), HasSubstr("msi: this host's KVM lacks KVM_CAP_SIGNAL_MSI"));
    EXPECT_EQ(figures.nmis.size(), 2 * (plan::all_sources().size() - 1));
    EXPECT_THROW(measured(quick({plan::Source::msi})), HostCannot);
}

TEST(Bench, says_at_once_that_a_kvm_has_too_few_vcpus) {
    fake_kvm::Kvm kvm;
    kvm.capabilities[KVM_CAP_MAX_VCPUS] = 1;
    EXPECT_THROW(measured(quick({plan::Source::kvm_nmi})), HostCannot);
}

TEST(Bench, keeps_what_was_measured_where_it_is_interrupted) {
    const fake_kvm::Kvm kvm;
    const Figures figures = measured(quick({plan::Source::kvm_nmi}), nullptr, 3);
    EXPECT_TRUE(figures.interrupted);
    ASSERT_EQ(figures.nmis.size(), 1U) << "of the third round, in which it was interrupted, nothing is kept";
    EXPECT_FALSE(figures.nmis.front().target.halted);
    EXPECT_TRUE(figures.grace_periods.empty());
    EXPECT_TRUE(measured(quick({plan::Source::kvm_nmi}), nullptr, 1).nmis.empty());
}

Figures some() {
    NmiFigures nmis{.target = {plan::Source::msi, true},
                    .lockstep = compare({900, 1100, 1000}, {1000, 1000, 1250}),
                    .pipelined = compare({5000}, {4000}),
                    .harness = {},
                    .floor = {}};
    for (const std::uint64_t us : {10, 20, 30}) {
        nmis.harness.entry.record(us * 1000);
        nmis.harness.exit.record(us * 2000);
        nmis.floor.entry.record(us * 500);
        nmis.floor.exit.record(us * 1000);
    }
    return {.nmis = {nmis},
            .grace_periods = {{4, compare({50}, {25}), compare({300}, {100}), spread_of({12'345})}},
            .left_out = {"irqfd: this host's KVM lacks it"}};
}

TEST(BenchReport, has_each_figure_beside_its_floor) {
    plan::BenchPlan plan;
    EXPECT_EQ(
        terminal_text(document(plan, some(), {"nmistorm bench", "kvm_amd", "6.1"}), false),
        "PASS  5 rounds of 100ms each, medians with the least and the most\n"
        "  host          kvm_amd, Linux 6.1\n"
        "  guest         x86_64, embedded image, fault none\n"
        "\n"
        "NMIs handled a second on one vCPU, beside the floor\n"
        "  source  vCPU    lockstep  floor  ratio                pipelined  floor  ratio\n"
        "  msi     halted     1,000  1,000  0.90 (0.80 to 1.10)      5,000  4,000  1.25 (1.25 to 1.25)\n"
        "\n"
        "Microseconds from the request of an NMI, in lockstep\n"
        "  source  vCPU    until   p50   p99  p99.9   max  floor p50\n"
        "  msi     halted  entry  20.2  30.0   30.0  30.0       10.1\n"
        "  msi     halted  exit   40.4  59.9   59.9  60.0       20.2\n"
        "\n"
        "Microseconds that a grace period takes in a storm, beside one without NMIs\n"
        "  vCPUs   p50  without  ratio                  p99  without  ratio                NMIs/s\n"
        "      4  50.0     25.0  2.00 (2.00 to 2.00)  300.0    100.0  3.00 (3.00 to 3.00)  12,345\n"
        "\n"
        "left out: irqfd: this host's KVM lacks it\n");
}

TEST(BenchReport, says_where_it_was_interrupted) {
    Figures figures = some();
    figures.interrupted = true;
    EXPECT_THAT(terminal_text(document({}, figures, {}), false), testing::StartsWith("PASS (interrupted)"));
    EXPECT_EQ(exit_code(document({}, figures, {})), 130);
}

TEST(BenchReport, obeys_its_schema) {
    const report::Json json = document({}, some(), {"nmistorm bench", "kvm_amd", "6.1"}).figures;
    EXPECT_EQ(json["nmis"][0]["lockstep_per_s"]["ratio"]["median"], 0.9);
    EXPECT_EQ(json["nmis"][0]["latency_us"]["harness"]["exit"]["max"], 60.0);
    EXPECT_EQ(json["grace_periods"][0]["p50_us"]["floor"]["median"], 25.0);
    report::expect_same_properties(report::schema("bench", 1), json);
}

TEST(BenchReport, has_a_case_for_each_figure_and_for_each_source_that_was_left_out) {
    Figures figures = some();
    figures.left_out = {"irqfd: this host's KVM lacks it"};
    const std::vector<report::Case> cases = document({}, figures, {}).cases;
    ASSERT_EQ(cases.size(), figures.nmis.size() + figures.grace_periods.size() + 1);
    EXPECT_EQ(cases.front().suite, "nmis");
    EXPECT_EQ(cases.front().name, "msi halted");
    EXPECT_EQ(cases.front().verdict, report::Case::Verdict::pass);
    EXPECT_EQ(cases.back().suite, "nmis");
    EXPECT_EQ(cases.back().name, "irqfd");
    EXPECT_EQ(cases.back().verdict, report::Case::Verdict::skip);
    EXPECT_EQ(cases.back().text, "irqfd: this host's KVM lacks it");
}

}  // namespace
}  // namespace nmistorm::bench
