// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nmistorm/abi/event.h>

namespace nmistorm::abi {

/// A vCPU has two rings, so that each has one producer: an NMI may interrupt the task half way
/// through writing an event, but NMIs do not interrupt each other.
enum class RingOf : uint32_t { task = 0, nmi = 1 };
inline constexpr uint32_t rings_per_cpu = 2;

/// Control words of one single-producer, single-consumer ring, of events or of samples. `head` and `tail`
/// count them and wrap at 2^32; the slot of event n is n modulo the ring's size, a power of two.
///
///        tail (host reads here)      head (guest writes here)
///          v                           v
///   |......|eeeeeeeeeeeeeeeeeeeeeeeeeee|......|
///
/// The producer never waits: with no room it drops the event and counts it in `lost`. The sequence number of
/// an event that was dropped is missing from the order.
struct RingControl {
    alignas(64) uint32_t head;  ///< guest, released after the event it covers
    uint32_t lost;              ///< guest
    alignas(64) uint32_t tail;  ///< host, released after the event was copied out
};
static_assert(offsetof(RingControl, head) == 0 && offsetof(RingControl, lost) == 4 &&
              offsetof(RingControl, tail) == 64);
static_assert(sizeof(RingControl) == 128);

}  // namespace nmistorm::abi
