// SPDX-License-Identifier: GPL-2.0-or-later
#include "decode/instruction.h"

#include <gtest/gtest.h>

#include <vector>

namespace nmistorm::decode {
namespace {

using image::ElfMachine;
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

std::optional<Instruction> decode(ElfMachine machine, std::initializer_list<unsigned char> bytes) {
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

void expect(ElfMachine machine, const Expected& expected) {
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
        expect(ElfMachine::x86_64, each);
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
        expect(ElfMachine::i386, each);
    }
}

TEST(Decoder, sees_both_operands_where_there_are_two) {
    const auto push = decode(ElfMachine::x86_64, {0xff, 0x30});  // push (%rax)
    ASSERT_TRUE(push);
    EXPECT_EQ(push->operands, 2U);
    const auto call = decode(ElfMachine::x86_64, {0xff, 0x10});  // call *(%rax)
    ASSERT_TRUE(call);
    EXPECT_EQ(call->operands, 2U);
    const auto movs = decode(ElfMachine::x86_64, {0xf3, 0xa4});  // rep movsb
    ASSERT_TRUE(movs);
    EXPECT_EQ(movs->operands, 2U);
    EXPECT_TRUE(movs->memory[0].repeated && movs->memory[1].repeated);
}

TEST(Decoder, sees_nothing_touched_by_what_only_computes_an_address) {
    EXPECT_EQ(decode(ElfMachine::x86_64, {0x48, 0x8d, 0x04, 0x24})->operands, 0U);  // lea (%rsp), %rax
    EXPECT_EQ(decode(ElfMachine::x86_64, {0x0f, 0x1f, 0x44, 0, 0})->operands, 0U);  // nopl 0(%rax,%rax)
    EXPECT_EQ(decode(ElfMachine::x86_64, {0x01, 0xd8})->operands, 0U);              // add %ebx, %eax
}

TEST(Decoder, knows_the_instructions_that_the_explorer_treats_apart) {
    EXPECT_EQ(decode(ElfMachine::x86_64, {0xf3, 0x90})->kind, Kind::pause);
    EXPECT_EQ(decode(ElfMachine::x86_64, {0x90})->kind, Kind::nop);
    EXPECT_EQ(decode(ElfMachine::x86_64, {0x01, 0xd8})->kind, Kind::other);
    EXPECT_EQ(decode(ElfMachine::x86_64, {0xf4})->kind, Kind::halt);
    EXPECT_EQ(decode(ElfMachine::x86_64, {0x48, 0xcf})->kind, Kind::iret);
    EXPECT_EQ(decode(ElfMachine::i386, {0xcf})->kind, Kind::iret);
    EXPECT_EQ(decode(ElfMachine::x86_64, {0x0f, 0x31})->kind, Kind::rdtsc);
    EXPECT_EQ(decode(ElfMachine::x86_64, {0xc3})->kind, Kind::ret);
}

TEST(Decoder, knows_what_goes_on_with_the_next_instruction_unless_it_faults) {
    const auto falls_through = [](std::initializer_list<unsigned char> bytes) {
        return decode(ElfMachine::x86_64, bytes)->falls_through;
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
    const auto long_mode = decode(ElfMachine::x86_64, {0x48, 0xcf});
    ASSERT_EQ(long_mode->operands, 1U);
    EXPECT_EQ(long_mode->memory[0].size, 40U);
    const auto protected_mode = decode(ElfMachine::i386, {0xcf});
    ASSERT_EQ(protected_mode->operands, 1U);
    EXPECT_EQ(protected_mode->memory[0].size, 12U);
    EXPECT_EQ(protected_mode->memory[0].base, sp);
    EXPECT_TRUE(protected_mode->memory[0].read);
    EXPECT_FALSE(protected_mode->memory[0].written);
}

struct Code {
    const char* text;
    std::initializer_list<unsigned char> bytes;
};

void expect_confined(ElfMachine machine, bool confined, std::initializer_list<Code> codes) {
    for (const Code& each : codes) {
        SCOPED_TRACE(each.text);
        const auto instruction = decode(machine, each.bytes);
        ASSERT_TRUE(instruction);
        EXPECT_EQ(instruction->length, each.bytes.size());
        EXPECT_EQ(instruction->confined, confined);
    }
}

TEST(Decoder, tells_what_changes_more_than_registers_flags_and_its_operands) {
    expect_confined(ElfMachine::x86_64, false,
                    {{"fld1", {0xd9, 0xe8}},
                     {"fwait", {0x9b}},
                     {"emms", {0x0f, 0x77}},
                     {"movq %rax, %mm0", {0x48, 0x0f, 0x6e, 0xc0}},
                     {"pxor %xmm0, %xmm0", {0x66, 0x0f, 0xef, 0xc0}},
                     {"cvtsi2sd %ecx, %xmm0", {0xf2, 0x0f, 0x2a, 0xc1}},
                     {"vzeroupper", {0xc5, 0xf8, 0x77}},
                     {"fxsave (%rax)", {0x0f, 0xae, 0x00}},
                     {"ldmxcsr (%rax)", {0x0f, 0xae, 0x10}},
                     {"xsave (%rax)", {0x0f, 0xae, 0x20}},
                     {"xgetbv", {0x0f, 0x01, 0xd0}},
                     {"rdmsr", {0x0f, 0x32}},
                     {"wrmsr", {0x0f, 0x30}},
                     {"rdpmc", {0x0f, 0x33}},
                     {"rdtscp", {0x0f, 0x01, 0xf9}},
                     {"cpuid", {0x0f, 0xa2}},
                     {"rdrand %eax", {0x0f, 0xc7, 0xf0}},
                     {"rdseed %eax", {0x0f, 0xc7, 0xf8}},
                     {"rdpid %rax", {0xf3, 0x0f, 0xc7, 0xf8}},
                     {"mov %rax, %cr3", {0x0f, 0x22, 0xd8}},
                     {"mov %cr2, %rax", {0x0f, 0x20, 0xd0}},
                     {"mov %rax, %dr7", {0x0f, 0x23, 0xf8}},
                     {"mov %eax, %ds", {0x8e, 0xd8}},
                     {"pop %fs", {0x0f, 0xa1}},
                     {"lss (%rax), %eax", {0x0f, 0xb2, 0x00}},
                     {"swapgs", {0x0f, 0x01, 0xf8}},
                     {"wrfsbase %rax", {0xf3, 0x48, 0x0f, 0xae, 0xd0}},
                     {"lidt (%rax)", {0x0f, 0x01, 0x18}},
                     {"ltr %ax", {0x0f, 0x00, 0xd8}},
                     {"invlpg (%rax)", {0x0f, 0x01, 0x38}},
                     {"clts", {0x0f, 0x06}},
                     {"sti", {0xfb}},
                     {"in $0x20, %al", {0xe4, 0x20}},
                     {"outsb", {0x6e}},
                     {"lret", {0xcb}},
                     {"ljmp *(%rax)", {0xff, 0x28}},
                     {"lcall *(%rax)", {0xff, 0x18}},
                     {"iretl", {0xcf}},
                     {"int $0x80", {0xcd, 0x80}},
                     {"int1", {0xf1}},
                     {"syscall", {0x0f, 0x05}},
                     {"enter $0, $0", {0xc8, 0x00, 0x00, 0x00}},
                     {"xlat", {0xd7}},
                     {"xbegin", {0xc7, 0xf8, 0, 0, 0, 0}},
                     {"monitor", {0x0f, 0x01, 0xc8}},
                     {"vmcall", {0x0f, 0x01, 0xc1}},
                     {"bts %ecx, (%rax)", {0x0f, 0xab, 0x08}},
                     {"bt %ecx, (%rax)", {0x0f, 0xa3, 0x08}}});
    expect_confined(ElfMachine::i386, false,
                    {{"mov (%bx), %eax", {0x67, 0x8b, 0x07}},
                     {"stosb %al, (%di)", {0x67, 0xaa}},
                     {"lds (%eax), %eax", {0xc5, 0x00}},
                     {"pop %es", {0x07}},
                     {"lcall $8, $0", {0x9a, 0, 0, 0, 0, 8, 0}},
                     {"iretw", {0x66, 0xcf}},
                     {"into", {0xce}}});
}

TEST(Decoder, lets_pass_what_changes_no_more_than_that) {
    expect_confined(ElfMachine::x86_64, true,
                    {{"mov %ds, %eax", {0x8c, 0xd8}},
                     {"push %fs", {0x0f, 0xa0}},
                     {"pushfq", {0x9c}},
                     {"popfq", {0x9d}},
                     {"cli", {0xfa}},
                     {"std", {0xfd}},
                     {"lahf", {0x9f}},
                     {"rep stosq", {0xf3, 0x48, 0xab}},
                     {"mov (%ecx), %edx", {0x67, 0x8b, 0x11}},
                     {"bts $1, (%rax)", {0x0f, 0xba, 0x28, 0x01}},
                     {"bts %ecx, %eax", {0x0f, 0xab, 0xc8}},
                     {"lock cmpxchg16b (%rcx)", {0xf0, 0x48, 0x0f, 0xc7, 0x09}},
                     {"lock xadd %eax, (%r9)", {0xf0, 0x41, 0x0f, 0xc1, 0x01}},
                     {"cqo", {0x48, 0x99}},
                     {"div %ecx", {0xf7, 0xf1}},
                     {"popcnt %rax, %rax", {0xf3, 0x48, 0x0f, 0xb8, 0xc0}},
                     {"tzcnt %eax, %eax", {0xf3, 0x0f, 0xbc, 0xc0}},
                     {"movbe (%rax), %eax", {0x0f, 0x38, 0xf0, 0x00}},
                     {"lea (%rsp), %rax", {0x48, 0x8d, 0x04, 0x24}},
                     {"leave", {0xc9}},
                     {"ret", {0xc3}},
                     {"iretq", {0x48, 0xcf}},
                     {"call *(%rax)", {0xff, 0x10}},
                     {"jmp *%rax", {0xff, 0xe0}},
                     {"mfence", {0x0f, 0xae, 0xf0}},
                     {"prefetcht0 (%rax)", {0x0f, 0x18, 0x08}},
                     {"endbr64", {0xf3, 0x0f, 0x1e, 0xfa}},
                     {"nopl 0(%rax,%rax)", {0x0f, 0x1f, 0x44, 0, 0}},
                     {"pause", {0xf3, 0x90}},
                     {"hlt", {0xf4}},
                     {"rdtsc", {0x0f, 0x31}},
                     {"ud2", {0x0f, 0x0b}},
                     {"int3", {0xcc}},
                     {"out %al, $0xf4", {0xe6, 0xf4}},
                     {"out %al, %dx", {0xee}}});
    expect_confined(ElfMachine::i386, true,
                    {{"pushad", {0x60}}, {"popad", {0x61}}, {"iretl", {0xcf}}, {"jcxz", {0x67, 0xe3, 0x00}}});
}

TEST(Decoder, knows_which_port_is_written_to) {
    const auto fixed = decode(ElfMachine::x86_64, {0xe6, 0xf4});
    EXPECT_EQ(fixed->kind, Kind::out);
    EXPECT_EQ(fixed->port, 0xf4);
    EXPECT_EQ(decode(ElfMachine::x86_64, {0xee})->port, Instruction::port_in_dx);
}

TEST(Decoder, sees_a_pop_to_memory_write_where_the_stack_pointer_is_afterwards) {
    const auto pop = decode(ElfMachine::x86_64, {0x8f, 0x44, 0x24, 0x08});  // pop 8(%rsp)
    ASSERT_EQ(pop->operands, 2U);
    EXPECT_EQ(pop->memory[0].displacement, 16);
    EXPECT_TRUE(pop->memory[0].written);
    EXPECT_EQ(decode(ElfMachine::x86_64, {0x8f, 0x40, 0x08})->memory[0].displacement, 8);  // pop 8(%rax)
}

TEST(Decoder, sees_where_an_address_is_cut_to_32_bits) {
    EXPECT_TRUE(decode(ElfMachine::x86_64, {0x67, 0x8b, 0x11})->memory[0].narrow);  // mov (%ecx), %edx
    EXPECT_FALSE(decode(ElfMachine::x86_64, {0x8b, 0x11})->memory[0].narrow);
    EXPECT_TRUE(decode(ElfMachine::i386, {0x8b, 0x11})->memory[0].narrow);
}

TEST(Decoder, says_so_where_there_is_no_instruction) {
    EXPECT_FALSE(decode(ElfMachine::x86_64, {0x06}));
    EXPECT_FALSE(decode(ElfMachine::x86_64, {0x48}));
    EXPECT_FALSE(decode(ElfMachine::x86_64, {}));
    EXPECT_EQ(Decoder(ElfMachine::x86_64).text(code({0x06}), here), "(bad)");
    EXPECT_EQ(Decoder(ElfMachine::x86_64).text(code({0xc3}), here), "ret");
}

}  // namespace
}  // namespace nmistorm::decode
