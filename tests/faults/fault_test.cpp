// SPDX-License-Identifier: GPL-2.0-or-later
// Every planted fault is found, by the rule that is meant to see it. How many seeds each is tried with
// comes from the environment, so that the same tests serve CI and a long check.
#include <cstdlib>

#include "../vm/storm.h"

namespace nmistorm {
namespace {

using abi::Fault;
using oracle::Rule;
using namespace std::chrono_literals;

struct Expected {
    Fault fault;
    Rule rule;
    abi::Cycle cycle = abi::Cycle::unset;  ///< that shows it
};

constexpr Expected faults[] = {
    {Fault::skip_grace_period, Rule::reclaim},    {Fault::gp_misses_cpu, Rule::grace_period},
    {Fault::nmi_not_watched, Rule::grace_period}, {Fault::publish_before_init, Rule::publish},
    {Fault::torn_publish, Rule::publish},         {Fault::double_fetch, Rule::publish},
    {Fault::unset_to_null, Rule::publish},        {Fault::default_skipped, Rule::count},
    {Fault::count_shared, Rule::count},           {Fault::nmi_exit_missing, Rule::progress},
    {Fault::read_after_exit, Rule::reclaim},      {Fault::unload_early, Rule::reclaim, abi::Cycle::unload},
};
static_assert(std::size(faults) == abi::fault_count - 1, "a fault without an expectation");

unsigned seeds() {
    const char* asked = std::getenv("NMISTORM_TEST_SEEDS");
    return asked != nullptr ? static_cast<unsigned>(std::strtoul(asked, nullptr, 10)) : 2;
}

constexpr plan::Arch archs[] = {plan::Arch::x86_64, plan::Arch::i386};

class PlantedFault : public testing::TestWithParam<std::tuple<plan::Arch, Expected>> {
  protected:
    void SetUp() override { need(std::get<0>(GetParam())); }
};

TEST_P(PlantedFault, is_found_within_ten_seconds_and_100_000_nmis) {
    const auto& [arch, expected] = GetParam();
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        plan::RunPlan plan;
        plan.arch = arch;
        plan.fault = expected.fault;
        plan.cycle = expected.cycle;
        plan.seed = seed;
        plan.duration = 10s;
        plan.nmis = 100'000;
        const drive::StormResult result = storm(plan);
        ASSERT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation)
            << "seed " << seed << ": " << text(result.findings);
        ASSERT_FALSE(result.findings.empty());
        EXPECT_EQ(oracle::name(result.findings.front().rule), oracle::name(expected.rule))
            << "seed " << seed << ": " << text(result.findings);
        std::printf("seed %u: %llu NMIs, %.2f s, %s: %s\n", seed,
                    static_cast<unsigned long long>(handled(result)), result.duration_s,
                    std::string(oracle::name(result.findings.front().rule)).c_str(),
                    result.findings.front().detail.c_str());
    }
}

std::string name_of(const testing::TestParamInfo<PlantedFault::ParamType>& info) {
    const auto& [arch, expected] = info.param;
    std::string name(plan::name(expected.fault));
    std::ranges::replace(name, '-', '_');
    return std::string(plan::name(arch)) + "_" + name;
}

INSTANTIATE_TEST_SUITE_P(On, PlantedFault,
                         testing::Combine(testing::ValuesIn(archs), testing::ValuesIn(faults)), name_of);

class CleanImage : public OnArch {};

TEST_P(CleanImage, passes_the_seeds_that_find_the_faults) {
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        plan::RunPlan plan;
        plan.arch = GetParam();
        plan.seed = seed;
        plan.duration = 10s;
        plan.nmis = 100'000;
        expect_pass(storm(plan));
    }
}

INSTANTIATE_TEST_SUITE_P(On, CleanImage, testing::ValuesIn(archs),
                         [](const auto& arch) { return std::string(plan::name(arch.param)); });

}  // namespace
}  // namespace nmistorm
