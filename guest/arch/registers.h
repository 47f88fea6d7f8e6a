// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

/// Fills the general registers except the stack pointer with values derived from @p seed, holds them for a
/// few hundred instructions and compares them. Returns 0 if none changed, else 1 + the number of the first
/// that changed (SDM 2A, table 3-1: ax 0, cx 1, ...).
extern "C" uint32_t hold_registers(uint32_t seed);
