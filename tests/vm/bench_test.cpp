// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/bench.h"

#include <gtest/gtest.h>

#include "storm.h"

namespace nmistorm {
namespace {

using namespace std::chrono_literals;

class Bench : public OnArch {};

/// What it measures is not tested: only that each source is, on this KVM, as it is beside its floor.
TEST_P(Bench, handles_nmis_of_every_source_on_both_sides) {
    plan::BenchPlan plan;
    plan.arch = GetParam();
    plan.duration = 50ms;
    plan.rounds = 1;
    plan.vcpus = 2;
    const bench::Figures figures =
        bench::measure(plan, engines::guest_image(plan::RunPlan{.arch = plan.arch}), kvm::System::open(),
                       {.status = [](const bench::BenchStatus&) {}, .interrupted = [] { return false; }});
    EXPECT_EQ(figures.nmis.size() + 2 * figures.left_out.size(), 2 * plan.sources.size());
    for (const bench::NmiFigures& each : figures.nmis) {
        for (const bench::Compared& compared : {each.lockstep, each.pipelined}) {
            EXPECT_GT(compared.harness.least, 0)
                << plan::name(each.target.source) << " " << each.target.state();
            EXPECT_GT(compared.floor.least, 0)
                << plan::name(each.target.source) << " " << each.target.state();
        }
        EXPECT_GT(each.harness.entry.count(), 0U);
        EXPECT_GT(each.floor.entry.count(), 0U);
    }
    ASSERT_EQ(figures.grace_periods.size(), 1U);
    EXPECT_GT(figures.grace_periods.front().p50_us.harness.least, 0);
    EXPECT_FALSE(figures.interrupted);
}

INSTANTIATE_TEST_SUITE_P(On, Bench, testing::Values(plan::Arch::x86_64, plan::Arch::i386), name_of_arch);

}  // namespace
}  // namespace nmistorm
