// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

namespace nmistorm::guests {

/// An access of an instruction to memory.
struct Access {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    bool read = false;
    bool written = false;

    [[nodiscard]] bool covers(std::uint64_t at) const { return address <= at && at - address < size; }
};

/// The accesses of one instruction.
class Accesses {
  public:
    void add(const Access& access) { list_[count_++] = access; }
    [[nodiscard]] const Access* begin() const { return list_.data(); }
    [[nodiscard]] const Access* end() const { return list_.data() + count_; }

  private:
    std::array<Access, 4> list_;
    unsigned count_ = 0;
};

}  // namespace nmistorm::guests
