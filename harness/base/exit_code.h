// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm {

/// What the program ends with (design, section 7): exit_pass and so on.
enum ExitCode : int {
#define NMISTORM_EXIT(enumerator, code, meaning) exit_##enumerator = (code),
#include "base/exit_code.def"
};

}  // namespace nmistorm
