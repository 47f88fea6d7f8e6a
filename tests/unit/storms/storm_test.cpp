// SPDX-License-Identifier: GPL-2.0-or-later
// Whole storms that run the guest's own code on a KVM in this process, so that ThreadSanitizer checks all
// threads of a storm.
#include "engines/storm.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "base/error.h"
#include "engines/guest_image.h"
#include "kvm.h"
#include "oracle/finding.h"
#include "plan/names.h"

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;
using fake_kvm::Cpu;
using plan::Pace;

class StormOnFakeKvm : public testing::Test {
  protected:
    static plan::RunPlan of(std::uint64_t nmis) {
        plan::RunPlan plan;
        plan.duration.reset();
        plan.nmis = nmis;
        return plan;
    }
    StormResult run(const plan::RunPlan& plan, const StormHooks& hooks = {}) {
        return storm(plan, guest_image(plan), system, hooks);
    }
    /// If chance decides, it may take another seed.
    StormResult worthwhile(plan::RunPlan plan) {
        constexpr unsigned most = 10;
        for (unsigned tries = 1;; ++tries, ++plan.seed) {
            StormResult result = run(plan);
            if (oracle::outcome(result.findings) != oracle::Outcome::inconclusive || tries == most) {
                return result;
            }
        }
    }

    fake_kvm::Kvm kvm;
    kvm::System system = kvm::System::open();
};

std::string text(const StormResult& result) {
    std::string all;
    for (const oracle::Finding& finding : result.findings) {
        all += std::string(oracle::name(finding.rule)) + ": " + finding.detail + "\n";
    }
    return all;
}

void expect_pass(const StormResult& result) {
    EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::pass) << text(result);
    EXPECT_EQ(result.observation.events_lost, 0U);
}

TEST_F(StormOnFakeKvm, passes_in_lockstep_with_one_nmi_for_each_request) {
    const StormResult result = worthwhile(of(801));
    expect_pass(result);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        EXPECT_EQ(vcpu.delivery.entries, vcpu.delivery.requested);
        EXPECT_EQ(vcpu.delivery.accepted, vcpu.delivery.requested);
        EXPECT_EQ(vcpu.delivery.kvm_injections, vcpu.counters.nmi_entries);
    }
}

TEST_F(StormOnFakeKvm, loses_nothing_while_its_vm_is_replaced) {
    for (const auto injector : {plan::Injector::own, plan::Injector::central}) {
        plan::RunPlan plan;
        plan.duration = 500ms;
        plan.vcpus = 3;
        plan.hotplug = true;
        plan.sources = plan::all_sources();
        plan.injector = injector;
        plan.churn = plan::churn_min;
        const StormResult result = worthwhile(plan);
        expect_pass(result);
        EXPECT_GT(result.observation.churns, 2U);
        for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
            EXPECT_EQ(vcpu.delivery.entries, vcpu.delivery.requested);
        }
    }
}

TEST_F(StormOnFakeKvm, is_a_violation_where_the_state_of_nmis_is_not_restored) {
    ChurnOrder order;
    std::erase(order.state.restore, kvm::StatePart::events);
    plan::RunPlan plan;
    plan.duration = 2s;
    plan.churn = plan::churn_min;
    plan.pace = {Pace::Kind::max};
    const StormResult result = run(plan, {.status = {}, .interrupted = {}, .churn = order});
    EXPECT_GT(result.observation.churns, 0U);
    // An NMI is lost, or one comes into the handler of another, which is no longer masked: nesting. Where it
    // comes after the other has counted itself and before it has written its first event, the events show two
    // NMIs one after the other, and the counts are what is wrong.
    ASSERT_FALSE(result.findings.empty());
    const oracle::Rule first = result.findings.front().rule;
    EXPECT_TRUE(first == oracle::Rule::delivery || first == oracle::Rule::nesting ||
                first == oracle::Rule::count)
        << text(result);
}

