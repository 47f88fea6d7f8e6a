// SPDX-License-Identifier: GPL-2.0-or-later
/// @file
/// What nmistorm-static has in place of harness/decode: Debian's package of Zydis comes without an archive.

#include "base/error.h"
#include "decode/instruction.h"

namespace nmistorm::decode {

struct Decoder::Zydis {};

Decoder::Decoder(image::ElfMachine /*machine*/) {
    throw HostCannot(
        "this nmistorm is linked statically and so without Zydis, which instructions are decoded with: "
        "use the one that scripts/build makes beside it");
}

Decoder::Decoder(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

// There is no Decoder to call them with.
std::optional<Instruction> Decoder::decode(std::span<const std::byte> /*code*/, GuestVirt /*at*/) const {
    return std::nullopt;
}

std::string Decoder::text(std::span<const std::byte> /*code*/, GuestVirt /*at*/) const {
    return {};
}

}  // namespace nmistorm::decode
