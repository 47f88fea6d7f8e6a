// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/mapping.h"
#include "kvm/ioctl.h"
#include "kvm/statistics.h"

namespace nmistorm::kvm {

class System;

/// One vCPU. All calls are for the thread that runs it, but for kick(), since KVM serialises them on the
/// vCPU's mutex, which KVM_RUN holds.
class Vcpu {
  public:
    Vcpu(unsigned id, Fd fd, std::size_t mmap_size);

    /// KVM_RUN. True: the vCPU stopped for a reason to be read from state(); false: it was kicked.
    bool run();

    /// Makes the next run(), or the one under way if the caller also signals its thread, return false.
    /// Safe from any thread and from a signal handler.
    void kick();
    /// Takes back a kick() before run(); what the kick was for is looked at in between.
    void clear_kick();

    /// KVM_NMI: makes one NMI pending. How many can wait, and what becomes of the rest: api.rst, KVM_NMI,
    /// and process_nmi() in arch/x86/kvm/x86.c.
    void nmi();

    /// The area shared with KVM: exit reason and its details.
    [[nodiscard]] const kvm_run& state() const;

    [[nodiscard]] kvm_regs regs() const;
    void set_regs(const kvm_regs& regs);
    [[nodiscard]] kvm_sregs sregs() const;
    void set_sregs(const kvm_sregs& sregs);
    /// Also processes queued NMIs, as KVM does before it answers.
    [[nodiscard]] kvm_vcpu_events events() const;
    void set_cpuid(const std::vector<kvm_cpuid_entry2>& entries);
    void set_mp_state(unsigned state);
    /// It waits at HLT inside KVM.
    [[nodiscard]] bool is_halted() const;

    /// `injected` and `masked` are always taken, the rest as the flags say (api.rst, KVM_SET_VCPU_EVENTS).
    void set_events(const kvm_vcpu_events& events);

    /// From now on each run() stops after one instruction, as KVM_EXIT_DEBUG, with the registers in
    /// step_regs(). Throws HostCannot where this KVM lacks what that takes.
    void begin_stepping(const System& system);
    /// The registers as of the last stop.
    [[nodiscard]] const kvm_regs& step_regs() const;
    /// What the next run() starts from.
    void set_step_regs(const kvm_regs& regs);
    void set_step_events(const kvm_vcpu_events& events);

    /// KVM_GET_TSC_KHZ; 0 where KVM does not say.
    [[nodiscard]] unsigned tsc_khz() const;

    /// KVM_GET_STATS_FD; without statistics where KVM has none.
    [[nodiscard]] Statistics statistics() const;

  private:
    [[nodiscard]] kvm_run& run_area() const;

    std::string who_;  ///< for errors
    Fd fd_;
    Mapping shared_;
};

/// The trap flag in RFLAGS (SDM 1, 3.4.3.3).
inline constexpr std::uint64_t rflags_tf = 0x100;

/// "KVM_EXIT_SHUTDOWN" and so on; "KVM exit 77" for one that is not in <linux/kvm.h> 6.1.
std::string exit_name(unsigned reason);

}  // namespace nmistorm::kvm
