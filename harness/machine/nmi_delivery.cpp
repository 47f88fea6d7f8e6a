// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/nmi_delivery.h"

#include <cstring>

#include "kvm/vcpu.h"

namespace nmistorm::machine {
namespace {

constexpr unsigned nmi_vector = 2;
constexpr std::uint64_t tss_ist1 = 0x24;  // SDM 3A, figure 8-11
constexpr std::uint64_t stack_alignment = 16;

// The flags that an interrupt gate clears besides TF (SDM 3A, 6.12.1.3): IF, NT, RF, VM.
constexpr std::uint64_t rflags_cleared = kvm::rflags_tf | kvm::rflags_if | 0x4000 | 0x10000 | 0x20000;

constexpr std::uint64_t rflags_fixed = 0x2;

template <typename T>
T read(const GuestMemory& memory, std::uint64_t address) {
    T value;
    std::memcpy(&value, memory.span({address}, sizeof(T)).data(), sizeof(T));
    return value;
}

constexpr unsigned exceptions = 32;
constexpr std::uint64_t gate_present = 1ULL << 47;  // SDM 3A, figures 6-2 and 6-8

std::uint64_t gate_size(image::ElfMachine machine) {
    return machine == image::ElfMachine::i386 ? 8 : 16;
}

/// The lower half of a gate, and the address that the gate leads to.
std::pair<std::uint64_t, GuestVirt> read_gate(const GuestMemory& memory, const kvm_sregs& sregs,
                                              image::ElfMachine machine, unsigned vector) {
    const std::uint64_t at = sregs.idt.base + vector * gate_size(machine);
    const auto gate = read<std::uint64_t>(memory, at);
    std::uint64_t handler = (gate & 0xffff) | (gate >> 32 & 0xffff0000);
    if (machine == image::ElfMachine::x86_64) {
        handler |= std::uint64_t{read<std::uint32_t>(memory, at + 8)} << 32;
    }
    return {gate, {handler}};
}

}  // namespace

NmiGate read_nmi_gate(const GuestMemory& memory, const kvm_sregs& sregs, image::ElfMachine machine) {
    const auto [gate, handler] = read_gate(memory, sregs, machine, nmi_vector);
    NmiGate result{.machine = machine, .handler = handler, .stack = {}};
    result.code_selector = sregs.cs.selector;
    result.stack_selector = sregs.ss.selector;
    if (machine == image::ElfMachine::x86_64) {
        if (const std::uint64_t ist = gate >> 32 & 7; ist != 0) {
            result.stack.value = read<std::uint64_t>(memory, sregs.tr.base + tss_ist1 + (ist - 1) * 8);
        }
    }
    return result;
}

std::vector<GuestVirt> read_exception_handlers(const GuestMemory& memory, const kvm_sregs& sregs,
                                               image::ElfMachine machine) {
    std::vector<GuestVirt> handlers;
    for (unsigned vector = 0; vector < exceptions; ++vector) {
        if (vector != nmi_vector && (vector + 1) * gate_size(machine) <= sregs.idt.limit + 1U) {
            const auto [gate, handler] = read_gate(memory, sregs, machine, vector);
            if ((gate & gate_present) != 0) {
                handlers.push_back(handler);
            }
        }
    }
    return handlers;
}

NmiDelivery deliver_nmi(const NmiGate& gate, const kvm_regs& regs) {
    NmiDelivery delivery{.regs = regs, .frame = {}};
    std::uint64_t sp = gate.stack.value != 0 ? gate.stack.value : regs.rsp;
    if (gate.machine == image::ElfMachine::i386) {
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

void write_frame(const GuestMemory& memory, const NmiDelivery& delivery) {
    std::byte* to = memory.span(to_phys(delivery.frame), delivery.bytes()).data();
    for (unsigned i = 0; i < delivery.count; ++i) {
        std::memcpy(to + std::size_t{i} * delivery.word_size, &delivery.words[i], delivery.word_size);
    }
}

kvm_regs return_from_interrupt(const GuestMemory& memory, image::ElfMachine machine, const kvm_regs& regs) {
    kvm_regs result = regs;
    if (machine == image::ElfMachine::i386) {
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
