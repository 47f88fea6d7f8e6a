// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

#include "compiler.h"

/// kmalloc and kfree over the host's arena, for one updater: blocks of one size, the one that has been
/// free longest is handed out first, so that a late reader finds poison rather than new data. Each
/// block handed out gets a generation that no block had before.

/// Divides the arena into blocks. Once, before the first kmalloc().
void slab_init();

/// A block of at least @p size bytes, filled with poison_inuse. No block left or @p size too large
/// panics: the updater holds two at most.
WATCHED void* kmalloc(uint32_t size);

/// The generation that kmalloc() gave this block.
uint32_t kgeneration(const void* block);

/// Fills the block with poison_free and takes it back.
WATCHED void kfree(void* block);
