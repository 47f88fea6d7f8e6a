// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::kvm {

/// Where a VM's interrupt controllers are.
enum class Irqchip {
    kernel,  ///< all of them in KVM
    split,  ///< the local APICs in KVM, the others in user space, which here has none (KVM_CAP_SPLIT_IRQCHIP)
    none,   ///< in KVM there is none: HLT leaves to user space, and there are no MSIs
};

}  // namespace nmistorm::kvm
