// SPDX-License-Identifier: GPL-2.0-or-later
// What called what, by call frame information (DWARF 5, 6.4). libdw reads it. The guest's registers and
// memory may be anything.
#include "image/backtrace.h"

#include <dwarf.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "image/debug.h"

namespace nmistorm::image {
namespace {

constexpr std::size_t frames_most = 32;  // a stack may lead in circles

using CallFrame = std::unique_ptr<Dwarf_Frame, void (*)(void*)>;

/// The rules for the code at @p address; null where the image has none.
CallFrame call_frame(Dwarf_CFI* information, std::uint64_t address) {
    Dwarf_Frame* frame = nullptr;
    if (information == nullptr || dwarf_cfi_addrframe(information, address, &frame) != 0) {
        frame = nullptr;
    }
    return {frame, std::free};
}

/// Goes from one frame to the one that called it.
class Unwinder {
  public:
    Unwinder(bool i386, const WordAt& word_at) : i386_(i386), word_at_(word_at) {}

    /// False if @p rules do not tell.
    bool up(Dwarf_Frame& rules, Frame& frame) const {
        Dwarf_Op* ops = nullptr;
        std::size_t count = 0;
        if (dwarf_frame_cfa(&rules, &ops, &count) != 0) {
            return false;
        }
        const auto cfa = evaluate(ops, count, frame.registers, 0);
        bool interrupted = false;
        const int return_column = dwarf_frame_info(&rules, nullptr, nullptr, &interrupted);
        const auto ip = cfa ? value(rules, return_column, frame.registers, *cfa) : std::nullopt;
        if (!ip) {
            return false;
        }
        Frame caller{.ip = GuestVirt{*ip}, .after_call = !interrupted, .registers = frame.registers};
        caller.registers[stack_pointer] = *cfa;
        for (unsigned number = 0; number < registers(); ++number) {
            const auto kept = value(rules, dwarf_number(number), frame.registers, *cfa);
            caller.registers[number] = kept.value_or(caller.registers[number]);
        }
        frame = caller;
        return true;
    }

    /// As after a call to where no code is: the return address is all that it left.
    bool up_from_nowhere(Frame& frame) const {
        const auto ip = word_at_(frame.registers[stack_pointer]);
        if (!ip) {
            return false;
        }
        frame.ip = GuestVirt{*ip};
        frame.after_call = true;
        frame.registers[stack_pointer] += i386_ ? 4 : 8;
        return true;
    }

  private:
    [[nodiscard]] unsigned registers() const { return i386_ ? 8 : 16; }

    /// psABI of x86-64, figure 3.36. The one of i386 numbers them as the ISA does.
    [[nodiscard]] int dwarf_number(unsigned number) const {
        constexpr std::array<int, 8> x86_64 = {0, 2, 1, 3, 7, 6, 4, 5};
        return static_cast<int>(i386_ || number >= x86_64.size() ? number : x86_64[number]);
    }

    [[nodiscard]] std::optional<std::uint64_t> register_value(Dwarf_Word dwarf, const Registers& of) const {
        for (unsigned number = 0; number < registers(); ++number) {
            if (dwarf_number(number) == static_cast<int>(dwarf)) {
                return of[number];
            }
        }
        return std::nullopt;
    }

    /// Of the register @p dwarf in the caller; none if it was not kept, or not changed.
    [[nodiscard]] std::optional<std::uint64_t> value(Dwarf_Frame& rules, int dwarf, const Registers& of,
                                                     std::uint64_t cfa) const {
        std::array<Dwarf_Op, 3> memory{};
        Dwarf_Op* ops = nullptr;
        std::size_t count = 0;
        if (dwarf_frame_register(&rules, dwarf, memory.data(), &ops, &count) != 0 || count == 0) {
            return std::nullopt;
        }
        if (count == 1 && ops[0].atom == DW_OP_regx) {
            return register_value(ops[0].number, of);
        }
        const bool is_value = ops[count - 1].atom == DW_OP_stack_value;
        const auto result = evaluate(ops, count - (is_value ? 1 : 0), of, cfa);
        return is_value || !result ? result : word_at_(*result);
    }

    /// What compilers and assemblers use for stacks; none of anything else.
    [[nodiscard]] std::optional<std::uint64_t> evaluate(const Dwarf_Op* ops, std::size_t count,
                                                        const Registers& of, std::uint64_t cfa) const {
        std::optional<std::uint64_t> result;
        for (const Dwarf_Op& op : std::span(ops, count)) {
            if (op.atom == DW_OP_call_frame_cfa) {
                result = cfa;
            } else if (op.atom == DW_OP_plus_uconst && result) {
                *result += op.number;
            } else if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31) {
                result = register_value(op.atom - DW_OP_breg0, of);
                result = result ? std::optional(*result + op.number) : result;
            } else if (op.atom == DW_OP_bregx) {
                result = register_value(op.number, of);
                result = result ? std::optional(*result + op.number2) : result;
            } else {
                return std::nullopt;
            }
        }
        return result && i386_ ? std::optional(*result & UINT32_MAX) : result;
    }

    bool i386_;
    const WordAt& word_at_;
};

}  // namespace

std::vector<Frame> Debug::backtrace(bool i386, const Frame& innermost, const WordAt& word_at) {
    read();
    Dwarf_CFI* information = dwarf_ != nullptr ? dwarf_getcfi(dwarf_) : nullptr;
    const auto is_code = [this](GuestVirt address) {
        const Symbol* found = find(address);
        return found != nullptr && found->function;
    };
    const Unwinder unwinder(i386, word_at);
    std::vector<Frame> frames = {innermost};
    while (frames.size() < frames_most) {
        Frame frame = frames.back();
        // A call may be the last instruction of its function.
        const GuestVirt in{frame.ip.value - (frame.after_call ? 1 : 0)};
        const CallFrame rules = call_frame(information, in.value);
        const bool goes_on = rules ? unwinder.up(*rules, frame)
                                   : information != nullptr && !frame.after_call && !is_code(in) &&
                                         unwinder.up_from_nowhere(frame) && is_code({frame.ip.value - 1});
        if (!goes_on) {
            break;
        }
        frames.push_back(frame);
    }
    return frames;
}

}  // namespace nmistorm::image
