// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "work/dwell.h"

/// Keeps the window of a fault open long enough that another CPU most likely runs in it, even on a busy host.
/// Without it a storm would hit the window only by luck. Returns at once if the host asks for no dwelling.
/// NMI-safe.
inline void stretch() {
    dwell(16 * boot->dwell_work);
}
