// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <variant>

#include "oracle/fact.h"
#include "oracle/observation.h"

namespace nmistorm::oracle {

/// Facts were lost here.
struct Gap {
    bool operator==(const Gap&) const = default;
};

/// What a vCPU's counters were here; see Judge::sample.
struct Sample {
    unsigned vcpu = 0;
    Counters counters;
    bool operator==(const Sample&) const = default;
};

/// One thing that a judge was told, in the order in which it was told. All of them and the observation make
/// it judge the same again.
using Record = std::variant<Recorded, Gap, Sample>;

}  // namespace nmistorm::oracle
