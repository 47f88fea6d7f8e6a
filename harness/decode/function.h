// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "decode/instruction.h"
#include "image/image.h"

namespace nmistorm::decode {

/// The instructions of @p function, by address, up to the first bytes that are none.
std::vector<Instruction> instructions_of(const Decoder& decoder, const image::Image& image,
                                         const image::Symbol& function);

}  // namespace nmistorm::decode
