// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/replay.h"

#include <fmt/format.h>

#include "base/error.h"
#include "drive/explore/listing.h"
#include "drive/explore/play.h"
#include "drive/guest_image.h"

namespace nmistorm::drive::explore {
namespace {

ReplayResult played(const ScheduleFile& file, const image::Image& image, const kvm::System& system) {
    ExploredGuest guest(system, image, file.plan, file.plan.condition.value_or(plan::Condition::busy));
    const bool whole = play(guest, file.schedule).whole;
    ReplayResult result{guest.finding(), whole, {}};
    result.listing = listing(guest, image, file.schedule);
    return result;
}

}  // namespace

ScheduleFile schedule_file_of(const plan::ExplorePlan& plan, const image::Image& image,
                              const oracle::Found& found) {
    ScheduleFile file{.build_id = image.build_id(),
                      .plan = plan,
                      .rule = std::string(oracle::name(found.finding.rule)),
                      .schedule = found.schedule};
    file.plan.condition = found.condition;
    file.plan.guest_build = build_of_guest(plan);
    return file;
}

void require_image(const ScheduleFile& file, const image::Image& image) {
    if (image.build_id().empty() || image.build_id() != file.build_id) {
        throw UsageError(fmt::format(
            "the schedule was made for the image with build id {}, but {} has {}: build that image again, or "
            "name it with --guest",
            file.build_id, image.name(), image.build_id().empty() ? "none" : image.build_id()));
    }
}

ReplayResult replay(const ScheduleFile& file, const image::Image& image, const kvm::System& system) {
    require_image(file, image);
    try {
        return played(file, image, system);
    } catch (const CannotExplore& cannot) {
        throw Error(cannot.text(image));
    }
}

std::string text_of_finding(const ReplayResult& result) {
    return result.finding ? fmt::format("{}: {}", oracle::name(result.finding->rule), result.finding->detail)
                          : "no rule was broken";
}

std::string text_of(const ReplayResult& result, const image::Image& image) {
    std::string text;
    for (const std::string& line : result.listing) {
        text += line + "\n";
    }
    text += "\n" + text_of_finding(result) + "\n";
    if (result.finding && result.finding->at) {
        text += "at " + image.describe(*result.finding->at) + "\n";
    }
    return text;
}

}  // namespace nmistorm::drive::explore
