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
#include "machine/registers.h"

namespace nmistorm::engines {
namespace {

constexpr std::size_t instructions_before = 4;
constexpr unsigned instructions_after = 6;  // the one at the ip included
constexpr std::uint64_t longest_function = 64 * 1024;
constexpr std::uint64_t longest_instruction = 15;  // bytes, SDM 2A, 2.3.11
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

/// A vCPU that does not run.
struct Stopped {
    unsigned vcpu;
    bool halted;
    bool in_nmi;
    kvm_regs regs;
    std::uint64_t percpu;                        ///< where the guest's memory of this CPU is
    std::optional<GuestVirt> exception_at = {};  ///< it ended in the handler of an exception of this one
};

/// Reads from a guest where its vCPUs are.
class Reader {
  public:
    Reader(const machine::GuestMemory& memory, const image::Image& image)
        : memory_(memory),
          image_(image),
          decoder_(image.machine()),
          i386_(image.machine() == image::ElfMachine::i386),
          word_size_(i386_ ? sizeof(std::uint32_t) : sizeof(std::uint64_t)) {
        for (const char* member :
             {"rcu.dynticks", "rcu.nmi_nesting", "rcu.qs_count", "preempt_count", "offline"}) {
            if (const auto offset = image.member_offset("percpu", member)) {
                rcu_.emplace_back(member, *offset);
            }
        }
    }

    [[nodiscard]] oracle::VcpuEnd end_of(const Stopped& stopped) const {
        const std::vector<image::Frame> frames = frames_of(stopped);
        const image::Frame& at = frames.front();
        return {.vcpu = stopped.vcpu,
                .halted = stopped.halted,
                .in_nmi = stopped.in_nmi,
                .ip = at.ip,
                .where = image_.describe(at.ip),
                .registers = named(at.registers, i386_),
                .rcu = rcu_of(stopped.percpu),
                .code = code_around(at.ip),
                .stack = frames.size() > 1 ? callers(frames)
                                           : returns_on_stack(at.registers[image::stack_pointer])};
    }

  private:
    /// From where it is, or where it took its exception.
    [[nodiscard]] std::vector<image::Frame> frames_of(const Stopped& stopped) const {
        image::Frame innermost{.ip = GuestVirt{stopped.regs.rip}};
        for (unsigned number = 0; number < innermost.registers.size(); ++number) {
            innermost.registers[number] = machine::general_register(stopped.regs, number);
        }
        std::vector<image::Frame> frames = image_.backtrace(
            innermost, [this](std::uint64_t at) { return word_at(memory_, at, word_size_); });
        if (stopped.exception_at) {
            // What the handler does afterwards tells nothing.
            const auto raised = std::ranges::find_if(frames, [&](const image::Frame& frame) {
                return !frame.after_call && frame.ip == *stopped.exception_at;
            });
            frames.erase(frames.begin(), raised == frames.end() ? frames.begin() : raised);
        }
        return frames;
    }

    [[nodiscard]] std::vector<std::string> callers(const std::vector<image::Frame>& frames) const {
        std::vector<std::string> lines;
        for (std::size_t n = 1; n < frames.size(); ++n) {
            lines.push_back(frames[n].after_call ? image_.describe_return(frames[n].ip)
                                                 : image_.describe(frames[n].ip));
        }
        return lines;
    }

    /// The words on the stack that lead into the image's code, for images without call frame information.
    [[nodiscard]] std::vector<std::string> returns_on_stack(std::uint64_t sp) const {
        std::vector<std::string> lines;
        for (std::uint64_t n = 0; n < stack_words && lines.size() < returns_shown; ++n) {
            const auto word = word_at(memory_, sp + n * word_size_, word_size_);
            if (!word) {
                break;
            }
            // What it returns to comes after a call, which is the last instruction of some functions.
            if (*word != 0 && image_.is_code(GuestVirt{*word - 1})) {
                lines.push_back(image_.describe_return(GuestVirt{*word}));
            }
        }
        return lines;
    }

