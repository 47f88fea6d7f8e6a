// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"

namespace nmistorm::oracle {

/// Where a vCPU was when a run ended, for who looks for the cause of a finding. No rule judges it.
struct VcpuEnd {
    unsigned vcpu = 0;
    bool halted = false;
    bool in_nmi = false;  ///< it had entered an NMI and not left it
    GuestVirt ip;
    std::string where;                                             ///< `ip` as symbol+offset file:line
    std::vector<std::pair<std::string, std::uint64_t>> registers;  ///< in the order of the ISA
    /// What RCU knows about the CPU, by the names of its members; empty if the image does not tell.
    std::vector<std::pair<std::string, std::uint32_t>> rcu;
    std::vector<std::string> code;  ///< the instructions from `ip` on
    /// The calls, NMIs and exceptions that led there, the nearest first, each as symbol+offset file:line. Of
    /// an image without call frame information: the words on its stack that are addresses of code.
    std::vector<std::string> stack;
};

}  // namespace nmistorm::oracle
