// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

/// The interface of the fake KVM and the guest's own code in a shared library.
namespace nmistorm::fake_kvm::guest {

/// What the guest calls in place of a CPU; each gets the pointer that start() was given.
struct Hardware {
    void (*instruction)(void* vcpu);
    void (*relax)(void* vcpu);
    void (*halt)(void* vcpu);
    void (*out)(void* vcpu, uint16_t port);
    void (*send_nmi)(void* vcpu, uint32_t id);
};

/// The library's symbol `fake_guest`.
struct Entry {
    /// Call once, first: the VM's memory, which must lie below 4 GiB, and the Boot in it.
    void (*load)(const Hardware& hardware, void* memory, void* boot);
    void (*start)(uint32_t number, void* vcpu);
    /// The guest's NMI entry.
    void (*nmi)(uint32_t number);
};

}  // namespace nmistorm::fake_kvm::guest
