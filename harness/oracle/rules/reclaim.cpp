// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/reclaim.h"

#include <utility>

namespace nmistorm::oracle::rules {

void Reclaim::on(const fact::CallbackLoaded& loaded, const Context& context) {
    const Publication* latest = context.world.publication(loaded.callback);
    // If a grace period came in between, the rule freshness is broken instead.
    if (latest == nullptr || latest->waited || !latest->generation ||
        !(latest->unloaded || context.world.freed(latest->generation))) {
        return;
    }
    context.report(Rule::reclaim, {context.at.vcpu, GuestVirt{loaded.callback}, latest->generation},
                   "vCPU {} entered a handler whose {} {} was {} without a grace period", context.at.vcpu,
                   latest->unloaded ? "code of generation" : "generation", *latest->generation,
                   latest->unloaded ? "destroyed" : "freed");
}

void Reclaim::on(const fact::ReaderBegan& began, const Context& context) {
    if (began.generation != 0 && context.world.freed(began.generation)) {
        context.report(Rule::reclaim, {context.at.vcpu, {}, began.generation},
                       "a reader on vCPU {} found generation {}, which was freed", context.at.vcpu,
                       began.generation);
    }
}

void Reclaim::on(const fact::Freed& freed, const Context& context) {
    const std::uint32_t generation = context.world.allocations().generation_of(freed).value_or(0);
    if (generation == 0) {
        return;
    }
    // The block was allocated anew, and yet its data is of an allocation that was freed.
    const oracle::Allocation* known = context.world.allocations().freed_by(freed);
    if (known != nullptr && !known->freed && !known->generation && context.world.freed(generation)) {
        context.report(Rule::reclaim, {context.at.vcpu, {}, generation},
                       "vCPU {} frees generation {}, which had been freed before", context.at.vcpu,
                       generation);
    }
    for (unsigned vcpu = 0; vcpu < context.world.vcpus(); ++vcpu) {
        const auto& nmi = context.world.nmi(vcpu);
        if (nmi && nmi->generation == generation) {
            context.report(Rule::reclaim, {vcpu, GuestVirt{nmi->callback}, generation},
                           "generation {} was freed while its handler ran on vCPU {}", generation, vcpu);
        }
        const auto& reader = context.world.reader(vcpu);
        if (reader && reader->generation == generation) {
            context.report(Rule::reclaim, {vcpu, {}, generation},
                           "generation {} was freed while vCPU {} was reading it", generation, vcpu);
        }
    }
    // Whether or not anybody may still use it: a handler that loaded it before the retire is waited for only
    // by a grace period that begins after that.
    const Publication* published = context.world.publication_with(generation);
    if (published != nullptr && published->retired && !published->waited &&
        !context.world.freed(generation)) {
        context.report(
            Rule::reclaim, {context.at.vcpu, GuestVirt{published->callback}, generation},
            "generation {} was freed although no grace period began and ended after it was retired",
            generation);
    }
}

// Not reported at once: the place where the handler is caught tells more, and it cannot get far.
void Reclaim::on(const fact::CodeDestroyed& destroyed, const Context& context) {
    for (unsigned vcpu = 0; vcpu < context.world.vcpus() && destroyed.generation != 0; ++vcpu) {
        const auto& nmi = context.world.nmi(vcpu);
        if (nmi && nmi->generation == destroyed.generation) {
            in_destroyed_code_.at(vcpu) = Concern{vcpu, GuestVirt{nmi->callback}, destroyed.generation};
        }
    }
}

void Reclaim::caught(const fact::Tripped& tripped, const Context& context) {
    const unsigned vcpu = context.at.vcpu;
    const std::optional<std::uint32_t> said =
        tripped.generation == 0 ? std::nullopt : std::optional(tripped.generation);
    const auto known = std::exchange(in_destroyed_code_.at(vcpu), std::nullopt);
    context.report(Rule::reclaim, {vcpu, GuestVirt{tripped.value}, known ? known->generation : said},
                   "vCPU {} ran into destroyed code at {:#x}", vcpu, tripped.value);
}

void Reclaim::got_away(unsigned vcpu, FindingSink& sink) {
    if (const auto concern = std::exchange(in_destroyed_code_.at(vcpu), std::nullopt)) {
        sink.report(Rule::reclaim, *concern,
                    "the code of generation {} was destroyed while it ran on vCPU {}", *concern->generation,
                    vcpu);
    }
}

void Reclaim::finish(const Observation& observation, const Tally&, FindingSink& sink) {
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        got_away(vcpu, sink);
    }
}

void Reclaim::on(const fact::NmiLeft& left, const Context& context) {
    const unsigned vcpu = context.at.vcpu;
    got_away(vcpu, context.sink);
    const auto& running = context.world.nmi(vcpu);
    const auto& own = running ? running : context.world.ended(vcpu);
    if (left.generation == 0 || (!own && context.world.tells_callback_end())) {
        return;  // it used none, or its callback may have ended unseen, and its data been freed since
    }
    const Concern concern{vcpu, GuestVirt{left.callback}, left.generation};
    const bool is_own = own && (own->generation == left.generation || (!running && !own->generation));
    const oracle::Allocation* used = context.world.allocations().find(left.generation);
    if (used != nullptr && used->freed) {
        const bool reported_at_free_or_ended_before = is_own && own->freed;
        if (!reported_at_free_or_ended_before) {
            context.report(Rule::reclaim, concern, "a handler on vCPU {} used generation {}, which was freed",
                           vcpu, left.generation);
        }
    } else if (left.generation == abi::poison_free && used == nullptr && !is_own) {
        context.report(Rule::reclaim, concern,
                       "a handler on vCPU {} found poison of freed memory for its generation", vcpu);
    }
}

void Reclaim::on(const fact::Touched& touched, const Context& context) {
    const oracle::Allocation* in = context.world.allocations().at(touched.address);
    if (in != nullptr && in->freed) {
        context.report(Rule::reclaim, {context.at.vcpu, {}, in->generation},
                       "{} {} {} {:#x} in a block that has been freed",
                       context.at.in_nmi ? "an NMI handler on vCPU" : "vCPU", context.at.vcpu,
                       touched.written ? "writes to" : "reads", touched.address);
    }
}

void Reclaim::on(const fact::Tripped& tripped, const Context& context) {
    const unsigned vcpu = context.at.vcpu;
    const Concern concern{vcpu, {}, tripped.generation};
    switch (tripped.trip) {
        case abi::Trip::data_generation:
            if (tripped.generation == abi::poison_inuse) {
                break;  // initialised while the handler ran: the rule publish reports it
            }
            context.report(Rule::reclaim, concern,
                           "vCPU {}: data of generation {} became {:#x} under its handler", vcpu,
                           tripped.generation, tripped.value);
            break;
        case abi::Trip::data_tag:
            context.report(Rule::reclaim, concern,
                           "vCPU {}: the tag left in data of generation {} became {:#x}", vcpu,
                           tripped.generation, tripped.value);
            break;
        case abi::Trip::code:
            caught(tripped, context);
            break;
        case abi::Trip::data_magic:
        case abi::Trip::data_owner:
        case abi::Trip::data_tail:
            if (tripped.value == abi::poison_free) {
                context.report(Rule::reclaim, concern,
                               "vCPU {}: a handler read poison of freed memory in generation {}", vcpu,
                               tripped.generation);
            }
            break;
        default:
            break;
    }
}

}  // namespace nmistorm::oracle::rules
