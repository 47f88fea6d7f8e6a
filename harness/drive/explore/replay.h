// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drive/explore/schedule_file.h"
#include "image/image.h"
#include "kvm/system.h"
#include "oracle/exploration.h"

namespace nmistorm::drive::explore {

struct ReplayResult {
    std::optional<oracle::Finding> finding;
    bool whole = true;  ///< every move of the schedule could be made
    std::vector<std::string> listing;
};

/// What it takes to repeat what exploring @p plan on @p image found.
ScheduleFile schedule_file_of(const plan::ExplorePlan& plan, const image::Image& image,
                              const oracle::Found& found);

/// Throws UsageError if @p image is not the one that @p file was made for.
void require_image(const ScheduleFile& file, const image::Image& image);

/// Repeats @p file exactly on @p image, the one that it was made for.
/// It does not depend on the KVM: what is found direct is found nested.
ReplayResult replay(const ScheduleFile& file, const image::Image& image, const kvm::System& system);

/// "reclaim: vCPU 1, generation 2: ...", or that no rule was broken.
std::string text_of_finding(const ReplayResult& result);

/// The listing, what was found, and where in @p image: lines.
std::string text_of(const ReplayResult& result, const image::Image& image);

}  // namespace nmistorm::drive::explore
