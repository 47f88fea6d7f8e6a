// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/explore_plan.h"

#include "base/enum_names.h"
#include "plan/names.h"

namespace nmistorm::plan {
namespace {

constexpr std::string_view condition_names[] = {"busy", "preempt-off", "idle"};
constexpr std::string_view reduction_names[] = {"none", "visible"};

constexpr std::uint64_t shards_max = 100'000;

}  // namespace

std::string_view name(Condition condition) {
    return condition_names[static_cast<std::size_t>(condition)];
}
std::string_view name(Reduction reduction) {
    return reduction_names[static_cast<std::size_t>(reduction)];
}
std::optional<Condition> parse_condition(std::string_view word) {
    return find_name<Condition>(condition_names, word);
}
std::optional<Reduction> parse_reduction(std::string_view word) {
    return find_name<Reduction>(reduction_names, word);
}

std::string to_string(const Shard& shard) {
    return std::to_string(shard.index + 1) + "/" + std::to_string(shard.of);
}

std::optional<Shard> parse_shard(std::string_view word) {
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

}  // namespace nmistorm::plan
