// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/schedule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "damaged_text.h"
#include "oracle/finding.h"
#include "schema.h"

namespace nmistorm::report {
namespace {

using plan::Move;
using plan::ScheduleFile;

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

const std::string some_text = R"({
  "schema": "nmistorm.schedule/2",
  "build_id": "0f3a",
  "plan": {
    "arch": "i386",
    "fault": "skip-grace-period",
    "vcpus": "3",
    "cycle": "replace",
    "condition": "preempt-off",
    "swaps": "2",
    "seed": "77"
  },
  "breaks": "reclaim",
  "moves": [
    "cpu0 x319",
    "nmi cpu2",
    "cpu2 x17"
  ]
}
)";

std::string error_of_schedule(const std::string& text) {
    return refusal([&text] { parse_schedule_file(text, "bad.schedule"); });
}

std::string with(const std::string& from, const std::string& to) {
    return report::with(some_text, from, to);
}

TEST(ScheduleFile, has_a_move_on_each_line) {
    EXPECT_EQ(text_of(some_file()), some_text);
}

TEST(ScheduleFile, comes_back_as_it_was_written) {
    EXPECT_EQ(parse_schedule_file(some_text, "f"), some_file());
}

TEST(ScheduleFile, may_say_how_the_embedded_guest_was_compiled) {
    ScheduleFile file = some_file();
    file.plan.guest_build = "clang-O3-lto";
    const std::string text = with("    \"vcpus\"", "    \"guest-build\": \"clang-O3-lto\",\n    \"vcpus\"");
    EXPECT_EQ(text_of(file), text);
    EXPECT_EQ(parse_schedule_file(text, "f"), file);
}

TEST(ScheduleFile, says_nothing_of_what_only_the_search_needed) {
    ScheduleFile file = some_file();
    file.plan.guest_file = "a.elf";
    file.plan.preemptions = 7;
    file.plan.nmis = 5;
    file.plan.shard = {1, 2};
    file.plan.memory = 1 << 20;
    EXPECT_EQ(text_of(file), some_text);
}

TEST(ScheduleFile, has_exactly_the_properties_of_its_schema) {
    ScheduleFile file = some_file();
    file.plan.guest_build = "gcc-O2";
    Json known = schema("schedule", 2);
    known["properties"]["plan"]["required"].push_back("guest-build");  // which only it may lack
    expect_same_properties(known, Json::parse(text_of(file)));
}

TEST(ScheduleSchema, knows_every_rule) {
    std::set<std::string> rules;
    for (const oracle::Rule rule : oracle::all_rules) {
        rules.emplace(oracle::name(rule));
    }
    EXPECT_EQ(allowed(schema("schedule"), "/properties/breaks/enum"), rules);
}

TEST(ScheduleFile, may_be_written_in_another_way_and_have_notes) {
    Json json = Json::parse(some_text);
    json["note"] = "found today";
    EXPECT_EQ(parse_schedule_file(json.dump(), "f"), some_file());
}

