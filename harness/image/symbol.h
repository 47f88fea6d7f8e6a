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
    /// The compiler moved this part out of a function, since it hardly ever runs ("do_nmi.cold").
    [[nodiscard]] bool is_cold_part() const { return name.find(".cold") != std::string::npos; }
};

}  // namespace nmistorm::image
