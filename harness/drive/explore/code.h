// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "decode/instruction.h"
#include "image/image.h"
#include "machine/guest_memory.h"
#include "machine/layout.h"

namespace nmistorm::drive::explore {

/// The guest's instructions, each decoded once, from guest memory.
class Code {
  public:
    Code(const image::Image& image, const machine::GuestMemory& memory, const machine::Layout& layout);

    /// The instruction at @p ip; null where there is none.
    const decode::Instruction* at(GuestVirt ip);
    [[nodiscard]] std::string text(GuestVirt ip) const;
    /// @p address was written to: what was decoded there counts no longer.
    void written(GuestPhys address, std::uint64_t size);

  private:
    [[nodiscard]] std::span<const std::byte> bytes(GuestVirt ip) const;

    decode::Decoder decoder_;
    const machine::GuestMemory& memory_;
    std::uint64_t begin_;
    std::uint64_t end_;
    std::vector<std::optional<decode::Instruction>> decoded_;  ///< by address - begin_
};

}  // namespace nmistorm::drive::explore