TEST_F(StormOnFakeKvm, is_known_over_time_and_every_nmi_that_was_handled_is_in_one_interval) {
    plan::RunPlan plan = of(801);
    for (const plan::Observe observe : {plan::Observe::events, plan::Observe::counters}) {
        plan.observe = observe;
        const StormResult result = run(plan);
        std::uint64_t handled = 0;
        std::uint64_t grace_periods = 0;
        std::uint64_t timed = 0;
        double last_s = 0;
        for (const oracle::Interval& interval : result.series) {
            handled += interval.handled;
            grace_periods += interval.grace_periods;
            timed += interval.timed;
            EXPECT_GT(interval.end_s, last_s);
            last_s = interval.end_s;
        }
        std::uint64_t entries = 0;
        for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
            entries += vcpu.delivery.entries;
        }
        EXPECT_EQ(handled, entries);
        EXPECT_GT(grace_periods, 0U);
        EXPECT_EQ(timed, observe == plan::Observe::events ? grace_periods : 0);
        EXPECT_EQ(last_s, result.ended_s);
    }
}

/// Loses every tenth NMI, but says that KVM accepted it; or makes one twice.
class WrongSource : public sources::NmiSource {
  public:
    explicit WrongSource(unsigned instead) : instead_(instead) {}

    bool make_nmi(unsigned cpu, kvm::Vcpu& vcpu) override {
        for (unsigned i = ++made_[cpu] % 10 == 0 ? instead_ : 1; i > 0; --i) {
            vcpu.nmi();
        }
        return true;
    }

  private:
    unsigned instead_;
    std::array<unsigned, 2> made_{};
};

TEST_F(StormOnFakeKvm, is_a_violation_of_delivery_where_a_source_loses_an_nmi_or_makes_it_twice) {
    for (const unsigned instead : {0U, 2U}) {
        StormHooks hooks;
        hooks.sources = [instead](guests::Guest&) {
            sources::Sources sources;
            sources.made.push_back({plan::Source::kvm_nmi, std::make_unique<WrongSource>(instead)});
            return sources;
        };
        const StormResult result = run(of(400), hooks);
        ASSERT_FALSE(result.findings.empty()) << instead;
        EXPECT_EQ(result.findings.front().rule, oracle::Rule::delivery) << text(result);
    }
}

TEST_F(StormOnFakeKvm, breaks_no_rule_with_sources_mixed_whichever_thread_makes_the_nmis) {
    for (const auto injector : {plan::Injector::own, plan::Injector::central}) {
        for (const Pace pace : {Pace{}, Pace{Pace::Kind::burst, 8}, Pace{Pace::Kind::max, 0}}) {
            plan::RunPlan plan = of(800);
            plan.sources = plan::all_sources();
            plan.injector = injector;
            plan.pace = pace;
            // 800 requests at the maximum pace may be merged into few NMIs, none of which overlaps a swap.
            const StormResult result = run(plan);
            EXPECT_NE(oracle::outcome(result.findings), oracle::Outcome::violation) << text(result);
            EXPECT_TRUE(result.observation.settled);
            std::uint64_t requested = 0;
            for (const oracle::SourceAccount& account : result.observation.sources) {
                EXPECT_GT(account.requested, 0U);
                EXPECT_EQ(account.accepted, account.requested);
                requested += account.requested;
            }
            EXPECT_EQ(requested, 800U);
        }
    }
}

