// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/undo_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include <nmistorm/abi/boot.h>

#include "guests/stepped/cannot_explore.h"

namespace nmistorm::guests {

// Counted are TSSs, image, Boot, CpuPages and arena, but not page tables (accessed and dirty bits), stacks
// and rings.
UndoLog::UndoLog(const machine::GuestMemory& memory, const Layout& layout, Code& code)
    : memory_(memory),
      next_seq_(layout.boot.value + offsetof(abi::Boot, next_seq)),
      code_(code),
      counted_pages_(memory.size() / page_size) {
    for (std::uint64_t page = layout.gdt.value / page_size; page < counted_pages_.size(); ++page) {
        const GuestPhys at{page * page_size};
        counted_pages_[page] = at < layout.stacks || (at >= layout.arena && at.value < layout.size);
    }
}

void UndoLog::begin() {
    code_.forget_all();  // writes before now may not have been reported to it
    shadow_.assign(memory_.all().begin(), memory_.all().end());
}

std::uint64_t UndoLog::word(std::uint64_t address) const {
    std::uint64_t value;
    std::memcpy(&value, memory_.all().data() + address, sizeof(value));
    return value;
}

void UndoLog::save(const Access& access) {
    for (std::uint64_t at = access.address / word_size * word_size; at < access.address + access.size;
         at += word_size) {
        undo_.push_back({static_cast<std::uint32_t>(at), word(at)});
    }
}

bool UndoLog::is_counted(std::uint64_t address) const {
    return counted_pages_[address / page_size] != 0 && address != next_seq_;
}

void UndoLog::account(std::size_t first) {
    for (std::size_t i = first; i < undo_.size(); ++i) {
        const auto [address, old] = undo_[i];
        const std::uint64_t now = word(address);
        if (has_begun()) {
            std::memcpy(shadow_.data() + address, &now, sizeof(now));
        }
        if (now != old && is_counted(address)) {
            key_ ^= key_of(address, old);
            key_ ^= key_of(address, now);
            // Two operands may share a word: the second entry must not count the change again.
            for (std::size_t j = i + 1; j < undo_.size(); ++j) {
                if (undo_[j].address == address) {
                    undo_[j].old = now;
                }
            }
        }
        code_.written(GuestPhys{address}, word_size);
    }
}

void UndoLog::rewind(std::size_t size, const StateKey& key) {
    while (undo_.size() > size) {
        const auto [address, old] = undo_.back();
        undo_.pop_back();
        std::memcpy(memory_.all().data() + address, &old, sizeof(old));
        std::memcpy(shadow_.data() + address, &old, sizeof(old));
        code_.written(GuestPhys{address}, word_size);
    }
    key_ = key;
}

void UndoLog::repair() {
    std::ranges::copy(shadow_, memory_.all().begin());
}

void UndoLog::check() const {
    // Page tables are left out, since the CPU sets accessed and dirty bits there.
    const auto is = memory_.all().subspan(image::image_begin.value);
    const auto was = std::span(shadow_).subspan(image::image_begin.value);
    if (std::memcmp(is.data(), was.data(), is.size()) != 0) {
        const auto at = std::ranges::mismatch(is, was).in1 - is.begin();
        throw CannotExplore("guest memory is not as the explored instructions left it, at ",
                            {image::image_begin.value + static_cast<std::uint64_t>(at)},
                            fmt::format(": it holds {:#04x} and not {:#04x}", static_cast<unsigned>(is[at]),
                                        static_cast<unsigned>(was[at])));
    }
}

}  // namespace nmistorm::guests
