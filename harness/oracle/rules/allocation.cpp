// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/allocation.h"

namespace {

/// What was freed, as text that is made only if it is printed.
struct Freed {
    const nmistorm::oracle::fact::Freed& fact;
};

}  // namespace

template <>
struct fmt::formatter<Freed> : fmt::formatter<std::string_view> {
    template <typename Context>
    auto format(const Freed& freed, Context& context) const {
        const auto& generation = freed.fact.generation;
        return generation ? fmt::format_to(context.out(), "generation {}", *generation)
                          : fmt::format_to(context.out(), "block {:#x}", freed.fact.block);
    }
};

namespace nmistorm::oracle::rules {

namespace {

std::string generation_of(const oracle::Allocation& allocation) {
    return allocation.generation ? fmt::format("generation {}", *allocation.generation) : "a block";
}

}  // namespace

void Allocation::on(const fact::Allocated& allocated, const Context& context) {
    const Concern concern{context.at.vcpu, {}, allocated.generation};
    unsigned live = 1;
    for (const oracle::Allocation& other : context.world.allocations().all()) {
        live += other.live();
        if (allocated.generation && other.generation == allocated.generation) {
            context.report(Rule::allocation, concern, "generation {} was handed out twice",
                           *allocated.generation);
        }
        if (other.live() && (other.block == allocated.block || other.contains(allocated.block))) {
            context.report(
                Rule::allocation, concern, "block {:#x} was handed out{} while {} was in it", allocated.block,
                allocated.generation ? fmt::format(" as generation {}", *allocated.generation) : "",
                generation_of(other));
        }
    }
    // Another guest, which does not number its data, may need more blocks.
    if (live > live_max && allocated.generation) {
        context.report(Rule::allocation, concern, "{} blocks are allocated at once: they are not freed",
                       live);
    }
}

void Allocation::on(const fact::Freed& freed, const Context& context) {
    const Concern concern{context.at.vcpu, {}, freed.generation};
    const oracle::Allocation* known = context.world.allocations().freed_by(freed);
    if (known != nullptr && known->freed) {
        context.report(Rule::allocation, concern, "{} was freed twice", Freed{freed});
    } else if (known != nullptr && known->block) {
        if (known->block != freed.block) {
            context.report(Rule::allocation, concern, "{} was allocated at {:#x} but freed at {:#x}",
                           Freed{freed}, *known->block, freed.block);
        }
    } else if (context.world.allocations_known()) {
        // What was freed holds poison where its generation was.
        const oracle::Allocation* last = context.world.allocations().last_of(freed.block);
        if (last != nullptr && last->freed && freed.generation == abi::poison_free) {
            context.report(Rule::allocation, {context.at.vcpu, {}, last->generation},
                           "block {:#x} was freed twice", freed.block);
        } else {
            context.report(Rule::allocation, concern, "{} was freed but never allocated", Freed{freed});
        }
    }
}

// Judged at this fact rather than at the end of the run: only now is every live block one that was not freed.
void Allocation::on(const fact::UpdaterDone& done, const Context& context) {
    unsigned live = 0;
    for (const oracle::Allocation& each : context.world.allocations().all()) {
        live += each.live();
    }
    if (live <= done.published) {
        return;
    }
    if (done.published != 0) {  // it is not known which one it is
        context.report(Rule::allocation, {.vcpu = context.at.vcpu},
                       "{} blocks are in use after the last swap but {} published", live, done.published);
        return;
    }
    for (const oracle::Allocation& left : context.world.allocations().all()) {
        if (left.live()) {
            context.report(Rule::allocation, {.generation = left.generation}, "{} at {:#x} was never freed",
                           generation_of(left), *left.block);
        }
    }
}

}  // namespace nmistorm::oracle::rules
