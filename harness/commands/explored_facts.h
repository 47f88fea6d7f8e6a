// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "engines/explore/replay.h"

namespace nmistorm::commands {

/// The file of --facts of one schedule: all that the oracle was told while @p file was played on @p image.
std::string facts_of(const plan::ScheduleFile& file, const image::Image& image,
                     const engines::explore::ReplayResult& result);

}  // namespace nmistorm::commands
