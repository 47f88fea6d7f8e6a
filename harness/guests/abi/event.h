// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include <nmistorm/abi/event.h>

namespace nmistorm::guests {

/// An event of our guest (abi/event.h) in the one order of a run: its order is widened to 64 bits, it names
/// its vCPU, and its kind is one of abi::EventKind. The fields a and b hold any value that the guest wrote.
struct Event {
    std::uint64_t order = 0;
    unsigned vcpu = 0;
    abi::EventKind kind = abi::EventKind::none;
    std::uint16_t flags = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    bool operator==(const Event&) const = default;
};

}  // namespace nmistorm::guests
