// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "history.h"

namespace nmistorm::oracle::test {

/// A random history of a guest without a fault on @p vcpus vCPUs, one step at a time. Everything that a
/// correct RCU allows happens, in any order, and events take their places as abi/event.h says. Ends after @p
/// swaps swaps, when all NMIs are handled.
History correct_history(std::uint32_t seed, unsigned vcpus, unsigned swaps);

/// The same, but its synchronize_sched() waits for no CPU.
History impatient_history(std::uint32_t seed, unsigned vcpus, unsigned swaps);

}  // namespace nmistorm::oracle::test
