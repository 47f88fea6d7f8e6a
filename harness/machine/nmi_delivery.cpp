// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/nmi_delivery.h"

#include <cstring>

#include "kvm/vcpu.h"

namespace nmistorm::machine {
namespace {

constexpr unsigned nmi_vector = 2;
constexpr std::uint64_t tss_ist1 = 0x24;  // SDM 3A, figure 8-11
constexpr std::uint64_t stack_alignment = 16;

// What an interrupt gate clears besides TF (SDM 3A, 6.12.1.3): IF, NT, RF, VM.
constexpr std::uint64_t rflags_cleared = kvm::rflags_tf | 0x200 | 0x4000 | 0x10000 | 0x20000;

constexpr std::uint64_t rflags_fixed = 0x2;

template <typename T>
T read(const GuestMemory& memory, std::uint64_t address) {
    T value;
    std::memcpy(&value, memory.span({address}, sizeof(T)).data(), sizeof(T));
    return value;
}

}  // namespace

NmiGate read_nmi_gate(const GuestMemory& memory, const kvm_sregs& sregs, image::Machine machine) {
    const bool i386 = machine == image::Machine::i386;
    const auto gate = read<std::uint64_t>(memory, sregs.idt.base + nmi_vector * (i386 ? 8 : 16));
    NmiGate result{.machine = machine, .handler = {}, .stack = {}};
    result.handler.value = (gate & 0xffff) | (gate >> 32 & 0xffff0000);
    result.code_selector = sregs.cs.selector;
    result.stack_selector = sregs.ss.selector;
    if (!i386) {
        const std::uint64_t high = read<std::uint32_t>(memory, sregs.idt.base + nmi_vector * 16 + 8);
        result.handler.value |= high << 32;
        if (const std::uint64_t ist = gate >> 32 & 7; ist != 0) {
            result.stack.value = read<std::uint64_t>(memory, sregs.tr.base + tss_ist1 + (ist - 1) * 8);
        }
    }
    return result;
}

NmiDelivery deliver_nmi(const NmiGate& gate, const kvm_regs& regs) {
    NmiDelivery delivery{.regs = regs, .frame = {}};
    std::uint64_t sp = gate.stack.value != 0 ? gate.stack.value : regs.rsp;
    if (gate.machine == image::Machine::i386) {
        delivery.words = {regs.rip, gate.code_selector, regs.rflags};
        delivery.count = 3;
        delivery.word_size = 4;
    } else {
        sp = sp / stack_alignment * stack_alignment;
        delivery.words = {regs.rip, gate.code_selector, regs.rflags, regs.rsp, gate.stack_selector};
        delivery.count = 5;
        delivery.word_size = 8;
    }
    sp -= delivery.count * delivery.word_size;
    delivery.frame.value = sp;
    delivery.regs.rsp = sp;
    delivery.regs.rip = gate.handler.value;
    delivery.regs.rflags &= ~rflags_cleared;
    return delivery;
}

kvm_regs return_from_interrupt(const GuestMemory& memory, image::Machine machine, const kvm_regs& regs) {
    kvm_regs result = regs;
    if (machine == image::Machine::i386) {
        const std::uint64_t sp = regs.rsp;
        result.rip = read<std::uint32_t>(memory, sp);
        result.rflags = read<std::uint32_t>(memory, sp + 8);
        result.rsp = sp + 12;
    } else {
        const std::uint64_t sp = regs.rsp;
        result.rip = read<std::uint64_t>(memory, sp);
        result.rflags = read<std::uint64_t>(memory, sp + 16);
        result.rsp = read<std::uint64_t>(memory, sp + 24);
    }
    result.rflags = (result.rflags & ~kvm::rflags_tf) | rflags_fixed;
    return result;
}

}  // namespace nmistorm::machine
