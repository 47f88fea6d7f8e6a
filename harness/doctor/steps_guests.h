// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "image/image.h"
#include "kvm/system.h"

namespace nmistorm::doctor {

/// Checks that this KVM can be stepped as `explore` needs it, by stepping @p image, a clean one:
///  - each run of a vCPU executes exactly one instruction;
///  - an NMI with emulated delivery and return (machine/nmi_delivery.h) and a stepped handler leaves
///    the same registers, memory and NMI mask as an NMI that KVM delivers.
/// Throws HostCannot with what went wrong.
void require_steps(const kvm::System& system, const image::Image& image);

}  // namespace nmistorm::doctor
