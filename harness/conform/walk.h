// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "conform/model/scenario.h"

namespace nmistorm::conform {

/// A scenario of up to ten ops with the alphabet of the states, beyond their product. @p number decides on
/// all of it, and on every host the same. With @p apic it may use the guest's local APIC and MSIs.
model::Scenario random_walk(std::uint32_t number, bool apic);

}  // namespace nmistorm::conform
