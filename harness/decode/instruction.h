// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/address.h"
#include "image/image.h"

namespace nmistorm::decode {

/// What an instruction does to memory, as far as it can be said without running it:
///   address = segment + base + index * scale + displacement
struct MemoryOperand {
    /// Register numbers as the ISA counts them: ax 0, cx 1, ..., r15 15.
    static constexpr std::int8_t no_register = -1;
    enum class Segment : std::uint8_t { flat, fs, gs };

    std::int8_t base = no_register;
    std::int8_t index = no_register;
    std::uint8_t scale = 0;
    Segment segment = Segment::flat;
    /// All but the segment, and the count of what is repeated, is cut to 32 bits.
    bool narrow = false;
    /// By REP: the count register says how often, and the direction flag which way.
    bool repeated = false;
    bool read = false;
    bool written = false;  ///< or may be
    std::uint32_t size = 0;
    std::int64_t displacement = 0;  ///< with the instruction's own address where that counts
};

struct Instruction {
    /// What the explorer must know of it besides its operands.
    enum class Kind : std::uint8_t { other, nop, pause, halt, iret, rdtsc, ret, pushf, popf, out };
    static constexpr std::int16_t port_in_dx = -1;

    GuestVirt address;
    std::uint8_t length = 0;
    Kind kind = Kind::other;
    /// It neither changes nor reads anything but general registers, flags, the selectors of segments and the
    /// memory that its operands name; or it does nothing but end the guest. Of an OUT that is for the port to
    /// say, of an IRET for the frame.
    bool confined = false;
    std::int16_t port = port_in_dx;  ///< of an OUT
    /// The next to run is the one behind it, unless it faults; not so those that REP repeats.
    bool falls_through = false;
    std::uint8_t operands = 0;
    std::array<MemoryOperand, 4> memory;  ///< the first `operands`, implicit ones of the stack included
};

/// Decodes the guest's instructions; the only user of Zydis. In nmistorm-static, which cannot have it, the
/// constructor throws HostCannot.
class Decoder {
  public:
    explicit Decoder(image::ElfMachine machine);
    Decoder(Decoder&&) noexcept;
    ~Decoder();

    /// The instruction that @p code begins with; nothing if it is none.
    [[nodiscard]] std::optional<Instruction> decode(std::span<const std::byte> code, GuestVirt at) const;
    /// The same as text; "(bad)" if it is none.
    [[nodiscard]] std::string text(std::span<const std::byte> code, GuestVirt at) const;

  private:
    struct Zydis;
    std::unique_ptr<Zydis> zydis_;
};

}  // namespace nmistorm::decode
