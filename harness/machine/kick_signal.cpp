// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kick_signal.h"

#include <cerrno>

#include "base/error.h"

namespace nmistorm::machine {
namespace {

thread_local kvm::Vcpu* kicked = nullptr;

void kick(int /*signal*/) {
    if (kicked != nullptr) {
        kicked->kick();
    }
}

}  // namespace

void install_kick_handler() {
    struct sigaction action {};
    action.sa_handler = kick;
    action.sa_flags = SA_RESTART;
    if (sigaction(kick_signal, &action, nullptr) != 0) {
        throw_errno("sigaction", errno);
    }
}

void unblock_kick() {
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, kick_signal);
    pthread_sigmask(SIG_UNBLOCK, &kick, nullptr);
}

KickedVcpu::KickedVcpu(kvm::Vcpu& vcpu) {
    kicked = &vcpu;
}

KickedVcpu::~KickedVcpu() {
    kicked = nullptr;
}

}  // namespace nmistorm::machine
