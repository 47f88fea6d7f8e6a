// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/mapping.h"
#include "kvm/ioctl.h"
#include "kvm/statistics.h"
#include "kvm/vcpu_state.h"

namespace nmistorm::kvm {

class System;

/// One vCPU. Only the thread that runs it may call it, except for kick(): KVM serialises the ioctls on the
/// vCPU's mutex, which KVM_RUN holds.
class Vcpu {
  public:
    Vcpu(unsigned id, Fd fd, std::size_t mmap_size);

    /// KVM_RUN. Returns true if the vCPU stopped for a reason that state() tells, false if it was kicked.
    bool run();

    /// Makes the next run() return false; also the one under way, if the caller signals its thread too. Safe
    /// from any thread and from a signal handler.
    void kick();
    /// Undoes a kick() before run(). Between the two, the caller looks at what the kick was for.
    void clear_kick();

    /// KVM_NMI: queues one NMI. For how many can be pending, and what happens to the others, see api.rst,
    /// KVM_NMI, and process_nmi() in arch/x86/kvm/x86.c.
    void nmi();

    /// The area shared with KVM: the exit reason and its details.
    [[nodiscard]] const kvm_run& state() const;

    [[nodiscard]] kvm_regs regs() const;
    void set_regs(const kvm_regs& regs);
    [[nodiscard]] kvm_sregs sregs() const;
    void set_sregs(const kvm_sregs& sregs);
    /// Also processes queued NMIs, since KVM does so before it answers.
    [[nodiscard]] kvm_vcpu_events events() const;
    /// An NMI is pending or being injected, or NMIs are masked. As events(), also processes queued NMIs.
    [[nodiscard]] bool has_nmi() const;
    void set_cpuid(const std::vector<kvm_cpuid_entry2>& entries);
    [[nodiscard]] unsigned mp_state() const;
    void set_mp_state(unsigned state);
    /// KVM_SET_LAPIC with what KVM_GET_LAPIC gives. Before it, interrupts that name the vCPU's APIC may not
    /// reach it: KVM_CREATE_VCPU updates KVM's map of APICs before the new vCPU is among those that it has
    /// (kvm_recalculate_apic_map() in arch/x86/kvm/lapic.c).
    void confirm_lapic();
    /// The local APIC's pin LINT0 becomes one for NMIs (SDM 3A, 11.5.1), or masked, by KVM_SET_LAPIC.
    void set_lint0_to_nmi(bool nmi);
    /// The vCPU is halted inside KVM.
    [[nodiscard]] bool is_halted() const;

    /// `injected` and `masked` are always applied, the rest as the flags say (api.rst, KVM_SET_VCPU_EVENTS).
    void set_events(const kvm_vcpu_events& events);

    /// From now on each run() stops after one instruction with KVM_EXIT_DEBUG, and step_regs() has the
    /// registers. Throws HostCannot if this KVM lacks what that needs.
    void begin_stepping(const System& system);
    /// The registers at the last stop.
    [[nodiscard]] const kvm_regs& step_regs() const;
    /// Sets the registers for the next run().
    void set_step_regs(const kvm_regs& regs);
    void set_step_events(const kvm_vcpu_events& events);

    /// Saves one part of its state. @p msr_indices: System::msr_indices().
    void save(StatePart part, const std::vector<std::uint32_t>& msr_indices, VcpuState& to) const;
    /// Restores one part. The vCPU must not have run before.
    void restore(StatePart part, const VcpuState& from);

    /// KVM_GET_TSC_KHZ; 0 if KVM does not tell it.
    [[nodiscard]] unsigned tsc_khz() const;

    /// KVM_GET_STATS_FD; empty if KVM has no statistics.
    [[nodiscard]] Statistics statistics() const;

  private:
    [[nodiscard]] kvm_run& run_area() const;
    [[nodiscard]] std::vector<kvm_msr_entry> msrs(const std::vector<std::uint32_t>& indices) const;
    void set_msrs(const std::vector<kvm_msr_entry>& msrs);
    [[nodiscard]] std::optional<std::uint64_t> tsc_offset() const;
    void set_tsc_offset(std::uint64_t offset);

    std::string who_;  ///< for errors
    Fd fd_;
    Mapping shared_;
};

/// The trap flag and the interrupt enable flag in RFLAGS (SDM 1, 3.4.3.3).
inline constexpr std::uint64_t rflags_tf = 0x100;
inline constexpr std::uint64_t rflags_if = 0x200;

/// "KVM_EXIT_SHUTDOWN" and so on; "KVM exit 77" for a reason that <linux/kvm.h> 6.1 does not have.
std::string exit_name(unsigned reason);

}  // namespace nmistorm::kvm
