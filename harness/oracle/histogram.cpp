// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace nmistorm::oracle {

std::size_t Histogram::bucket(std::uint64_t ticks) {
    if (ticks < linear) {
        return static_cast<std::size_t>(ticks);
    }
    // The topmost bits, 32..63, select the bucket in the octave; the bits shifted out are the bucket's width.
    const unsigned shift = static_cast<unsigned>(std::bit_width(ticks)) - linear_bits;
    const std::size_t top = static_cast<std::size_t>(ticks >> shift);
    return linear + (shift - 1) * per_octave + (top - per_octave);
}

std::uint64_t Histogram::middle(std::size_t bucket) {
    if (bucket < linear) {
        return bucket;
    }
    const unsigned shift = static_cast<unsigned>((bucket - linear) / per_octave) + 1;
    const std::uint64_t top = (bucket - linear) % per_octave + per_octave;
    return (top << shift) + (std::uint64_t{1} << shift) / 2;
}

void Histogram::record(std::uint64_t ticks) {
    ++in_bucket_[bucket(ticks)];
    ++count_;
    max_ = std::max(max_, ticks);
}

Histogram& Histogram::operator+=(const Histogram& other) {
    std::ranges::transform(in_bucket_, other.in_bucket_, in_bucket_.begin(), std::plus());
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
    return *this;
}

std::uint64_t Histogram::quantile(double q) const {
    if (count_ == 0) {
        return 0;
    }
    const double share = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(share)), 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
        seen += in_bucket_[i];
        if (seen >= rank) {
            return std::min(middle(i), max_);
        }
    }
    return max_;
}

}  // namespace nmistorm::oracle
