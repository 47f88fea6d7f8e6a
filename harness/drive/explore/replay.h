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
    bool whole = true;  ///< every move of the schedule was made
    std::vector<std::string> listing;
};

/// Everything needed to repeat what exploring @p plan on @p image found.
ScheduleFile schedule_file_of(const plan::ExplorePlan& plan, const image::Image& image,
                              const oracle::Found& found);

/// Throws UsageError if @p image is not the one that @p file was made for.
void require_image(const ScheduleFile& file, const image::Image& image);

/// Repeats @p file exactly on @p image, which it must have been made for. The result does not depend on the
/// KVM: it is the same on the host and in a nested guest.
ReplayResult replay(const ScheduleFile& file, const image::Image& image, const kvm::System& system);

/// "reclaim: vCPU 1, generation 2: ...", or a sentence that no rule was broken.
std::string text_of_finding(const ReplayResult& result);

/// Lines with the listing, the finding, and its place in @p image.
std::string text_of(const ReplayResult& result, const image::Image& image);

}  // namespace nmistorm::drive::explore
