// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"

namespace nmistorm::image {

/// A function or an object of an image.
struct Symbol {
    std::string name;  ///< demangled
    GuestVirt address;
    std::uint64_t size = 0;
    bool function = false;

    /// The name without namespace and parameters: "do_nmi".
    [[nodiscard]] std::string base_name() const;
};

}  // namespace nmistorm::image
