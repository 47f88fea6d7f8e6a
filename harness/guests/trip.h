// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

#include <nmistorm/abi/event.h>

namespace nmistorm::guests {

/// The tripwire of this number; none if it does not exist.
inline std::optional<abi::Trip> trip_of(std::uint32_t number) {
    return number != 0 && number < abi::trip_count ? std::optional(static_cast<abi::Trip>(number))
                                                   : std::nullopt;
}

/// Says so.
inline std::string no_such_trip(unsigned cpu, std::uint32_t number) {
    return fmt::format("vCPU {} reported tripwire {}, which does not exist", cpu, number);
}

}  // namespace nmistorm::guests
