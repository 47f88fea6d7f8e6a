// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "kvm/ioctl.h"

namespace nmistorm::machine {

/// Why a vCPU stopped for good without being told to.
struct Exit {
    std::string name;    ///< of the exit reason, with KVM's details
    bool panic = false;  ///< the guest wrote to abi::panic_port
};

/// Describes kvm_run after KVM_RUN in words (api.rst, section 5).
Exit describe_exit(const kvm_run& run);

}  // namespace nmistorm::machine
