// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

/// A handler's code as a module's: it is loaded before the handler is published and destroyed once nobody can
/// be running it. The handler is linked for a page of its own (guest.lds), so loading puts back what was
/// there.
///
/// Destroyed code is 0xff all over: FF /7 is no instruction wherever one starts to read (SDM 2D, table A-6),
/// and raises #UD on both architectures.
///
/// To load is to change code that other CPUs have run: each needs a serialising instruction before it runs
/// the new (SDM 3A, 8.1.3). A grace period between module_load() and the publication sees to it: an NMI that
/// can find the handler has begun, through a VM entry, after the code was there.
struct module_code {
    static constexpr uint32_t page_words = 4096 / sizeof(uint32_t);
    static constexpr uint32_t most_words = 256;

    uint32_t* page;             ///< null before module_init()
    uint32_t loaded;            ///< nonzero: all of it is there
    uint32_t words;             ///< from the page's start, that are not 0xff throughout
    uint32_t copy[most_words];  ///< of those words
};

/// Copies the code that was linked at @p page, and destroys it there. Panics if it is too large.
void module_init(module_code& code, void* page);

void module_load(module_code& code);

/// Nobody may be running it, nor be about to.
void module_unload(module_code& code);

/// @p address is of code that is not there, or not all of it any more: an instruction of it may be torn, and
/// then do anything.
bool module_is_destroyed(const module_code& code, uint32_t address);
