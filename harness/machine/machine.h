// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "machine/guest_vm.h"
#include "machine/ring_reader.h"
#include "machine/vcpu_thread.h"

namespace nmistorm::machine {

/// One VM: guest memory with an image in it, vCPUs, and one thread for each vCPU.
class Machine {
  public:
    /// Sets up everything before the first instruction. Throws HostCannot if this KVM cannot have so many
    /// vCPUs, Error if KVM fails otherwise. @p hook must outlive the machine.
    Machine(const kvm::System& system, const image::Image& image, const GuestParameters& parameters,
            RunHook& hook);
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

    [[nodiscard]] unsigned vcpus() const { return guest_.layout().vcpus; }
    [[nodiscard]] VcpuThread& vcpu(unsigned cpu) { return *threads_[cpu]; }
    [[nodiscard]] const VcpuThread& vcpu(unsigned cpu) const { return *threads_[cpu]; }

    /// Lies in guest memory, so any word may change at any time and hold any value.
    [[nodiscard]] const abi::CpuPage& cpu_page(unsigned cpu) const { return *cpu_pages_[cpu]; }
    [[nodiscard]] EventReader& ring(unsigned cpu, abi::RingOf which);
    [[nodiscard]] SampleReader& samples(unsigned cpu) { return samples_[cpu]; }
    [[nodiscard]] const SampleReader& samples(unsigned cpu) const { return samples_[cpu]; }

    /// Asks the updater to finish its swap and end.
    void ask_to_finish() const;

    /// The guest's TSC frequency; 0 if KVM does not tell it.
    [[nodiscard]] unsigned tsc_khz() const { return guest_.tsc_khz(); }
    [[nodiscard]] const GuestMemory& memory() const { return guest_.memory(); }
    [[nodiscard]] const Layout& layout() const { return guest_.layout(); }

  private:
    GuestVm guest_;
    bool hotplug_;
    std::vector<const abi::CpuPage*> cpu_pages_;
    std::vector<EventReader> rings_;
    std::vector<SampleReader> samples_;
    std::vector<std::unique_ptr<VcpuThread>> threads_;
};

}  // namespace nmistorm::machine
