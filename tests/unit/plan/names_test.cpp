// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/names.h"

#include <string>

#include <gtest/gtest.h>

namespace nmistorm::plan {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Names, every_word_is_read_back_as_what_it_names) {
    for (const Arch arch : {Arch::i386, Arch::x86_64}) {
        EXPECT_EQ(parse_arch(name(arch)), arch);
    }
    for (const abi::Cycle cycle :
         {abi::Cycle::unset, abi::Cycle::replace, abi::Cycle::unload, abi::Cycle::deferred}) {
        EXPECT_EQ(parse_cycle(name(cycle)), cycle);
    }
    for (const Observe observe : {Observe::counters, Observe::events}) {
        EXPECT_EQ(parse_observe(name(observe)), observe);
    }
    for (unsigned i = 0; i < abi::fault_count; ++i) {
        EXPECT_EQ(parse_fault(name(static_cast<abi::Fault>(i))), static_cast<abi::Fault>(i));
    }
    EXPECT_EQ(parse_source(name(Source::kvm_nmi)), Source::kvm_nmi);
    for (const Injector injector : {Injector::own, Injector::central}) {
        EXPECT_EQ(parse_injector(name(injector)), injector);
    }
}

TEST(Names, words_that_name_nothing_are_refused) {
    for (const std::string word :
         {"", " ", "none ", "None", "NONE", "x86-64", "kvm_nmi", "event", "unset\n"}) {
        EXPECT_FALSE(parse_arch(word)) << word;
        EXPECT_FALSE(parse_source(word)) << word;
        EXPECT_FALSE(parse_cycle(word)) << word;
        EXPECT_FALSE(parse_fault(word)) << word;
        EXPECT_FALSE(parse_observe(word)) << word;
    }
}

TEST(Names, all_cycles_are_those_that_have_a_name) {
    const auto cycles = all_cycles();
    ASSERT_GE(cycles.size(), 2U);
    EXPECT_EQ(cycles.front(), abi::Cycle::unset);
    for (const abi::Cycle cycle : cycles) {
        EXPECT_EQ(parse_cycle(name(cycle)), cycle);
    }
}

TEST(Names, a_list_of_faults_is_read_sorted_and_written) {
    const std::vector<abi::Fault> faults = {abi::Fault::none, abi::Fault::torn_publish};
    EXPECT_EQ(parse_faults("torn-publish,none,torn-publish"), faults);
    EXPECT_EQ(to_string(faults), "none,torn-publish");
    for (const std::string word : {"", ",", "none,", ",none", "none,,none", "none, torn-publish", "all"}) {
        EXPECT_FALSE(parse_faults(word)) << word;
    }
}

TEST(Names, a_guest_build_is_a_compiler_an_optimisation_and_perhaps_lto) {
    for (const std::string word : {"gcc-O0", "gcc-Og", "gcc-O1", "gcc-O2", "gcc-O3", "gcc-Os", "clang-O2",
                                   "clang-Os", "gcc-O2-lto", "clang-O0-lto"}) {
        EXPECT_EQ(parse_guest_build(word), word);
    }
    for (const std::string word :
         {"", "gcc", "gcc-", "-O2", "gcc-O4", "gcc-Oz", "gccO2", "g++-O2", "GCC-O2", "gcc-O2-",
          "gcc-O2-lto-lto", "gcc-lto", "-lto", "gcc-O2 ", "gcc-O2,gcc-O3", "builds/gcc-O0"}) {
        EXPECT_EQ(parse_guest_build(word), std::nullopt) << word;
    }
}

TEST(Names, a_list_of_guest_builds_is_read_sorted_and_written) {
    const std::vector<std::string> builds = {"clang-O3", "gcc-O0"};
    EXPECT_EQ(parse_guest_builds("gcc-O0,clang-O3,gcc-O0"), builds);
    EXPECT_EQ(to_string(builds), "clang-O3,gcc-O0");
    for (const std::string word : {"", ",", "gcc-O0,", "all", "gcc-O0,O3"}) {
        EXPECT_FALSE(parse_guest_builds(word)) << word;
    }
}

TEST(Names, a_pace_is_read_and_written) {
    const std::pair<std::string, Pace> cases[] = {{"lockstep", {Pace::Kind::lockstep, 0}},
                                                  {"max", {Pace::Kind::max, 0}},
                                                  {"rate=1", {Pace::Kind::rate, 1}},
                                                  {"rate=100000", {Pace::Kind::rate, 100000}},
                                                  {"burst=8", {Pace::Kind::burst, 8}}};
    for (const auto& [word, pace] : cases) {
        EXPECT_EQ(parse_pace(word), pace) << word;
        EXPECT_EQ(to_string(pace), word);
    }
}

