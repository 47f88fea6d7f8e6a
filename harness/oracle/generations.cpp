// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/generations.h"

#include <algorithm>

namespace nmistorm::oracle {

namespace {

/// Newest first, since a lookup is nearly always for one of the last few.
template <typename Deque, typename Predicate>
auto find_newest(Deque& all, Predicate predicate) {
    const auto found = std::find_if(all.rbegin(), all.rend(), predicate);
    return found == all.rend() ? nullptr : &*found;
}

}  // namespace

const Generation* Generations::find(std::uint32_t number) const {
    return find_newest(all_, [number](const Generation& g) { return g.number == number; });
}

const Generation* Generations::latest_of(std::uint32_t callback) const {
    return find_newest(all_, [callback](const Generation& g) { return g.callback == callback; });
}

bool Generations::apply(const Event& event) {
    const auto known = std::ranges::find(all_, event.b, &Generation::number);
    Generation generation = known == all_.end() ? Generation{.number = event.b} : *known;
    switch (event.kind) {
        case abi::EventKind::alloc:
            generation = {.number = event.b, .block = event.a};
            break;
        case abi::EventKind::publish:
            generation.callback = event.a;
            generation.published = event.order;
            break;
        case abi::EventKind::retire:
            generation.callback = event.a;
            generation.retired = event.order;
            break;
        case abi::EventKind::free:
            generation.freed = event.order;
            break;
        case abi::EventKind::unload:
            generation.unloaded = event.order;
            break;
        default:
            return true;
    }
    const bool moves = event.kind == abi::EventKind::alloc || event.kind == abi::EventKind::publish;
    if (known != all_.end() && !moves) {
        *known = generation;
        return true;
    }
    if (known != all_.end()) {
        all_.erase(known);
    }
    return append(generation);
}

bool Generations::append(const Generation& generation) {
    bool complete = true;
    if (all_.size() == capacity) {
        const auto freed =
            std::ranges::find_if(all_, [](const Generation& g) { return g.freed.has_value(); });
        complete = freed != all_.end();
        all_.erase(complete ? freed : all_.begin());
    }
    all_.push_back(generation);
    return complete;
}

void Generations::grace_period_ended(std::uint64_t begin) {
    for (Generation& generation : all_) {
        generation.waited |= generation.retired && *generation.retired < begin;
    }
}

}  // namespace nmistorm::oracle
