// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm judge`, on the traces of tests/facts: each was written by `nmistorm storm --facts`, by the image
// that the file's name says.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <variant>

#include "base/error.h"
#include "kvm.h"
#include "oracle/fault_facts.h"
#include "plan/names.h"
#include "run_words.h"

namespace nmistorm::commands {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

std::vector<fs::path> traces() {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(NMISTORM_FACTS)) {
        paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    return paths;
}

TEST(Judge, finds_every_fault_in_its_trace) {
    std::set<std::string> faults;
    for (const oracle::FaultFacts& facts : oracle::fault_facts()) {
        faults.insert(std::string(plan::name(facts.fault)));
        const std::string trace = fmt::format("{}/{}.jsonl", NMISTORM_FACTS, plan::name(facts.fault));
        const Ran judged = report_of({"judge", trace});
        EXPECT_EQ(judged.code, 1) << trace;
        EXPECT_EQ(judged.report["verdict"], "violation") << trace;
        std::set<std::string> rules;
        for (const oracle::Rule rule : facts.rules) {
            rules.emplace(oracle::name(rule));
        }
        EXPECT_THAT(rules, testing::Contains(judged.report["findings"][0]["rule"].get<std::string>()))
            << trace;
        EXPECT_EQ(judged.report["guest"]["fault"], plan::name(facts.fault));
    }
    for (const fs::path& path : traces()) {
        EXPECT_TRUE(faults.contains(path.stem()) || path.stem().string().starts_with("clean-")) << path;
    }
}

TEST(Judge, finds_nothing_in_the_traces_of_clean_images) {
    unsigned clean = 0;
    for (const fs::path& path : traces()) {
        if (!path.stem().string().starts_with("clean-")) {
            continue;
        }
        ++clean;
        const Ran judged = report_of({"judge", path});
        EXPECT_EQ(judged.code, 0) << path << judged.report["findings"];
        EXPECT_EQ(judged.report["verdict"], "pass") << path;
    }
    EXPECT_GE(clean, 6U);
}

class OfStorm : public testing::TestWithParam<std::vector<std::string>> {
  protected:
    std::string file_ = testing::TempDir() + "facts." + std::to_string(getpid()) + ".jsonl";
    ~OfStorm() override { fs::remove(file_); }
};

TEST_P(OfStorm, is_the_storms_report_again) {
    const fake_kvm::Kvm kvm;
    std::vector<std::string> words{"storm", "--seed", "7", "--facts", file_};
    words.insert(words.end(), GetParam().begin(), GetParam().end());
    Ran storm = report_of(words);
    Ran judged = report_of({"judge", file_});
    EXPECT_EQ(judged.code, storm.code);
    EXPECT_EQ(judged.report["command"], "judge");
    for (nlohmann::json* report : {&storm.report, &judged.report}) {
        report->erase("command");
        (*report)["nmi"].erase("slice_us");  // which is not kept
    }
    EXPECT_EQ(judged.report, storm.report);
}

INSTANTIATE_TEST_SUITE_P(
    Judge, OfStorm,
    testing::Values(std::vector<std::string>{"--nmis", "1000"},
                    std::vector<std::string>{"--fault", "skip-grace-period", "--duration", "1h"},
                    std::vector<std::string>{"--fault", "default-skipped", "--duration", "1h"},
                    std::vector<std::string>{"--nmis", "500", "--observe", "counters", "--cycle", "replace"},
                    std::vector<std::string>{"--nmis", "20", "--vcpus", "1"}));

TEST(Judge, refuses_what_it_cannot_judge) {
    const auto complaint = [](const std::string& text) {
        const std::string file = testing::TempDir() + "wrong." + std::to_string(getpid()) + ".jsonl";
        std::ofstream(file) << text;
        std::string why;
        try {
            run_words({"judge", file});
        } catch (const UsageError& error) {
            why = error.what();
        }
        fs::remove(file);
        return why;
    };
    EXPECT_THAT(complaint("hello\n"), HasSubstr("is no file of facts"));
    EXPECT_THAT(
        complaint(
            "{\"schema\":\"nmistorm.facts/1\",\"command\":[\"nmistorm\",\"storm\",\"--vcpus\",\"0\"]}\n"),
        HasSubstr(":1: its command is wrong: --vcpus takes"));
    EXPECT_THAT(complaint("{\"schema\":\"nmistorm.facts/1\",\"command\":[\"nmistorm\",\"explore\"]}\n"),
                HasSubstr("its command is no storm"));
    EXPECT_THAT(complaint("{\"schema\":\"nmistorm.facts/1\",\"command\":[]}\n"),
                HasSubstr("its command is wrong"));
    EXPECT_THROW(run_words({"judge", "/nowhere/at.all"}), UsageError);
    EXPECT_THROW(run_words({"judge"}), UsageError);
}

}  // namespace
}  // namespace nmistorm::commands
