// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <nmistorm/abi/ring.h>

namespace nmistorm::machine {

/// The consumer's end of one ring (abi/ring.h), of events or of samples. Keeps its own tail: of what the
/// guest could have overwritten it reads only head and lost, and checks them.
template <typename Slot>
class RingReader {
  public:
    RingReader(abi::RingControl& control, std::span<const Slot> slots) : control_(control), slots_(slots) {}

    /// Appends all that was written since the last call to @p out and frees the slots. False: the head is
    /// where no producer can have moved it; nothing was read and reading starts over from there.
    bool drain(std::vector<Slot>& out);

    /// What the guest dropped since the start, by its own count.
    [[nodiscard]] std::uint32_t lost() const;

  private:
    abi::RingControl& control_;
    std::span<const Slot> slots_;
    std::uint32_t tail_ = 0;
};

using EventReader = RingReader<abi::Event>;
using SampleReader = RingReader<std::uint32_t>;

}  // namespace nmistorm::machine
