// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/run_plan.h"

namespace nmistorm::plan {

std::uint32_t usual_handlers(bool profile) {
    return profile ? abi::handler_long | abi::handler_sampling : abi::handlers_all;
}

RunPlan part_of(const RunPlan& plan, const Shard& shard) {
    RunPlan part = plan;
    part.seed += shard.index;
    if (plan.nmis) {
        part.nmis = shard.share_of(*plan.nmis);
    }
    return part;
}

std::vector<unsigned> target_vcpus(const RunPlan& plan) {
    if (plan.targets.kind == Targets::Kind::list) {
        return plan.targets.list;
    }
    std::vector<unsigned> all;
    for (unsigned vcpu = 0; vcpu < plan.vcpus; ++vcpu) {
        if (plan.targets.kind == Targets::Kind::all || vcpu != updater_vcpu) {
            all.push_back(vcpu);
        }
    }
    return all;
}

}  // namespace nmistorm::plan
