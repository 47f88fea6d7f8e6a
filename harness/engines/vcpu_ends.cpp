// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/vcpu_ends.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "decode/instruction.h"
#include "machine/guest_memory.h"

namespace nmistorm::engines {
namespace {

constexpr std::size_t instructions_before = 4;
constexpr unsigned instructions_after = 6;  // the one at the ip included
constexpr std::uint64_t longest_function = 64 * 1024;
constexpr std::uint64_t stack_words = 128;
constexpr std::size_t returns_shown = 12;

/// What lies in guest memory at @p address, at most @p most bytes; it may be destroyed code.
std::span<const std::byte> bytes_at(const machine::GuestMemory& memory, GuestVirt address,
                                    std::uint64_t most) {
    if (address.value >= memory.size()) {
        return {};
    }
    return memory.span({address.value}, std::min(most, memory.size() - address.value));
}

std::optional<std::uint64_t> word_at(const machine::GuestMemory& memory, std::uint64_t address,
                                     std::size_t size) {
    const auto bytes = bytes_at(memory, GuestVirt{address}, size);
    if (bytes.size() != size) {
        return std::nullopt;
    }
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), size);
    return word;
}

std::vector<std::pair<std::string, std::uint64_t>> named(const image::Registers& registers, bool i386) {
    constexpr std::array names = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (std::size_t n = 0; n < (i386 ? names.size() : registers.size()); ++n) {
        all.emplace_back(
            n < names.size() ? (i386 ? "e" : "r") + std::string(names[n]) : fmt::format("r{}", n),
            registers[n]);
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
        const auto value = offset ? word_at(memory, percpu + *offset, sizeof(std::uint32_t)) : std::nullopt;
        if (value) {
            known.emplace_back(member, static_cast<std::uint32_t>(*value));
        }
    }
    return known;
}

/// The instructions of its function before @p ip; none if they do not lead to it.
std::vector<std::string> code_before(const decode::Decoder& decoder, const machine::GuestMemory& memory,
                                     const image::Image& image, GuestVirt ip) {
    std::vector<std::string> lines;
    const auto& symbols = image.symbols();
    const auto next = std::ranges::upper_bound(symbols, ip, {}, &image::Symbol::address);
    if (!image.is_code(ip) || next == symbols.begin() ||
        ip.value - std::prev(next)->address.value > longest_function) {
        return {};
    }
    GuestVirt at = std::prev(next)->address;
    while (at.value < ip.value) {
        const auto bytes = bytes_at(memory, at, ip.value - at.value);
        const auto instruction = decoder.decode(bytes, at);
        if (!instruction) {
            return {};
        }
        lines.push_back(fmt::format("   {:#x}  {}", at.value, decoder.text(bytes, at)));
        at.value += instruction->length;
    }
    lines.erase(lines.begin(),
                lines.end() - std::min<std::ptrdiff_t>(std::ssize(lines), instructions_before));
    return lines;
}

std::vector<std::string> code_around(const decode::Decoder& decoder, const machine::GuestMemory& memory,
                                     const image::Image& image, GuestVirt ip) {
    constexpr std::uint64_t longest_instruction = 15;  // bytes, SDM 2A, 2.3.11
    std::vector<std::string> lines = code_before(decoder, memory, image, ip);
    GuestVirt at = ip;
    for (unsigned n = 0; n < instructions_after; ++n) {
        const auto bytes = bytes_at(memory, at, longest_instruction);
        const auto instruction = decoder.decode(bytes, at);
        if (!instruction) {
            break;
        }
        lines.push_back(
            fmt::format("{}{:#x}  {}", n == 0 ? "=> " : "   ", at.value, decoder.text(bytes, at)));
        at.value += instruction->length;
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
        if (*word != 0 && image.is_code(GuestVirt{*word - 1})) {
            lines.push_back(image.describe_return(GuestVirt{*word}));
        }
    }
    return lines;
}

/// A vCPU that does not run.
struct Stopped {
    unsigned vcpu;
    bool halted;
    bool in_nmi;
    kvm_regs regs;
    std::uint64_t percpu;                   ///< where the guest's memory of this CPU is
    std::optional<GuestVirt> exception_at;  ///< it ended in the handler of an exception of this instruction
};

oracle::VcpuEnd end_of(const Stopped& stopped, const machine::GuestMemory& memory, const image::Image& image,
                       const decode::Decoder& decoder) {
    const bool i386 = image.machine() == image::ElfMachine::i386;
    const std::size_t word_size = i386 ? sizeof(std::uint32_t) : sizeof(std::uint64_t);
    const image::WordAt word = [&memory, word_size](std::uint64_t address) {
        return word_at(memory, address, word_size);
    };
    const kvm_regs& regs = stopped.regs;
    std::vector<image::Frame> frames = image.backtrace(
        {.ip = GuestVirt{regs.rip},
         .registers = {regs.rax, regs.rcx, regs.rdx, regs.rbx, regs.rsp, regs.rbp, regs.rsi, regs.rdi,
                       regs.r8, regs.r9, regs.r10, regs.r11, regs.r12, regs.r13, regs.r14, regs.r15}},
        word);
    if (stopped.exception_at) {
        // What the handler does afterwards tells nothing.
        const auto raised = std::ranges::find_if(frames, [&](const image::Frame& frame) {
            return !frame.after_call && frame.ip == *stopped.exception_at;
        });
        frames.erase(frames.begin(), raised == frames.end() ? frames.begin() : raised);
    }
    const image::Frame& at = frames.front();
    std::vector<std::string> stack;
    for (std::size_t n = 1; n < frames.size(); ++n) {
        stack.push_back(frames[n].after_call ? image.describe_return(frames[n].ip)
                                             : image.describe(frames[n].ip));
    }
    if (stack.empty()) {
        constexpr std::size_t sp = 4;
        stack = returns_on_stack(image, at.registers[sp], word_size, word);
    }
    return {.vcpu = stopped.vcpu,
            .halted = stopped.halted,
            .in_nmi = stopped.in_nmi,
            .ip = at.ip,
            .where = image.describe(at.ip),
            .registers = named(at.registers, i386),
            .rcu = rcu_of(memory, image, stopped.percpu),
            .code = code_around(decoder, memory, image, at.ip),
            .stack = std::move(stack)};
}

}  // namespace

std::vector<oracle::VcpuEnd> vcpu_ends(guests::Guest& guest, machine::Machine& machine,
                                       const image::Image& image,
                                       const std::vector<oracle::FatalExit>& fatal_exits) {
    const decode::Decoder decoder(image.machine());
    std::vector<oracle::VcpuEnd> ends;
    for (unsigned cpu = 0; cpu < machine.vcpus(); ++cpu) {
        const kvm::Vcpu& vcpu = machine.vcpu(cpu).vcpu();
        const oracle::NmiCounts nmis = guest.nmis(cpu);
        const auto fatal = std::ranges::find(fatal_exits, cpu, &oracle::FatalExit::vcpu);
        const bool raised = fatal != fatal_exits.end() && fatal->panic;
        ends.push_back(
            end_of({.vcpu = cpu,
                    .halted = vcpu.is_halted(),
                    .in_nmi = nmis.entries != nmis.exits,
                    .regs = vcpu.regs(),
                    .percpu = vcpu.sregs().gs.base,
                    .exception_at = raised ? std::optional(GuestVirt{fatal->panic->ip}) : std::nullopt},
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
                               .percpu = guest.layout().cpu_page(cpu).value,
                               .exception_at = {}},
                              guest.memory(), image, decoder));
    }
    return ends;
}

}  // namespace nmistorm::engines
