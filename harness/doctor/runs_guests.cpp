// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/runs_guests.h"

#include <fmt/format.h>

#include "base/error.h"
#include "doctor/probe.h"

namespace nmistorm::doctor {

std::string why_not_run(const kvm::System& system, const image::Image& image) {
    return Probe(system, image).begin(2);
}

void require_runs(const kvm::System& system, const image::Image& image) {
    const std::string failure = why_not_run(system, image);
    if (!failure.empty()) {
        const bool i386 = image.machine() == image::ElfMachine::i386;
        throw HostCannot(fmt::format(
            "this host's KVM ({}) cannot run {} guests: a probe guest was started and {}: "
            "use scripts/nested, or a host with kvm_intel or kvm_amd ('nmistorm doctor' tells more)",
            kvm::backend(), i386 ? "i386" : "x86-64", failure));
    }
}

}  // namespace nmistorm::doctor
