// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>

namespace nmistorm::engines {

/// Finds the length of slice that is worth most. It tries each length for a while, and then uses the best one
/// most of the time and any other now and then: what is best may change, and faults differ in the lengths
/// that show them. Pure: the caller measures.
class SliceTuner {
  public:
    static constexpr std::array<std::chrono::microseconds, 9> lengths = {
        std::chrono::microseconds(25),   std::chrono::microseconds(50),   std::chrono::microseconds(100),
        std::chrono::microseconds(200),  std::chrono::microseconds(400),  std::chrono::microseconds(800),
        std::chrono::microseconds(1600), std::chrono::microseconds(3200), std::chrono::microseconds(6400)};

    explicit SliceTuner(std::uint64_t seed) : random_(seed) {}

    /// The length to use now.
    [[nodiscard]] std::chrono::nanoseconds length() const { return lengths[now_]; }

    /// The length was used for @p time, which was worth @p points. Chooses the next length.
    void used(double points, std::chrono::nanoseconds time);

  private:
    struct Tried {
        double points = 0;
        double seconds = 0;
        [[nodiscard]] double worth() const { return seconds > 0 ? points / seconds : 0; }
    };
    [[nodiscard]] std::size_t best_index() const;

    /// From the middle outwards, since the first NMIs should do well on most hosts.
    static constexpr std::array<std::size_t, lengths.size()> first = {4, 6, 3, 5, 7, 2, 8, 1, 0};
    std::array<Tried, lengths.size()> tried_{};
    std::size_t tries_ = 0;
    std::size_t now_ = first[0];
    std::mt19937_64 random_;
};

}  // namespace nmistorm::engines
