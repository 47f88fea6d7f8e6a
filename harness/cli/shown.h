// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace nmistorm::cli {

/// @p word with control characters as \xNN: an error stays one line, and a terminal obeys none of it.
std::string printable(std::string_view word);

/// The same in single quotes: what the user wrote, in an error.
std::string shown(std::string_view word);

}  // namespace nmistorm::cli
