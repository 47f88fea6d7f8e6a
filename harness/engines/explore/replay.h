// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engines/explore/minimize.h"
#include "image/image.h"
#include "kvm/system.h"
#include "oracle/exploration.h"
#include "oracle/record.h"
#include "plan/schedule.h"

namespace nmistorm::engines::explore {

using plan::ScheduleFile;

/// An NMI that the schedule asked for.
struct NmiRequest {
    std::size_t records = 0;  ///< how many there were before it
    unsigned vcpu = 0;
};

struct ReplayResult {
    std::optional<oracle::Finding> finding;
    bool whole = true;  ///< every move of the schedule was made
    std::vector<std::string> listing;
    std::vector<oracle::VcpuEnd> ends = {};    ///< where each vCPU was then
    Cost done = {};                            ///< the moves that were made
    std::vector<oracle::Record> records = {};  ///< what the oracle was told, if it was to be kept
    std::vector<NmiRequest> requests = {};     ///< likewise
};

/// Everything needed to repeat what exploring @p plan on @p image found.
ScheduleFile schedule_file_of(const plan::ExplorePlan& plan, const image::Image& image,
                              const oracle::Found& found);

/// Throws UsageError if @p image is not the one that @p file was made for.
void require_image(const ScheduleFile& file, const image::Image& image);

/// Repeats @p file exactly on @p image. The result does not depend on the KVM: it is the same on the host and
/// in a nested guest. Throws as require_image() does.
ReplayResult replay(const ScheduleFile& file, const image::Image& image, const kvm::System& system,
                    bool record = false);

/// "reclaim: vCPU 1, generation 2: ...", or a sentence that no rule was broken.
std::string text_of_finding(const ReplayResult& result);

/// Lines with the listing, the finding, and its place in @p image.
std::string text_of(const ReplayResult& result, const image::Image& image);

}  // namespace nmistorm::engines::explore
