// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "drive/explore/explored_guest.h"
#include "image/image.h"

namespace nmistorm::drive::explore {

/// What an explored run looked like, as lines for people: which vCPU ran how far; of its instructions those
/// that begin a function, touch what is published or allocated, or change RCU's state, and the last; with
/// symbol and disassembly, and what they changed.
std::vector<std::string> listing(ExploredGuest& guest, const image::Image& image, const Schedule& schedule);

}  // namespace nmistorm::drive::explore
