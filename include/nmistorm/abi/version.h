// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

namespace nmistorm::abi {

/// Boot and the note of an image begin with it; "nmis" in little-endian ASCII.
inline constexpr uint32_t magic = 0x73696d6e;

/// Raised by every change to a struct, an enumerator or a meaning in this folder.
/// Host and image must agree exactly: there is no compatibility between versions.
inline constexpr uint32_t version = 3;

/// Number of CPUs that a guest's tables have room for.
inline constexpr uint32_t max_cpus = 64;

}  // namespace nmistorm::abi
