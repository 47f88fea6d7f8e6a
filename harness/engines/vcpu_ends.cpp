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

/// By the debug information of our guests.
std::vector<std::pair<std::string, std::uint32_t>> rcu_of(const machine::GuestMemory& memory,
                                                          const image::Image& image, std::uint64_t percpu) {
    std::vector<std::pair<std::string, std::uint32_t>> known;
    for (const char* member :
         {"rcu.dynticks", "rcu.nmi_nesting", "rcu.qs_count", "preempt_count", "offline"}) {
        const auto offset = image.member_offset("percpu", member);
        const auto value = offset ? word_at<std::uint32_t>(memory, percpu + *offset) : std::nullopt;
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

/// The words on the stack that lead into the image's code, for images without call frame information.
std::vector<std::string> returns_on_stack(const image::Image& image, std::uint64_t sp,
                                          std::uint64_t word_size, const image::WordAt& word_at) {
    std::vector<std::string> lines;
    for (std::uint64_t n = 0; n < stack_words && lines.size() < returns_shown; ++n) {
        const auto word = word_at(sp + n * word_size);
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

std::vector<std::string> stack_of(const kvm_regs& regs, const machine::GuestMemory& memory,
                                  const image::Image& image) {
    const bool i386 = image.machine() == image::ElfMachine::i386;
    const image::WordAt word = [&memory, i386](std::uint64_t address) {
        return i386 ? word_at<std::uint32_t>(memory, address) : word_at<std::uint64_t>(memory, address);
    };
    const image::Registers registers = {regs.rax, regs.rcx, regs.rdx, regs.rbx, regs.rsp, regs.rbp,
                                        regs.rsi, regs.rdi, regs.r8,  regs.r9,  regs.r10, regs.r11,
                                        regs.r12, regs.r13, regs.r14, regs.r15};
    const auto frames = image.backtrace(GuestVirt{regs.rip}, registers, word);
    if (frames.size() < 2) {
        return returns_on_stack(image, regs.rsp, i386 ? sizeof(std::uint32_t) : sizeof(std::uint64_t), word);
    }
    std::vector<std::string> lines;
    for (std::size_t n = 1; n < frames.size(); ++n) {
        lines.push_back(image.describe(frames[n]));
    }
    return lines;
}

/// A vCPU that does not run.
struct Stopped {
    unsigned vcpu;
    bool halted;
    bool in_nmi;
    kvm_regs regs;
    std::uint64_t percpu;  ///< where the guest's memory of this CPU is
};

oracle::VcpuEnd end_of(const Stopped& at, const machine::GuestMemory& memory, const image::Image& image,
                       const decode::Decoder& decoder) {
    const GuestVirt ip{at.regs.rip};
    return {.vcpu = at.vcpu,
            .halted = at.halted,
            .in_nmi = at.in_nmi,
            .ip = ip,
            .where = image.describe(ip),
            .registers = registers_of(at.regs, image.machine() == image::ElfMachine::i386),
            .rcu = rcu_of(memory, image, at.percpu),
            .code = code_at(decoder, image, ip),
            .stack = stack_of(at.regs, memory, image)};
}

}  // namespace

std::vector<oracle::VcpuEnd> vcpu_ends(guests::Guest& guest, machine::Machine& machine,
                                       const image::Image& image) {
    const decode::Decoder decoder(image.machine());
    std::vector<oracle::VcpuEnd> ends;
    for (unsigned cpu = 0; cpu < machine.vcpus(); ++cpu) {
        const kvm::Vcpu& vcpu = machine.vcpu(cpu).vcpu();
        const oracle::NmiCounts nmis = guest.nmis(cpu);
        ends.push_back(end_of({.vcpu = cpu,
                               .halted = vcpu.is_halted(),
                               .in_nmi = nmis.entries != nmis.exits,
                               .regs = vcpu.regs(),
                               .percpu = vcpu.sregs().gs.base},
                              guest.vm().memory(), image, decoder));
    }
    return ends;
}

std::vector<oracle::VcpuEnd> vcpu_ends(guests::ExploredGuest& explored, const image::Image& image) {
    const decode::Decoder decoder(image.machine());
    guests::SteppedGuest& guest = explored.guest();
    std::vector<oracle::VcpuEnd> ends;
    for (unsigned cpu = 0; cpu < guest.cpus(); ++cpu) {
        const decode::Instruction* next = guest.next(cpu);
        ends.push_back(end_of({.vcpu = cpu,
                               .halted = next != nullptr && next->kind == decode::Instruction::Kind::halt,
                               .in_nmi = guest.vcpu(cpu).in_nmi,
                               .regs = guest.vcpu(cpu).regs,
                               .percpu = guest.layout().cpu_page(cpu).value},
                              guest.memory(), image, decoder));
    }
    return ends;
}

}  // namespace nmistorm::engines
