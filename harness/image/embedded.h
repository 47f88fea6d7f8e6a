// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "image/image.h"

namespace nmistorm::image {

/// The image guest_<arch>_<fault> that was built into this program, e.g. "guest_x86_64_none". Throws
/// Throws HostCannot if there is none.
Image embedded(const std::string& name);

}  // namespace nmistorm::image
