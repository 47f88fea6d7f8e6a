// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/nmi_delivery.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"

namespace nmistorm::machine {
namespace {

constexpr std::uint64_t idt = 0x1000;
constexpr std::uint64_t tss = 0x2000;
constexpr std::uint64_t handler = 0x10345678;
constexpr std::uint64_t ist_stack = 0x9000;

kvm_sregs sregs() {
    kvm_sregs result{};
    result.idt.base = idt;
    result.tr.base = tss;
    result.cs.selector = 0x8;
    result.ss.selector = 0x10;
    return result;
}

kvm_regs interrupted() {
    kvm_regs regs{};
    regs.rip = 0x100123;
    regs.rsp = 0x8ff8;
    regs.rflags = 0x46;
    regs.rax = 0x1234567890;
    return regs;
}

/// Interrupt gates as guest/arch/*/gate.h makes them; the 64-bit one uses IST stack 1.
GuestMemory memory_with_gate(image::ElfMachine machine) {
    GuestMemory memory(0x10000);
    const auto put = [&](std::uint64_t at, std::uint64_t value) {
        std::memcpy(memory.span({at}, sizeof(value)).data(), &value, sizeof(value));
    };
    constexpr std::uint64_t low = 0x8 << 16 | (handler & 0xffff);
    constexpr std::uint64_t high = (handler & 0xffff0000) | 0x8e00;
    if (machine == image::ElfMachine::i386) {
        put(idt + 2 * 8, high << 32 | low);
    } else {
        put(idt + 2 * 16, (high | 1) << 32 | low);
        put(tss + 0x24, ist_stack);
    }
    return memory;
}

TEST(NmiDelivery, in_64_bit_mode_switches_to_the_stack_that_the_gate_names) {
    const GuestMemory memory = memory_with_gate(image::ElfMachine::x86_64);
    const NmiGate gate = read_nmi_gate(memory, sregs(), image::ElfMachine::x86_64);
    EXPECT_EQ(gate.handler.value, handler);
    const NmiDelivery delivery = deliver_nmi(gate, interrupted());
    EXPECT_EQ(delivery.regs.rip, handler);
    EXPECT_EQ(delivery.regs.rsp, ist_stack - 5 * 8);
    EXPECT_EQ(delivery.frame.value, ist_stack - 5 * 8);
    EXPECT_EQ(delivery.words, (std::array<std::uint64_t, 5>{0x100123, 0x8, 0x46, 0x8ff8, 0x10}));
    EXPECT_EQ(delivery.regs.rax, interrupted().rax);
}

TEST(NmiDelivery, without_an_ist_stack_aligns_the_interrupted_one) {
    NmiGate gate =
        read_nmi_gate(memory_with_gate(image::ElfMachine::x86_64), sregs(), image::ElfMachine::x86_64);
    gate.stack = {};
    EXPECT_EQ(deliver_nmi(gate, interrupted()).regs.rsp, 0x8ff0U - 5 * 8);
}

TEST(NmiDelivery, on_i386_stays_on_the_interrupted_stack) {
    const GuestMemory memory = memory_with_gate(image::ElfMachine::i386);
    const NmiGate gate = read_nmi_gate(memory, sregs(), image::ElfMachine::i386);
    EXPECT_EQ(gate.handler.value, handler);
    const NmiDelivery delivery = deliver_nmi(gate, interrupted());
    EXPECT_EQ(delivery.regs.rip, handler);
    EXPECT_EQ(delivery.regs.rsp, 0x8ff8U - 3 * 4);
    EXPECT_EQ(delivery.count, 3U);
    EXPECT_EQ(delivery.words[0], 0x100123U);
    EXPECT_EQ(delivery.words[2], 0x46U);
}

TEST(NmiDelivery, clears_the_flags_that_an_interrupt_gate_clears_but_saves_them) {
    const NmiGate gate =
        read_nmi_gate(memory_with_gate(image::ElfMachine::x86_64), sregs(), image::ElfMachine::x86_64);
    kvm_regs regs = interrupted();
    regs.rflags |= 0x200;  // IF
    const NmiDelivery delivery = deliver_nmi(gate, regs);
    EXPECT_EQ(delivery.regs.rflags, 0x46U);
    EXPECT_EQ(delivery.words[2], 0x246U);
}

TEST(ReturnFromInterrupt, undoes_a_delivery) {
    for (const auto machine : {image::ElfMachine::x86_64, image::ElfMachine::i386}) {
        const GuestMemory memory = memory_with_gate(machine);
        const NmiDelivery delivery = deliver_nmi(read_nmi_gate(memory, sregs(), machine), interrupted());
        write_frame(memory, delivery);
        const kvm_regs after = return_from_interrupt(memory, machine, delivery.regs);
        const kvm_regs before = interrupted();
        EXPECT_EQ(std::memcmp(&after, &before, sizeof(before)), 0);
    }
}

TEST(ReturnFromInterrupt, from_a_frame_outside_memory_is_an_error) {
    const GuestMemory memory = memory_with_gate(image::ElfMachine::x86_64);
    kvm_regs regs = interrupted();
    regs.rsp = memory.size() - 8;
    EXPECT_THROW(return_from_interrupt(memory, image::ElfMachine::x86_64, regs), Error);
}

TEST(ExceptionHandlers, are_those_of_the_gates_that_are_there_but_for_the_nmis) {
    for (const auto machine : {image::ElfMachine::x86_64, image::ElfMachine::i386}) {
        const std::uint64_t size = machine == image::ElfMachine::i386 ? 8 : 16;
        const GuestMemory memory = memory_with_gate(machine);
        const auto put = [&](unsigned vector, std::uint64_t gate) {
            std::memcpy(memory.span({idt + vector * size}, sizeof(gate)).data(), &gate, sizeof(gate));
        };
        put(6, 0x12348e0000085678);
        put(13, 0x12340e0000085678);  // not present
        put(14, 0x20008e0000084000);
        kvm_sregs registers = sregs();
        registers.idt.limit = static_cast<std::uint16_t>(15 * size - 1);
        EXPECT_EQ(read_exception_handlers(memory, registers, machine),
                  (std::vector<GuestVirt>{{0x12345678}, {0x20004000}}));
        registers.idt.limit = static_cast<std::uint16_t>(15 * size - 2);  // cuts off the last gate
        EXPECT_EQ(read_exception_handlers(memory, registers, machine),
                  (std::vector<GuestVirt>{{0x12345678}}));
        registers.idt.base = memory.size() - 8;
        EXPECT_THROW(read_exception_handlers(memory, registers, machine), Error);
    }
}

}  // namespace
}  // namespace nmistorm::machine
