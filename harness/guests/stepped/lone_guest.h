// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "guests/abi/abi_vm.h"

namespace nmistorm::guests {

/// A guest with one vCPU, which waits for nothing: what it does depends on its steps alone.
class LoneGuest {
  public:
    /// Throws HostCannot and Error as AbiVm does.
    LoneGuest(const kvm::System& system, const image::Image& image);

    [[nodiscard]] kvm::Vcpu& vcpu() { return vm_.vcpus().front(); }
    [[nodiscard]] const machine::GuestMemory& memory() const { return vm_.memory(); }
    /// NMIs may come.
    [[nodiscard]] bool online() const;
    /// An NMI was handled.
    [[nodiscard]] bool handled() const;

    /// The first address at which memory differs from that of @p other, both at the stack pointer @p sp. The
    /// dead words below it do not count, nor do page tables, where the CPU sets accessed and dirty bits.
    [[nodiscard]] std::optional<GuestPhys> difference(const LoneGuest& other, std::uint64_t sp) const;

  private:
    AbiVm vm_;
};

}  // namespace nmistorm::guests
