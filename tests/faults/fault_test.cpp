// SPDX-License-Identifier: GPL-2.0-or-later
// Every planted fault is found by the rule for that fault. The environment gives the number of seeds, so that
// the same tests serve CI and a long check.
#include "../vm/storm.h"
#include "campaign/fault_facts.h"

namespace nmistorm {
namespace {

using namespace std::chrono_literals;

constexpr plan::Arch archs[] = {plan::Arch::x86_64, plan::Arch::i386};

class PlantedFault : public testing::TestWithParam<ArchAndFault> {
  protected:
    void SetUp() override {
        const auto& [arch, fault] = GetParam();
        need(arch);
        const std::string_view why = why_not_shown(campaign::facts_of(fault), arch, kvm::backend());
        if (!why.empty()) {
            GTEST_SKIP() << why;
        }
    }
};

TEST_P(PlantedFault, is_found_within_ten_seconds_and_100_000_nmis) {
    const auto& [arch, fault] = GetParam();
    const campaign::FaultFacts& facts = campaign::facts_of(fault);
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        const engines::StormResult result = storm(showing(facts, arch, seed));
        ASSERT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation)
            << "seed " << seed << ": " << text(result.findings);
        const oracle::Finding& first = result.findings.front();
        EXPECT_NE(std::ranges::find(facts.rules, first.rule), facts.rules.end())
            << "seed " << seed << ": " << text(result.findings);
        std::printf("seed %u: %llu NMIs, %.2f s, %s: %s\n", seed,
                    static_cast<unsigned long long>(handled(result)), result.duration_s,
                    std::string(oracle::name(first.rule)).c_str(), first.detail.c_str());
    }
}

INSTANTIATE_TEST_SUITE_P(On, PlantedFault,
                         testing::Combine(testing::ValuesIn(archs), testing::ValuesIn(faults())), name_of);

/// Every storm that shows a fault, each once.
std::vector<plan::RunPlan> storms() {
    std::vector<plan::RunPlan> all;
    for (const campaign::FaultFacts& facts : campaign::fault_facts()) {
        if (std::ranges::find(all, facts.shown_by) == all.end()) {
            all.push_back(facts.shown_by);
        }
    }
    return all;
}

class CleanImage : public OnArch {};

TEST_P(CleanImage, passes_the_storms_that_show_the_faults) {
    for (plan::RunPlan plan : storms()) {
        plan.arch = GetParam();
        plan.duration = 1s;
        for (plan.seed = 1; plan.seed <= seeds(); ++plan.seed) {
            SCOPED_TRACE(plan::to_string(plan.pace) + ", targets " + plan::to_string(plan.targets) + ", " +
                         std::string(plan::name(plan.cycle)));
            expect_pass(storm_with_coverage(plan));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(On, CleanImage, testing::ValuesIn(archs),
                         [](const auto& arch) { return std::string(plan::name(arch.param)); });

}  // namespace
}  // namespace nmistorm
