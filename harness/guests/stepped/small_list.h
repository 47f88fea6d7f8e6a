// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "base/error.h"

namespace nmistorm::guests {

/// A few values stored in place, so that copying it allocates nothing.
template <typename T, std::uint32_t capacity>
class SmallList {
  public:
    void push_back(const T& value) {
        if (size_ == capacity) {
            throw Error("watched functions of the guest call one another more deeply than there is room for");
        }
        values_[size_++] = value;
    }
    void pop_back() { --size_; }
    void clear() { size_ = 0; }

    [[nodiscard]] std::uint32_t size() const { return size_; }
    [[nodiscard]] T* begin() { return values_.data(); }
    [[nodiscard]] T* end() { return values_.data() + size_; }
    [[nodiscard]] const T* begin() const { return values_.data(); }
    [[nodiscard]] const T* end() const { return values_.data() + size_; }

  private:
    std::array<T, capacity> values_{};
    std::uint32_t size_ = 0;
};

}  // namespace nmistorm::guests
