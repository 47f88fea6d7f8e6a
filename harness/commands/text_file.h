// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace nmistorm::commands {

/// The content of a file of reasonable size. Throws UsageError, naming @p what and the file, if it cannot be
/// read.
std::string read_text(const std::string& path, const std::string& what);

}  // namespace nmistorm::commands
