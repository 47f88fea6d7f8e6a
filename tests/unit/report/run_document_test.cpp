// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.h"
#include "summary.h"

namespace nmistorm::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Summary, of_a_pass_gives_verdict_accounting_and_what_was_exercised) {
    const std::string text = summary(passed(), false);
    EXPECT_EQ(text,
              "PASS  2.0 s, 3,000 NMIs handled on 2 vCPUs (1,500/s)\n"
              "  host          kvm_amd, Linux 6.1.0\n"
              "  guest         x86_64, embedded image, fault none\n"
              "  storm         kvm-nmi, pace lockstep, targets all, cycle unset, seed 7\n"
              "  NMIs          3,006 requested, 3,003 accepted, 3 coalesced, 3,000 handled, 300 by default\n"
              "  by default    270 for the dummy, 30 for handlers that declined\n"
              "  by vCPU       0: 1,000   1: 2,000\n"
              "  exercised     20 swaps, 21 grace periods, 19 blocks freed, 5 overlaps, 1 NMI from idle\n"
              "  grace period  p50 10.0 us, p99 10.0 us, max 10.0 us\n"
              "  events        12,345 judged, 0 lost\n");
}

TEST(Summary, of_a_violation_says_where_each_vcpu_was_at_the_end) {
    RunReport report = passed();
    report.findings = {use_after_free()};
    report.ends = {in_handler()};
    EXPECT_THAT(summary(report, false),
                HasSubstr("Where the vCPUs were at the end\n"
                          "  vCPU  state               at\n"
                          "     1  running, in an NMI  counting_callback+0x0 handlers/counting.cpp:12\n"
                          "                            from do_nmi+0x1c nmi/nmi.cpp:88\n"
                          "                            RCU: dynticks 3, offline 0\n"));
    const Document whole = document(report);
    ASSERT_EQ(whole.details.size(), 2U) << "the second is of vCPU 1";
    EXPECT_EQ(whole.details.back().rows,
              (std::vector<std::vector<std::string>>{{"rax", "0x7"},
                                                     {"rip", "0x10040"},
                                                     {"code", "0x10040  mov (%rax), %ecx"},
                                                     {"stack", "do_nmi+0x1c nmi/nmi.cpp:88"}}));
    report.findings = {worthless()};
    EXPECT_THAT(summary(report, false), Not(HasSubstr("Where the vCPUs were")));
}

TEST(Summary, of_a_violation_says_where_a_few_vcpus_were_and_the_one_of_the_finding) {
    RunReport report = passed();
    report.findings = {use_after_free()};
    report.findings.front().vcpu = 5;
    for (unsigned cpu = 0; cpu < 7; ++cpu) {
        report.ends.push_back(in_handler());
        report.ends.back().vcpu = cpu;
    }
    const std::string text = summary(report, false);
    for (unsigned cpu = 0; cpu < 7; ++cpu) {
        const bool shown = cpu < 3 || cpu == 5;
        const std::string line = fmt::format("     {}  running, in an NMI  counting_callback", cpu);
        EXPECT_EQ(text.find(line) != std::string::npos, shown) << cpu;
    }
    EXPECT_THAT(text, HasSubstr("  and of 3 further vCPUs, in --json and --html\n"));
    const Document whole = document(report);
    for (const Case& each : whole.cases) {
        const bool failed = each.verdict == Case::Verdict::fail;
        EXPECT_EQ(std::ranges::count(each.lines, "Where the vCPUs were at the end"), failed ? 1 : 0)
            << each.name;
    }
}

TEST(Summary, says_how_the_guest_was_compiled_where_that_was_asked_for) {
    RunReport report = passed();
    report.observation.plan.guest_build = "clang-O3";
    EXPECT_THAT(summary(report, false), HasSubstr("x86_64, embedded image by clang-O3, fault none\n"));
}

