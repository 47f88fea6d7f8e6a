// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/facts_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "sample.h"

namespace nmistorm::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
namespace fact = oracle::fact;

const std::string begin = facts_begin({"nmistorm", "storm"});

/// A report of two vCPUs in which everything that a file of facts keeps has a value.
RunReport full() {
    RunReport report;
    report.provenance.kvm_backend = "kvm_amd";
    report.provenance.kernel = "6.1";
    report.image = "embedded";
    report.image_fault = "leak";
    report.image_build = "gcc-O2";
    report.holds = 3;
    report.duration_s = 1.5;
    report.tsc_khz = 2'000'000;
    report.interrupted = true;
    oracle::Observation& seen = report.observation;
    seen.vcpus.resize(2);
    seen.vcpus[1].target = true;
    seen.vcpus[1].counters.nmi_entries = 7;
    seen.vcpus[1].counters.nmi_nested = 1;
    seen.vcpus[1].delivery = {9, 8, 7, 6, 10, 1, 7};
    seen.fatal_exits.push_back({1, "panic", abi::Panic{14, 2, 0x1000, 0x2000, 0x3000, 1}, 0x1000});
    seen.fatal_exits.push_back({0, "KVM_EXIT_SHUTDOWN", {}, 0});
    seen.stalls.push_back({oracle::Stall::What::finish, 1, 0x10, 5.5});
    seen.malformed = {"a sentence"};
    seen.events_lost = 4;
    seen.arrivals.push_back({"do_nmi", 2, {{{0x10}, 2}, {{0x12}, 0}}});
    seen.covered = seen.settled = seen.finished = true;
    seen.limits = {{oracle::Rule::delivery, false, "it is not KVM"},
                   {oracle::Rule::count, true, "no events"}};
    seen.samples = 5;
    seen.samples_lost = 6;
    return report;
}

std::string whole(const std::string& lines, const RunReport& report = full()) {
    return begin + lines + facts_end(report, "1234");
}

/// Reads all of @p text, which is of a run on two vCPUs.
std::vector<oracle::Record> read(const std::string& text) {
    std::istringstream file(text);
    FactsReader facts(file, "f.jsonl");
    std::vector<oracle::Record> records;
    while (const auto record = facts.next(2)) {
        records.push_back(*record);
    }
    return records;
}

