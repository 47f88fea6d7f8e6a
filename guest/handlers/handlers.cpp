// SPDX-License-Identifier: GPL-2.0-or-later
#include "handlers/handlers.h"

#include "handlers/counting.h"
#include "handlers/declining.h"
#include "handlers/long_running.h"
#include "handlers/sampling.h"
#include "rcu/rcu_sched.h"

/// Copy @p copy of the handler @p name: its data pointer, its callback in a page of its own far from the
/// dummy's (guest.lds), and that page as a module. Code that the handler calls outside its page belongs to
/// the kernel and is not destroyed.
#define NMI_HANDLER(name, copy)                                                                           \
    nmi_data* name##_data_##copy;                                                                         \
    module_code name##_code_##copy;                                                                       \
    __attribute__((section(".handlers." #name "_" #copy), aligned(4096))) int name##_nmi_callback_##copy( \
        struct pt_regs* regs, int) {                                                                      \
        return name(rcu_dereference_sched(name##_data_##copy), name##_nmi_callback_##copy, regs);         \
    }

namespace {

NMI_HANDLER(counting, 0)
NMI_HANDLER(counting, 1)
NMI_HANDLER(long_running, 0)
NMI_HANDLER(long_running, 1)
NMI_HANDLER(declining, 0)
NMI_HANDLER(declining, 1)
NMI_HANDLER(sampling, 0)
NMI_HANDLER(sampling, 1)

}  // namespace

#define COPY(bit, name, copy) \
    { bit, name##_nmi_callback_##copy, &name##_data_##copy, &name##_code_##copy }
#define COPIES(copy)                                                                                         \
    {                                                                                                        \
        COPY(shared::handler_counting, counting, copy), COPY(shared::handler_long, long_running, copy),      \
            COPY(shared::handler_declining, declining, copy), COPY(shared::handler_sampling, sampling, copy) \
    }

const handler handlers[handler_copies][handler_kinds] = {COPIES(0), COPIES(1)};

void linger_in_data_of(nmi_callback_t callback) {
    for (const auto& copies : handlers) {
        for (const handler& each : copies) {
            if (each.callback == callback) {
                nmi_data* data = rcu_dereference_sched(*each.data);
                const uint32_t generation = READ_ONCE(data->generation);
                for (int i = 0; i < 4; ++i) {  // about as long as a swap takes
                    dwell(boot->dwell_handler);
                }
                nmi_data_check(data, callback, generation);
            }
        }
    }
}
