// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <span>

namespace nmistorm {

/// Owns one mmap()ed range; unmaps it.
class Mapping {
  public:
    Mapping() = default;
    /// @p size bytes of zeroed, private, lazily allocated memory. Throws Error.
    static Mapping anonymous(std::size_t size);
    /// The first @p size bytes of @p fd, shared. Throws Error.
    static Mapping shared(int fd, std::size_t size);

    Mapping(Mapping&& other) noexcept;
    Mapping& operator=(Mapping&& other) noexcept;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();

    [[nodiscard]] std::span<std::byte> bytes() const { return {base_, size_}; }

  private:
    Mapping(std::byte* base, std::size_t size) : base_(base), size_(size) {}

    std::byte* base_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace nmistorm
