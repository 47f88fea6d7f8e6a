// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "guests/stepped/explored_guest.h"
#include "image/image.h"
#include "oracle/exploration.h"

namespace nmistorm::engines::explore {

/// Coverage of the swap's and the dispatcher's functions by address. An exploration does not reach code for
/// faults, tripwires, events (which are off) and dwelling (the TSC does not advance).
std::vector<oracle::Covered> coverage(const image::Image& image, const guests::Discovered& discovered);

}  // namespace nmistorm::engines::explore
