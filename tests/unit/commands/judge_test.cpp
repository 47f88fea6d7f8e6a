// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm judge`, on the traces of tests/facts (tests/facts/README.md).
#include <gmock/gmock.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <variant>

#include "base/error.h"
#include "campaign/fault_facts.h"
#include "commands/explored_facts.h"
#include "engines/guest_image.h"
#include "kvm.h"
#include "plan/names.h"
#include "run_words.h"

namespace nmistorm::commands {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

/// In tests/facts or in the folder @p under it.
std::vector<fs::path> traces(const fs::path& under = "") {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(NMISTORM_FACTS / under)) {
        if (entry.path().extension() == ".jsonl") {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    return paths;
}

/// By name.
std::set<std::string> rules_of(const campaign::FaultFacts& facts) {
    std::set<std::string> rules;
    for (const oracle::Rule rule : facts.rules) {
        rules.emplace(oracle::name(rule));
    }
    return rules;
}

std::vector<std::string> lines_of(const fs::path& trace) {
    std::ifstream file(trace);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// A file for as long as this object lives.
struct TemporaryFile {
    explicit TemporaryFile(const std::string& text) { std::ofstream(path) << text; }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { fs::remove(path); }

    const std::string path = testing::TempDir() + "facts." + std::to_string(getpid()) + ".jsonl";
};

TEST(Judge, finds_every_fault_in_its_trace) {
    std::set<std::string> faults;
    for (const campaign::FaultFacts& facts : campaign::fault_facts()) {
        faults.insert(std::string(plan::name(facts.fault)));
        const std::string trace = fmt::format("{}/{}.jsonl", NMISTORM_FACTS, plan::name(facts.fault));
        const Ran judged = report_of({"judge", trace});
        EXPECT_EQ(judged.code, 1) << trace;
        EXPECT_EQ(judged.report["verdict"], "violation") << trace;
        ASSERT_FALSE(judged.report["findings"].empty()) << trace;
        EXPECT_THAT(rules_of(facts),
                    testing::Contains(judged.report["findings"][0]["rule"].get<std::string>()))
            << trace;
        EXPECT_EQ(judged.report["guest"]["fault"], plan::name(facts.fault));
    }
    for (const fs::path& path : traces()) {
        EXPECT_TRUE(faults.contains(path.stem()) || path.stem().string().starts_with("clean-")) << path;
    }
}

TEST(Judge, finds_every_fault_in_the_trace_of_its_schedule) {
    std::set<fs::path> judged_traces;
    for (const campaign::FaultFacts& facts : campaign::fault_facts()) {
        if (!campaign::explore_facts(facts.fault).not_shown.empty()) {
            continue;
        }
        const fs::path trace =
            fs::path(NMISTORM_FACTS) / "explored" / fmt::format("{}.jsonl", plan::name(facts.fault));
        judged_traces.insert(trace);
        const Ran judged = report_of({"judge", trace});
        EXPECT_EQ(judged.code, 1) << trace;
        EXPECT_EQ(judged.report["command"], "judge") << trace;
        EXPECT_EQ(judged.report["verdict"], "violation") << trace;
        EXPECT_EQ(judged.report["guest"]["fault"], plan::name(facts.fault)) << trace;
        ASSERT_TRUE(judged.report["found"].is_object()) << trace;
        EXPECT_THAT(rules_of(facts),
                    testing::Contains(judged.report["found"]["finding"]["rule"].get<std::string>()))
            << trace;
    }
    const std::vector<fs::path> all = traces("explored");
    EXPECT_EQ(std::set<fs::path>(all.begin(), all.end()), judged_traces);
}

TEST(Judge, finds_nothing_in_a_schedule_that_breaks_no_rule) {
    std::vector<std::string> lines = lines_of(NMISTORM_FACTS "/explored/unset-to-null.jsonl");
    ASSERT_GT(lines.size(), 3U);
    lines.erase(lines.end() - 2);  // what broke the rule
    const Ran judged = report_of({"judge", TemporaryFile(fmt::format("{}\n", fmt::join(lines, "\n"))).path});
    EXPECT_EQ(judged.code, 3);
    EXPECT_EQ(judged.report["verdict"], "inconclusive");
    EXPECT_TRUE(judged.report["found"].is_null());
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

/// What the file's name begins with.
oracle::Rule rule_of(const fs::path& trace) {
    for (const oracle::Rule rule : oracle::all_rules) {
        if (trace.stem().string().starts_with(fmt::format("{}-", oracle::name(rule)))) {
            return rule;
        }
    }
    throw std::invalid_argument(trace.string() + " is named after no rule");
}

std::set<std::string> broken_rules(const Ran& judged) {
    std::set<std::string> rules;
    for (const nlohmann::json& finding : judged.report["findings"]) {
        rules.insert(finding["rule"].get<std::string>());
    }
    return rules;
}

/// Traces written by hand: those in near/ almost break the rule, those in broken/ break it and nothing else.
class Written : public testing::TestWithParam<oracle::Rule> {
  protected:
    static std::vector<fs::path> of_rule(const fs::path& under) {
        std::vector<fs::path> paths = traces(under);
        std::erase_if(paths, [](const fs::path& path) { return rule_of(path) != GetParam(); });
        return paths;
    }
};

TEST_P(Written, near_misses_break_no_rule) {
    const std::vector<fs::path> near = of_rule("near");
    EXPECT_FALSE(near.empty());
    std::set<std::string> allowed{"coverage"};  // most are too short for it
    if (GetParam() == oracle::Rule::coverage) {
        allowed.clear();
    }
    for (const fs::path& path : near) {
        const Ran judged = report_of({"judge", path});
        EXPECT_THAT(broken_rules(judged), testing::IsSubsetOf(allowed)) << path << judged.report["findings"];
    }
}

TEST_P(Written, twins_of_near_misses_break_exactly_the_rule) {
    const std::vector<fs::path> broken = of_rule("broken");
    EXPECT_FALSE(broken.empty());
    for (const fs::path& path : broken) {
        const Ran judged = report_of({"judge", path});
        EXPECT_THAT(broken_rules(judged), testing::ElementsAre(std::string(oracle::name(GetParam()))))
            << path << judged.report["findings"];
    }
}

INSTANTIATE_TEST_SUITE_P(Judge, Written, testing::ValuesIn(oracle::all_rules), [](const auto& suite) {
    std::string name(oracle::name(suite.param));
    std::ranges::replace(name, '-', '_');
    return name;
});

TEST(Judge, near_misses_and_their_twins_differ_in_one_line) {
    const std::vector<fs::path> near = traces("near");
    EXPECT_FALSE(near.empty());
    EXPECT_EQ(near.size(), traces("broken").size());
    for (const fs::path& path : near) {
        const fs::path twin = fs::path(NMISTORM_FACTS) / "broken" / path.filename();
        ASSERT_TRUE(fs::exists(twin)) << twin;
        std::vector<std::string> lines = lines_of(path);
        std::vector<std::string> others = lines_of(twin);
        std::ranges::sort(lines);
        std::ranges::sort(others);
        std::vector<std::string> changed;
        std::ranges::set_difference(lines, others, std::back_inserter(changed));
        EXPECT_EQ(lines.size(), others.size()) << path;
        EXPECT_LE(changed.size(), 1U) << path;  // none if a line without an order has moved
    }
}

class OfStorm : public testing::TestWithParam<std::vector<std::string>> {
  protected:
    const TemporaryFile file_{""};
};

TEST_P(OfStorm, is_the_storms_report_again) {
    const fake_kvm::Kvm kvm;
    std::vector<std::string> words{"storm", "--seed", "7", "--facts", file_.path};
    words.insert(words.end(), GetParam().begin(), GetParam().end());
    Ran storm = report_of(words);
    Ran judged = report_of({"judge", file_.path});
    EXPECT_EQ(judged.code, storm.code);
    EXPECT_EQ(judged.report["command"], "judge");
    const bool events = std::ranges::find(words, "counters") == words.end();
    EXPECT_EQ(storm.report["not_judged"].empty(), events);
    for (nlohmann::json* report : {&storm.report, &judged.report}) {
        report->erase("command");
        // What is not kept.
        (*report)["nmi"].erase("slice_us");
        report->erase("series");
        report->erase("ends");
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

TEST(Judge, takes_the_facts_of_every_schedule_that_can_be_played) {
    const auto judged = [](const plan::ExplorePlan& plan, const engines::explore::Cost& done) {
        plan::ExplorePlan embedded;
        embedded.arch = plan.arch;
        const image::Image image = engines::guest_image(embedded);
        engines::explore::ReplayResult result;
        result.done = done;
        const Ran ran = report_of(
            {"judge", TemporaryFile(facts_of({image.build_id(), plan, {}, {}}, image, result)).path});
        EXPECT_EQ(ran.code, 3);
        return ran.report;
    };
    using plan::Condition;
    const plan::Schedule moves = {{plan::Move::What::run, 0, 7}};
    plan::ExplorePlan one{.fault = abi::Fault::count_late, .guest_build = "gcc-O2", .vcpus = 1};
    one.condition = Condition::busy;
    EXPECT_EQ(judged(one, {moves, 0, 0})["plan"]["vcpus"], 1);
    plan::ExplorePlan of_file{.guest_file = "a.elf", .fault = abi::Fault::leak, .guest_build = "gcc-O2"};
    of_file.condition = Condition::idle;
    auto report = judged(of_file, {moves, 0, 0});
    EXPECT_EQ(report["guest"]["image"], "a.elf");
    EXPECT_TRUE(report["guest"]["build"].is_null());
    plan::ExplorePlan usual;
    usual.condition = Condition::preempt_off;
    report = judged(usual, {moves, 5, 4});
    EXPECT_EQ(report["plan"]["preemptions"], 5) << "an exploration that includes it";
    EXPECT_EQ(report["plan"]["nmis"], 4);
    report = judged(usual, {moves, plan::preemptions_max + 1, plan::explored_nmis_max});
    EXPECT_EQ(report["plan"]["preemptions"], plan::preemptions_max) << "more cannot be asked for";
    EXPECT_EQ(report["plan"]["nmis"], plan::explored_nmis_max);
}

TEST(Judge, writes_a_trace_with_the_names_of_the_image_that_ran) {
    const std::string trace = testing::TempDir() + "trace." + std::to_string(getpid());
    const auto trace_of = [&trace](const std::string& facts) {
        EXPECT_EQ(report_of({"judge", facts, "--trace", trace}).code, 0);
        std::ifstream file(trace, std::ios::binary);
        std::string text(std::istreambuf_iterator<char>(file), {});
        fs::remove(trace);
        return text;
    };
    const image::Image image = engines::guest_image(plan::RunPlan());
    const std::string named = "guest " + image.name();
    std::vector<std::string> lines = lines_of(NMISTORM_FACTS "/clean-unset.jsonl");
    auto end = nlohmann::json::parse(lines.back());
    end["end"]["build_id"] = std::string(40, '0');
    lines.back() = end.dump();
    EXPECT_THAT(trace_of(TemporaryFile(fmt::format("{}\n", fmt::join(lines, "\n"))).path),
                testing::Not(HasSubstr(named)));
    end["end"]["build_id"] = image.build_id();
    lines.back() = end.dump();
    EXPECT_THAT(trace_of(TemporaryFile(fmt::format("{}\n", fmt::join(lines, "\n"))).path), HasSubstr(named));
    EXPECT_THROW(run_words({"judge", NMISTORM_FACTS "/leak.jsonl", "--trace", "/nowhere/trace"}), UsageError);
}

TEST(Judge, refuses_what_it_cannot_judge) {
    const auto complaint = [](const std::string& text) -> std::string {
        try {
            run_words({"judge", TemporaryFile(text).path});
        } catch (const UsageError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_THAT(complaint("hello\n"), HasSubstr("is no file of facts"));
    EXPECT_THAT(
        complaint(
            "{\"schema\":\"nmistorm.facts/4\",\"command\":[\"nmistorm\",\"storm\",\"--vcpus\",\"0\"]}\n"),
        HasSubstr(":1: its command is wrong: --vcpus takes"));
    EXPECT_THAT(complaint("{\"schema\":\"nmistorm.facts/4\",\"command\":[\"nmistorm\",\"matrix\"]}\n"),
                HasSubstr("is neither storm nor explore"));
    EXPECT_THAT(complaint("{\"schema\":\"nmistorm.facts/4\",\"command\":[]}\n"),
                HasSubstr("its command is wrong"));
    const auto swapped = [&](const char* command) {
        const bool storm = std::string(command) == "storm";
        return complaint(fmt::format(
            "{{\"schema\":\"nmistorm.facts/4\",\"command\":[\"nmistorm\",\"{}\"]}}\n{}\n", command,
            lines_of(fs::path(NMISTORM_FACTS) / (storm ? "explored/double-free.jsonl" : "leak.jsonl"))
                .back()));
    };
    EXPECT_THAT(swapped("storm"), HasSubstr("its end is of another command"));
    EXPECT_THAT(swapped("explore"), HasSubstr("its end is of another command"));
    EXPECT_THROW(run_words({"judge", "/nowhere/at.all"}), UsageError);
    EXPECT_THROW(run_words({"judge"}), UsageError);
}

}  // namespace
}  // namespace nmistorm::commands
