// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "drive/explore/explored_guest.h"
#include "image/image.h"

namespace nmistorm::drive::explore {

/// How much of one function was run.
struct Covered {
    std::string function;
    unsigned reached = 0;  ///< instruction boundaries
    unsigned all = 0;
    std::vector<GuestVirt> missed;  ///< those not reached, where a stretch of them begins
};

/// Of the swap and the dispatcher, by symbol, in the order of their addresses. What an exploration does not
/// reach belongs to faults and tripwires, to events (which are off) and to dwelling (the TSC stands still).
std::vector<Covered> coverage(const image::Image& image, const Learned& learned);

}  // namespace nmistorm::drive::explore
