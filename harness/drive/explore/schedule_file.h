// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "plan/explore_plan.h"
#include "plan/schedule.h"

namespace nmistorm::drive::explore {

using plan::Move;
using plan::Schedule;

/// A schedule with everything needed to repeat it, as a text file:
///
///     nmistorm-schedule 1
///     build-id 0f3a...        of the image; a schedule is good for no other
///     arch x86_64
///     fault skip-grace-period
///     build gcc-O2            not of an image that was a file
///     vcpus 2
///     cycle unset
///     condition busy
///     swaps 1
///     seed 1
///     breaks reclaim          the rule
///     cpu0 x319               vCPU 0 runs 319 instructions
///     nmi cpu1
///     cpu1 x17
///
/// Lines that begin with # are comments.
struct ScheduleFile {
    std::string build_id;
    /// arch, fault, guest_build, vcpus, cycle, condition, swaps, seed; else defaults
    plan::ExplorePlan plan;
    std::string rule;
    Schedule schedule;
    bool operator==(const ScheduleFile&) const = default;
};

std::string text_of(const ScheduleFile& file);

/// The inverse of text_of(). @p name is for errors. Throws UsageError, one sentence, for any other text.
ScheduleFile parse_schedule_file(std::string_view text, const std::string& name);

}  // namespace nmistorm::drive::explore
