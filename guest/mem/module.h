// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

/// A handler's code treated as a module's code: loaded before the handler is published, and destroyed when no
/// CPU can be running it. The handler is linked for a page of its own (guest.lds), so loading restores the
/// original bytes.
///
/// Destroyed code consists of 0xff bytes. At every offset they decode as FF /7, which is not an instruction
/// (SDM 2D, table A-6) and raises #UD on both architectures.
///
/// Loading changes code that other CPUs have run, so each CPU needs a serialising instruction before it runs
/// the new code (SDM 3A, 8.1.3). A grace period between module_load() and the publication provides that: an
/// NMI that can find the handler began after the code was complete, and began with a VM entry.
struct module_code {
    static constexpr uint32_t page_words = 4096 / sizeof(uint32_t);
    static constexpr uint32_t most_words = 256;

    uint32_t* page;             ///< null before module_init()
    uint32_t loaded;            ///< nonzero: the code is complete
    uint32_t words;             ///< length of the code, from the page's start
    uint32_t copy[most_words];  ///< of the code
};

/// Copies the code that is linked at @p page and destroys the original. Panics if it is too large.
void module_init(module_code& code, void* page);

void module_load(module_code& code);

/// Destroys the code. No CPU may be running it or be about to run it.
void module_unload(module_code& code);

/// Whether @p address is in code that is destroyed, wholly or in part. A partly destroyed instruction may do
/// anything.
bool module_is_destroyed(const module_code& code, uint32_t address);
