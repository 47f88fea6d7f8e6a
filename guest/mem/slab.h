// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

#include "compiler.h"

/// kmalloc and kfree over the host's arena, for one updater. All blocks have one size. kmalloc() takes the
/// block that has been free longest, so that a late reader finds poison rather than new data, and gives it a
/// generation that no block had before.

/// Divides the arena into blocks of at least @p largest bytes. Call it once, before the first kmalloc().
void slab_init(uint32_t largest);

/// A block of at least @p size bytes, filled with poison_inuse, with guard words behind it. Panics if no
/// block is left, since the updater holds at most two, and if @p size is too large.
WATCHED void* kmalloc(uint32_t size);

/// The generation that kmalloc() gave this block.
uint32_t kgeneration(const void* block);

/// Fills the block with poison_free and takes it back. Reports (Trip::data_guard) if the words behind it were
/// written to.
WATCHED void kfree(void* block);

/// Reports the same of every block, those that are free too.
void slab_check();
