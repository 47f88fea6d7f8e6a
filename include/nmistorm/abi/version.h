// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

#include <nmistorm/abi/assembly.h>

namespace nmistorm::abi {

/// Boot and the note of an image begin with it; "nmis" in little-endian ASCII.
inline constexpr uint32_t magic = NMISTORM_MAGIC;

/// Raised by every change to a struct, an enumerator or a meaning in this folder. The numbers are in
/// assembly.h. Host and image must agree exactly: there is no compatibility between versions.
inline constexpr uint32_t version = NMISTORM_VERSION;

/// Number of CPUs that a guest's tables have room for.
inline constexpr uint32_t max_cpus = 1024;

}  // namespace nmistorm::abi
