// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "kvm/ioctl.h"

namespace nmistorm::machine {

/// What KVM supports, with @p cpu as the APIC id in the leaves that KVM looks at (SDM 2A, CPUID 1, 0xb and
/// 0x1f): KVM takes the local APIC's id from there.
std::vector<kvm_cpuid_entry2> cpuid_for(std::vector<kvm_cpuid_entry2> supported, unsigned cpu);

}  // namespace nmistorm::machine
