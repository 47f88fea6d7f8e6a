// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/fd.h"
#include "kvm/system.h"
#include "kvm/vcpu.h"

namespace nmistorm::kvm {

/// One VM with the in-kernel interrupt controllers, so that KVM handles HLT and wake-ups in the kernel.
class Vm {
  public:
    explicit Vm(const System& system);

    /// KVM_SET_USER_MEMORY_REGION: maps @p memory, which must outlive the VM, at @p base.
    void set_memory(unsigned slot, GuestPhys base, std::span<std::byte> memory);

    /// KVM_CREATE_VCPU; @p id is also the APIC id.
    [[nodiscard]] Vcpu create_vcpu(unsigned id) const;

  private:
    const System& system_;
    Fd fd_;
};

}  // namespace nmistorm::kvm
