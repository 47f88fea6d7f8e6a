// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

namespace nmistorm::drive::explore {

/// Asked now and then: true stops.
using Stop = std::function<bool()>;

/// Thrown where a guest is told to stop in the middle of what it does. Only rewind() goes on from there.
struct Stopped {};

}  // namespace nmistorm::drive::explore
