// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "kvm/vcpu.h"

namespace nmistorm::machine {

/// A code or data segment from address 0 to 4 GiB. @p type as in SDM 3A, tables 3-1 and 3-2. The caller sets
/// what differs between the architectures: l and db.
inline kvm_segment flat_segment(std::uint16_t selector, std::uint8_t type) {
    kvm_segment segment{};
    segment.limit = 0xffffffff;
    segment.selector = selector;
    segment.type = type;
    segment.present = 1;
    segment.s = 1;
    segment.g = 1;
    return segment;
}

}  // namespace nmistorm::machine
