// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include <nmistorm/abi/boot.h>

#include "guests/abi/layout.h"
#include "image/image.h"
#include "machine/guest_vm.h"

namespace nmistorm::guests {

/// What a guest is to do: the part of abi::Boot that is not addresses.
struct AbiParameters {
    unsigned vcpus = 2;
    abi::Cycle cycle = abi::Cycle::unset;
    std::uint32_t handlers = abi::handlers_all;
    bool events = true;
    std::uint32_t seed = 1;
    bool hotplug = false;  ///< the last vCPU is started later and goes offline now and then
    std::uint32_t work = abi::work_all;
    std::uint32_t work_rounds = 0;
    abi::Ipis ipis = abi::Ipis::none;  ///< how CPUs send NMIs, if this KVM can
    bool interrupts = true;            ///< CPUs start with RFLAGS.IF set
    /// The longest time of each, in microseconds of the guest's TSC; 0: not at all.
    std::uint32_t published_us = 300;
    std::uint32_t handler_us = 500;
    std::uint32_t work_us = 200;
};

/// A VM with a guest of our ABI before its first instruction: its image is in memory, and the vCPUs are in
/// the state that abi/boot.h promises.
class AbiVm {
  public:
    /// Throws HostCannot if this KVM cannot have so many vCPUs, Error if KVM fails otherwise.
    AbiVm(const kvm::System& system, const image::Image& image, const AbiParameters& parameters);

    [[nodiscard]] machine::GuestVm& vm() { return vm_; }
    [[nodiscard]] std::vector<kvm::Vcpu>& vcpus() { return vm_.vcpus(); }
    [[nodiscard]] const machine::GuestMemory& memory() const { return vm_.memory(); }
    [[nodiscard]] const Layout& layout() const { return layout_; }
    /// Lies in guest memory, so any word may change at any time and hold any value.
    [[nodiscard]] abi::CpuPage& cpu_page(unsigned cpu) const;

    /// Its CPUs send NMIs: it was asked for, and this KVM has such APICs.
    [[nodiscard]] bool sends_ipis() const { return ipis_ != abi::Ipis::none; }
    /// Asks the updater to finish its swap and end.
    void ask_to_finish() const;

  private:
    void load(const image::Image& image) const;
    void set_start_state(const image::Image& image, bool interrupts);
    void enable_ipis(const kvm::System& system, const image::Image& image, abi::Ipis ipis);
    void write_boot(const AbiParameters& parameters);

    Layout layout_;
    machine::GuestVm vm_;
    abi::Ipis ipis_ = abi::Ipis::none;
};

}  // namespace nmistorm::guests
