// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace nmistorm::commands {

/// Writes to stdout. Throws Error on failure, as for any other output.
void print(std::string_view text);

/// @p fd is a terminal that understands control sequences, which one of TERM=dumb does not.
bool takes_control_sequences(int fd);

/// Such a terminal, and the user does not object to colours by NO_COLOR (https://no-color.org).
bool takes_colour(int fd);

/// Writes to stderr. Failures are ignored, since there is nowhere to report them.
void tell(std::string_view text);

}  // namespace nmistorm::commands
