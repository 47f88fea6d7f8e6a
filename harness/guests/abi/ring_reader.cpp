// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/ring_reader.h"

#include "machine/guest_memory.h"

namespace nmistorm::guests {

template <typename Slot>
bool RingReader<Slot>::drain(std::vector<Slot>& out) {
    const std::uint32_t head = machine::load(control_.head);
    const bool possible = head - tail_ <= slots_.size();
    for (std::uint32_t at = tail_; possible && at != head; ++at) {
        out.push_back(slots_[at % slots_.size()]);
    }
    machine::store(tail_, head);
    machine::store(control_.tail, head);
    return possible;
}

template <typename Slot>
std::uint32_t RingReader<Slot>::unread() const {
    return machine::load(control_.head) - machine::load(tail_);
}

template <typename Slot>
std::uint32_t RingReader<Slot>::lost() const {
    return machine::load(control_.lost);
}

template class RingReader<abi::Event>;
template class RingReader<std::uint32_t>;

}  // namespace nmistorm::guests
