// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <nmistorm/abi/ring.h>

namespace nmistorm::guests {

/// The consumer of one ring (abi/ring.h) of events or samples. It keeps its own tail. It reads only head and
/// lost from memory that the guest can overwrite, and checks them.
template <typename Slot>
class RingReader {
  public:
    RingReader(abi::RingControl& control, std::span<const Slot> slots) : control_(control), slots_(slots) {}

    /// Appends everything written since the last call to @p out and frees the slots. Returns false if no
    /// producer can have moved the head to where it is: then nothing is read, and reading starts over from
    /// there.
    bool drain(std::vector<Slot>& out);

    /// How much drain() would append, if the head is not far from the truth: then it may be any number. Any
    /// thread may ask.
    [[nodiscard]] std::uint32_t unread() const;

    /// How many the guest dropped since the start, by the guest's own count.
    [[nodiscard]] std::uint32_t lost() const;

  private:
    abi::RingControl& control_;
    std::span<const Slot> slots_;
    std::uint32_t tail_ = 0;  ///< written by drain(), read by unread() on other threads
};

using EventReader = RingReader<abi::Event>;
using SampleReader = RingReader<std::uint32_t>;

}  // namespace nmistorm::guests
