// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

namespace nmistorm::drive {

/// How often each instruction was hit, by what the guest's handler `sampling` says. The memory
/// that it takes is bounded for any guest.
class Profile {
  public:
    static constexpr std::size_t instructions_max = 1 << 16;  ///< an image of ours has a few thousand

    void add(std::span<const std::uint32_t> samples);

    /// Samples by instruction; what came after instructions_max different ones counts for address 0.
    [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& by_instruction() const { return hits_; }
    [[nodiscard]] std::uint64_t samples() const { return samples_; }

  private:
    std::map<std::uint32_t, std::uint64_t> hits_;
    std::uint64_t samples_ = 0;
};

}  // namespace nmistorm::drive
