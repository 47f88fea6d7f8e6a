// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nmistorm/abi/ring.h>

#include "guests/abi/event.h"

namespace nmistorm::guests {

/// Merges the events of all rings into their single order.
///
///   ring 0:  0 . . 3 4 . . .        a producer takes a place, writes its event, publishes it:
///   ring 1:  . 1 . . . . 6 .        place 2 and place 5 belong to events that are still being
///   ring 2:  . . ? . . ? . 7        written, or that a full ring dropped
///
/// Each ring ascends, so this is a merge of queues. If a place is missing, later events are held back until
/// it arrives. It is given up as lost when too many events wait behind it, and at the end.
/// Orders are 32-bit places widened to 64 bits by the distance from the next place expected.
///
/// The guest may write anything. What no correct producer can write is reported and left out. Memory is
/// bounded by held_max and the longest push.
class Merge {
  public:
    struct Output {
        std::function<void(const Event&)> event;              ///< orders ascend
        std::function<void(std::uint64_t)> gap;               ///< number of places given up here
        std::function<void(std::string sentence)> malformed;  ///< called for the first malformed_max of them
    };
    static constexpr std::size_t held_max_default = std::size_t{1} << 17;
    static constexpr unsigned malformed_max = 16;

    Merge(unsigned vcpus, Output output, std::size_t held_max = held_max_default);

    /// Takes the next events of @p ring (vcpu * abi::rings_per_cpu + abi::RingOf; it must exist), as read.
    void push(unsigned ring, std::span<const abi::Event> events);

    /// Takes the `lost` counter of @p ring. In a correct guest it rises by less than 2^31 between calls.
    void set_lost(unsigned ring, std::uint32_t lost);

    /// No more events come: passes on everything that was held back. If no ring dropped an event, a missing
    /// place belongs to a producer that was stopped before it published. That is not a gap: an event is
    /// written before the action that it announces takes effect, so its vCPU has done nothing since then that
    /// others could see.
    void finish();

    /// Events dropped or given up so far. Gaps and the rings' own counters each give a number; this is the
    /// larger.
    [[nodiscard]] std::uint64_t lost() const;

    [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

  private:
    struct Ring {
        std::deque<Event> held;
        std::uint64_t end = 0;   ///< one past the highest order pushed
        std::uint32_t lost = 0;  ///< counter as last seen
    };
    struct Range {
        std::uint64_t begin, end;
    };
    static constexpr std::int32_t ahead_max = 1 << 30;
    static constexpr std::size_t given_up_max = 64;
    static constexpr std::uint64_t empty = UINT64_MAX;

    void take(unsigned ring, const abi::Event& raw);
    void pass_on(bool all);
    void pass_run(std::size_t ring);
    void pop(std::size_t ring);
    void give_up_to(std::uint64_t order);
    [[nodiscard]] bool was_given_up(std::uint64_t order) const;
    void note(unsigned ring, const abi::Event& raw, const char* why);
    void complain(unsigned ring, std::string_view what);

    Output output_;
    std::size_t held_max_;
    std::vector<Ring> rings_;
    std::vector<std::uint64_t> fronts_;  ///< order of each ring's first held event, or `empty`
    std::size_t held_ = 0;
    std::uint64_t next_ = 0;  ///< order expected next
    std::deque<Range> given_up_;
    std::uint64_t gaps_ = 0;
    std::uint64_t late_ = 0;     ///< of those, places that came after all; never more
    std::uint64_t dropped_ = 0;  ///< by the rings' own counters
    std::uint64_t malformed_ = 0;
};

}  // namespace nmistorm::guests
