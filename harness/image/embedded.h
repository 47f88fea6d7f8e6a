// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/image.h"

namespace nmistorm::image {

/// How the guest was compiled that runs unless another is asked for: "gcc-O2".
std::string default_build();

/// Every way in which the guests of this program were compiled, the default one first.
std::vector<std::string> builds();

/// Throws HostCannot if the program has no images of @p build.
void require_build(const std::string& build);

/// The image guest_<arch>_<fault> that was built into this program, e.g. "guest_x86_64_none", as compiled by
/// @p build, or else by the default build. Throws HostCannot if there is none.
Image embedded(const std::string& name, const std::optional<std::string>& build = {});

}  // namespace nmistorm::image
