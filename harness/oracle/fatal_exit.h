// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nmistorm/abi/cpu_page.h>

namespace nmistorm::oracle {

/// Why a vCPU stopped and cannot continue.
struct FatalExit {
    unsigned vcpu = 0;
    std::string exit;  ///< "KVM_EXIT_SHUTDOWN", ... or "panic"
    std::optional<abi::Panic> panic;
    std::uint64_t ip = 0;  ///< of the vCPU, or of the panic's instruction
};

/// A sentence such as "vCPU 1 took exception 14 (page fault) at 0x1010, ...".
std::string text_of(const FatalExit& fatal_exit);

}  // namespace nmistorm::oracle
