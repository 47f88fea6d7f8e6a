// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/abi_conformance.h"

namespace nmistorm::oracle::rules {

void AbiConformance::on(const Malformed& malformed, FindingSink& sink) {
    sink.report(Rule::abi_conformance, {.vcpu = malformed.vcpu, .at = malformed.ip}, "{}",
                malformed.sentence);
}

void AbiConformance::finish(const Observation& observation, const Tally&, FindingSink& sink) {
    for (const std::string& sentence : observation.malformed) {
        sink.report(Rule::abi_conformance, {}, "{}", sentence);
    }
    if (observation.finished && !done_ && observation.plan.observe == plan::Observe::events &&
        observation.events_lost == 0) {
        sink.report(Rule::abi_conformance, {.vcpu = plan::updater_vcpu},
                    "the updater's state says that it is done, but no event says so");
    }
    // One that does not exist is malformed. If the event of a tripwire was lost, a rule was still broken; it
    // is only not known which.
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const std::uint64_t trips = observation.vcpus[vcpu].counters.trips;
        if (trips > trips_.at(vcpu) && observation.malformed.empty()) {
            sink.report(Rule::abi_conformance, {.vcpu = vcpu},
                        "vCPU {} hit {} tripwires, of which {} were not reported", vcpu, trips,
                        trips - trips_.at(vcpu));
        }
    }
}

}  // namespace nmistorm::oracle::rules
