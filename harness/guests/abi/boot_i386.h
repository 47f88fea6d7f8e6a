// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/address.h"
#include "guests/abi/layout.h"
#include "kvm/vcpu.h"
#include "machine/guest_memory.h"

namespace nmistorm::guests::i386 {

/// Writes what all CPUs share: 2-level page tables that map each address of RAM to itself in 4 KiB pages (SDM
/// 3A, 4.3), and the GDT. The CPU neither loads nor reads a TSS, since the privilege level never changes.
void write_tables(const machine::GuestMemory& memory, const Layout& layout);

/// Maps the registers of the local APIC, at abi::xapic_base, to themselves, uncached (SDM 3A, 11.4.1).
void map_xapic(const machine::GuestMemory& memory, const Layout& layout);

/// Puts @p vcpu into 32-bit protected mode at @p entry with the registers that abi/boot.h promises.
void set_start_state(kvm::Vcpu& vcpu, unsigned cpu, GuestVirt entry, const Layout& layout, bool interrupts);

}  // namespace nmistorm::guests::i386
