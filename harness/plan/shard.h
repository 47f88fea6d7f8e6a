// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace nmistorm::plan {

/// One of `of` parts into which something is split, to run on several machines.
struct Shard {
    std::uint32_t index = 0;  ///< from 0; on the command line from 1
    std::uint32_t of = 1;
    bool operator==(const Shard&) const = default;

    /// The shard takes the unit number @p n.
    [[nodiscard]] bool takes(std::uint64_t n) const { return n % of == index; }
    /// Its part of @p all.
    [[nodiscard]] std::uint64_t share_of(std::uint64_t all) const {
        return all / of + (index < all % of ? 1 : 0);
    }
};
std::string to_string(const Shard& shard);  ///< "1/4"
/// "1/4"
std::optional<Shard> parse_part(std::string_view word);
/// The same, or "env": that of this process's environment. Throws UsageError if that has none.
std::optional<Shard> parse_shard(std::string_view word);

/// Returns an environment variable's value, or null.
using Environment = std::function<const char*(const char* name)>;

/// The part that whoever runs many jobs has given this one: NMISTORM_SHARD (such as 2/8), or what Slurm,
/// GitLab, Buildkite, Kubernetes and GNU parallel set. Throws UsageError if there is none, or if there are
/// several.
Shard shard_of(const Environment& environment);

inline constexpr const char* a_shard = "env, or a part such as 2/8, counted from 1";

}  // namespace nmistorm::plan
