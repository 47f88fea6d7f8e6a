// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/address.h"
#include "guests/abi/layout.h"
#include "kvm/vcpu.h"
#include "machine/guest_memory.h"

namespace nmistorm::guests::x86_64 {

/// Writes what all CPUs share: 4-level page tables that map each address of RAM to itself in 4 KiB
/// pages, the GDT, and each CPU's TSS with its NMI and exception stacks (SDM 3A, 4.5, 3.5.1 and 8.7).
void write_tables(const machine::GuestMemory& memory, const Layout& layout);

/// Maps the registers of the local APIC, at abi::xapic_base, to themselves, uncached (SDM 3A, 11.4.1).
void map_xapic(const machine::GuestMemory& memory, const Layout& layout);

/// Puts @p vcpu into 64-bit mode at @p entry with the registers that abi/boot.h promises.
void set_start_state(kvm::Vcpu& vcpu, unsigned cpu, GuestVirt entry, const Layout& layout, bool interrupts);

}  // namespace nmistorm::guests::x86_64