TEST(Summary, says_how_long_slices_were_and_how_many_overlaps_that_gave) {
    RunReport report = passed();
    for (int i = 0; i < 100; ++i) {
        report.slices.record(400'000);
    }
    report.tally.overlaps = 5'000;
    EXPECT_THAT(summary(report, false),
                HasSubstr("  slices        p50 397 us, p99 397 us; 2,500 overlaps/s\n"));
}

TEST(Summary, says_at_how_many_instructions_nmis_arrived) {
    RunReport report = passed();
    report.observation.arrivals = {
        {.function = "do_nmi", .nmis = 3, .by_instruction = {{GuestVirt{4096}, 3}, {GuestVirt{4098}, 0}}},
        {.function = "unset_nmi_callback", .nmis = 1, .by_instruction = {{GuestVirt{9}, 1}}}};
    EXPECT_THAT(summary(report, false), HasSubstr("  arrivals      do_nmi 1/2, unset_nmi_callback 1/1\n"));
}

TEST(Summary, says_who_injected_and_for_how_long_slices_were_asked) {
    RunReport report = passed();
    report.observation.plan.injector = plan::Injector::central;
    EXPECT_THAT(summary(report, false), HasSubstr("pace lockstep, injector central, targets all"));
    report.observation.plan.injector = plan::Injector::own;
    report.observation.plan.slice = std::chrono::microseconds(300);
    EXPECT_THAT(summary(report, false), HasSubstr("pace lockstep, slice 300us, targets all"));
}

TEST(Summary, says_how_often_a_vcpu_waited_until_its_events_were_read) {
    RunReport report = passed();
    report.holds = 7;
    EXPECT_THAT(summary(report, false), HasSubstr("0 lost; vCPUs waited 7 times for the judge\n"));
}

TEST(Summary, of_the_cycle_unload_says_how_much_code_was_destroyed) {
    RunReport report = passed();
    report.tally.unloaded = 18;
    EXPECT_THAT(summary(report, false), Not(HasSubstr("unloaded")));
    report.observation.plan.cycle = abi::Cycle::unload;
    EXPECT_THAT(summary(report, false), HasSubstr("  unloaded      the code of 18 handlers\n"));
}

TEST(Summary, of_a_hotplugged_vcpu_says_how_often_it_came_and_what_hit_it) {
    RunReport report = passed();
    report.tally.onlines = 9;
    report.tally.onlines_in_grace_period = 4;
    report.tally.offline_nmis = 1;
    EXPECT_THAT(summary(report, false), Not(HasSubstr("hotplug")));
    report.observation.plan.hotplug = true;
    EXPECT_THAT(summary(report, false),
                HasSubstr("  hotplug       online 9 times, 4 in a grace period, 1 NMI while offline\n"));
    report.observation.plan.observe = plan::Observe::counters;
    report.observation.vcpus[1].counters.onlines = 1;
    EXPECT_THAT(summary(report, false), HasSubstr("  hotplug       online 1 time, 0 NMIs while offline\n"));
}

TEST(Summary, of_a_profile_ends_in_a_table_by_symbol) {
    RunReport report = passed();
    report.observation.plan.profile = true;
    report.observation.plan.handlers = abi::handler_sampling;
    report.observation.samples = 4000;
    report.observation.samples_lost = 5;
    report.profile = {{"run_worker()", 3000}, {"cpu_idle()", 1000}};
    const std::string text = summary(report, false);
    EXPECT_THAT(text, HasSubstr("cycle unset, handlers sampling, seed 7\n"));
    EXPECT_THAT(text, testing::EndsWith("\n\nNMIs hit the guest in   4,000 samples, 5 lost\n"
                                        "   75.0 %        3,000  run_worker()\n"
                                        "   25.0 %        1,000  cpu_idle()\n"));
    report.profile.resize(25, {"nothing", 0});
    EXPECT_THAT(summary(report, false), testing::EndsWith("  and 5 more symbols; --json has all\n"));
}

TEST(Summary, of_a_violation_shows_the_finding_its_events_and_how_to_repeat_it) {
    RunReport report = passed();
    report.findings = {use_after_free()};
    const std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("VIOLATION  2.0 s"));
    EXPECT_THAT(text,
                HasSubstr("\n"
                          "reclaim (judges guest), vCPU 1, generation 42\n"
                          "  the handler used generation 42 after its free\n"
                          "  at counting_callback+0x0 handlers/counting.cpp:12\n"
                          "           100  vCPU 0   free          block 0x20000, generation 42\n"
                          "           101  vCPU 1   nmi_leave     callback 0x10040, generation 42 answered\n"
                          "\n"
                          "To repeat this run: nmistorm storm --seed 7\n"));
}

