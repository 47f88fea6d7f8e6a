// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>

namespace nmistorm::guests {

/// A 128-bit key of a whole state. Among a million states two have the same key with a probability of 2^-88.
struct StateKey {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    auto operator<=>(const StateKey&) const = default;
    StateKey& operator^=(const StateKey& other) {
        low ^= other.low;
        high ^= other.high;
        return *this;
    }
};

/// splitmix64's finaliser (Steele, Lea and Flood, 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/// The key of @p value at @p place. The key of a set of places is the XOR of their keys, so it can be
/// updated when one place changes. A value of zero has the key zero, so memory that was never written needs
/// no work.
constexpr StateKey key_of(std::uint64_t place, std::uint64_t value) {
    if (value == 0) {
        return {};
    }
    const std::uint64_t seed = mix(place * 0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d);
    return {mix(seed ^ value), mix(seed + 0x9e3779b97f4a7c15 * value)};
}

}  // namespace nmistorm::guests
