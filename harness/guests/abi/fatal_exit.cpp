// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/fatal_exit.h"

namespace nmistorm::guests {

oracle::FatalExit fatal_exit(unsigned vcpu, const machine::Exit& exit, GuestVirt ip,
                             const abi::CpuPage& page) {
    oracle::FatalExit fatal_exit{.vcpu = vcpu, .exit = exit.name, .panic = {}, .ip = ip.value};
    if (exit.panic) {
        fatal_exit.panic = page.panic;
        fatal_exit.ip = fatal_exit.panic->ip;
    }
    return fatal_exit;
}

}  // namespace nmistorm::guests