TEST(Summary, gives_the_bare_address_where_it_has_no_symbol) {
    RunReport report = passed();
    report.findings = {use_after_free()};
    report.findings[0].where.clear();
    EXPECT_THAT(summary(report, false), HasSubstr("  at 0x10040\n"));
}

TEST(Summary, of_an_inconclusive_run_says_why) {
    RunReport report = passed();
    report.findings = {worthless()};
    const std::string text = summary(report, false);
    EXPECT_THAT(text, StartsWith("INCONCLUSIVE  "));
    EXPECT_THAT(text, HasSubstr("coverage (judges run)\n  no NMI overlapped a swap\n"));
    EXPECT_THAT(text, HasSubstr("To repeat this run"));
}

TEST(Summary, of_an_interrupted_run_says_so) {
    RunReport report = passed();
    report.interrupted = true;
    EXPECT_THAT(summary(report, false), StartsWith("PASS (interrupted)  2.0 s"));
}

TEST(Summary, of_many_vcpus_gives_their_spread) {
    EXPECT_THAT(summary(passed(8), false), HasSubstr("7: 8,000\n"));
    EXPECT_THAT(summary(passed(64), false),
                HasSubstr("min 1,000, median 33,000, max 64,000 of 64 targets\n"));
}

TEST(Summary, leaves_out_vcpus_that_got_no_nmis) {
    RunReport report = passed(3);
    report.observation.vcpus[1].target = false;
    EXPECT_THAT(summary(report, false), HasSubstr("  by vCPU       0: 1,000   2: 3,000\n"));
}

TEST(Summary, of_many_findings_shows_the_first_and_counts_the_rest) {
    RunReport report = passed();
    report.findings.assign(12, use_after_free());
    EXPECT_THAT(summary(report, false), HasSubstr("\nand 2 more findings; --json has all\n"));
}

TEST(Summary, is_coloured_only_if_asked) {
    EXPECT_THAT(summary(passed(), true), StartsWith("\x1b[1;32mPASS\x1b[0m  "));
    EXPECT_THAT(summary(passed(), false), Not(HasSubstr("\x1b")));
}

TEST(Summary, of_a_run_that_never_began_is_still_a_summary) {
    RunReport report;
    report.findings = {worthless()};
    EXPECT_THAT(summary(report, false), StartsWith("INCONCLUSIVE  0.0 s, 0 NMIs handled on 0 vCPUs (0/s)"));
}

TEST(Summary, says_what_was_not_judged) {
    RunReport report = passed();
    report.observation.limits = {{oracle::Rule::count, true, "no events"},
                                 {oracle::Rule::freshness, false, "no events"}};
    EXPECT_THAT(summary(report, false), testing::EndsWith("  events        12,345 judged, 0 lost\n"
                                                          "  in part       count: no events\n"
                                                          "  not judged    freshness: no events\n"));
}

TEST(RunDocument, has_all_findings_although_a_summary_shows_some) {
    RunReport report = passed();
    report.findings.assign(12, use_after_free());
    report.findings.push_back(worthless());
    const Document document = report::document(report);
    ASSERT_EQ(document.findings.size(), 13U);
    EXPECT_EQ(document.findings_shown, 10U);
    EXPECT_EQ(document.findings[0].title, "reclaim");
    EXPECT_EQ(document.findings[0].outcome, oracle::Outcome::violation);
    EXPECT_EQ(document.findings[12].outcome, oracle::Outcome::inconclusive);
    EXPECT_EQ(document.provenance.reproduce, "nmistorm storm --seed 7");
}

}  // namespace
}  // namespace nmistorm::report
