// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "image/image.h"
#include "kvm/system.h"

namespace nmistorm::doctor {

/// Finds out whether this KVM can be stepped as `explore` needs it, by stepping @p image, a clean one:
///  - each run of a vCPU is one instruction, no more and no less;
///  - an NMI whose delivery and return are emulated (machine/nmi_delivery.h), its handler stepped,
///  leaves
///    registers, memory and NMI mask as one does that KVM delivers.
/// Throws HostCannot with what went wrong instead.
void require_steps(const kvm::System& system, const image::Image& image);

}  // namespace nmistorm::doctor
