// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <nmistorm/abi/boot.h>

#include "image/image.h"
#include "kvm/system.h"
#include "kvm/vm.h"
#include "machine/guest_memory.h"
#include "machine/layout.h"
#include "machine/ring_reader.h"
#include "machine/vcpu_thread.h"

namespace nmistorm::machine {

/// What a guest is to do; the part of abi::Boot that is not addresses.
struct GuestParameters {
    unsigned vcpus = 2;
    abi::Cycle cycle = abi::Cycle::unset;
    std::uint32_t handlers = abi::handlers_all;
    bool events = true;
    std::uint32_t seed = 1;
    bool hotplug = false;  ///< the last vCPU is started later and goes offline now and then
    /// How long things last at most, in microseconds of the guest's TSC; 0: not at all.
    std::uint32_t published_us = 300;
    std::uint32_t handler_us = 500;
    std::uint32_t work_us = 200;
};

/// One VM: guest memory with an image in it, vCPUs, and a thread for each.
class Machine {
  public:
    /// Everything up to, but not including, the first instruction. Throws HostCannot where this KVM
    /// cannot have so many vCPUs, Error where it fails otherwise. @p hook must outlive the machine.
    Machine(const kvm::System& system, const image::Image& image, const GuestParameters& parameters,
            RunHook& hook);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    /// Stops every vCPU and waits for its thread.
    ~Machine();

    /// Starts every vCPU but a hotplugged one.
    void start();
    /// Starts the one that is left. Once, after start().
    void start_last();
    /// No vCPU runs afterwards. Idempotent.
    void stop();

    [[nodiscard]] unsigned vcpus() const { return layout_.vcpus; }
    [[nodiscard]] VcpuThread& vcpu(unsigned cpu) { return *threads_[cpu]; }
    [[nodiscard]] const VcpuThread& vcpu(unsigned cpu) const { return *threads_[cpu]; }

    /// In guest memory, so any word may change or be nonsense.
    [[nodiscard]] const abi::CpuPage& cpu_page(unsigned cpu) const { return *cpu_pages_[cpu]; }
    [[nodiscard]] EventReader& ring(unsigned cpu, abi::RingOf which);
    [[nodiscard]] SampleReader& samples(unsigned cpu) { return samples_[cpu]; }
    [[nodiscard]] const SampleReader& samples(unsigned cpu) const { return samples_[cpu]; }

    /// Asks the updater to finish its swap and end.
    void ask_to_finish();

    /// The guest's TSC frequency; 0 where KVM does not say.
    [[nodiscard]] unsigned tsc_khz() const { return tsc_khz_; }
    [[nodiscard]] const GuestMemory& memory() const { return memory_; }
    [[nodiscard]] const Layout& layout() const { return layout_; }

  private:
    void load(const image::Image& image);
    void write_boot(const GuestParameters& parameters);
    void create_vcpus(const kvm::System& system, const image::Image& image, RunHook& hook);

    Layout layout_;
    GuestMemory memory_;
    kvm::Vm vm_;
    bool hotplug_;
    unsigned tsc_khz_ = 0;
    std::vector<const abi::CpuPage*> cpu_pages_;
    std::vector<EventReader> rings_;
    std::vector<SampleReader> samples_;
    std::vector<std::unique_ptr<VcpuThread>> threads_;
};

}  // namespace nmistorm::machine
