// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "kvm/ioctl.h"

namespace nmistorm::machine {

/// Why a vCPU will not run again, other than that it was told to.
struct Exit {
    std::string name;    ///< of the exit reason, with what KVM says of it
    bool panic = false;  ///< the guest wrote to abi::panic_port
};

/// What kvm_run says after KVM_RUN, in words; it is documented in api.rst, section 5.
Exit describe_exit(const kvm_run& run);

}  // namespace nmistorm::machine
