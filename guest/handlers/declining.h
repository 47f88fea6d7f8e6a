// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "handlers/nmi_data.h"

/// Checks its data and returns 0, which means that the NMI was not for it, so that the default action
/// follows.
inline __attribute__((always_inline)) int declining(nmi_data* data, nmi_callback_t self, pt_regs*) {
    const uint32_t tag = nmi_data_begin(data, self);
    nmi_data_end(data, self, tag);
    return 0;
}
