// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/nesting.h"

namespace nmistorm::oracle::rules {

namespace {

constexpr std::string_view register_names[] = {"ax", "cx", "dx",  "bx",  "sp",  "bp",  "si",  "di",
                                               "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};

}  // namespace

void Nesting::on(const fact::NmiTaken&, const Context& context) {
    if (context.world.nmi_taken(context.at.vcpu)) {
        context.report(Rule::nesting, {.vcpu = context.at.vcpu},
                       "vCPU {} took an NMI inside the handler of another", context.at.vcpu);
    }
}

void Nesting::on(const fact::NmiEntered& entered, const Context& context) {
    const unsigned vcpu = context.at.vcpu;
    if (const auto& outer = context.world.nmi(vcpu)) {
        context.report(Rule::nesting, {vcpu, GuestVirt{entered.ip}, {}},
                       "vCPU {} took an NMI at {:#x} inside the one it entered at event {}", vcpu, entered.ip,
                       outer->enter);
        nested_.insert(vcpu);
    }
}

void Nesting::on(const fact::NmiReturned& returned, const Context& context) {
    const Concern concern{.vcpu = context.at.vcpu};
    switch (returned.changed) {
        case fact::NmiReturned::Changed::nothing:
            break;
        case fact::NmiReturned::Changed::ip:
            context.report(Rule::nesting, concern,
                           "vCPU {}: after an IRET in the NMI handler the vCPU is at {:#x} and not at {:#x}, "
                           "where the NMI came",
                           context.at.vcpu, returned.is, returned.was);
            break;
        case fact::NmiReturned::Changed::general_register:
            context.report(
                Rule::nesting, concern,
                "vCPU {}: after an IRET in the NMI handler register {} is {:#x} and was {:#x}",
                context.at.vcpu,
                returned.number < std::size(register_names) ? register_names[returned.number] : "?",
                returned.is, returned.was);
            break;
        case fact::NmiReturned::Changed::flags:
            context.report(Rule::nesting, concern,
                           "vCPU {}: after an IRET in the NMI handler the flags are {:#x} and were {:#x}",
                           context.at.vcpu, returned.is, returned.was);
            break;
    }
}

void Nesting::on(const fact::Tripped& tripped, const Context& context) {
    const unsigned vcpu = context.at.vcpu;
    if (tripped.trip == abi::Trip::registers) {
        context.report(Rule::nesting, {.vcpu = vcpu}, "vCPU {}: register {} changed across an NMI", vcpu,
                       tripped.value);
    } else if (tripped.trip == abi::Trip::frame) {
        context.report(Rule::nesting, {vcpu, GuestVirt{tripped.value}, {}},
                       "vCPU {}: the interrupted frame changed while the handler ran", vcpu);
    }
}

// A handler inside another may destroy the records of both: events being written, or the other's stack. Then
// only the counter is left, and what other rules found is a consequence.
void Nesting::finish(const Observation& observation, const Tally&, FindingSink& sink) const {
    bool any = false;
    for (unsigned vcpu = 0; vcpu < observation.vcpus.size(); ++vcpu) {
        const std::uint64_t nested = observation.vcpus[vcpu].counters.nmi_nested;
        any |= nested != 0;
        if (nested != 0 && !nested_.contains(vcpu)) {
            sink.report(Rule::nesting, {.vcpu = vcpu},
                        "vCPU {}: {} NMI{} began before the one before had ended", vcpu, nested,
                        nested == 1 ? "" : "s");
        }
    }
    if (any) {
        sink.lead(Rule::nesting);
    }
}

}  // namespace nmistorm::oracle::rules
