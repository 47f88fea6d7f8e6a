// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <Zydis/Zydis.h>

#include <span>

namespace nmistorm::decode {

/// Computes Instruction::confined from a decoded instruction and all of its operands. An instruction that is
/// not known to be confined is not.
bool is_confined(const ZydisDecodedInstruction& instruction, std::span<const ZydisDecodedOperand> operands);

}  // namespace nmistorm::decode
