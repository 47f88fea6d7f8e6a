// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "handlers/nmi_data.h"
#include "work/dwell.h"

/// Dwells in its data, so that it is often running while it is being retired.
inline __attribute__((always_inline)) int long_running(nmi_data* data, nmi_callback_t self, pt_regs*) {
    const uint32_t tag = nmi_data_begin(data, self);
    dwell(boot->dwell_handler);
    nmi_data_end(data, self, tag);
    return 1;
}
