// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/publish.h"

namespace nmistorm::oracle::rules {

namespace {

/// Reports if the handler, which runs @p callback now, had loaded another one.
bool runs_another(std::uint32_t callback, const Concern& concern, const Context& context) {
    const auto& nmi = context.world.nmi(context.at.vcpu);
    if (!nmi || !nmi->loaded || nmi->callback == callback) {
        return false;
    }
    context.report(Rule::publish, concern, "vCPU {} loaded callback {:#x} but ran {:#x}", context.at.vcpu,
                   nmi->callback, callback);
    return true;
}

}  // namespace

void Publish::on(const fact::Published& published, const Context& context) {
    if (published.generation && context.world.freed(published.generation)) {
        context.report(Rule::publish, {context.at.vcpu, GuestVirt{published.callback}, published.generation},
                       "generation {} was published although it had been freed", *published.generation);
    }
}

void Publish::on(const fact::CallbackLoaded& loaded, const Context& context) {
    const Concern concern{context.at.vcpu, GuestVirt{loaded.callback}, {}};
    if (loaded.callback == 0) {
        context.report(Rule::publish, concern, "vCPU {} loaded a null callback", context.at.vcpu);
        return;
    }
    const Publication* known = context.world.publication(loaded.callback);
    const bool published =
        loaded.callback == context.world.dummy() ||
        (known != nullptr && known->generation != 0 && (known->published || known->retired));
    if (!published && context.world.callbacks_known()) {
        context.report(Rule::publish, concern, "vCPU {} loaded callback {:#x}, which was never published",
                       context.at.vcpu, loaded.callback);
    }
}

void Publish::on(const fact::CallbackBegan& began, const Context& context) {
    runs_another(began.callback, {context.at.vcpu, GuestVirt{began.callback}, {}}, context);
}

void Publish::on(const fact::NmiLeft& left, const Context& context) {
    const Concern concern{context.at.vcpu, GuestVirt{left.callback}, left.generation};
    if (runs_another(left.callback, concern, context)) {
        return;
    }
    const auto& nmi = context.world.nmi(context.at.vcpu);
    if (!nmi || !nmi->loaded || !nmi->generation || *nmi->generation == left.generation) {
        return;
    }
    // Freed data may hold anything; the rule reclaim reports a free under the handler.
    const bool reclaimed = left.generation == abi::poison_free || context.world.freed(nmi->generation);
    if (!reclaimed) {
        context.report(Rule::publish, concern,
                       "vCPU {}: callback {:#x} was published with generation {} but used {:#x}",
                       context.at.vcpu, left.callback, *nmi->generation, left.generation);
    }
}

// The vCPU that initialises data may read it before it is done, but no NMI handler may.
void Publish::on(const fact::Touched& touched, const Context& context) {
    const oracle::Allocation* in = context.world.allocations().at(touched.address);
    if (in == nullptr || in->freed || touched.written || !context.at.in_nmi) {
        return;
    }
    const auto [begin, end] = in->words(touched.address, touched.size);
    for (std::uint32_t word = begin; word < end; ++word) {
        if (!in->written.test(word)) {
            context.report(Rule::publish, {context.at.vcpu, {}, in->generation},
                           "an NMI handler on vCPU {} reads {:#x}, which is not initialised yet",
                           context.at.vcpu, touched.address);
        }
    }
}

void Publish::on(const fact::Tripped& tripped, const Context& context) {
    const unsigned vcpu = context.at.vcpu;
    const char* what = nullptr;
    switch (tripped.trip) {
        case abi::Trip::data_magic:
            what = "magic";
            break;
        case abi::Trip::data_owner:
            what = "owner";
            break;
        case abi::Trip::data_tail:
            what = "tail";
            break;
        case abi::Trip::data_generation:
            if (tripped.generation == abi::poison_inuse) {
                context.report(Rule::publish, {vcpu, {}, tripped.value},
                               "vCPU {}: the data of generation {} was initialised under its handler", vcpu,
                               tripped.value);
            }
            return;
        default:
            return;
    }
    if (tripped.value != abi::poison_free) {  // otherwise the rule reclaim reports it
        context.report(Rule::publish, {vcpu, {}, tripped.generation},
                       "vCPU {}: a handler read {:#x} for the {} of its data{}", vcpu, tripped.value, what,
                       tripped.value == abi::poison_inuse ? ": not yet initialised" : "");
    }
}

}  // namespace nmistorm::oracle::rules
