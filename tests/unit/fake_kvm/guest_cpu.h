// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "fiber.h"
#include "kvm.h"
#include "own_guest.h"

namespace nmistorm::fake_kvm {

class Vcpu;

/// What a vCPU runs: a program on a stack of its own. That is the part of a vCPU's state that KVM_GET_REGS
/// and KVM_SET_REGS carry from one vCPU to another.
class GuestCpu final : public Cpu {
  public:
    /// CPU @p number of @p guest, or of the test's program without one.
    GuestCpu(const Kvm& kvm, unsigned number, std::shared_ptr<OwnGuest> guest);

    /// Runs it on @p vcpu until it leaves. Returns the result of KVM_RUN, if it left for a reason of its own.
    std::optional<int> run_on(Vcpu& vcpu);
    [[nodiscard]] const std::shared_ptr<OwnGuest>& guest() const { return guest_; }

    // On the fiber:
    [[nodiscard]] unsigned number() const override { return number_; }
    void instruction() override;
    void halt() override;
    void exit(const std::function<void(kvm_run&)>& reason) override;
    void send_nmi(unsigned id) override;
    void fail(int error) override { leave(-error); }

  private:
    void start();
    void leave(std::optional<int> result);
    void take_nmis();
    void shut_down();

    const Kvm& kvm_;
    const unsigned number_;
    const std::shared_ptr<OwnGuest> guest_;
    Vcpu* vcpu_ = nullptr;  ///< another one after any leave()
    std::optional<int> result_;
    unsigned boundaries_ = 0;
    Fiber fiber_;
};

}  // namespace nmistorm::fake_kvm
