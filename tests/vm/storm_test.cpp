// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include <iostream>

#include "base/error.h"
#include "plan/names.h"
#include "storm.h"

namespace nmistorm {
namespace {

using namespace std::chrono_literals;
using plan::Pace;
using plan::Targets;

class Storm : public OnArch {
  protected:
    static plan::RunPlan plan() {
        plan::RunPlan plan;
        plan.arch = GetParam();
        return plan;
    }
    static constexpr std::uint64_t some = 800;  ///< enough for tens of overlaps
    /// So many NMIs, without a time limit.
    static plan::RunPlan of(std::uint64_t nmis) {
        plan::RunPlan limited = plan();
        limited.duration.reset();
        limited.nmis = nmis;
        return limited;
    }
};

TEST_P(Storm, in_lockstep_handles_exactly_what_was_requested_on_every_vcpu) {
    const engines::StormResult result = storm_with_coverage(of(2'001));
    expect_pass(result);
    EXPECT_EQ(result.observation.vcpus[0].delivery.requested, 1'001U);
    EXPECT_EQ(result.observation.vcpus[1].delivery.requested, 1'000U);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        EXPECT_EQ(vcpu.delivery.entries, vcpu.delivery.requested);
        EXPECT_EQ(vcpu.delivery.accepted, vcpu.delivery.requested);
    }
}

TEST_P(Storm, exercises_overlaps_and_idle_time_nmis) {
    const engines::StormResult result = storm_with_coverage(of(some));
    expect_pass(result);
    EXPECT_GT(result.tally.overlaps, 0U);
    EXPECT_GT(result.tally.idle_nmis, 0U);
    EXPECT_GT(result.tally.grace_periods, 0U);
    EXPECT_EQ(result.tally.swaps, result.tally.freed);
    EXPECT_GE(result.slices.count(), some);
    std::uint64_t arrivals = 0;
    for (const oracle::ArrivalsIn& in : result.observation.arrivals) {
        arrivals += in.nmis;
    }
    EXPECT_GT(arrivals, 0U) << "no NMI came while handlers were swapped";
}

TEST_P(Storm, passes_with_one_thread_that_injects_for_all) {
    plan::RunPlan plan = of(2'000);
    plan.injector = plan::Injector::central;
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    EXPECT_EQ(result.slices.count(), 0U);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        EXPECT_EQ(vcpu.delivery.entries, vcpu.delivery.requested);
    }
}

/// Expects that every source that this KVM has made its share of the NMIs, and that no other was to.
void expect_shares(const engines::StormResult& result) {
    for (const std::string& source : result.observation.left_out) {
        std::cout << "left out: " << source << "\n";
    }
    EXPECT_EQ(result.observation.sources.size() + result.observation.left_out.size(),
              result.observation.plan.sources.size());
    std::uint64_t requested = 0;
    for (const oracle::SourceAccount& account : result.observation.sources) {
        EXPECT_GT(account.requested, 0U) << plan::name(account.source);
        EXPECT_EQ(account.accepted, account.requested) << plan::name(account.source);
        requested += account.requested;
    }
    EXPECT_EQ(requested, result.observation.plan.nmis);
}

TEST_P(Storm, passes_in_lockstep_with_each_source_alone) {
    for (const plan::Source source : plan::all_sources()) {
        plan::RunPlan plan = of(some);
        plan.sources = {source};
        try {
            const engines::StormResult result = storm_with_coverage(plan);
            expect_pass(result);
            expect_shares(result);
            for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
                EXPECT_EQ(vcpu.delivery.entries, vcpu.delivery.requested) << plan::name(source);
            }
        } catch (const HostCannot& lacks) {
            std::cout << lacks.what() << "\n";
        }
    }
}

TEST_P(Storm, passes_with_nmis_that_vcpus_send_by_xapic) {
    plan::RunPlan plan = of(some);
    plan.vcpus = 3;
    plan.sources = {plan::Source::ipi};
    plan.apic = plan::Apic::xapic;
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    expect_shares(result);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        EXPECT_EQ(vcpu.delivery.entries, vcpu.delivery.requested);
    }
}

TEST_P(Storm, passes_with_all_sources_mixed) {
    for (const Pace pace : {Pace{}, Pace{Pace::Kind::burst, 8}}) {
        plan::RunPlan plan = of(2'000);
        plan.sources = plan::all_sources();
        plan.pace = pace;
        const engines::StormResult result = storm_with_coverage(plan);
        expect_pass(result);
        expect_shares(result);
    }
}

TEST_P(Storm, passes_with_nmis_that_another_thread_makes_while_the_guest_runs) {
    for (const Pace pace : {Pace{}, Pace{Pace::Kind::burst, 8}}) {
        plan::RunPlan plan = of(some);
        plan.sources = {plan::Source::msi};
        plan.injector = plan::Injector::central;
        plan.pace = pace;
        const engines::StormResult result = storm_with_coverage(plan);
        expect_pass(result);
        expect_shares(result);
    }
}

TEST_P(Storm, passes_in_the_cycle_replace) {
    plan::RunPlan plan = of(some);
    plan.cycle = abi::Cycle::replace;
    expect_pass(storm_with_coverage(plan));
}

TEST_P(Storm, destroys_the_code_of_every_handler_in_the_cycle_unload) {
    plan::RunPlan plan = of(some);
    plan.cycle = abi::Cycle::unload;
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    EXPECT_GT(result.tally.unloaded, 0U);
    EXPECT_EQ(result.tally.unloaded, result.tally.freed);
}

TEST_P(Storm, stops_with_the_instruction_that_was_caught_in_destroyed_code) {
    plan::RunPlan plan = of(100'000);
    plan.cycle = abi::Cycle::unload;
    plan.fault = abi::Fault::unload_early;
    for (const plan::Observe observe : {plan::Observe::events, plan::Observe::counters}) {
        plan.observe = observe;
        const engines::StormResult result = storm(plan);
        ASSERT_FALSE(result.findings.empty());
        const oracle::Finding& first = result.findings.front();
        EXPECT_EQ(oracle::name(first.rule), "reclaim") << text(result.findings);
        ASSERT_TRUE(first.at);
        EXPECT_THAT(engines::guest_image(plan).describe(*first.at), testing::HasSubstr("_nmi_callback_"));
    }
}

TEST_P(Storm, says_where_each_vcpu_was_when_a_rule_was_broken) {
    plan::RunPlan plan = of(100'000);
    plan.fault = abi::Fault::skip_grace_period;
    const engines::StormResult result = storm(plan);
    ASSERT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation);
    ASSERT_EQ(result.ends.size(), plan.vcpus);
    const char* const sp = GetParam() == plan::Arch::i386 ? "esp" : "rsp";
    for (const oracle::VcpuEnd& end : result.ends) {
        EXPECT_THAT(end.where, testing::HasSubstr("guest/")) << "symbol, file and line";
        ASSERT_FALSE(end.code.empty());
        EXPECT_THAT(end.code,
                    testing::Contains(testing::StartsWith(fmt::format("=> {:#x}  ", end.ip.value))));
        EXPECT_TRUE(std::ranges::any_of(end.registers, [sp](const auto& named) {
            return named.first == sp && named.second > 0x100000;
        })) << "the stack is above the image's beginning";
        EXPECT_EQ(end.rcu.size(), 5U);
        ASSERT_FALSE(end.stack.empty());
        EXPECT_THAT(end.stack.back(), testing::StartsWith("_start+")) << "the whole stack is known";
    }
}

TEST_P(Storm, says_where_a_vcpu_took_an_exception) {
    plan::RunPlan plan = of(100'000);
    plan.fault = abi::Fault::unset_to_null;
    const engines::StormResult result = storm(plan);
    ASSERT_FALSE(result.observation.fatal_exits.empty());
    for (const oracle::FatalExit& fatal_exit : result.observation.fatal_exits) {
        const oracle::VcpuEnd& end = result.ends.at(fatal_exit.vcpu);
        EXPECT_EQ(end.where, "0x0") << "the callback, and not the guest's handler of exceptions";
        ASSERT_FALSE(end.stack.empty());
        EXPECT_THAT(end.stack.front(), testing::StartsWith("do_nmi+"));
        EXPECT_THAT(end.stack.back(), testing::StartsWith("_start+"));
    }
}

TEST_P(Storm, samples_where_its_nmis_hit_the_guest) {
    plan::RunPlan plan = of(some);
    plan.cycle = abi::Cycle::replace;  // `replace` leaves hardly any NMI to the dummy
    plan.handlers = abi::handler_sampling;
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    EXPECT_EQ(result.observation.samples_lost, 0U);
    std::uint64_t answered = 0;
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        answered += vcpu.counters.nmi_answered;
    }
    EXPECT_EQ(result.observation.samples, answered);
    const image::Image image = engines::guest_image(plan);
    for (const auto& [ip, count] : result.samples) {
        EXPECT_NE(image.name_at(GuestVirt{ip}), "") << std::hex << ip;
    }
}

TEST_P(Storm, passes_while_a_vcpu_comes_late_and_goes_offline_now_and_then) {
    for (const abi::Cycle cycle : {abi::Cycle::unset, abi::Cycle::unload, abi::Cycle::deferred}) {
        plan::RunPlan plan = of(some);
        plan.cycle = cycle;
        plan.vcpus = 3;
        plan.hotplug = true;
        const engines::StormResult result = storm_with_coverage(plan);
        expect_pass(result);
        EXPECT_GT(result.tally.onlines, 1U);
        EXPECT_GT(result.tally.onlines_in_grace_period, 0U);
        EXPECT_GT(result.tally.offline_nmis, 0U);
    }
}

TEST_P(Storm, passes_with_counters_alone) {
    plan::RunPlan plan = of(some);
    plan.observe = plan::Observe::counters;
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    EXPECT_EQ(result.tally.facts, 0U);
}

TEST_P(Storm, keeps_a_rate) {
    plan::RunPlan plan = Storm::plan();
    plan.pace = {Pace::Kind::rate, 500};
    plan.duration = 2s;
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    std::uint64_t requested = 0;
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        requested += vcpu.delivery.requested;
    }
    // In 2 s to 2 targets: Poisson distributed with mean 2000 and sigma 45; the seed fixes the gaps.
    EXPECT_NEAR(static_cast<double>(requested), 2000, 6 * 45);
}

TEST_P(Storm, coalesces_bursts_as_kvm_does) {
    plan::RunPlan plan = of(6'000);
    plan.pace = {Pace::Kind::burst, 8};
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        const std::uint64_t bursts = vcpu.delivery.requested / 8;
        EXPECT_GE(vcpu.delivery.entries, bursts);
        EXPECT_LE(vcpu.delivery.entries, 2 * bursts) << "of a burst two can wait";
    }
}

TEST_P(Storm, passes_at_the_maximum_pace) {
    plan::RunPlan plan = Storm::plan();
    plan.pace = {Pace::Kind::max, 0};
    plan.duration = 1s;
    expect_pass(storm_with_coverage(plan));
}

TEST_P(Storm, spares_the_vcpus_that_are_no_targets) {
    plan::RunPlan plan = of(some);
    plan.vcpus = 3;
    plan.targets = {Targets::Kind::list, {2}};
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    constexpr std::uint64_t warm_up = 1;
    EXPECT_EQ(result.observation.vcpus[0].counters.nmi_entries, warm_up);
    EXPECT_EQ(result.observation.vcpus[1].counters.nmi_entries, warm_up);
    EXPECT_EQ(result.observation.vcpus[2].counters.nmi_entries, some + warm_up);
}

TEST_P(Storm, is_inconclusive_where_it_could_show_no_overlap) {
    plan::RunPlan plan = of(500);
    plan.vcpus = 1;
    const engines::StormResult result = storm(plan);
    EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::inconclusive) << text(result.findings);
    EXPECT_TRUE(found(result, oracle::Rule::coverage));
}

TEST_P(Storm, ends_early_where_it_is_interrupted_and_is_judged_all_the_same) {
    plan::RunPlan plan = Storm::plan();
    plan.duration = 1h;
    bool enough = false;
    const engines::StormResult result =
        engines::storm(plan, engines::guest_image(plan), kvm::System::open(),
                       {.status = [&](const engines::StormStatus& now) { enough = now.overlaps > 10; },
                        .interrupted = [&] { return enough; }});
    EXPECT_TRUE(result.interrupted);
    EXPECT_TRUE(result.observation.finished);
    expect_pass(result);
}

INSTANTIATE_TEST_SUITE_P(On, Storm, testing::Values(plan::Arch::x86_64, plan::Arch::i386), name_of_arch);

class ManyVcpus : public testing::TestWithParam<unsigned> {};

TEST_P(ManyVcpus, run_and_pass) {
    plan::RunPlan plan;
    plan.vcpus = GetParam();
    plan.duration.reset();
    plan.nmis = 100ULL * GetParam();  // enough for overlaps, though most vCPUs wait for a CPU
    expect_pass(storm_with_coverage(plan));
}

INSTANTIATE_TEST_SUITE_P(Storm, ManyVcpus, testing::Values(2, 8, 32, 64),
                         [](const auto& vcpus) { return "of_" + std::to_string(vcpus.param); });

}  // namespace
}  // namespace nmistorm
