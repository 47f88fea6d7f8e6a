// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/explore/replay.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "engines/explore/listing.h"
#include "engines/explore/play.h"
#include "engines/guest_image.h"
#include "engines/vcpu_ends.h"

namespace nmistorm::engines::explore {
namespace {

ReplayResult played(const ScheduleFile& file, const image::Image& image, const kvm::System& system,
                    bool record) {
    guests::ExploredGuest guest(system, image, file.plan,
                                file.plan.condition.value_or(plan::Condition::busy));
    if (record) {
        guest.record();
    }
    std::vector<NmiRequest> requests;
    const auto look = [&](const Move& move) {
        if (record && move.what == Move::What::nmi) {
            requests.push_back({guest.records().size(), move.cpu});
        }
    };
    Played played = play(guest, file.schedule, 0, look);
    ReplayResult result{.finding = guest.finding(),
                        .whole = played.whole,
                        .listing = {},
                        .done = std::move(played.done),
                        .records = guest.records(),
                        .requests = std::move(requests)};
    result.listing = listing(guest, image, file.schedule);
    result.ends = vcpu_ends(guest, image);
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

ReplayResult replay(const ScheduleFile& file, const image::Image& image, const kvm::System& system,
                    bool record) {
    require_image(file, image);
    try {
        return played(file, image, system, record);
    } catch (const guests::CannotExplore& cannot) {
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

}  // namespace nmistorm::engines::explore
