// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "files.h"
#include "own_guest.h"

namespace nmistorm::fake_kvm {

/// What KVM_CREATE_VM makes: one slot of memory, and vCPUs.
class Vm : public File, public std::enable_shared_from_this<Vm> {
  public:
    explicit Vm(Kvm& kvm) : kvm_(kvm) {}

    int request(unsigned long number, unsigned long argument) override;

    [[nodiscard]] Kvm& kvm() const { return kvm_; }
    /// What its vCPUs run if the test gives no program. Any vCPU's thread may call this.
    OwnGuest& own_guest(std::uint64_t boot);

  private:
    int create_vcpu(unsigned long id);

    Kvm& kvm_;
    std::span<std::byte> memory_;
    std::vector<unsigned long> ids_;
    std::once_flag loaded_;
    std::unique_ptr<OwnGuest> own_guest_;
};

}  // namespace nmistorm::fake_kvm
