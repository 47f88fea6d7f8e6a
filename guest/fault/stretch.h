// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "work/dwell.h"

/// Holds a faulty moment open until, most likely, another CPU got its turn even on a busy host: else a storm
/// would meet it by luck alone. Returns at once where the host asks for no dwelling. NMI-safe.
inline void stretch() {
    dwell(16 * boot->dwell_work);
}