    [[nodiscard]] std::vector<std::pair<std::string, std::uint32_t>> rcu_of(std::uint64_t percpu) const {
        std::vector<std::pair<std::string, std::uint32_t>> known;
        for (const auto& [member, offset] : rcu_) {
            if (const auto value = word_at(memory_, percpu + offset, sizeof(std::uint32_t))) {
                known.emplace_back(member, static_cast<std::uint32_t>(*value));
            }
        }
        return known;
    }

    /// Adds the instruction at @p at and moves @p at to the next; false if there is none in @p most bytes.
    bool add(std::vector<std::string>& lines, const char* mark, GuestVirt& at, std::uint64_t most) const {
        const auto bytes = bytes_at(memory_, at, most);
        const auto instruction = decoder_.decode(bytes, at);
        if (!instruction) {
            return false;
        }
        lines.push_back(fmt::format("{}{:#x}  {}", mark, at.value, decoder_.text(bytes, at)));
        at.value += instruction->length;
        return true;
    }

    /// The instructions of its function before @p ip; none if they do not lead to it.
    [[nodiscard]] std::vector<std::string> code_before(GuestVirt ip) const {
        const image::Symbol* function = image_.is_code(ip) ? image_.symbol_at(ip) : nullptr;
        if (function == nullptr || ip.value - function->address.value > longest_function) {
            return {};
        }
        std::vector<std::string> lines;
        for (GuestVirt at = function->address; at < ip;) {
            if (!add(lines, "   ", at, ip.value - at.value)) {
                return {};
            }
        }
        lines.erase(lines.begin(),
                    lines.end() - std::min<std::ptrdiff_t>(std::ssize(lines), instructions_before));
        return lines;
    }

    [[nodiscard]] std::vector<std::string> code_around(GuestVirt ip) const {
        std::vector<std::string> lines = code_before(ip);
        GuestVirt at = ip;
        for (unsigned n = 0; n < instructions_after; ++n) {
            if (!add(lines, n == 0 ? "=> " : "   ", at, longest_instruction)) {
                break;
            }
        }
        return lines;
    }

    const machine::GuestMemory& memory_;
    const image::Image& image_;
    decode::Decoder decoder_;
    bool i386_;
    std::size_t word_size_;
    /// Offsets by the names of members, from the debug information of our guests.
    std::vector<std::pair<std::string, std::uint64_t>> rcu_;
};

}  // namespace

std::vector<oracle::VcpuEnd> vcpu_ends(guests::Guest& guest, machine::Machine& machine,
                                       const image::Image& image,
                                       const std::vector<oracle::FatalExit>& fatal_exits) {
    const Reader reader(guest.vm().memory(), image);
    std::vector<oracle::VcpuEnd> ends;
    for (unsigned cpu = 0; cpu < machine.vcpus(); ++cpu) {
        const kvm::Vcpu& vcpu = machine.vcpu(cpu).vcpu();
        const oracle::NmiCounts nmis = guest.nmis(cpu);
        const auto fatal = std::ranges::find(fatal_exits, cpu, &oracle::FatalExit::vcpu);
        const bool raised = fatal != fatal_exits.end() && fatal->panic;
        ends.push_back(reader.end_of(
            {.vcpu = cpu,
             .halted = vcpu.is_halted(),
             .in_nmi = nmis.entries != nmis.exits,
             .regs = vcpu.regs(),
             .percpu = vcpu.sregs().gs.base,
             .exception_at = raised ? std::optional(GuestVirt{fatal->panic->ip}) : std::nullopt}));
    }
    return ends;
}

std::vector<oracle::VcpuEnd> vcpu_ends(guests::ExploredGuest& explored, const image::Image& image) {
    guests::SteppedGuest& guest = explored.guest();
    const Reader reader(guest.memory(), image);
    std::vector<oracle::VcpuEnd> ends;
    for (unsigned cpu = 0; cpu < guest.cpus(); ++cpu) {
        const decode::Instruction* next = guest.next(cpu);
        ends.push_back(
            reader.end_of({.vcpu = cpu,
                           .halted = next != nullptr && next->kind == decode::Instruction::Kind::halt,
                           .in_nmi = guest.vcpu(cpu).in_nmi,
                           .regs = guest.vcpu(cpu).regs,
                           .percpu = guest.layout().cpu_page(cpu).value}));
    }
    return ends;
}

}  // namespace nmistorm::engines
