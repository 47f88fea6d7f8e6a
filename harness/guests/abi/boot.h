// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/address.h"
#include "guests/abi/layout.h"
#include "kvm/ioctl.h"

/// What both architectures' start states have in common: flat segments, paging on.
namespace nmistorm::guests {

// Selectors in the GDT at Layout::gdt. The guest's gates name the first (guest/arch/idt.cpp).
inline constexpr std::uint16_t code_selector = 0x8;
inline constexpr std::uint16_t data_selector = 0x10;
inline constexpr std::uint16_t tss_selector = 0x18;

/// @p sregs with segments, task register, GDT base, cr0 and cr3 set for @p cpu. The caller sets what differs
/// between the architectures: cs, GDT limit, cr4 and efer.
kvm_sregs flat_sregs(kvm_sregs sregs, unsigned cpu, const Layout& layout);

/// The registers that abi/boot.h promises, with RFLAGS.IF set if @p interrupts.
kvm_regs start_regs(unsigned cpu, GuestVirt entry, const Layout& layout, bool interrupts);

}  // namespace nmistorm::guests
