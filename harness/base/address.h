// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>

namespace nmistorm {

/// Guest-physical address. Only GuestMemory turns one into host memory, and checks it.
struct GuestPhys {
    std::uint64_t value = 0;
    auto operator<=>(const GuestPhys&) const = default;
};
constexpr GuestPhys operator+(GuestPhys base, std::uint64_t bytes) {
    return {base.value + bytes};
}

/// Guest-virtual address, as instructions, symbols and event fields hold it. It equals the guest-physical
/// address, but code that relies on that converts with to_phys() or to_virt().
struct GuestVirt {
    std::uint64_t value = 0;
    auto operator<=>(const GuestVirt&) const = default;
};

/// The guest's page tables map every address to itself (guests/abi/boot_*.cpp).
constexpr GuestPhys to_phys(GuestVirt address) {
    return {address.value};
}
constexpr GuestVirt to_virt(GuestPhys address) {
    return {address.value};
}

}  // namespace nmistorm
