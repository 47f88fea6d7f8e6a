// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/code.h"

#include <algorithm>

namespace nmistorm::drive::explore {
namespace {

constexpr std::uint64_t longest_instruction = 15;  // SDM 2A, 2.3.11

}  // namespace

Code::Code(const image::Image& image, const machine::GuestMemory& memory, const machine::Layout& layout)
    : decoder_(image.machine()),
      memory_(memory),
      begin_(image::image_begin.value),
      end_(layout.boot.value),
      decoded_(end_ - begin_) {}

std::span<const std::byte> Code::bytes(GuestVirt ip) const {
    if (ip.value < begin_ || ip.value >= end_) {
        return {};
    }
    return memory_.span(to_phys(ip), std::min(longest_instruction, end_ - ip.value));
}

const decode::Instruction* Code::at(GuestVirt ip) {
    const auto code = bytes(ip);
    if (code.empty()) {
        return nullptr;
    }
    auto& known = decoded_[ip.value - begin_];
    if (!known) {
        known = decoder_.decode(code, ip);
    }
    return known ? &*known : nullptr;
}

std::string Code::text(GuestVirt ip) const {
    const auto code = bytes(ip);
    return code.empty() ? "(no code)" : decoder_.text(code, ip);
}

void Code::written(GuestPhys address, std::uint64_t size) {
    const std::uint64_t first = address.value - std::min(address.value, longest_instruction - 1);
    for (std::uint64_t at = std::max(first, begin_); at < std::min(address.value + size, end_); ++at) {
        decoded_[at - begin_].reset();
    }
}

}  // namespace nmistorm::drive::explore
