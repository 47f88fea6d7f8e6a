// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace nmistorm::cli {

/// @p word with control characters as \xNN, so that an error stays one line and cannot control a terminal.
std::string printable(std::string_view word);

/// The same in single quotes, for words of the user in an error.
std::string shown(std::string_view word);

}  // namespace nmistorm::cli
