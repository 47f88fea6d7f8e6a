// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/matrix.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "kvm.h"
#include "plan/names.h"

namespace nmistorm::campaign {
namespace {

using namespace std::chrono_literals;

class MatrixOnFakeKvm : public testing::Test {
  protected:
    /// Two storms at a time.
    static plan::MatrixPlan of(std::vector<abi::Fault> faults) {
        plan::MatrixPlan plan;
        plan.faults = std::move(faults);
        plan.seeds = 2;
        plan.duration = 1s;
        plan.jobs = 2;
        return plan;
    }

    fake_kvm::Kvm kvm;
    kvm::System system = kvm::System::open();
};

TEST_F(MatrixOnFakeKvm, finds_every_fault_and_passes_the_clean_image_in_each_cycle) {
    const plan::MatrixPlan plan =
        of({abi::Fault::none, abi::Fault::skip_grace_period, abi::Fault::default_skipped});
    std::atomic<unsigned> watched = 0;
    const MatrixReport result =
        matrix(plan, system, {.status = [&](const MatrixStatus&) { ++watched; }, .interrupted = {}});
    EXPECT_FALSE(result.interrupted);
    EXPECT_EQ(result.jobs, 2U);
    EXPECT_GT(watched, 0U);
    ASSERT_EQ(result.rows.size(), abi::cycle_count + 2);
    for (const MatrixRow& row : result.rows) {
        ASSERT_EQ(row.trials.size(), 2U) << plan::name(row.plan.fault);
        EXPECT_EQ(row.trials[1].plan.seed, row.trials[0].plan.seed + 1) << "in order of their seeds";
        for (const Trial& trial : row.trials) {
            EXPECT_EQ(trial.failure, "");
            EXPECT_TRUE(went_well(row, trial)) << plan::name(row.plan.fault);
        }
    }
}

TEST_F(MatrixOnFakeKvm, notes_what_the_harness_fails_on_and_goes_on) {
    kvm.failures = {{KVM_CREATE_VCPU, ENOMEM}};
    const MatrixReport result = matrix(of({abi::Fault::default_skipped}), system, {});
    ASSERT_EQ(result.rows.size(), 1U);
    ASSERT_EQ(result.rows[0].trials.size(), 2U);
    for (const Trial& trial : result.rows[0].trials) {
        EXPECT_EQ(trial.failure, "KVM_CREATE_VCPU (id 0): Cannot allocate memory");
    }
}

TEST_F(MatrixOnFakeKvm, runs_each_storm_in_one_of_its_shards) {
    kvm.failures = {{KVM_CREATE_VCPU, ENOMEM}};  // storms that take no time
    plan::MatrixPlan plan = of({abi::Fault::none, abi::Fault::leak, abi::Fault::default_skipped});
    plan.seeds = 3;
    const std::size_t storms = (plan::all_cycles().size() + 2) * plan.seeds;
    plan.shard.of = 4;
    std::multiset<std::pair<std::string, std::uint64_t>> ran;
    for (plan.shard.index = 0; plan.shard.index < plan.shard.of; ++plan.shard.index) {
        for (const MatrixRow& row : matrix(plan, system, {}).rows) {
            EXPECT_FALSE(row.trials.empty()) << "a row of other shards";
            for (const Trial& trial : row.trials) {
                ran.emplace(fmt::format("{} {}", plan::name(row.plan.fault), plan::name(row.plan.cycle)),
                            trial.plan.seed);
            }
        }
    }
    EXPECT_EQ(ran.size(), storms);
    EXPECT_EQ(std::set(ran.begin(), ran.end()).size(), storms);
}

TEST_F(MatrixOnFakeKvm, refuses_a_shard_for_which_nothing_is_left) {
    plan::MatrixPlan plan = of({abi::Fault::leak});
    plan.shard = {2, 3};
    EXPECT_THROW(matrix(plan, system, {}), UsageError);
}

TEST_F(MatrixOnFakeKvm, ends_where_the_host_cannot) {
    kvm.capabilities[KVM_CAP_MAX_VCPUS] = 1;
    EXPECT_THROW(matrix(of({abi::Fault::none}), system, {}), HostCannot);
}

TEST_F(MatrixOnFakeKvm, that_is_interrupted_leaves_out_the_storms_that_had_found_nothing) {
    std::atomic<unsigned> polls = 0;
    plan::MatrixPlan plan = of({abi::Fault::none});
    plan.duration = std::chrono::hours(1);  // only the interruption ends a storm
    const MatrixReport result = matrix(plan, system, {.status = {}, .interrupted = [&] {
                                                          return ++polls > 1'000;
                                                      }});  // in the middle of the first two
    EXPECT_TRUE(result.interrupted);
    for (const MatrixRow& row : result.rows) {
        EXPECT_TRUE(row.trials.empty());
    }
}

}  // namespace
}  // namespace nmistorm::campaign
