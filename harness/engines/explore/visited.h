// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "guests/stepped/memory_hash.h"
#include "plan/explore_plan.h"

namespace nmistorm::engines::explore {

/// The most NMIs in a schedule.
inline constexpr unsigned max_nmis = plan::explored_nmis_max;

/// What a schedule may still spend.
struct Allowance {
    unsigned preemptions = 0;  ///< 254 at most
    unsigned nmis = 0;         ///< max_nmis at most
    bool operator==(const Allowance&) const = default;
};

/// The states that were reached, each with what was left there: an open hash table, a few bytes a state.
class Visited {
  public:
    /// Returns false if @p key was reached before with no less of either left: nothing new can follow.
    bool add(const guests::StateKey& key, const Allowance& left) {
        if (is_full()) {
            grow();
        }
        Slot& slot = find(key);
        for (unsigned nmis = left.nmis; nmis <= max_nmis; ++nmis) {
            if (slot.preemptions[nmis] > left.preemptions) {
                return false;
            }
        }
        if (slot.key == guests::StateKey{}) {
            slot.key = key;
            ++count_;
        }
        slot.preemptions[left.nmis] = static_cast<std::uint8_t>(left.preemptions + 1);
        return true;
    }

    /// Number of distinct states.
    [[nodiscard]] std::uint64_t size() const { return count_; }

    [[nodiscard]] bool contains(const guests::StateKey& key) const {
        return const_cast<Visited*>(this)->find(key).key != guests::StateKey{};
    }

    /// Bytes in use, or needed while one more state is added: while the table grows there are two of it.
    [[nodiscard]] std::size_t bytes() const {
        const std::size_t now = slots_.size() * sizeof(Slot);
        return is_full() ? now + now * growth : now;
    }

  private:
    static constexpr std::size_t growth = 2;

    struct Slot {
        guests::StateKey key;                         ///< zero: the slot is free
        std::uint8_t preemptions[max_nmis + 1] = {};  ///< 1 + preemptions left, by NMIs left; 0: not reached
    };

    [[nodiscard]] bool is_full() const { return (count_ + 1) * 4 > slots_.size() * 3; }

    Slot& find(const guests::StateKey& key) {
        std::uint64_t at = key.low;
        while (true) {
            Slot& slot = slots_[at++ & (slots_.size() - 1)];
            if (slot.key == key || slot.key == guests::StateKey{}) {
                return slot;
            }
        }
    }

    void grow() {
        std::vector<Slot> old(slots_.size() * growth);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.key != guests::StateKey{}) {
                find(slot.key) = slot;
            }
        }
    }

    std::vector<Slot> slots_ = std::vector<Slot>(1024);
    std::uint64_t count_ = 0;
};

}  // namespace nmistorm::engines::explore
