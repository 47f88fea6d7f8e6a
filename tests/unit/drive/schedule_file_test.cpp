// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/schedule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace nmistorm::drive::explore {
namespace {

ScheduleFile some_file() {
    ScheduleFile file;
    file.build_id = "0f3a";
    file.plan.arch = plan::Arch::i386;
    file.plan.fault = abi::Fault::skip_grace_period;
    file.plan.vcpus = 3;
    file.plan.cycle = abi::Cycle::replace;
    file.plan.condition = plan::Condition::preempt_off;
    file.plan.swaps = 2;
    file.plan.seed = 77;
    file.rule = "reclaim";
    file.schedule = {{Move::What::run, 0, 319}, {Move::What::nmi, 2, 0}, {Move::What::run, 2, 17}};
    return file;
}

const std::string some_text =
    "nmistorm-schedule 1\n"
    "build-id 0f3a\n"
    "arch i386\n"
    "fault skip-grace-period\n"
    "vcpus 3\n"
    "cycle replace\n"
    "condition preempt-off\n"
    "swaps 2\n"
    "seed 77\n"
    "breaks reclaim\n"
    "cpu0 x319\n"
    "nmi cpu2\n"
    "cpu2 x17\n";

TEST(ScheduleFile, is_a_few_lines_of_text) {
    EXPECT_EQ(text_of(some_file()), some_text);
}

TEST(ScheduleFile, comes_back_as_it_was_written) {
    EXPECT_EQ(parse_schedule_file(some_text, "f"), some_file());
}

TEST(ScheduleFile, may_say_how_the_embedded_guest_was_compiled) {
    ScheduleFile file = some_file();
    file.plan.guest_build = "clang-O3-lto";
    std::string text = some_text;
    text.insert(text.find("vcpus 3"), "build clang-O3-lto\n");
    EXPECT_EQ(text_of(file), text);
    EXPECT_EQ(parse_schedule_file(text, "f"), file);
}

TEST(ScheduleFile, may_have_comments_and_empty_lines_and_no_last_newline) {
    std::string text = "nmistorm-schedule 1\n# found today\n\n" + some_text.substr(some_text.find('\n') + 1);
    text.pop_back();
    EXPECT_EQ(parse_schedule_file(text, "f"), some_file());
}

std::string error_of(const std::string& text) {
    try {
        parse_schedule_file(text, "bad.schedule");
    } catch (const UsageError& error) {
        return error.what();
    }
    return "accepted";
}

/// The text with @p from replaced.
std::string with(const std::string& from, const std::string& to) {
    std::string text = some_text;
    return text.replace(text.find(from), from.size(), to);
}

TEST(ScheduleFile, is_refused_in_one_sentence_that_says_where_and_what) {
    const std::pair<std::string, std::string> cases[] = {
        {"", "bad.schedule: not a schedule: its first line is not 'nmistorm-schedule 1'"},
        {"\n" + some_text, "bad.schedule: not a schedule"},
        {with("schedule 1", "schedule 2"), "bad.schedule: not a schedule"},
        {with("build-id 0f3a", "build-id 0f3x"), "bad.schedule:2: this is no value for 'build-id'"},
        {with("arch i386", "arch arm"), "bad.schedule:3: this is no value for 'arch'"},
        {with("fault skip-grace-period", "fault "), "bad.schedule:4: this is no value for 'fault'"},
        {with("vcpus 3", "build gcc-O9"), "bad.schedule:5: this is no value for 'build'"},
        {with("vcpus 3", "vcpus 9"), "bad.schedule:5: this is no value for 'vcpus'"},
        {with("swaps 2", "swaps 0"), "bad.schedule:8: this is no value for 'swaps'"},
        {with("seed 77", "seed -1"), "bad.schedule:9: this is no value for 'seed'"},
        {with("breaks reclaim", "breaks luck"), "bad.schedule:10: this is no value for 'breaks'"},
        {with("seed 77\n", ""), "bad.schedule: the line 'seed ...' is missing"},
        {with("seed 77\n", "seed 77\nseed 78\n"), "bad.schedule:10: 'seed' stands here a second time"},
        {some_text + "seed 77\n",
         "bad.schedule:14: 'seed' stands here a second time, or after the first move"},
        {with("cpu0 x319", "cpu0 319"), "bad.schedule:11: a move reads"},
        {with("cpu0 x319", "cpu0 x0"), "bad.schedule:11: a move reads"},
        {with("cpu0 x319", "cpu0 x99999999999"), "bad.schedule:11: a move reads"},
        {with("cpu0 x319", "cpu3 x319"), "bad.schedule:11: a move reads"},
        {with("nmi cpu2", "nmi cpu3"), "bad.schedule:12: a move reads"},
        {with("nmi cpu2", "nmi"), "bad.schedule:12: a move reads"},
        {with("nmi cpu2", "\x1b[2J"), "bad.schedule:12: a move reads"},
        {some_text.substr(0, some_text.find("cpu0")), "bad.schedule: there is no move in it"},
    };
    for (const auto& [text, message] : cases) {
        EXPECT_THAT(error_of(text), testing::StartsWith(message)) << text;
        EXPECT_EQ(error_of(text).find('\n'), std::string::npos);
    }
}

}  // namespace
}  // namespace nmistorm::drive::explore
