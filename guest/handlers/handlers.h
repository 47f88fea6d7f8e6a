// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "handlers/nmi_data.h"
#include "mem/module.h"

/// A handler that the updater can publish. The callback finds its data through `data`, so a handler may get
/// new data only after the grace period for its previous data has ended.
struct handler {
    uint32_t bit;  ///< of shared::Handlers
    nmi_callback_t callback;
    nmi_data** data;
    module_code* code;  ///< loaded and destroyed in the cycle unload; not used in the others
};

/// Each handler exists twice, as two callbacks with a data pointer each. So consecutive swaps never use the
/// same callback, and the address of a callback identifies the data that it must see.
inline constexpr unsigned handler_copies = 2;

/// Every kind of handler, for each copy. To add a kind, add its file and its lines in handlers.cpp.
inline constexpr unsigned handler_kinds = 4;
extern const handler handlers[handler_copies][handler_kinds];

/// Deliberate bug (Fault::read_after_exit): keeps using the data of @p callback for a while after RCU was
/// told that the NMI is over.
void linger_in_data_of(nmi_callback_t callback);
