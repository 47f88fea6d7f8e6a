// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <Zydis/Zydis.h>

#include <span>

namespace nmistorm::decode {

/// Instruction::confined of what was decoded, with all of its operands. What is not known to be is not.
bool is_confined(const ZydisDecodedInstruction& instruction, std::span<const ZydisDecodedOperand> operands);

}  // namespace nmistorm::decode
