// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nmistorm::image {

/// The content of a regular file of at most 256 MiB. Throws UsageError, which says that @p what cannot be
/// read, otherwise.
std::vector<std::byte> read_file(const std::string& path, const std::string& what = "the guest image");

}  // namespace nmistorm::image