TEST(ScheduleFile, is_refused_in_one_sentence_that_says_what_is_wrong) {
    const std::size_t moves_at = some_text.find("    \"cpu0");
    const std::string moves = some_text.substr(moves_at, some_text.find("\n  ]") - moves_at);
    const std::pair<std::string, std::string> cases[] = {
        {"", "a schedule is JSON, but this is none from line 1 on; find it again with this nmistorm"},
        {"[]", "this is not a schedule, since it has no \"schema\"; find it again"},
        {"7", "this is not a schedule, since it has no \"schema\"; find it again"},
        {with("\"schema\"", "\"chema\""), "this is not a schedule, since it has no \"schema\"; find"},
        {with("schedule/2", "schedule/3"),
         "its schema is \"nmistorm.schedule/3\", but this nmistorm reads \"nmistorm.schedule/2\"; find it"},
        {with("\"nmistorm.schedule/2\"", "[2]"), "its schema is a list, but this nmistorm reads"},
        {with("\"breaks\": \"reclaim\",", "\"breaks\": \"reclaim\""),
         "a schedule is JSON, but this is none "
         "from line 14 on"},
        {with("  ]\n}\n", ""), "a schedule is JSON, but this is none from line 1"},
        {with("0f3a", "0f3x"), "\"0f3x\" is no build id"},
        {with("0f3a", std::string(129, 'a')), "\"aaaa"},
        {with("\"0f3a\"", "7"), "7 is no text"},
        {with("i386", "arm"), "\"arch\" takes i386 or x86_64, not \"arm\""},
        {with("skip-grace-period", ""), "\"fault\" takes none, skip-grace-period,"},
        {with("    \"vcpus\"", "    \"guest-build\": \"gcc-O9\",\n    \"vcpus\""),
         "\"guest-build\" takes gcc"},
        {with("\"3\"", "\"9\""), "\"vcpus\" takes 1 to 8, not \"9\""},
        {with("\"3\"", "3"), "\"vcpus\" takes 1 to 8, not 3"},
        {with("\"2\"", "\"0\""), "\"swaps\" takes 1 to 8, not \"0\""},
        {with("77", "-1"), "\"seed\" takes 0 to 4294967295, not \"-1\""},
        {with("77", "4294967296"), "\"seed\" takes 0 to 4294967295, not \"4294967296\""},
        {with("\"77\"", "1e999"), "a number in it is too large"},
        {with("preempt-off", "all"), "it is of one \"condition\", not of all"},
        {with("\"reclaim\"", "\"luck\""), "there is no rule \"luck\""},
        {with(",\n    \"seed\": \"77\"", ""), "\"seed\" is missing"},
        {with("\"seed\"", "\"nmis\": \"1\", \"seed\""), "\"plan\" has \"nmis\", which is no field of it"},
        {with("\"seed\"", "\"\\u001b\": \"1\", \"seed\""),
         "\"plan\" has \"\\u001b\", which is no field of it"},
        {with("\"seed\"", "\"seed\": \"78\", \"seed\""), "\"seed\" stands in it twice"},
        {with("\"breaks\"", "\"plan\": {}, \"breaks\""), "\"plan\" stands in it twice"},
        {with("\"plan\"", "\"pan\""), "\"plan\" is missing"},
        {with("\"moves\"", "\"move\""), "\"moves\" is missing"},
        {with("cpu0 x319", "cpu0 319"), "move 1 is \"cpu0 319\", but a move reads \"cpu0 x17\" or"},
        {with("cpu0 x319", "cpu0 x0"), "move 1 is \"cpu0 x0\", but a move reads"},
        {with("cpu0 x319", "cpu0 x99999999999"), "move 1 is"},
        {with("cpu0 x319", "cpu3 x319"), "move 1 is"},
        {with("cpu0 x319", "cpu0  x319"), "move 1 is"},
        {with("nmi cpu2", "nmi cpu3"), "move 2 is"},
        {with("nmi cpu2", "nmi cpu2 "), "move 2 is"},
        {with("nmi cpu2", "nmi"), "move 2 is"},
        {with("\"nmi cpu2\"", "2"), "2 is no text"},
        {with("nmi cpu2", "\\u001b[2J"), "a text has control characters"},
        {with(moves, ""), "it has 0 moves, and needs 1 to 100000"},
    };
    for (const auto& [text, message] : cases) {
        EXPECT_THAT(error_of_schedule(text), testing::StartsWith("bad.schedule: " + message)) << text;
        EXPECT_FALSE(has_control_characters(error_of_schedule(text))) << text;
    }
}

TEST(ScheduleFile, of_too_many_moves_is_refused) {
    ScheduleFile file = some_file();
    file.schedule.assign(100'000, {Move::What::run, 1, 1});
    EXPECT_EQ(parse_schedule_file(text_of(file), "f"), file);
    file.schedule.push_back({Move::What::run, 1, 1});
    EXPECT_THAT(error_of_schedule(text_of(file)),
                testing::HasSubstr("it has 100001 moves, and needs 1 to 100000"));
}

TEST(ScheduleFile, with_more_nmis_than_an_exploration_can_have_is_refused) {
    ScheduleFile file = some_file();
    file.schedule.assign(7, {Move::What::nmi, 1, 0});
    EXPECT_EQ(parse_schedule_file(text_of(file), "f"), file);
    file.schedule.push_back({Move::What::nmi, 1, 0});
    EXPECT_THAT(error_of_schedule(text_of(file)), testing::HasSubstr("it has 8 NMIs, and may have 7"));
}

TEST(ScheduleFile, from_before_it_was_json_is_to_be_found_again) {
    EXPECT_EQ(
        error_of_schedule("nmistorm-schedule 1\nbuild-id 0f3a\narch i386\n"),
        "bad.schedule: this is a schedule of an older nmistorm, from before it was JSON; find it again with "
        "this nmistorm, by 'nmistorm explore --schedule FILE'");
}

TEST(ScheduleFile, that_is_damaged_is_read_or_refused) {
    expect_refused_or_read(some_text, [](const std::string& text) { parse_schedule_file(text, "f"); });
}

TEST(ScheduleFile, of_any_depth_is_refused) {
    const std::string deep(100'000, '[');
    EXPECT_THAT(error_of_schedule(deep), testing::HasSubstr("it nests deeper"));
    EXPECT_THAT(error_of_schedule(with("\"0f3a\"", deep + std::string(100'000, ']'))),
                testing::HasSubstr("it nests deeper"));
}

}  // namespace
}  // namespace nmistorm::report
