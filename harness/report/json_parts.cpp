// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/json_parts.h"

#include <chrono>

#include "plan/names.h"

namespace nmistorm::report {

Json host_json(const std::string& kvm_backend, const std::string& kernel) {
    return {{"kvm_backend", kvm_backend}, {"kernel", kernel}};
}

Json plan_json(const plan::RunPlan& plan) {
    std::optional<double> duration_s;
    if (plan.duration) {
        duration_s = std::chrono::duration<double>(*plan.duration).count();
    }
    std::optional<double> slice_us;
    if (plan.slice) {
        slice_us = std::chrono::duration<double, std::micro>(*plan.slice).count();
    }
    return {{"arch", name(plan.arch)},
            {"guest_file", or_null(plan.guest_file)},
            {"fault", plan::name(plan.fault)},
            {"guest_build", or_null(plan.guest_build)},
            {"vcpus", plan.vcpus},
            {"source", name(plan.source)},
            {"pace", to_string(plan.pace)},
            {"injector", name(plan.injector)},
            {"slice_us", or_null(slice_us)},
            {"targets", to_string(plan.targets)},
            {"cycle", plan::name(plan.cycle)},
            {"handlers", plan::handlers_text(plan.handlers)},
            {"duration_s", or_null(duration_s)},
            {"nmis", or_null(plan.nmis)},
            {"until_covered", plan.until_covered},
            {"observe", name(plan.observe)},
            {"hotplug", plan.hotplug},
            {"profile", plan.profile},
            {"seed", plan.seed}};
}

Json finding_json(const oracle::Finding& finding) {
    return {{"rule", oracle::name(finding.rule)},
            {"judges", oracle::name(oracle::judges(finding.rule))},
            {"vcpu", or_null(finding.vcpu)},
            {"where", finding.where},
            {"detail", finding.detail}};
}

Json findings_json(const std::vector<oracle::Finding>& findings) {
    Json list = Json::array();
    for (const oracle::Finding& finding : findings) {
        list.push_back(finding_json(finding));
    }
    return list;
}

std::string text_of(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace nmistorm::report
