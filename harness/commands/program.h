// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace nmistorm::commands {

/// Of this program: "0.1.0".
std::string version();

/// Of this program, by which its debug information is found; "none" if it has none.
std::string build_id();

}  // namespace nmistorm::commands
