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

/// Throws UsageError if @p image is not the one that @p file was made for.
void require_image(const ScheduleFile& file, const image::Image& image);

/// Repeats @p file exactly on @p image, the one that it was made for.
ReplayResult replay(const ScheduleFile& file, const image::Image& image, const kvm::System& system);

}  // namespace nmistorm::drive::explore
