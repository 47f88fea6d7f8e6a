// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kvm/ioctl.h"

namespace nmistorm::kvm {

class System;

/// A part of a vCPU's state, which one pair of ioctls saves and restores.
enum class StatePart {
    mp_state,    ///< KVM_GET_MP_STATE
    regs,        ///< KVM_GET_REGS
    sregs,       ///< KVM_GET_SREGS
    xsave,       ///< KVM_GET_XSAVE; 4 KiB hold all that a process has that did not ask for more (api.rst)
    xcrs,        ///< KVM_GET_XCRS
    debug_regs,  ///< KVM_GET_DEBUGREGS
    lapic,       ///< KVM_GET_LAPIC
    msrs,        ///< KVM_GET_MSRS, and the TSC's offset, see VcpuState
    events,      ///< KVM_GET_VCPU_EVENTS: among them the NMIs that are pending, injected or masked
};

/// All of a vCPU's state but its CPUID, which whoever creates it sets.
struct VcpuState {
    kvm_mp_state mp_state{};
    kvm_regs regs{};
    kvm_sregs sregs{};
    alignas(kvm_xsave) std::array<std::byte, sizeof(kvm_xsave)> xsave{};  ///< it has a flexible array
    kvm_xcrs xcrs{};
    kvm_debugregs debug_regs{};
    kvm_lapic_state lapic{};
    std::vector<kvm_msr_entry> msrs;
    /// KVM_VCPU_TSC_OFFSET (Documentation/virt/kvm/devices/vcpu.rst), which is in the place of IA32_TSC. KVM
    /// before Linux 6.7 takes a TSC that is written within a second of the VM's own for one that is to be as
    /// the other vCPUs' (kvm_synchronize_tsc()). It is right only on the same host. None: this KVM lacks it.
    std::optional<std::uint64_t> tsc_offset;
    kvm_vcpu_events events{};
};

/// In which order the parts are saved, and in which they are restored.
struct StateOrder {
    std::vector<StatePart> save;
    std::vector<StatePart> restore;
};

/// The order that keeps everything, from api.rst and from KVM's code:
/// - Save mp_state first: KVM_GET_MP_STATE has INIT and SIPI take effect (kvm_apic_accept_events() in
///   kvm_arch_vcpu_ioctl_get_mpstate()), which changes most other parts.
/// - Restore regs before events: KVM_SET_REGS drops a pending exception (__set_regs()).
/// - Restore sregs before lapic: they hold the APIC's base and mode, by which KVM_SET_LAPIC reads the rest.
/// - Restore sregs before mp_state: KVM_SET_SREGS makes the boot vCPU runnable if it is as after a reset
///   (__set_sregs_common()).
/// - Restore lapic before msrs: IA32_TSC_DEADLINE has an effect only if the timer's mode is that one.
/// No vCPU may run meanwhile: it could send the others NMIs that are not saved, or that are overwritten.
const StateOrder& right_order();

/// Throws HostCannot if this KVM cannot save or restore some part, which @p use needs.
void require_state(const System& system, const char* use);

}  // namespace nmistorm::kvm
