// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nmistorm::image {

/// The content of a regular file of reasonable size. Throws UsageError, saying that @p what cannot be read,
/// where it cannot be had.
std::vector<std::byte> read_file(const std::string& path, const std::string& what = "the guest image");

}  // namespace nmistorm::image
