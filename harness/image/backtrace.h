// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace nmistorm::image {

/// A vCPU's general registers as the ISA numbers them: ax, cx, dx, bx, sp, bp, si, di, and r8 to r15, which
/// i386 has not.
using Registers = std::array<std::uint64_t, 16>;

/// A word of guest memory, as wide as those of the image's machine; none where there is no memory.
using WordAt = std::function<std::optional<std::uint64_t>(std::uint64_t address)>;

}  // namespace nmistorm::image
