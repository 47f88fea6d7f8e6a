// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/grace_period.h"

namespace nmistorm::oracle::rules {

// GracePeriodBegan has its place before the first CPU is looked at, and NmiEntered has its place after
// nmi_enter(). So a section with a lower order was already visible. NmiLeft comes before nmi_exit(), so a
// section that was waited for has its NmiLeft before GracePeriodEnded. The same holds for readers.
void GracePeriod::on(const fact::GracePeriodEnded& ended, const Context& context) {
    const oracle::GracePeriod* ending = context.world.grace_period(context.at);
    if (ending == nullptr || ending->number != ended.number) {
        if (context.world.grace_period_known(context.at)) {
            context.report(Rule::grace_period, {.vcpu = context.at.vcpu},
                           "grace period {} ended but had not begun", ended.number);
        }
        return;
    }
    for (unsigned vcpu = 0; vcpu < context.world.vcpus(); ++vcpu) {
        const auto& nmi = context.world.nmi(vcpu);
        if (nmi && nmi->enter < ending->begin) {
            context.report(
                Rule::grace_period, {vcpu, instruction(nmi->callback), nmi->generation},
                "grace period {} ended while a handler that vCPU {} had entered before it began was "
                "still running",
                ended.number, vcpu);
        }
        const auto& reader = context.world.reader(vcpu);
        if (reader && reader->enter < ending->begin) {
            context.report(
                Rule::grace_period, {.vcpu = vcpu, .generation = reader->generation},
                "grace period {} ended while a reader that vCPU {} had entered before it began was "
                "still running",
                ended.number, vcpu);
        }
    }
}

void GracePeriod::on(const fact::ReaderBegan& began, const Context& context) {
    const unsigned vcpu = context.at.vcpu;
    if (context.world.online(vcpu) == false) {
        context.report(Rule::grace_period, {.vcpu = vcpu, .generation = began.generation},
                       "a reader began on vCPU {} while that was offline, where no grace period waits for it",
                       vcpu);
    }
}

void GracePeriod::on(const fact::WentOffline&, const Context& context) {
    const unsigned vcpu = context.at.vcpu;
    if (const auto& reader = context.world.reader(vcpu)) {
        context.report(Rule::grace_period, {.vcpu = vcpu, .generation = reader->generation},
                       "vCPU {} went offline in a reader, for which no grace period waits then", vcpu);
    }
}

}  // namespace nmistorm::oracle::rules
