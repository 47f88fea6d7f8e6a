// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "kvm/system.h"
#include "kvm/vcpu.h"
#include "kvm/vm.h"
#include "machine/guest_memory.h"

namespace nmistorm::machine {

/// One VM: memory from physical address 0 on, and vCPUs. Whoever boots a guest in it writes the memory and
/// sets the vCPUs' state; whoever runs the guest decides which thread runs which vCPU.
class GuestVm {
  public:
    /// @p memory in bytes, a multiple of the page size. Each vCPU has the CPUID that KVM supports. Throws
    /// HostCannot if this KVM cannot have so many vCPUs or lacks @p irqchip, Error if KVM fails otherwise.
    GuestVm(const kvm::System& system, unsigned vcpus, std::size_t memory,
            kvm::Irqchip irqchip = kvm::Irqchip::kernel);
    GuestVm(const GuestVm&) = delete;
    GuestVm& operator=(const GuestVm&) = delete;

    [[nodiscard]] std::vector<kvm::Vcpu>& vcpus() { return now_.vcpus; }
    [[nodiscard]] const GuestMemory& memory() const { return memory_; }
    [[nodiscard]] kvm::Vm& kvm() { return now_.vm; }

    /// A VM, and its vCPUs.
    struct Contents {
        kvm::Vm vm;
        std::vector<kvm::Vcpu> vcpus;
    };
    /// Another VM with as many vCPUs and the same memory. That takes a while, in which this one's may run.
    [[nodiscard]] Contents make_fresh() const;
    /// Puts @p fresh in the place of this VM. Returns the old one, which takes a while to end. Nobody may
    /// have a vCPU of it any more, nor its statistics.
    kvm::Vm renew(Contents fresh);
    /// The same without an end: returns all of the old VM.
    Contents exchange(Contents other);
    /// The guest's TSC frequency; 0 if KVM does not tell it.
    [[nodiscard]] unsigned tsc_khz() const { return tsc_khz_; }

  private:
    [[nodiscard]] Contents make(unsigned vcpus) const;

    const kvm::System& system_;
    GuestMemory memory_;
    kvm::Irqchip irqchip_;
    Contents now_;
    unsigned tsc_khz_;
};

}  // namespace nmistorm::machine
