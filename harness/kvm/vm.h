// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/fd.h"
#include "kvm/irqchip.h"
#include "kvm/system.h"
#include "kvm/vcpu.h"

namespace nmistorm::kvm {

/// What a VM has besides its memory and its vCPUs. A PIT is not among it.
struct VmState {
    std::array<kvm_irqchip, 3> irqchips{};  ///< the two PICs and the I/O APIC
    kvm_clock_data clock{};
};

/// One VM, as a rule with the in-kernel interrupt controllers, so that KVM handles HLT and wake-ups in the
/// kernel.
class Vm {
  public:
    /// Throws HostCannot if this KVM lacks @p irqchip.
    explicit Vm(const System& system, Irqchip irqchip = Irqchip::kernel);

    /// KVM_SET_USER_MEMORY_REGION: maps @p memory, which must outlive the VM, at @p base.
    void set_memory(unsigned slot, GuestPhys base, std::span<std::byte> memory);

    /// KVM_CREATE_VCPU; @p id is also the APIC id.
    [[nodiscard]] Vcpu create_vcpu(unsigned id) const;

    /// Throws HostCannot unless signal_msi() works, for @p use, and UsageError unless it reaches so many
    /// vCPUs.
    void require_msis(unsigned vcpus, const char* use) const;
    /// KVM_SIGNAL_MSI: sends @p message. Returns whether an APIC took it. Any thread may call this.
    bool signal_msi(const kvm_msi& message);

    /// KVM_GET_IRQCHIP and KVM_GET_CLOCK. No vCPU may run.
    [[nodiscard]] VmState save() const;
    void restore(const VmState& state);

    /// The same for connect().
    void require_irqfds(unsigned vcpus, const char* use) const;
    /// KVM_SET_GSI_ROUTING and KVM_IRQFD: from now on a write to one of @p events sends the one of @p
    /// messages in the same place. Of the rest only IRQ 0 is routed any more,
    /// to the PIC.
    void connect(const std::vector<Fd>& events, const std::vector<kvm_msi>& messages);

    /// KVM_IRQFD: undoes connect(). What was written to @p events has been sent when it returns.
    void disconnect(const std::vector<Fd>& events);

    /// Throws HostCannot if this KVM lacks the PIT, or a choice of its re-injection, for @p use.
    void require_pit(const char* use) const;
    /// KVM_CREATE_PIT2, once. Its channel 0 raises IRQ 0 and, at each local APIC whose pin LINT0 is one for
    /// NMIs, an NMI (pit_do_work() in arch/x86/kvm/i8254.c).
    void create_pit();
    /// KVM_REINJECT_CONTROL: whether a tick of the PIT waits until the guest has acknowledged the one before.
    void set_pit_reinjection(bool reinject);
    /// KVM_SET_PIT2: channel 0 ticks once, or with @p period again and again, from now on. Both at most 54
    /// ms.
    void start_pit_once(std::chrono::nanoseconds after);
    void start_pit(std::chrono::nanoseconds period);
    /// Returns whether start_pit_once() has ticked; then the NMIs of that tick have reached KVM.
    [[nodiscard]] bool pit_has_ticked();

  private:
    void create_irqchip(Irqchip irqchip);
    void set_pit(std::uint8_t mode, std::chrono::nanoseconds time);
    [[nodiscard]] bool irq0_requested() const;
    void forget_irqs();
    void request_irqfds(const std::vector<Fd>& events, std::uint32_t flags);
    static void require_msi_targets(unsigned vcpus, const char* use);

    const System* system_;
    Fd fd_;
};

}  // namespace nmistorm::kvm
