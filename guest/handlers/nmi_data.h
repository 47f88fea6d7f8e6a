// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

#include <cpu.h>

#include "compiler.h"
#include "nmi/nmi.h"

/// The document's my_nmi_data: a handler uses it and the updater frees it. It is redundant on purpose, so
/// that a handler detects data that belongs to another handler, is not initialised or has been freed.
struct nmi_data {
    uint32_t magic;  ///< shared::nmi_data_magic
    uint32_t generation;
    uint32_t owner;                   ///< the callback that it was published with
    uint32_t tail;                    ///< shared::nmi_data_magic again
    uint32_t tags[shared::max_cpus];  ///< how often each CPU's handlers used this data
};

/// How many CPUs have a slot in it.
uint32_t nmi_data_cpus();

/// Bytes of it that @p nr_cpus CPUs need.
inline uint32_t nmi_data_size(uint32_t nr_cpus) {
    return static_cast<uint32_t>(offsetof(nmi_data, tags) + nr_cpus * sizeof(uint32_t));
}

/// Makes a fresh block ready for @p owner.
void nmi_data_init(nmi_data* data, nmi_callback_t owner);

/// Tells the host what is in each CPU's slot, if it asked for events. No handler uses the data any more.
void nmi_data_report(const nmi_data* data);

/// A handler calls these before and after it uses its data. The first counts the run, checks the data and
/// writes this CPU's tag; the second checks the data again, and that the tag is still there. An error is
/// reported once, and after that the handler does not touch the data. NMI-safe.
uint32_t nmi_data_begin(nmi_data* data, nmi_callback_t self);  ///< the tag; 0 if the data is unusable
void nmi_data_end(nmi_data* data, nmi_callback_t self, uint32_t tag);

/// One check, which reports like the two above. True if the data is right. NMI-safe.
bool nmi_data_check(const nmi_data* data, nmi_callback_t self, uint32_t generation);
