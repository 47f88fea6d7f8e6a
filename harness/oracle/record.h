// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "oracle/fact.h"
#include "oracle/fatal_exit.h"
#include "oracle/observation.h"

namespace nmistorm::oracle {

/// Facts were lost here.
struct Gap {
    bool operator==(const Gap&) const = default;
};

/// What a vCPU's counters were here; see Judge::take.
struct Sample {
    unsigned vcpu = 0;
    Counters counters;
    bool operator==(const Sample&) const = default;
};

// The rest only stepping sees.

/// All swaps are over and no NMI is pending or being handled on @p vcpu, which is at @p ip.
struct AtRest {
    unsigned vcpu = 0;
    GuestVirt ip;
    Counters counters;
};

/// No vCPU makes progress, though the swaps are not over; @p vcpu is at @p ip.
struct Deadlock {
    unsigned vcpu = 0;
    GuestVirt ip;
};

/// At @p ip, @p vcpu wrote what no correct guest can write.
struct Malformed {
    unsigned vcpu = 0;
    GuestVirt ip;
    std::string sentence;
};

/// One thing that a judge was told, in the order in which it was told. All of them and the observation make
/// it judge the same again.
using Record = std::variant<Recorded, Gap, Sample, AtRest, FatalExit, Deadlock, Malformed>;

}  // namespace nmistorm::oracle
