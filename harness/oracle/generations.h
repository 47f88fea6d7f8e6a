// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "oracle/event.h"

namespace nmistorm::oracle {

/// What is known about one block of handler data under one generation number. Each order is that of the event
/// that reported it.
struct Generation {
    std::uint32_t number = 0;
    std::optional<std::uint32_t> block = {};     ///< where it was allocated; none: not seen
    std::optional<std::uint32_t> callback = {};  ///< callback it was published with; none: not seen
    std::optional<std::uint64_t> published = {};
    std::optional<std::uint64_t> retired = {};
    std::optional<std::uint64_t> freed = {};
    std::optional<std::uint64_t> unloaded = {};  ///< when its handler's code was destroyed
    bool waited = false;                         ///< a grace period began after the retire and has ended

    [[nodiscard]] bool live() const { return block && !freed; }
};

/// The generations of a run, in bounded memory: those still in use, and the last that were freed.
///
/// A callback gets new data only after its previous data was freed. So the last publication of a callback
/// tells which data its handler uses.
class Generations {
  public:
    static constexpr std::size_t capacity = 256;

    [[nodiscard]] const Generation* find(std::uint32_t number) const;

    /// The last publication of @p callback.
    [[nodiscard]] const Generation* latest_of(std::uint32_t callback) const;

    /// Ordered by the last allocation or publication.
    [[nodiscard]] const std::deque<Generation>& all() const { return all_; }

    /// Applies alloc, publish, retire, free or unload. Returns false if it had to forget a generation in use;
    /// that does not happen if the guest frees what it retires.
    bool apply(const Event& event);

    void grace_period_ended(std::uint64_t begin);

    void clear() { all_.clear(); }

  private:
    bool append(const Generation& generation);

    std::deque<Generation> all_;
};

}  // namespace nmistorm::oracle
