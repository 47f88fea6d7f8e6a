// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace nmistorm::commands {

/// To stdout. Throws Error where it cannot, as with any other output.
void print(std::string_view text);

/// To stderr; where that fails there is nobody left to tell.
void tell(std::string_view text);

}  // namespace nmistorm::commands
