// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace nmistorm {

/// @p word with control characters as \xNN, so that an error stays one line and cannot control a terminal.
std::string printable(std::string_view word);

/// The same with everything that is not ASCII, for names that may be in no encoding at all.
std::string printable_ascii(std::string_view word);

/// printable() in single quotes, for words of the user in an error.
std::string shown(std::string_view word);

}  // namespace nmistorm
