// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nmistorm::oracle {

/// Distribution of durations in fixed memory. Buckets are log-linear: each value below 64 has its own bucket,
/// and each power of two above is divided into 32 equal buckets.
///
///   0 1 2 .. 63 | 64 66 68 .. 126 | 128 132 136 .. 252 | 256 ...
///
/// quantile() returns the middle of a bucket: exact below 64, within 1.6 % above.
class Histogram {
  public:
    void record(std::uint64_t ticks);
    Histogram& operator+=(const Histogram& other);

    [[nodiscard]] std::uint64_t count() const { return count_; }

    /// The smallest value that is not exceeded by a share of at least @p q of all values. @p q is clamped to
    /// 0..1. Returns 0 if nothing was recorded.
    [[nodiscard]] std::uint64_t quantile(double q) const;

    [[nodiscard]] std::uint64_t max() const { return max_; }  ///< exact; 0 if nothing was recorded

    /// What was recorded since @p earlier, which is this histogram as it was once. Its max() is exact where
    /// it exceeds everything that was recorded before; else it is as exact as quantile().
    [[nodiscard]] Histogram since(const Histogram& earlier) const;

    /// How many values were at least @p from and less than the next bar's.
    struct Bar {
        std::uint64_t from;
        std::uint64_t count;
        bool operator==(const Bar&) const = default;
    };
    /// The distribution for a picture: values below 4 one by one, and four bars for each power of two above.
    /// They go from the first with a value to the last; one without any values follows, as the end of that.
    [[nodiscard]] std::vector<Bar> bars() const;

  private:
    static constexpr unsigned linear_bits = 6;
    static constexpr std::size_t linear = 1u << linear_bits;  ///< buckets of width 1
    static constexpr std::size_t per_octave = linear / 2;
    static constexpr std::size_t buckets = linear + (64 - linear_bits) * per_octave;

    static std::size_t bucket(std::uint64_t ticks);
    static unsigned shift_of(std::size_t bucket);  ///< of one above the linear ones: the log of its width
    static std::uint64_t least(std::size_t bucket);
    static std::uint64_t middle(std::size_t bucket);

    std::array<std::uint64_t, buckets> in_bucket_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace nmistorm::oracle
