// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/address.h"

namespace nmistorm::image {

/// A vCPU's general registers as the ISA numbers them: ax, cx, dx, bx, sp, bp, si, di, and r8 to r15, which
/// i386 has not.
using Registers = std::array<std::uint64_t, 16>;
inline constexpr std::size_t stack_pointer = 4;

/// A word of guest memory, as wide as those of the image's machine; none where there is no memory.
using WordAt = std::function<std::optional<std::uint64_t>(std::uint64_t address)>;

/// Where code is, or what called it.
struct Frame {
    GuestVirt ip;             ///< the instruction to run next
    bool after_call = false;  ///< `ip` is where the frame before returns to
    /// What a called function may change is as the frame before has it.
    Registers registers{};
};

}  // namespace nmistorm::image
