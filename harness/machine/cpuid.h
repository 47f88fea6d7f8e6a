// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "kvm/ioctl.h"

namespace nmistorm::machine {

/// The CPUID that KVM supports, with @p cpu as the APIC id in leaves 1, 0xb and 0x1f (SDM 2A), from which KVM
/// takes the local APIC's id.
std::vector<kvm_cpuid_entry2> cpuid_for(std::vector<kvm_cpuid_entry2> supported, unsigned cpu);

}  // namespace nmistorm::machine
