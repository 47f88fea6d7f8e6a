// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <csignal>

#include "kvm/vcpu.h"

namespace nmistorm::machine {

/// The signal that interrupts KVM_RUN, or makes a vCPU's thread notice that it was kicked.
inline constexpr int kick_signal = SIGUSR1;

/// Without a handler the signal would end the process. The handler kicks the vCPU of KickedVcpu, so that a
/// signal that arrives before KVM_RUN has an effect, too. KVM_RUN is not restarted; other system calls are,
/// if somebody sends this signal to the process. Each call installs it anew, since a command installs
/// handlers of its own (commands/interrupts.h).
void install_kick_handler();

/// Lets the calling thread take the kick. An earlier kick stays pending until then.
void unblock_kick();

/// During its lifetime each kick signal that the calling thread takes kicks @p vcpu.
class KickedVcpu {
  public:
    explicit KickedVcpu(kvm::Vcpu& vcpu);
    KickedVcpu(const KickedVcpu&) = delete;
    KickedVcpu& operator=(const KickedVcpu&) = delete;
    ~KickedVcpu();
};

}  // namespace nmistorm::machine
