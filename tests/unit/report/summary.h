// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "report/renderers.h"

namespace nmistorm {

/// @p report as a user sees it.
template <typename Report>
std::string summary(const Report& report, bool colour) {
    return terminal_text(document(report), colour);
}

}  // namespace nmistorm
