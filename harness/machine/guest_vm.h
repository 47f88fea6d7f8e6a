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
    /// HostCannot if this KVM cannot have so many vCPUs, Error if KVM fails otherwise.
    GuestVm(const kvm::System& system, unsigned vcpus, std::size_t memory);
    GuestVm(const GuestVm&) = delete;
    GuestVm& operator=(const GuestVm&) = delete;

    [[nodiscard]] std::vector<kvm::Vcpu>& vcpus() { return vcpus_; }
    [[nodiscard]] const GuestMemory& memory() const { return memory_; }
    [[nodiscard]] kvm::Vm& kvm() { return vm_; }
    /// Puts a fresh VM with fresh vCPUs in the place of this one; the memory stays. Nobody may have a vCPU of
    /// the old one any more.
    void renew();
    /// The guest's TSC frequency; 0 if KVM does not tell it.
    [[nodiscard]] unsigned tsc_khz() const { return tsc_khz_; }

  private:
    void fill(unsigned vcpus);

    const kvm::System& system_;
    GuestMemory memory_;
    kvm::Vm vm_;
    unsigned tsc_khz_ = 0;
    std::vector<kvm::Vcpu> vcpus_;
};

}  // namespace nmistorm::machine
