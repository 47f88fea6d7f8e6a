// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "oracle/event.h"

namespace nmistorm::oracle {

/// What is known of one block of handler data under one generation number. Orders are those of the
/// events that said so.
struct Generation {
    std::uint32_t number = 0;
    std::optional<std::uint32_t> block = {};     ///< where it was allocated; none: not seen
    std::optional<std::uint32_t> callback = {};  ///< that it was published with; none: not seen
    std::optional<std::uint64_t> published = {};
    std::optional<std::uint64_t> retired = {};
    std::optional<std::uint64_t> freed = {};
    std::optional<std::uint64_t> unloaded = {};  ///< the code of its handler was destroyed
    bool waited = false;                         ///< a grace period that began after it was retired has ended

    [[nodiscard]] bool live() const { return block && !freed; }
};

/// The generations of a run, in bounded memory: those still in use, and the last that were freed.
///
/// A callback is given new data only after its former data was freed, so the last publication of a
/// callback says what its handler uses.
class Generations {
  public:
    static constexpr std::size_t capacity = 256;

    [[nodiscard]] const Generation* find(std::uint32_t number) const;

    /// The last publication of @p callback.
    [[nodiscard]] const Generation* latest_of(std::uint32_t callback) const;

    /// In the order in which they were allocated or published last.
    [[nodiscard]] const std::deque<Generation>& all() const { return all_; }

    /// Applies alloc, publish, retire, free or unload. False if it had to forget a generation in use, which
    /// no guest that frees what it retires brings about.
    bool apply(const Event& event);

    void grace_period_ended(std::uint64_t begin);

    void clear() { all_.clear(); }

  private:
    bool append(const Generation& generation);

    std::deque<Generation> all_;
};

}  // namespace nmistorm::oracle
