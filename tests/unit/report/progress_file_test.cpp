// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/progress_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "damaged_text.h"
#include "schema.h"

namespace nmistorm::report {
namespace {

using testing::HasSubstr;

ProgressOf some_exploration() {
    return {.plan = {},
            .image = "a.elf",
            .build_id = "0f3a",
            .memory_end = 0x200000,
            .image_begin = 0x100000,
            .image_end = 0x180000};
}

oracle::Checkpoint some_progress() {
    oracle::Round first;
    first.condition = plan::Condition::busy;
    first.end = oracle::SearchEnd::exhausted;
    first.tally = {1, 2, 3, 4, 5};
    first.steps = 6;
    first.seconds = 1.25;
    oracle::Round second = first;
    second.condition = plan::Condition::preempt_off;
    second.preemptions = 2;
    second.end = oracle::SearchEnd::stopped;
    return {{first, second}, {{0x100, 3, 1}, {0x1ffffc, 0, 0xffff}}, {0x100000, 0x17ffff}, true};
}

const std::string some_text = R"({
  "schema": "nmistorm.progress/3",
  "build_id": "0f3a",
  "plan": {
    "arch": "x86_64",
    "fault": "none",
    "vcpus": "2",
    "cycle": "unset",
    "condition": "all",
    "swaps": "1",
    "preemptions": "2",
    "nmis": "1",
    "reduction": "visible",
    "shard": "1/1",
    "seed": "1"
  },
  "rounds": [
    {"condition":"busy","preemptions":0,"end":"exhausted","ended":1,"merged":2,"states":3,"units":4,"done":5,"steps":6,"seconds":1.25},
    {"condition":"preempt-off","preemptions":2,"end":"stopped","ended":1,"merged":2,"states":3,"units":4,"done":5,"steps":6,"seconds":1.25}
  ],
  "shards_disagree": true,
  "touched": [
    {"address":256,"readers":3,"writers":1},
    {"address":2097148,"readers":0,"writers":65535}
  ],
  "covered": [
    1048576,
    1572863
  ]
}
)";

std::string error_of_progress(const std::string& text, const ProgressOf& of = some_exploration()) {
    return refusal([&] { parse_progress(text, of, "bad.progress"); });
}

std::string with(const std::string& from, const std::string& to) {
    return report::with(some_text, from, to);
}

TEST(ProgressFile, has_a_round_on_each_line) {
    EXPECT_EQ(text_of(some_progress(), {}, "0f3a"), some_text);
}

TEST(ProgressFile, comes_back_as_it_was_written) {
    EXPECT_EQ(parse_progress(some_text, some_exploration(), "f"), some_progress());
    EXPECT_EQ(parse_progress(text_of({}, {}, "0f3a"), some_exploration(), "f"), oracle::Checkpoint{});
}

TEST(ProgressFile, has_exactly_the_properties_of_its_schema) {
    expect_same_properties(schema("progress", 3), Json::parse(some_text));
}

TEST(ProgressFile, is_good_for_the_same_search_only) {
    ProgressOf other = some_exploration();
    other.build_id = "0f3b";
    EXPECT_EQ(error_of_progress(some_text, other),
              "bad.progress: made for another image: begin again, with another file");
    other.build_id = "";
    EXPECT_EQ(error_of_progress(some_text, other),
              "bad.progress: cannot be known to be of a.elf, which has no build id: link it with one");
    const char* otherwise =
        "bad.progress: made with other flags: give the same again, or begin again with another file";
    const std::function<void(plan::ExplorePlan&)> changes[] = {
        [](auto& plan) { plan.arch = plan::Arch::i386; },
        [](auto& plan) { plan.fault = abi::Fault::leak; },
        [](auto& plan) { plan.vcpus = 3; },
        [](auto& plan) { plan.cycle = abi::Cycle::unload; },
        [](auto& plan) { plan.condition = plan::Condition::busy; },
        [](auto& plan) { plan.swaps = 2; },
        [](auto& plan) { plan.preemptions = 1; },
        [](auto& plan) { plan.nmis = 2; },
        [](auto& plan) { plan.reduction = plan::Reduction::none; },
        [](auto& plan) {
            plan.shard = {0, 2};
        },
        [](auto& plan) { plan.seed = 2; },
    };
    for (const auto& change : changes) {
        other = some_exploration();
        change(other.plan);
        EXPECT_EQ(error_of_progress(some_text, other), otherwise);
    }
    // What does not change the search.
    other = some_exploration();
    other.plan.guest_file = "a.elf";
    other.plan.guest_build = "gcc-O2";
    other.plan.budget = std::chrono::seconds(1);
    other.plan.memory = 1 << 20;
    EXPECT_EQ(parse_progress(some_text, other, "f"), some_progress());
}

