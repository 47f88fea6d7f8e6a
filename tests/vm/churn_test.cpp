// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "storm.h"

namespace nmistorm {
namespace {

using namespace std::chrono_literals;
using kvm::StatePart;

/// A storm in which the VM is replaced every 20 ms.
plan::RunPlan churning(plan::Arch arch, std::vector<plan::Source> sources) {
    plan::RunPlan plan;
    plan.arch = arch;
    plan.duration = 2s;
    plan.churn = 20ms;
    plan.sources = std::move(sources);
    return plan;
}

class Churn : public OnArch {};

TEST_P(Churn, loses_nothing_in_lockstep) {
    const engines::StormResult result = storm_with_coverage(churning(GetParam(), plan::all_sources()));
    expect_pass(result);
    EXPECT_GT(result.observation.churns, 0U);
    EXPECT_LT(result.tally.grace_period_ticks.max(), result.tsc_khz * 2000) << "the TSC went back";
    EXPECT_EQ(result.stopped_for.count(), result.observation.churns);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        EXPECT_EQ(vcpu.delivery.entries, vcpu.delivery.requested);
    }
}

TEST_P(Churn, breaks_no_rule_at_other_paces_and_while_a_vcpu_comes_and_goes) {
    using Kind = plan::Pace::Kind;
    for (const plan::Pace pace :
         {plan::Pace{Kind::burst, 8}, plan::Pace{Kind::max}, plan::Pace{Kind::rate, 500}}) {
        for (const auto injector : {plan::Injector::own, plan::Injector::central}) {
            plan::RunPlan plan = churning(GetParam(), plan::all_sources());
            plan.pace = pace;
            plan.injector = injector;
            plan.vcpus = 3;
            plan.hotplug = true;
            const engines::StormResult result = storm(plan);
            EXPECT_NE(oracle::outcome(result.findings), oracle::Outcome::violation) << text(result.findings);
            EXPECT_GT(result.observation.churns, 0U);
        }
    }
}

TEST_P(Churn, loses_nothing_where_vcpus_send_nmis_by_xapic) {
    plan::RunPlan plan = churning(GetParam(), {plan::Source::ipi});
    plan.apic = plan::Apic::xapic;
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    EXPECT_GT(result.observation.churns, 0U);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        EXPECT_EQ(vcpu.delivery.entries, vcpu.delivery.requested);
    }
}

/// Runs storms with seeds from 1 up until one breaks @p rule, or any; chance decides what is on its way where
/// the VM is replaced.
engines::StormResult violated(const plan::RunPlan& plan, const engines::ChurnOrder& order,
                              std::optional<oracle::Rule> rule = {}) {
    constexpr unsigned most = 30;
    plan::RunPlan next = plan;
    for (next.seed = 1;; ++next.seed) {
        engines::StormResult result = engines::storm(next, engines::guest_image(next), kvm::System::open(),
                                                     {.status = {}, .interrupted = {}, .churn = order});
        const bool violation = oracle::outcome(result.findings) == oracle::Outcome::violation;
        if ((rule ? found(result, *rule) : violation) || next.seed == most) {
            return result;
        }
    }
}

TEST_P(Churn, is_found_out_where_a_part_is_not_restored) {
    for (const StatePart part : {StatePart::regs, StatePart::sregs, StatePart::mp_state, StatePart::events}) {
        engines::ChurnOrder order;
        std::erase(order.state.restore, part);
        plan::RunPlan plan = churning(GetParam(), {plan::Source::kvm_nmi});
        plan.work = abi::work_busy | abi::work_idle;
        EXPECT_EQ(oracle::outcome(violated(plan, order).findings), oracle::Outcome::violation)
            << "part " << static_cast<int>(part);
    }
}

/// The vCPUs send the NMIs. One that an NMI reaches after it was saved, or before it is restored, loses it.
TEST_P(Churn, is_found_out_where_a_vcpu_runs_while_another_one_is_saved_or_restored) {
    for (const engines::ChurnOrder& order :
         {engines::ChurnOrder{.stop_all_first = false}, engines::ChurnOrder{.start_all_last = false}}) {
        plan::RunPlan plan = churning(GetParam(), {plan::Source::ipi});
        plan.vcpus = 8;
        plan.churn = plan::churn_min;  // one NMI must be on its way where a vCPU is saved or restored
        plan.work = abi::work_busy;    // one that waits in vain is found to do so sooner than if it sleeps
        const engines::StormResult result = violated(plan, order, oracle::Rule::delivery);
        EXPECT_TRUE(found(result, oracle::Rule::delivery)) << text(result.findings);
    }
}

TEST_P(Churn, is_found_out_where_a_vcpu_is_saved_before_it_is_stopped) {
    const engines::StormResult result = violated(churning(GetParam(), {plan::Source::kvm_nmi}),
                                                 {.stop_first = false, .stop_all_first = false});
    EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation);
}

TEST_P(Churn, keeps_all_where_independent_parts_change_places) {
    engines::ChurnOrder order;
    std::erase(order.state.restore, StatePart::xsave);
    order.state.restore.insert(order.state.restore.begin(), StatePart::xsave);
    std::erase(order.state.restore, StatePart::debug_regs);
    order.state.restore.push_back(StatePart::debug_regs);
    plan::RunPlan plan = churning(GetParam(), plan::all_sources());
    plan.duration = 1s;
    const engines::StormResult result = engines::storm(plan, engines::guest_image(plan), kvm::System::open(),
                                                       {.status = {}, .interrupted = {}, .churn = order});
    EXPECT_NE(oracle::outcome(result.findings), oracle::Outcome::violation) << text(result.findings);
    EXPECT_GT(result.observation.churns, 0U);
}

INSTANTIATE_TEST_SUITE_P(On, Churn, testing::Values(plan::Arch::x86_64, plan::Arch::i386), name_of_arch);

}  // namespace
}  // namespace nmistorm
