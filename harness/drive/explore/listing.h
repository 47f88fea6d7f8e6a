// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "drive/explore/explored_guest.h"
#include "image/image.h"

namespace nmistorm::drive::explore {

/// An explored run as lines for the user. They tell how far each vCPU ran, and show the instructions that
/// begin a function, access what is published or allocated, or change RCU's state, and the last instruction,
/// each with symbol, disassembly and what it changed.
std::vector<std::string> listing(ExploredGuest& guest, const image::Image& image, const Schedule& schedule);

}  // namespace nmistorm::drive::explore
