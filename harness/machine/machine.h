// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "machine/guest_vm.h"
#include "machine/vcpu_thread.h"

namespace nmistorm::machine {

/// Runs the vCPUs of a VM, each on a thread of its own.
class Machine {
  public:
    /// Takes the vCPUs out of @p vm, which must outlive the machine, as @p hook must. With @p hotplug the
    /// last vCPU is started later than the others. With @p pinned each thread stays on one of this host's
    /// CPUs.
    Machine(GuestVm& vm, bool hotplug, RunHook& hook, bool pinned = false);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    /// Stops every vCPU and waits for its thread.
    ~Machine();

    /// Starts every vCPU, except a hotplugged one.
    void start();
    /// Starts the hotplugged vCPU. Call once, after start().
    void start_last();
    /// Starts one vCPU alone.
    void start(unsigned cpu);
    /// Stops every vCPU and waits for that. Idempotent.
    void stop();
    /// Stops one vCPU alone.
    void stop(unsigned cpu);

    /// Replaces the VM by @p fresh and takes its vCPUs, of which none is started. Call stop() before. Returns
    /// the old VM as GuestVm::renew() does.
    kvm::Vm renew(GuestVm::Contents fresh);

    // Of one vCPU in all VMs that it has been in.

    /// As those of VcpuThread.
    [[nodiscard]] std::chrono::nanoseconds cpu_time(unsigned cpu) const;
    [[nodiscard]] std::chrono::nanoseconds waited_for_cpu(unsigned cpu) const;
    /// KVM's statistic nmi_injections, if it has it. The vCPU must not run.
    [[nodiscard]] std::optional<std::uint64_t> nmi_injections(unsigned cpu) const;

    [[nodiscard]] unsigned vcpus() const { return static_cast<unsigned>(threads_.size()); }
    [[nodiscard]] VcpuThread& vcpu(unsigned cpu) { return *threads_[cpu]; }
    [[nodiscard]] const VcpuThread& vcpu(unsigned cpu) const { return *threads_[cpu]; }

  private:
    void take_vcpus();

    GuestVm& vm_;
    bool hotplug_;
    RunHook& hook_;
    bool pinned_;
    std::vector<std::unique_ptr<VcpuThread>> threads_;
    /// Of the VMs that were replaced, by vCPU.
    struct Earlier {
        std::chrono::nanoseconds cpu_time{};
        std::chrono::nanoseconds waited{};
        std::uint64_t nmi_injections = 0;
    };
    std::vector<Earlier> earlier_;
};

}  // namespace nmistorm::machine
