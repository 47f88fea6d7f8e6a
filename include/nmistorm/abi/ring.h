// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nmistorm/abi/event.h>

namespace nmistorm::abi {

/// A vCPU has two rings, so that each has one producer. An NMI may interrupt the task while it writes an
/// event, but NMIs do not interrupt each other.
enum class RingOf : uint32_t { task = 0, nmi = 1 };
inline constexpr uint32_t rings_per_cpu = 2;

/// Control words of one single-producer, single-consumer ring of events or of samples. `head` and `tail`
/// count entries and wrap at 2^32. Entry n is in the slot n modulo the ring's size, which is a power of two.
///
///        tail (host reads here)      head (guest writes here)
///          v                           v
///   |......|eeeeeeeeeeeeeeeeeeeeeeeeeee|......|
///
/// The producer never waits: if there is no room it drops the event and counts it in `lost`. The sequence
/// number of a dropped event is missing from the order.
struct RingControl {
    alignas(64) uint32_t head;  ///< guest: store-release after the entry, pairs with the host's load-acquire
    uint32_t lost;              ///< guest
    alignas(64) uint32_t tail;  ///< host: store-release after copying, pairs with the guest's load-acquire
};
static_assert(offsetof(RingControl, head) == 0 && offsetof(RingControl, lost) == 4 &&
              offsetof(RingControl, tail) == 64);
static_assert(sizeof(RingControl) == 128);

}  // namespace nmistorm::abi
