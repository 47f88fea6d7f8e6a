// SPDX-License-Identifier: GPL-2.0-or-later
// Every planted fault that an exploration can show is found, by the rule that is meant to see it.
#include "drive/explore/explore.h"

#include <cstdio>

#include "../vm/storm.h"
#include "drive/guest_image.h"
#include "oracle/explore_facts.h"
#include "oracle/fault_facts.h"

namespace nmistorm {
namespace {

class ExploredFault : public testing::TestWithParam<ArchAndFault> {
  protected:
    void SetUp() override { need(std::get<0>(GetParam())); }
};

TEST_P(ExploredFault, is_found_by_its_rule_within_the_bound) {
    const auto& [arch, fault] = GetParam();
    oracle::ExploreFacts facts = oracle::explore_facts(fault);
    if (!facts.not_shown.empty()) {
        GTEST_SKIP() << facts.not_shown;
    }
    facts.plan.arch = arch;
    const oracle::Exploration did =
        drive::explore::explore(facts.plan, drive::guest_image(facts.plan), kvm::System::open(), {}, {})
            .exploration;
    ASSERT_TRUE(did.found);
    const oracle::Finding& finding = did.found->finding;
    const auto& rules = oracle::facts_of(fault).rules;
    EXPECT_NE(std::ranges::find(rules, finding.rule), rules.end())
        << oracle::name(finding.rule) << ": " << finding.detail;
    std::printf("%s: %u preemptions, %u NMIs, %llu steps, %.2f s: %s\n",
                std::string(oracle::name(finding.rule)).c_str(), did.found->preemptions, did.found->nmis,
                static_cast<unsigned long long>(plan::steps_of(did.found->schedule)), did.found->seconds,
                finding.detail.c_str());
}

INSTANTIATE_TEST_SUITE_P(On, ExploredFault,
                         testing::Combine(testing::Values(plan::Arch::i386, plan::Arch::x86_64),
                                          testing::ValuesIn(faults())),
                         name_of);

}  // namespace
}  // namespace nmistorm
