// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/explore_facts.h"

#include "plan/names.h"

namespace nmistorm::oracle {

ExploreFacts explore_facts(abi::Fault fault) {
    ExploreFacts facts;
    facts.plan.fault = fault;
    const std::string_view name = plan::name(fault);
    if (name == "gp-stale-snapshot" || name == "recycled-data") {
        facts.plan.swaps = 2;  // what the first one left behind, the second one falls over
    } else if (name == "lock-in-handler") {
        facts.plan.cycle = abi::Cycle::replace;  // data is initialised while a handler is published
    } else if (name == "leak") {
        facts.not_shown = "it loses one block in a hundred, and that many swaps cannot be gone through";
    } else if (name == "clobbered-register") {
        facts.not_shown = "only code that writes events changes that register, and events are off";
    }
    return facts;
}

}  // namespace nmistorm::oracle
