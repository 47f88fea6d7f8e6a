// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drive/explore/schedule_file.h"
#include "image/image.h"
#include "kvm/system.h"
#include "oracle/finding.h"

namespace nmistorm::drive::explore {

struct ReplayResult {
    std::optional<oracle::Finding> finding;
    bool whole = true;  ///< every move of the schedule could be made
    std::vector<std::string> listing;
};

/// Repeats @p file exactly on @p image. Throws UsageError if that is not the image that it was found with.
ReplayResult replay(const ScheduleFile& file, const image::Image& image, const kvm::System& system);

}  // namespace nmistorm::drive::explore
