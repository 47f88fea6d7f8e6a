// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <csignal>

namespace nmistorm::machine {

/// What gets a thread out of KVM_RUN, or lets a vCPU's thread see that it was kicked.
inline constexpr int kick_signal = SIGUSR2;

/// Without it the signal would end the process. The handler does nothing: that KVM_RUN is interrupted is all
/// that is wanted.
void install_kick_handler();

}  // namespace nmistorm::machine
