// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "machine/guest_vm.h"
#include "machine/vcpu_thread.h"

namespace nmistorm::machine {

/// Runs the vCPUs of a VM, each on a thread of its own.
class Machine {
  public:
    /// Takes the vCPUs of @p vm, which must outlive the machine, as @p hook must. With @p hotplug the last
    /// vCPU is started later than the others.
    Machine(GuestVm& vm, bool hotplug, RunHook& hook);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    /// Stops every vCPU and waits for its thread.
    ~Machine();

    /// Starts every vCPU, except a hotplugged one.
    void start();
    /// Starts the hotplugged vCPU. Call once, after start().
    void start_last();
    /// Stops every vCPU and waits for that. Idempotent.
    void stop();

    [[nodiscard]] unsigned vcpus() const { return static_cast<unsigned>(threads_.size()); }
    [[nodiscard]] VcpuThread& vcpu(unsigned cpu) { return *threads_[cpu]; }
    [[nodiscard]] const VcpuThread& vcpu(unsigned cpu) const { return *threads_[cpu]; }

  private:
    bool hotplug_;
    std::vector<std::unique_ptr<VcpuThread>> threads_;
};

}  // namespace nmistorm::machine
