// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "guests/guest.h"
#include "image/image.h"
#include "kvm/system.h"
#include "oracle/limit.h"
#include "plan/run_plan.h"

namespace nmistorm::guests {

/// A kind of guest that a storm can run.
struct GuestKind {
    /// @p image is of this kind. Throws UsageError if it is of another version of it.
    bool (*takes)(const image::Image& image);
    /// Throws HostCannot if this KVM cannot have so many vCPUs, Error if KVM fails otherwise.
    std::unique_ptr<Guest> (*boot)(const kvm::System& system, const image::Image& image,
                                   const plan::RunPlan& plan);
    /// What it cannot show in a storm of @p plan.
    std::vector<oracle::Limit> (*limits)(const plan::RunPlan& plan);
};

/// Our own ABI (include/nmistorm/abi/).
extern const GuestKind abi_kind;

/// The kind of @p image. Throws UsageError if there is none in this version.
const GuestKind& kind_of(const image::Image& image);

}  // namespace nmistorm::guests
