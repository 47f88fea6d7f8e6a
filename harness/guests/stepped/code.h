// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "decode/instruction.h"
#include "guests/abi/layout.h"
#include "image/image.h"
#include "machine/guest_memory.h"

namespace nmistorm::guests {

/// Decodes the guest's instructions from guest memory, each once, anywhere in it. Memory use grows with the
/// pages that hold instructions and with the instructions decoded.
class Code {
  public:
    Code(const image::Image& image, const machine::GuestMemory& memory, const Layout& layout);

    /// The instruction at @p ip; null if there is none. Valid until its memory is written.
    const decode::Instruction* at(GuestVirt ip) {
        if (ip.value < end_) {
            if (const Page* page = pages_[ip.value / machine::page_size].get()) {
                if (const Slot slot = (*page)[ip.value % machine::page_size]; slot != undecoded) {
                    return &instructions_[slot];
                }
            }
        }
        return decode(ip);
    }
    [[nodiscard]] std::string text(GuestVirt ip) const;
    /// @p address was written: drops what was decoded there.
    void written(GuestPhys address, std::uint64_t size) {
        const std::uint64_t first = address.value - std::min(address.value, longest_instruction - 1);
        if (pages_[first / machine::page_size] || pages_[(address.value + size - 1) / machine::page_size]) {
            forget(first, address.value + size);
        }
    }
    /// Drops everything that was decoded.
    void forget_all();

    /// Instructions that are held, or can be without taking more memory.
    [[nodiscard]] std::size_t held() const { return instructions_.size(); }

  private:
    static constexpr std::uint64_t longest_instruction = 15;  // SDM 2A, 2.3.11

    using Slot = std::uint32_t;  ///< index in instructions_
    static constexpr Slot undecoded = ~Slot{0};
    using Page = std::array<Slot, machine::page_size>;  ///< by the address's offset in the page

    [[nodiscard]] std::span<const std::byte> bytes(GuestVirt ip) const;
    const decode::Instruction* decode(GuestVirt ip);
    void forget(std::uint64_t begin, std::uint64_t end);

    decode::Decoder decoder_;
    const machine::GuestMemory& memory_;
    Layout layout_;
    std::uint64_t end_;
    std::vector<std::unique_ptr<Page>> pages_;  ///< null: no instruction was decoded in the page
    std::deque<decode::Instruction> instructions_;
    std::vector<Slot> free_;  ///< slots of instructions_ that are unused
};

}  // namespace nmistorm::guests
