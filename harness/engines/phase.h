// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "base/clock.h"

namespace nmistorm::engines {

/// A part of a storm. While it lasts, the storm's thread reads what the guest tells, has it judged and
/// watches.
struct Phase {
    /// What happens if the user asks for the end.
    enum class Interrupt { ends_run, ends_phase, waits };

    std::function<bool()> over;
    /// Done again and again; returns whether there is more to do at once.
    std::function<bool(Clock::time_point now)> work = [](Clock::time_point) { return false; };
    std::function<void()> begin = [] {};
    std::function<void()> end = [] {};    ///< after it was over, before the next one
    std::function<void()> leave = [] {};  ///< at its end in any case
    Interrupt interrupt = Interrupt::ends_run;
    bool settling = false;  ///< everything requested is to be handled in it
};

}  // namespace nmistorm::engines
