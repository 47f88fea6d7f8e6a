// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/stepping.h"

#include <fmt/format.h>

#include "doctor/runs_guests.h"
#include "doctor/steps_guests.h"
#include "image/embedded.h"
#include "plan/names.h"

namespace nmistorm::commands {

void require_stepping(const kvm::System& system, const image::Image& image, plan::Arch arch) {
    const image::Image clean = image::embedded(fmt::format("guest_{}_none", plan::name(arch)));
    if (image.machine() == image::Machine::i386) {
        doctor::require_runs(system, clean);
    }
    doctor::require_steps(system, clean);
}

}  // namespace nmistorm::commands
