// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::abi {

/// A deliberate bug, compiled into a guest image of its own. `none` is the clean image.
enum class Fault {
    none,
#define NMISTORM_FAULT_ROW(enumerator, ...) enumerator,
#include <nmistorm/abi/fault.def>
};

/// Names for `--fault` and in the image's note, indexed by Fault.
inline constexpr const char* fault_names[] = {
    "none",
#define NMISTORM_FAULT_ROW(enumerator, name, ...) name,
#include <nmistorm/abi/fault.def>
};
inline constexpr unsigned fault_count = sizeof(fault_names) / sizeof(fault_names[0]);

}  // namespace nmistorm::abi
