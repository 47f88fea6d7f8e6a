// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "plan/explore_plan.h"

namespace nmistorm::oracle {

/// How an exploration shows a fault.
struct ExploreFacts {
    plan::ExplorePlan plan;      ///< the default bound, raised only as far as the fault needs
    std::string_view not_shown;  ///< why no exploration shows the fault; else empty
};

ExploreFacts explore_facts(abi::Fault fault);

}  // namespace nmistorm::oracle
