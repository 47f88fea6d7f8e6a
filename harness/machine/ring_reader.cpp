// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/ring_reader.h"

#include "machine/guest_memory.h"

namespace nmistorm::machine {

template <typename Slot>
bool RingReader<Slot>::drain(std::vector<Slot>& out) {
    const std::uint32_t head = load(control_.head);
    if (head - tail_ > slots_.size()) {
        tail_ = head;
        store(control_.tail, tail_);
        return false;
    }
    for (; tail_ != head; ++tail_) {
        out.push_back(slots_[tail_ % slots_.size()]);
    }
    store(control_.tail, tail_);
    return true;
}

template <typename Slot>
std::uint32_t RingReader<Slot>::lost() const {
    return load(control_.lost);
}

template class RingReader<abi::Event>;
template class RingReader<std::uint32_t>;

}  // namespace nmistorm::machine
