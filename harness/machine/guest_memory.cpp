// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/guest_memory.h"

#include <fmt/format.h>

#include "base/error.h"

namespace nmistorm::machine {

std::span<std::byte> GuestMemory::span(GuestPhys address, std::size_t bytes) const {
    if (address.value > size() || bytes > size() - address.value) {
        throw Error(fmt::format("guest memory [{:#x}, +{:#x}) lies outside its {:#x} bytes of RAM",
                                address.value, bytes, size()));
    }
    return mapping_.bytes().subspan(address.value, bytes);
}

std::byte* GuestMemory::aligned(GuestPhys address, std::size_t bytes, std::size_t alignment) const {
    if (address.value % alignment != 0) {
        throw Error(fmt::format("guest address {:#x} is not a multiple of {}", address.value, alignment));
    }
    return span(address, bytes).data();
}

}  // namespace nmistorm::machine
