// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/code.h"

#include <algorithm>

namespace nmistorm::guests {

using machine::page_size;

Code::Code(const image::Image& image, const machine::GuestMemory& memory, const Layout& layout)
    : decoder_(image.machine()),
      memory_(memory),
      layout_(layout),
      end_(memory.size()),
      pages_(memory.size() / page_size) {}

std::span<const std::byte> Code::bytes(GuestVirt ip) const {
    if (ip.value >= end_ || layout_.unmapped({ip.value / page_size * page_size})) {
        return {};
    }
    return memory_.span(to_phys(ip), std::min(longest_instruction, end_ - ip.value));
}

const decode::Instruction* Code::decode(GuestVirt ip) {
    const auto code = bytes(ip);
    if (code.empty()) {
        return nullptr;
    }
    const auto instruction = decoder_.decode(code, ip);
    if (!instruction) {
        return nullptr;
    }
    Slot slot = static_cast<Slot>(instructions_.size());
    if (free_.empty()) {
        instructions_.push_back(*instruction);
    } else {
        slot = free_.back();
        free_.pop_back();
        instructions_[slot] = *instruction;
    }
    auto& page = pages_[ip.value / page_size];
    if (!page) {
        page = std::make_unique<Page>();
        page->fill(undecoded);
    }
    (*page)[ip.value % page_size] = slot;
    return &instructions_[slot];
}

std::string Code::text(GuestVirt ip) const {
    const auto code = bytes(ip);
    return code.empty() ? "(no code)" : decoder_.text(code, ip);
}

void Code::forget(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t at = begin; at < end; ++at) {
        if (const auto& page = pages_[at / page_size]) {
            if (Slot& slot = (*page)[at % page_size]; slot != undecoded) {
                free_.push_back(slot);
                slot = undecoded;
            }
        }
    }
}

void Code::forget_all() {
    for (auto& page : pages_) {
        page.reset();
    }
    instructions_.clear();
    free_.clear();
}

}  // namespace nmistorm::guests
