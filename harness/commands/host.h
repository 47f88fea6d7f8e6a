// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "kvm/system.h"
#include "plan/run_plan.h"
#include "report/document.h"

namespace nmistorm::commands {

/// This host's KVM, if it can run guests of @p arch; throws HostCannot if there is none or it cannot.
kvm::System kvm_for(plan::Arch arch);

/// The same, if it can also single-step them.
kvm::System stepping_kvm_for(plan::Arch arch);

/// On this host.
report::Provenance provenance_of(const std::string& reproduce);

}  // namespace nmistorm::commands
