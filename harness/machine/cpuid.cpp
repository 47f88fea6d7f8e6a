// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/cpuid.h"

namespace nmistorm::machine {

std::vector<kvm_cpuid_entry2> cpuid_for(std::vector<kvm_cpuid_entry2> supported, unsigned cpu) {
    for (kvm_cpuid_entry2& entry : supported) {
        if (entry.function == 1) {
            entry.ebx = (entry.ebx & 0x00ffffff) | cpu << 24;
        } else if (entry.function == 0xb || entry.function == 0x1f) {
            entry.edx = cpu;
        }
    }
    return supported;
}

}  // namespace nmistorm::machine
