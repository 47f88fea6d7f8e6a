// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "guests/stepped/stopped.h"
#include "kvm/system.h"
#include "kvm/vcpu.h"
#include "machine/exit.h"

namespace nmistorm::guests {

/// One vCPU that runs one instruction at a time. The thread that steps it must have a machine::KickTimer, so
/// that a KVM which does not come back is noticed.
class SteppedVcpu {
  public:
    /// Throws HostCannot if this KVM cannot step. @p vcpu must outlive this object.
    SteppedVcpu(kvm::Vcpu& vcpu, const kvm::System& system);

    /// Registers and NMI mask at the next step. KVM is told only what has changed.
    void set_regs(const kvm_regs& regs);
    void set_nmi_masked(bool masked);
    /// The registers at the last stop.
    [[nodiscard]] const kvm_regs& regs() const { return vcpu_->step_regs(); }

    enum class Step {
        done,     ///< one instruction
        exited,   ///< the vCPU stopped for another reason, which exit() tells
        endless,  ///< it does not stop: an exception whose handler does not end, or KVM does not step
    };
    /// Runs one instruction. Throws Stopped when @p stop returns true.
    Step step(const Stop& stop = {});
    [[nodiscard]] const machine::Exit& exit() const { return exit_; }

    /// Makes a vCPU that stopped for good go on with @p sregs. Completes what KVM left open.
    void revive(const kvm_sregs& sregs);

    [[nodiscard]] kvm::Vcpu& vcpu() { return *vcpu_; }
    [[nodiscard]] const kvm::Vcpu& vcpu() const { return *vcpu_; }

  private:
    void apply_mask();

    kvm::Vcpu* vcpu_;
    kvm_vcpu_events events_;
    machine::Exit exit_;
};

}  // namespace nmistorm::guests
