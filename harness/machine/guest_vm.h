// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include <nmistorm/abi/boot.h>

#include "image/image.h"
#include "kvm/system.h"
#include "kvm/vcpu.h"
#include "kvm/vm.h"
#include "machine/guest_memory.h"
#include "machine/layout.h"

namespace nmistorm::machine {

/// What a guest is to do: the part of abi::Boot that is not addresses.
struct GuestParameters {
    unsigned vcpus = 2;
    abi::Cycle cycle = abi::Cycle::unset;
    std::uint32_t handlers = abi::handlers_all;
    bool events = true;
    std::uint32_t seed = 1;
    bool hotplug = false;  ///< the last vCPU is started later and goes offline now and then
    std::uint32_t work = abi::work_all;
    std::uint32_t work_rounds = 0;
    /// The longest time of each, in microseconds of the guest's TSC; 0: not at all.
    std::uint32_t published_us = 300;
    std::uint32_t handler_us = 500;
    std::uint32_t work_us = 200;
};

/// One VM before its first instruction: memory with an image in it, and vCPUs in the state that abi/boot.h
/// promises. The owner decides who runs the vCPUs.
class GuestVm {
  public:
    /// Throws HostCannot if this KVM cannot have so many vCPUs, Error if KVM fails otherwise.
    GuestVm(const kvm::System& system, const image::Image& image, const GuestParameters& parameters);
    GuestVm(const GuestVm&) = delete;
    GuestVm& operator=(const GuestVm&) = delete;

    [[nodiscard]] std::vector<kvm::Vcpu>& vcpus() { return vcpus_; }
    [[nodiscard]] const Layout& layout() const { return layout_; }
    [[nodiscard]] const GuestMemory& memory() const { return memory_; }
    /// The guest's TSC frequency; 0 if KVM does not tell it.
    [[nodiscard]] unsigned tsc_khz() const { return tsc_khz_; }

  private:
    void load(const image::Image& image);
    void create_vcpus(const kvm::System& system, const image::Image& image);
    void write_boot(const GuestParameters& parameters);

    Layout layout_;
    GuestMemory memory_;
    kvm::Vm vm_;
    unsigned tsc_khz_ = 0;
    std::vector<kvm::Vcpu> vcpus_;
};

}  // namespace nmistorm::machine
