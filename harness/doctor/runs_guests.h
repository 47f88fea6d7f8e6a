// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "image/image.h"
#include "kvm/system.h"

namespace nmistorm::doctor {

/// Why this KVM cannot run guests of @p image's architecture; empty if it can. It runs one: see below.
std::string why_not_run(const kvm::System& system, const image::Image& image);

/// Checks that this KVM can run guests of @p image's architecture, by running one. It boots @p image, a clean
/// one, on one vCPU. The guest must return from two NMIs: a KVM that cannot emulate its IRET leaves NMIs
/// masked after the first. Throws HostCannot with what went wrong.
void require_runs(const kvm::System& system, const image::Image& image);

}  // namespace nmistorm::doctor
