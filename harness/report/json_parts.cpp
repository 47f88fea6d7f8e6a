// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/json_parts.h"

namespace nmistorm::report {

Json host_json(const Provenance& provenance) {
    return {{"kvm_backend", provenance.kvm_backend}, {"kernel", provenance.kernel}};
}

Json finding_json(const oracle::Finding& finding) {
    return {{"rule", oracle::name(finding.rule)},
            {"judges", oracle::name(oracle::judges(finding.rule))},
            {"vcpu", or_null(finding.vcpu)},
            {"where", finding.where},
            {"detail", finding.detail}};
}

Json limit_json(const oracle::Limit& limit) {
    return {{"rule", oracle::name(limit.rule)}, {"in_part", limit.in_part}, {"why", limit.why}};
}

}  // namespace nmistorm::report
