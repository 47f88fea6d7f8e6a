// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/fd.h"
#include "guest/interface.h"
#include "kvm.h"

namespace nmistorm::fake_kvm {

/// The guest's own code, built for this process (guest/), for one VM: a copy with variables of its own.
class OwnGuest {
  public:
    /// Loads the code with the fault that the image in @p memory names; @p boot is the address of its Boot.
    OwnGuest(std::span<std::byte> memory, std::uint64_t boot);
    OwnGuest(const OwnGuest&) = delete;
    OwnGuest& operator=(const OwnGuest&) = delete;
    ~OwnGuest();

    /// Runs a CPU from its first instruction; does not return.
    void run(Cpu& cpu);

  private:
    Fd file_;  ///< for as long: the dynamic linker takes one name, one file, for one library
    void* library_;
    const guest::Entry* entry_;
};

}  // namespace nmistorm::fake_kvm
