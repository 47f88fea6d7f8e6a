// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/address.h"
#include "base/mapping.h"

namespace nmistorm::machine {

inline constexpr std::uint64_t page_size = 4096;

/// The guest's RAM from physical address 0 on, as the host sees it. The guest may write to it at any time, so
/// two reads may differ, and the caller must check every value that it uses.
class GuestMemory {
  public:
    /// @p size in bytes, a multiple of the page size.
    explicit GuestMemory(std::size_t size) : mapping_(Mapping::anonymous(size)) {}

    [[nodiscard]] std::size_t size() const { return mapping_.bytes().size(); }
    [[nodiscard]] std::span<std::byte> all() const { return mapping_.bytes(); }

    /// The @p bytes at @p address. Throws Error unless all lie in RAM.
    [[nodiscard]] std::span<std::byte> span(GuestPhys address, std::size_t bytes) const;

    /// The object at @p address, which must be aligned for it and lie in RAM; else throws Error.
    template <typename T>
    [[nodiscard]] T& at(GuestPhys address) const {
        static_assert(std::is_trivially_copyable_v<T>);
        return *reinterpret_cast<T*>(aligned(address, sizeof(T), alignof(T)));
    }

    /// @p count objects in a row, with the same requirements.
    template <typename T>
    [[nodiscard]] std::span<T> array(GuestPhys address, std::size_t count) const {
        static_assert(std::is_trivially_copyable_v<T>);
        return {reinterpret_cast<T*>(aligned(address, sizeof(T) * count, alignof(T))), count};
    }

  private:
    [[nodiscard]] std::byte* aligned(GuestPhys address, std::size_t bytes, std::size_t alignment) const;

    Mapping mapping_;
};

/// One word that the guest may be writing.
template <typename T>
T load(const T& word) {
    T value;
    __atomic_load(&word, &value, __ATOMIC_ACQUIRE);
    return value;
}
template <typename T>
void store(T& word, T value) {
    __atomic_store(&word, &value, __ATOMIC_RELEASE);
}

}  // namespace nmistorm::machine