TEST(Names, a_malformed_pace_is_refused) {
    for (const std::string word :
         {"", "rate", "rate=", "rate=0", "rate=100001", "rate=-1", "rate=+1", "rate= 1", "rate=1 ",
          "rate=1.5", "rate=0x10", "rate=18446744073709551617", "burst=", "burst=0", "burst=100001",
          "lockstep=1", "max=1", "Max", "rate:5"}) {
        EXPECT_FALSE(parse_pace(word)) << word;
    }
}

TEST(Names, targets_are_read_and_written) {
    EXPECT_EQ(parse_targets("all")->kind, Targets::Kind::all);
    EXPECT_EQ(parse_targets("others")->kind, Targets::Kind::others);
    EXPECT_EQ(parse_targets("0,2,5")->list, (std::vector<unsigned>{0, 2, 5}));
    for (const std::string word : {"all", "others", "7", "0,2,5"}) {
        EXPECT_EQ(to_string(*parse_targets(word)), word);
    }
}

TEST(Names, a_list_of_targets_is_sorted_and_loses_its_repetitions) {
    EXPECT_EQ(parse_targets("5,0,5,2,0")->list, (std::vector<unsigned>{0, 2, 5}));
}

TEST(Names, malformed_targets_are_refused) {
    for (const std::string word :
         {"", ",", "0,", ",0", "0,,1", "0, 1", "-1", "0-3", "one", "4294967296", "all,0"}) {
        EXPECT_FALSE(parse_targets(word)) << word;
    }
}

TEST(Names, handlers_are_read_and_written) {
    EXPECT_EQ(parse_handlers("all"), abi::handlers_all);
    EXPECT_EQ(parse_handlers("sampling,counting,sampling"), abi::handler_counting | abi::handler_sampling);
    EXPECT_EQ(parse_handlers("counting,long,declining,sampling"), abi::handlers_all);
    for (std::uint32_t handlers = 1; handlers <= abi::handlers_all; ++handlers) {
        EXPECT_EQ(parse_handlers(handlers_text(handlers)), handlers);
    }
    EXPECT_EQ(handlers_text(abi::handlers_all), "all");
    EXPECT_EQ(handlers_text(abi::handler_long | abi::handler_sampling), "long,sampling");
    for (const std::string word : {"", ",", "long,", ",long", "long,,sampling", "Long", "all,long", "15"}) {
        EXPECT_FALSE(parse_handlers(word)) << word;
    }
}

TEST(Names, work_is_read_and_written) {
    EXPECT_EQ(parse_work("all"), abi::work_all);
    EXPECT_EQ(parse_work("idle,busy"), abi::work_idle | abi::work_busy);
    for (std::uint32_t work = 1; work <= abi::work_all; ++work) {
        EXPECT_EQ(parse_work(work_text(work)), work);
    }
    EXPECT_EQ(work_text(abi::work_preempt_disabled | abi::work_registers), "preempt-disabled,registers");
    EXPECT_FALSE(parse_work("sleep"));
    EXPECT_FALSE(parse_work(""));
}

TEST(Names, a_duration_is_read) {
    const std::pair<std::string, nanoseconds> cases[] = {
        {"1us", microseconds(1)}, {"2500us", microseconds(2500)},
        {"1ms", milliseconds(1)}, {"500ms", milliseconds(500)},
        {"10s", seconds(10)},     {"5m", minutes(5)},
        {"2h", hours(2)},         {"1000h", hours(1000)},
        {"60000m", hours(1000)},  {"3600000000ms", hours(1000)}};
    for (const auto& [word, duration] : cases) {
        EXPECT_EQ(parse_duration(word), duration) << word;
    }
}

TEST(Names, a_malformed_duration_is_refused) {
    for (const std::string word :
         {"", "s", "10", "0s", "-1s", "+1s", "1.5s", " 1s", "1s ", "1 s", "1S", "1sec", "1m30s", "1ns", "1d",
          "1001h", "3600001s", "18446744073709551617ms", "9223372036854775807h"}) {
        EXPECT_FALSE(parse_duration(word)) << word;
    }
}

TEST(Names, a_duration_is_written_in_the_largest_unit_that_leaves_no_rest) {
    EXPECT_EQ(to_string(nanoseconds(hours(2))), "2h");
    EXPECT_EQ(to_string(nanoseconds(minutes(90))), "90m");
    EXPECT_EQ(to_string(nanoseconds(seconds(61))), "61s");
    EXPECT_EQ(to_string(nanoseconds(milliseconds(1500))), "1500ms");
    EXPECT_EQ(to_string(nanoseconds(microseconds(1500))), "1500us");
}

TEST(Names, a_number_is_digits_within_its_bounds) {
    EXPECT_EQ(parse_number("0", 0, 9), 0U);
    EXPECT_EQ(parse_number("18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
    for (const std::string word : {"", "a", "1a", "10", "-0", "0x1", "18446744073709551616"}) {
        EXPECT_FALSE(parse_number(word, 0, 9)) << word;
    }
}

}  // namespace
}  // namespace nmistorm::plan
