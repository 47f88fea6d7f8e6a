// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "oracle/fact.h"

namespace nmistorm::oracle {

/// What is known about one block of handler data, from kmalloc() on. Our guest numbers each allocation: that
/// is its generation.
struct Allocation {
    static constexpr std::uint32_t tracked_words = 128;  ///< at the block's begin

    std::optional<std::uint32_t> generation = {};  ///< none: not known yet
    std::optional<std::uint32_t> block = {};       ///< none: its allocation was not seen
    std::uint32_t size = 0;                        ///< bytes; 0: not known
    bool freed = false;
    std::bitset<tracked_words> written = {};  ///< words that were written to since the allocation

    /// The words that @p bytes bytes from @p address on touch, as far as they are tracked: the first, and the
    /// one after the last. @p address is inside.
    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> words(std::uint32_t address,
                                                                std::uint32_t bytes) const {
        const std::uint64_t begin = address - *block;
        const std::uint64_t end = (std::min<std::uint64_t>(begin + bytes, size) + 3) / 4;
        return {static_cast<std::uint32_t>(begin / 4),
                static_cast<std::uint32_t>(std::min<std::uint64_t>(end, tracked_words))};
    }
    [[nodiscard]] bool live() const { return block && !freed; }
    [[nodiscard]] bool contains(std::uint32_t address) const {
        return block && address >= *block && address - *block < size;
    }
};

/// The allocations of a run, in bounded memory: those in use, and the last that were freed.
class Allocations {
  public:
    static constexpr std::size_t capacity = 256;

    [[nodiscard]] const Allocation* find(std::uint32_t generation) const;
    /// The last one whose bytes contain @p address.
    [[nodiscard]] const Allocation* at(std::uint32_t address) const;
    /// The one that kfree() of @p freed frees: the last of its block, if the generations do not contradict,
    /// else that of its generation.
    [[nodiscard]] const Allocation* freed_by(const fact::Freed& freed) const;

    /// The generation that @p freed frees, by what it says itself or by its block; none: not known.
    [[nodiscard]] std::optional<std::uint32_t> generation_of(const fact::Freed& freed) const;

    /// The last one of @p block.
    [[nodiscard]] const Allocation* last_of(std::uint32_t block) const;

    /// In the order of their allocation.
    [[nodiscard]] const std::vector<Allocation>& all() const { return all_; }

    // Each returns false if it had to forget an allocation in use. That does not happen if the guest frees
    // what it retires.
    bool apply(const fact::Allocated& allocated);
    bool apply(const fact::Freed& freed);
    void apply(const fact::Touched& touched);

    [[nodiscard]] std::size_t bytes() const { return all_.capacity() * sizeof(Allocation); }
    void clear() { all_.clear(); }

  private:
    /// @p one, of all_ or null.
    Allocation* writable(const Allocation* one);
    bool append(const Allocation& allocation);

    std::vector<Allocation> all_;
};

}  // namespace nmistorm::oracle
