// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ptrace.h>

#include "handlers/nmi_data.h"
#include "trace/sample.h"

/// Records the ip that the NMI interrupted, as the profiler that the document draws on does
/// (arch/i386/oprofile/nmi_timer_int.c).
inline __attribute__((always_inline)) int sampling(nmi_data* data, nmi_callback_t self, pt_regs* regs) {
    const uint32_t tag = nmi_data_begin(data, self);
    sample(static_cast<uint32_t>(regs->ip));
    nmi_data_end(data, self, tag);
    return 1;
}
