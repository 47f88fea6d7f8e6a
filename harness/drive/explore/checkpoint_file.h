// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "drive/explore/explore.h"

namespace nmistorm::drive::explore {

/// What `--resume` continues from, as a text file: the image and the plan that it belongs to, each round with
/// its figures, and the addresses that were discovered.
std::string text_of(const Checkpoint& progress, const plan::ExplorePlan& plan, const std::string& build_id);

/// The inverse of text_of(). @p name is for errors. Throws UsageError in one sentence if the text is no such
/// file or was made for another image or plan.
Checkpoint parse_checkpoint(std::string_view text, const plan::ExplorePlan& plan, const image::Image& image,
                            const std::string& name);

}  // namespace nmistorm::drive::explore
