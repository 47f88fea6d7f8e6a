// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/death.h"

namespace nmistorm::drive {

oracle::Death death(unsigned vcpu, const machine::Exit& exit, GuestVirt ip, const abi::CpuPage& page) {
    oracle::Death death{.vcpu = vcpu, .exit = exit.name, .panic = {}, .ip = ip.value};
    if (exit.panic) {
        death.panic = page.panic;
        death.ip = death.panic->ip;
    }
    return death;
}

}  // namespace nmistorm::drive
