// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/address.h"

namespace nmistorm::report {

/// How often NMIs hit one function of the guest.
struct ProfileLine {
    std::string symbol;  ///< "[unknown]" for all that lies in no function
    std::uint64_t count = 0;
    bool operator==(const ProfileLine&) const = default;
};

/// Adds up @p hits, which are by instruction, to functions as @p symbol names them ("": none is there).
/// Hottest first; equal ones by name.
std::vector<ProfileLine> by_symbol(const std::map<std::uint32_t, std::uint64_t>& hits,
                                   const std::function<std::string(GuestVirt)>& symbol);

/// In percent of all of @p lines.
double share(const ProfileLine& line, const std::vector<ProfileLine>& lines);

}  // namespace nmistorm::report
