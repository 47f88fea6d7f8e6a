// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

namespace nmistorm::guests {

/// How often each instruction was hit, as the guest's handler `sampling` reports. Its memory is bounded for
/// any guest.
class Profile {
  public:
    static constexpr std::size_t instructions_max = 1 << 16;  ///< our image has a few thousand

    void add(std::span<const std::uint32_t> samples);

    /// Samples by instruction. After instructions_max distinct ones, samples of others count for address 0.
    [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& by_instruction() const { return hits_; }

  private:
    std::map<std::uint32_t, std::uint64_t> hits_;
};

}  // namespace nmistorm::guests
