// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::engines::explore {

/// Why no vCPU of a guest (see search.h) makes progress.
enum class Stuck {
    no,        ///< some vCPU can make progress
    deadlock,  ///< none can run
    livelock,  ///< each vCPU that can run returns to this state when it runs alone
};

/// @p cpu, running alone, returns to its present state. Leaves the guest as it was.
template <typename Guest>
bool loops(Guest& guest, unsigned cpu) {
    constexpr unsigned longest = 64;  // choice points in a loop that waits
    guest.settle(cpu);
    if (guest.finding()) {
        return false;
    }
    const auto here = guest.key();
    for (unsigned i = 0; i < longest && guest.can_run(cpu); ++i) {
        guest.run(cpu);
        if (guest.finding()) {
            return false;
        }
        if (guest.key() == here) {
            return true;
        }
    }
    return false;
}

/// Leaves the guest as it was.
template <typename Guest>
Stuck stuck(Guest& guest) {
    const auto mark = guest.mark();
    bool any = false;
    for (unsigned cpu = 0; cpu < guest.cpus(); ++cpu) {
        if (guest.can_run(cpu)) {
            any = true;
            const bool back = loops(guest, cpu);
            guest.rewind(mark);
            if (!back) {
                return Stuck::no;
            }
        }
    }
    return any ? Stuck::livelock : Stuck::deadlock;
}

/// If no vCPU makes progress, has the guest judged and returns true.
template <typename Guest>
bool judge_stuck(Guest& guest) {
    switch (stuck(guest)) {
        case Stuck::no:
            return false;
        case Stuck::deadlock:
            guest.deadlock();
            break;
        case Stuck::livelock:
            for (unsigned cpu = 0; !guest.complete() && !guest.finding() && cpu < guest.cpus(); ++cpu) {
                if (guest.can_run(cpu)) {
                    guest.livelock(cpu);
                }
            }
            break;
    }
    return true;
}

}  // namespace nmistorm::engines::explore
