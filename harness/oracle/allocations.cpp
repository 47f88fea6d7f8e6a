// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/allocations.h"

#include <algorithm>

#include "oracle/newest.h"

namespace nmistorm::oracle {

Allocation* Allocations::writable(const Allocation* one) {
    return one == nullptr ? nullptr : &all_[static_cast<std::size_t>(one - all_.data())];
}

const Allocation* Allocations::find(std::uint32_t generation) const {
    return newest(all_, [generation](const Allocation& each) { return each.generation == generation; });
}

const Allocation* Allocations::at(std::uint32_t address) const {
    return newest(all_, [address](const Allocation& each) { return each.contains(address); });
}

const Allocation* Allocations::last_of(std::uint32_t block) const {
    return newest(all_, [block](const Allocation& each) { return each.block == block; });
}

const Allocation* Allocations::freed_by(const fact::Freed& freed) const {
    const Allocation* of_block = newest(all_, [&freed](const Allocation& each) {
        return each.block == freed.block &&
               (!each.generation || !freed.generation || each.generation == freed.generation);
    });
    return of_block != nullptr || !freed.generation ? of_block : find(*freed.generation);
}

std::optional<std::uint32_t> Allocations::generation_of(const fact::Freed& freed) const {
    const Allocation* known = freed.generation ? nullptr : freed_by(freed);
    return known != nullptr ? known->generation : freed.generation;
}

bool Allocations::apply(const fact::Allocated& allocated) {
    if (allocated.generation) {
        if (const Allocation* known = find(*allocated.generation)) {
            all_.erase(all_.begin() + (known - all_.data()));
        }
    }
    return append({.generation = allocated.generation, .block = allocated.block, .size = allocated.size});
}

bool Allocations::apply(const fact::Freed& freed) {
    if (Allocation* known = writable(freed_by(freed))) {
        known->freed = true;
        known->written.reset();  // nobody may touch it any more
        if (!known->generation) {
            known->generation = freed.generation;
        }
        return true;
    }
    return append({.generation = freed.generation, .freed = true});
}

void Allocations::apply(const fact::Touched& touched) {
    Allocation* in = touched.written ? writable(at(touched.address)) : nullptr;
    if (in == nullptr) {
        return;
    }
    const auto [begin, end] = in->words(touched.address, touched.size);
    for (std::uint32_t word = begin; word < end; ++word) {
        in->written.set(word);
    }
}

/// Twice as many as are needed are kept, so that they are seldom moved.
bool Allocations::append(const Allocation& allocation) {
    bool complete = true;
    if (all_.size() == 2 * capacity) {
        std::size_t surplus = capacity;
        std::erase_if(all_, [&surplus](const Allocation& each) {
            return each.freed && surplus != 0 && surplus-- != 0;
        });
        complete = surplus < capacity;
        if (!complete) {
            all_.erase(all_.begin());
        }
    }
    all_.push_back(allocation);
    return complete;
}

}  // namespace nmistorm::oracle
