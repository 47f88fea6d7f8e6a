// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/data.h"

#include <algorithm>

namespace nmistorm::oracle::rules {

Data::Uses* Data::find(std::uint32_t generation) {
    const auto found = std::ranges::find(live_, generation, &Uses::generation);
    return found == live_.end() ? nullptr : &*found;
}

void Data::on(const fact::Allocated& allocated, const Context&) {
    const std::uint32_t generation = allocated.generation.value_or(0);
    if (generation == 0) {
        return;
    }
    std::erase_if(live_, [generation](const Uses& each) { return each.generation == generation; });
    if (live_.size() == most) {
        live_.erase(live_.begin());
    }
    live_.push_back({generation, std::vector<std::uint32_t>(vcpus_)});
}

void Data::on(const fact::NmiLeft& left, const Context& context) {
    if (Uses* of = left.generation == 0 ? nullptr : find(left.generation)) {
        ++of->by_vcpu.at(context.at.vcpu);
    }
}

// SlotLeft comes after a grace period, and NmiLeft after the handler's last access to its data. So all
// handlers that used the data have left. A grace period that was too short is reported by other rules: a
// handler that still runs may have counted already.
void Data::on(const fact::SlotLeft& slot, const Context& context) {
    const Uses* of = find(slot.generation);
    if (of == nullptr || slot.vcpu >= vcpus_) {
        return;
    }
    for (unsigned vcpu = 0; vcpu < vcpus_; ++vcpu) {
        const auto& nmi = context.world.nmi(vcpu);
        if (nmi && nmi->generation == slot.generation) {
            return;
        }
    }
    if (const std::uint32_t uses = of->by_vcpu[slot.vcpu]; slot.uses != uses) {
        context.report(
            Rule::data, {slot.vcpu, {}, slot.generation},
            "handlers on vCPU {} used the data of generation {} {} times but left {} in their slot",
            slot.vcpu, slot.generation, uses, slot.uses);
    }
}

void Data::on(const fact::Freed& freed, const Context&) {
    std::erase_if(live_, [&freed](const Uses& each) { return each.generation == freed.generation; });
}

// kmalloc() and kfree() write between the blocks, and they are no NMI handlers.
void Data::on(const fact::Touched& touched, const Context& context) {
    if (!touched.written || !context.at.in_nmi || !context.world.allocations_known()) {
        return;
    }
    const oracle::Allocation* in = context.world.allocations().at(touched.address);
    if (in != nullptr && touched.size <= in->size - (touched.address - *in->block)) {
        return;
    }
    context.report(Rule::data, {context.at.vcpu, {}, in != nullptr ? in->generation : std::nullopt},
                   "an NMI handler on vCPU {} writes {} bytes at {:#x}, {}", context.at.vcpu, touched.size,
                   touched.address, in != nullptr ? "past the end of its block" : "outside all blocks");
}

void Data::on(const fact::Tripped& tripped, const Context& context) {
    if (tripped.trip == abi::Trip::data_guard) {
        context.report(Rule::data, {{}, {}, tripped.generation},
                       "something wrote {:#x} behind the data of generation {}", tripped.value,
                       tripped.generation);
    }
}

}  // namespace nmistorm::oracle::rules
