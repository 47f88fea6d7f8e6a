// SPDX-License-Identifier: GPL-2.0-or-later
#include "decode/instruction.h"

#include <gtest/gtest.h>

#include <vector>

namespace nmistorm::decode {
namespace {

using image::Machine;
using Kind = Instruction::Kind;
using Segment = MemoryOperand::Segment;

constexpr GuestVirt here{0x100000};
constexpr std::int8_t none = MemoryOperand::no_register;
enum { ax, cx, dx, bx, sp, bp, si, di };

std::vector<std::byte> code(std::initializer_list<unsigned char> bytes) {
    std::vector<std::byte> result;
    for (const unsigned char byte : bytes) {
        result.push_back(std::byte{byte});
    }
    return result;
}

std::optional<Instruction> decode(Machine machine, std::initializer_list<unsigned char> bytes) {
    return Decoder(machine).decode(code(bytes), here);
}

struct Expected {
    const char* text;
    std::initializer_list<unsigned char> bytes;
    int base;
    int index;
    int scale;
    Segment segment;
    std::int64_t displacement;
    unsigned size;
    bool read;
    bool written;
};

void expect(Machine machine, const Expected& expected) {
    SCOPED_TRACE(expected.text);
    const auto instruction = decode(machine, expected.bytes);
    ASSERT_TRUE(instruction);
    EXPECT_EQ(instruction->length, expected.bytes.size());
    ASSERT_EQ(instruction->operands, 1U);
    const MemoryOperand& operand = instruction->memory[0];
    EXPECT_EQ(operand.base, expected.base);
    EXPECT_EQ(operand.index, expected.index);
    if (expected.index != none) {
        EXPECT_EQ(operand.scale, expected.scale);
    }
    EXPECT_EQ(operand.segment, expected.segment);
    EXPECT_EQ(operand.displacement, expected.displacement);
    EXPECT_EQ(operand.size, expected.size);
    EXPECT_EQ(operand.read, expected.read);
    EXPECT_EQ(operand.written, expected.written);
}

TEST(Decoder, sees_what_64_bit_instructions_touch) {
    const Expected cases[] = {
        {"mov %eax, (%rcx)", {0x89, 0x01}, cx, none, 0, Segment::flat, 0, 4, false, true},
        {"mov 8(%rdi,%rdx,4), %rax",
         {0x48, 0x8b, 0x44, 0x97, 0x08},
         di,
         dx,
         4,
         Segment::flat,
         8,
         8,
         true,
         false},
        {"incl %gs:4", {0x65, 0xff, 0x04, 0x25, 4, 0, 0, 0}, none, none, 0, Segment::gs, 4, 4, true, true},
        {"mov 0x10(%rip), %rax",
         {0x48, 0x8b, 0x05, 0x10, 0, 0, 0},
         none,
         none,
         0,
         Segment::flat,
         0x100017,
         8,
         true,
         false},
        {"lock xadd %eax, (%r9)",
         {0xf0, 0x41, 0x0f, 0xc1, 0x01},
         9,
         none,
         0,
         Segment::flat,
         0,
         4,
         true,
         true},
        {"cmpl $0, (%rax)", {0x83, 0x38, 0}, ax, none, 0, Segment::flat, 0, 4, true, false},
        {"push %rax", {0x50}, sp, none, 0, Segment::flat, -8, 8, false, true},
        {"pop %rax", {0x58}, sp, none, 0, Segment::flat, 0, 8, true, false},
        {"call +0", {0xe8, 0, 0, 0, 0}, sp, none, 0, Segment::flat, -8, 8, false, true},
        {"ret", {0xc3}, sp, none, 0, Segment::flat, 0, 8, true, false},
    };
    for (const Expected& each : cases) {
        expect(Machine::x86_64, each);
    }
}

TEST(Decoder, sees_what_32_bit_instructions_touch) {
    const Expected cases[] = {
        {"mov %eax, (%ecx)", {0x89, 0x01}, cx, none, 0, Segment::flat, 0, 4, false, true},
        {"incl %gs:4", {0x65, 0xff, 0x05, 4, 0, 0, 0}, none, none, 0, Segment::gs, 4, 4, true, true},
        {"mov 0x100000, %eax", {0xa1, 0, 0, 0x10, 0}, none, none, 0, Segment::flat, 0x100000, 4, true, false},
        {"push %eax", {0x50}, sp, none, 0, Segment::flat, -4, 4, false, true},
        {"pop %eax", {0x58}, sp, none, 0, Segment::flat, 0, 4, true, false},
        {"call +0", {0xe8, 0, 0, 0, 0}, sp, none, 0, Segment::flat, -4, 4, false, true},
    };
    for (const Expected& each : cases) {
        expect(Machine::i386, each);
    }
}

TEST(Decoder, sees_both_operands_where_there_are_two) {
    const auto push = decode(Machine::x86_64, {0xff, 0x30});  // push (%rax)
    ASSERT_TRUE(push);
    EXPECT_EQ(push->operands, 2U);
    const auto call = decode(Machine::x86_64, {0xff, 0x10});  // call *(%rax)
    ASSERT_TRUE(call);
    EXPECT_EQ(call->operands, 2U);
    const auto movs = decode(Machine::x86_64, {0xf3, 0xa4});  // rep movsb
    ASSERT_TRUE(movs);
    EXPECT_EQ(movs->operands, 2U);
    EXPECT_TRUE(movs->memory[0].repeated && movs->memory[1].repeated);
}

TEST(Decoder, sees_nothing_touched_by_what_only_computes_an_address) {
    EXPECT_EQ(decode(Machine::x86_64, {0x48, 0x8d, 0x04, 0x24})->operands, 0U);  // lea (%rsp), %rax
    EXPECT_EQ(decode(Machine::x86_64, {0x0f, 0x1f, 0x44, 0, 0})->operands, 0U);  // nopl 0(%rax,%rax)
    EXPECT_EQ(decode(Machine::x86_64, {0x01, 0xd8})->operands, 0U);              // add %ebx, %eax
}

TEST(Decoder, knows_the_instructions_that_the_explorer_treats_apart) {
    EXPECT_EQ(decode(Machine::x86_64, {0xf3, 0x90})->kind, Kind::pause);
    EXPECT_EQ(decode(Machine::x86_64, {0x90})->kind, Kind::nop);
    EXPECT_EQ(decode(Machine::x86_64, {0x01, 0xd8})->kind, Kind::other);
    EXPECT_EQ(decode(Machine::x86_64, {0xf4})->kind, Kind::halt);
    EXPECT_EQ(decode(Machine::x86_64, {0x48, 0xcf})->kind, Kind::iret);
    EXPECT_EQ(decode(Machine::i386, {0xcf})->kind, Kind::iret);
    EXPECT_EQ(decode(Machine::x86_64, {0x0f, 0x31})->kind, Kind::rdtsc);
    EXPECT_EQ(decode(Machine::x86_64, {0xc3})->kind, Kind::ret);
}

TEST(Decoder, knows_what_goes_on_with_the_next_instruction_unless_it_faults) {
    const auto falls_through = [](std::initializer_list<unsigned char> bytes) {
        return decode(Machine::x86_64, bytes)->falls_through;
    };
    EXPECT_TRUE(falls_through({0x01, 0xd8}));  // add %ebx, %eax
    EXPECT_TRUE(falls_through({0x90}));
    EXPECT_TRUE(falls_through({0x50}));              // push %rax
    EXPECT_TRUE(falls_through({0x0f, 0x44, 0xc3}));  // cmove %ebx, %eax
    EXPECT_TRUE(falls_through({0xf0, 0x0f, 0xc1, 0x01}));
    EXPECT_TRUE(falls_through({0x0f, 0x0b}));         // ud2
    EXPECT_FALSE(falls_through({0xeb, 0x00}));        // jmp
    EXPECT_FALSE(falls_through({0x74, 0x00}));        // je
    EXPECT_FALSE(falls_through({0xe8, 0, 0, 0, 0}));  // call
    EXPECT_FALSE(falls_through({0xff, 0xe0}));        // jmp *%rax
    EXPECT_FALSE(falls_through({0xc3}));              // ret
    EXPECT_FALSE(falls_through({0x48, 0xcf}));        // iretq
    EXPECT_FALSE(falls_through({0xcc}));              // int3
    EXPECT_TRUE(falls_through({0xa4}));               // movsb
    EXPECT_FALSE(falls_through({0xf3, 0xa4}));        // rep movsb
    EXPECT_FALSE(falls_through({0xf3, 0x6e}));        // rep outsb
    EXPECT_FALSE(falls_through({0xe2, 0x00}));        // loop
}

TEST(Decoder, sees_an_iret_read_the_frame_of_an_interrupt_that_changed_no_privilege) {
    const auto long_mode = decode(Machine::x86_64, {0x48, 0xcf});
    ASSERT_EQ(long_mode->operands, 1U);
    EXPECT_EQ(long_mode->memory[0].size, 40U);
    const auto protected_mode = decode(Machine::i386, {0xcf});
    ASSERT_EQ(protected_mode->operands, 1U);
    EXPECT_EQ(protected_mode->memory[0].size, 12U);
    EXPECT_EQ(protected_mode->memory[0].base, sp);
    EXPECT_TRUE(protected_mode->memory[0].read);
    EXPECT_FALSE(protected_mode->memory[0].written);
}

TEST(Decoder, says_so_where_there_is_no_instruction) {
    EXPECT_FALSE(decode(Machine::x86_64, {0x06}));
    EXPECT_FALSE(decode(Machine::x86_64, {0x48}));
    EXPECT_FALSE(decode(Machine::x86_64, {}));
    EXPECT_EQ(Decoder(Machine::x86_64).text(code({0x06}), here), "(bad)");
    EXPECT_EQ(Decoder(Machine::x86_64).text(code({0xc3}), here), "ret");
}

}  // namespace
}  // namespace nmistorm::decode
