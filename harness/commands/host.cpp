// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/host.h"

#include <fmt/format.h>

#include "commands/program.h"
#include "doctor/runs_guests.h"
#include "doctor/steps_guests.h"
#include "image/embedded.h"
#include "plan/names.h"

namespace nmistorm::commands {

kvm::System kvm_for(plan::Arch arch) {
    kvm::System system = kvm::System::open();
    if (arch == plan::Arch::i386) {
        doctor::require_runs(system, image::embedded("guest_i386_none"));
    }
    return system;
}

kvm::System stepping_kvm_for(plan::Arch arch) {
    kvm::System system = kvm_for(arch);
    doctor::require_steps(system, image::embedded(fmt::format("guest_{}_none", plan::name(arch))));
    return system;
}

report::Provenance provenance_of(const std::string& reproduce) {
    return {.reproduce = reproduce,
            .kvm_backend = kvm::backend(),
            .kernel = kvm::kernel_release(),
            .version = version(),
            .build_id = build_id()};
}

}  // namespace nmistorm::commands
