// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "guests/stepped/explored_guest.h"
#include "image/image.h"

namespace nmistorm::engines::explore {

/// An explored run as lines for the user. They tell how far each vCPU ran, and show the instructions that
/// begin a function, access what is published or allocated, or change RCU's state, and the last instruction,
/// each with symbol, disassembly and what it changed.
std::vector<std::string> listing(guests::ExploredGuest& guest, const image::Image& image,
                                 const plan::Schedule& schedule);

}  // namespace nmistorm::engines::explore
