// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/host.h"

#include <sys/utsname.h>

#include "doctor/runs_guests.h"
#include "image/embedded.h"

namespace nmistorm::commands {

kvm::System kvm_for(plan::Arch arch) {
    kvm::System system = kvm::System::open();
    if (arch == plan::Arch::i386) {
        doctor::require_runs(system, image::embedded("guest_i386_none"));
    }
    return system;
}

std::string kernel_release() {
    utsname names{};
    return uname(&names) == 0 ? names.release : "unknown";
}

}  // namespace nmistorm::commands
