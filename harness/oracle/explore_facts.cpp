// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/explore_facts.h"

namespace nmistorm::oracle {

ExploreFacts explore_facts(abi::Fault fault) {
    ExploreFacts facts;
    facts.plan.fault = fault;
    switch (fault) {
        case abi::Fault::qs_in_preempt_off:
        case abi::Fault::qs_in_nmi:
            facts.plan.condition =
                plan::Condition::preempt_off;  // busy targets, the first condition, do not show it
            break;
        case abi::Fault::gp_stale_snapshot:
            facts.plan.condition = plan::Condition::idle;  // quicker than busy targets, which show it, too
            [[fallthrough]];
        case abi::Fault::gp_counter_wrap:
        case abi::Fault::recycled_data:
            facts.plan.swaps = 2;  // the second swap meets what the first one left behind
            break;
        case abi::Fault::lock_in_handler:
            facts.plan.cycle = abi::Cycle::replace;  // data is initialised while a handler is published
            break;
        case abi::Fault::unload_early:
            facts.plan.cycle = abi::Cycle::unload;
            break;
        case abi::Fault::leak:
            facts.not_shown = "it loses one block in a hundred, and that many swaps cannot be gone through";
            break;
        case abi::Fault::clobbered_register:
            facts.not_shown = "only code that writes events changes that register, and events are off";
            break;
        default:
            break;
    }
    return facts;
}

}  // namespace nmistorm::oracle