std::string complaint(const std::string& text) {
    try {
        read(text);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

std::string lines_of(const std::vector<oracle::Record>& records) {
    std::string lines;
    for (const oracle::Record& record : records) {
        lines += facts_line(record);
    }
    return lines;
}

TEST(FactsFile, gives_back_every_record) {
    oracle::Sample sample{.vcpu = 1, .counters = {}};
    std::uint64_t number = 0;
    oracle::Counters::fields(sample.counters, [&number](const char*, auto& counter) { counter = ++number; });
    const std::vector<oracle::Record> records = {
        oracle::Recorded{{.order = 0, .vcpu = 1, .in_nmi = true}, fact::NmiTaken{}},
        oracle::Recorded{{.order = 1, .vcpu = 1, .in_nmi = true, .ip = GuestVirt{0x10}},
                         fact::NmiEntered{0x20, true, false, 3}},
        oracle::Recorded{{.order = 2}, fact::NmiEntered{0x20, false, true, {}}},
        oracle::Recorded{{.order = 3}, fact::CallbackLoaded{5}},
        oracle::Recorded{{.order = 4}, fact::CallbackBegan{5}},
        oracle::Recorded{{.order = 5}, fact::CallbackEnded{}},
        oracle::Recorded{{.order = 6}, fact::NmiLeft{5, 6, true, false, 1}},
        oracle::Recorded{{.order = 7}, fact::NmiReturned{fact::NmiReturned::Changed::flags, 0, 1, 2}},
        oracle::Gap{},
        oracle::Recorded{{.order = 20}, fact::ReaderBegan{6}},
        oracle::Recorded{{.order = 21}, fact::ReaderEnded{6}},
        oracle::Recorded{{.order = 22}, fact::Published{5, 6}},
        oracle::Recorded{{.order = 23}, fact::Published{5}},
        oracle::Recorded{{.order = 24}, fact::Retired{5, 6}},
        oracle::Recorded{{.order = 25}, fact::GracePeriodBegan{7}},
        oracle::Recorded{{.order = 26}, fact::GracePeriodEnded{7, UINT64_MAX}},
        oracle::Recorded{{.order = 27}, fact::Allocated{8, 6, 24}},
        oracle::Recorded{{.order = 28}, fact::SlotLeft{6, 1, 3}},
        oracle::Recorded{{.order = 29}, fact::Freed{8, 6}},
        oracle::Recorded{{.order = 30}, fact::Touched{8, 4, true}},
        sample,
        oracle::Recorded{{.order = 31}, fact::Tripped{abi::Trip::code, 8, 6}},
        oracle::Recorded{{.order = 32}, fact::CodeDestroyed{5, 6}},
        oracle::Recorded{{.order = 33}, fact::WentOnline{}},
        oracle::Recorded{{.order = 34}, fact::WentOffline{}},
        oracle::AtRest{1, GuestVirt{0x30}, sample.counters},
        oracle::FatalExit{1, "panic", abi::Panic{14, 2, 0x1000, 0x2000, 0x3000, 1}, 0x1000},
        oracle::FatalExit{0, "KVM_EXIT_SHUTDOWN", {}, UINT64_MAX},
        oracle::Deadlock{1, GuestVirt{0x40}},
        oracle::Malformed{1, GuestVirt{0x50}, "a sentence"},
        oracle::Recorded{{.order = UINT64_MAX}, fact::UpdaterDone{1}},
    };
    const std::string lines = lines_of(records);
    const std::vector<oracle::Record> given = read(whole(lines));
    EXPECT_EQ(given.size(), records.size());
    EXPECT_EQ(lines_of(given), lines);
    EXPECT_EQ(std::get<oracle::Recorded>(given[0]), std::get<oracle::Recorded>(records[0]));
    EXPECT_EQ(std::get<oracle::AtRest>(given[25]).counters, sample.counters);
    EXPECT_EQ(std::get<oracle::FatalExit>(given[26]).panic->cr2, 0x3000U);
}

/// How one schedule was played.
oracle::Found played() {
    return {.finding = {},
            .condition = plan::Condition::idle,
            .schedule = {{plan::Move::What::run, 1, 17}, {plan::Move::What::nmi, 0, 0}},
            .preemptions = 1,
            .nmis = 1,
            .seconds = 0,
            .listing = {},
            .ends = {}};
}

TEST(FactsFile, gives_back_how_a_schedule_was_played) {
    ExploreReport report;
    report.provenance = {"", "kvm_amd", "6.1"};
    report.image = "embedded";
    report.image_fault = "leak";
    report.image_build = "gcc-O2";
    report.build_id = "1234";
    report.exploration.unjudged = "the symbol nmi_callback";
    report.exploration.limits = {{oracle::Rule::coverage, false, "it is one schedule"}};
    const std::string end = facts_end(report, played());
    std::istringstream file(begin + end);
    FactsReader facts(file, "f.jsonl");
    EXPECT_FALSE(facts.next(2));
    ASSERT_TRUE(facts.of_schedule());
    EXPECT_EQ(facts.build_id(), "1234");
    EXPECT_EQ(facts.played()->schedule, played().schedule);
    EXPECT_EQ(facts_end(facts.explore_report(), *facts.played()), end);
    std::istringstream storm(whole(""));
    FactsReader of_storm(storm, "f.jsonl");
    EXPECT_FALSE(of_storm.next(2));
    EXPECT_FALSE(of_storm.of_schedule());
}

TEST(FactsFile, gives_back_the_command_and_the_end) {
    std::istringstream file(whole(""));
    FactsReader facts(file, "f.jsonl");
    EXPECT_THAT(facts.command(), testing::ElementsAre("nmistorm", "storm"));
    EXPECT_FALSE(facts.next(2));
    EXPECT_EQ(facts.build_id(), "1234");
    EXPECT_EQ(facts_end(facts.report(), "1234"), facts_end(full(), "1234"));
    EXPECT_EQ(facts.report().observation.vcpus[1].delivery.kvm_injections, 7U);
    EXPECT_EQ(facts.report().observation.fatal_exits[0].panic->cr2, 0x3000U);
}

TEST(FactsFile, is_as_the_documentation_says) {
    EXPECT_EQ(begin, "{\"schema\":\"nmistorm.facts/4\",\"command\":[\"nmistorm\",\"storm\"]}\n");
    EXPECT_EQ(facts_line(oracle::Recorded{{.order = 12}, fact::Published{69632, 1}}),
              "[[12,0],\"publish\",69632,1]\n");
    EXPECT_EQ(facts_line(oracle::Recorded{{.order = 12, .vcpu = 1, .in_nmi = true, .ip = GuestVirt{16}},
                                          fact::CallbackLoaded{4}}),
              "[[12,1,true,16],\"nmi_call\",4]\n");
    EXPECT_EQ(facts_line(oracle::Gap{}), "[\"gap\"]\n");
}

TEST(FactsFile, that_is_none_is_refused) {
    for (const char* text : {"", "\n", "hello\n", "[]\n", "{}\n", "{\"schema\": 7}\n", "\xff\xfe\n"}) {
        EXPECT_THAT(complaint(text),
                    AllOf(StartsWith("f.jsonl is no file of facts"), HasSubstr("--facts FILE")));
    }
    EXPECT_THAT(complaint("{\"schema\":\"nmistorm.facts/3\",\"command\":[]}\n"),
                AllOf(HasSubstr("nmistorm.facts/3"), HasSubstr("reads nmistorm.facts/4")));
    EXPECT_THAT(complaint("{\"schema\":\"nmistorm.facts/4\"}\n"), HasSubstr("\"command\" is missing"));
    EXPECT_THAT(complaint("{\"schema\":\"nmistorm.facts/4\",\"command\":[1]}\n"), HasSubstr("1 is no text"));
}

TEST(FactsFile, that_nests_deeply_is_refused) {
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    EXPECT_THAT(complaint("{\"schema\":\"nmistorm.facts/4\",\"command\":" + deep + "}\n"),
                HasSubstr("a list is no text"));
    EXPECT_THAT(complaint(whole("[\"sample\",0," + deep + "]\n")), HasSubstr("a list is no object"));
}

TEST(FactsFile, whose_storm_did_not_end_is_refused) {
    EXPECT_THAT(complaint(begin + "[[0,0],\"done\",0]\n"),
                AllOf(HasSubstr("ends after line 2"), HasSubstr("run it again")));
}

TEST(FactsFile, with_a_wrong_line_is_refused_by_the_lines_number) {
    const struct {
        const char* line;
        const char* why;
    } cases[] = {
        {"not JSON", "neither a fact nor the end"},
        {"", "neither a fact nor the end"},
        {"{}", "neither a fact nor the end"},
        {"[]", "neither a fact nor the end"},
        {"[\"gap\",1]", "it has 2 fields, not 1"},
        {"[\"sample\",0]", "it has 2 fields, not 3"},
        {"[\"sample\",2,{}]", "vCPU 2 does not exist, there are 2"},
        {"[\"sample\",0,{\"nmi_entries\":1}]", "\"nmi_exits\" is missing"},
        {"[\"sample\",0,3]", "3 is no object"},
        {"[\"at_rest\",2,0,{}]", "vCPU 2 does not exist"},
        {"[\"at_rest\",1,0]", "it has 3 fields, not 4"},
        {"[\"at_rest\",1,-1,{}]", "-1 is no whole number"},
        {"[\"fatal_exit\",{\"vcpu\":2}]", "vCPU 2 does not exist"},
        {"[\"fatal_exit\",7]", "7 is no object"},
        {"[\"fatal_exit\",{\"vcpu\":1}]", "\"exit\" is missing"},
        {"[\"deadlock\",2,0]", "vCPU 2 does not exist"},
        {"[\"deadlock\",1]", "it has 2 fields, not 3"},
        {"[\"malformed\",2,0,\"\"]", "vCPU 2 does not exist"},
        {"[\"malformed\",1,0,1]", "1 is no text"},
        {"[\"malformed\",1,0,\"\\u001b[2J\"]", "control characters"},
        {"[[1],\"done\",0]", "a fact begins with"},
        {"[[1,0]]", "a fact begins with"},
        {"[[1,0],7]", "a fact begins with"},
        {"[[1,0],\"made_up\"]", "there is no fact \"made_up\""},
        {"[[1,0],\"publish\",1]", "it has 3 fields, not 4"},
        {"[[1,0],\"publish\",-1,1]", "-1 is no whole number from 0 to 4294967295"},
        {"[[1,0],\"publish\",4294967296,1]", "4294967296 is no whole number"},
        {"[[1,0],\"publish\",1.5,1]", "1.5 is no whole number"},
        {"[[1,0],\"trip\",10,0,0]", "10 has no meaning here"},
        {"[[1,0],\"trip\",0,0,0]", "0 has no meaning here"},
        {"[[1,0],\"nmi_leave\",1,1,1,true,1]", "neither true nor false"},
        {"[[1,2],\"done\",0]", "vCPU 2 does not exist"},
        {"[[0,0],\"done\",0]", "order 0 does not come after 0"},
    };
    for (const auto& c : cases) {
        EXPECT_THAT(complaint(whole(std::string("[[0,0],\"done\",0]\n") + c.line + "\n")),
                    AllOf(StartsWith("f.jsonl:3: "), HasSubstr(c.why)))
            << c.line;
    }
}

TEST(FactsFile, with_a_wrong_end_is_refused) {
    RunReport report = full();
    report.observation.vcpus.resize(3);
    EXPECT_THAT(complaint(whole("", report)), HasSubstr("it tells of 3 vCPUs, but there are 2"));
    report = full();
    report.observation.stalls[0].vcpu = 2;
    EXPECT_THAT(complaint(whole("", report)), HasSubstr("a vCPU that does not exist"));
    report = full();
    report.observation.fatal_exits[0].vcpu = 2;
    EXPECT_THAT(complaint(whole("", report)), HasSubstr("a vCPU that does not exist"));
    EXPECT_THAT(complaint(whole("") + "[\"gap\"]\n"), HasSubstr("more after the end"));
    report = full();
    report.duration_s = 1e300;
    EXPECT_THAT(complaint(whole("", report)), HasSubstr("is no number from 0 to"));
    for (const char* text : {"\x1b[2J", "a\nb", "\x7f", "\xc2\x9b"}) {
        report = full();
        report.provenance.kernel = text;
        EXPECT_THAT(complaint(whole("", report)), HasSubstr("control characters"));
    }
    EXPECT_THAT(complaint(whole("") + "\n\n[\"gap\"]\n"), HasSubstr("more after the end"));
    EXPECT_EQ(complaint(whole("") + "\n"), "");
    EXPECT_THAT(complaint(begin + "{\"end\":{}}\n"), HasSubstr("\"kvm_backend\" is missing"));
    EXPECT_THAT(complaint(begin + "{\"end\":{\"moves\":[]}}\n"), HasSubstr("\"kvm_backend\" is missing"));
    oracle::Found elsewhere = played();
    elsewhere.schedule[0].cpu = 2;
    EXPECT_THAT(complaint(begin + facts_end(ExploreReport{}, elsewhere)),
                HasSubstr("move 1 is \"cpu2 x17\""));
    EXPECT_THAT(complaint(begin + facts_end(ExploreReport{}, played()) + "[\"gap\"]\n"),
                HasSubstr("more after the end"));
}

}  // namespace
}  // namespace nmistorm::report
