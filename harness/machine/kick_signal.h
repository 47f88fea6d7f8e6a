// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <csignal>

namespace nmistorm::machine {

/// What gets a thread out of KVM_RUN, or lets a vCPU's thread see that it was kicked.
inline constexpr int kick_signal = SIGUSR1;

/// Without a handler the signal would end the process. The handler does nothing, since it is enough that
/// KVM_RUN is interrupted. KVM_RUN is not restarted; another system call is, if somebody sends this signal
/// to the process.
void install_kick_handler();

/// The calling thread takes the kick. A kick from before stays pending until then.
void unblock_kick();

}  // namespace nmistorm::machine
