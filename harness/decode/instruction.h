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

/// An instruction's access to memory, as far as it is known before the instruction runs:
///   address = segment + base + index * scale + displacement
struct MemoryOperand {
    /// Register numbers as the ISA counts them: ax 0, cx 1, ..., r15 15.
    static constexpr std::int8_t no_register = -1;
    enum class Segment : std::uint8_t { flat, fs, gs };

    std::int8_t base = no_register;
    std::int8_t index = no_register;
    std::uint8_t scale = 0;
    Segment segment = Segment::flat;
    /// The address is cut to 32 bits before the segment is added, and so is the count of a repetition.
    bool narrow = false;
    /// Repeated by REP: the count register tells how often, the direction flag which way.
    bool repeated = false;
    bool read = false;
    bool written = false;  ///< or may be written
    std::uint32_t size = 0;
    std::int64_t displacement = 0;  ///< includes the instruction's address if RIP-relative
};

struct Instruction {
    /// What the explorer must know about the instruction besides its operands.
    enum class Kind : std::uint8_t { other, nop, pause, halt, iret, rdtsc, ret, pushf, popf, out };
    static constexpr std::int16_t port_in_dx = -1;

    GuestVirt address;
    std::uint8_t length = 0;
    Kind kind = Kind::other;
    /// It changes and reads nothing except general registers, flags, segment selectors and the memory that
    /// its operands name; or it only ends the guest. For an OUT this depends on the port, for an IRET on the
    /// frame.
    bool confined = false;
    std::int16_t port = port_in_dx;  ///< of an OUT
    /// The next instruction to run is the one after it, unless it faults. False for instructions with REP.
    bool falls_through = false;
    std::uint8_t operands = 0;
    std::array<MemoryOperand, 4> memory;  ///< the first `operands`, implicit stack operands included
};

/// Decodes the guest's instructions. It is the only user of Zydis.
class Decoder {
  public:
    explicit Decoder(image::ElfMachine machine);
    Decoder(Decoder&&) noexcept;
    ~Decoder();

    /// The instruction at the start of @p code; none if there is no valid one.
    [[nodiscard]] std::optional<Instruction> decode(std::span<const std::byte> code, GuestVirt at) const;
    /// The instruction as text; "(bad)" if there is no valid one.
    [[nodiscard]] std::string text(std::span<const std::byte> code, GuestVirt at) const;

  private:
    struct Zydis;
    std::unique_ptr<Zydis> zydis_;
};

}  // namespace nmistorm::decode
