// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/shard.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/error.h"
#include "plan/run_plan.h"

namespace nmistorm::plan {
namespace {

using Variables = std::map<std::string, std::string>;

Environment environment(const Variables& variables) {
    return [&variables](const char* name) {
        const auto found = variables.find(name);
        return found != variables.end() ? found->second.c_str() : nullptr;
    };
}

std::string shard_in(const Variables& variables) {
    return to_string(shard_of(environment(variables)));
}

std::string complaint_about(const Variables& variables) {
    try {
        (void)shard_of(environment(variables));
    } catch (const UsageError& error) {
        return error.what();
    }
    return "it was accepted";
}

TEST(Shard, is_what_the_engine_of_many_jobs_sets) {
    EXPECT_EQ(shard_in({{"NMISTORM_SHARD", "2/8"}}), "2/8");
    EXPECT_EQ(shard_in({{"SLURM_ARRAY_TASK_ID", "0"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}), "1/4");
    // sbatch --array=10-16:2
    EXPECT_EQ(shard_in({{"SLURM_ARRAY_TASK_ID", "14"},
                        {"SLURM_ARRAY_TASK_MIN", "10"},
                        {"SLURM_ARRAY_TASK_STEP", "2"},
                        {"SLURM_ARRAY_TASK_COUNT", "4"}}),
              "3/4");
    EXPECT_EQ(shard_in({{"CI_NODE_INDEX", "4"}, {"CI_NODE_TOTAL", "4"}}), "4/4");
    EXPECT_EQ(shard_in({{"BUILDKITE_PARALLEL_JOB", "3"}, {"BUILDKITE_PARALLEL_JOB_COUNT", "4"}}), "4/4");
    EXPECT_EQ(shard_in({{"JOB_COMPLETION_INDEX", "0"}, {"NMISTORM_SHARDS", "3"}}), "1/3");
    EXPECT_EQ(shard_in({{"PARALLEL_SEQ", "1"}, {"NMISTORM_SHARDS", "3"}}), "1/3");
}

TEST(Shard, is_refused_where_the_environment_does_not_say_one) {
    using testing::HasSubstr;
    EXPECT_THAT(complaint_about({}), HasSubstr("set NMISTORM_SHARD to a part such as 2/8"));
    EXPECT_THAT(complaint_about({{"NMISTORM_SHARD", "0/8"}}), HasSubstr("not '0/8'"));
    EXPECT_THAT(complaint_about({{"JOB_COMPLETION_INDEX", "0"}}),
                HasSubstr("Kubernetes says which job this is, but not of how many; set NMISTORM_SHARDS"));
    EXPECT_THAT(complaint_about({{"CI_NODE_INDEX", "5"}, {"CI_NODE_TOTAL", "4"}}),
                HasSubstr("CI_NODE_INDEX='5' is no job of CI_NODE_TOTAL='4'"));
    EXPECT_THAT(complaint_about({{"CI_NODE_INDEX", "0"}, {"CI_NODE_TOTAL", "4"}}), HasSubstr("is no job of"));
    EXPECT_THAT(complaint_about({{"CI_NODE_INDEX", "x"}, {"CI_NODE_TOTAL", "4"}}), HasSubstr("is no number"));
    EXPECT_THAT(complaint_about({{"CI_NODE_INDEX", "1"}, {"SLURM_ARRAY_TASK_ID", "1"}}),
                HasSubstr("SLURM_ARRAY_TASK_ID and CI_NODE_INDEX are set"));
}

TEST(Shard, of_all_take_each_unit_and_request_once) {
    constexpr std::uint64_t units = 103;
    for (const std::uint32_t of : {1U, 2U, 7U, 103U, 200U}) {
        std::multiset<std::uint64_t> taken;
        std::uint64_t shares = 0;
        for (std::uint32_t index = 0; index < of; ++index) {
            const Shard shard{index, of};
            shares += shard.share_of(units);
            for (std::uint64_t n = 0; n < units; ++n) {
                if (shard.takes(n)) {
                    taken.insert(n);
                }
            }
        }
        EXPECT_EQ(shares, units);
        EXPECT_EQ(taken.size(), units);
        EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), units);
    }
}

TEST(Shard, of_a_storm_has_its_own_seed_and_part_of_the_requests) {
    RunPlan plan;
    plan.seed = 7;
    plan.nmis = 10;
    const RunPlan part = part_of(plan, {2, 3});
    EXPECT_EQ(part.seed, 9U);
    EXPECT_EQ(part.nmis, 3U);
    EXPECT_EQ(part_of(plan, {0, 3}).nmis, 4U);
    EXPECT_EQ(part_of(plan, {}), plan);
}

}  // namespace
}  // namespace nmistorm::plan
