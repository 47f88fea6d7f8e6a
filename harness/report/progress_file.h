// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oracle/exploration.h"

namespace nmistorm::report {

/// What progress must belong to, so that an exploration can go on from it.
struct ProgressOf {
    plan::ExplorePlan plan;
    std::string image;             ///< its name, for errors
    std::string build_id;          ///< of the image
    std::uint64_t memory_end = 0;  ///< of what an exploration observes, from 0
    std::uint64_t image_begin = 0;
    std::uint64_t image_end = 0;
};

/// The file of `explore --resume`: the image and the plan that it belongs to, each round with its figures,
/// and the addresses that were discovered. include/nmistorm/schema/nmistorm.progress.3.schema.json describes
/// it.
std::string text_of(const oracle::Checkpoint& progress, const plan::ExplorePlan& plan,
                    const std::string& build_id);

/// The inverse. @p name is for errors. Throws UsageError, one sentence, for any other text and for progress
/// of another image or plan.
oracle::Checkpoint parse_progress(std::string_view text, const ProgressOf& of, const std::string& name);

}  // namespace nmistorm::report
