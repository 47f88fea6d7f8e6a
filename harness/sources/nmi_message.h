// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kvm/ioctl.h"

namespace nmistorm::sources {

/// A message-signalled interrupt that is an NMI for one APIC (SDM 3A, 11.11): physical destination mode,
/// delivery mode NMI. The id is below 255.
inline kvm_msi nmi_message(unsigned apic_id) {
    constexpr unsigned base = 0xfee00000;
    constexpr unsigned delivery_mode_nmi = 4U << 8;
    kvm_msi message{};
    message.address_lo = base | apic_id << 12;
    message.data = delivery_mode_nmi;
    return message;
}

}  // namespace nmistorm::sources
