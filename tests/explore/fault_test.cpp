// SPDX-License-Identifier: GPL-2.0-or-later
// An exploration finds every planted fault that it can show, by the rule for that fault, and what it finds on
// one KVM ends the same on another. scripts/test finds the faults on this host's KVM and replays them inside
// scripts/nested.
#include "engines/explore/explore.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../vm/storm.h"
#include "campaign/fault_facts.h"
#include "engines/explore/replay.h"
#include "engines/guest_image.h"
#include "oracle/judge.h"
#include "report/schedule_file.h"

namespace nmistorm {
namespace {

using engines::explore::replay;
using engines::explore::ReplayResult;

class OnArchAndFault : public testing::TestWithParam<ArchAndFault> {
  protected:
    void SetUp() override { need(std::get<0>(GetParam())); }

    /// The folder where this fault's schedule and its result are passed on; empty if they are not.
    static std::optional<std::filesystem::path> handed_on(const char* extension) {
        const char* folder = std::getenv("NMISTORM_TEST_SCHEDULES");
        if (folder == nullptr) {
            return std::nullopt;
        }
        return std::filesystem::path(folder) / (name_of({GetParam(), 0}) + extension);
    }
};

void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path);
    file << text << std::flush;
    ASSERT_TRUE(file) << path;
}

std::string read(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

class ExploredFault : public OnArchAndFault {};

TEST_P(ExploredFault, is_found_by_its_rule_within_the_bound) {
    const auto& [arch, fault] = GetParam();
    campaign::ExploreFacts facts = campaign::explore_facts(fault);
    if (!facts.not_shown.empty()) {
        GTEST_SKIP() << facts.not_shown;
    }
    facts.plan.arch = arch;
    const image::Image image = engines::guest_image(facts.plan);
    const kvm::System system = kvm::System::open();
    const oracle::Exploration did = engines::explore::explore(facts.plan, image, system, {}, {}).exploration;
    ASSERT_TRUE(did.found);
    const oracle::Finding& finding = did.found->finding;
    const auto& rules = campaign::facts_of(fault).rules;
    EXPECT_NE(std::ranges::find(rules, finding.rule), rules.end())
        << oracle::name(finding.rule) << ": " << finding.detail;
    std::printf("%s: %u preemptions, %u NMIs, %llu steps, %.2f s: %s\n",
                std::string(oracle::name(finding.rule)).c_str(), did.found->preemptions, did.found->nmis,
                static_cast<unsigned long long>(plan::steps_of(did.found->schedule)), did.found->seconds,
                finding.detail.c_str());

    const plan::ScheduleFile file = engines::explore::schedule_file_of(facts.plan, image, *did.found);
    const ReplayResult replayed = replay(file, image, system, true);
    const std::string ends = text_of(replayed, image);
    EXPECT_EQ(ends, text_of(ReplayResult{.finding = finding, .listing = did.found->listing}, image));
    oracle::Judge judge(facts.plan.vcpus);  // of what was recorded
    for (const oracle::Record& record : replayed.records) {
        judge.take(record);
    }
    ASSERT_TRUE(judge.first());
    EXPECT_EQ(judge.first()->rule, finding.rule);
    EXPECT_EQ(judge.first()->detail, finding.detail);
    if (const auto path = handed_on(".schedule")) {
        write(*path, report::text_of(file));
        write(*handed_on(".ends"), ends);
    }
}

class ReplayedFault : public OnArchAndFault {};

TEST_P(ReplayedFault, ends_as_it_did_on_the_kvm_where_it_was_found) {
    const auto path = handed_on(".schedule");
    if (!path || !std::filesystem::exists(*path)) {
        GTEST_SKIP() << "the other KVM has found no schedule of it";
    }
    const plan::ScheduleFile file = report::parse_schedule_file(read(*path), path->string());
    const image::Image image = engines::guest_image(file.plan);
    EXPECT_EQ(text_of(replay(file, image, kvm::System::open()), image), read(*handed_on(".ends")));
}

const auto all =
    testing::Combine(testing::Values(plan::Arch::i386, plan::Arch::x86_64), testing::ValuesIn(faults()));

INSTANTIATE_TEST_SUITE_P(On, ExploredFault, all, name_of);
INSTANTIATE_TEST_SUITE_P(On, ReplayedFault, all, name_of);

}  // namespace
}  // namespace nmistorm
