// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "handlers/nmi_data.h"

/// Checks and tags its data on entry and once more before it leaves.
inline __attribute__((always_inline)) int counting(nmi_data* data, nmi_callback_t self, pt_regs*) {
    const uint32_t tag = nmi_data_begin(data, self);
    nmi_data_end(data, self, tag);
    return 1;
}
