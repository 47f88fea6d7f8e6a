// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "drive/explore/explored_guest.h"
#include "image/image.h"
#include "oracle/exploration.h"

namespace nmistorm::drive::explore {

/// Of the swap and the dispatcher, by symbol, in the order of their addresses. What an exploration does not
/// reach belongs to faults and tripwires, to events (which are off) and to dwelling (the TSC stands still).
std::vector<oracle::Covered> coverage(const image::Image& image, const Discovered& discovered);

}  // namespace nmistorm::drive::explore
