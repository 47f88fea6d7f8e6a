// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::drive::explore {

/// What a guest (see search.h) has come to.
enum class Standstill {
    no,       ///< some vCPU can go on
    rest,     ///< none can run
    circles,  ///< those that can come back to this very state, each alone
};

/// Running alone, @p cpu comes back to the state that it is in. Leaves the guest wherever that is.
template <typename Guest>
bool circles(Guest& guest, unsigned cpu) {
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
Standstill standstill(Guest& guest) {
    const auto mark = guest.mark();
    bool any = false;
    for (unsigned cpu = 0; cpu < guest.cpus(); ++cpu) {
        if (guest.can_run(cpu)) {
            any = true;
            const bool back = circles(guest, cpu);
            guest.rewind(mark);
            if (!back) {
                return Standstill::no;
            }
        }
    }
    return any ? Standstill::circles : Standstill::rest;
}

/// Has the guest judged where it has come to a standstill. True if it has.
template <typename Guest>
bool judge_standstill(Guest& guest) {
    switch (standstill(guest)) {
        case Standstill::no:
            return false;
        case Standstill::rest:
            guest.come_to_rest();
            break;
        case Standstill::circles:
            for (unsigned cpu = 0; !guest.complete() && !guest.finding() && cpu < guest.cpus(); ++cpu) {
                if (guest.can_run(cpu)) {
                    guest.stand_still(cpu);
                }
            }
            break;
    }
    return true;
}

}  // namespace nmistorm::drive::explore
