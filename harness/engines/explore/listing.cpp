// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/explore/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "engines/explore/play.h"

namespace nmistorm::engines::explore {
namespace {

using decode::Instruction;

/// A word of guest memory whose changes are listed.
struct Shown {
    std::string name;
    std::uint64_t address = 0;
    std::uint32_t value = 0;
};

std::uint32_t read(const machine::GuestMemory& memory, std::uint64_t address) {
    std::uint32_t value;
    std::memcpy(&value, memory.span({address}, sizeof(value)).data(), sizeof(value));
    return value;
}

std::vector<Shown> shown_words(const guests::ExploredGuest& explored, const image::Image& image) {
    std::vector<Shown> words;
    for (guests::NamedWord& word : explored.telling_words(image)) {
        words.push_back({std::move(word.name), word.address});
    }
    return words;
}

class Lister {
  public:
    Lister(guests::ExploredGuest& explored, const image::Image& image)
        : explored_(explored), guest_(explored.guest()), image_(image) {}

    std::vector<std::string> list(const plan::Schedule& schedule) {
        explored_.restart();
        words_ = shown_words(explored_, image_);
        for (Shown& word : words_) {
            word.value = read(guest_.memory(), word.address);
        }
        play(explored_, schedule, 0, [this](const Move& move) { before(move); });
        finish(true);
        return std::move(lines_);
    }

  private:
    void before(const Move& move) {
        finish(false);
        if (move.cpu != cpu_) {
            skip();
            cpu_ = move.cpu;
            lines_.push_back(fmt::format("vCPU {}", *cpu_));
        }
        if (move.what == Move::What::nmi) {
            skip();
            lines_.push_back(fmt::format("  NMI at {}", image_.describe(guest_.ip(move.cpu))));
            return;
        }
        ip_ = guest_.ip(move.cpu);
        telling_ = is_telling(move.cpu);
    }

    /// The instruction at ip_ has run: adds a line if there is something to report.
    void finish(bool last) {
        if (!ip_) {
            return;
        }
        const std::string changes = changed();
        if (telling_ || last || !changes.empty()) {
            skip();
            lines_.push_back(fmt::format("  {:<38} {}{}", where(*ip_), guest_.code().text(*ip_), changes));
        } else {
            ++skipped_;
        }
        ip_.reset();
    }

    void skip() {
        if (skipped_ != 0) {
            lines_.push_back(fmt::format("  ... {} more", skipped_));
            skipped_ = 0;
        }
    }

    /// "do_nmi+0x1c"
    [[nodiscard]] std::string where(GuestVirt ip) const {
        if (!image_.is_code(ip)) {
            return fmt::format("{:#x}", ip.value);
        }
        const image::Symbol& symbol = *image_.symbol_at(ip);
        const std::uint64_t offset = ip.value - symbol.address.value;
        return offset == 0 ? symbol.base_name() : fmt::format("{}+{:#x}", symbol.base_name(), offset);
    }

    [[nodiscard]] bool is_telling(unsigned cpu) {
        const Instruction* next = guest_.next(cpu);
        if (next == nullptr || next->kind == Instruction::Kind::iret) {
            return true;
        }
        for (const image::Symbol& symbol : image_.symbols()) {
            if (symbol.function && symbol.address == next->address) {
                return true;
            }
        }
        return std::ranges::any_of(guest_.accesses(cpu, *next), [&](const guests::Access& access) {
            return explored_.is_telling(cpu, access);
        });
    }

    std::string changed() {
        std::string text;
        for (Shown& word : words_) {
            const std::uint32_t now = read(guest_.memory(), word.address);
            if (now != word.value) {
                text += fmt::format("    {}: {:#x} -> {:#x}", word.name, word.value, now);
                word.value = now;
            }
        }
        return text;
    }

    guests::ExploredGuest& explored_;
    guests::SteppedGuest& guest_;
    const image::Image& image_;
    std::vector<Shown> words_;
    std::vector<std::string> lines_;
    std::optional<unsigned> cpu_;
    std::optional<GuestVirt> ip_;
    bool telling_ = false;
    std::uint32_t skipped_ = 0;
};

}  // namespace

std::vector<std::string> listing(guests::ExploredGuest& guest, const image::Image& image,
                                 const plan::Schedule& schedule) {
    return Lister(guest, image).list(schedule);
}

}  // namespace nmistorm::engines::explore