TEST(ProgressFile, is_refused_in_one_sentence_that_says_what_is_wrong) {
    const std::pair<std::string, std::string> cases[] = {
        {"", "progress is JSON, but this is none from line 1 on; begin again with another file"},
        {"{}", "this is not progress, since it has no \"schema\"; begin again"},
        {with("progress/3", "progress/2"),
         "its schema is \"nmistorm.progress/2\", but this nmistorm reads \"nmistorm.progress/3\"; begin "
         "again"},
        {"nmistorm-progress 2\nbuild-id 0f3a\n",
         "this is progress of an older nmistorm, from before it was JSON; "
         "begin again with another file for --resume"},
        {with("\"build_id\"", "\"id\""), "\"build_id\" is missing"},
        {with("\"0f3a\"", "null"), "made for another image"},
        {with("\"nmis\": \"1\",", ""), "\"nmis\" is missing"},
        {with("\"vcpus\": \"2\"", "\"vcpus\": \"0\""), "\"vcpus\" takes 1 to 8, not \"0\""},
        {with("\"seed\"", "\"memory\": \"1M\", \"seed\""),
         "\"plan\" has \"memory\", which is no field of it"},
        {with("\"rounds\"", "\"round\""), "\"rounds\" is missing"},
        {with("\"busy\"", "\"odd\""), "\"odd\" has no meaning here"},
        {with("\"exhausted\"", "7"), "7 has no meaning here"},
        {with("\"states\":3,", ""), "\"states\" is missing"},
        {with("\"states\":3", "\"states\":-3"), "-3 is no whole number"},
        {with("\"states\":3", "\"states\":3.5"), "3.5 is no whole number"},
        {with("\"preemptions\":0", "\"preemptions\":4294967296"), "4294967296 is no whole number"},
        {with("1.25", "-1.25"), "-1.25 is no number"},
        {with("true", "1"), "1 is neither true nor false"},
        {with("\"address\":256", "\"address\":257"), "257 is no address of a word in the guest's memory"},
        {with("\"address\":256", "\"address\":2097152"), "2097152 is no address of a word"},
        {with("\"address\":256", "\"address\":4294967296"), "4294967296 is no whole number"},
        {with("65535", "65536"), "65536 is no whole number from 0 to 65535"},
        {with("1048576", "1048575"), "1048575 is no address of the image"},
        {with("1572863", "1572864"), "1572864 is no address of the image"},
        {with("1572863", "\"x\""), "\"x\" is no whole number"},
        {with("\"covered\": [", "\"covered\": [], \"covered\": ["), "\"covered\" stands in it twice"},
    };
    for (const auto& [text, message] : cases) {
        EXPECT_THAT(error_of_progress(text), testing::StartsWith("bad.progress: " + message)) << text;
        EXPECT_FALSE(has_control_characters(error_of_progress(text))) << text;
    }
}

TEST(ProgressFile, that_is_damaged_is_read_or_refused) {
    expect_refused_or_read(some_text,
                           [](const std::string& text) { parse_progress(text, some_exploration(), "f"); });
}

}  // namespace
}  // namespace nmistorm::report
