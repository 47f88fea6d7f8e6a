// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/vcpu_ends.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "decode/instruction.h"
#include "machine/guest_memory.h"

namespace nmistorm::engines {
namespace {

constexpr unsigned instructions_shown = 6;
constexpr std::uint64_t stack_words = 128;
constexpr std::size_t returns_shown = 12;

/// A word of guest memory; none where it lies outside, or is not aligned.
template <typename Word>
std::optional<std::uint64_t> word_at(const machine::GuestMemory& memory, std::uint64_t address) {
    try {
        return memory.at<Word>(GuestPhys{address});
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::vector<std::pair<std::string, std::uint64_t>> registers_of(const kvm_regs& regs, bool i386) {
    std::vector<std::pair<std::string, std::uint64_t>> all = {
        {"ax", regs.rax},  {"cx", regs.rcx},      {"dx", regs.rdx},  {"bx", regs.rbx},  {"sp", regs.rsp},
        {"bp", regs.rbp},  {"si", regs.rsi},      {"di", regs.rdi},  {"r8", regs.r8},   {"r9", regs.r9},
        {"r10", regs.r10}, {"r11", regs.r11},     {"r12", regs.r12}, {"r13", regs.r13}, {"r14", regs.r14},
        {"r15", regs.r15}, {"flags", regs.rflags}};
    constexpr std::size_t first_of_64_bit_alone = 8;
    if (i386) {
        all.erase(all.begin() + first_of_64_bit_alone, all.end() - 1);
    }
    for (auto& [name, value] : all) {
        if (name.front() != 'r') {
            name.insert(name.begin(), i386 ? 'e' : 'r');
        }
    }
    return all;
}

/// By the debug information of our guests, whose per-CPU memory gs points to.
std::vector<std::pair<std::string, std::uint32_t>> rcu_of(const machine::GuestMemory& memory,
                                                          const image::Image& image, std::uint64_t gs_base) {
    std::vector<std::pair<std::string, std::uint32_t>> known;
    for (const char* member :
         {"rcu.dynticks", "rcu.nmi_nesting", "rcu.qs_count", "preempt_count", "offline"}) {
        const auto offset = image.member_offset("percpu", member);
        const auto value = offset ? word_at<std::uint32_t>(memory, gs_base + *offset) : std::nullopt;
        if (value) {
            known.emplace_back(member, static_cast<std::uint32_t>(*value));
        }
    }
    return known;
}

std::vector<std::string> code_at(const decode::Decoder& decoder, const image::Image& image, GuestVirt ip) {
    std::vector<std::string> lines;
    while (lines.size() < instructions_shown) {
        const auto bytes = image.bytes_at(ip);
        const auto instruction = decoder.decode(bytes, ip);
        if (!instruction) {
            break;
        }
        lines.push_back(fmt::format("{:#x}  {}", ip.value, decoder.text(bytes, ip)));
        ip.value += instruction->length;
    }
    return lines;
}

template <typename Word>
std::vector<std::string> stack_at(const machine::GuestMemory& memory, const image::Image& image,
                                  std::uint64_t sp) {
    std::vector<std::string> lines;
    for (std::uint64_t n = 0; n < stack_words && lines.size() < returns_shown; ++n) {
        const auto word = word_at<Word>(memory, sp + n * sizeof(Word));
        if (!word) {
            break;
        }
        // What it returns to comes after a call, which is the last instruction of some functions.
        if (*word != 0 && !image.name_at(GuestVirt{*word - 1}).empty() &&
            !image.bytes_at(GuestVirt{*word - 1}).empty()) {
            lines.push_back(image.describe(GuestVirt{*word - 1}));
        }
    }
    return lines;
}

}  // namespace

std::vector<oracle::VcpuEnd> vcpu_ends(guests::Guest& guest, machine::Machine& machine,
                                       const image::Image& image) {
    const bool i386 = image.machine() == image::ElfMachine::i386;
    const decode::Decoder decoder(image.machine());
    const machine::GuestMemory& memory = guest.vm().memory();
    std::vector<oracle::VcpuEnd> ends;
    for (unsigned cpu = 0; cpu < machine.vcpus(); ++cpu) {
        const kvm::Vcpu& vcpu = machine.vcpu(cpu).vcpu();
        const kvm_regs regs = vcpu.regs();
        const oracle::NmiCounts nmis = guest.nmis(cpu);
        const GuestVirt ip{regs.rip};
        ends.push_back({.vcpu = cpu,
                        .halted = vcpu.is_halted(),
                        .in_nmi = nmis.entries != nmis.exits,
                        .ip = ip,
                        .where = image.describe(ip),
                        .registers = registers_of(regs, i386),
                        .rcu = rcu_of(memory, image, vcpu.sregs().gs.base),
                        .code = code_at(decoder, image, ip),
                        .stack = i386 ? stack_at<std::uint32_t>(memory, image, regs.rsp)
                                      : stack_at<std::uint64_t>(memory, image, regs.rsp)});
    }
    return ends;
}

}  // namespace nmistorm::engines
