// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace nmistorm::oracle {

namespace {

constexpr unsigned bar_bits = 2;  // four bars to a power of two

std::uint64_t width_of_bar(std::uint64_t value) {
    return value < 2 * (1U << bar_bits)
               ? 1
               : std::uint64_t{1} << (static_cast<unsigned>(std::bit_width(value)) - 1 - bar_bits);
}

/// Where the bar begins that @p value is in.
std::uint64_t bar_of(std::uint64_t value) {
    return value & ~(width_of_bar(value) - 1);
}

}  // namespace

unsigned Histogram::shift_of(std::size_t bucket) {
    return static_cast<unsigned>((bucket - linear) / per_octave) + 1;
}

std::size_t Histogram::bucket(std::uint64_t ticks) {
    if (ticks < linear) {
        return static_cast<std::size_t>(ticks);
    }
    // The topmost bits, 32..63, select the bucket in the octave; the bits shifted out are the bucket's width.
    const unsigned shift = static_cast<unsigned>(std::bit_width(ticks)) - linear_bits;
    const std::size_t top = static_cast<std::size_t>(ticks >> shift);
    return linear + (shift - 1) * per_octave + (top - per_octave);
}

std::uint64_t Histogram::least(std::size_t bucket) {
    if (bucket < linear) {
        return bucket;
    }
    const std::uint64_t top = (bucket - linear) % per_octave + per_octave;
    return top << shift_of(bucket);
}

std::uint64_t Histogram::middle(std::size_t bucket) {
    return bucket < linear ? bucket : least(bucket) + (std::uint64_t{1} << shift_of(bucket)) / 2;
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

Histogram Histogram::since(const Histogram& earlier) const {
    Histogram later;
    std::ranges::transform(in_bucket_, earlier.in_bucket_, later.in_bucket_.begin(), std::minus());
    later.count_ = count_ - earlier.count_;
    if (max_ > earlier.max_) {
        later.max_ = max_;
    } else if (const auto last = std::find_if(later.in_bucket_.rbegin(), later.in_bucket_.rend(),
                                              [](std::uint64_t values) { return values != 0; });
               last != later.in_bucket_.rend()) {
        const auto bucket = static_cast<std::size_t>(later.in_bucket_.rend() - last) - 1;
        later.max_ = std::min(middle(bucket), max_);
    }
    return later;
}

std::vector<Histogram::Bar> Histogram::bars() const {
    std::vector<Bar> bars;
    const auto begin_next = [&bars] {
        const std::uint64_t last = bars.back().from;
        const std::uint64_t next = last + width_of_bar(last);
        bars.push_back({next > last ? next : UINT64_MAX, 0});  // 2^64 is no value
    };
    for (std::size_t i = 0; i < buckets; ++i) {
        if (in_bucket_[i] == 0) {
            continue;
        }
        const std::uint64_t from = bar_of(least(i));
        if (bars.empty()) {
            bars.push_back({from, 0});
        }
        while (bars.back().from < from) {
            begin_next();
        }
        bars.back().count += in_bucket_[i];
    }
    if (!bars.empty()) {
        begin_next();
    }
    return bars;
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
