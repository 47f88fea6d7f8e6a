// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/address.h"
#include "image/image.h"
#include "kvm/ioctl.h"
#include "machine/guest_memory.h"

/// Emulates on a stopped vCPU what the CPU does when it takes an NMI and when the handler executes IRET,
/// since no KVM single-steps exactly across either. doctor/steps_guests.h shows that the emulation ends in
/// the same state as KVM's delivery.
namespace nmistorm::machine {

/// Where an NMI leads on one vCPU: vector 2 of its IDT (SDM 3A, 6.11 and 6.14.1).
struct NmiGate {
    image::ElfMachine machine{};
    GuestVirt handler;
    GuestVirt stack;  ///< its IST stack; 0: the handler uses the interrupted stack
    std::uint16_t code_selector = 0;
    std::uint16_t stack_selector = 0;
};

/// Throws Error if the IDT, the gate or the TSS lies outside guest memory.
NmiGate read_nmi_gate(const GuestMemory& memory, const kvm_sregs& sregs, image::ElfMachine machine);

/// Where exceptions lead on that vCPU: the gates of vectors 0 to 31 that are present, without the NMI's.
/// Throws Error if the IDT lies outside guest memory.
std::vector<GuestVirt> read_exception_handlers(const GuestMemory& memory, const kvm_sregs& sregs,
                                               image::ElfMachine machine);

/// What the delivery of an NMI changes.
struct NmiDelivery {
    kvm_regs regs;  ///< at the handler's first instruction
    GuestVirt frame;
    std::array<std::uint64_t, 5> words{};  ///< from `frame` up: ip, cs, flags and, in 64-bit mode, sp, ss
    unsigned count = 0;
    unsigned word_size = 0;  ///< bytes

    [[nodiscard]] std::uint64_t bytes() const { return std::uint64_t{count} * word_size; }  ///< of the frame
};

/// Delivers an NMI that interrupts @p regs (SDM 3A, 6.12.1 and 6.14.2). The caller has the frame written and
/// masks NMIs.
NmiDelivery deliver_nmi(const NmiGate& gate, const kvm_regs& regs);

/// Throws Error if the frame lies outside guest memory.
void write_frame(const GuestMemory& memory, const NmiDelivery& delivery);

/// IRET to the same privilege level, from the frame at @p regs' stack pointer (SDM 2A, IRET/IRETD/IRETQ). The
/// caller unmasks NMIs. Throws Error if the frame lies outside guest memory.
kvm_regs return_from_interrupt(const GuestMemory& memory, image::ElfMachine machine, const kvm_regs& regs);

}  // namespace nmistorm::machine