TEST_F(StormOnFakeKvm, is_a_violation_of_delivery_where_kvm_drops_msis) {
    kvm.drops_msi_in = 100;
    plan::RunPlan plan = of(4'000);
    plan.sources = {plan::Source::kvm_nmi, plan::Source::msi};
    plan.pace = {Pace::Kind::burst, 8};
    const StormResult result = run(plan);
    ASSERT_FALSE(result.findings.empty());
    EXPECT_EQ(result.findings.front().rule, oracle::Rule::delivery) << text(result);
    EXPECT_EQ(result.findings.front().detail.substr(0, 5), "msi: ");
}

TEST_F(StormOnFakeKvm, says_what_it_cannot_judge_without_events) {
    plan::RunPlan plan = of(100);
    EXPECT_TRUE(run(plan).observation.limits.empty());
    plan.observe = plan::Observe::counters;
    const std::vector<oracle::Limit> limits = run(plan).observation.limits;
    const auto limit_of = [&limits](oracle::Rule rule) {
        return std::ranges::find(limits, rule, &oracle::Limit::rule);
    };
    ASSERT_NE(limit_of(oracle::Rule::freshness), limits.end());
    EXPECT_FALSE(limit_of(oracle::Rule::freshness)->in_part);
    ASSERT_NE(limit_of(oracle::Rule::reclaim), limits.end());
    EXPECT_TRUE(limit_of(oracle::Rule::reclaim)->in_part) << "tripwires are events, too";
    EXPECT_EQ(limit_of(oracle::Rule::delivery), limits.end());
}

TEST_F(StormOnFakeKvm, passes_in_bursts) {
    plan::RunPlan plan = of(4'000);
    plan.pace = {Pace::Kind::burst, 8};
    const StormResult result = worthwhile(plan);
    expect_pass(result);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        EXPECT_GE(vcpu.delivery.entries, vcpu.delivery.requested / 8);
        EXPECT_LE(vcpu.delivery.entries, vcpu.delivery.requested / 4 + 1) << "of a burst two can wait";
    }
}

TEST_F(StormOnFakeKvm, passes_at_a_rate) {
    plan::RunPlan plan = of(800);
    plan.pace = {Pace::Kind::rate, 2'000};
    expect_pass(worthwhile(plan));
}

TEST_F(StormOnFakeKvm, passes_at_the_maximum_pace) {
    plan::RunPlan plan = of(4'000);
    plan.pace = {Pace::Kind::max, 0};
    expect_pass(worthwhile(plan));
}

TEST_F(StormOnFakeKvm, passes_with_one_thread_that_injects_for_all) {
    for (const Pace pace :
         {Pace{}, Pace{Pace::Kind::burst, 8}, Pace{Pace::Kind::rate, 2'000}, Pace{Pace::Kind::max, 0}}) {
        plan::RunPlan plan = of(800);
        plan.pace = pace;
        plan.injector = plan::Injector::central;
        const StormResult result = worthwhile(plan);
        expect_pass(result);
        EXPECT_EQ(result.slices.count(), 0U);
    }
}

TEST_F(StormOnFakeKvm, passes_with_slices_of_any_length) {
    for (const auto slice : {50us, 500us, 20'000us}) {
        plan::RunPlan plan = of(200);
        plan.slice = slice;
        const StormResult result = worthwhile(plan);
        expect_pass(result);
        // Slices are spread evenly around their average.
        EXPECT_LE(result.slices.max(), 1'500U * slice.count());
        EXPECT_GE(result.slices.quantile(0), 450U * slice.count());
    }
}

TEST_F(StormOnFakeKvm, passes_with_counters_alone) {
    // Without events the guest does not order the harness's threads, so races show.
    plan::RunPlan plan = of(800);
    plan.observe = plan::Observe::counters;
    expect_pass(worthwhile(plan));
}

TEST_F(StormOnFakeKvm, passes_in_the_other_cycles) {
    for (const abi::Cycle cycle : {abi::Cycle::replace, abi::Cycle::unload, abi::Cycle::deferred}) {
        plan::RunPlan plan = of(600);
        plan.cycle = cycle;
        expect_pass(worthwhile(plan));
    }
}

TEST_F(StormOnFakeKvm, passes_while_a_vcpu_comes_late_and_goes_offline_now_and_then) {
    plan::RunPlan plan = of(1'500);
    plan.vcpus = 3;
    plan.hotplug = true;
    const StormResult result = worthwhile(plan);
    expect_pass(result);
    EXPECT_GT(result.tally.onlines, 1U);
    EXPECT_GT(result.tally.offline_nmis, 0U);
}

TEST_F(StormOnFakeKvm, that_is_interrupted_in_the_middle_is_judged_by_what_there_was) {
    plan::RunPlan plan;
    plan.duration = 1h;
    bool enough = false;
    std::optional<TimeLeft> left;
    std::vector<oracle::SourceAccount> asked;
    const StormResult result = run(plan, {.status =
                                              [&](const StormStatus& now) {
                                                  enough = now.overlaps > 10;
                                                  left = left ? left : now.left;
                                              },
                                          .interrupted = [&] { return enough; },
                                          .requests = [&](const auto& sources) { asked = sources; }});
    ASSERT_TRUE(left);
    EXPECT_LT(left->seconds, 3600);
    EXPECT_FALSE(left->at_most);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_GT(asked[0].requested, 0U);
    EXPECT_LE(asked[0].requested, result.observation.sources.at(0).requested);
    EXPECT_TRUE(result.interrupted);
    EXPECT_TRUE(result.observation.finished);
    expect_pass(result);
}

TEST_F(StormOnFakeKvm, that_is_interrupted_before_it_began_ends_at_once) {
    for (const bool hotplug : {false, true}) {
        plan::RunPlan plan;
        plan.duration = 1h;
        plan.hotplug = hotplug;
        const StormResult result = run(plan, {.status = {}, .interrupted = [] { return true; }});
        EXPECT_TRUE(result.interrupted);
        EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::inconclusive) << text(result);
    }
}

TEST_F(StormOnFakeKvm, stops_in_the_middle_when_a_rule_is_broken) {
    plan::RunPlan plan;
    plan.duration = 1h;
    plan.fault = abi::Fault::default_skipped;
    const StormResult result = run(plan);
    ASSERT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation);
    EXPECT_EQ(oracle::name(result.findings.front().rule), "count") << text(result);
    EXPECT_FALSE(result.observation.settled);
    ASSERT_EQ(result.ends.size(), plan.vcpus);
    EXPECT_FALSE(result.ends[0].rcu.empty());
}

TEST_F(StormOnFakeKvm, stops_in_the_middle_when_a_vcpu_does) {
    std::atomic<unsigned> instructions = 0;
    kvm.shuts_down = [&instructions](unsigned cpu) { return cpu == 1 && ++instructions > 50'000; };
    plan::RunPlan plan;
    plan.duration = 1h;
    const StormResult result = run(plan);
    ASSERT_EQ(result.observation.fatal_exits.size(), 1U) << text(result);
    EXPECT_EQ(result.observation.fatal_exits[0].vcpu, 1U);
    EXPECT_EQ(result.observation.fatal_exits[0].exit, "KVM_EXIT_SHUTDOWN (triple fault)");
    EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation);
}

TEST_F(StormOnFakeKvm, fails_with_what_kvm_run_failed_with) {
    kvm.failures = {{KVM_NMI, EIO}};
    EXPECT_THAT([this] { run(of(100)); },
                testing::ThrowsMessage<Error>(testing::HasSubstr("KVM_NMI (vCPU ")));
    kvm.failures = {{KVM_RUN, EFAULT}};
    EXPECT_THAT([this] { run(of(100)); },
                testing::ThrowsMessage<Error>(testing::HasSubstr("KVM_RUN (vCPU ")));
}

TEST_F(StormOnFakeKvm, finds_that_no_vcpu_comes_online) {
    kvm.program = [](Cpu& cpu) {
        while (true) {
            cpu.instruction();
        }
    };
    const StormResult result = run(of(100));
    ASSERT_FALSE(result.findings.empty());
    EXPECT_THAT(result.findings.front().detail, testing::HasSubstr("did not come online"));
}

}  // namespace
}  // namespace nmistorm::engines
