// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

namespace nmistorm::guests {

/// Called repeatedly; it returns true to stop.
using Stop = std::function<bool()>;

/// Thrown when a guest is told to stop in the middle of a step. Only rewind() may follow.
struct Stopped {};

}  // namespace nmistorm::guests
