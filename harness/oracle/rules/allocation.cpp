// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/allocation.h"

namespace nmistorm::oracle::rules {

void Allocation::event(const Event& event) {
    switch (event.kind) {
        case abi::EventKind::alloc:
            allocated(event);
            break;
        case abi::EventKind::free:
            freed(event);
            break;
        case abi::EventKind::done:
            done();
            break;
        default:
            break;
    }
}

void Allocation::allocated(const Event& event) {
    const Concern concern{event.vcpu, {}, event.b};
    unsigned live = 1;
    for (const Generation& other : timeline().generations().all()) {
        live += other.live();
        if (other.number == event.b) {
            sink().report(Rule::allocation, concern, "generation {} was handed out twice", event.b);
        }
        if (other.live() && other.block == event.a) {
            sink().report(Rule::allocation, concern,
                          "block {:#x} was handed out as generation {} while generation {} was in it",
                          event.a, event.b, other.number);
        }
    }
    if (live > live_max) {
        sink().report(Rule::allocation, concern, "{} blocks are allocated at once: they are not freed", live);
    }
}

void Allocation::freed(const Event& event) {
    const Concern concern{event.vcpu, {}, event.b};
    const Generation* known = timeline().generations().find(event.b);
    if (known != nullptr && known->freed) {
        sink().report(Rule::allocation, concern, "generation {} was freed twice", event.b);
    } else if (known != nullptr && known->block) {
        if (known->block != event.a) {
            sink().report(Rule::allocation, concern,
                          "generation {} was allocated at {:#x} but freed at {:#x}", event.b, *known->block,
                          event.a);
        }
    } else if (timeline().allocations_known()) {
        sink().report(Rule::allocation, concern, "generation {} was freed but never allocated", event.b);
    }
}

// Judged at this event rather than at the end of the run: only now is every live block one that was not
// freed.
void Allocation::done() {
    for (const Generation& left : timeline().generations().all()) {
        if (left.live()) {
            sink().report(Rule::allocation, {.generation = left.number},
                          "generation {} at {:#x} was never freed", left.number, *left.block);
        }
    }
}

}  // namespace nmistorm::oracle::rules
