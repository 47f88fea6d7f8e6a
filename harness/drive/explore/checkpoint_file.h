// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "drive/explore/explore.h"

namespace nmistorm::drive::explore {

/// What `--resume` goes on from, as a text file: for which image and plan it is, each pass with its figures,
/// and the addresses that were discovered.
std::string text_of(const Checkpoint& progress, const plan::ExplorePlan& plan, const std::string& build_id);

/// The inverse. @p name is for errors. Throws UsageError in one sentence for what is no such file or was made
/// for another image or plan.
Checkpoint parse_checkpoint(std::string_view text, const plan::ExplorePlan& plan, const image::Image& image,
                            const std::string& name);

}  // namespace nmistorm::drive::explore
