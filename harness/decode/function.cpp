// SPDX-License-Identifier: GPL-2.0-or-later
#include "decode/function.h"

namespace nmistorm::decode {

std::vector<Instruction> instructions_of(const Decoder& decoder, const image::Image& image,
                                         const image::Symbol& function) {
    std::vector<Instruction> instructions;
    const std::uint64_t end = function.address.value + function.size;
    for (GuestVirt at = function.address; at.value < end; at.value += instructions.back().length) {
        const auto instruction = decoder.decode(image.bytes_at(at), at);
        if (!instruction) {
            break;
        }
        instructions.push_back(*instruction);
    }
    return instructions;
}

}  // namespace nmistorm::decode
