// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "handlers/nmi_data.h"
#include "mem/module.h"

/// A handler that the updater can publish. The callback finds its data through `data`, so one may be
/// given new data only when no grace period for its last is outstanding.
struct handler {
    uint32_t bit;  ///< of shared::Handlers
    nmi_callback_t callback;
    nmi_data** data;
    module_code* code;  ///< what cycle unload loads and destroys; in the other cycles not used
};

/// Each handler exists twice, as two callbacks with a data pointer each: consecutive swaps never
/// touch the same one, and a callback's address tells whose data it must see.
inline constexpr unsigned handler_copies = 2;

/// Every kind of handler, copy by copy; to add one, add its file and its line in handlers.cpp.
inline constexpr unsigned handler_kinds = 4;
extern const handler handlers[handler_copies][handler_kinds];

/// Faulty on purpose (Fault::read_after_exit): stays in the data of @p callback for a while although
/// its NMI is over for RCU.
void linger_in_data_of(nmi_callback_t callback);
