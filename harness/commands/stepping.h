// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "image/image.h"
#include "kvm/system.h"
#include "plan/run_plan.h"

namespace nmistorm::commands {

/// Throws HostCannot unless this host's KVM runs and steps guests of @p arch, which is that of @p image.
void require_stepping(const kvm::System& system, const image::Image& image, plan::Arch arch);

}  // namespace nmistorm::commands
