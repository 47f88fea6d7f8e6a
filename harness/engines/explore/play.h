// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "engines/explore/minimize.h"
#include "guests/stepped/explored_guest.h"

namespace nmistorm::engines::explore {

/// How a schedule was played.
struct Played {
    Cost done;          ///< the part that was played, until a rule was broken
    bool whole = true;  ///< every move was made as written
};

/// Called before each instruction and each NMI.
using Looker = std::function<void(const Move& move)>;

/// Plays @p schedule from where exploring starts until a rule is broken, and judges a deadlock or livelock at
/// its end. Moves that cannot be made are left out. @p further: if the schedule ends without a finding, the
/// last vCPU that ran continues for at most that many instructions.
Played play(guests::ExploredGuest& guest, const plan::Schedule& schedule, std::uint32_t further = 0,
            const Looker& look = {});

}  // namespace nmistorm::engines::explore
