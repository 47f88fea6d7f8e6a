// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/shard.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/shown.h"
#include "plan/names.h"

namespace nmistorm::plan {
namespace {

constexpr std::uint64_t shards_max = 100'000;
constexpr const char* ours = "NMISTORM_SHARD";
constexpr const char* our_count = "NMISTORM_SHARDS";

/// What one engine sets. By its manual the first job is number `first`, and `count` says how many there are.
struct Engine {
    const char* name;
    const char* index;
    std::uint64_t first;
    const char* count;
    const char* first_if_set = nullptr;  ///< says what the first is instead
    const char* step_if_set = nullptr;   ///< says how far apart two numbers are
};
constexpr Engine engines[] = {
    {"Slurm", "SLURM_ARRAY_TASK_ID", 0, "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
     "SLURM_ARRAY_TASK_STEP"},
    {"GitLab", "CI_NODE_INDEX", 1, "CI_NODE_TOTAL"},
    {"Buildkite", "BUILDKITE_PARALLEL_JOB", 0, "BUILDKITE_PARALLEL_JOB_COUNT"},
    {"Kubernetes", "JOB_COMPLETION_INDEX", 0, our_count},
    {"GNU parallel", "PARALLEL_SEQ", 1, our_count},
};

std::uint64_t number_in(const Environment& environment, const char* name, const char* engine) {
    const char* value = environment(name);
    if (value == nullptr) {
        throw UsageError(
            fmt::format("--shard env: {} says which job this is, but not of how many; set {}", engine, name));
    }
    const auto number = parse_number(value, 0, std::uint64_t{1} << 32);
    if (!number) {
        throw UsageError(fmt::format("--shard env: {} is no number: {}", name, shown(value)));
    }
    return *number;
}

Shard shard_by(const Engine& engine, const Environment& environment) {
    std::uint64_t index = number_in(environment, engine.index, engine.name);
    const std::uint64_t of = number_in(environment, engine.count, engine.name);
    const auto if_set = [&](const char* name, std::uint64_t otherwise) {
        return name != nullptr && environment(name) != nullptr ? number_in(environment, name, engine.name)
                                                               : otherwise;
    };
    const std::uint64_t first = if_set(engine.first_if_set, engine.first);
    const std::uint64_t step = std::max<std::uint64_t>(1, if_set(engine.step_if_set, 1));
    index = index >= first ? (index - first) / step : of;
    if (of == 0 || of > shards_max || index >= of) {
        throw UsageError(fmt::format("--shard env: {}={} is no job of {}={}", engine.index,
                                     shown(environment(engine.index)), engine.count,
                                     shown(environment(engine.count))));
    }
    return {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(of)};
}

}  // namespace

std::string to_string(const Shard& shard) {
    return std::to_string(shard.index + 1) + "/" + std::to_string(shard.of);
}

std::optional<Shard> parse_part(std::string_view word) {
    const std::size_t slash = word.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto of = parse_number(word.substr(slash + 1), 1, shards_max);
    const auto index = of ? parse_number(word.substr(0, slash), 1, *of) : std::nullopt;
    if (!index) {
        return std::nullopt;
    }
    return Shard{static_cast<std::uint32_t>(*index - 1), static_cast<std::uint32_t>(*of)};
}

std::optional<Shard> parse_shard(std::string_view word) {
    if (word != "env") {
        return parse_part(word);
    }
    // Only the main thread runs when flags are read.
    return shard_of([](const char* name) { return std::getenv(name); });  // NOLINT(concurrency-mt-unsafe)
}

Shard shard_of(const Environment& environment) {
    if (const char* word = environment(ours)) {
        if (const auto shard = parse_part(word)) {
            return *shard;
        }
        throw UsageError(fmt::format("--shard env: {} takes a part such as 2/8, counted from 1, not {}", ours,
                                     shown(word)));
    }
    std::vector<const Engine*> found;
    std::vector<const char*> names;
    for (const Engine& engine : engines) {
        if (environment(engine.index) != nullptr) {
            found.push_back(&engine);
            names.push_back(engine.index);
        }
    }
    if (found.empty()) {
        throw UsageError(fmt::format(
            "--shard env: nothing in the environment says which part this is; set {} to a part such as 2/8",
            ours));
    }
    if (found.size() > 1) {
        throw UsageError(fmt::format("--shard env: {} are set; say which part this is by {}",
                                     fmt::join(names, " and "), ours));
    }
    return shard_by(*found.front(), environment);
}

}  // namespace nmistorm::plan
